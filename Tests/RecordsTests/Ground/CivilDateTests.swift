import Records
import Testing
import Wire

@Suite struct CivilDateTests {
    /// Every day of 1600 to 2400, against a calendar that counts days one by one.
    @Test func everyDayThereAndBack() async {
        var day = CivilDate(year: 1600, month: 1, day: 1)
        #expect(day.days == -135_140)
        for year in 1600...2400 {
            // Others want to run too.
            await Task.yield()
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in lengths.enumerated() {
                for number in 1...length {
                    let (y, m, d) = day.components
                    guard y == year, m == month + 1, d == number,
                        CivilDate(year: year, month: month + 1, day: number) == day, CivilDate(day.description) == day
                    else {
                        Issue.record("\(year)-\(month + 1)-\(number) is \(day)")
                        return
                    }
                    day = day.adding(days: 1)
                }
            }
        }
        #expect(day.description == "2401-01-01")
    }

    @Test(arguments: [
        "2024-02-29", "2000-02-29", "1970-01-01", "0001-01-01", "9999-12-31", "1900-02-28",
    ])
    func existingDays(_ text: String) { #expect(CivilDate(text)?.description == text) }

    @Test(arguments: [
        "2023-02-29", "1900-02-29", "2100-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-10", "2024-01-00",
        "0000-01-01", "2024-1-01", "2024-01-1", "24-01-01", "2024/01/01", "2024-01-01 ", " 2024-01-01", "+024-01-01",
        "-024-01-01", "2024-01-0１", "", "2024-01-01T00:00:00Z",
    ])
    func daysThatDoNotExist(_ text: String) { #expect(CivilDate(text) == nil) }

    @Test func knownDistances() throws {
        #expect(CivilDate(days: 0).description == "1970-01-01")
        #expect(CivilDate(days: 19_782).description == "2024-02-29")
        #expect(try #require(CivilDate("2024-03-01")) > (try #require(CivilDate("2024-02-29"))))
        // Months outside the calendar are carried over.
        #expect(CivilDate(year: 2024, month: 3, day: 0).description == "2024-02-29")
    }

    @Test func dayOfAnInstant() {
        #expect(Timestamp(seconds: -1, nanos: 0).day.description == "1969-12-31")
        #expect(Timestamp(seconds: -86_400, nanos: 0).day.description == "1969-12-31")
        #expect(Timestamp(seconds: -86_401, nanos: 0).day.description == "1969-12-30")
        #expect(Timestamp(seconds: 86_399, nanos: 999_999_999).day.description == "1970-01-01")
        #expect(Timestamp(seconds: 86_400, nanos: 0).day.description == "1970-01-02")
    }
}
