/// The locale in a number format, such as `409`, `1010409` or `ko-KR` of `[$-409]`.
struct FormatLocale: Sendable, Equatable {
    /// The languages whose names of months and days are known here.
    enum Language: Sendable { case unsaid, english, korean, other }

    private(set) var language = Language.unsaid

    /// None.
    init() {}

    /// Nil where the locale chooses digits or a calendar other than ours, or is the reader's own.
    init?(_ text: some StringProtocol) {
        if let number = Int(text, radix: 16) {
            // Digits, calendar and language; 1 stands for European digits and for the Gregorian calendar.
            let (digits, calendar, region) = (number >> 24, number >> 16 & 0xFF, number & 0xFFFF)
            let code = region & 0x3FF
            // Arabic and Persian have calendars of their own without saying so.
            guard text.count <= 8, digits <= 1, calendar <= 1, region > 0, region & 0xF000 != 0xF000, code != 0x01,
                code != 0x29
            else { return nil }
            language = code == 0x12 ? .korean : code == 0x09 ? .english : .other
        } else {
            let parts = text.lowercased().split(separator: "-", omittingEmptySubsequences: false)
            guard (1...3).contains(parts.count), (2...3).contains(parts[0].count),
                parts[0].allSatisfy({ $0.isASCII && $0.isLetter }), parts[0] != "ar", parts[0] != "fa",
                text.allSatisfy({ $0 == "-" || $0.isASCII && ($0.isLetter || $0.isNumber) })
            else { return nil }
            language = parts[0] == "ko" ? .korean : parts[0] == "en" ? .english : .other
        }
    }
}
