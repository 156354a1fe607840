import CustomerSuccessWire
import Postgres
import RPC
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import Records

/// Scopes of several domains, and of customers: what Postgres alone shows, what the store adds, and by which plan.
@Suite struct CustomerScopeTests {
    /// Accounts by letter.
    private static func account(_ letter: String) -> String { RecordID.derived(from: "account \(letter)") }

    private static func membership(_ letter: String, _ path: String) throws -> Membership {
        Membership(account: account(letter), domain: try #require(DomainPath(path)), contact: account("k" + letter))
    }

    private static func customer(_ memberships: (String, String)...) throws -> Caller {
        try #require(
            Caller(
                subject: "carol", roles: RoleCatalog.close(["sn_acct_lc.ale_success_customer"]),
                memberships: memberships.map { try membership($0.0, $0.1) }))
    }

    private static let touchpoint = """
        INSERT INTO customer_success.touchpoint (id, revision, created_at, created_by, updated_at, updated_by, domain,
            account, number, state, subject, description, active)
        SELECT gen_random_uuid(), 1, now(), 'x', now(), 'x',
        """

    /// A touchpoint of each account in its domain, and two that lie where they should not; named "account path".
    private static func filled() async throws -> Workbench {
        let bench = try await Workbench.make(poolSize: 1)
        let rows = [
            ("a", "/p/d1/"), ("b", "/p/d2/"), ("c", "/p/d3/"), ("d", "/p/d4/"), ("c", "/p/d1/"), ("", "/p/d1/"),
            ("a", "/p/d1/x/"),
        ]
        for (letter, path) in rows {
            let account = letter.isEmpty ? "NULL" : "'\(account(letter))'"
            try await bench.psql(
                "\(touchpoint) '\(path)', \(account), 'T' || '\(letter)\(path)', 'new', '\(letter) \(path)', 'd', true")
        }
        try await bench.psql(
            """
            CREATE TABLE customer_success.customer_account (
                id uuid PRIMARY KEY, revision bigint NOT NULL, domain text COLLATE "C" NOT NULL);
            SELECT customer_success.separate('customer_account');
            INSERT INTO customer_success.customer_account VALUES ('\(account("a"))', 1, '/p/d1/'),
                ('\(account("b"))', 1, '/p/d2/'), ('\(account("c"))', 1, '/p/d3/'), ('\(account("d"))', 1, '/p/d4/');
            INSERT INTO customer_success.location (id, revision, domain, name)
            SELECT gen_random_uuid(), 1, path, path FROM unnest(ARRAY['/p/d1/', '/p/d2/', '/p/d3/', '/p/d4/']) path;
            """)
        return bench
    }

    /// What a statement of the service's role answers under a scope.
    private static func texts(_ bench: Workbench, _ scope: Scope, _ statement: SQL) async throws -> [String] {
        try await bench.pool.transaction(settings: scope.settings) { tx in
            try tx.query(statement).map { try $0.string(at: 0) }
        }
    }

    private static let subjects: SQL = "SELECT subject FROM customer_success.touchpoint ORDER BY subject"
    private static let places: SQL = "SELECT name FROM customer_success.location ORDER BY name"
    private static let accounts: SQL = "SELECT domain FROM customer_success.customer_account ORDER BY domain"

    // MARK: Postgres alone

    @Test func aSetOfDomainsHasGaps() async throws {
        let bench = try await Self.filled()
        let scope = Scope.domains(["/p/d2/", "/p/d4/"].compactMap(DomainPath.init))
        #expect(try await Self.texts(bench, scope, Self.subjects) == ["b /p/d2/", "d /p/d4/"])
        #expect(try await Self.texts(bench, scope, Self.places) == ["/p/d2/", "/p/d4/"])
        #expect(try await Self.texts(bench, scope, Self.accounts) == ["/p/d2/", "/p/d4/"])
        #expect(try await Self.texts(bench, Scope.domains([]), Self.subjects).isEmpty)
        let one = Scope.domains(["/p/d1/"].compactMap(DomainPath.init))
        #expect(try await Self.texts(bench, one, Self.subjects).count == 4)
        // The scope ends with its transaction, and another replaces all of it.
        let customer = try Self.customer(("a", "/p/d1/"))
        let replaced = try await bench.pool.transaction(settings: customer.scope.settings) { tx in
            tx.sendScope(.domain(.root))
            return try tx.query(Self.subjects).count
        }
        #expect(replaced == 7)
        #expect(try await Self.texts(bench, .domain(.root), Self.subjects).count == 7)
        await bench.close()
    }

    /// The account and the domain must both be the customer's, and agree.
    @Test func aCustomersRowsAreOfTheAccountAndInItsDomain() async throws {
        let bench = try await Self.filled()
        let cases: [(Caller, [String], [String])] = [
            (try Self.customer(("a", "/p/d1/")), ["a /p/d1/", "a /p/d1/x/"], ["/p/d1/"]),
            (
                try Self.customer(("a", "/p/d1/"), ("d", "/p/d4/")), ["a /p/d1/", "a /p/d1/x/", "d /p/d4/"],
                ["/p/d1/", "/p/d4/"]
            ),
            // Another's domain, the provider's, none that exists.
            (try Self.customer(("a", "/p/d2/")), [], []), (try Self.customer(("e", "/p/d1/")), [], []),
            (try Self.customer(("b", "/p/")), ["b /p/d2/"], []), (try Self.customer(("e", "/p/")), [], []),
            (try Self.customer(("e", "/")), [], []),
            (Caller(subject: "carol", kind: .customer, domain: .root, roles: ["admin"]), [], []),
            // One that is true beside one that is not.
            (try Self.customer(("a", "/p/d1/"), ("e", "/p/d3/")), ["a /p/d1/", "a /p/d1/x/"], ["/p/d1/"]),
        ]
        for (caller, expected, places) in cases {
            let what = "\(caller.scope)"
            #expect(try await Self.texts(bench, caller.scope, Self.subjects) == expected, "\(what)")
            // Where the rows name no account, the domain must be that of the account.
            #expect(try await Self.texts(bench, caller.scope, Self.places) == places, "\(what)")
        }
        let two = try Self.customer(("a", "/p/d1/"), ("d", "/p/d4/"))
        #expect(try await Self.texts(bench, two.scope, Self.accounts) == ["/p/d1/", "/p/d4/"])
        await bench.close()
    }

    @Test func nothingIsWrittenForAnotherAccount() async throws {
        let bench = try await Self.filled()
        let caller = try Self.customer(("a", "/p/d1/"), ("d", "/p/d4/"))
        let place: SQL = "INSERT INTO customer_success.location (id, revision, domain) VALUES (gen_random_uuid(), 1, "
        let refused: [SQL] = [
            "UPDATE customer_success.touchpoint SET account = \(Self.account("b"))",
            "UPDATE customer_success.touchpoint SET account = NULL",
            "UPDATE customer_success.touchpoint SET domain = '/p/d2/'", place + "'/p/d2/')", place + "'/p/')",
        ]
        for write in refused {
            await #expect(throws: PostgresError.self, "\(write.text)") {
                try await bench.pool.run(write, settings: caller.scope.settings)
            }
        }
        let liar = try Self.customer(("a", "/p/d2/"))
        await #expect(throws: PostgresError.self) {
            try await bench.pool.run(place + "'/p/d2/')", settings: liar.scope.settings)
        }
        let own = try await bench.pool.run(place + "'/p/d4/')", settings: caller.scope.settings)
        #expect(own.affected == 1)
        let deleted = try await bench.pool.run(
            "DELETE FROM customer_success.touchpoint", settings: caller.scope.settings)
        #expect(deleted.affected == 3)
        await bench.close()
    }

    // MARK: The store

    @Test func listsCountsAndRecordsOfTwoAccounts() async throws {
        let bench = try await Self.filled()
        let store = bench.store
        let third = try await bench.psql("SELECT id FROM customer_success.touchpoint WHERE subject = 'c /p/d3/'")
        let second = try await bench.psql("SELECT id FROM customer_success.touchpoint WHERE subject = 'b /p/d2/'")
        let caller = try Self.customer(("a", "/p/d1/"), ("b", "/p/d2/"))
        var request = ListRequest()
        request.count = true
        request.orderBy = "subject"
        let page = try await bench.list(request, caller)
        #expect(page.records.map(\.subject) == ["a /p/d1/", "a /p/d1/x/", "b /p/d2/"] && page.totalSize == 3)
        let selected = try await bench.asking(caller, readOnly: true) { tx in
            let rows = try tx.queryAll([
                try store.selection(where: "TRUE", limit: 10, as: caller),
                try store.counting(where: "TRUE", listed: "TRUE", as: caller),
            ])
            return (rows[0].count, try rows[1][0].int64(at: 0))
        }
        #expect(selected == (3, 3))
        #expect(try await store.read(second, as: caller, deadline: .after(.seconds(5))).subject == "b /p/d2/")
        let unknown = try await problem { _ = try await store.read(third, as: caller, deadline: .after(.seconds(5))) }
        #expect(unknown.code == .notFound)
        for liar in [try Self.customer(("a", "/p/d2/")), try Self.customer(("e", "/p/"))] {
            #expect(try await bench.list(request, liar).totalSize == 0)
            let hidden = try await problem { _ = try await store.read(second, as: liar, deadline: .after(.seconds(5))) }
            #expect(hidden.code == .notFound)
        }
        await bench.close()
    }

    /// In memory the same holds as in the database, and for accounts and domains that were exchanged even more.
    @Test func whoseARecordIsInMemory() throws {
        let store = Store<TestTouchpoint>(try Self.offline())
        func record(_ letter: String, _ path: String) -> TestTouchpoint {
            var record = TestTouchpoint()
            record.account = letter.isEmpty ? nil : Self.account(letter)
            record.domain = path
            return record
        }
        let caller = try Self.customer(("a", "/p/d1/"), ("b", "/p/d2/"))
        let context = WriteContext(caller: caller, now: Timestamp(seconds: 0, nanos: 0))
        for (letter, path, isOwn) in [
            ("a", "/p/d1/", true), ("a", "/p/d1/x/", true), ("b", "/p/d2/", true), ("a", "/p/d2/", false),
            ("b", "/p/d1/", false), ("c", "/p/d1/", false), ("a", "/p/", false), ("", "/p/d1/", false),
            ("a", "", false),
        ] {
            #expect(store.isOwned(record(letter, path), by: caller) == isOwn, "\(letter) \(path)")
            #expect((try? store.checkOwned(record(letter, path), context)) != nil || !isOwn)
            #expect((try? store.checkOwned(record(letter, path), context)) == nil || isOwn)
            #expect(store.isOwned(record(letter, path), by: .person("/other/")), "row-level security decides")
        }
        let definitions = Store<TestDefinitionRecord>(store.database)
        var definition = TestDefinitionRecord()
        for (path, isSeen) in [("/", true), ("/p/", true), ("/p/d1/", true), ("/p/d3/", false), ("/q/", false)] {
            definition.domain = path
            #expect(definitions.isOwned(definition, by: caller) == isSeen, "\(path)")
        }
    }

    /// A database that nobody connects to.
    private static func offline() throws -> Database {
        Database(
            service: "customer-success", pool: try Pool(PoolConfiguration(connectionString: "host=/nowhere", size: 1)),
            clock: TestClock("2026-03-10"), log: .init(label: "test"))
    }

    /// A record without an account would lie in whichever domain comes first.
    @Test func severalAccountsAreNoDomainToCreateIn() async throws {
        let bench = try await Self.filled()
        let store = bench.store
        let caller = try Self.customer(("a", "/p/d1/"), ("b", "/p/d2/"))
        var draft = TestTouchpoint()
        draft.subject = "of nobody"
        draft.description = "d"
        let given = draft
        let context = WriteContext(caller: caller, now: bench.clock.now)
        let refused = try await problem {
            _ = try await bench.asking(caller) { tx in try store.create(given, context, in: tx) }
        }
        #expect(refused.code == .permissionDenied)
        await bench.close()
    }

    @Test func storedAnswersBelongToAllAccountsTogether() throws {
        let one = try Self.customer(("a", "/p/d1/"))
        let two = try Self.customer(("a", "/p/d1/"), ("b", "/p/d2/"))
        #expect(one.owner == "carol" && two.owner != one.owner && two.domain == one.domain)
        #expect(two.owner == (try Self.customer(("b", "/p/d2/"), ("a", "/p/d1/"))).owner)
        #expect(Caller.person().owner == "alice")
        let contacts = [Self.account("ka"), Self.account("kb")]
        #expect(two.ownContact(Touchpoint.Field.contact) == .equal(.contact, oneOf: contacts))
        let nobody = Caller(subject: "s", kind: .customer, domain: .root, roles: [])
        #expect(
            nobody.ownContact(Touchpoint.Field.contact) == .equal(.contact, "00000000-0000-0000-0000-000000000000"))
    }
}
