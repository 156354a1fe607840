import Records
import Testing
import Wire

/// The rules of a field as people read them are what a wrong value is answered with.
@Suite struct FieldRulesTests {
    private static func field(
        _ type: FieldType, minimum: Int64? = nil, maximum: Int64? = nil, choices: [Choice] = [],
        format: TextFormat? = nil
    ) -> FieldSchema {
        FieldSchema(
            name: "units", jsonName: "units", label: Text(en: "Units", ko: "수량"), type: type, choices: choices,
            format: format, minimum: minimum, maximum: maximum, storage: type == .integer ? .int : .string)
    }

    private static func english(_ field: FieldSchema) -> [String] { FieldRules.sentences(field).map(\.en) }

    @Test func figuresOfNumbers() {
        let whole = Self.field(.integer)
        #expect(Self.english(whole) == ["Units must be a whole number from -2147483648 to 2147483647."])
        #expect(FieldRules.Limits(whole).minimum == -2_147_483_648 && FieldRules.Limits(whole).maximum == 2_147_483_647)
        #expect(PublishedCell("2147483648", for: whole) == .fault(FieldRules.sentences(whole)[0]))
        let bounded = Self.field(.integer, minimum: 1, maximum: 5)
        #expect(
            Self.english(bounded) == [
                "Units must be a whole number.", "Units must be at least 1.", "Units must be at most 5.",
            ])
        let decimal = Self.field(.decimal, minimum: 0)
        #expect(Self.english(decimal).count == 2 && Self.english(decimal)[0].contains("18 digits"))
        let limits = FieldRules.Limits(decimal)
        #expect(limits.wholeDigits == 18 && limits.decimalDigits == 6 && limits.minimum == 0 && limits.maximum == nil)
    }

    @Test func lengthsChoicesAndForms() {
        let line = Self.field(.string)
        #expect(Self.english(line) == ["Units may be at most 1000 characters long."])
        // Code points, not bytes and not what a person counts.
        #expect(PublishedCell(String(repeating: "가", count: 1_000), for: line).isValue)
        #expect(!PublishedCell(String(repeating: "👩‍💻", count: 334), for: line).isValue)
        let choice = Self.field(.choice, choices: [Choice(value: .string("a"), label: Text(en: "First", ko: "첫째"))])
        #expect(FieldRules.sentences(choice).map(\.ko) == ["수량은 다음 중 하나여야 합니다: 첫째."])
        #expect(Self.english(Self.field(.email)) == ["Units must have the form name@example.com."])
        #expect(Self.english(Self.field(.boolean)).count == 1 && Self.english(Self.field(.date)).count == 1)
        #expect(Self.english(Self.field(.string, format: .currencyCode)).count == 2)
    }
}

extension PublishedCell {
    fileprivate var isValue: Bool { if case .value = self { true } else { false } }
}
