import ArgumentParser
import Identity
import Logging
import NATS
import RPC
import Records
import Wire
import Work

/// What makes a service: its name, the methods it declares, its schema, and how it is put together.
public protocol ServiceDefinition: Sendable {
    /// The name in subjects: `customer-success`.
    static var name: String { get }
    /// One sentence for discovery.
    static var summary: String { get }
    /// The methods of its proto service.
    static var api: [MethodInfo] { get }
    /// The records of its protos.
    static var records: [any RecordMessage.Type] { get }
    /// The folder with its migrations, `0002_….sql` and on; 0001 is the ground that all services share.
    static var schemaFolder: String { get }
    /// Subcommands of its own.
    static var commands: [any ParsableCommand.Type] { get }
    /// Puts the service together. A wrong setting is thrown as a ``ConfigurationError``.
    static func assemble(_ parts: ServiceParts) async throws -> Assembly
    /// Who knows people; nil to ask onboarding and to remember what it said.
    static func people(_ database: Database) -> (any People)?
}

extension ServiceDefinition {
    /// None.
    public static var commands: [any ParsableCommand.Type] { [] }

    /// Onboarding does.
    public static func people(_ database: Database) -> (any People)? { nil }
}

/// What a service is given to put itself together from.
public struct ServiceParts: Sendable {
    /// Its schema.
    public let database: Database
    /// For calls to other services: on behalf of the current caller, or as the service itself outside of a call.
    public let client: Client
    /// Its connection, for subjects beyond requests and events.
    public let connection: Connection
    /// Mints tokens of the service and for those it acts for; nil without a key.
    public let issuer: Issuer?
    /// The service's own token, for what it asks as itself within somebody's call; nil without a key.
    public let ownCredential: Credential?
    /// Whether people still stand, and what they may do now.
    public let people: any People
    /// Its own settings beyond those of the platform.
    public let settings: Settings
    /// Ids only.
    public let log: Logger

    /// What the host of a service makes, and whoever puts one together without a host.
    public init(
        database: Database, client: Client, connection: Connection, issuer: Issuer?, ownCredential: Credential?,
        people: any People, settings: Settings, log: Logger
    ) {
        self.database = database
        self.client = client
        self.connection = connection
        self.issuer = issuer
        self.ownCredential = ownCredential
        self.people = people
        self.settings = settings
        self.log = log
    }
}

/// The parts of a running service.
public struct Assembly: Sendable {
    /// What it answers.
    public var endpoints: RecordEndpoints
    /// What it does about events.
    public var handlers: [EventHandler]
    /// What runs beside: each until its task is cancelled.
    public var background: [Background]
    /// What must be done before the service is ready, such as its seed records.
    public var prepare: @Sendable () async throws -> Void

    /// A service that answers `endpoints`, and feeds and rebuilds `replicas`.
    public init(
        endpoints: RecordEndpoints, replicas: ReplicaSet? = nil, handlers: [EventHandler] = [],
        background: [Background] = [],
        prepare: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.endpoints = endpoints
        self.handlers = (replicas?.handlers ?? []) + handlers
        self.background = background
        if let replicas {
            self.background.append(Background("replicas", isSingle: true) { await replicas.rebuild() })
        }
        self.prepare = prepare
    }
}

/// Work that goes on as long as the service.
public struct Background: Sendable {
    /// Names its lock and its log lines.
    public let name: String
    /// Whether only one instance of the service may do it at a time.
    public let isSingle: Bool
    /// Does it until its task is cancelled.
    public let run: @Sendable () async -> Void

    /// Work that ends when its task is cancelled.
    public init(_ name: String, isSingle: Bool, run: @escaping @Sendable () async -> Void) {
        self.name = name
        self.isSingle = isSingle
        self.run = run
    }
}

extension DailyJob {
    /// The job as work that goes on as long as the service, by the instance that leads.
    public func background(_ database: Database) -> Background {
        Background(name, isSingle: true) { await keep(database) }
    }
}
