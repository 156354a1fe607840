/// What a cell shows a person.
public enum ShownText: Sendable, Hashable {
    /// What it holds, written plainly.
    case plain
    /// This.
    case text(String)
    /// Something that cannot be told here: the format is named.
    case unknown(String)
}

/// A number format such as `"EH-"0000` or `#,##0.00 [$€-407];[Red]-#,##0.00`, taken apart into its sections. What depends
/// on the language of the reader's Excel is not followed, and says so.
struct NumberFormat: Sendable {
    private let code: String
    private let sections: [NumberSection]

    /// Nil for the format that shows every cell plainly.
    init?(_ code: String) {
        guard code.lowercased() != "general", code != "@", !code.isEmpty, code.utf8.count <= 255 else { return nil }
        self.code = code
        sections = NumberSection.split(code).map(NumberSection.init)
    }

    /// The formats that every workbook knows without stating them.
    init?(builtIn id: Int) {
        guard let code = Self.builtIn[id] else { return nil }
        self.init(code)
    }

    private static let builtIn = [
        1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
        13: "# ??/??", 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)",
        40: "#,##0.00;[Red](#,##0.00)", 48: "##0.0E+0",
        // Shown with the currency of the reader's country.
        5: "[$-]#,##0", 6: "[$-]#,##0", 7: "[$-]#,##0.00", 8: "[$-]#,##0.00", 42: "[$-]#,##0", 44: "[$-]#,##0.00",
    ]

    func show(number text: String) -> ShownText {
        guard let number = DecimalDigits(text) else { return .plain }
        guard let (section, isSigned) = section(for: number) else { return .unknown(code) }
        if section.isGeneral { return section.isBare && !isSigned ? .plain : finished(section, text, isSigned) }
        guard section.isFollowed, let shown = section.write(number) else { return .unknown(code) }
        return .text((isSigned && shown.hasDigits ? "-" : "") + trimmed(shown.text))
    }

    private func finished(_ section: NumberSection, _ text: String, _ isSigned: Bool) -> ShownText {
        guard section.isFollowed else { return .unknown(code) }
        return .text(
            (isSigned ? "-" : "") + trimmed(section.around(text.hasPrefix("-") ? String(text.dropFirst()) : text)))
    }

    /// The section a number is shown by, and whether a minus sign goes before it.
    private func section(for number: DecimalDigits) -> (NumberSection, Bool)? {
        let numbers = sections.filter { !$0.isForText }
        guard let first = numbers.first else { return nil }
        if numbers.contains(where: { $0.condition != nil }) {
            let found = numbers.first { $0.condition?.holds(number) ?? true }
            return found.map { ($0, number.isNegative && $0.condition?.isBelowZero != true) }
        }
        switch numbers.count {
        case 1: return (first, number.isNegative)
        case 2: return (number.isNegative ? numbers[1] : first, false)
        default: return (number.isZero ? numbers[2] : number.isNegative ? numbers[1] : first, false)
        }
    }

    func show(text: String) -> ShownText {
        guard let section = sections.last(where: \.isForText) else { return .plain }
        guard section.isFollowed else { return .unknown(code) }
        return .text(section.around(text))
    }

    /// A date as its format shows it; plainly where the format leaves that to the reader's language.
    func show(date canonical: String) -> ShownText {
        guard let section = sections.first, let parts = DateParts(canonical: canonical),
            let text = DateSection(section.code)?.write(parts)
        else { return .plain }
        return .text(text)
    }

    /// The blanks around that only line a column up are no part of what a person reads.
    private func trimmed(_ text: String) -> String {
        let start = text.drop { $0 == " " }
        guard let end = start.lastIndex(where: { $0 != " " }) else { return "" }
        return String(start[...end])
    }
}
