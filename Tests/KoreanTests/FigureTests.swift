import Korean
import Testing

@Suite struct FigureTests {
    @Test func numbersHaveSeparators() {
        #expect(
            [0, 999, 1_000, 1_048_575, -12_345].map { "\(grouped: $0)" }
                == ["0", "999", "1,000", "1,048,575", "-12,345"])
    }

    @Test func sizesHaveUnits() {
        #expect(
            [268_435_456, 65_536, 524_289, 0].map { "\(bytes: $0)" } == ["256MB", "64KB", "524,289바이트", "0바이트"])
    }

    @Test func datesAreWords() {
        #expect("\(date: "2026-01-08")" == "2026년 1월 8일")
        #expect("\(date: "soon")" == "soon")
    }

    @Test func theFamilyNameComesFirst() {
        #expect(PersonName.full(first: "길동", last: "홍") == "홍길동")
        #expect(PersonName.full(first: "Gil-dong", last: "Hong") == "Gil-dong Hong")
        #expect(PersonName.full(first: "길동", last: "Hong") == "길동 Hong")
        #expect(PersonName.full(first: nil, last: "홍") == "홍")
        #expect(PersonName.full(first: "", last: nil).isEmpty)
    }
}
