import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// What is read of runs: each page by one request, in two round trips, and a third for the record that forms show.
extension Playbooks {
    func run(_ request: GetRequest, _ context: RuleContext) throws -> PlaybookRun {
        let run = try found(request.id, context)
        return run.message(try library.plan(of: run.version, context.transaction).playbook)
    }

    func runs(_ request: ListPlaybookRunsRequest, _ context: RuleContext) throws -> ListPlaybookRunsResponse {
        let size = try PageSize.of(request.pageSize, maximum: 1_000)
        // Without a record, the runs whose first activity has yet to make theirs.
        guard request.record.isEmpty || Validation.isUUID(request.record) else { return ListPlaybookRunsResponse() }
        let ofRecord: SQL =
            request.record.isEmpty
            ? "record IS NULL AND state = \(literal: RunState.inProgress)" : "record = \(request.record)"
        let place = try NewestFirst(
            "playbook_runs.list", of: "\(request.table) \(request.record)", by: .startedAt, request.pageToken, context)
        let rows = try context.transaction.query(
            """
            SELECT \(RunRow.columns) FROM \(identifier: database.schema).playbook_run \
            WHERE \(ofRecord) AND parent_table = \(request.table) AND \(place.condition) \
            ORDER BY \(place.order) LIMIT \(size + 1)
            """
        ).map(RunRow.init)
        var answer = ListPlaybookRunsResponse()
        answer.runs = try rows.prefix(size).map { run in
            run.message(try library.plan(of: run.version, context.transaction).playbook)
        }
        if rows.count > size, let last = rows.prefix(size).last {
            answer.nextPageToken = place.token(last.startedAt, last.id)
        }
        return answer
    }

    func stages(_ request: GetStagePickerRequest, _ context: RuleContext) throws -> StagePicker {
        picker(try looked(request, context))
    }

    /// A run at a glance.
    func picker(_ work: RunWork) -> StagePicker {
        var answer = StagePicker()
        answer.run = work.message
        answer.stages = work.stages
        answer.current =
            answer.stages.first { $0.state != ActivityState.done.rawValue }?.lane ?? answer.stages.last?.lane ?? ""
        return answer
    }

    func list(
        _ request: ListPlaybookActivitiesRequest, _ context: RuleContext
    ) throws -> ListPlaybookActivitiesResponse {
        let work = try shown(found(request.run, context), context)
        var answer = ListPlaybookActivitiesResponse()
        answer.activities = work.activities.indices.map(work.answer(of:))
            .filter { request.lane.isEmpty || $0.lane == request.lane }
        return answer
    }

    func activity(_ request: GetRequest, _ context: RuleContext) throws -> PlaybookActivity {
        guard let run = try ActivityRow.run(of: request.id, in: database.schema, context.transaction) else {
            throw Activities.notFound(request.id)
        }
        let work = try shown(found(run, context), context)
        guard let place = work.place(ofActivity: request.id) else {
            throw Activities.notFound(request.id)
        }
        return work.answer(of: place)
    }

    /// The bytes behind which a page of the log ends, so that what was entered fits into an answer, and what counts of an
    /// entry beside its values.
    private static let logBytes = 512 << 10
    private static let entryBytes = 512

    func log(_ request: ListPlaybookLogRequest, _ context: RuleContext) throws -> ListPlaybookLogResponse {
        try log(request, of: RunWork(reading: found(request.run, context), self, context), context)
    }

    /// The log of a run that was read.
    func log(
        _ request: ListPlaybookLogRequest, of work: RunWork, _ context: RuleContext
    ) throws -> ListPlaybookLogResponse {
        let size = try PageSize.of(request.pageSize, maximum: 1_000)
        let place = try NewestFirst(
            "playbook_runs.list_log", of: request.run, by: .at, request.pageToken, context)
        let rows = try context.transaction.query(
            """
            SELECT id, activity, at, by, action, field, old_value, new_value, goes_on FROM (\
            SELECT looked.*, lead(id) OVER place IS NOT NULL AS goes_on, sum(bytes) OVER place - bytes AS ahead FROM (\
            SELECT *, \(Self.entryBytes) + coalesce(octet_length(old_value), 0) + coalesce(octet_length(new_value), 0) AS bytes \
            FROM \(identifier: database.schema).playbook_log \
            WHERE run = \(request.run) AND \(place.condition) ORDER BY \(place.order) LIMIT \(size + 1)) looked \
            WINDOW place AS (ORDER BY \(place.order))) page \
            WHERE ahead < \(Self.logBytes) ORDER BY \(place.order) LIMIT \(size)
            """)
        var answer = ListPlaybookLogResponse()
        answer.entries = try rows.map { try PlaybookLogEntry($0, work) }
        if try rows.last?.bool(PlaybookColumn.goesOn) == true, let last = answer.entries.last, let at = last.at {
            answer.nextPageToken = place.token(at, last.id)
        }
        return answer
    }

    // MARK: Finding

    /// A run as it is read, with its parent record.
    func shown(_ run: RunRow, _ context: RuleContext) throws -> RunWork {
        var work = try RunWork(reading: run, self, context)
        work.parent = try run.record.flatMap { try tables[run.table]?.find($0, false, context.transaction) }
        return work
    }

    /// The run `id` as far as the caller may know it.
    private func found(_ id: String, _ context: RuleContext) throws -> RunRow {
        guard Validation.isUUID(id), let run = try RunRow.find(id, in: database.schema, context.transaction) else {
            throw Problem.notFound(Self.label, id: id)
        }
        return run
    }

    /// The run that is meant, without its parent record.
    func looked(_ request: GetStagePickerRequest, _ context: RuleContext) throws -> RunWork {
        guard request.run.isEmpty else {
            return try RunWork(reading: found(request.run, context), self, context)
        }
        guard Validation.isUUID(request.record) else { throw Problem.notFound(Self.label, id: request.record) }
        let rows = try context.transaction.query(
            """
            SELECT \(RunRow.columns) FROM \(identifier: database.schema).playbook_run \
            WHERE record = \(request.record) AND parent_table = \(request.table) \
            ORDER BY started_at DESC, id DESC
            """)
        let runs = try rows.map(RunRow.init)
        // Of several that are open the record names the first.
        guard let run = runs.last(where: { $0.state == .inProgress }) ?? runs.first else {
            throw Problem.notFound(Self.label, id: request.record)
        }
        return try RunWork(reading: run, self, context)
    }
}

/// Where a page of what happened goes on, the newest first.
struct NewestFirst {
    private let list: PageToken.Binding
    private let column: PlaybookColumn
    private let last: [String]?

    /// Reads the token of the list `method` of `subject`, ordered by the time in `column`.
    init(
        _ method: String, of subject: String, by column: PlaybookColumn, _ token: String, _ context: RuleContext
    ) throws(Problem) {
        list = PageToken.Binding(
            method: method, filter: subject, order: column.rawValue, domain: context.write.caller.domain.path)
        self.column = column
        last = try PageToken.place(token, in: list, .number, .id)
    }

    /// What is behind the last one shown.
    var condition: SQL { condition(of: "") }

    /// The same of a table that the statement names so.
    func condition(of table: SQL) -> SQL {
        guard let last, let at = Int64(last[0]) else { return "TRUE" }
        return """
            (\(table)\(identifier: column), \(table)id) < (\(Timestamp(microseconds: at).sqlValue), \(last[1])::uuid)
            """
    }

    /// The order of the list.
    var order: SQL { order(of: "") }

    /// The same of a table that the statement names so.
    func order(of table: SQL) -> SQL { "\(table)\(identifier: column) DESC, \(table)id DESC" }

    /// The token of the page behind one.
    func token(_ at: Timestamp, _ id: String) -> String {
        PageToken(position: [String(at.microseconds), id]).text(for: list)
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
        let new = try row.optionalString(PlaybookColumn.newValue) ?? ""
        let said = action == LogRow.Action.failed.rawValue ? ActivityRow.Said(logged: new)?.text : nil
        newValue = said?(work.context.write.caller.locale) ?? new
        field = try row.optionalString(PlaybookColumn.field) ?? ""
        guard let known = try row.optionalString(PlaybookColumn.activity) else { return }
        guard let place = work.place(ofActivity: known) else {
            // Of what has no place any more nothing says who may read it.
            if let left = work.left.first(where: { $0.id == known }) { (activity, activityKey) = (known, left.key) }
            (oldValue, newValue) = ("", "")
            return
        }
        activity = known
        activityKey = work.activities[place].key
        activityLabel = work.plan.steps[place].plan.label
        fieldLabel = work.inputs(of: place).first { $0.key == field }?.label
        if !work.mayRead(input: field, of: place) { (oldValue, newValue) = ("", "") }
    }
}
