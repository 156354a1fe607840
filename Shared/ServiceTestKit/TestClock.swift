import Records
import Synchronization
import Wire

/// A clock that stands where a test puts it.
public final class TestClock: WallClock {
    private let time: Mutex<Timestamp>

    /// Noon of a day, `2026-03-10`.
    public init(_ day: String) { time = Mutex(Self.noon(day)) }

    /// An instant.
    public init(instant: Timestamp) { time = Mutex(instant) }

    /// The instant.
    public var now: Timestamp { time.withLock { $0 } }

    /// Puts it to noon of a day.
    public func set(_ day: String) { time.withLock { $0 = Self.noon(day) } }

    /// Puts it to an instant.
    public func set(instant: Timestamp) { time.withLock { $0 = instant } }

    /// Moves it on.
    public func advance(seconds: Int64) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + seconds * 1_000_000) }
    }

    private static func noon(_ day: String) -> Timestamp {
        guard let date = CivilDate(day) else { preconditionFailure("\(day) is no date") }
        return Timestamp(seconds: Int64(date.days) * 86_400 + 43_200, nanos: 0)
    }
}

/// A new id. Its time is any, so that no test leans on the order of ids.
public func uuid() -> String { RecordID.make(at: Timestamp(seconds: Int64.random(in: 0...1 << 31), nanos: 0)) }
