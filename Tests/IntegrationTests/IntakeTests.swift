import Postgres
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// Partitions into which a service may add rows, and of which it sees nothing but through the table they belong to: no row
/// security stands in the way of a COPY, and a guard judges what comes (ADR 0028).
@Suite(.timeLimit(.minutes(15))) struct IntakeTests {
    private static let here = "/provider/d1/"
    private static let account = "01990000-0000-7000-8000-000000000001"

    /// The tables of a schema that are nothing else than that.
    static func intakes(_ schema: String) async throws -> [String] {
        let role = "ale_\(schema)"
        return try await ServiceSchemas.shared.value.rows(
            """
            SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
            JOIN pg_class p ON p.oid = i.inhparent AND p.relrowsecurity
            WHERE c.relnamespace = '\(schema)'::regnamespace AND c.relispartition
                AND has_table_privilege('\(role)', c.oid, 'INSERT')
                AND NOT has_any_column_privilege('\(role)', c.oid, 'SELECT')
                AND NOT has_any_column_privilege('\(role)', c.oid, 'UPDATE')
                AND NOT has_table_privilege('\(role)', c.oid, 'DELETE')
                AND EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'guard' AND t.tgenabled = 'O')
            """
        ).map { $0[0] }
    }

    @Test(arguments: ServiceSchemas.services) func onlyStagedRowsAreTakenIn(_ service: String) async throws {
        let intakes = try await Self.intakes(Database.schemaName(of: service))
        #expect(intakes == (service == "import-validation" ? ["staging_row_intake"] : []))
    }

    /// A database of its own with the staged row of somebody, and the service's login.
    private func opened(_ name: String) async throws -> Pool {
        let all = try await ServiceSchemas.shared.value
        try await all.copy(name)
        try await all.server.psql(
            FilledTables.sql(schema: "import_validation", domain: Self.here, account: Self.account), database: name)
        return try Pool(
            PoolConfiguration(
                connectionString: all.connectionString("ale_import_validation", database: name), size: 1))
    }

    /// Whether rows of these domains are taken in.
    private func adds(_ domains: [String], _ settings: TransactionSettings, _ pool: Pool) async -> Bool {
        do {
            return try await pool.transaction(settings: settings) { tx in
                let columns = [
                    "id", "revision", "created_at", "domain", "import_task", "upload", "row_number", "source_file",
                    "status", "cells",
                ]
                return try tx.copyIn(into: "import_validation.staging_row_intake", columns: columns) { writer in
                    for domain in domains {
                        writer.beginRow()
                        writer.uuid(uuid())
                        writer.bigint(1)
                        writer.timestamp(microsSinceUnixEpoch: 0)
                        writer.text(domain)
                        writer.uuid(uuid())
                        writer.uuid(uuid())
                        writer.int(1)
                        writer.text("x.csv")
                        writer.text("published")
                        writer.texts([])
                        try writer.endRow()
                    }
                } == domains.count
            }
        } catch { return false }
    }

    /// What goes in directly must be of the scope, as if the policies of the table stood there.
    @Test func whatIsTakenInIsOfTheScope() async throws {
        let pool = try await opened("intake_scope")
        let own = Scope.domain(DomainPath(Self.here) ?? .root).settings
        for domain in ["/provider/d2/", "/provider/d/", "/provider/d10/", "/provider/", "/"] {
            #expect(await !adds([domain], own, pool), "\(domain)")
            #expect(await !adds([Self.here, domain], own, pool), "one of two: \(domain)")
        }
        #expect(await !adds([Self.here], [], pool), "without a scope")
        for name in ["ale.scope_lower", "ale.scope_upper"] {
            #expect(await !adds([Self.here], own.filter { $0.name != name }, pool), "half a scope")
        }
        // Of a scope with gaps, what lies between is not.
        let gaps = Scope.memberships(
            ["/provider/d0/", "/provider/d2/"].compactMap { path in
                DomainPath(path).map { Membership(account: Self.account, domain: $0) }
            }
        ).settings
        #expect(await !adds([Self.here], gaps, pool))
        let counting: SQL = "SELECT count(*) FROM import_validation.staging_row"
        #expect(try await pool.run(counting, settings: own)[0].int(at: 0) == 1)
        #expect(await adds([Self.here, Self.here + "x/"], own, pool))
        #expect(try await pool.run(counting, settings: own)[0].int(at: 0) == 3)
        let others = Scope.domain(DomainPath("/provider/d2/") ?? .root).settings
        #expect(try await pool.run(counting, settings: others)[0].int(at: 0) == 0)
        await pool.close()
    }

    /// Nothing leads to the rows but the table with its policies.
    @Test func whatWasTakenInIsNotReachedThere() async throws {
        let pool = try await opened("intake_reach")
        let all = Scope.domain(.root).settings
        let intake = "import_validation.staging_row_intake"
        for statement in [
            "SELECT id FROM \(intake)", "SELECT count(*) FROM \(intake)", "COPY \(intake) TO STDOUT",
            "UPDATE \(intake) SET domain = '/'", "DELETE FROM \(intake)", "TRUNCATE \(intake)",
            "ALTER TABLE \(intake) DISABLE TRIGGER guard", "DROP TRIGGER guard ON \(intake)",
            "SET session_replication_role = replica",
            "ALTER TABLE import_validation.staging_row DETACH PARTITION \(intake)",
            """
            INSERT INTO \(intake) SELECT * FROM import_validation.staging_row
            ON CONFLICT (id) DO UPDATE SET domain = excluded.domain
            """,
            "INSERT INTO \(intake) SELECT * FROM import_validation.staging_row RETURNING cells",
        ] {
            await #expect(throws: PostgresError.self, "\(statement)") {
                try await pool.run("\(raw: statement)", settings: all)
            }
        }
        await pool.close()
    }
}
