import ImportValidationWire
import Korean
import RPC
import Wire

/// Cells of one row as they were before somebody corrected them.
struct StagedChange: Undoable {
    let row: String
    /// By the names of the fields.
    let before: [String: String]
    let after: [String: String]

    let count = 1
    var isEmpty: Bool { before.isEmpty }
    var size: Int { before.values.reduce(0) { $0 + $1.utf8.count } }

    /// Writes what was there before, as long as each cell still is what it was corrected to: the row is checked again after each
    /// correction, so its revision says nothing.
    func takeBack(_ visit: Visit) async throws(Problem) {
        let now = try await ImportCorrections.row(row, visit)
        let cells = ImportCorrections.cells(now)
        guard after.allSatisfy({ cells[$0.key, default: ""] == $0.value }) else {
            throw Problem(
                .failedPrecondition,
                Text(
                    en: "Row \(grouped: now.rowNumber) has been changed since, and stays as it is.",
                    ko: "\(grouped: now.rowNumber)행이 그 후에 변경되어 그대로 유지됩니다."), reason: "UNDO_OVER")
        }
        _ = try await ImportCorrections.update(row, now.etag, before.map { ($0.key, $0.value) }, visit)
    }
}

/// Corrections of single cells, each of which can be taken back.
struct ImportCorrections: Sendable {
    private let visit: Visit
    private let grid: ImportGrid

    init(_ visit: Visit) {
        self.visit = visit
        grid = ImportGrid(visit)
    }

    /// The list that is shown, which is in the address of what is posted too.
    private var list: String { grid.address(visit.query["page"], page: ImportPages.href(visit)) }

    /// Writes the cells of the form that differ.
    func save() async throws(Problem) -> Answer {
        let edits = Edits(visit)
        let cells = visit.form.under("cell-").filter { edits.isChanged("cell-\($0.name)") }
        return try await lead { () async throws(Problem) in
            let undo = cells.isEmpty ? "" : try await correct(cells).undo
            return "\(list)&done=\(Toast.saved.rawValue)&saved=row" + Self.part(undo)
        }
    }

    /// Writes one cell and answers with its row as it is now.
    func saveCell() async throws(Problem) -> Answer {
        let (visit, id) = (visit, visit.part("id"))
        async let asked = Outcome.of { () async throws(Problem) in
            var get = GetRequest()
            get.id = id
            return try await visit.ask(ImportValidationAPI.getImportTask, get)
        }
        let (updated, undo) = try await correct([(visit.form["field"], visit.form["value"])])
        let task = try await asked.get()
        guard visit.isFragment else {
            return .moved(to: "\(list)&done=\(Toast.saved.rawValue)" + Self.part(undo))
        }
        var values = grid.row(updated, grid.columns(task, [updated]))
        values["toast"] = ["text": visit.reader(Toast.saved.text), "undo": undo] as Values
        return .fragment("import_cell", values)
    }

    /// Takes a correction back.
    func takeBack() async throws(Problem) -> Answer {
        try await lead { () async throws(Problem) in
            try await visit.undos.take(visit.part("change"), of: visit.person) {
                (change: StagedChange) async throws(Problem) in try await change.takeBack(visit)
            }
            return "\(list)&done=\(Toast.restored.rawValue)"
        }
    }

    /// Does something and leads to the list; what was refused stands above it.
    private func lead(_ act: () async throws(Problem) -> String) async throws(Problem) -> Answer {
        try await Work.lead(act) { (problem) async throws(Problem) in
            try await ImportView(visit, step: "fix", refused: problem).page()
        }
    }

    /// Writes cells of the row that the address names; what they were is remembered.
    private func correct(
        _ cells: [(name: String, value: String)]
    ) async throws(Problem) -> (row: StagingRow, undo: String) {
        let id = visit.part("row")
        // Where it cannot be read, it is corrected all the same, and no undo is offered.
        let before = (try? await Self.row(id, visit)).map(Self.cells)
        let updated = try await Self.update(id, visit.form["etag"], cells, visit)
        guard let before else { return (updated, "") }
        let change = StagedChange(
            row: id,
            before: Dictionary(
                cells.map { ($0.name, before[$0.name, default: ""]) }, uniquingKeysWith: { first, _ in first }),
            after: Self.cells(updated).filter { cell in cells.contains { $0.name == cell.key } })
        let kept = visit.undos.keep(change, of: visit.person)
        let href = "\(ImportPages.href(visit))/corrections"
        return (updated, kept.map { grid.address(visit.query["page"], page: "\(href)/\($0)/undo") } ?? "")
    }

    private static func part(_ undo: String) -> String { undo.isEmpty ? "" : "&undo=\(Fields.encoded(undo))" }

    /// One row as it is now.
    static func row(_ id: String, _ visit: Visit) async throws(Problem) -> StagingRow {
        var get = GetRequest()
        get.id = id
        return try await visit.ask(ImportValidationAPI.getStagingRow, get)
    }

    /// The cells of a row by the names of their fields.
    static func cells(_ row: StagingRow) -> [String: String] {
        Dictionary(row.cells.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Writes cells of a row.
    static func update(
        _ id: String, _ etag: String, _ cells: [(name: String, value: String)], _ visit: Visit
    ) async throws(Problem) -> StagingRow {
        var request = UpdateStagingRowRequest()
        request.id = id
        request.etag = etag
        request.cells = cells.map { name, value in
            var cell = StagedCell()
            cell.field = name
            cell.value = value
            return cell
        }
        return try await visit.ask(ImportValidationAPI.updateStagingRow, request)
    }
}
