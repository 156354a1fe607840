import Identity
import Logging
import OnboardingWire
import Postgres
import RPC
import ServiceTestKit
import StandingWire
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import Events
@testable import Platform
@testable import Records

/// Who calls a service other than onboarding: known from its own schema, asked for when it is not, forgotten by events.
@Suite(.timeLimit(.minutes(15))) struct PeopleTests {
    /// A service's schema, and a stand-in for onboarding.
    private struct Stage {
        let database: Database
        let table: StandingTable
        let people: PeopleReplica
        let onboarding: Onboarding
        let services: [RPC.Service]

        init(answers: Bool = true, shelfLife: Duration = StandingTable.shelfLife) async throws {
            let all = try await ServiceSchemas.shared.value
            let name = "people_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
            try await all.copy(name)
            let pool = try Pool(
                PoolConfiguration(connectionString: all.connectionString("ale_notifier", database: name), size: 4))
            let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            database = Database(service: "notifier", pool: pool, clock: SystemClock(), log: log)
            table = StandingTable(database, shelfLife: shelfLife)
            let transport = InMemoryTransport()
            let onboarding = Onboarding()
            self.onboarding = onboarding
            let service = try RPC.Service(
                .init(name: "onboarding", version: "0.1.0", description: "Stands in."),
                endpoints: [onboarding.endpoint], transport: transport, authenticator: Anybody(), logger: log)
            if answers { try await service.start() }
            services = [service]
            // Onboarding is away when a test says so, and never because the machine is busy.
            people = PeopleReplica(table, Client(transport), own: .token("own"), shortPatience: .seconds(5))
        }

        /// How many rows there are.
        func rows() async throws -> Int {
            try await database.transaction(as: .service("notifier", domain: .root), deadline: .patient, readOnly: true)
            { tx in
                try tx.query("SELECT count(*) FROM notifier.standing").first?.int(at: 0) ?? 0
            }
        }

        /// An event of onboarding reaches the service.
        func hear<R: RecordMessage>(_ record: R, _ action: String) async throws {
            let handler = try #require(table.handlers.first { $0.name.hasSuffix("-standing-\(R.schema.table)") })
            var event = RecordEvent()
            event.id = record.id
            event.action = action
            event.domain = "/provider/d0000001/"
            event.record = try record.encodeProtobuf()
            guard handler.isWanted(event) else { return }
            let domain = try #require(DomainPath(event.domain))
            let context = WriteContext.system("notifier", domain: domain, now: database.clock.now)
            let sent = event
            try await database.transaction(as: context.caller, deadline: .patient) { tx in
                try handler.apply(sent, context, tx)
            }
        }
    }

    private struct Anybody: Authenticator {
        func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
            .service("notifier", domain: .root)
        }
    }

    private final class Onboarding: Sendable {
        private struct State {
            var standings: [String: Standing] = [:]
            var questions = 0
            var meanwhile: (@Sendable () async throws -> Void)?
            var isAway = false
        }
        private let state = Mutex(State())

        var questions: Int { state.withLock { $0.questions } }

        subscript(id: String) -> Standing? {
            get { state.withLock { $0.standings[id] } }
            set { state.withLock { $0.standings[id] = newValue } }
        }

        /// Whether it answers nobody.
        var isAway: Bool {
            get { state.withLock { $0.isAway } }
            set { state.withLock { $0.isAway = newValue } }
        }

        /// Something that happens between the answer of onboarding and its arrival, once.
        func meanwhile(_ body: @escaping @Sendable () async throws -> Void) { state.withLock { $0.meanwhile = body } }

        var endpoint: Endpoint {
            Endpoint(OnboardingAPI.getStanding) { [self] _, request async throws(Problem) in
                let (standing, meanwhile, isAway) = state.withLock { state in
                    state.questions += 1
                    defer { state.meanwhile = nil }
                    return (state.standings[request.id], state.meanwhile, state.isAway)
                }
                guard !isAway else { throw .unavailable() }
                do { try await meanwhile?() } catch { throw .internalError(cause: "\(error)") }
                guard let standing else { throw .notFound(User.schema.label, id: request.id) }
                return standing
            }
        }
    }

    private static func id() -> String { RecordID.make(at: SystemClock().now) }

    private static func standing(_ id: String, _ roles: String...) -> Standing {
        var standing = Standing()
        standing.user = id
        standing.domain = "/provider/"
        standing.active = true
        standing.kind = "person"
        standing.roles = roles
        return standing
    }

    private static func user(_ id: String) -> User {
        var user = User()
        user.id = id
        return user
    }

    @Test func somebodyUnknownIsAskedForAtTheFirstCallOnly() async throws {
        let stage = try await Stage()
        let id = Self.id()
        stage.onboarding[id] = Self.standing(id, "sn_acct_lc.agent")
        for _ in 0..<3 {
            let person = try #require(try await stage.people.person(id))
            #expect(person.isActive && person.roles.contains("sn_acct_lc.agent"))
        }
        // Whether there is such a person at all, and then, since from now on events count, what holds.
        #expect(stage.onboarding.questions == 2)
        #expect(try await stage.people.person(Self.id()) == nil, "nobody has this id")
    }

    /// The issuer of a token is asked for before its signature is looked at: whoever invents one leaves nothing behind.
    @Test func inventedPeopleLeaveNoRows() async throws {
        let stage = try await Stage()
        let id = Self.id()
        stage.onboarding[id] = Self.standing(id, "admin")
        _ = try await stage.people.person(id)
        let before = try await stage.rows()
        for _ in 0..<1_000 { #expect(try await stage.people.person(Self.id()) == nil) }
        stage.onboarding.isAway = true
        for _ in 0..<20 { await #expect(throws: Problem.self) { try await stage.people.person(Self.id()) } }
        #expect(before == 1)
        #expect(try await stage.rows() == before)
    }

    /// No event comes, or it comes late: what is known is asked for again all the same.
    @Test func whatIsOldIsAskedForAgain() async throws {
        let stage = try await Stage(shelfLife: .zero)
        let id = Self.id()
        stage.onboarding[id] = Self.standing(id, "admin")
        #expect(try await stage.people.person(id)?.isActive == true)
        stage.onboarding[id]?.active = false
        #expect(try await stage.people.person(id)?.isActive == false)
        // Nobody who is gone comes back while onboarding is away.
        stage.onboarding[id] = nil
        #expect(try await stage.people.person(id) == nil)
        #expect(try await stage.rows() == 0)
    }

    @Test func whoIsKnownStaysKnownWhileOnboardingIsAway() async throws {
        let stage = try await Stage(shelfLife: .zero)
        let id = Self.id()
        stage.onboarding[id] = Self.standing(id, "admin")
        _ = try await stage.people.person(id)
        stage.onboarding.isAway = true
        let asked = stage.onboarding.questions
        for _ in 0..<5 { #expect(try await stage.people.person(id)?.roles.contains("admin") == true) }
        #expect(stage.onboarding.questions == asked + 1, "it is left alone for a while")
        // That it did not answer makes nothing fresh, and what was heard still counts.
        #expect(try await stage.table.find(id)?.isOld == true)
        try await stage.hear(Self.user(id), "updated")
        await #expect(throws: Problem.self) { try await stage.people.person(id) }
        let expected = Self.standing(id, "admin")
        #expect(try await stage.table.find(id)?.standing == nil)
        let changes = try #require(try await stage.table.find(id)?.changes)
        #expect(try await stage.table.store(expected, after: changes - 1) == false)
        #expect(StandingTable.shelfLife == .seconds(30))
    }

    /// Whoever has not called for a month is forgotten.
    @Test func rowsOfWhoCallsNoMoreGo() async throws {
        let stage = try await Stage()
        let ids = [Self.id(), Self.id()]
        for id in ids {
            stage.onboarding[id] = Self.standing(id, "admin")
            _ = try await stage.people.person(id)
        }
        try await stage.database.transaction(as: .service("notifier", domain: .root), deadline: .patient) { tx in
            tx.send(
                """
                UPDATE notifier.standing SET asked_at = now() - interval '31 days', facts = NULL \
                WHERE subject = \(ids[0])
                """)
        }
        #expect(try await Retention(stage.database).removeExpired()["standing"] == 1)
        #expect(try await stage.table.find(ids[0]) == nil)
        #expect(try await stage.table.find(ids[1])?.standing != nil)
    }

    @Test func everyEventAboutAPersonMakesItForgotten() async throws {
        let stage = try await Stage()
        let (id, contactID) = (Self.id(), Self.id())
        var standing = Self.standing(id, "sn_acct_lc.ale_success_customer")
        standing.account = Self.id()
        var contact = StandingContact()
        contact.contact = contactID
        contact.account = standing.account
        contact.domain = "/provider/d0000001/"
        standing.contacts = [contact]
        stage.onboarding[id] = standing
        #expect(try await stage.people.person(id)?.memberships.count == 2)
        // Deactivated.
        stage.onboarding[id]?.active = false
        try await stage.hear(Self.user(id), "updated")
        #expect(try await stage.people.person(id)?.isActive == false)
        stage.onboarding[id]?.active = true
        try await stage.hear(Self.user(id), "updated")
        #expect(try await stage.people.person(id)?.isActive == true)
        // A grant revoked.
        stage.onboarding[id]?.roles = []
        var grant = RoleGrant()
        grant.id = Self.id()
        grant.user = id
        try await stage.hear(grant, "deleted")
        #expect(try await stage.people.person(id)?.roles == [])
        // A contact that from now on names nobody.
        stage.onboarding[id]?.contacts = []
        var record = CustomerContact()
        record.id = contactID
        try await stage.hear(record, "updated")
        #expect(try await stage.people.person(id)?.memberships.count == 1)
        // And one that names the person now.
        stage.onboarding[id]?.contacts = [contact]
        record.user = id
        try await stage.hear(record, "created")
        #expect(try await stage.people.person(id)?.memberships.count == 2)
        // Others' events cost nothing.
        let asked = stage.onboarding.questions
        try await stage.hear(Self.user(Self.id()), "updated")
        _ = try await stage.people.person(id)
        #expect(stage.onboarding.questions == asked)
    }

    /// Platform does not depend on the wire of onboarding, and says what it asks for by itself.
    @Test func theServiceAsksWhatOnboardingAnswers() {
        #expect(PeopleReplica.standing.info == OnboardingAPI.getStanding.info)
    }

    /// The answer was given before the change, and arrives after its event.
    @Test func anAnswerThatAnEventHasOvertakenIsNotKept() async throws {
        let stage = try await Stage()
        let id = Self.id()
        stage.onboarding[id] = Self.standing(id, "admin")
        try await stage.table.expect(id)
        stage.onboarding.meanwhile {
            stage.onboarding[id]?.roles = []
            try await stage.hear(Self.user(id), "updated")
        }
        #expect(try await stage.people.person(id)?.roles == [])
        #expect(stage.onboarding.questions == 2)
    }

    @Test func nobodyIsAdmittedUnseen() async throws {
        let stage = try await Stage(answers: false)
        let id = Self.id()
        let refused = await #expect(throws: Problem.self) { try await stage.people.person(id) }
        #expect(refused?.code == .unavailable && refused?.reason == "PERSON_NOT_KNOWN_YET")
        // Who is known stays known while onboarding is away, and is forgotten when something was heard.
        #expect(try await stage.table.find(id) == nil)
        try await stage.table.expect(id)
        let known = try #require(try await stage.table.find(id))
        #expect(try await stage.table.store(Self.standing(id, "admin"), after: known.changes))
        #expect(try await stage.people.person(id)?.roles.contains("admin") == true)
        try await stage.hear(Self.user(id), "updated")
        await #expect(throws: Problem.self) { try await stage.people.person(id) }
    }

    @Test func noRequestSeesIt() async throws {
        let stage = try await Stage()
        let id = Self.id()
        stage.onboarding[id] = Self.standing(id, "admin")
        _ = try await stage.people.person(id)
        let provider = try #require(DomainPath("/provider/"))
        let seen = try await stage.database.transaction(
            as: .service("notifier", domain: provider), deadline: .patient, readOnly: true
        ) {
            try $0.query("SELECT count(*) FROM notifier.standing").first?.int(at: 0)
        }
        #expect(seen == 0)
    }
}
