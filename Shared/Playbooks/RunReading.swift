import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// What is read of runs: each page by one request, in two round trips.
extension Playbooks {
    func run(_ request: GetRequest, _ context: RuleContext) throws -> PlaybookRun {
        let run = try found(request.id, context)
        return run.message(try library.plan(of: run.version, context.transaction).playbook)
    }

    func runs(_ request: ListPlaybookRunsRequest, _ context: RuleContext) throws -> ListPlaybookRunsResponse {
        let size = try PageSize.of(request.pageSize, maximum: 1_000)
        guard Validation.isUUID(request.record) else { return ListPlaybookRunsResponse() }
        let after = try PageMark(request.pageToken)
        let rows = try context.transaction.query(
            """
            SELECT \(RunRow.columns) FROM \(identifier: database.schema).playbook_run \
            WHERE record = \(request.record) AND parent_table = \(request.table) AND \(after.condition("started_at")) \
            ORDER BY started_at DESC, id DESC LIMIT \(size + 1)
            """
        ).map(RunRow.init)
        var answer = ListPlaybookRunsResponse()
        answer.runs = try rows.prefix(size).map { run in
            run.message(try library.plan(of: run.version, context.transaction).playbook)
        }
        if rows.count > size, let last = rows.prefix(size).last {
            answer.nextPageToken = PageMark(last.startedAt, last.id).token
        }
        return answer
    }

    func stages(_ request: GetStagePickerRequest, _ context: RuleContext) throws -> StagePicker {
        let work = try looked(request, context)
        var answer = StagePicker()
        answer.run = work.message
        answer.stages = work.stages
        answer.current = answer.stages.first { $0.state != "done" }?.lane ?? answer.stages.last?.lane ?? ""
        return answer
    }

    func list(
        _ request: ListPlaybookActivitiesRequest, _ context: RuleContext
    ) throws -> ListPlaybookActivitiesResponse {
        let work = try RunWork(reading: found(request.run, context), self, context)
        var answer = ListPlaybookActivitiesResponse()
        answer.activities = work.activities.indices.map(work.message(of:))
            .filter { request.lane.isEmpty || $0.lane == request.lane }
        return answer
    }

    func activity(_ request: GetRequest, _ context: RuleContext) throws -> PlaybookActivity {
        guard let run = try ActivityRow.run(of: request.id, in: database.schema, context.transaction) else {
            throw Activities.notFound(request.id)
        }
        let work = try RunWork(reading: found(run, context), self, context)
        guard let place = work.place(ofActivity: request.id) else {
            throw Activities.notFound(request.id)
        }
        return work.message(of: place)
    }

    func log(_ request: ListPlaybookLogRequest, _ context: RuleContext) throws -> ListPlaybookLogResponse {
        let size = try PageSize.of(request.pageSize, maximum: 1_000)
        let after = try PageMark(request.pageToken)
        let work = try RunWork(reading: found(request.run, context), self, context)
        let rows = try context.transaction.query(
            """
            SELECT id, activity, at, by, action, field, old_value, new_value \
            FROM \(identifier: database.schema).playbook_log \
            WHERE run = \(request.run) AND \(after.condition("at")) ORDER BY at DESC, id DESC LIMIT \(size + 1)
            """)
        var answer = ListPlaybookLogResponse()
        answer.entries = try rows.prefix(size).map { try PlaybookLogEntry($0, work) }
        if rows.count > size, let last = answer.entries.last, let at = last.at {
            answer.nextPageToken = PageMark(at, last.id).token
        }
        return answer
    }

    // MARK: Finding

    /// The run `id` as far as the caller may know it.
    private func found(_ id: String, _ context: RuleContext) throws -> RunRow {
        guard Validation.isUUID(id), let run = try RunRow.find(id, in: database.schema, context.transaction) else {
            throw Problem.notFound(Self.label, id: id)
        }
        return run
    }

    private func looked(_ request: GetStagePickerRequest, _ context: RuleContext) throws -> RunWork {
        guard request.run.isEmpty else {
            return try RunWork(reading: found(request.run, context), self, context)
        }
        guard Validation.isUUID(request.record) else { throw Problem.notFound(Self.label, id: request.record) }
        let rows = try context.transaction.query(
            """
            SELECT \(RunRow.columns) FROM \(identifier: database.schema).playbook_run \
            WHERE record = \(request.record) AND parent_table = \(request.table) \
            ORDER BY started_at DESC, id DESC LIMIT 1
            """)
        guard let row = rows.first else { throw Problem.notFound(Self.label, id: request.record) }
        return try RunWork(reading: RunRow(row), self, context)
    }
}

/// Where a page of what happened goes on, the newest first.
private struct PageMark {
    private let at: Timestamp?
    private let id: String

    init(_ at: Timestamp, _ id: String) { (self.at, self.id) = (at, id) }

    /// Reads a token; an empty one is the beginning.
    init(_ token: String) throws(Problem) {
        let parts = token.split(separator: " ").map(String.init)
        guard !token.isEmpty else {
            (at, id) = (nil, "")
            return
        }
        guard parts.count == 2, let micros = Int64(parts[0]), Validation.isUUID(parts[1]) else {
            throw .invalid(
                field: "page_token", Text(en: "The page token is not valid.", ko: "페이지 토큰이 올바르지 않습니다."),
                rule: "AIP-158")
        }
        (at, id) = (Timestamp(microseconds: micros), parts[1])
    }

    var token: String { "\(at?.microseconds ?? 0) \(id)" }

    func condition(_ column: String) -> SQL {
        guard let at else { return "TRUE" }
        return "(\(identifier: column), id) < (\(at.sqlValue), \(id)::uuid)"
    }
}

extension PlaybookLogEntry {
    fileprivate init(_ row: Row, _ work: RunWork) throws {
        self.init()
        id = try row.string(PlaybookColumn.id)
        at = Timestamp(microseconds: try row.timestamp(PlaybookColumn.at))
        by = try row.string(PlaybookColumn.by)
        action = try row.string(PlaybookColumn.action)
        oldValue = try row.optionalString(PlaybookColumn.oldValue) ?? ""
        newValue = try row.optionalString(PlaybookColumn.newValue) ?? ""
        field = try row.optionalString(PlaybookColumn.field) ?? ""
        guard let known = try row.optionalString(PlaybookColumn.activity),
            let place = work.place(ofActivity: known)
        else { return }
        activity = known
        activityKey = work.activities[place].key
        activityLabel = work.plan.steps[place].plan.label
        fieldLabel = work.inputs(of: place).first { $0.key == field }?.label
    }
}
