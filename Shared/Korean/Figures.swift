/// Figures as a Korean reads them in a sentence.
extension DefaultStringInterpolation {
    /// A number with thousands separators: `1,048,575`.
    public mutating func appendInterpolation(grouped number: some BinaryInteger) {
        appendLiteral(Figures.grouped(number))
    }

    /// A number of bytes: `256MB` or `64KB` when it is a whole number of them, else `524,289바이트`.
    public mutating func appendInterpolation(bytes number: some BinaryInteger) {
        switch number {
        case _ where number > 0 && number.isMultiple(of: 1_048_576): appendLiteral("\(grouped: number / 1_048_576)MB")
        case _ where number > 0 && number.isMultiple(of: 1_024): appendLiteral("\(grouped: number / 1_024)KB")
        default: appendLiteral("\(grouped: number)바이트")
        }
    }

    /// A date of the form `2026-11-28` in words: `2026년 11월 28일`. What is not of that form stays as it is.
    public mutating func appendInterpolation(date text: String) {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        appendLiteral(parts.count == 3 ? "\(parts[0])년 \(parts[1])월 \(parts[2])일" : text)
    }
}

enum Figures {
    static func grouped(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
