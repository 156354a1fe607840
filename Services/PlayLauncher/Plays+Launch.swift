import Flows
import Korean
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

extension Plays {
    /// A run that waits for the person to choose a play and to answer its questions.
    func begin(_ request: BeginPlayRequest, _ call: Call) async throws(Problem) -> FlowRun {
        try authorize(call.caller)
        let source = try await PlaySource.read(request.sourceTable, request.sourceRecord, client)
        let database = database
        return try await database.perform(
            call, PlayLauncherAPI.beginPlay.name, request, requestID: request.requestID
        ) { tx, context in
            let store = Store<FlowRun>(database)
            let run = try store.create(draft(source, call), context.asSystem, in: tx)
            return store.projected(run, for: call.caller)
        }
    }

    /// Checks everything, and has the run begin: from here on it goes on by itself.
    func launch(_ request: LaunchPlayRequest, _ call: Call) async throws(Problem) -> FlowRun {
        try authorize(call.caller)
        let begun = try await begun(request, call)
        let checked = try await ready(
            request.definitionRecord, from: begun?.sourceTable ?? request.sourceTable,
            begun?.sourceRecord ?? request.sourceRecord, request.answers, version: request.flowDefinition,
            firing: request.playFiring, call)
        let (plan, source, answers) = (checked.plan, checked.source, checked.answers)
        let runID = begun?.id ?? RecordID.make(at: database.clock.now)
        let machine = try start(plan, run: runID, checked.input, language: call.caller.locale)
        let execution = Execution(
            run: runID, domain: source.domain, requester: KeptCaller(call.caller), trace: call.trace.header,
            title: plan.flow.title(plan.record),
            machines: [Execution.Machine(definition: plan.definition.id, state: machine)])
        @Sendable func launched(_ run: inout FlowRun) {
            run.definitionRecord = plan.record.id
            run.flow = plan.definition.name
            run.flowVersion = plan.definition.version
            run.answers = answers.text
            (run.title, run.titleKo) = (execution.title.en, execution.title.ko)
            run.state = FlowRun.State.inProgress
        }
        guard begun == nil else { return try await launch(execution, launched, request, call) }
        var draft = draft(source, call)
        draft.id = runID
        launched(&draft)
        return try await add(draft, execution, request, call)
    }

    /// Has a run that was begun before go on with what was chosen.
    private func launch(
        _ execution: Execution, _ launched: @escaping @Sendable (inout FlowRun) -> Void, _ request: LaunchPlayRequest,
        _ call: Call
    ) async throws(Problem) -> FlowRun {
        let database = database
        let run = try await database.perform(
            call, PlayLauncherAPI.launchPlay.name, request, requestID: request.requestID
        ) { tx, context in
            let store = Store<FlowRun>(database)
            let run = try store.change(execution.run, context.asSystem, in: tx) { run in
                guard run.state == FlowRun.State.started else {
                    throw Problem.failedPrecondition(
                        rule: "G-78", Text(en: "The play was launched already.", ko: "이미 시작된 플레이입니다."),
                        field: LaunchPlayRequest.Field.flowRun)
                }
                launched(&run)
            }
            try execution.insert(now: context.now, in: tx)
            return store.projected(run, for: call.caller)
        }
        runner.wake.notify()
        return run
    }

    /// Adds a run that was chosen and answered in one request: nobody has to hear of one that waits for both. Where there is
    /// room it is this instance's from the beginning, and need not be looked for.
    private func add(
        _ draft: FlowRun, _ execution: Execution, _ request: LaunchPlayRequest, _ call: Call
    ) async throws(Problem) -> FlowRun {
        let (database, runner) = (database, runner)
        let claim = runner.claim(execution.run)
        let run: FlowRun
        do throws(Problem) {
            run = try await database.perform(
                call, PlayLauncherAPI.launchPlay.name, request, requestID: request.requestID
            ) { tx, context in
                let store = Store<FlowRun>(database)
                let run = try store.create(draft, context.asSystem, in: tx)
                try execution.insert(now: context.now, in: tx)
                if let claim { runner.add(claim, in: tx) }
                return store.projected(run, for: call.caller)
            }
        } catch {
            if let claim { runner.abandon(claim) }
            throw error
        }
        guard let claim else {
            runner.wake.notify()
            return run
        }
        // A request that is repeated is answered with the run of the first one.
        if run.id == execution.run { runner.begin(claim, execution) } else { runner.abandon(claim) }
        return run
    }

    /// A launch that can begin.
    struct Ready: Sendable {
        let plan: Plan
        let source: PlaySource
        let answers: JSONValue
        /// The events that the run is begun by; none where somebody launches it. Only of plays that begin by events.
        let events: JSONValue?

        /// What the run is given.
        var input: JSONValue { Plays.input(source, answers, events) }
    }

    private static func input(_ source: PlaySource, _ answers: JSONValue, _ events: JSONValue?) -> JSONValue {
        var members = ["source": source.input, "answers": answers]
        members["events"] = events
        return .object(members)
    }

    /// Checks everything that a launch needs: the entry and the record it begins on, the caller's rights to all of its steps,
    /// the answers, and that the records these name are there.
    func ready(
        _ definitionRecord: String, from table: String, _ record: String, _ text: String, version: String = "",
        firing: String = "", _ call: Call
    ) async throws(Problem) -> Ready {
        // The record is its owner's, the plan our own: they are read beside each other.
        async let planned = Outcome.of { () async throws(Problem) in
            try await self.plan(definitionRecord, version: version, call)
        }
        let source = try await PlaySource.read(table, record, client)
        let plan = try await planned.get()
        try Self.check(plan, fits: source)
        try await PlayRights(database: database, library: library).check(plan.flow, call)
        let events = try await events(plan, of: firing, call)
        let answers = try Self.answers(text, plan.flow, source, call.caller, events: events)
        try await PlayReferences(client: client).check(answers, plan.flow, source, call.caller)
        return Ready(plan: plan, source: source, answers: answers, events: events)
    }

    /// The events of a firing, for a play that begins by events.
    private func events(_ plan: Plan, of firing: String, _ call: Call) async throws(Problem) -> JSONValue? {
        guard case .events? = plan.flow.schedule?.kind else { return nil }
        guard !firing.isEmpty else { return .array([]) }
        let database = database
        let found = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try Store<PlayFiring>(database).find(firing, in: tx)
        }
        guard let heard = found?.events else { throw .notFound(PlayFiring.schema.label, id: firing) }
        return (try? JSONValue(parsing: heard, limits: .events)) ?? .array([])
    }

    private func draft(_ source: PlaySource, _ call: Call) -> FlowRun {
        var run = FlowRun()
        run.domain = source.domain.path
        run.sourceTable = source.schema.table
        run.sourceRecord = source.id
        run.engagement = source.engagement
        run.account = source.account
        run.requestedBy = call.caller.subject
        run.startedAt = database.clock.now
        run.attempt = 1
        run.state = FlowRun.State.started
        return run
    }

    /// The run of ``begin(_:_:)`` that the request goes on with; it is its requester's alone.
    private func begun(_ request: LaunchPlayRequest, _ call: Call) async throws(Problem) -> FlowRun? {
        guard !request.flowRun.isEmpty else { return nil }
        let database = database
        let run = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try Store<FlowRun>(database).find(request.flowRun, in: tx)
        }
        guard let run, run.requestedBy == call.caller.subject else {
            throw .notFound(FlowRun.schema.label, id: request.flowRun)
        }
        let sameTable = request.sourceTable.isEmpty || request.sourceTable == run.sourceTable
        guard sameTable, request.sourceRecord.isEmpty || request.sourceRecord == run.sourceRecord else {
            throw .invalid(
                field: LaunchPlayRequest.Field.sourceRecord,
                Text(en: "The run was begun from another record.", ko: "다른 레코드에서 시작된 실행입니다."))
        }
        return run
    }

    private static func check(_ plan: Plan, fits source: PlaySource) throws(Problem) {
        guard let place = DomainPath(plan.record.domain), place.contains(source.domain) else {
            throw .notFound(DefinitionRecord.schema.label, id: plan.record.id)
        }
        guard plan.flow.launches(from: source.schema.table) else {
            throw .failedPrecondition(
                rule: "G-75",
                Text(
                    en: "This play is not launched from \(source.schema.label.en).",
                    ko: "\(source.schema.label.ko)에서는 이 플레이를 시작할 수 없습니다."),
                field: LaunchPlayRequest.Field.sourceTable)
        }
    }

    /// The answers, with defaults and what the page is filled with beforehand. What is wrong names its question.
    static func answers(
        _ text: String, _ flow: CompiledFlow, _ source: PlaySource, _ caller: Caller, events: JSONValue? = nil
    ) throws(Problem) -> JSONValue {
        let limits = JSONLimits(bytes: 65_536, depth: 8)
        guard let given = try? JSONValue(parsing: text.isEmpty ? "{}" : text, limits: limits),
            var members = given.object
        else {
            throw .invalid(
                field: LaunchPlayRequest.Field.answers,
                Text(en: "The answers must be a JSON object of at most 64 KB.", ko: "입력값은 64KB 이하의 JSON 객체여야 합니다."),
                rule: "G-76")
        }
        for question in flow.wizard {
            guard let name = question.prefill, members[question.name] == nil else { continue }
            members[question.name] = source.prefill(name, caller)
        }
        let (answers, wrong) = flow.validate(answers: .object(members), language: caller.locale)
        var violations = wrong.map { violation in
            Problem.Violation(
                field: LaunchPlayRequest.Field.answers.path(violation.field), text: Text(violation.text), rule: "G-76")
        }
        for question in flow.wizard where question.reference != nil {
            let answer = answers[question.name]
            let ids = (answer?.array ?? [answer].compactMap(\.self)).compactMap(\.string)
            guard !ids.allSatisfy(Validation.isUUID) else { continue }
            let label = flow.label(of: question)
            violations.append(
                .init(
                    field: LaunchPlayRequest.Field.answers.path(question.name),
                    text: Text(
                        en: "\(label.en) must be the id of a record.",
                        ko: "\(label.ko, .topic) 레코드 ID여야 합니다."), rule: "G-76"))
        }
        let whole = flow.validate(input: input(source, answers, events))
        violations += whole.violations.filter { !$0.field.hasPrefix("answers") }.map { violation in
            Problem.Violation(field: violation.field, text: Text(violation.text), rule: "G-76")
        }
        guard violations.isEmpty else { throw .invalid(violations) }
        return answers
    }

    private func start(
        _ plan: Plan, run: String, _ input: JSONValue, language: String
    ) throws(Problem) -> FlowState {
        do throws(FlowMachineError) {
            return try FlowMachine(plan.flow).start(
                run: run, input: input, language: language, now: FlowInstant(database.clock.now))
        } catch {
            throw .internalError(cause: "the flow \(plan.flow.reference) did not start: \(error)")
        }
    }
}

extension JSONLimits {
    /// Of the events that a run is begun by.
    static let events = JSONLimits(bytes: FlowBounds.valueBytes)
}

extension FlowInstant {
    /// An instant of the service's clock, cut to milliseconds.
    init(_ instant: Timestamp) {
        let microseconds = instant.microseconds
        self.init(milliseconds: microseconds >= 0 ? microseconds / 1_000 : (microseconds - 999) / 1_000)
    }
}
