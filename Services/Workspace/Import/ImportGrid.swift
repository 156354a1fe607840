import ImportValidationWire
import Korean
import OnboardingWire
import RPC
import Wire

/// The rows of one list as a grid that is read block by block, with what is wrong in each.
struct ImportGrid: Sendable {
    private static let blockSize: Int32 = 60
    /// How many reasons are offered to choose from.
    private static let facetLimit = 6

    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    private var href: String { ImportPages.href(visit) }
    private var status: String { visit.query["status"].isEmpty ? "needs_attention" : visit.query["status"] }
    /// The reason that rows are narrowed to.
    private var reason: String { visit.query["reason"] }

    // MARK: Reading

    /// What the step shows.
    func values(_ task: ImportTask) async throws(Problem) -> Values {
        let list = try await rows()
        let columns = columns(task, list.stagingRows)
        var grid = blockValues(list, columns)
        grid["label"] = visit.say("Rows", "행")
        grid["columns"] = columns.map { ["label": $0.label(visit.reader.language)] as Values }
        grid["jump"] = href
        grid["from"] = visit.query["from"]
        grid["more"] = list.nextPageToken.isEmpty ? "" : address(list.nextPageToken, page: href)
        grid["empty"] =
            [
                "title": visit.say("No rows here", "행이 없습니다"),
                "text": visit.say(
                    "Choose another list above, or upload a file.", "위에서 다른 목록을 선택하거나 파일을 업로드하세요."),
                "action": ["href": "\(href)?step=upload", "label": visit.say("Upload", "업로드")] as Values,
            ] as Values
        let needsAttention = status == "needs_attention"
        var facets: [Values] = []
        if needsAttention { facets = try await self.facets(list.stagingRows) }
        var values: Values = [
            "grid": grid, "facets": facets,
            "errors": needsAttention && !list.stagingRows.isEmpty ? "\(href)/errors" : "",
            "validate": status == "yet_to_validate" ? "\(href)/validate" : "",
        ]
        if !reason.isEmpty, let replace = replacement(list.stagingRows, columns) { values["replace"] = replace }
        if let row = try await opened(columns) { values["row"] = row }
        return values
    }

    /// A block by itself, for a page that scrolls there.
    func block() async throws(Problem) -> Answer {
        let list = try await rows()
        var get = GetRequest()
        get.id = visit.part("id")
        let task = try await visit.ask(ImportValidationAPI.getImportTask, get)
        return .fragment("import_block", blockValues(list, columns(task, list.stagingRows)))
    }

    private func rows() async throws(Problem) -> ListStagingRowsResponse {
        var request = ListStagingRowsRequest()
        request.importTask = visit.part("id")
        request.status = status
        request.pageSize = Self.blockSize
        request.pageToken = visit.query["page"]
        request.filter = filter(reason: reason)
        return try await visit.ask(ImportValidationAPI.listStagingRows, request)
    }

    private func filter(reason: String) -> String {
        var filters: [String] = []
        if !reason.isEmpty { filters.append("comment : \(FilterText.quoted(reason))") }
        if let from = Int(visit.query["from"]), from > 0 { filters.append("row_number >= \(from)") }
        return filters.joined(separator: " AND ")
    }

    private func blockValues(_ list: ListStagingRowsResponse, _ columns: [FieldSchema]) -> Values {
        [
            "rows": list.stagingRows.map { row($0, columns) },
            "block": address(visit.query["page"], page: "\(href)/block"),
            "next": list.nextPageToken.isEmpty ? "" : address(list.nextPageToken, page: "\(href)/block"),
        ]
    }

    private func address(_ token: String, page: String) -> String {
        var address = "\(page)?step=fix&status=\(Fields.encoded(status))"
        if !reason.isEmpty { address += "&reason=\(Fields.encoded(reason))" }
        if !visit.query["from"].isEmpty { address += "&from=\(Fields.encoded(visit.query["from"]))" }
        return token.isEmpty ? address : address + "&page=\(Fields.encoded(token))"
    }

    /// The fields of the target, of which at least one row has a cell.
    private func columns(_ task: ImportTask, _ rows: [StagingRow]) -> [FieldSchema] {
        let used = Set(rows.flatMap { $0.cells.map(\.field) })
        return ImportMatch.fields(of: task).filter { used.isEmpty || used.contains($0.name) || $0.mandatory }
    }

    private func row(_ row: StagingRow, _ columns: [FieldSchema]) -> Values {
        let cells = Dictionary(row.cells.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
        let reasons = Dictionary(row.errors.map { ($0.field, $0.message) }, uniquingKeysWith: { "\($0) \($1)" })
        let mayEdit = row.status != "published"
        return [
            "etag": row.etag, "number": "\(row.rowNumber)",
            "href": address("", page: href) + "&row=\(row.id)#row-title",
            "edit": mayEdit ? "\(href)/cells/\(row.id)" : "",
            "cells": columns.map { column -> Values in
                ["field": column.name, "value": cells[column.name] ?? "", "reason": reasons[column.name] ?? ""]
            },
        ]
    }

    /// Why rows need attention, each reason with how many rows have it.
    private func facets(_ rows: [StagingRow]) async throws(Problem) -> [Values] {
        var messages: [String] = []
        for message in rows.flatMap({ $0.errors.map(\.message) }) where !messages.contains(message) {
            messages.append(message)
        }
        if !reason.isEmpty, !messages.contains(reason) { messages.insert(reason, at: 0) }
        var facets: [Values] = []
        for message in messages.prefix(Self.facetLimit) {
            var request = ListStagingRowsRequest()
            request.importTask = visit.part("id")
            request.status = status
            request.pageSize = 1
            request.count = true
            request.filter = "comment : \(FilterText.quoted(message))"
            let count = try await visit.ask(ImportValidationAPI.listStagingRows, request).totalSize ?? 0
            let isCurrent = message == reason
            facets.append([
                "label": message, "count": count, "current": isCurrent,
                "href": "\(href)?step=fix" + (isCurrent ? "" : "&reason=\(Fields.encoded(message))"),
            ])
        }
        return facets
    }

    /// The value that the chosen reason is about, to be replaced in the whole column.
    private func replacement(_ rows: [StagingRow], _ columns: [FieldSchema]) -> Values? {
        let fault = rows.lazy.flatMap(\.errors).first { $0.message == reason && !$0.field.isEmpty }
        guard let fault, let column = columns.first(where: { $0.name == fault.field }) else { return nil }
        return [
            "action": "\(href)/replace", "field": fault.field, "value": fault.value,
            "label": column.label(visit.reader.language),
            "button": visit.say("Replace in the whole column", "열 전체에서 바꾸기"),
        ]
    }

    // MARK: One row

    /// The row that is open beside the grid, with a form of its cells.
    private func opened(_ columns: [FieldSchema], refused: Problem? = nil) async throws(Problem) -> Values? {
        let id = visit.part("row").isEmpty ? visit.query["row"] : visit.part("row")
        guard !id.isEmpty else { return nil }
        var get = GetRequest()
        get.id = id
        let row = try await visit.ask(ImportValidationAPI.getStagingRow, get)
        let cells = Dictionary(row.cells.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
        let forms = Forms(visit, showsTyped: refused != nil)
        let language = visit.reader.language
        let fields = columns.map { column in
            Forms.Field(
                "cell-\(column.name)", column.label(language), .text("text"), value: cells[column.name] ?? "",
                key: column.name, isRequired: column.mandatory)
        }
        let drawn = fields.map { field -> Values in
            var values = forms.values(field, refused: refused)
            let wrong = row.errors.filter { $0.field == field.key }.map(\.message)
            if refused == nil { values["wrong"] = wrong.joined(separator: " ") }
            return values
        }
        var values: Values = [
            "number": row.rowNumber, "sourceFile": row.sourceFile, "sourceSheet": row.sourceSheet, "etag": row.etag,
            "action": "\(href)/rows/\(row.id)", "close": address("", page: href), "fields": drawn,
            "reasons": row.errors.map { error -> Values in
                let source = [error.sourceTitle, error.sourceCell, error.sourceValue].filter { !$0.isEmpty }
                return ["text": error.message, "source": source.joined(separator: " · ")]
            },
        ]
        if let refused { values["problem"] = forms.problem(refused, fields) }
        return values
    }

    /// Writes the cells of the form that differ.
    func save() async throws(Problem) -> Answer {
        let cells = visit.form.under("cell-")
        do throws(Problem) {
            _ = try await update(cells)
            return .moved(to: "\(href)?step=fix&done=\(Toast.saved.rawValue)&saved=row")
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            return .page(try await ImportView(visit, step: "fix", refused: error).page())
        }
    }

    /// Writes one cell and answers with its row as it is now.
    func saveCell() async throws(Problem) -> Answer {
        let updated = try await update([(visit.form["field"], visit.form["value"])])
        var get = GetRequest()
        get.id = visit.part("id")
        let task = try await visit.ask(ImportValidationAPI.getImportTask, get)
        guard visit.isFragment else { return .moved(to: "\(href)?step=fix&done=\(Toast.saved.rawValue)") }
        return .fragment("import_row", row(updated, columns(task, [updated])))
    }

    private func update(_ cells: [(name: String, value: String)]) async throws(Problem) -> StagingRow {
        var request = UpdateStagingRowRequest()
        request.id = visit.part("row")
        request.etag = visit.form["etag"]
        request.cells = cells.map { name, value in
            var cell = StagedCell()
            cell.field = name
            cell.value = value
            return cell
        }
        return try await visit.ask(ImportValidationAPI.updateStagingRow, request)
    }
}
