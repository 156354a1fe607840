import Testing

@testable import Workbook

@Suite struct HeaderMatcherTests {
    private let matcher = HeaderMatcher(fields: [
        .init(name: "number", english: "Number", korean: "번호", mandatory: true),
        .init(name: "start_date", english: "Start date", korean: "시작일"),
        .init(name: "end_date", english: "End date", korean: "종료일"),
        .init(name: "account", english: "Account", korean: "계정", mandatory: true),
    ])

    @Test func labelsInEitherLanguageAndInternalNames() {
        let match = matcher.match([" NUMBER ", "시작일", nil, "End_Date", "account", ""])
        #expect(match.columns == ["number": 0, "start_date": 1, "end_date": 3, "account": 4])
        #expect(match.isUsable && match.unmatched.isEmpty)
    }

    @Test(arguments: ["Start\r\ndate", "Start\u{A0} date", "Start\u{200B} date\u{FEFF}", "START\tDATE", "Startdate"])
    func blanksAndWhatNobodySeesDoNotCount(header: String) {
        #expect(matcher.match([header]).columns == ["start_date": 0])
    }

    @Test func aLabelComesBeforeANameOfAnotherField() {
        let fields = [
            HeaderMatcher.Field(name: "code", english: "Number", korean: "코드"),
            HeaderMatcher.Field(name: "number", english: "Serial", korean: "일련번호"),
        ]
        #expect(HeaderMatcher(fields: fields).match(["number"]).columns == ["code": 0])
    }

    @Test func unmatchedHeadersGetTheNearestLabel() {
        let match = matcher.match(["Number", "Star date", "계졍", "Remarks", "Strat dtae"])
        #expect(match.unmatched.map(\.header) == ["Star date", "계졍", "Remarks", "Strat dtae"])
        #expect(match.unmatched.map(\.suggestion?.name) == ["start_date", nil, nil, "start_date"])
        #expect(match.unmatched.map(\.column) == [1, 2, 3, 4])
        #expect(match.missing.map(\.name) == ["account"])
        #expect(!match.isUsable)
    }

    @Test func duplicatesAreReported() {
        let match = matcher.match(["Number", "Account", "번호", "account"])
        #expect(match.columns == ["number": 0, "account": 1])
        #expect(
            match.duplicates == [.init(field: "number", columns: [0, 2]), .init(field: "account", columns: [1, 3])])
        #expect(!match.isUsable)
    }

    @Test func aPersonMayMapByHand() {
        let match = matcher.match(["No.", "Customer", "Number"], byHand: [0: "number", 1: "account", 2: "absent"])
        #expect(match.columns == ["number": 0, "account": 1])
        #expect(match.duplicates.map(\.columns) == [[0, 2]], "an unknown name maps nothing")
    }

    @Test(arguments: [
        ("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "acb", 1), ("abc", "", 3), ("kitten", "sitting", 3),
    ])
    func distances(one: String, other: String, expected: Int) {
        #expect(HeaderMatcher.distance(Array(one), Array(other)) == expected)
        #expect(HeaderMatcher.distance(Array(other), Array(one)) == expected)
    }
}
