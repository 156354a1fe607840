import Foundation
import Identity
import Logging
import NATS
import Postgres
import RPC
import Records
import ServiceLifecycle
import Tenancy
import UnixSignals

/// Starts a service from its definition and runs it until it is told to stop: the one place that builds a service.
public struct ServiceHost<Definition: ServiceDefinition>: Sendable {
    private let configuration: PlatformConfiguration
    private let settings: Settings
    private let log: Logger

    /// A host with everything configured; a wrong setting is thrown as a ``ConfigurationError``.
    public init(_ settings: Settings) throws {
        self.settings = settings
        configuration = try PlatformConfiguration(settings, service: Definition.name)
        log = ServiceLog.make(Definition.name, level: configuration.logLevel, format: configuration.logFormat)
    }

    /// Brings the schema up to date, as its owner.
    public func migrate() async throws {
        let applied = try await migrator(user: configuration.postgresUser).migrate()
        log.info("schema is current", metadata: ["applied": "\(applied.joined(separator: " "))"])
    }

    /// Lets a command of the operator work on the schema as the service's own role; its events go out with those of the
    /// running service.
    public func withDatabase<T>(_ body: (Database) async throws -> T) async throws -> T {
        try await migrator(user: configuration.postgresUser).verify()
        let pool = try makePool()
        do {
            let database = Database(service: Definition.name, pool: pool, clock: SystemClock(), log: log)
            let value = try await body(database)
            await pool.close()
            return value
        } catch {
            await pool.close()
            throw error
        }
    }

    /// Serves until SIGTERM or SIGINT, then finishes what is in flight.
    ///
    /// Postgres and NATS are waited for; a refusal of theirs, and a schema that is not this program's, end the start.
    public func serve() async throws {
        let startup = await Startup(log)
        guard let parts = try await startup.untilStopped({ try await makeParts(startup) }) else {
            try Task.checkCancellation()
            return log.info("stopped before it was ready")
        }
        try await run(parts, until: startup.lateSignals)
        await parts.leadership.resign()
        await parts.gathering.close()
        if let keeping = parts.keeping, keeping !== parts.connection { await keeping.close() }
        await parts.connection.close()
        let pool = parts.database.pool
        await pool.close()
        // Work that was refused says that the pool is too small.
        let done = pool.metrics
        log.info(
            "stopped",
            metadata: [
                "connects": "\(done.connects)", "round-trips": "\(done.roundTrips)", "refused": "\(done.refused)",
            ])
    }

    /// What runs.
    private struct Parts: Sendable {
        let assembly: Assembly
        let service: RPC.Service
        let database: Database
        let connection: Connection
        /// For what comes many at once: events, and answers while many are in flight.
        let gathering: Connection
        /// Of the service that keeps the stream of events: with the rights to do so.
        let keeping: Connection?
        let leadership: Leadership
    }

    private func makeParts(_ startup: Startup) async throws -> Parts {
        try await startup.wait(for: "Postgres at \(configuration.postgresAddress) (ALE_POSTGRES_HOST)") {
            do {
                try await migrator(user: configuration.postgresUser).verify()
            } catch let error as PostgresError where error.isAccessRefused {
                throw ConfigurationError(
                    """
                    Postgres at \(configuration.postgresAddress) refuses this service; look at ALE_POSTGRES_USER, \
                    ALE_POSTGRES_PASSWORD and ALE_POSTGRES_DATABASE: \(error.message)
                    """)
            }
        }
        let pool = try makePool()
        let connection = try await startup.wait(for: "NATS at \(configuration.natsURL) (ALE_NATS_URL)") {
            try await connect()
        }
        let gathering = try await startup.wait(for: "NATS at \(configuration.natsURL) (ALE_NATS_URL)") {
            try await connectToGather()
        }
        let signal = Signal()
        let database = Database(
            service: Definition.name, pool: pool, clock: SystemClock(), log: log, outboxSignal: signal)
        let issuer = try await makeIssuer()
        let own = issuer?.credential(for: Definition.name)
        let client = Client(NATSTransport(connection), credential: own)
        let standing = StandingTable(database)
        let owner = Definition.people(database)
        let people = RememberedPeople(owner ?? PeopleReplica(standing, client, own: own))
        let parts = ServiceParts(
            database: database, client: client, connection: connection, issuer: issuer, ownCredential: own,
            people: people, settings: settings, log: log)
        var assembly = try await Definition.assemble(parts)
        guard assembly.endpoints.missing.isEmpty else {
            throw ConfigurationError("no endpoint answers \(assembly.endpoints.missing.joined(separator: ", "))")
        }
        let unknown = assembly.endpoints.unknownReferences
        guard unknown.isEmpty else {
            throw ConfigurationError("there are neither records nor copies of what is referred to: \(unknown)")
        }
        if owner == nil {
            guard own != nil else {
                throw ConfigurationError("ALE_SERVICE_KEY_FILE must be set: onboarding is asked who callers are.")
            }
            assembly.handlers += standing.handlers
        }
        let made = assembly
        try await startup.wait(for: "what its first records need") { try await made.prepare() }
        let service = try await makeService(
            assembly, NATSTransport(connection, gathering: gathering), people)
        let keeping = try await startup.wait(for: "NATS at \(configuration.natsURL) (ALE_NATS_URL)") {
            try await connectToKeep(connection)
        }
        let leadership = try Leadership(
            connectionString: configuration.connectionString(applicationName: "\(Definition.name) leader"),
            schema: database.schema, name: "ale.\(Definition.name)")
        return Parts(
            assembly: assembly, service: service, database: database, connection: connection,
            gathering: gathering, keeping: keeping, leadership: leadership)
    }

    private func run(_ made: Parts, until signals: UnixSignalsSequence) async throws {
        let (database, leadership) = (made.database, made.leadership)
        let jetStream = JetStream(made.connection)
        var parts: [any ServiceLifecycle.Service] = [
            BackgroundService("relay") {
                await OutboxRelay(
                    database, JetStream(made.gathering), leadership, records: Definition.records
                ).run()
            },
            BackgroundService("retention") { await whileLeading(leadership, Retention(database).run) },
            BackgroundService("memory", CodeMemory.keepSmall),
            BackgroundService("clock check") { [log] in await ClockCheck(database: database, log: log).run() },
        ]
        if let keeping = made.keeping {
            let keeper = EventKeeper(
                database, JetStream(keeping), numReplicas: configuration.eventsReplicas,
                readersFile: configuration.eventsReadersFile)
            parts.append(BackgroundService("stream") { await whileLeading(leadership, keeper.run) })
        }
        for handler in made.assembly.handlers {
            parts.append(
                BackgroundService("events") {
                    await EventConsumer(handler, database, jetStream, leadership).run()
                })
        }
        for work in made.assembly.background {
            parts.append(
                BackgroundService(work.name) {
                    if work.isSingle { await whileLeading(leadership, work.run) } else { await work.run() }
                })
        }
        parts.append(
            RPCService(
                service: made.service, drainLimit: .seconds(configuration.drainSeconds), log: log,
                readyFile: configuration.readyFile))
        let told = BackgroundService("signals") { for await _ in signals { return } }
        var group = ServiceGroupConfiguration(
            services: [.init(service: told, successTerminationBehavior: .gracefullyShutdownGroup)]
                + parts.map { .init(service: $0) }, logger: log)
        group.maximumGracefulShutdownDuration = .seconds(configuration.drainSeconds + 10)
        try await ServiceGroup(configuration: group).run()
    }

    private func makeService(
        _ assembly: Assembly, _ transport: NATSTransport, _ people: any People
    ) async throws -> RPC.Service {
        guard !configuration.keySetFile.isEmpty else { throw ConfigurationError("ALE_JWKS_FILE must be set.") }
        let log = log
        let own = TrustedIssuer(
            name: configuration.issuer, keySetFile: configuration.keySetFile, mayActAsService: true)
        let verifier = try await Verifier(
            issuers: [own] + FurtherIssuers.read(configuration.issuersFile), people: people,
            report: { log.error("the key set cannot be read", metadata: ["cause": "\($0)"]) })
        return try RPC.Service(
            .init(
                name: Definition.name, version: Build.version, description: Definition.summary,
                limits: AdmissionLimits(requests: configuration.maximumInFlight)),
            endpoints: assembly.endpoints.endpoints, transport: transport,
            authenticator: StandingAuthenticator(verifier, people), logger: log)
    }

    private func makePool() throws -> Pool {
        try Pool(
            PoolConfiguration(
                connectionString: configuration.connectionString(applicationName: Definition.name),
                size: configuration.postgresPoolSize, applicationName: Definition.name))
    }

    private func makeIssuer() async throws -> Issuer? {
        guard let file = configuration.serviceKeyFile else { return nil }
        return try await Issuer(keyFile: file, name: configuration.issuer)
    }

    private func connect() async throws -> Connection {
        var options = options(Definition.name)
        let log = log
        options.onEvent = { event in
            log.info("nats", metadata: ["event": "\(event)"])
            // Without the right to one of its subjects a service would be deaf to it and look well.
            if case .permissionViolation(let subject, _) = event,
                subject?.hasPrefix("ale.v1.\(Definition.name).") == true
            {
                log.critical("NATS forbids this service its own subjects; ending")
                exit(78)
            }
        }
        do throws(NATSError) {
            return try await Connection.connect(options)
        } catch {
            guard !Startup.mayPass(error) else { throw error }
            throw ConfigurationError("NATS at \(configuration.natsURL) (ALE_NATS_URL) cannot be used: \(error)")
        }
    }

    /// The second connection of the same user, over which messages are gathered.
    private func connectToGather() async throws -> Connection {
        var options = OutboxRelay.options(options("\(Definition.name) events"))
        let log = log
        options.onEvent = { log.info("nats", metadata: ["connection": "events", "event": "\($0)"]) }
        return try await Connection.connect(options)
    }

    /// How the service's own user connects, under a name that the server lists.
    private func options(_ name: String) -> ConnectionOptions {
        var options = ConnectionOptions(
            urls: configuration.natsURL.split(separator: ",").map(String.init), name: name)
        if let user = configuration.natsUser {
            options.credentials = .password(user: user, password: configuration.natsPassword ?? "")
            // Each user may listen on inboxes of its own only, so that nobody reads another's answers.
            options.inboxPrefix = "_INBOX.\(user)"
        }
        // A service has a subscription per method, and none of their handlers blocks.
        options.sharedDeliveryThreads = 2
        return options
    }

    /// The connection of the service that keeps the stream of events: of a user of its own. A NATS server without users
    /// (for trying things out) knows no difference, so there every service keeps it.
    private func connectToKeep(_ own: Connection) async throws -> Connection? {
        guard let user = configuration.eventsUser else { return configuration.natsUser == nil ? own : nil }
        var options = ConnectionOptions(
            urls: configuration.natsURL.split(separator: ",").map(String.init), name: "\(Definition.name) stream",
            credentials: .password(user: user, password: configuration.eventsPassword ?? ""))
        options.inboxPrefix = "_INBOX.\(user)"
        do throws(NATSError) {
            return try await Connection.connect(options)
        } catch {
            guard !Startup.mayPass(error) else { throw error }
            throw ConfigurationError("NATS does not let the user \(user) (ALE_EVENTS_USER) in: \(error)")
        }
    }

    private func migrator(user: String) throws -> Migrator {
        try Ground.migrator(
            connectionString: configuration.connectionString(applicationName: "\(Definition.name) migration"),
            schema: Database.schemaName(of: Definition.name), own: Migration.load(folder: Definition.schemaFolder))
    }
}

/// The version of the program, as discovery tells it.
public enum Build {
    /// SemVer.
    public static let version = "0.1.0"
}

/// Runs `work` while this instance leads, and stops it when it no longer does. Its transactions are held back as soon as
/// another instance leads, also when this one was frozen and does not know yet.
func whileLeading(_ leadership: Leadership, _ work: @escaping @Sendable () async -> Void) async {
    while !Task.isCancelled {
        if let fence = leadership.fence {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await Fence.$current.withValue(fence) { await work() } }
                group.addTask {
                    // Who led, lost it and leads again begins anew, under the new fence.
                    while leadership.fence == fence, !Task.isCancelled {
                        try? await Task.sleep(for: .milliseconds(250))
                    }
                }
                await group.next()
                group.cancelAll()
            }
        }
        try? await Task.sleep(for: .milliseconds(100))
    }
}

/// Work that ends on graceful shutdown.
private struct BackgroundService: ServiceLifecycle.Service {
    let name: String
    let work: @Sendable () async -> Void

    init(_ name: String, _ work: @escaping @Sendable () async -> Void) {
        self.name = name
        self.work = work
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }
}

/// Answers requests until shutdown, then drains.
private struct RPCService: ServiceLifecycle.Service {
    let service: RPC.Service
    let drainLimit: Duration
    let log: Logger
    let readyFile: String?

    func run() async throws {
        try await service.start()
        if let readyFile { try TextFile.write("\(getpid())\n", to: readyFile) }
        log.info("ready", metadata: ["instance": "\(service.id)"])
        CodeMemory.giveBackCode()
        try? await gracefulShutdown()
        if let readyFile { unlink(readyFile) }
        await service.drain(limit: drainLimit)
    }
}
