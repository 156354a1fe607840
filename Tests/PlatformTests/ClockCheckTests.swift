import Logging
import Records
import Synchronization
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

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            lines.add("\(event.level): \(event.message) \(event.metadata?["skew_seconds"].map { "\($0)" } ?? "")")
        }
    }

    @Test(arguments: [-300, -29, 0, 29, 300] as [Int64])
    func aWrongClockIsLogged(_ seconds: Int64) async throws {
        let postgres = try await PostgresServer.shared
        let pool = try Pool(
            PoolConfiguration(connectionString: postgres.connectionString(database: "postgres"), size: 1))
        let lines = Lines()
        let log = Logger(label: "test") { _ in Handler(lines: lines) }
        let database = Database(service: "customer-success", pool: pool, clock: Ahead(seconds: seconds), log: log)
        let check = ClockCheck(database: database, log: log)
        let skew = try await check.skewSeconds()
        #expect((skew - Double(seconds)).magnitude < 5)
        check.report(Double(seconds))
        #expect(lines.all.count == (seconds.magnitude > 30 ? 1 : 0))
        #expect(lines.all.allSatisfy { $0.hasPrefix("error: ") && $0.hasSuffix("\(seconds)") })
        await pool.close()
    }
}
