import CustomerSuccessWire
import NATS
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import TestKit
import Wire

/// A ``Workbench`` with a nats-server, where a service's relay and consumers can be started and ended at will.
struct EventBench: Sendable {
    let bench: Workbench
    let nats: NATSServer
    let connection: Connection
    /// The relay's own.
    let relaying: Connection

    var jetStream: JetStream { JetStream(connection) }

    /// A database and a nats-server of its own, since tests delete streams and kill servers.
    static func make() async throws -> EventBench {
        let bench = try await Workbench.make(poolSize: 6)
        return try await EventBench(bench, try await NATSServer.start())
    }

    /// The connections of one instance.
    private init(_ bench: Workbench, _ nats: NATSServer) async throws {
        self.bench = bench
        self.nats = nats
        connection = try await Self.connect(nats)
        relaying = try await Connection.connect(OutboxRelay.options(Self.options(nats)))
    }

    /// Another instance of the same service.
    func another() async throws -> EventBench { try await EventBench(bench, nats) }

    /// The instance is gone; what it stood on is still there.
    func disconnect() async {
        await relaying.close()
        await connection.close()
    }

    static func connect(_ nats: NATSServer) async throws -> Connection {
        try await Connection.connect(options(nats))
    }

    private static func options(_ nats: NATSServer) -> ConnectionOptions {
        var options = ConnectionOptions(urls: [nats.url], name: "records-tests")
        options.reconnectWait = .milliseconds(50)
        return options
    }

    /// Stands for election, as one instance of the service does.
    func leadership() throws -> Leadership {
        try Leadership(
            connectionString: bench.connectionString, schema: "customer_success", name: "ale.customer-success",
            checkEvery: .milliseconds(200))
    }

    /// Waits until the relay has sent every event of the outbox.
    func waitUntilSent() async throws {
        try await waitUntil("sent") { try await bench.count("customer_success.outbox WHERE sent_at IS NULL") == 0 }
    }

    /// Runs a relay, and what keeps the stream, until the task is cancelled.
    func relay(_ leadership: Leadership, pace: Duration = .milliseconds(25)) -> Task<Void, Never> {
        let relay = OutboxRelay(
            bench.database, JetStream(relaying), leadership, records: CustomerSuccessCatalog.records, pace: pace)
        let keeper = EventKeeper(bench.database, jetStream)
        return Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await keeper.run() }
                group.addTask { await relay.run() }
            }
        }
    }

    /// Runs a consumer that writes one row per effect, until the task is cancelled.
    func consume(
        _ name: String, _ leadership: Leadership,
        before: @escaping @Sendable (RecordEvent) throws -> Void = { _ in }
    ) -> Task<Void, Never> {
        let handler = EventHandler(name, service: "customer-success", record: "touchpoint") { event, _, tx in
            try before(event)
            tx.send(
                """
                INSERT INTO customer_success.effect (consumer, event, record, revision, domain)
                VALUES (\(name), \(event.eventID), \(event.id), \(event.revision), \(event.domain))
                """)
        }
        let consumer = EventConsumer(handler, bench.database, jetStream, leadership)
        return Task { await consumer.run() }
    }

    /// Waits until every event of the outbox had its effect with `consumer`, and checks that each had it once and,
    /// per record, in the order of the outbox. Answers what is wrong.
    func verdict(_ consumer: String = "effects", within bound: Duration = .seconds(200)) async throws -> String {
        let missing = """
            customer_success.outbox o WHERE NOT EXISTS (SELECT FROM customer_success.effect e
                WHERE e.event = o.event_id AND e.consumer = '\(consumer)')
            """
        try await waitUntil("effects of \(consumer)", within: bound) { try await bench.count(missing) == 0 }
        let doubled = """
            (SELECT event FROM customer_success.effect WHERE consumer = '\(consumer)' GROUP BY event HAVING count(*) > 1) d
            """
        let misplaced = """
            (SELECT o.seq < lag(o.seq) OVER (PARTITION BY e.record ORDER BY e.id) AS wrong
             FROM customer_success.effect e JOIN customer_success.outbox o ON o.event_id = e.event
             WHERE e.consumer = '\(consumer)') m WHERE wrong
            """
        return "doubled \(try await bench.count(doubled)), misplaced \(try await bench.count(misplaced))"
    }

    /// Every message of the stream, in their order, read by a consumer of its own.
    func messages() async throws -> [JetStreamMessage] {
        let name = "reader-\(UInt64.random(in: 0...UInt64.max))"
        var configuration = ConsumerConfiguration(name: name)
        configuration.maximumPending = 100_000
        let pending = try await jetStream.ensureConsumer(configuration, on: EventStream.name).pending
        let reader = try jetStream.consumer(name, on: EventStream.name)
        // By their places: one that is not acknowledged in time comes again.
        var messages: [UInt64: JetStreamMessage] = [:]
        while messages.count < pending {
            for message in try await reader.fetch(batch: 500, timeout: .seconds(5)) {
                messages[message.streamSequence] = message
            }
        }
        try await jetStream.deleteConsumer(name, on: EventStream.name)
        return messages.values.sorted { $0.streamSequence < $1.streamSequence }
    }

    /// How many events of the outbox the stream does not hold.
    func missingInStream() async throws -> Int {
        let all = Set(
            try await bench.psql("SELECT event_id FROM customer_success.outbox").split(separator: "\n").map(String.init)
        )
        let held = Set(((try? await messages()) ?? []).compactMap { $0.message.headers["ce-id"] })
        return all.subtracting(held).count
    }

    /// Where an event of a record stands behind a later one of the same.
    func disorderInStream() async throws -> [String] {
        var last: [String: Int64] = [:]
        var found: [String] = []
        for message in try await messages() {
            guard let event = try? RecordEvent.decode(protobuf: message.message.payload), !event.id.isEmpty else {
                continue
            }
            if let known = last[event.id], event.revision <= known {
                found.append("\(event.id): \(event.revision) behind \(known)")
            }
            last[event.id] = event.revision
        }
        return found
    }

    /// What ``verdict(_:within:)`` says when all is well.
    static let allWell = "doubled 0, misplaced 0"

    func close() async throws {
        await disconnect()
        await bench.close()
        try await nats.stop()
    }
}

/// Tasks that end with a test.
struct Helpers {
    private var tasks: [Task<Void, Never>] = []

    init() {}

    mutating func add(_ task: Task<Void, Never>) { tasks.append(task) }

    func end() async {
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
