import Logging
import OnboardingWire
import Platform
import Postgres
import Records
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire

@testable import OnboardingService

/// Records of before keys were columns get theirs right, those that look alike already among them.
@Suite struct KeyColumnUpgradeTests {
    private let server: PostgresServer
    private let name = "onboarding_keys_\(UInt64.random(in: 0...UInt64.max))"
    private let account = uuid()

    /// A database of before texts that look alike were alike, with an account.
    init() async throws {
        server = try await PostgresServer.shared
        try await server.createDatabase(name)
        try await server.makeRoles(of: "onboarding")
        try await psql("CREATE SCHEMA onboarding AUTHORIZATION ale_onboarding_owner")
        try await migrate { $0.prefix { $0.name != "alike" } }
        try await add("customer_account", "name, account_number", "'Ernst Handel', 'A1'", id: account)
    }

    private func migrate(_ choose: ([Migration]) -> ArraySlice<Migration> = { $0[...] }) async throws {
        let migrator = try Ground.migrator(
            connectionString: server.connectionString(database: name, user: "ale_onboarding_owner"),
            schema: "onboarding", own: Array(choose(try Migration.load(folder: Onboarding.schemaFolder))))
        _ = try await migrator.migrate()
    }

    @discardableResult
    private func psql(_ sql: String) async throws -> String { try await server.psql(sql, database: name) }

    private func add(_ table: String, _ columns: String, _ values: String, id: String = uuid()) async throws {
        try await psql(
            """
            INSERT INTO onboarding.\(table) (id, revision, created_at, created_by, updated_at, updated_by, domain, \(columns))
            VALUES ('\(id)', 1, clock_timestamp(), 'a', now(), 'a', '/provider/d1/', \(values))
            """)
    }

    private func location(_ text: String, id: String = uuid()) async throws {
        try await add("location", "name, account", "'\(text)', '\(account)'", id: id)
    }

    /// Whether the database takes another location that is called so.
    private func takes(_ text: String) async -> Bool {
        do {
            try await location(text)
            return true
        } catch {
            return false
        }
    }

    @Test func keysOfEarlierRecordsAreRight() async throws {
        let (first, second, third) = (uuid(), uuid(), uuid())
        try await location("Linz", id: first)
        try await location("LINZ ", id: second)
        try await location("Graz", id: third)
        try await add("contract", "number, end_date, account", "'C 1', '2027-01-01', '\(account)'")
        // Those that came while how they look was an index of its own.
        try await migrate { $0.prefix { $0.name != "keys_as_columns" } }
        try await location("Wien")
        try await migrate()

        for (table, field) in [("location", "name"), ("contract", "number"), ("customer_account", "name")] {
            let wrong = try await psql(
                """
                SELECT count(*) FROM onboarding.\(table)
                WHERE \(field)_alike IS DISTINCT FROM onboarding.alike_key(\(field))
                """)
            #expect(wrong.contains("0") && !wrong.contains("1"), "\(table): \(wrong)")
        }
        let keys = try await psql(
            "SELECT count(DISTINCT name_alike) FROM onboarding.location WHERE id IN ('\(first)', '\(second)')")
        #expect(keys.contains("1"))
        // The later of the two is left out of what is unique; nothing else is.
        let unique = try await psql("SELECT pg_get_indexdef('onboarding.location_natural_key'::regclass)")
        #expect(unique.contains(second) && !unique.contains(first) && !unique.contains(third))
        let whole = try await psql("SELECT pg_get_indexdef('onboarding.contract_natural_key'::regclass)")
        #expect(whole.contains("UNIQUE") && !whole.contains("WHERE"))
        for taken in ["linz", "GRAZ", "wien "] { #expect(await !takes(taken), "\(taken) looks like one that is there") }
        #expect(await takes("Steyr"))
        try await expectFound(["linz": [first, second], "graz": [third]])
    }

    /// Records are found by how they look, doubles by the index of their own.
    private func expectFound(_ expected: [String: Set<String>]) async throws {
        let pool = try Pool(
            PoolConfiguration(
                connectionString: server.connectionString(database: name, user: "ale_onboarding"), size: 1))
        let database = Database(
            service: Onboarding.name, pool: pool, clock: SystemClock(),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let caller = Caller.service(Onboarding.name, domain: .root)
        let (account, texts) = (account, Array(expected.keys))
        let found = try await database.transaction(as: caller, deadline: .patient, readOnly: true) { tx in
            let lookup = AlikeSQL.lookup("name", texts, in: Location.schema, "account = \(account)")
            return try tx.walking { try tx.query(lookup) }.map { (try $0.string(at: 0), try $0.string(at: 1)) }
        }
        #expect(Dictionary(grouping: found, by: \.1).mapValues { Set($0.map(\.0)) } == expected)
        await pool.close()
    }
}
