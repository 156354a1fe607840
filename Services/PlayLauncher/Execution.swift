import Flows
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
            let steps = try FlowStep.list(run: run, in: tx)
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
        case machines, phase, failures, definition, attempt, skips, cancels, stood
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
    /// 1, and one more each time the run was taken up after it had failed.
    var attempt = 1
    /// Whether the present step is not carried out any more, since somebody has it skipped.
    var isSkipped = false
    /// Whether somebody has the run end: nothing more is begun.
    var isCanceled = false
    /// Where the run stood before the result it failed with; stored with its failure, not read with the run.
    var stood: [Machine] = []
    /// What the end is told from, where it was just stored; not stored itself.
    var ending: Ending?

    /// Begins: the execution and its first step.
    func insert(now: Timestamp, in tx: Transaction) throws {
        tx.send(
            """
            INSERT INTO play_launcher.flow_execution (run, domain, requester, trace, title, title_ko, machines) \
            VALUES (\(run), \(domain.path), \(try requester.text()), \(trace), \(title.en), \(title.ko), \
            \(Self.text(of: machines)))
            """)
        for (key, action) in steps { FlowStep.begin(key, action, of: self, now: now, in: tx) }
        Listening.begin(self, in: tx)
    }

    /// The language of the person it runs for.
    var language: String { requester.caller.locale }

    /// What is to be done next.
    var action: FlowAction { machines[machines.count - 1].state.action }

    /// When the run is to be taken up again; nil when it need not wait.
    var wake: Timestamp? {
        guard !isNoted, action.isIdle else { return nil }
        let due = machines.compactMap(\.state.wakes).min()
        return due.map { Timestamp(microseconds: $0.milliseconds * 1_000) } ?? Self.never
    }

    /// When a run is taken up that only an event can have go on: the end of the year 9999.
    private static let never = Timestamp(microseconds: 253_402_300_799_000_000)

    /// The types of the events that the run listens to.
    var listens: [String] { isNoted ? [] : machines[machines.count - 1].state.listens }

    /// What it wants of those of a type: one that has all the attributes of one of these.
    func wants(of type: String) -> [JSONValue] { isNoted ? [] : machines[machines.count - 1].state.wants(of: type) }

    /// The place of the outermost flow of which a timeout is over at `now`; nil when none is.
    func overdue(at now: FlowInstant) -> Int? {
        isNoted ? nil : machines.firstIndex { $0.state.expires.map { $0 <= now } ?? false }
    }

    /// Names the step to be done next among all of the run, steps of subflows included; nil when the flow is over.
    var key: String? { Self.keys(machines).last }

    /// The keys of the steps at which each of the flows stands, outermost first; empty when one of them is over.
    private static func keys(_ machines: [Machine]) -> [String] {
        let steps = machines.compactMap { $0.state.action.step?.description }
        guard steps.count == machines.count else { return [] }
        return steps.indices.map { steps[...$0].joined(separator: "/") }
    }

    /// All steps that have been begun and are not over, each with its key among all of the run: of every flow the one inside
    /// which the next is carried out, of the innermost those of all its branches.
    var steps: [(key: String, action: FlowAction)] {
        var steps: [(key: String, action: FlowAction)] = []
        var outer = ""
        for (place, machine) in machines.enumerated() {
            let own = place == machines.count - 1 ? machine.state.pending : [machine.state.action]
            for action in own { if let step = action.step { steps.append((outer + step.description, action)) } }
            outer += (machine.state.action.step?.description ?? "") + "/"
        }
        return steps
    }

    /// The key of the step that tells the end, each time there is one.
    var telling: String { attempt == 1 ? Telling.step : "\(Telling.step)~\(attempt)" }

    /// What people call the step to be done next; nil when the flow is over.
    var stepTitle: Text? { FlowStep.kind(of: action).map { StepTitle.text($0.name, $0.method ?? "") } }

    /// Reads the execution of a lease; nil when it is over or another runner has it.
    static func load(_ lease: Lease, in tx: Transaction) throws -> Execution? {
        let rows = try tx.query(
            """
            SELECT domain, requester, trace, title, title_ko, machines, phase, failures, attempt, skips, cancels \
            FROM play_launcher.flow_execution WHERE \(lease.held) AND phase <> \(literal: Phase.done)
            """)
        guard let row = rows.first else { return nil }
        let run = lease.row
        guard let domain = DomainPath(try row.string(Column.domain)) else {
            throw Problem.internalError(cause: "the execution of run \(run) cannot be read")
        }
        let machines = try machines(try row.string(Column.machines))
        let title = try row.string(Column.title)
        guard !machines.isEmpty else { throw Problem.internalError(cause: "run \(run) has no flow") }
        return Execution(
            run: run, domain: domain, requester: try KeptCaller(text: row.string(Column.requester)),
            trace: try row.optionalString(Column.trace),
            title: Text(en: title, ko: try row.optionalString(Column.titleKo) ?? title), machines: machines,
            isNoted: try row.string(Column.phase) == Phase.note.rawValue,
            failures: try row.int(Column.failures), attempt: try row.int(Column.attempt),
            isSkipped: try row.bool(Column.skips), isCanceled: try row.bool(Column.cancels))
    }

    private static func machines(_ text: String) throws -> [Machine] {
        let limits = JSONLimits(bytes: 8 * FlowBounds.stateBytes, depth: 300, values: 4_000_000)
        let stored = try JSONValue(parsing: text, limits: limits)
        return try (stored.array ?? []).map { machine in
            Machine(
                definition: machine["definition"]?.string ?? "", state: try FlowState(json: machine["state"] ?? .null))
        }
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

    /// The person a launched run acts for; nil for a run that was never launched.
    static func requester(of run: String, in tx: Transaction) throws -> Caller? {
        try tx.query("SELECT requester FROM play_launcher.flow_execution WHERE run = \(run)").first.map {
            try KeptCaller(text: $0.string(Column.requester)).caller
        }
    }

    /// Has a held run go on for somebody else, at the step it was held at.
    static func resume(_ run: String, for requester: Caller, in tx: Transaction) throws {
        tx.send(
            """
            UPDATE play_launcher.flow_execution SET phase = \(literal: Phase.flow), failures = 0, \
            requester = \(try KeptCaller(requester).text()) WHERE run = \(run) AND phase = \(literal: Phase.held)
            """, expecting: 1)
    }

    /// The steps at which a failed run stands, outermost first; empty when it has not failed, or at no step. No other
    /// transaction has it go on meanwhile.
    static func failedSteps(of run: String, in tx: Transaction) throws -> [String] {
        let stood = try tx.query(
            """
            SELECT stood FROM play_launcher.flow_execution \
            WHERE run = \(run) AND phase = \(literal: Phase.done) FOR UPDATE
            """
        ).first?.optionalString(Column.stood)
        return try stood.map { keys(try machines($0)) } ?? []
    }

    /// Has a failed run go on at the step it failed at, or, when it `skips` this, behind it.
    static func again(_ run: String, skips: Bool, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_execution SET machines = stood, stood = NULL, phase = \(literal: Phase.flow), \
            failures = 0, attempt = attempt + 1, skips = \(skips) WHERE run = \(run) AND stood IS NOT NULL
            """, expecting: 1)
    }

    /// Has a run end as soon as what is under way for it has come back; false when its end is being told already.
    static func cancel(_ run: String, in tx: Transaction) throws -> Bool {
        try tx.query(
            """
            UPDATE play_launcher.flow_execution SET cancels = TRUE, phase = \(literal: Phase.flow) \
            WHERE run = \(run) AND phase IN (\(literal: Phase.flow), \(literal: Phase.held))
            """
        ).affected == 1
    }

    /// Stores the new state, with the step it asks for; the transaction fails when another runner has taken the run over,
    /// and when somebody has canceled the run meanwhile.
    func store(_ lease: Lease, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_execution SET machines = \(Self.text(of: machines)), \
            phase = \(literal: isNoted ? Phase.note : .flow), failures = 0, skips = FALSE, \
            stood = \(stood.isEmpty ? nil : Self.text(of: stood)) WHERE \(held(lease))
            """, expecting: 1)
    }

    /// Stores that the step did not go through this time.
    func store(failures: Int, _ lease: Lease, in tx: Transaction) {
        tx.send(
            "UPDATE play_launcher.flow_execution SET failures = \(failures) WHERE \(held(lease))", expecting: 1)
    }

    /// Stores that a run stands still: held at its step, or done. Nobody takes it any more.
    func stop(_ phase: Phase, _ lease: Lease, in tx: Transaction) {
        tx.send(
            "UPDATE play_launcher.flow_execution SET phase = \(literal: phase), failures = 0 WHERE \(held(lease))",
            expecting: 1)
        lease.release(in: tx)
    }

    /// While the run is this runner's, and nobody has canceled it without the runner knowing.
    private func held(_ lease: Lease) -> SQL { "\(lease.held) AND cancels = \(isCanceled)" }

    private static func text(of machines: [Machine]) -> String {
        JSONValue.array(
            machines.map { ["definition": .string($0.definition), "state": $0.state.json] }
        ).text
    }
}
