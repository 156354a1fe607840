import Identity
import Logging
import NATS
import Platform
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import TestKit
import Wire

/// One service on a real Postgres, as its own role and under row-level security, and a client of it.
///
/// A test makes one, puts the service together from its parts, and has it answer:
///
///     var bench = try await ServiceBench<Notifier>()
///     try await bench.serve(Notifier.endpoints(bench.database))
///
/// or takes the service whole, as its host puts it together: ``serveWhole(_:key:people:)``.
public struct ServiceBench<Definition: ServiceDefinition>: Sendable {
    /// How client and service reach each other.
    public enum Channel: Sendable {
        /// Within the process.
        case memory
        /// Over a NATS server: the common one of the process unless another is given.
        case nats(NATSServer? = nil)
    }

    /// The schema, reached as the service's own role.
    public let database: Database
    /// Calls the service.
    public let client: Client
    /// Where the service answers; stand-ins for others may answer there, too.
    public let transport: any Transport
    /// The superuser's connection: it sees everything.
    public let admin: Pool
    /// What the service does about events.
    public private(set) var handlers: [EventHandler] = []
    /// The token of a caller.
    public var credential: @Sendable (Caller) throws(Problem) -> Credential = { caller in
        CallerTokens.credential(caller)
    }
    /// How a user reaches the database, for connections of one's own.
    public let connectionString: @Sendable (_ user: String) -> String

    /// All tests of a suite ask one service at once, and many suites run beside each other: some hundreds of requests of one
    /// domain are no flood here.
    private static var requests: Int { 8_192 }

    /// A database of its own with the service's schema. Nothing answers yet. Within the process the client asks as the NATS
    /// user whose inboxes begin with `inboxPrefix`.
    public init(
        _ channel: Channel = .memory, clock: any WallClock = SystemClock(), poolSize: Int = 4,
        inboxPrefix: String = "_INBOX.memory"
    ) async throws {
        let postgres = try await PostgresServer.shared
        let name = try await ServiceTemplate.copy(for: Definition.self)
        connectionString = { postgres.connectionString(database: name, user: $0) }
        let schema = Database.schemaName(of: Definition.name)
        let pool = try Pool(
            PoolConfiguration(
                connectionString: connectionString("ale_\(schema)"), size: poolSize, queueLimit: Self.requests,
                applicationName: Definition.name))
        database = Database(service: Definition.name, pool: pool, clock: clock, log: .silent)
        admin = try Pool(PoolConfiguration(connectionString: connectionString("postgres"), size: 1))
        switch channel {
        case .memory:
            let memory = InMemoryTransport(inboxPrefix: inboxPrefix)
            transport = memory
            client = Client(memory, deadline: patience)
        case .nats(let given):
            let common = given == nil ? try await NATSServer.shared : nil
            let url = (given ?? common)?.url ?? ""
            transport = NATSTransport(try await Connection.connect(ConnectionOptions(urls: [url], name: "service")))
            client = Client(
                NATSTransport(try await Connection.connect(ConnectionOptions(urls: [url], name: "client"))),
                deadline: patience)
        }
    }

    // MARK: Serving

    /// Has the service answer until the process ends.
    public mutating func serve(
        _ endpoints: RecordEndpoints, handlers: [EventHandler] = [], authenticator: any Authenticator = CallerTokens()
    ) async throws {
        self.handlers = handlers
        try await standIn(
            for: Definition.name, endpoints.endpoints, authenticator: authenticator, summary: Definition.summary)
    }

    /// Has the service answer as its host puts it together: seeded, with its settings, and what runs beside it running
    /// unless `isAlone`. Others, asked as the service itself, are whoever answers on ``transport``.
    public mutating func serveWhole(
        _ settings: [String: String] = [:], key: ServiceKey? = nil, people: any People = PeopleRegistry.everybody(),
        isAlone: Bool = false
    ) async throws {
        let connection = try await Connection.connect(
            ConnectionOptions(urls: [NATSServer.shared.url], name: Definition.name))
        let own = CallerTokens.credential(.service(Definition.name, domain: .root))
        let parts = ServiceParts(
            database: database, client: Client(transport, credential: own, deadline: patience), connection: connection,
            issuer: key?.issuer, ownCredential: own, people: people, settings: Settings(values: settings),
            log: database.log)
        let assembly = try await Definition.assemble(parts)
        try await assembly.prepare()
        try await serve(assembly.endpoints, handlers: assembly.handlers)
        // Runs as long as the process: tests wait for facts.
        for work in assembly.background where !isAlone { Task.detached { await work.run() } }
    }

    /// Has somebody else answer beside the service: a stand-in for another one.
    public func standIn(
        for service: String, _ endpoints: [Endpoint], authenticator: any Authenticator = Anybody(),
        summary: String = "Stands in."
    ) async throws {
        let service = try Service(
            .init(
                name: service, version: Build.version, description: summary,
                limits: AdmissionLimits(requests: Self.requests)),
            endpoints: endpoints,
            transport: transport, authenticator: authenticator, logger: database.log)
        try await service.start()
        RunningServices.keep(service)
    }
}

/// Services that answer until the process ends.
private enum RunningServices {
    private static let services = Mutex<[Service]>([])

    static func keep(_ service: Service) { services.withLock { $0.append(service) } }
}

extension Logger {
    /// Says nothing.
    public static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
