import Foundation
import Identity
import Logging
import NATS
import Postgres
import RPC
import Records
import ServiceLifecycle
import Tenancy

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
    public func serve() async throws {
        try await migrator(user: configuration.postgresUser).verify()
        let pool = try makePool()
        let connection = try await connect()
        let signal = Signal()
        let database = Database(
            service: Definition.name, pool: pool, clock: SystemClock(), log: log, outboxSignal: signal)
        let issuer = try await makeIssuer()
        let own = issuer?.credential(for: Definition.name)
        let client = Client(NATSTransport(connection), credential: own)
        let standing = StandingTable(database)
        let owner = Definition.people(database)
        let people = RememberedPeople(owner ?? PeopleReplica(standing, client, own: own))
        let context = ServiceContext(
            database: database, client: client, connection: connection, issuer: issuer, ownCredential: own,
            people: people, settings: settings, log: log)
        var assembly = try await Definition.assemble(context)
        guard assembly.endpoints.missing.isEmpty else {
            throw ConfigurationError("no endpoint answers \(assembly.endpoints.missing.joined(separator: ", "))")
        }
        if owner == nil {
            guard own != nil else {
                throw ConfigurationError("ALE_SERVICE_KEY_FILE must be set: onboarding is asked who callers are.")
            }
            assembly.handlers += standing.handlers
        }
        try await assembly.prepare()
        let service = try await makeService(assembly, connection, people)
        let leadership = try Leadership(
            connectionString: configuration.connectionString(applicationName: "\(Definition.name) leader"),
            name: "ale.\(Definition.name)")
        try await run(assembly, service, database, connection, leadership)
        await leadership.resign()
        await connection.close()
        await pool.close()
        log.info("stopped")
    }

    private func run(
        _ assembly: Assembly, _ service: RPC.Service, _ database: Database, _ connection: Connection,
        _ leadership: Leadership
    ) async throws {
        let jetStream = JetStream(connection)
        let replicas = configuration.eventsReplicas
        var parts: [any ServiceLifecycle.Service] = [
            BackgroundService("relay") {
                await OutboxRelay(database, jetStream, leadership, replicas: replicas).run()
            },
            BackgroundService("retention") { await whileLeading(leadership, Retention(database).run) },
        ]
        for handler in assembly.handlers {
            parts.append(
                BackgroundService("events") {
                    await EventConsumer(handler, database, jetStream, leadership, replicas: replicas).run()
                })
        }
        for work in assembly.background {
            parts.append(
                BackgroundService(work.name) {
                    if work.isSingle { await whileLeading(leadership, work.run) } else { await work.run() }
                })
        }
        parts.append(
            RPCService(
                service: service, drainLimit: .seconds(configuration.drainSeconds), log: log,
                readyFile: configuration.readyFile))
        var group = ServiceGroupConfiguration(
            services: parts.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        group.maximumGracefulShutdownDuration = .seconds(configuration.drainSeconds + 10)
        try await ServiceGroup(configuration: group).run()
    }

    private func makeService(
        _ assembly: Assembly, _ connection: Connection, _ people: any People
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
            endpoints: assembly.endpoints.endpoints, transport: NATSTransport(connection),
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
        var options = ConnectionOptions(
            urls: configuration.natsURL.split(separator: ",").map(String.init), name: Definition.name)
        if let user = configuration.natsUser {
            options.credentials = .password(user: user, password: configuration.natsPassword ?? "")
            // Each user may listen on inboxes of its own only, so that nobody reads another's answers.
            options.inboxPrefix = "_INBOX.\(user)"
        }
        // A service has a subscription per method, and none of their handlers blocks.
        options.sharedDeliveryThreads = 2
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
        do {
            return try await Connection.connect(options)
        } catch {
            throw ConfigurationError("NATS at \(configuration.natsURL) (ALE_NATS_URL) cannot be reached: \(error)")
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

/// Runs `work` while this instance leads, and stops it when it no longer does.
func whileLeading(_ leadership: Leadership, _ work: @escaping @Sendable () async -> Void) async {
    while !Task.isCancelled {
        if leadership.isLeader {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await work() }
                group.addTask {
                    while leadership.isLeader, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(250)) }
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
        StartMemory.giveBackCode()
        try? await gracefulShutdown()
        if let readyFile { unlink(readyFile) }
        await service.drain(limit: drainLimit)
    }
}
