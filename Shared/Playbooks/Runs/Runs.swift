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
        try authorize(.create, .run, context.write.caller)
        let parent = try parent(of: request, context)
        let version = try version(request, over: parent, context)
        guard request.table.isEmpty || request.table == version.table else {
            throw Problem.invalid(
                field: StartPlaybookRunRequest.Field.table,
                Text(en: "The playbook is for another table.", ko: "다른 테이블의 플레이북입니다."))
        }
        if let parent {
            guard type(of: parent).schema.table == version.table else {
                throw Problem.invalid(
                    field: StartPlaybookRunRequest.Field.definition,
                    Text(en: "The playbook is for another table.", ko: "다른 테이블의 플레이북입니다."))
            }
            guard try !hasRun(of: version.definition, over: parent.id, isOpen: true, context.transaction) else {
                throw Problem(
                    .failedPrecondition,
                    Text(
                        en: "The record has an open run of this playbook.", ko: "이 레코드에는 진행 중인 동일한 플레이북 실행이 있습니다."),
                    reason: "RUN_EXISTS")
            }
        }
        var work = try begin(version, over: parent, context)
        if let first = work.activities.indices.first, !request.values.isEmpty {
            try work.checkTakes(request.values, at: first)
            try work.enter(request.values, at: first)
            try work.store()
        }
        return work.message
    }

    /// Starts the runs that an event of a record triggers (G-130), of each playbook one for a record: whoever wants
    /// another starts it by hand. A playbook that cannot start is logged, and keeps no other from starting. A record that
    /// begins something of its own counts as made by no playbook, wherever it lies.
    public func trigger(
        _ action: String, _ record: any RecordMessage, beginsItsOwn: Bool = false, _ context: RuleContext
    ) throws {
        let table = type(of: record).schema.table
        for version in try active(for: record, context.transaction) {
            guard let trigger = version.playbook.trigger, trigger.event == action,
                let current = try tables[table]?.find(record.id, true, context.transaction),
                !current.hasEnded,
                try !hasRun(of: version.definition, over: record.id, isOpen: false, context.transaction)
            else { continue }
            try attempt(version, over: current, context) {
                try meets(trigger, current, beginsItsOwn: beginsItsOwn, context) && !isTooDeep(current.id, context)
            }
        }
    }

    /// Starts a run of the playbook `key` over a record that its service has made by itself; nothing where the playbook was
    /// retired. One that cannot start is logged: the record is there all the same.
    public func begin(_ key: String, over record: any RecordMessage, _ context: RuleContext) throws {
        let table = type(of: record).schema.table
        let versions = try VersionRow.active(
            where: "d.key = \(key) AND d.parent_table = \(table) AND \(VersionRow.reaches(record.domain))",
            in: database.schema, context.transaction)
        guard let version = versions.first,
            let current = try tables[table]?.find(record.id, true, context.transaction)
        else { return }
        try attempt(version, over: current, context)
    }

    /// Starts a run that nobody asked for, where the condition holds: a playbook that cannot start is logged, and keeps
    /// nothing else from being done.
    private func attempt(
        _ version: VersionRow, over record: any RecordMessage, _ context: RuleContext,
        where condition: () throws -> Bool = { true }
    ) throws {
        do {
            guard try condition() else { return }
            _ = try context.transaction.savepoint { try begin(version, over: record, context) }
        } catch {
            let problem = database.problem(of: error)
            guard !problem.mayPass else { throw error }
            database.log.error(
                "a playbook cannot start",
                metadata: ["version": "\(version.id)", "record": "\(record.id)", "cause": "\(problem)"])
        }
    }

    private func begin(
        _ version: VersionRow, over parent: (any RecordMessage)?, _ context: RuleContext
    ) throws -> RunWork {
        let caller = context.write.caller
        let run = RunRow(
            version, record: parent?.id, domain: parent?.text(.domain) ?? caller.domain.path, by: caller.subject,
            at: context.write.now)
        var work = try RunWork(
            beginning: run, library.plan(of: version.id, context.transaction), self, context)
        work.note(nil, .started)
        try work.settle()
        try work.store()
        return work
    }

    /// Cancels an open run, with the open records that its activities have made: the next run makes them anew.
    func cancel(_ request: CancelPlaybookRunRequest, _ context: RuleContext) throws -> PlaybookRun {
        try authorize(.write, .run, context.write.caller)
        guard Validation.isUUID(request.id), var work = try RunWork(request.id, self, context) else {
            throw Problem.notFound(Self.label, id: request.id)
        }
        try authorize(over: work.run, context.write.caller)
        guard request.etag.isEmpty || request.etag == String(work.run.revision) else { throw Problem.staleEtag }
        guard work.run.state == .inProgress else {
            throw Problem.failedPrecondition(
                rule: "G-50", Text(en: "The run has already ended.", ko: "이미 종료된 실행입니다."))
        }
        let open = work.activities.indices.filter { !work.activities[$0].state.isEnded }
        work.cancel()
        for place in open { try work.cancelMade(place) }
        try work.store()
        return work.message
    }

    /// Goes on after a parent record has changed: conditions may hold now, and a canceled record cancels its runs (G-128).
    /// Only a change of the field that it is counted from moves a date: holidays that came since move none by themselves.
    public func parentChanged(
        _ record: any RecordMessage, from old: (any RecordMessage)?, _ context: RuleContext
    ) throws {
        guard record.text(.state) != EndState.canceled.rawValue else { return try parentEnded(record, context) }
        for run in try openRuns(over: record.id, context.transaction) {
            guard var work = try RunWork(run, self, context) else { continue }
            try work.reviewDueDates { old?.text(named: $0) != record.text(named: $0) }
            try work.reviewMade()
            try work.settle()
            try work.store()
        }
    }

    /// Cancels the open runs over a record that has ended (BR-25), and what they have made that their playbook cancels then
    /// (G-53). To be told before anything that the end of the record cancels besides: no run goes on after that.
    public func parentEnded(_ record: any RecordMessage, _ context: RuleContext) throws {
        for run in try openRuns(over: record.id, context.transaction) {
            // That a record does not name a run any more is a change, by which others have ended already.
            guard var work = try RunWork(run, self, context), work.run.state == .inProgress else { continue }
            let withdrawn = try work.canceledByPlaybook
            work.cancel()
            for place in withdrawn { try work.cancelMade(place) }
            try work.store()
        }
    }

    /// Goes on after a record has changed that an activity made.
    public func madeChanged(_ record: any RecordMessage, _ context: RuleContext) throws {
        guard let maker = try maker(of: record.id, context.transaction),
            var work = try RunWork(maker.run, self, context), work.run.state != .canceled
        else { return }
        guard let place = work.place(ofActivity: maker.activity) else {
            return try work.leftChanged(maker.activity, record)
        }
        let before = work.activities[place].standing
        try work.madeChanged(place, record)
        // What has ended before brings nothing about.
        if work.activities[place].standing != before { try work.settle() }
        try work.store()
    }

    /// Cancels the activities whose records are about to be canceled with their parent, `made` among them. Nothing goes on from
    /// there: what follows when the parent ends all the same is told then.
    public func cancelsMade(_ made: [String], over record: String, _ context: RuleContext) throws {
        for run in try openRuns(over: record, context.transaction) {
            guard var work = try RunWork(run, self, context) else { continue }
            try work.cancelMaking(Set(made))
            try work.store()
        }
    }

    // MARK: Finding

    /// The versions that runs over a record can begin with.
    func active(for record: any RecordMessage, _ tx: Transaction) throws -> [VersionRow] {
        try VersionRow.active(
            where: "d.parent_table = \(type(of: record).schema.table) AND \(VersionRow.reaches(record.domain))",
            in: database.schema, tx)
    }

    /// The activity that ends with the record `made`, and its run; nil for a record that none has made.
    func maker(of made: String, _ tx: Transaction) throws -> (run: String, activity: String)? {
        let rows = try tx.query(
            """
            SELECT run, id FROM \(identifier: database.schema).playbook_activity WHERE made = \(made)
            """)
        return try rows.first.map { (try $0.string(PlaybookColumn.run), try $0.string(PlaybookColumn.id)) }
    }

    /// The record that a request names, locked and open; nil when the run comes before it.
    private func parent(
        of request: StartPlaybookRunRequest, _ context: RuleContext
    ) throws -> (any RecordMessage)? {
        guard !request.record.isEmpty else { return nil }
        guard let table = tables[request.table], table.carriesRuns else {
            throw Problem.invalid(
                field: StartPlaybookRunRequest.Field.table,
                Text(en: "Records of this table have no playbooks.", ko: "플레이북을 사용하지 않는 테이블입니다."))
        }
        // Whoever works on a run works on its record.
        try authorize(.write, request.table, context.write.caller)
        guard Validation.isUUID(request.record), let found = try table.find(request.record, true, context.transaction)
        else { throw Problem.notFound(table.schema.label, id: request.record) }
        try Self.checkOpen(found)
        return found
    }

    private func version(
        _ request: StartPlaybookRunRequest, over parent: (any RecordMessage)?, _ context: RuleContext
    ) throws -> VersionRow {
        let domain = parent?.text(.domain) ?? context.write.caller.domain.path
        let condition: SQL =
            request.definition.isEmpty
            ? "d.parent_table = \(request.table)"
            : Validation.isUUID(request.definition) ? "d.id = \(request.definition)" : "d.key = \(request.definition)"
        let active = try VersionRow.active(
            where: "\(condition) AND \(VersionRow.reaches(domain))", in: database.schema, context.transaction)
        guard !active.isEmpty else {
            throw Problem(
                .failedPrecondition, Text(en: "There is no such active playbook.", ko: "해당하는 활성 플레이북이 없습니다."),
                reason: "NO_PLAYBOOK")
        }
        // A run that comes before its record has to make it.
        let suiting = try active.filter { version in
            try parent != nil
                || library.plan(of: version.id, context.transaction).steps.first?.kind.makesParent == true
        }
        guard let nearest = suiting.first else {
            throw Problem.invalid(
                field: StartPlaybookRunRequest.Field.record,
                Text(
                    en: "No activity of the playbook makes the record: name one.",
                    ko: "플레이북에 레코드를 생성하는 활동이 없습니다. 레코드를 지정하세요."), rule: "RECORD_NEEDED")
        }
        guard !request.definition.isEmpty || suiting.count == 1 else { throw Self.several(suiting) }
        return nearest
    }

    /// Several playbooks may run: whoever starts one says which.
    private static func several(_ versions: [VersionRow]) -> Problem {
        let labels = versions.map { $0.playbook.label?.text ?? label }
        let (english, korean) = (labels.map(\.en).joined(separator: ", "), labels.map(\.ko).joined(separator: ", "))
        let text = Text(
            en: "Several playbooks can be started: \(english). Name one.",
            ko: "시작할 수 있는 플레이북이 여러 개입니다: \(korean). 하나를 지정하세요.")
        return Problem(
            .invalidArgument, text, reason: "SEVERAL_PLAYBOOKS",
            violations: [.init(field: StartPlaybookRunRequest.Field.definition, text: text, rule: "SEVERAL_PLAYBOOKS")],
            metadata: ["candidates": versions.map(\.definition).joined(separator: " ")])
    }

    func hasRun(
        of definition: String, over record: String, isOpen: Bool, _ tx: Transaction
    ) throws -> Bool {
        let open: SQL = isOpen ? " AND state = \(literal: RunState.inProgress)" : ""
        return try !tx.query(
            """
            SELECT 1 FROM \(identifier: database.schema).playbook_run \
            WHERE record = \(record) AND definition = \(definition)\(open) LIMIT 1
            """
        ).isEmpty
    }

    private func openRuns(over record: String, _ tx: Transaction) throws -> [String] {
        try tx.query(
            """
            SELECT id FROM \(identifier: database.schema).playbook_run \
            WHERE record = \(record) AND state = \(literal: RunState.inProgress) ORDER BY id
            """
        ).map { try $0.string(PlaybookColumn.id) }
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
