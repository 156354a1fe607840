import Postgres
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// Postgres alone refuses what a service may not see: each service's role against the tables of its real migrations.
@Suite(.timeLimit(.minutes(15))) struct SeparationTests {
    private static let here = "/provider/d1/"
    /// Whose all rows are that name an account.
    private static let account = "01990000-0000-7000-8000-000000000001"

    /// Tables of a schema, with whether they have a domain. Those that the service can only add to have tests of their own
    /// (``IntakeTests``).
    private func tables(_ schema: String) async throws -> [(name: String, hasDomain: Bool)] {
        let intakes = try await IntakeTests.intakes(schema)
        return try await ServiceSchemas.shared.value.rows(
            """
            SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'domain')
            FROM pg_class c WHERE c.relnamespace = '\(schema)'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            ORDER BY 1
            """
        ).map { ($0[0], $0[1] == "t") }.filter { !intakes.contains($0.0) }
    }

    /// A copy in which every table that has a domain holds one row of the domain `here`.
    private func seeded(_ service: String, _ prefix: String = "seeded") async throws -> String {
        let all = try await ServiceSchemas.shared.value
        let schema = Database.schemaName(of: service)
        let name = "\(prefix)_\(schema)"
        try await all.copy(name)
        try await all.server.psql(
            FilledTables.sql(schema: schema, domain: Self.here, account: Self.account), database: name)
        for statement in Self.shown[schema] ?? [] { try await all.server.psql(statement, database: name) }
        return name
    }

    /// What customers see only as long as something else says so: what is sent to an import task, while it is visible.
    private static let shown = [
        "import_validation": ["UPDATE import_validation.import_task SET visible_to_customer = true"]
            + ["upload", "import_run", "staging_row"].map {
                "UPDATE import_validation.\($0) SET import_task = (SELECT id FROM import_validation.import_task)"
            }
    ]

    /// What no customer sees, of whatever account: what plans and publications tell of all rows of a task.
    private static let hidden = [
        "import_validation": [
            "import_plan", "import_plan_row", "import_source", "publication", "publication_checks", "publication_row",
            "publication_batch", "publication_source", "publication_undo", "judging_version",
        ]
    ]

    private func count(_ pool: Pool, _ schema: String, _ table: String, _ path: String?) async throws -> Int {
        try await count(
            pool, schema, table, settings: path.map { Scope.domain(DomainPath($0) ?? .root).settings } ?? [])
    }

    /// Words are seen from below where their record is: `seen_below` says so of each.
    private static let isOfAllRows = "qual NOT LIKE '%seen_below%'"

    private func count(
        _ pool: Pool, _ schema: String, _ table: String, settings: TransactionSettings
    ) async throws -> Int {
        let rows = try await pool.run(
            "SELECT count(*) FROM \(identifier: schema).\(identifier: table)", settings: settings)
        return try rows[0].int(at: 0)
    }

    @Test(arguments: ServiceSchemas.services) func withoutTheScopeThereAreNoRows(_ service: String) async throws {
        let schema = Database.schemaName(of: service)
        let all = try await ServiceSchemas.shared.value
        let database = try await seeded(service)
        let pool = try Pool(
            PoolConfiguration(
                connectionString: all.connectionString("ale_\(schema)", database: database), size: 1))
        let definitions = Set(
            try await all.rows(
                "SELECT tablename FROM pg_policies WHERE schemaname = '\(schema)' AND policyname = 'above' AND \(Self.isOfAllRows)"
            ).map { $0[0] })
        let separated = try await tables(schema).filter(\.hasDomain).map(\.name)
        #expect(separated.count >= 5)
        for table in separated {
            // The row is there: its own domain and those above see it.
            for path in [Self.here, "/provider/", "/"] {
                #expect(try await count(pool, schema, table, path) == 1, "\(table) from \(path)")
            }
            #expect(try await count(pool, schema, table, nil) == 0, "\(table) without a scope")
            for path in ["/provider/d2/", "/provider/d/", "/provider/d10/", "/customer/"] {
                #expect(try await count(pool, schema, table, path) == 0, "\(table) from \(path)")
            }
            let below = try await count(pool, schema, table, Self.here + "x/")
            #expect(below == (definitions.contains(table) ? 1 : 0), "\(table) from below")
        }
        await pool.close()
    }

    /// A customer sees what is of the account and in its domain; a token in which the two do not agree sees nothing.
    @Test(arguments: ServiceSchemas.services) func aCustomerNeedsAccountAndDomain(_ service: String) async throws {
        let schema = Database.schemaName(of: service)
        let all = try await ServiceSchemas.shared.value
        let database = try await seeded(service, "claimed")
        let pool = try Pool(
            PoolConfiguration(
                connectionString: all.connectionString("ale_\(schema)", database: database), size: 1))
        func names(_ rows: String) async throws -> Set<String> { Set(try await all.rows(rows).map { $0[0] }) }
        let definitions = try await names(
            "SELECT tablename FROM pg_policies WHERE schemaname = '\(schema)' AND policyname = 'above' AND \(Self.isOfAllRows)"
        )
        let tables = try await tables(schema).filter(\.hasDomain).map(\.name)
        // Where neither the row nor the schema knows the account, the domain alone must do.
        let owned = try await names(
            """
            SELECT c.relname FROM pg_class c WHERE c.relnamespace = '\(schema)'::regnamespace
                AND (to_regclass('\(schema).customer_account') IS NOT NULL OR EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname IN ('account', 'company')))
            """)
        let other = "01990000-0000-7000-8000-000000000002"
        let third = "01990000-0000-7000-8000-000000000003"
        func claims(_ pairs: (String, String)...) -> TransactionSettings {
            Scope.memberships(
                pairs.compactMap { account, path in
                    DomainPath(path).map { Membership(account: account, domain: $0) }
                }
            ).settings
        }
        for table in tables {
            let isDefinition = definitions.contains(table)
            for own in [claims((Self.account, Self.here)), claims((other, "/provider/d0/"), (Self.account, Self.here))]
            {
                let seen = Self.hidden[schema]?.contains(table) == true ? 0 : 1
                #expect(try await count(pool, schema, table, settings: own) == seen, "\(table)")
            }
            let stolen = try await count(pool, schema, table, settings: claims((other, Self.here)))
            #expect(stolen == (isDefinition || !owned.contains(table) ? 1 : 0), "\(table) of another account")
            for wrong in [
                claims((Self.account, "/provider/d2/")), claims(), claims((other, "/provider/d2/")),
                // The hull of these two encloses the row.
                claims((other, "/provider/d0/"), (third, "/provider/d2/")),
                claims((Self.account, "/provider/d0/"), (other, "/provider/d2/")),
            ] { #expect(try await count(pool, schema, table, settings: wrong) == 0, "\(table) \(wrong)") }
            guard owned.contains(table) else { continue }
            for above in ["/provider/", "/"] {
                #expect(
                    try await count(pool, schema, table, settings: claims((other, above))) == 0, "\(table) \(above)")
            }
        }
        await pool.close()
    }

    @Test(arguments: ServiceSchemas.services) func everyTableIsSeparated(_ service: String) async throws {
        let schema = Database.schemaName(of: service)
        let all = try await ServiceSchemas.shared.value
        let intakes = try await IntakeTests.intakes(schema)
        let open = try await all.rows(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'domain'
            WHERE c.relnamespace = '\(schema)'::regnamespace AND c.relkind IN ('r', 'p')
                AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
            """)
        #expect(open.map { $0[0] } == intakes, "tables with a domain and without row security")
        let collations = try await all.rows(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'domain'
            JOIN pg_collation l ON l.oid = a.attcollation
            WHERE c.relnamespace = '\(schema)'::regnamespace AND c.relkind = 'r'
                AND (l.collname <> 'C' OR NOT a.attnotnull)
            """)
        #expect(collations.isEmpty, "the range of a scope needs the order of bytes")
        // What has no domain belongs to nobody: only what the ground itself keeps.
        let without = try await tables(schema).filter { !$0.hasDomain }.map(\.name)
        #expect(
            Set(without).subtracting(["relay", "leader", "schema_migration", "ground_migration"]).isEmpty, "\(without)")
        // Neither views nor functions of the owner's power lead around the policies.
        let around = try await all.rows(
            """
            SELECT proname FROM pg_proc WHERE pronamespace = '\(schema)'::regnamespace AND prosecdef
            UNION ALL SELECT relname FROM pg_class
            WHERE relnamespace = '\(schema)'::regnamespace AND relkind IN ('v', 'm', 'f')
            """)
        #expect(around.isEmpty)
    }

    @Test(arguments: ServiceSchemas.services) func theRoleOwnsNothing(_ service: String) async throws {
        let schema = Database.schemaName(of: service)
        let all = try await ServiceSchemas.shared.value
        let role = "ale_\(schema)"
        let powers = try await all.rows(
            """
            SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin
            FROM pg_roles WHERE rolname IN ('\(role)', '\(role)_owner')
            """)
        #expect(powers == Array(repeating: ["f", "f", "f", "f", "f", "t"], count: 2))
        let owned = try await all.rows(
            """
            SELECT classid::regclass, objid FROM pg_shdepend
            WHERE deptype = 'o' AND refclassid = 'pg_authid'::regclass AND refobjid = '\(role)'::regrole
            """)
        #expect(owned.isEmpty)
        let member = try await all.rows("SELECT roleid::regrole FROM pg_auth_members WHERE member = '\(role)'::regrole")
        #expect(member.isEmpty)
        let beyond = try await all.rows(
            """
            SELECT c.oid::regclass, p FROM pg_class c, unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) p
            WHERE c.relnamespace = '\(schema)'::regnamespace AND c.relkind = 'r'
                AND has_table_privilege('\(role)', c.oid, p)
            """)
        #expect(beyond.isEmpty)
        // Making objects of its own, here or elsewhere, would be the first step around the policies.
        let places = try await all.rows(
            "SELECT nspname FROM pg_namespace WHERE has_schema_privilege('\(role)', oid, 'CREATE')")
        #expect(places.isEmpty)
    }

    @Test(arguments: ServiceSchemas.services) func noServiceReachesAnother(_ service: String) async throws {
        let all = try await ServiceSchemas.shared.value
        let role = "ale_\(Database.schemaName(of: service))"
        // Which migrations were applied may be read by whoever reaches the schema: nobody else does.
        for other in ServiceSchemas.services where other != service {
            let schema = Database.schemaName(of: other)
            let reach = try await all.rows(
                """
                SELECT has_schema_privilege('\(role)', '\(schema)', 'USAGE'),
                    bool_or(has_table_privilege('\(role)', c.oid, 'SELECT,INSERT,UPDATE,DELETE'))
                FROM pg_class c WHERE c.relnamespace = '\(schema)'::regnamespace AND c.relkind = 'r'
                    AND c.relname NOT IN ('schema_migration', 'ground_migration')
                """)
            #expect(reach == [["f", "f"]], "\(service) reaches \(other)")
        }
    }

    /// The journal is only added to, by every service.
    @Test(arguments: ServiceSchemas.services) func theJournalIsOnlyAddedTo(_ service: String) async throws {
        let schema = Database.schemaName(of: service)
        let rights = try await ServiceSchemas.shared.value.rows(
            """
            SELECT has_table_privilege('ale_\(schema)', '\(schema).journal', 'UPDATE'),
                has_table_privilege('ale_\(schema)', '\(schema).journal', 'DELETE'),
                has_any_column_privilege('ale_\(schema)', '\(schema).journal', 'UPDATE')
            """)
        #expect(rights == [["f", "f", "f"]])
    }
}
