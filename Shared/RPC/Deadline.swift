/// The moment by which an answer must be there, on a clock that only goes forward.
///
/// It travels as the header `grpc-timeout` with the time that remains, so a callee never works longer than its
/// caller waits. A request without the header gets ``standard``; nobody gets more than ``limit``.
public struct Deadline: Sendable, Hashable, Comparable {
    /// The time allowed when the caller names none: 10 seconds.
    public static let standard: Duration = .seconds(10)
    /// The most that can be asked for: 60 seconds. Longer work is a task that is started and observed.
    public static let limit: Duration = .seconds(60)

    /// The moment on the monotonic clock.
    public let instant: ContinuousClock.Instant

    /// The deadline `duration` from `start`, cut to ``limit``; a negative duration has passed already.
    public static func after(_ duration: Duration, from start: ContinuousClock.Instant = .now) -> Deadline {
        Deadline(instant: start.advanced(by: min(duration, limit)))
    }

    /// The deadline of a request that arrived at `arrival` with the header value given. The answer is nil when the
    /// value is not what gRPC defines: one to eight digits and a unit of `H`, `M`, `S`, `m`, `u`, `n`.
    public init?(header: String, arrival: ContinuousClock.Instant = .now) {
        guard let duration = Self.duration(header: header) else { return nil }
        self = .after(duration, from: arrival)
    }

    private init(instant: ContinuousClock.Instant) {
        self.instant = instant
    }

    /// The time left, never below zero.
    public var remaining: Duration {
        max(.zero, ContinuousClock.now.duration(to: instant))
    }

    /// Whether the moment has come.
    public var isPast: Bool {
        ContinuousClock.now >= instant
    }

    /// The time left as the value of `grpc-timeout`, in whole microseconds. Rounded down: the callee must not believe
    /// it has longer than the caller waits.
    public var header: String {
        let (seconds, attoseconds) = remaining.components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        return "\(min(microseconds, 99_999_999))u"
    }

    /// The earlier of the two.
    public static func < (left: Deadline, right: Deadline) -> Bool {
        left.instant < right.instant
    }

    static func duration(header: String) -> Duration? {
        let digits = header.utf8.dropLast()
        guard (1...8).contains(digits.count), let unit = header.utf8.last,
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let value = Int64(Substring(digits))
        else { return nil }
        return switch unit {
        case UInt8(ascii: "H"): .seconds(value * 3600)
        case UInt8(ascii: "M"): .seconds(value * 60)
        case UInt8(ascii: "S"): .seconds(value)
        case UInt8(ascii: "m"): .milliseconds(value)
        case UInt8(ascii: "u"): .microseconds(value)
        case UInt8(ascii: "n"): .nanoseconds(value)
        default: nil
        }
    }
}
