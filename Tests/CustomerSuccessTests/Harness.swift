import Logging
import NATS
import Postgres
import RPC
import Records
import Roles
import Synchronization
import Tenancy
import TestKit
import Wire

@testable import CustomerSuccessService

/// A clock that stands where a test puts it.
final class TestClock: WallClock {
    private let time: Mutex<Timestamp>

    init(_ day: String) {
        time = Mutex(Self.noon(day))
    }

    var now: Timestamp { time.withLock { $0 } }

    func set(_ day: String) { time.withLock { $0 = Self.noon(day) } }

    func set(instant: Timestamp) { time.withLock { $0 = instant } }

    private static func noon(_ day: String) -> Timestamp {
        Timestamp(seconds: Int64(CivilDate(day)?.days ?? 0) * 86_400 + 43_200, nanos: 0)
    }
}

/// The service on a real Postgres, as its own role and under row-level security, and a client of it.
struct Server: Sendable {
    /// Today of the shared server: a leap day is near, so that dates matter.
    static let today = "2027-12-01"
    static let shared = Task { try await Server.start(overNATS: true) }

    let database: Database
    let clock: TestClock
    let client: Client
    let onboarding: OnboardingStandIn
    let handlers: [EventHandler]
    /// The superuser's connection: it sees everything.
    let admin: Pool
    /// Its own nats-server, which ends with it.
    var nats: NATSServer?
    /// For connections of one's own, as any role.
    let connectionString: @Sendable (String) -> String

    /// A server with a database of its own, reached in memory or over a real NATS server: the common one unless `nats`
    /// is given.
    static func start(
        overNATS: Bool = false, nats: NATSServer? = nil, watchesRenewals: Bool = true
    ) async throws -> Server {
        let postgres = try await PostgresServer.shared
        let name = "success_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try await postgres.createDatabase(name, template: template.value)
        let clock = TestClock(today)
        let pool = try Pool(
            PoolConfiguration(
                connectionString: postgres.connectionString(database: name, user: "ale_customer_success"),
                size: overNATS ? 8 : 3, queueLimit: 1_024, applicationName: "customer-success"))
        let database = Database(
            service: CustomerSuccess.name, pool: pool, clock: clock,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let transport: any Transport
        let clientTransport: any Transport
        if overNATS {
            let common = nats == nil ? try await NATSServer.common.value : nil
            let url = (nats ?? common)?.url ?? ""
            transport = NATSTransport(try await Connection.connect(ConnectionOptions(urls: [url], name: "service")))
            clientTransport = NATSTransport(
                try await Connection.connect(ConnectionOptions(urls: [url], name: "client")))
        } else {
            transport = InMemoryTransport()
            clientTransport = transport
        }
        let onboarding = OnboardingStandIn()
        let owner = InMemoryTransport()
        try await onboarding.start(owner, log: database.log)
        let replicas = CustomerSuccess.replicas(database, Client(owner, credential: .token("service")))
        let service = try Service(
            .init(name: CustomerSuccess.name, version: "0.1.0", description: CustomerSuccess.summary),
            endpoints: CustomerSuccess.endpoints(
                database, replicas, CustomerSuccess.jobs(database, watchesRenewals: watchesRenewals)
            ).endpoints, transport: transport,
            authenticator: CallerTokens(), logger: database.log)
        try await service.start()
        running.withLock { $0.append(service) }
        return Server(
            database: database, clock: clock, client: Client(clientTransport), onboarding: onboarding,
            handlers: replicas.handlers,
            admin: try Pool(PoolConfiguration(connectionString: postgres.connectionString(database: name), size: 1)),
            nats: nats, connectionString: { postgres.connectionString(database: name, user: $0) })
    }

    /// Services that answer until the process ends.
    private static let running = Mutex<[Service]>([])

    /// A database with the roles and the migrated schema, copied for each server.
    private static let template = Task {
        let postgres = try await PostgresServer.shared
        let name = "success_template"
        try await postgres.createDatabase(name)
        for role in ["ale_customer_success", "ale_customer_success_owner"] {
            try await postgres.psql(
                "DO $$ BEGIN CREATE ROLE \(role) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        }
        try await postgres.psql(
            "CREATE SCHEMA customer_success AUTHORIZATION ale_customer_success_owner", database: name)
        let migrator = try Ground.migrator(
            connectionString: postgres.connectionString(database: name, user: "ale_customer_success_owner"),
            schema: "customer_success", own: Migration.load(folder: CustomerSuccess.schemaFolder))
        _ = try await migrator.migrate()
        return name
    }
}

extension NATSServer {
    fileprivate static let common = Task { try await NATSServer.start(jetStream: false) }
}

/// Tokens of these tests spell the caller out; who may be whom is not what they are about.
struct CallerTokens: Authenticator {
    func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        let parts = (bearer ?? "").split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, let kind = Caller.Kind(rawValue: parts[1]), let domain = DomainPath(parts[2]) else {
            throw .unauthenticated()
        }
        let roles = Set(parts[3].split(separator: ",").map(String.init))
        let memberships = parts[4].split(separator: ",").compactMap { text -> Membership? in
            let facts = text.split(separator: ";").map(String.init)
            return DomainPath(facts[1]).map {
                Membership(account: facts[0], domain: $0, contact: facts.count > 2 ? facts[2] : nil)
            }
        }
        let customer = Caller(subject: parts[0], roles: roles, memberships: memberships, locale: parts[5])
        return customer ?? Caller(subject: parts[0], kind: kind, domain: domain, roles: roles, locale: parts[5])
    }

    static func credential(_ caller: Caller) -> Credential {
        let roles = caller.roles.sorted().joined(separator: ",")
        let memberships = caller.memberships.map {
            [$0.account, $0.domain.path, $0.contact].compactMap { $0 }.joined(separator: ";")
        }.joined(separator: ",")
        return .token(
            [caller.subject, caller.kind.rawValue, caller.domain.path, roles, memberships, caller.locale]
                .joined(separator: "|"))
    }
}

/// Onboarding as far as this service asks it: for single records it owns.
final class OnboardingStandIn: Sendable {
    private let records = Mutex<[String: any RecordMessage]>([:])
    private let services = Mutex<[Service]>([])

    /// Makes onboarding own `record`.
    func own(_ record: any RecordMessage) { records.withLock { $0[record.id] = record } }

    fileprivate func start(_ transport: InMemoryTransport, log: Logger) async throws {
        let service = try Service(
            .init(name: "onboarding", version: "0.1.0", description: "Onboarding."),
            endpoints: [
                answer(OnboardingAPI.getCustomerAccount), answer(OnboardingAPI.getCustomerContact),
                answer(OnboardingAPI.getOnboardingCase), answer(OnboardingAPI.getContract),
                answer(OnboardingAPI.getSoldProduct), answer(OnboardingAPI.getUser),
                answer(OnboardingAPI.getResponsibilityDefinition),
            ], transport: transport, authenticator: Anybody(), logger: log)
        try await service.start()
        services.withLock { $0.append(service) }
    }

    private func answer<R: RecordMessage>(_ method: Method<GetRequest, R>) -> Endpoint {
        Endpoint(method) { _, request async throws(Problem) in
            guard let record = self.records.withLock({ $0[request.id] }) as? R else {
                throw .notFound(R.schema.label, id: request.id)
            }
            return record
        }
    }

    private struct Anybody: Authenticator {
        func authenticate(_ bearer: String?) async throws(Problem) -> Caller { .service("test", domain: .root) }
    }
}
