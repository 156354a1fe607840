import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Postgres alone keeps the domains apart: as the service's own role, whatever the code does.
@Suite struct DomainSeparationTests {
    static let tables =
        allSamples.map { $0.schema.table } + [
            "customer_account", "customer_contact", "onboarding_case", "contract", "sold_product", "user",
            "responsibility_definition", "outbox", "journal", "scorecard_snapshot",
        ]

    /// A pool with the service's login on the shared server.
    private func withLogin<T>(_ server: Server, _ body: (Pool) async throws -> T) async throws -> T {
        let pool = try Pool(
            PoolConfiguration(connectionString: server.connectionString("ale_customer_success"), size: 1))
        do {
            let result = try await body(pool)
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }

    @Test func noScopeOrTheWrongOneSeesNothing() async throws {
        let world = try await World()
        for type in allSamples { _ = try await make(type, in: world) }
        _ = try await ScorecardSnapshots(world.server.database).run()
        let others = ["/", "/provider/", world.domain].compactMap { DomainPath($0)?.child("stranger") }
        try await withLogin(world.server) { pool in
            for table in Self.tables {
                let count: SQL = "SELECT count(*) FROM customer_success.\(identifier: table)"
                #expect(try await pool.run(count).first?.int64(at: 0) == 0, "\(table) without a scope")
                for domain in others where table != "user" {
                    let rows = try await pool.run(count, settings: Scope.domain(domain).settings)
                    let seen = try rows.first?.int64(at: 0)
                    // Definitions of the provider are made to be seen from below.
                    if table == "responsibility_definition", domain.path.hasPrefix("/provider/") { continue }
                    #expect(seen == 0, "\(table) from \(domain)")
                }
                let own = try #require(DomainPath(table == "user" ? "/provider/" : world.domain))
                let rows = try await pool.run(count, settings: Scope.domain(own).settings)
                #expect(try rows.first?.int64(at: 0) ?? 0 > 0, "\(table) from its own domain")
            }
        }
    }

    private func make<R: Sample>(_ type: R.Type, in world: World) async throws -> R { try await world.make(type) }

    @Test func nothingIsWrittenIntoAnotherDomain() async throws {
        let world = try await World()
        let made = try await world.make(Touchpoint.self)
        let stranger = try #require(DomainPath("/provider/")?.child("stranger"))
        try await withLogin(world.server) { pool in
            let settings = Scope.domain(stranger).settings
            let touched = try await pool.run(
                "UPDATE customer_success.touchpoint SET subject = 'x' WHERE id = \(made.id)", settings: settings)
            #expect(touched.affected == 0)
            let removed = try await pool.run(
                "DELETE FROM customer_success.touchpoint WHERE id = \(made.id)", settings: settings)
            #expect(removed.affected == 0)
            // Its own row cannot be pushed into another domain either.
            let own = Scope.domain(try #require(DomainPath(world.domain))).settings
            await #expect(throws: PostgresError.self) {
                _ = try await pool.run(
                    "UPDATE customer_success.touchpoint SET domain = '/provider/stranger/' WHERE id = \(made.id)",
                    settings: own)
            }
            for statement in [
                "UPDATE customer_success.journal SET text = 'x'", "DELETE FROM customer_success.journal",
                "ALTER TABLE customer_success.touchpoint DISABLE ROW LEVEL SECURITY",
                "DROP TABLE customer_success.touchpoint", "SET ROLE ale_customer_success_owner",
            ] {
                await #expect(throws: PostgresError.self, "\(statement)") {
                    _ = try await pool.run("\(raw: statement)", settings: own)
                }
            }
        }
    }
}
