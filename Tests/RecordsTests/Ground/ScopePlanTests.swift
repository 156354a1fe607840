import Postgres
import RPC
import Roles
import Tenancy
import Testing
import Wire

@testable import Records

/// What the planner makes of scopes, and of schemas that are older than they.
@Suite struct ScopePlanTests {
    /// 40,000 rows of 200 accounts, each in a domain of its own; with and without the account in the row.
    private func filled() async throws -> Workbench {
        let bench = try await Workbench.make(poolSize: 1)
        try await bench.psql(
            """
            INSERT INTO customer_success.touchpoint (id, revision, created_at, created_by, updated_at, updated_by,
                domain, account, number, state, subject, description, active)
            SELECT gen_random_uuid(), 1, now(), 'x', now(), 'x', '/provider/d' || n % 200 || '/',
                md5((n % 200)::text)::uuid, 'T' || n, 'new', 's' || n, 'd', true
            FROM generate_series(1, 40000) n;
            CREATE INDEX touchpoint_account ON customer_success.touchpoint (account);
            INSERT INTO customer_success.location (id, revision, domain, name)
            SELECT gen_random_uuid(), 1, domain, subject FROM customer_success.touchpoint;
            CREATE INDEX location_domain ON customer_success.location (domain, id);
            CREATE TABLE customer_success.customer_account (
                id uuid PRIMARY KEY, revision bigint NOT NULL, domain text COLLATE "C" NOT NULL);
            SELECT customer_success.separate('customer_account');
            INSERT INTO customer_success.customer_account
            SELECT md5(n::text)::uuid, 1, '/provider/d' || n || '/' FROM generate_series(0, 199) n;
            ANALYZE customer_success.touchpoint, customer_success.location, customer_success.customer_account;
            """)
        return bench
    }

    private func customer(_ numbers: [Int], _ bench: Workbench) async throws -> Caller {
        var memberships: [Membership] = []
        for number in numbers {
            let account = try await bench.psql("SELECT md5('\(number)')::uuid")
            memberships.append(
                Membership(account: account, domain: try #require(DomainPath("/provider/d\(number)/"))))
        }
        let roles = RoleCatalog.close(["sn_acct_lc.ale_success_customer"])
        return try #require(Caller(subject: "carol", roles: roles, memberships: memberships))
    }

    private func plan(_ bench: Workbench, _ scope: Scope, _ statement: SQL) async throws -> String {
        try await bench.pool.transaction(settings: scope.settings) { tx in
            try tx.query("EXPLAIN (ANALYZE, TIMING OFF) " + statement).map { try $0.string(at: 0) }
                .joined(separator: "\n")
        }
    }

    /// How many rows were read to be thrown away.
    private func wasted(_ plan: String) -> Int {
        plan.split(separator: "\n").filter { $0.contains("Rows Removed") }
            .compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +)
    }

    /// The farthest domains: their hull is everything.
    @Test(arguments: [[7], [0, 99], [0, 7, 55, 99]])
    func aCustomersListReadsTheRowsOfTheAccountsAlone(_ numbers: [Int]) async throws {
        let bench = try await filled()
        let caller = try await customer(numbers, bench)
        let store = bench.store
        for statement in [
            try store.selection(where: "TRUE", limit: 50, as: caller),
            try store.counting(where: "TRUE", listed: "state = 'new'", as: caller),
            try store.selection(where: "TRUE", order: "created_at DESC, id", limit: 50, as: caller),
        ] {
            let plan = try await plan(bench, caller.scope, statement)
            #expect(!plan.contains("Seq Scan on touchpoint") && wasted(plan) == 0, "\(plan)")
        }
        let total = try await bench.list(ListRequest.counted, caller)
        #expect(total.totalSize == Int64(200 * numbers.count) && total.records.count == 50)
        // Where a row names no account, the ranges of the domains lead to it.
        let ranges = caller.scope.hasGaps ? try #require(caller.scope.condition) : "TRUE"
        let places = try await plan(
            bench, caller.scope, "SELECT id FROM customer_success.location WHERE \(ranges) ORDER BY id LIMIT 50")
        #expect(places.contains("location_domain") && !places.contains("Seq Scan on location"), "\(places)")
        #expect(wasted(places) == 0, "\(places)")
        await bench.close()
    }

    /// For one domain the policy costs one look at a setting per statement, and no call per row.
    @Test func oneDomainIsOneRange() async throws {
        let bench = try await filled()
        let scope = Scope.domain(try #require(DomainPath("/provider/d7/")))
        for table in ["touchpoint", "location"] {
            let plan = try await plan(
                bench, scope, "SELECT id FROM customer_success.\(identifier: table) ORDER BY domain, id LIMIT 1000")
            #expect(plan.contains("\(table)_domain") && plan.contains("Index Cond"), "\(plan)")
            #expect(plan.contains("rows=200 loops=1") && wasted(plan) == 0 && !plan.contains("Seq Scan"), "\(plan)")
            // What only customers need is not worked out.
            let unused = plan.split(separator: "\n").filter { $0.contains("never executed") }.count
            #expect(unused == (table == "location" ? 1 : 0), "\(plan)")
        }
        await bench.close()
    }

    /// A schema of an earlier version gets the very policies that a new one has.
    @Test func olderSchemasGetTheSamePolicies() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let policies = """
            SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE schemaname = 'customer_success'
            ORDER BY 1, 2
            """
        let server = bench.server
        let name = "records_old_\(UInt64.random(in: 0...UInt64.max))"
        try await server.createDatabase(name)
        try await server.psql(
            "CREATE SCHEMA customer_success AUTHORIZATION ale_customer_success_owner", database: name)
        let connection = server.connectionString(database: name, user: "ale_customer_success_owner")
        let own = [Migration(number: 2, name: "records", sql: TestTables.touchpoints)]
        let additions = try Ground.additions(schema: "customer_success")
        let older = additions.prefix { $0.name != "account_scope" }
        #expect(older.count < additions.count)
        _ = try await Migrator(
            connectionString: connection, schema: "customer_success",
            migrations: [Ground.migration(schema: "customer_success")] + own, ground: Array(older)
        ).migrate()
        #expect(try await server.psql(policies, database: name) != bench.psql(policies))
        _ = try await Ground.migrator(connectionString: connection, schema: "customer_success", own: own).migrate()
        #expect(try await server.psql(policies, database: name) == bench.psql(policies))
        await bench.close()
    }
}

extension ListRequest {
    fileprivate static var counted: ListRequest {
        var request = ListRequest()
        request.count = true
        return request
    }
}
