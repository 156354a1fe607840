import Flows
import Korean
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// How far a launched run is: what is stored in `flow_execution`.
struct Execution: Sendable {
    /// A flow being carried out, with the definition its state belongs to.
    struct Machine: Sendable {
        let definition: String
        var state: FlowState
    }

    /// A run whose flow is over, and all its steps.
    struct Ending: Sendable {
        let run: FlowRun
        let steps: [FlowStep]

        /// Reads it, for the runner that tells the end.
        static func load(_ run: String, _ database: Database, in tx: Transaction) throws -> Ending {
            let steps = try FlowStep.list(run: run, withResults: true, in: tx)
            guard let found = try Store<FlowRun>(database).find(run, in: tx) else {
                throw Problem.internalError(cause: "run \(run) is gone")
            }
            return Ending(run: found, steps: steps)
        }
    }

    /// What is done for a run next.
    enum Phase: String {
        /// The flow is carried out.
        case flow
        /// Its end is told.
        case note
        /// Nothing: it stands still until somebody takes it over.
        case held
        /// Nothing any more.
        case done
    }

    /// What is read of `flow_execution`.
    private enum Column: String {
        case domain, requester, trace, title
        case titleKo = "title_ko"
        case machines, phase, failures, definition
    }

    let run: String
    let domain: DomainPath
    /// For whom the steps are carried out, with the roles of the launch or of the taking over.
    let requester: KeptCaller
    let trace: String?
    let title: Text
    /// The flow and the subflows it has begun, outermost first. Never empty.
    var machines: [Machine]
    var isNoted = false
    var failures = 0
    /// What the end is told from, where it was just stored; not stored itself.
    var ending: Ending?

    /// Begins: the execution and its first step.
    func insert(now: Timestamp, in tx: Transaction) throws {
        tx.send(
            """
            INSERT INTO play_launcher.flow_execution (run, domain, requester, trace, title, title_ko, machines) \
            VALUES (\(run), \(domain.path), \(try requester.text()), \(trace), \(title.en), \(title.ko), \
            \(machineText))
            """)
        beginStep(now: now, in: tx)
    }

    /// The language of the person it runs for.
    var language: String { requester.caller.locale }

    /// What is to be done next.
    var action: FlowAction { machines[machines.count - 1].state.action }

    /// When the run is to be taken up again; nil when it need not wait.
    var wake: Timestamp? {
        guard !isNoted, case .wait(_, let until) = action else { return nil }
        return Timestamp(microseconds: until.milliseconds * 1_000)
    }

    /// Names the step to be done next among all of the run, steps of subflows included; nil when the flow is over.
    var key: String? {
        let keys = machines.compactMap { $0.state.action.step?.description }
        return keys.count == machines.count ? keys.joined(separator: "/") : nil
    }

    /// Records the step to be done next, before anything is done for it: a step of the flow, or the telling of its end.
    func beginStep(now: Timestamp, in tx: Transaction) {
        if isNoted { return FlowStep.begin(Telling.step, "call", nil, of: self, now: now, in: tx) }
        guard let key else { return }
        switch action {
        case .call(_, let method, _): FlowStep.begin(key, "call", method, of: self, now: now, in: tx)
        case .wait: FlowStep.begin(key, "wait", nil, of: self, now: now, in: tx)
        case .emit(_, let type, _): FlowStep.begin(key, "emit", type, of: self, now: now, in: tx)
        case .runSubflow(_, let flow, _): FlowStep.begin(key, "run", flow.description, of: self, now: now, in: tx)
        case .completed, .failed: break
        }
    }

    /// Reads the execution of a lease; nil when it is over or another runner has it.
    static func load(_ lease: Lease, in tx: Transaction) throws -> Execution? {
        let rows = try tx.query(
            """
            SELECT domain, requester, trace, title, title_ko, machines, phase, failures \
            FROM play_launcher.flow_execution WHERE \(lease.held) AND phase <> \(literal: Phase.done)
            """)
        guard let row = rows.first else { return nil }
        let run = lease.row
        guard let domain = DomainPath(try row.string(Column.domain)) else {
            throw Problem.internalError(cause: "the execution of run \(run) cannot be read")
        }
        let limits = JSONLimits(bytes: 8 * FlowBounds.stateBytes, depth: 300, values: 4_000_000)
        let stored = try JSONValue(parsing: try row.string(Column.machines), limits: limits)
        let machines = try (stored.array ?? []).map { machine in
            Machine(
                definition: machine["definition"]?.string ?? "", state: try FlowState(json: machine["state"] ?? .null))
        }
        let title = try row.string(Column.title)
        guard !machines.isEmpty else { throw Problem.internalError(cause: "run \(run) has no flow") }
        return Execution(
            run: run, domain: domain, requester: try KeptCaller(text: row.string(Column.requester)),
            trace: try row.optionalString(Column.trace),
            title: Text(en: title, ko: try row.optionalString(Column.titleKo) ?? title), machines: machines,
            isNoted: try row.string(Column.phase) == Phase.note.rawValue,
            failures: try row.int(Column.failures))
    }

    /// The id of the definition a run was launched with; nil for a run that was never launched.
    static func definition(of run: String, in tx: Transaction) throws -> String? {
        try tx.query(
            """
            SELECT machines::json -> 0 ->> 'definition' AS definition FROM play_launcher.flow_execution \
            WHERE run = \(run)
            """
        ).first?.optionalString(Column.definition)
    }

    /// Has a held run go on for somebody else, at the step it was held at.
    static func resume(_ run: String, for requester: Caller, in tx: Transaction) throws {
        tx.send(
            """
            UPDATE play_launcher.flow_execution SET phase = \(literal: Phase.flow), failures = 0, \
            requester = \(try KeptCaller(requester).text()) WHERE run = \(run) AND phase = \(literal: Phase.held)
            """, expecting: 1)
    }

    /// Stores the new state, with the step it asks for; the transaction fails when another runner has taken the run over.
    func store(_ lease: Lease, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_execution SET machines = \(machineText), \
            phase = \(literal: isNoted ? Phase.note : .flow), failures = 0 WHERE \(lease.held)
            """, expecting: 1)
    }

    /// Stores that a run stands still: held at its step, or done. Nobody takes it any more.
    static func stop(_ phase: Phase, _ lease: Lease, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_execution SET phase = \(literal: phase), failures = 0 WHERE \(lease.held)
            """, expecting: 1)
        lease.release(in: tx)
    }

    private var machineText: String {
        JSONValue.array(
            machines.map { ["definition": .string($0.definition), "state": $0.state.json] }
        ).text
    }
}

/// The recorded steps of runs, in table `flow_step`.
extension FlowStep {
    private enum Column: String {
        case key, kind, method, state, attempts, result, error, at
    }

    /// Longest error kept.
    private static let errorLimit = 2_000

    /// Records a step that is about to be done; once, also when it is recorded again.
    static func begin(
        _ key: String, _ kind: String, _ method: String?, of execution: Execution, now: Timestamp, in tx: Transaction
    ) {
        tx.send(
            """
            INSERT INTO play_launcher.flow_step (run, key, domain, kind, method, at) \
            VALUES (\(execution.run), \(key), \(execution.domain.path), \(kind), \(method), \(now.sqlValue)) \
            ON CONFLICT DO NOTHING
            """)
    }

    /// Records what became of a step.
    static func end(_ key: String, _ result: StepResult, run: String, now: Timestamp, in tx: Transaction) {
        let state: String
        var answer: String?
        var error: String?
        switch result {
        case .succeeded(let value): (state, answer) = (State.done, value.isNull ? nil : value.text)
        case .failed(let problem): (state, error) = (State.failed, problem.message)
        }
        tx.send(
            """
            UPDATE play_launcher.flow_step SET state = \(state), attempts = attempts + 1, result = \(answer), \
            error = \(error.map { String($0.prefix(errorLimit)) }), at = \(now.sqlValue) \
            WHERE run = \(run) AND key = \(key)
            """)
    }

    /// Records that a step did not go through and will be retried.
    static func retry(_ key: String, _ error: String, run: String, now: Timestamp, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_step SET attempts = attempts + 1, error = \(String(error.prefix(errorLimit))), \
            at = \(now.sqlValue) WHERE run = \(run) AND key = \(key)
            """)
    }

    /// The steps of a run in their order.
    static func list(run: String, withResults: Bool, in tx: Transaction) throws -> [FlowStep] {
        try tx.query(
            """
            SELECT key, kind, method, state, attempts, result, error, at FROM play_launcher.flow_step \
            WHERE run = \(run) ORDER BY seq
            """
        ).map { row in
            var step = FlowStep()
            step.key = try row.string(Column.key)
            step.kind = try row.string(Column.kind)
            step.method = try row.optionalString(Column.method) ?? ""
            step.state = try row.string(Column.state)
            step.attempts = Int32(try row.int(Column.attempts))
            step.result = withResults ? try row.optionalString(Column.result) ?? "" : ""
            step.error = try row.optionalString(Column.error) ?? ""
            step.at = Timestamp(microseconds: try row.timestamp(Column.at))
            return step
        }
    }
}

extension FlowError {
    /// What people read: what happened, or at least what kind of thing.
    var message: String { detail.isEmpty ? title : detail }

    /// What people read in their language: calls are answered in it, and flows raise errors in the words of their author;
    /// what the machine itself finds is English, and has a Korean sentence for each kind.
    func message(_ language: String) -> String {
        let hasKorean = Hangul.isWritten(in: message)
        guard Language(tag: language) == .ko, !hasKorean else { return message }
        switch type {
        case FlowError.expression: return "플로우의 표현식을 계산하지 못했습니다."
        case FlowError.validation: return "값이 플로우가 기대하는 형식이 아닙니다."
        case FlowError.runtime: return "플로우 실행이 한도에 도달했거나 계속할 수 없습니다."
        case FlowError.timeout: return "시간이 초과되었습니다."
        default: return message
        }
    }
}
