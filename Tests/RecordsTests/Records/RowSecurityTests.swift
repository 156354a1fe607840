import Postgres
import RPC
import Records
import Tenancy
import Testing
import Wire

/// Postgres alone, without any check of ours: the service's role in psql's place.
@Suite struct RowSecurityTests {
    static let tables = ["touchpoint", "journal", "outbox", "inbox", "request_log"]

    /// One record each in two domains, with all rows that come with it.
    private func filled() async throws -> Workbench {
        let bench = try await Workbench.make(poolSize: 1)
        for domain in ["/provider/d1/", "/provider/d2/"] {
            _ = try await bench.perform(create: .draft(domain), requestID: "r-1", caller: .person(domain))
            try await bench.psql(
                """
                INSERT INTO customer_success.inbox (consumer, event_id, domain)
                VALUES ('c', gen_random_uuid(), '\(domain)')
                """)
        }
        return bench
    }

    private func domains(_ bench: Workbench, _ table: String, _ settings: TransactionSettings) async throws -> [String]
    {
        try await bench.pool.transaction(settings: settings) { tx in
            try tx.query("SELECT domain FROM customer_success.\(identifier: table) ORDER BY domain")
                .map { try $0.string(at: 0) }
        }
    }

    @Test(arguments: tables) func rowsAreSeenInTheirScopeOnly(_ table: String) async throws {
        let bench = try await filled()
        let scope = { (path: String) in Scope.domain(DomainPath(path) ?? .root).settings }
        #expect(try await domains(bench, table, []).isEmpty, "no scope")
        #expect(try await domains(bench, table, scope("/provider/d3/")).isEmpty, "wrong scope")
        #expect(try await domains(bench, table, scope("/provider/d/")).isEmpty, "a name that begins alike")
        #expect(try await domains(bench, table, scope("/provider/d1/x/")).isEmpty, "from below")
        #expect(try await domains(bench, table, scope("/provider/d1/")) == ["/provider/d1/"])
        #expect(try await domains(bench, table, scope("/provider/")) == ["/provider/d1/", "/provider/d2/"])
        #expect(try await domains(bench, table, scope("/")) == ["/provider/d1/", "/provider/d2/"])
        // Half a scope is none.
        for name in ["ale.scope_lower", "ale.scope_upper"] {
            let half = scope("/").filter { $0.name != name }
            #expect(try await domains(bench, table, half).isEmpty)
        }
        // The scope ends with its transaction: the connection is the same.
        #expect(try await domains(bench, table, []).isEmpty)
        await bench.close()
    }

    @Test func nothingIsWrittenIntoAnotherScope() async throws {
        let bench = try await filled()
        let own = Scope.domain(DomainPath("/provider/d1/") ?? .root).settings
        let writes: [SQL] = [
            "INSERT INTO customer_success.inbox (consumer, event_id, domain) VALUES ('x', gen_random_uuid(), '/provider/d2/')",
            "INSERT INTO customer_success.inbox (consumer, event_id, domain) VALUES ('x', gen_random_uuid(), '/provider/')",
            "UPDATE customer_success.touchpoint SET domain = '/provider/d2/'",
            "UPDATE customer_success.outbox SET domain = '/'",
            """
            INSERT INTO customer_success.journal (id, table_name, record, domain, at, by, kind)
            VALUES (gen_random_uuid(), 't', gen_random_uuid(), '/provider/d2/', now(), 'x', 'created')
            """,
        ]
        for write in writes {
            for settings in [own, []] {
                // Without a scope an UPDATE finds no rows; everything else is refused.
                let changed = try? await bench.pool.run(write, settings: settings).affected
                #expect(changed == nil || changed == 0, "\(write.text)")
            }
        }
        // Rows of others are not there to be changed or deleted.
        let deleted = try await bench.pool.run("DELETE FROM customer_success.touchpoint", settings: own)
        #expect(deleted.affected == 1)
        #expect(try await bench.psql("SELECT domain FROM customer_success.touchpoint") == "/provider/d2/")
        await bench.close()
    }

    @Test func theJournalIsOnlyAddedTo() async throws {
        let bench = try await filled()
        for statement: SQL in [
            "UPDATE customer_success.journal SET by = 'nobody'", "DELETE FROM customer_success.journal",
            "TRUNCATE customer_success.journal",
        ] {
            await #expect(throws: PostgresError.self) {
                try await bench.pool.run(statement, settings: Scope.domain(.root).settings)
            }
        }
        await bench.close()
    }

    /// The role cannot lift what binds it.
    @Test func theRoleCannotHelpItself() async throws {
        let bench = try await filled()
        for statement: SQL in [
            "ALTER TABLE customer_success.touchpoint DISABLE ROW LEVEL SECURITY",
            "CREATE POLICY mine ON customer_success.touchpoint USING (true)",
            "DROP POLICY own ON customer_success.touchpoint", "SET ROLE ale_customer_success_owner",
            "SET SESSION AUTHORIZATION postgres", "CREATE TABLE customer_success.mine (a int)",
            "SELECT * FROM play_launcher.definition_record", "SET row_security = off; SELECT 1",
        ] {
            await #expect(throws: PostgresError.self, "\(statement.text)") { try await bench.pool.run(statement) }
        }
        // Asking for row security to be off is an error instead of more rows.
        await #expect(throws: PostgresError.self) {
            try await bench.pool.transaction { tx in
                _ = try tx.query("SET LOCAL row_security = off")
                _ = try tx.query("SELECT * FROM customer_success.touchpoint")
            }
        }
        await bench.close()
    }

    /// Definitions are seen in their domain and below; not beside, not above unless the domain contains theirs.
    @Test func definitionsAreSeenFromBelow() async throws {
        let bench = try await Workbench.make("play-launcher", poolSize: 1)
        let store = Store<TestDefinitionRecord>(bench.database)
        func titles(_ path: String) async throws -> [String] {
            let caller = Caller.person(path)
            return try await bench.asking(caller, readOnly: true) { tx in
                var request = ListRequest()
                request.orderBy = "title"
                return try store.list(request, as: caller, in: tx).records.map(\.title).compactMap { $0 }
            }
        }
        for path in ["/", "/a/", "/a/x/", "/b/"] {
            let caller = Caller.person(path)
            let context = WriteContext(caller: caller, now: bench.clock.now)
            var draft = TestDefinitionRecord()
            draft.title = path
            draft.flow = RecordID.derived(from: "flow")
            draft.category = "onboarding"
            let given = draft
            _ = try await bench.asking(caller) { tx in try store.create(given, context, in: tx) }
        }
        #expect(try await titles("/a/x/") == ["/", "/a/", "/a/x/"])
        #expect(try await titles("/a/x/deep/") == ["/", "/a/", "/a/x/"])
        #expect(try await titles("/a/y/") == ["/", "/a/"])
        #expect(try await titles("/b/") == ["/", "/b/"])
        #expect(try await titles("/a/") == ["/", "/a/", "/a/x/"])
        // Seen from below and not written from there.
        let below = Caller.person("/a/x/")
        let context = WriteContext(caller: below, now: bench.clock.now)
        let id = try await bench.psql("SELECT id FROM play_launcher.definition_record WHERE domain = '/a/'")
        let refused = try await problem {
            _ = try await bench.asking(below) { tx in try store.change(id, context, in: tx) { $0.title = "mine" } }
        }
        #expect(refused.code == .notFound)
        let raw = try await bench.pool.run(
            "UPDATE play_launcher.definition_record SET title = 'mine' WHERE domain = '/a/'",
            settings: below.scope.settings)
        #expect(raw.affected == 0)
        await bench.close()
    }

    /// The scope of a leaf domain reads its rows through the index, not the whole table.
    @Test func theScopeUsesAnIndex() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        try await bench.psql(
            """
            INSERT INTO customer_success.touchpoint (id, revision, created_at, created_by, updated_at, updated_by,
                domain, number, state, subject, description, active)
            SELECT gen_random_uuid(), 1, now(), 'x', now(), 'x', '/provider/d' || n % 200 || '/', 'T' || n, 'new',
                's' || n, 'd', true
            FROM generate_series(1, 40000) n;
            ANALYZE customer_success.touchpoint;
            """)
        for (path, expected) in [("/provider/d7/", 200), ("/provider/d199/", 200)] {
            let settings = Scope.domain(DomainPath(path) ?? .root).settings
            let plan = try await bench.pool.transaction(settings: settings) { tx in
                try tx.query(
                    "EXPLAIN (ANALYZE, TIMING OFF) SELECT id FROM customer_success.touchpoint ORDER BY domain, id LIMIT 1000"
                ).map { try $0.string(at: 0) }
            }
            let text = plan.joined(separator: "\n")
            #expect(text.contains("touchpoint_domain") && text.contains("Index Cond"), "\(text)")
            #expect(!text.contains("Seq Scan"), "\(text)")
            #expect(text.contains("rows=\(expected) loops=1"), "\(text)")
        }
        // The list as the store asks for it.
        let page = try await bench.list(ListRequest(), .person("/provider/d7/"))
        #expect(page.records.count == 50)
        await bench.close()
    }
}
