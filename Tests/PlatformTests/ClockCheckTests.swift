import Logging
import Records
import TestKit
import Testing
import Wire

@testable import Platform
@testable import Postgres

/// A machine whose clock is wrong says so.
@Suite struct ClockCheckTests {
    /// A clock that is so many seconds ahead.
    private struct Ahead: WallClock {
        let seconds: Int64
        var now: Timestamp { Timestamp(microseconds: SystemClock().now.microseconds + seconds * 1_000_000) }
    }

    @Test(arguments: [-300, -29, 0, 29, 300] as [Int64])
    func aWrongClockIsLogged(_ seconds: Int64) async throws {
        let postgres = try await PostgresServer.shared
        let pool = try Pool(
            PoolConfiguration(connectionString: postgres.connectionString(database: "postgres"), size: 1))
        let kept = RecordingLog()
        let log = kept.logger(.info)
        let database = Database(service: "customer-success", pool: pool, clock: Ahead(seconds: seconds), log: log)
        let check = ClockCheck(database: database, log: log)
        let skew = try await check.skewSeconds()
        #expect((skew - Double(seconds)).magnitude < 5)
        check.report(Double(seconds))
        #expect(kept.lines.count == (seconds.magnitude > 30 ? 1 : 0))
        #expect(kept.lines.allSatisfy { $0.hasPrefix("error ") && $0.contains("skew_seconds=\(seconds) ") })
        await pool.close()
    }
}
