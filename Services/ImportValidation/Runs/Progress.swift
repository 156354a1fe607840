import NATS
import Records
import Tenancy
import Wire

/// Tells how far a run is: in its record, and as events that are not kept.
struct Progress {
    private static let rows: Int64 = 5_000
    private static let interval: Duration = .milliseconds(500)

    private let claim: Claim
    private let connection: Connection
    private let subject: String
    private var told: (done: Int64, at: ContinuousClock.Instant) = (0, .now)
    /// Rows in all, as far as it is known; 0 while a file is still being read.
    var total: Int64
    /// Rows dealt with.
    private(set) var done: Int64 = 0
    /// Those of them that need attention.
    private(set) var failed: Int64 = 0

    init(_ claim: Claim, total: Int64, connection: Connection) {
        self.claim = claim
        self.connection = connection
        self.total = total
        subject = "ale.v1.events.\(claim.domain.subjectToken).import-validation.import_run.progressed"
    }

    /// Counts rows, and tells when enough has happened since the last time.
    mutating func add(done more: Int, failed: Int) {
        done += Int64(more)
        self.failed += Int64(failed)
        if done - told.done >= Self.rows || ContinuousClock.now - told.at >= Self.interval { tell() }
    }

    /// Publishes how far the run is. Nobody waits for it, so a failure does not matter.
    mutating func tell() {
        told = (done, .now)
        var event = ProgressEvent()
        event.id = claim.run
        event.kind = claim.kind
        event.importTask = claim.task
        event.done = done
        event.total = total
        guard let payload = try? event.encodeProtobuf() else { return }
        try? connection.publish(subject, payload: payload)
    }
}
