import Wire

/// Where services take the time from, so that tests can set it.
public protocol WallClock: Sendable {
    /// The instant.
    var now: Timestamp { get }
}

extension WallClock {
    /// Today in UTC: dates of the system are UTC dates.
    public var today: CivilDate { now.day }
}
