import Logging
import NATS
import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import TestKit
import Wire

@testable import CustomerSuccessService

/// The service on a real Postgres, as its own role and under row-level security, and a client of it.
struct Server: Sendable {
    /// Today of the shared server: a leap day is near, so that dates matter.
    static let today = "2027-12-01"
    static let shared = Task { try await Server.start(overNATS: true) }

    let clock: TestClock
    let onboarding: OnboardingStandIn
    /// Its own nats-server, which ends with it.
    var nats: NATSServer?
    private let bench: ServiceBench<CustomerSuccess>

    var database: Database { bench.database }
    var client: Client { bench.client }
    var handlers: [EventHandler] { bench.handlers }
    /// The superuser's connection: it sees everything.
    var admin: Pool { bench.admin }

    /// A server with a database of its own, reached in memory or over a real NATS server: the common one unless `nats`
    /// is given.
    static func start(
        overNATS: Bool = false, nats: NATSServer? = nil, watchesRenewals: Bool = true
    ) async throws -> Server {
        let clock = TestClock(today)
        var bench = try await ServiceBench<CustomerSuccess>(
            overNATS ? .nats(nats) : .memory, clock: clock, poolSize: overNATS ? 8 : 3)
        let onboarding = OnboardingStandIn()
        let owner = InMemoryTransport()
        try await onboarding.start(owner, log: bench.database.log)
        let client = Client(owner, credential: .token("service"), deadline: patience)
        let replicas = CustomerSuccess.replicas(bench.database, client)
        let playbooks = CustomerSuccess.playbooks(bench.database)
        try await SuccessActivities.seed(playbooks)
        try await CustomerSuccess.recommendedActions(bench.database, client).seed(ShippedSuccessActions.all)
        try await bench.serve(
            CustomerSuccess.endpoints(
                bench.database, replicas, CustomerSuccess.jobs(bench.database, watchesRenewals: watchesRenewals),
                playbooks, client),
            handlers: replicas.handlers + [CustomerSuccess.playbookTrigger(playbooks)])
        return Server(clock: clock, onboarding: onboarding, nats: nats, bench: bench)
    }

    /// How `user` reaches the database, for connections of one's own.
    func connectionString(_ user: String) -> String { bench.connectionString(user) }

    /// The events that were written of a record, oldest first.
    func events(of record: String) async throws -> [WrittenEvent] { try await bench.events(of: record) }

    /// An event of another service's record takes effect.
    func hear<R: RecordMessage>(
        _ record: R, _ action: String, revision: Int64, from service: String = "onboarding"
    ) async throws {
        try await bench.hear(record, action, revision: revision, from: service)
    }
}

/// Onboarding as far as this service asks it: for single records it owns.
final class OnboardingStandIn: Sendable {
    private let records = Mutex<[String: any RecordMessage]>([:])
    private let services = Mutex<[Service]>([])
    private let readable = Mutex<Set<String>>([])

    /// Has everybody read the article of this key; any other one is there for nobody.
    func lead(to article: String) { readable.withLock { _ = $0.insert(article) } }

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
                Endpoint(OnboardingAPI.readKnowledge) { _, request async throws(Problem) in
                    guard self.readable.withLock({ $0.contains(request.key) }) else {
                        throw .notFound(KnowledgeArticle.schema.label, id: request.key)
                    }
                    return KnowledgeText()
                },
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
}
