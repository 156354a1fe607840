/// What a cell shows a person.
public enum ShownText: Sendable, Hashable {
    /// What it holds, written plainly.
    case plain
    /// This.
    case text(String)
    /// Something that cannot be told here: the format is named.
    case unknown(String)
}

/// A number format such as `"EH-"0000`, `#,##0.00 [$€-407];[Red]-#,##0.00` or `d-mmm-yy h:mm AM/PM`, taken apart into its
/// sections. What depends on the reader's Excel is not followed, and says so; only dates in the reader's own form are
/// plain, for YYYY-MM-DD nobody misreads.
struct NumberFormat: Sendable {
    private let code: String
    private let sections: [NumberSection]

    /// Nil for the formats that show every cell plainly.
    init?(_ code: String) {
        guard !DateStyle.plain.contains(code.lowercased()), code != "@", !code.isEmpty else { return nil }
        let isDate = DateStyle(formatCode: code) != .none
        guard !(isDate && DateSection.isReaders(code)) else { return nil }
        // Excel knows no longer ones.
        let isKnown = code.utf16.count <= 255
        self.code = String(code.prefix(255))
        sections = isKnown ? NumberSection.split(code).map(NumberSection.init) : []
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
        // Of accounts: below zero with a sign here, in parentheses there.
        41: "#,##0;[$-]#,##0;\"-\"", 43: "#,##0.00;[$-]#,##0.00;\"-\"",
        // Dates and times; 14 and 22, and those of East Asian editions, are the reader's own.
        15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
        45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    ]

    /// `from1904` says from which year the workbook counts days.
    func show(number text: String, from1904: Bool = false) -> ShownText {
        guard let number = DecimalDigits(text) else { return .plain }
        guard let (section, isSigned) = section(for: number) else { return isTextAlone ? .plain : .unknown(code) }
        if section.isForDates {
            return section.dates?.write(number.value, from1904: from1904).map(ShownText.text) ?? .unknown(code)
        }
        if section.isGeneral {
            // `[DBNum2]General` says a number in the numerals of another language, and is none that shows it plainly.
            let isPlain = section.isBare && section.isFollowed && !isSigned
            return isPlain ? .plain : finished(section, text, isSigned)
        }
        guard section.isFollowed, let shown = section.write(number) else { return .unknown(code) }
        let seen = trimmed(shown.text)
        // A zero that the places of `#,###` leave out is a number all the same.
        return seen.isEmpty ? .unknown(code) : .text((isSigned && shown.hasDigits ? "-" : "") + seen)
    }

    /// Whether it shows what a text says and nothing else, as `@_)` does: so it shows numbers as well.
    private var isTextAlone: Bool {
        sections.count == 1 && sections[0].isForText && sections[0].isFollowed
            && trimmed(sections[0].around("")).isEmpty
    }

    private func finished(_ section: NumberSection, _ text: String, _ isSigned: Bool) -> ShownText {
        guard section.isFollowed else { return .unknown(code) }
        return .text(
            (isSigned ? "-" : "") + trimmed(section.around(text.hasPrefix("-") ? String(text.dropFirst()) : text)))
    }

    /// The section a number is shown by, and whether a minus sign goes before it.
    private func section(for number: DecimalDigits) -> (NumberSection, Bool)? {
        let numbers = sections.prefix(3).filter { !$0.isForText }
        guard let first = numbers.first else { return nil }
        if numbers.contains(where: { $0.condition != nil }) {
            let found = numbers.first { $0.condition?.holds(number) ?? true }
            let isLeft = numbers.count == 2 && first.condition?.isFromZero == true && found?.condition == nil
            return found.map { ($0, number.isNegative && $0.condition?.isBelowZero != true && !isLeft) }
        }
        switch numbers.count {
        case 1: return (first, number.isNegative)
        case 2: return (number.isNegative ? numbers[1] : first, false)
        default: return (number.isZero ? numbers[2] : number.isNegative ? numbers[1] : first, false)
        }
    }

    /// A text; the fourth section is for texts, whatever it says.
    func show(text: String) -> ShownText {
        let fourth = sections.count > 3 ? sections[3] : nil
        guard let section = sections.last(where: \.isForText) ?? fourth else {
            return sections.isEmpty ? .unknown(code) : .plain
        }
        let shown = section.around(text)
        return section.isFollowed && !trimmed(shown).isEmpty ? .text(shown) : .unknown(code)
    }

    /// The blanks around that only line a column up are no part of what a person reads.
    private func trimmed(_ text: String) -> String {
        let start = text.drop { $0 == " " }
        guard let end = start.lastIndex(where: { $0 != " " }) else { return "" }
        return String(start[...end])
    }
}
