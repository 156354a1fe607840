import Testing
import Wire

@testable import PlayLauncherService

/// Schedules of triggers are what cron says, in UTC.
@Suite struct TriggerScheduleTests {
    private static func instant(_ text: String) -> Timestamp { Timestamp(rfc3339: text) ?? Timestamp() }

    @Test(arguments: [
        ("0 6 * * 1", "2026-11-29T20:00:00Z", "2026-11-30T06:00:00Z"),
        ("*/15 * * * *", "2026-11-29T20:00:00Z", "2026-11-29T20:15:00Z"),
        ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        // A day that is named in both ways is due when either says so.
        ("0 12 1 * 5", "2026-11-29T20:00:00Z", "2026-12-01T12:00:00Z"),
        ("0 12 1 * 5", "2026-12-01T12:00:00Z", "2026-12-04T12:00:00Z"),
        ("10,20-21 3 * 1-3 *", "2026-01-01T03:20:00Z", "2026-01-01T03:21:00Z"),
        ("0 0 * * 7", "2026-11-30T00:00:00Z", "2026-12-06T00:00:00Z"),
    ])
    func theNextTimeIsWhatCronSays(_ text: String, _ from: String, _ next: String) throws {
        let schedule = try #require(TriggerSchedule(text))
        #expect(schedule.next(after: Self.instant(from)) == Self.instant(next))
    }

    @Test(arguments: [
        "", "0 6 * *", "60 6 * * 1", "0 24 * * *", "0 0 0 * *", "0 0 31 2 *", "0 0 * 13 *", "a b c d e", "*/0 * * * *",
        "5-1 * * * *", "0 0 * * 8", "1,,2 * * * *",
    ])
    func whatIsNoScheduleIsRefused(_ text: String) { #expect(TriggerSchedule(text) == nil) }

    /// Times that were missed are not made up for: the last one counts.
    @Test func theLastTimeCounts() throws {
        let schedule = try #require(TriggerSchedule("0 * * * *"))
        let end = Self.instant("2026-11-29T20:30:00Z")
        #expect(
            schedule.last(after: Self.instant("2020-01-01T00:00:00Z"), through: end)
                == Self.instant("2026-11-29T20:00:00Z"))
        #expect(schedule.last(after: Self.instant("2026-11-29T20:00:00Z"), through: end) == nil)
        let yearly = try #require(TriggerSchedule("0 0 1 1 *"))
        #expect(
            yearly.last(after: Self.instant("2025-06-01T00:00:00Z"), through: end)
                == Self.instant("2026-01-01T00:00:00Z"))
        // Five weeks were missed.
        let weekly = try #require(TriggerSchedule("0 6 * * 1"))
        #expect(
            weekly.last(after: Self.instant("2026-10-20T00:00:00Z"), through: end)
                == Self.instant("2026-11-23T06:00:00Z"))
        #expect(schedule.times(after: Self.instant("2026-11-29T18:00:00Z"), through: end, atMost: 9).count == 2)
    }
}
