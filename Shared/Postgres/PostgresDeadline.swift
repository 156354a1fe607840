import Glibc

/// An instant of the monotonic clock by which something must have happened.
struct PostgresDeadline: Comparable, Sendable {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    let nanoseconds: UInt64

    static func after(_ duration: Duration) -> PostgresDeadline { now.adding(duration) }

    /// Later by a duration; a negative one counts as zero, a very long one as thirty years.
    func adding(_ duration: Duration) -> PostgresDeadline {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return self }
        let bounded = UInt64(min(seconds, 1_000_000_000)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        return PostgresDeadline(nanoseconds: nanoseconds + bounded)
    }

    static var now: PostgresDeadline {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return PostgresDeadline(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    var hasPassed: Bool { self <= PostgresDeadline.now }

    /// For `poll`: rounded up, so that a wait never ends a little before its deadline; 0 when it has passed.
    var pollMilliseconds: Int32 {
        let now = PostgresDeadline.now.nanoseconds
        guard nanoseconds > now else { return 0 }
        return Int32(min((nanoseconds - now + 999_999) / 1_000_000, 3_600_000))
    }

    static func < (left: PostgresDeadline, right: PostgresDeadline) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
    /// Whole milliseconds, at least 1: to Postgres a timeout of 0 means none at all.
    var postgresMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let milliseconds = min(max(seconds, 0), 1_000_000) * 1000 + max(attoseconds, 0) / 1_000_000_000_000_000
        return max(milliseconds, 1)
    }
}
