import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import Wire
import WireCatalog
import Work

/// What runs listen to, in the tables `flow_listener` and `flow_heard`.
///
/// A run hears what happens in its own domain and below, from when its step has begun. An event is stored for each run that
/// listens to its type and whose filters it does not miss by what is written out in them, in the transaction that marks it as seen, and the run is woken; what it then takes of it, the flow
/// decides.
struct Listening: Sendable {
    /// Most events that wait for one run. It is woken by the first; one to which more come before it takes them in, as a run
    /// that is held, is told that it has missed some.
    static let most = 5_000
    /// Most events that one move takes in.
    private static let atOnce = 100

    private enum Column: String {
        case seq, event, type, run, missed, wants
    }

    // MARK: Runs

    /// Notes what a run listens to from now on.
    static func begin(_ execution: Execution, in tx: Transaction) {
        let types = execution.listens
        guard !types.isEmpty else { return }
        tx.send("DELETE FROM play_launcher.flow_listener WHERE run = \(execution.run) AND type <> ALL(\(types))")
        let wants = types.map { JSONValue.array(execution.wants(of: $0)).text }
        tx.send(
            """
            INSERT INTO play_launcher.flow_listener (run, type, domain, wants) \
            SELECT \(execution.run)::uuid, type, \(execution.domain.path), wants \
            FROM unnest(\(types)::text[], \(wants)::text[]) AS t (type, wants) \
            ON CONFLICT (run, type) DO UPDATE SET wants = excluded.wants WHERE flow_listener.wants <> excluded.wants
            """)
    }

    /// Whether a run that is about to wait has heard something while it was at work.
    static func hasHeard(_ execution: Execution, in tx: Transaction) throws -> Bool {
        guard !execution.listens.isEmpty else { return false }
        return try !tx.query("SELECT FROM play_launcher.flow_heard WHERE run = \(execution.run) LIMIT 1").isEmpty
            || hasMissed(execution.run, in: tx)
    }

    /// Notes that a run listens no more.
    static func end(_ run: String, in tx: Transaction) {
        tx.send("DELETE FROM play_launcher.flow_listener WHERE run = \(run)")
        tx.send("DELETE FROM play_launcher.flow_heard WHERE run = \(run)")
    }

    /// Events that a run has not taken in yet, oldest first.
    static func heard(by run: String, in tx: Transaction) throws -> [(seq: Int64, event: JSONValue)] {
        try tx.query(
            """
            SELECT seq, event FROM play_launcher.flow_heard WHERE run = \(run) ORDER BY seq LIMIT \(atOnce)
            """
        ).map { row in
            (try row.int64(Column.seq), try JSONValue(parsing: row.string(Column.event)))
        }
    }

    /// Forgets what a run has taken in, and nothing else: what came at the same time may be there later than what has a
    /// higher number.
    static func forget(_ events: [Int64], of run: String, in tx: Transaction) {
        guard !events.isEmpty else { return }
        tx.send(
            "DELETE FROM play_launcher.flow_heard WHERE run = \(run) AND seq = ANY(\(events.map(String.init))::bigint[])"
        )
    }

    // MARK: Events

    /// What is done about an event: it is stored for every run that listens to it.
    static func hear(_ event: RecordEvent, _ queue: Runner, in tx: Transaction) throws {
        guard let domain = DomainPath(event.domain), let heard = FlowEvent.heard(event) else { return }
        // Runs lie in the domain of the event and above: those of nobody else are looked for.
        tx.sendScope(.domain(.root))
        let type = heard["type"]?.string ?? ""
        let listeners = try tx.query(
            """
            SELECT listener.run, listener.wants, EXISTS (SELECT 1 FROM play_launcher.flow_heard waiting \
            WHERE waiting.run = listener.run ORDER BY seq OFFSET \(most - 1) LIMIT 1) AS missed \
            FROM play_launcher.flow_listener listener \
            WHERE listener.type = \(type) AND listener.domain = ANY(\(domain.ancestors.map(\.path)))
            """)
        var judged: [String: Bool] = [:]
        let runs = try listeners.compactMap { row -> (id: String, misses: Bool)? in
            let wants = try row.string(Column.wants)
            let isWanted = judged[wants] ?? takes(heard, wants)
            judged[wants] = isWanted
            return isWanted ? (try row.string(Column.run), try row.bool(Column.missed)) : nil
        }
        let (hearing, missing) = (runs.filter { !$0.misses }.map(\.id), runs.filter(\.misses).map(\.id))
        if !hearing.isEmpty {
            tx.send(
                """
                INSERT INTO play_launcher.flow_heard (run, domain, event) \
                SELECT run, domain, \(heard.text) FROM play_launcher.flow_listener \
                WHERE run = ANY(\(hearing)::uuid[]) AND type = \(type)
                """)
        }
        if !missing.isEmpty {
            queue.database.log.error("a run misses events", metadata: ["type": "\(type)", "runs": "\(missing.count)"])
            tx.send("UPDATE play_launcher.flow_listener SET missed = TRUE WHERE run = ANY(\(missing)::uuid[])")
        }
        for run in hearing { queue.hasten(run, in: tx) }
    }

    /// Whether an event has all the attributes of one of those that are wanted; of a run that does not say, it may be taken.
    private static func takes(_ event: JSONValue, _ wants: String) -> Bool {
        guard let wanted = (try? JSONValue(parsing: wants))?.array, !wanted.isEmpty else { return true }
        return wanted.contains { attributes in
            (attributes.object ?? [:]).allSatisfy { name, value in event[name] ?? .null == value }
        }
    }

    /// Whether events were missed that the run might have listened to.
    static func hasMissed(_ run: String, in tx: Transaction) throws -> Bool {
        try !tx.query("SELECT 1 FROM play_launcher.flow_listener WHERE run = \(run) AND missed LIMIT 1").isEmpty
    }

    /// What becomes of the step of a run that has missed events: it is not left to wait for what was there.
    static let missed = FlowError(
        type: FlowError.runtime, status: 413, title: "Events were missed.",
        detail: "More than \(most) events came before the run could take them in.")

    // MARK: Types

    /// Notes the types that a flow listens to, when it is saved.
    static func declare(_ flow: CompiledFlow, in domain: DomainPath, _ tx: Transaction) {
        guard !flow.eventTypes.isEmpty else { return }
        tx.send(
            """
            INSERT INTO play_launcher.flow_event_type (domain, type) \
            SELECT \(domain.path), type FROM unnest(\(flow.eventTypes)::text[]) AS t (type) ON CONFLICT DO NOTHING
            """)
    }

    /// The first type of an event that a flow listens to and nobody sends; nil when there is none. A type of three words of
    /// which the first is a service is that of a record.
    static func unknownType(of flow: CompiledFlow) -> String? {
        flow.heardTypes.first { type in
            guard let (service, table) = record(ofType: type) else { return false }
            return !Catalog.schemas.contains { $0.service == service && $0.table == table }
        }
    }

    /// Service and table of the type of a record's event; nil for what flows emit.
    static func record(ofType type: String) -> (service: String, table: String)? {
        let parts = type.split(separator: ".").map(String.init)
        guard parts.count == 3, Catalog.schemas.contains(where: { $0.service == parts[0] }) else { return nil }
        return (parts[0], parts[1])
    }
}

extension CompiledFlow {
    /// The types of all events that it hears: in its runs, and to begin by them.
    fileprivate var heardTypes: [String] {
        if case .events(let types) = schedule?.kind { eventTypes + types } else { eventTypes }
    }
}

/// The types of events that any flow listens to, as each instance knows them: read anew each half second. A flow is saved
/// before it is launched, so they are known when its first run listens.
final class HeardTypes: Sendable {
    private static let pause: Duration = .milliseconds(500)

    private enum Column: String {
        case type
    }

    private let database: Database
    private let types = Mutex<Set<String>>([])

    init(_ database: Database) { self.database = database }

    /// Keeps the types until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await read()
            try? await Task.sleep(for: Self.pause)
        }
    }

    func read() async throws {
        let found = try await database.transaction(
            as: .service(database.service, domain: .root), readOnly: true
        ) { tx in
            try tx.query("SELECT DISTINCT type FROM play_launcher.flow_event_type").map { try $0.string(Column.type) }
        }
        types.withLock { $0 = Set(found) }
    }

    /// Whether any flow listens to events of this type.
    func wants(_ event: RecordEvent) -> Bool {
        types.withLock { types in
            guard !types.isEmpty else { return false }
            guard event.action == FlowEvent.action else { return types.contains(FlowEvent.type(of: event)) }
            return FlowEvent.heard(event)?["type"]?.string.map(types.contains) ?? false
        }
    }
}
