import Mail
import NotifierWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import NotifierService

/// The notifier's parts on a real Postgres, as its own role and under row-level security.
struct Stage: Sendable {
    static let shared = Task { try await Stage() }
    static let account = "/provider/d0000001/"

    let follower: PlayFollower
    let watchLists: WatchLists
    let opportunities: OpportunityNotices
    let teamMails: TeamMails
    let signInMails: SignInMails
    private let bench: ServiceBench<Notifier>

    var database: Database { bench.database }
    var client: Client { bench.client }
    var transport: any Transport { bench.transport }

    init() async throws {
        var bench = try await ServiceBench<Notifier>()
        let replicas = Notifier.replicas(bench.database, bench.client)
        let people = PeopleLookup(database: bench.database, replicas: replicas, client: bench.client)
        let templates = try MailTemplates()
        let messenger = Messenger(database: bench.database, templates: templates)
        follower = PlayFollower(database: bench.database, people: people, messenger: messenger)
        watchLists = WatchLists(database: bench.database, people: people, messenger: messenger)
        opportunities = OpportunityNotices(database: bench.database, people: people, messenger: messenger)
        teamMails = TeamMails(database: bench.database, people: people, messenger: messenger)
        signInMails = SignInMails(database: bench.database, people: people, messenger: messenger)
        try await bench.serve(Notifier.endpoints(bench.database, replicas, bench.client, templates))
        self.bench = bench
    }

    /// Has another service answer.
    func standIn(for service: String, _ endpoints: [Endpoint]) async throws {
        try await bench.standIn(for: service, endpoints, authenticator: CallerTokens())
    }

    /// Enters a person as the events of onboarding would.
    func meet(
        _ role: String, domain: String = "/provider/", language: String = "en", email: String? = "p@provider.example",
        account: String? = nil
    ) async throws -> String {
        let id = uuid()
        try await inside("/") { tx in
            tx.send(
                """
                INSERT INTO notifier."user" (id, revision, domain, name, email, language, account, active) \
                VALUES (\(id), 1, \(domain), 'Pat', \(email), \(language), \(account), true)
                """)
            tx.send(
                """
                INSERT INTO notifier.role_grant (id, revision, domain, "user", role) \
                VALUES (\(uuid()), 1, \(domain), \(id), \(role))
                """)
        }
        return id
    }

    /// Has a run's event take effect, as the consumer does it.
    func follow(_ run: FlowRun, _ action: String = "updated") async throws {
        try await apply(event("flow_run", action, try run.encodeProtobuf(), id: run.id), follower.apply)
    }

    func apply(
        _ event: RecordEvent, _ effect: @escaping @Sendable (RecordEvent, WriteContext, Transaction) throws -> Void
    ) async throws {
        let domain = try #require(DomainPath(event.domain))
        let context = WriteContext.system(database.service, domain: domain, now: database.clock.now)
        try await database.transaction(as: context.caller, deadline: .patient) { tx in try effect(event, context, tx) }
    }

    func inside<T: Sendable>(_ domain: String, _ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T
    {
        try await database.transaction(as: .service(Notifier.name, domain: try #require(DomainPath(domain))), body)
    }

    /// Notifications of a person, oldest first.
    func notifications(of user: String) async throws -> [InAppNotification] {
        let database = database
        return try await inside("/") { tx in
            try Store<InAppNotification>(database).find(where: "\"user\" = \(user) ORDER BY id", in: tx)
        }
    }

    /// Mails to a person, oldest first.
    func mails(to user: String) async throws -> [EmailDelivery] {
        let database = database
        return try await inside("/") { tx in
            try Store<EmailDelivery>(database).find(where: "\"user\" = \(user) ORDER BY id", in: tx)
        }
    }

    /// Mails, after the queue has tried to send all of them while no server was there.
    func attempted(_ find: () async throws -> [EmailDelivery]) async throws -> [EmailDelivery] {
        // Nobody listens on port 1.
        let sender = SMTPSender(try SMTPConfiguration(host: "127.0.0.1", port: 1, security: .none))
        let queue = try MailQueue(database, sender, from: MailAddress("ale@mail.example"), MailTemplates())
        let work = Task { await queue.run() }
        let limit = ContinuousClock.now + .seconds(60)
        var mails: [EmailDelivery] = []
        repeat {
            try await Task.sleep(for: .milliseconds(20))
            mails = try await find()
        } while !mails.allSatisfy { $0.lastError != nil } && ContinuousClock.now < limit
        work.cancel()
        await work.value
        return mails
    }

    func notifiers(of run: String) async throws -> [SuccessLauncherNotifier] {
        let database = database
        return try await inside("/") { tx in
            try Store<SuccessLauncherNotifier>(database).find(where: "flow_run = \(run)", in: tx)
        }
    }
}

func event(
    _ table: String, _ action: String, _ record: [UInt8], id: String, domain: String = Stage.account,
    _ edit: (inout RecordEvent) -> Void = { _ in }
) -> RecordEvent {
    var event = RecordEvent()
    event.eventID = uuid()
    (event.table, event.action, event.id, event.domain) = (table, action, id, domain)
    event.service = "customer-success"
    event.record = record
    event.actor = "service:customer-success"
    edit(&event)
    return event
}

let successAgent = "sn_acct_lc.ale_success_agent"
