import Logging
import Postgres
import RPC
import Records
import Tenancy

/// Compares the clock of this machine with that of Postgres, which all machines share: the one that is wrong is found
/// before tokens are refused and days end at the wrong time.
struct ClockCheck: Sendable {
    /// How far clocks may differ, in seconds: what those who verify tokens allow.
    static let toleranceSeconds = 30.0
    /// How often they are compared after the start.
    static let interval: Duration = .seconds(600)

    let database: Database
    let log: Logger

    /// Compares until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do throws(Problem) {
                report(try await skewSeconds())
            } catch {
                log.debug("the clocks were not compared", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private enum Column: String {
        case microseconds
    }

    /// How far this machine is ahead of Postgres; half of the time the question took is uncertain.
    func skewSeconds() async throws(Problem) -> Double {
        let before = database.clock.now
        let theirs = try await database.transaction(as: .service(database.service, domain: .root), readOnly: true) {
            tx in
            try tx.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS microseconds").first?
                .int64(Column.microseconds)
        }
        let after = database.clock.now
        guard let theirs else { throw .internalError(cause: "Postgres did not say what time it is") }
        return Double((before.microseconds + after.microseconds) / 2 - theirs) / 1_000_000
    }

    func report(_ skew: Double) {
        guard skew.magnitude > Self.toleranceSeconds else { return }
        log.error(
            "the clock of this machine differs from that of Postgres; set it, or tokens will be refused",
            metadata: [
                "skew_seconds": "\(Int64(skew.rounded()))", "tolerance_seconds": "\(Int64(Self.toleranceSeconds))",
            ])
    }
}
