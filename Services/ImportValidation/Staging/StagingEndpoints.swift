import Filters
import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Reading staged rows.
struct StagingEndpoints: Sendable {
    private static let largestPage = 1_000
    /// Bytes of rows in one answer; a page ends before, and its token goes on.
    private static let bytesPerPage = 600 << 10
    /// Characters of a cell that an error quotes.
    private static let quoted = 1_000
    static let label = Text(en: "Staging row", ko: "스테이징 행")

    let database: Database
    let access: TaskAccess

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.getStagingRow) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    let (row, target) = try found(request.id, tx) { try access.read($0, by: call.caller, in: tx) }
                    try checkShown(row, to: call.caller, tx)
                    return try Self.message(row, target, call.language, for: call.caller)
                }
            },
            Endpoint(ImportValidationAPI.listStagingRows) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try list(request, call, tx)
                }
            },
        ]
    }

    static let selection: SQL = """
        SELECT id, revision, import_task, status, comment, source_file, row_number, target_record, created_at, cells, \
        faults, source_sheet, errors, origins FROM import_validation.staging_row
        """

    /// The row as the API tells it; `caller` is whoever reads it, where that may be the contact of the task.
    static func message(
        _ row: Row, _ target: ImportTarget, _ language: String, for caller: Caller? = nil
    ) throws -> StagingRow {
        var message = StagingRow()
        message.id = try row.string(StagingColumn.id)
        message.etag = String(try row.int64(StagingColumn.revision))
        message.importTask = try row.string(StagingColumn.importTask)
        message.status = try row.string(StagingColumn.status)
        message.statusLabel = RowStatus.label(message.status, language)
        message.sourceFile = try row.string(StagingColumn.sourceFile)
        message.sourceSheet = try row.optionalString(StagingColumn.sourceSheet) ?? ""
        message.rowNumber = Int32(clamping: try row.int64(StagingColumn.rowNumber))
        let isContact = caller?.kind == .customer
        message.targetRecord = isContact ? "" : try row.optionalString(StagingColumn.targetRecord) ?? ""
        message.createdAt = Timestamp(microseconds: try row.timestamp(StagingColumn.createdAt))
        let cells = try row.strings(StagingColumn.cells)
        message.cells = staged(cells, target)
        if message.status == RowStatus.needsAttention.rawValue {
            let errors = RowError.read(
                try row.optionalString(StagingColumn.errors), comment: try row.optionalString(StagingColumn.comment))
            let origins = CellOrigin.read(try row.optionalString(StagingColumn.origins))
            message.errors = errors.map {
                Self.message(isContact ? $0.forContact(of: message.sourceFile) : $0, cells, target, language)
                    .coming(from: origins, target, language)
            }
            message.comment = message.errors.map(\.message).joined(separator: "\n")
        }
        return message
    }

    private static func message(
        _ error: RowError, _ cells: [String], _ target: ImportTarget, _ language: String
    ) -> StagingError {
        var message = StagingError()
        message.check = error.check.rawValue
        message.message = error.text(cells, target)(language)
        if let field = error.field {
            message.field = field
            if let position = target.position(of: field), position < cells.count {
                message.value = String(cells[position].prefix(quoted))
            }
        }
        return message
    }

    static func staged(_ cells: [String], _ target: ImportTarget) -> [StagedCell] {
        zip(target.fields, cells).map { field, value in
            var cell = StagedCell()
            cell.field = field.name
            cell.value = value
            return cell
        }
    }

    /// A row whose task the caller may work with; a task he may not know hides its rows.
    func found(
        _ id: String, _ tx: Transaction, _ allowed: (String) throws -> ImportTask
    ) throws -> (Row, ImportTarget) {
        let row = try row(id, tx)
        let task: ImportTask
        do {
            task = try allowed(try row.string(StagingColumn.importTask))
        } catch let problem as Problem where problem.code == .notFound {
            throw Problem.notFound(Self.label, id: id)
        }
        return (row, try ImportTarget.of(task, tx))
    }

    /// Hides a row that is not among those of its task that the caller sees.
    private func checkShown(_ row: Row, to caller: Caller, _ tx: Transaction) throws {
        guard caller.kind == .customer else { return }
        let id = try row.string(StagingColumn.id)
        let own = TaskAccess.rows(of: try row.string(StagingColumn.importTask), for: caller)
        let rows = try tx.query("SELECT 1 FROM import_validation.staging_row WHERE id = \(id) AND " + own)
        guard !rows.isEmpty else { throw Problem.notFound(Self.label, id: id) }
    }

    func row(_ id: String, lock: Bool = false, _ tx: Transaction) throws -> Row {
        guard Validation.isUUID(id) else { throw Problem.notFound(Self.label, id: id) }
        let rows = try tx.query(Self.selection + " WHERE id = \(id)" + (lock ? " FOR UPDATE" : ""))
        guard let row = rows.first else { throw Problem.notFound(Self.label, id: id) }
        return row
    }

    // MARK: List

    private static let folding = FilterField.Folding.alike(function: "import_validation.folded")
    private static let contactFields = [
        FilterField(StagingColumn.status.rawValue, .choice(allowed: RowStatus.allCases.map(\.rawValue))),
        FilterField(StagingColumn.sourceFile.rawValue, .string, folding: folding),
        FilterField(StagingColumn.rowNumber.rawValue, .int),
    ]
    private static let filters = FilterSchema(
        contactFields + [FilterField(StagingColumn.comment.rawValue, .string, folding: folding)])
    /// The comment quotes what the contact of a task does not see, such as other files.
    private static let contactFilters = FilterSchema(contactFields)

    /// Which rows of a task a request wants, among those that the caller sees: of one status unless it is empty, and those
    /// that its filter finds.
    func condition(_ task: String, status: String, filter text: String, _ call: Call) throws -> SQL {
        var condition: SQL = " WHERE import_task = \(task) AND " + TaskAccess.rows(of: task, for: call.caller)
        if !status.isEmpty { condition += " AND status = \(status)" }
        return condition + (try filter(text, call))
    }

    private func list(_ request: ListStagingRowsRequest, _ call: Call, _ tx: Transaction) throws
        -> ListStagingRowsResponse
    {
        let task = try access.read(request.importTask, by: call.caller, in: tx)
        let target = try ImportTarget.of(task, tx)
        let view = try StagingView(request.view, target)
        let condition =
            try condition(task.id, status: request.status, filter: request.filter, call)
            + ErrorCounts.condition(request, target)
        let size = try PageSize.of(request.pageSize, maximum: Self.largestPage)
        let binding = PageToken.Binding(
            method: "staging_rows", filter: Self.filterText(request, task), order: "",
            domain: call.caller.domain.path)
        var place: SQL = ""
        if let last = try PageToken.place(request.pageToken, in: binding, .number, .id) {
            guard Int32(last[0]) != nil else { throw Problem.damagedPageToken }
            place = " AND (row_number, id) > (\(last[0])::int4, \(last[1])::uuid)"
        }
        var statements = [Self.page(condition + place, of: request.status, atMost: size + 1)]
        if request.count {
            statements.append("SELECT count(*) FROM import_validation.staging_row" + condition)
        }
        let answers = try tx.queryAll(statements)
        var response = ListStagingRowsResponse()
        response.stagingRows = Self.fitting(
            try answers[0].prefix(size).map {
                view.shown(try Self.message($0, target, call.language, for: call.caller))
            })
        if answers[0].count > response.stagingRows.count, let last = response.stagingRows.last {
            response.nextPageToken = PageToken(position: [String(last.rowNumber), last.id]).text(for: binding)
        }
        if request.count { response.totalSize = try answers[1].first?.int64(UnnamedColumn.count) ?? 0 }
        return response
    }

    /// Everything that narrows a request, to which its page tokens are bound.
    private static func filterText(_ request: ListStagingRowsRequest, _ task: ImportTask) -> String {
        let reason = [request.errorCheck, request.errorField, request.errorValue]
        let usual = "\(task.id)/\(request.status)/\(request.filter)"
        return reason.allSatisfy(\.isEmpty) ? usual : "\(usual)/\(reason.joined(separator: "/"))"
    }

    /// The first rows that meet a condition, in the order of their files. The index has each status in that order, so rows
    /// of any are taken from the beginning of each.
    private static func page(_ condition: SQL, of status: String, atMost count: Int) -> SQL {
        let order: SQL = " ORDER BY row_number, id LIMIT \(count)"
        guard status.isEmpty else { return selection + condition + order }
        var all: SQL = "SELECT * FROM ("
        for (index, status) in RowStatus.allCases.enumerated() {
            if index > 0 { all += " UNION ALL " }
            all += "(" + selection + condition + " AND status = \(status.sql)" + order + ")"
        }
        return all + ") AS first" + order
    }

    /// As many rows from the start as one answer carries; at least one.
    private static func fitting(_ rows: [StagingRow]) -> [StagingRow] {
        rows.fitting(bytesPerPage) { row in
            let cells = row.cells.reduce(400 + row.comment.utf8.count) {
                $0 + $1.field.utf8.count + $1.value.utf8.count + 30
            }
            return row.errors.reduce(cells) { $0 + $1.value.utf8.count + $1.message.utf8.count + 100 }
        }
    }

    private func filter(_ text: String, _ call: Call) throws -> SQL {
        guard !text.isEmpty else { return "" }
        do throws(FilterError) {
            let context = FilterFacts(nowMicroseconds: database.clock.now.microseconds, subject: call.caller.subject)
            let fields = call.caller.kind == .customer ? Self.contactFilters : Self.filters
            let checked = try Filter.parse(text).check(against: fields, context: context)
            var condition: SQL = " AND ("
            for piece in checked.pieces {
                switch piece {
                case .sql(let text): condition += "\(raw: text)"
                case .parameter(let value): condition += "\(value.postgresText.sqlValue)"
                }
            }
            return condition + ")"
        } catch {
            throw Problem.filter(error)
        }
    }
}
