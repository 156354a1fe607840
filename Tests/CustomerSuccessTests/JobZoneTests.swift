import CustomerSuccessWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Daily jobs and time zones.
@Suite struct JobZoneTests {
    /// A database set to another zone moves no day: what jobs write is of the day in UTC.
    @Test(arguments: ["America/New_York", "Pacific/Kiritimati"])
    func theZoneOfTheDatabaseDoesNotMatter(zone: String) async throws {
        let server = try await Server.start()
        let name = try #require(try await server.admin.run("SELECT current_database()").first?.string(at: 0))
        _ = try await server.admin.run("ALTER DATABASE \(identifier: name) SET timezone = '\(raw: zone)'")
        let pool = try Pool(
            PoolConfiguration(connectionString: server.connectionString("ale_customer_success"), size: 1))
        let clock = TestClock(Server.today)
        let database = Database(service: CustomerSuccess.name, pool: pool, clock: clock, log: server.database.log)
        #expect(try await pool.run("SHOW timezone").first?.string(at: 0) == "UTC")
        let world = try await World(server)
        _ = try await world.make(Engagement.self)
        let instants = ["2028-02-29T00:00:00Z", "2028-02-29T04:59:59Z", "2028-02-29T23:59:59Z"]
        for instant in instants {
            clock.set(instant: try #require(Timestamp(rfc3339: instant)))
            _ = try await ScorecardSnapshots(database).run()
            let days = try await server.admin.run("SELECT DISTINCT day::text FROM customer_success.scorecard_snapshot")
            #expect(try days.map { try $0.string(at: 0) } == ["2028-02-29"], "\(instant)")
        }
        await pool.close()
    }
}
