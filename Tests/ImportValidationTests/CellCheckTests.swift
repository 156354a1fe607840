import Records
import Testing
import Wire

@testable import ImportValidationService

/// Every subtype of field-level checks: what passes, what fails, what is stored.
@Suite struct CellCheckTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let check: CellCheck
        let text: String
        /// What the target table stores; nil when the check fails.
        let stored: String?

        init(_ check: CellCheck, _ text: String, _ stored: String?) {
            self.check = check
            self.text = text
            self.stored = stored
        }

        var testDescription: String { "\(check) \(text)" }
    }

    private static let status = CellCheck.choice(
        ChoiceNames([
            Choice(value: .string("active"), label: Text(en: "Active", ko: "활성")),
            Choice(value: .string("past"), label: Text(en: "Past its end", ko: "지남(past)")),
        ]))

    static let cases: [Case] = [
        // Choices: value or label in either language, after trimming and folding (G-59).
        Case(status, "active", "active"), Case(status, " Past its end ", "past"), Case(status, "활성", "active"),
        Case(status, "ACTIVE", "active"), Case(status, "past\u{A0}its  END", "past"), Case(status, "gone", nil),
        Case(status, "\u{1112}\u{116A}\u{11AF}\u{1109}\u{1165}\u{11BC}", "active"), Case(status, "지남(PAST)", "past"),
        Case(status, "ac\u{200B}tive", "active"), Case(status, "act ive", nil),
        // Dates in the format of the check, and only real ones.
        Case(.date(format: "yyyy-MM-dd"), "2024-02-29", "2024-02-29"),
        Case(.date(format: "yyyy-MM-dd"), " 2024-02-29", "2024-02-29"),
        Case(.date(format: "yyyy-MM-dd"), "2023-02-29", nil), Case(.date(format: "yyyy-MM-dd"), "29.02.2024", nil),
        Case(.date(format: "dd.MM.yyyy"), "29.02.2024", "2024-02-29"),
        Case(.date(format: "dd.MM.yyyy"), "2024-02-29", nil),
        Case(.dateTime(format: "yyyy-MM-dd HH:mm"), "2024-02-29 23:59", "2024-02-29 23:59:00"),
        Case(.dateTime(format: "yyyy-MM-dd HH:mm"), "2024-02-29 24:00", nil),
        // Booleans in any case (G-60).
        Case(.boolean, "TRUE", "true"), Case(.boolean, "false", "false"), Case(.boolean, "yes", nil),
        Case(.boolean, "1", nil),
        // Numbers: a point, no grouping (G-61).
        Case(.decimal, "1863.4", "1863.4"), Case(.decimal, "-12", "-12"), Case(.decimal, "1,863.4", nil),
        Case(.decimal, "12,5", nil), Case(.decimal, "1e3", nil),
        Case(.integer, "12", "12"), Case(.integer, "+12", "12"), Case(.integer, "12.5", nil),
        Case(.integer, "twelve", nil),
        // Length counts characters, not bytes.
        Case(.limit(3), "어제는", "어제는"), Case(.limit(3), "abcd", nil),
    ]

    @Test(arguments: cases)
    func judges(_ example: Case) {
        let fault = example.check.error(in: example.text)?.wanted(Text(en: "Field", ko: "필드"))
        #expect((fault == nil) == (example.stored != nil))
        if let stored = example.stored {
            #expect(example.check.stored(example.text) == stored)
        } else {
            #expect(fault?.en.hasPrefix("Field ") == true)
            #expect(fault?.ko.hasPrefix("필드는 ") == true)
        }
    }

    /// What is allowed is told by values, to those who read Korean by labels as they are written.
    @Test func choicesAreToldAsTheyAreWritten() {
        let fault = Self.status.error(in: "gone")?.wanted(Text(en: "Field", ko: "필드"))
        #expect(fault?.en == "Field must be one of: active, past.")
        #expect(fault?.ko == "필드는 다음 중 하나여야 합니다: 지남(past), 활성")
    }

    @Test(arguments: [("", ""), ("  ", ""), (" a b ", "a b"), ("\u{3000}서울", "서울"), ("é", "é")])
    func trims(text: String, trimmed: String) {
        #expect(CellCheck.trimmed(text) == trimmed)
    }
}
