import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import Records
import Testing
import Wire

@Suite struct ValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let field: String
        let value: FieldValue
        let isRight: Bool

        init(_ field: String, _ value: FieldValue, _ isRight: Bool) {
            self.field = field
            self.value = value
            self.isRight = isRight
        }
        var testDescription: String { "\(field) \(String(describing: value).prefix(60)) \(isRight)" }
    }

    private static let id = "0190a5b0-1c2d-7e3f-8a9b-0c1d2e3f4a5b"
    private static let long = String(repeating: "ㄱ", count: 1_000)

    static let cases: [Case] = [
        Case("due_date", .string("2024-02-29"), true), Case("due_date", .string("2023-02-29"), false),
        Case("due_date", .string("29.02.2024"), false), Case("due_date", .string(""), true),
        Case("due_date", .null, true),
        Case("engagement", .string(id), true), Case("engagement", .string(id.uppercased()), false),
        Case("engagement", .string("TCHPT0000001"), false), Case("engagement", .string(id + " "), false),
        Case("engagement", .string(String(id.dropLast()) + "g"), false),
        Case("engagement", .string(id.replacing("-", with: "")), false),
        Case("assigned_to", .string("service:onboarding"), true),
        Case("assigned_to", .string("a\u{0}b"), false),
        Case("subject", .string(long), true), Case("subject", .string(long + "ㄱ"), false),
        Case("subject", .string("a\u{0}b"), false),
        Case("subject", .string("👩‍👩‍👧‍👦'; DROP TABLE x; --"), true),
        Case("description", .string(String(repeating: "a", count: 65_536)), true),
        Case("description", .string(String(repeating: "a", count: 65_537)), false),
        Case("work_notes", .string(String(repeating: "a", count: 65_537)), false),
        Case("work_notes", .string("a\u{0}"), false),
        Case("state", .string("new"), true), Case("state", .string("New"), false),
        Case("state", .string("open"), false),
        Case("priority", .int(1), true), Case("priority", .int(5), true), Case("priority", .int(0), false),
        Case("priority", .int(6), false), Case("priority", .int(.min), false),
        Case("squad", .strings([id]), true), Case("squad", .strings([]), true),
        Case("squad", .strings([id, "x"]), false), Case("squad", .strings([""]), false),
        Case("squad", .strings(Array(repeating: id, count: 501)), false),
        Case("watch_list", .strings(Array(repeating: "alice", count: 500)), true),
        Case("watch_list", .strings(Array(repeating: "alice", count: 501)), false),
        Case("watch_list", .strings(["a\u{0}b"]), false), Case("watch_list", .strings([long + "x"]), false),
    ]

    @Test(arguments: cases) func fields(_ expected: Case) throws {
        let field = try #require(TestTouchpoint.schema.field(expected.field))
        let fault = Validation.fault(expected.value, field)
        #expect((fault == nil) == expected.isRight, "\(fault?.en ?? "nothing wrong")")
        if let fault {
            // The sentence names the field in both languages.
            #expect(fault.en.contains(field.label.en) && fault.ko.contains(field.label.ko))
        }
    }

    @Test func aReferenceKeptAsAName() throws {
        let field = try #require(ImportTask.schema.field("data_source"))
        #expect(Validation.fault(.string("contract_template.xlsx"), field) == nil)
        #expect(Validation.fault(.string(Self.long + "x"), field) != nil)
        #expect(Validation.fault(.string("a\u{0}b"), field) != nil)
        let other = try #require(TestDefinitionRecord.schema.field("flow"))
        #expect(Validation.fault(.string("setup-next-qbr"), other) != nil)
    }

    @Test(arguments: [
        ("0", true), ("-1", true), ("1863.4", true), ("-0.000001", true), ("999999999999999999.999999", true),
        ("1000000000000000000", false), ("0.1234567", false), ("", false), ("-", false), (".", false), ("1.", false),
        (".5", false), ("+1", false), ("1,5", false), ("1e3", false), ("NaN", false), ("１", false), ("--1", false),
        ("1.2.3", false), (" 1", false), ("Infinity", false),
    ])
    func decimals(_ text: String, _ isRight: Bool) { #expect(Validation.isDecimal(text) == isRight) }

    @Test(arguments: [
        ("007.50", "7.5"), ("0", "0"), ("000", "0"), ("-0", "0"), ("-0.00", "0"), ("-07", "-7"), ("0.5", "0.5"),
        ("1000", "1000"),
    ])
    func aDecimalHasOneForm(_ text: String, _ form: String) { #expect(Validation.canonicalDecimal(text) == form) }

    /// The dictionary's bounds and formats, where records have them.
    @Test func boundsAndFormats() throws {
        func fault<R: RecordMessage>(_ type: R.Type, _ field: String, _ value: FieldValue) throws -> Text? {
            Validation.fault(value, try #require(R.schema.field(field)))
        }
        #expect(try fault(SoldProduct.self, "quantity", .int(-3))?.en == "Quantity must be at least 0.")
        #expect(try fault(SoldProduct.self, "quantity", .int(0)) == nil)
        #expect(try fault(ServiceEntitlement.self, "total_units", .int(-1)) != nil)
        #expect(try fault(Contract.self, "contract_value", .string("-0.01")) != nil)
        #expect(try fault(Contract.self, "contract_value", .string("-0.00")) == nil)
        #expect(try fault(SuccessOutcome.self, "target_value", .string("-5")) == nil)
        for code in ["EUR", "KRW", "USD"] {
            #expect(try fault(CustomerAccount.self, "currency", .string(code)) == nil, "\(code)")
        }
        for code in ["XYZZY", "eur", "XTS", "€", "EU"] {
            #expect(
                try fault(CustomerAccount.self, "currency", .string(code))?.en.contains("ISO 4217") == true, "\(code)")
        }
    }

    /// What can be chosen is said by its words, with what a request says for each.
    @Test func choicesAreSaidByTheirWords() throws {
        let priority = try #require(OnboardingCase.schema.field("priority"))
        let fault = try #require(Validation.fault(.int(0), priority))
        #expect(
            fault.en
                == "Priority must be one of: Critical ('1'), High ('2'), Moderate ('3'), Low ('4'), Very low ('5').")
        #expect(fault.ko == "우선순위는 다음 중 하나여야 합니다: 심각('1'), 높음('2'), 보통('3'), 낮음('4'), 매우 낮음('5').")
        let state = try #require(OnboardingCase.schema.field("state"))
        #expect(Validation.fault(.string("nothing"), state)?.en.contains("Active ('active')") == true)
    }

    @Test(arguments: [
        ("a@b.example", true), ("first.last+tag@mail.example.org", true), ("petra@bücher.example", true),
        ("kim.o'neil+ale@예시.example", true),
        ("이름@예시.example", true), ("mailto:a@b.example", false), ("a@b.example,", false), ("a..b@c.example", false),
        (".a@b.example", false), ("a@-b.example", false), ("a@b-.example", false), ("a@b\u{200B}.example", false),
        ("a@b.123", false), ("a@b_c.example", false), ("<a@b.example>", false), ("a@b", false),
        ("@b.example", false), ("a@", false), ("a@b@c.example", false), ("a b@c.example", false),
        ("a@b..example", false), ("a@.example", false), ("a@b.example\n", false), ("a@b.example\u{7F}", false),
        ("", false), (String(repeating: "a", count: 65) + "@b.example", false),
        ("a@" + String(repeating: "b", count: 250) + ".example", false),
    ])
    func addresses(_ text: String, _ isRight: Bool) { #expect(Validation.isEmail(text) == isRight) }
}
