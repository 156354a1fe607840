import Ground
import PlaybooksWire
import Testing
import Wire

@testable import Playbooks

/// By when activities are due.
@Suite struct DueDateTests {
    private static func due(_ edit: (inout ActivityDue) -> Void) -> ActivityDue {
        var due = ActivityDue()
        edit(&due)
        return due
    }

    private static func day(
        _ due: ActivityDue, start: String = "2026-03-06", goLive: String = "", _ playbook: Playbook = Playbook()
    ) throws -> String? {
        try due.date(start: #require(CivilDate(start)), of: { $0 == "go_live_date" ? goLive : "" }, in: playbook)?
            .description
    }

    @Test func daysBehindTheStart() throws {
        #expect(try Self.day(Self.due { $0.days = 5 }) == "2026-03-11")
    }

    /// 2026-03-06 is a Friday.
    @Test func workingDaysPassOverWeekends() throws {
        let due = Self.due {
            $0.days = 5
            $0.workingDays = true
        }
        #expect(try Self.day(due) == "2026-03-13")
        #expect(try Self.day(due, start: "2026-03-07") == "2026-03-13")
    }

    @Test func daysBeforeADateOfTheRecord() throws {
        let due = Self.due {
            $0.days = 3
            $0.from = "before_field"
            $0.field = "go_live_date"
            $0.workingDays = true
        }
        #expect(try Self.day(due, goLive: "2026-03-10") == "2026-03-05")
        #expect(try Self.day(due) == nil)
        // Nobody can write the day before the first one.
        #expect(try Self.day(due, goLive: "0001-01-02") == nil)
    }

    @Test func aCalendarHasDaysAndHolidaysOfItsOwn() throws {
        var calendar = PlaybookCalendar()
        calendar.key = "gulf"
        calendar.workingDays = [7, 1, 2, 3, 4]
        calendar.holidays = ["2026-03-09"]
        var playbook = Playbook()
        playbook.calendars = [calendar]
        let due = Self.due {
            $0.days = 2
            $0.workingDays = true
            $0.calendar = "gulf"
        }
        // Friday: Sunday counts, Monday is a holiday, Tuesday counts.
        #expect(try Self.day(due, playbook) == "2026-03-10")
    }

    /// However many days a definition may say: 3,650 weekdays are 730 weeks, as many Mondays 3,650.
    @Test func longStretchesAreCountedToTheirEnd() throws {
        var calendar = PlaybookCalendar()
        calendar.key = "mondays"
        calendar.workingDays = [1]
        calendar.holidays = ["2026-03-09"]
        var playbook = Playbook()
        playbook.calendars = [calendar]
        var due = Self.due {
            $0.days = PlaybookBounds.days
            $0.workingDays = true
        }
        #expect(try Self.day(due) == "2040-03-02")
        due.calendar = "mondays"
        let monday = try #require(CivilDate("2026-03-09"))
        #expect(try Self.day(due, playbook) == CivilDate(days: monday.days + 7 * 3_650).description)
    }

    @Test func aCalendarOfHolidaysAloneLeadsToAnEnd() {
        var calendar = PlaybookCalendar()
        calendar.key = "never"
        calendar.workingDays = [9]
        var playbook = Playbook()
        playbook.calendars = [calendar]
        _ = WorkCalendar("never", in: playbook).day(3, from: CivilDate(days: 0))
    }

    /// Against counting day by day.
    @Test func workingDaysAreCountedBothWays() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let holidays = (0..<6).map { _ in CivilDate(days: Int.random(in: -30...60, using: &random)) }
            let calendar = WorkCalendar(holidays: holidays)
            let start = CivilDate(days: Int.random(in: -20...20, using: &random))
            let count = Int.random(in: -25...25, using: &random)
            var (day, left) = (start, abs(count))
            while left > 0 {
                day = CivilDate(days: day.days + count.signum())
                let weekday = ((day.days + 3) % 7 + 7) % 7
                if weekday < 5, !holidays.contains(day) { left -= 1 }
            }
            #expect(calendar.day(count, from: start) == day)
            #expect(calendar.distance(from: start, to: day) == count)
        }
    }

    @Test func fieldsOfWhatIsMade() {
        var creation = ActivityCreation()
        creation.fields = [
            ("a", "x", "", "", ""), ("b", "", "id", "", ""), ("c", "", "", "{{ number }} {{one.two}}", ""),
            ("d", "", "", "", "k"),
        ]
        .map { field, text, from, expression, localized in
            var setting = FieldSetting()
            setting.field = field
            setting.text = text
            setting.fromField = from
            setting.expression = expression
            if !localized.isEmpty { setting.localized = LocalText(.init(en: "en {{number}}", ko: "ko")) }
            return setting
        }
        let facts = RunFacts(field: { ["id": "7", "number": "N1"][$0] ?? "" }, entered: ["one.two": "2"])
        #expect(facts.values(of: creation, language: "en") == ["a": "x", "b": "7", "c": "N1 2", "d": "en N1"])
        #expect(facts.values(of: creation, language: "ko")["d"] == "ko")
    }
}
