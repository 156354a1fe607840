import Filters
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// Runs: how they begin and end, and what the records of their service mean to them.
extension Playbooks {
    /// Starts a run that a request asks for.
    func start(_ request: StartPlaybookRunRequest, _ context: RuleContext) throws -> PlaybookRun {
        try authorize(.create, "playbook_run", context.write.caller)
        let parent = try parent(of: request, context)
        let version = try version(request, context.transaction)
        if let parent {
            guard type(of: parent).schema.table == version.table else {
                throw Problem.invalid(
                    field: "definition",
                    Text(en: "The playbook is for another table.", ko: "다른 테이블의 플레이북입니다."))
            }
            guard try !hasOpenRun(of: version.definition, over: parent.id, context.transaction) else {
                throw Problem(
                    .failedPrecondition,
                    Text(
                        en: "The record has an open run of this playbook.", ko: "이 레코드에는 진행 중인 동일한 플레이북 실행이 있습니다."),
                    reason: "RUN_EXISTS")
            }
        }
        var work = try begin(version, over: parent, context)
        if let first = work.activities.indices.first, !request.values.isEmpty {
            try work.enter(request.values, at: first)
            try work.store()
        }
        return work.message
    }

    /// Starts the runs that an event of a record triggers (G-130), unless it has an open one of the same playbook.
    public func trigger(_ action: String, _ record: any RecordMessage, _ context: RuleContext) throws {
        let table = type(of: record).schema.table
        for version in try VersionRow.active(
            where: "d.parent_table = \(table)", in: database.schema, context.transaction)
        {
            guard let trigger = version.playbook.trigger, trigger.event == action,
                let current = try tables[table]?.find(record.id, true, context.transaction),
                !current.hasEnded,
                try !hasOpenRun(of: version.definition, over: record.id, context.transaction)
            else { continue }
            let fields = tables[table]?.filterFields ?? []
            let facts = FilterFacts(
                nowMicroseconds: context.write.now.microseconds, subject: context.write.caller.subject)
            let condition = try Filter.parse(trigger.condition).check(against: FilterSchema(fields), context: facts)
            guard condition.matches(current.filterValue) else { continue }
            _ = try begin(version, over: current, context)
        }
    }

    private func begin(
        _ version: VersionRow, over parent: (any RecordMessage)?, _ context: RuleContext
    ) throws -> RunWork {
        let caller = context.write.caller
        let run = RunRow(
            version, record: parent?.id, domain: parent?.text("domain") ?? caller.domain.path, by: caller.subject,
            at: context.write.now)
        var work = try RunWork(
            beginning: run, library.plan(of: version.id, context.transaction), self, context)
        work.note(nil, "started")
        try work.settle()
        try work.store()
        return work
    }

    /// Cancels an open run.
    func cancel(_ request: CancelPlaybookRunRequest, _ context: RuleContext) throws -> PlaybookRun {
        try authorize(.write, "playbook_run", context.write.caller)
        guard Validation.isUUID(request.id), var work = try RunWork(request.id, self, context) else {
            throw Problem.notFound(Self.label, id: request.id)
        }
        guard request.etag.isEmpty || request.etag == String(work.run.revision) else { throw Problem.staleEtag }
        guard work.run.state == .inProgress else {
            throw Problem.failedPrecondition(
                rule: "G-50", Text(en: "The run has already ended.", ko: "이미 종료된 실행입니다."))
        }
        work.cancel()
        try work.store()
        return work.message
    }

    /// Goes on after a parent record has changed: conditions may hold now, and a canceled record cancels its runs (G-128).
    public func parentChanged(_ record: any RecordMessage, _ context: RuleContext) throws {
        for run in try openRuns(over: record.id, context.transaction) {
            guard var work = try RunWork(run, self, context) else { continue }
            if record.text("state") == "canceled" {
                work.cancel()
            } else {
                try work.reviewMade()
                try work.settle()
            }
            try work.store()
        }
    }

    /// Goes on after a record has changed that an activity made.
    public func madeChanged(_ record: any RecordMessage, _ context: RuleContext) throws {
        let rows = try context.transaction.query(
            """
            SELECT run, id FROM \(identifier: database.schema).playbook_activity WHERE made = \(record.id)
            """)
        guard let row = rows.first, var work = try RunWork(row.string(PlaybookColumn.run), self, context) else {
            return
        }
        let id = try row.string(PlaybookColumn.id)
        guard work.run.state != .canceled, let place = work.place(ofActivity: id) else {
            return
        }
        try work.madeChanged(place, record)
        try work.settle()
        try work.store()
    }

    /// Cancels the activities whose records have been canceled with their parent.
    public func madeCanceled(over record: String, _ context: RuleContext) throws {
        for run in try openRuns(over: record, context.transaction) {
            guard var work = try RunWork(run, self, context) else { continue }
            work.cancelMaking()
            try work.settle()
            try work.store()
        }
    }

    /// What keeps a record from being closed: the activities of its runs that are neither done nor skipped, by their
    /// stages (G-122).
    public func openActivities(over record: String, _ context: RuleContext) throws -> [(stage: Text, activity: Text)] {
        try openRuns(over: record, context.transaction).flatMap { run in
            guard let work = try RunWork(run, self, context) else { return [(stage: Text, activity: Text)]() }
            return work.open.map { step in
                (
                    work.plan.playbook.lanes[step.lane].label?.text ?? Self.label,
                    step.plan.label?.text ?? step.kind.label
                )
            }
        }
    }

    // MARK: Finding

    /// The record that a request names, locked and open; nil when the run comes before it.
    private func parent(
        of request: StartPlaybookRunRequest, _ context: RuleContext
    ) throws -> (any RecordMessage)? {
        guard !request.record.isEmpty else { return nil }
        guard let table = tables[request.table] else {
            throw Problem.invalid(
                field: "table", Text(en: "Records of this table have no playbooks.", ko: "플레이북을 사용하지 않는 테이블입니다."))
        }
        try authorize(.read, request.table, context.write.caller)
        guard Validation.isUUID(request.record), let found = try table.find(request.record, true, context.transaction)
        else { throw Problem.notFound(table.schema.label, id: request.record) }
        try Self.checkOpen(found)
        return found
    }

    private func version(_ request: StartPlaybookRunRequest, _ tx: Transaction) throws -> VersionRow {
        let condition: SQL =
            request.definition.isEmpty
            ? "d.parent_table = \(request.table)"
            : Validation.isUUID(request.definition) ? "d.id = \(request.definition)" : "d.key = \(request.definition)"
        guard let version = try VersionRow.active(where: condition, in: database.schema, tx).first else {
            throw Problem(
                .failedPrecondition, Text(en: "There is no such active playbook.", ko: "해당하는 활성 플레이북이 없습니다."),
                reason: "NO_PLAYBOOK")
        }
        return version
    }

    private func hasOpenRun(of definition: String, over record: String, _ tx: Transaction) throws -> Bool {
        try !tx.query(
            """
            SELECT 1 FROM \(identifier: database.schema).playbook_run \
            WHERE record = \(record) AND definition = \(definition) AND state = 'in_progress' LIMIT 1
            """
        ).isEmpty
    }

    private func openRuns(over record: String, _ tx: Transaction) throws -> [String] {
        try tx.query(
            """
            SELECT id FROM \(identifier: database.schema).playbook_run \
            WHERE record = \(record) AND state = 'in_progress' ORDER BY id
            """
        ).map { try $0.string(at: 0) }
    }

    private static func checkOpen(_ record: any RecordMessage) throws {
        guard record.hasEnded else { return }
        throw Problem.failedPrecondition(
            rule: "G-128",
            Text(
                en: "The record is closed or canceled: nothing new can begin there.",
                ko: "레코드가 종결되었거나 취소되어 새로 시작할 수 없습니다."))
    }

    static let label = Text(en: "Playbook run", ko: "플레이북 실행")
}
