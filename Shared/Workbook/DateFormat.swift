import Synchronization
import Wire

/// The parts of a date and time.
struct DateParts {
    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0

    init() {}

    init?(canonical text: String) {
        let format = text.utf8.count == 10 ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss"
        guard let parts = DateFormat.known(format)?.parts(of: text) else { return nil }
        self = parts
    }

    var isReal: Bool {
        guard (1...12).contains(month), year >= 1 else { return false }
        return (1...CivilDate.length(of: month, in: year)).contains(day) && hour < 24 && minute < 60 && second < 60
    }
}

/// A date format taken apart; see `CellText.date`.
struct DateFormat: Sendable {
    private enum Item: Sendable {
        case literal(String)
        case field(Character, width: Int)
    }

    private var items: [Item] = []

    /// Formats that were taken apart before: a column asks for the same one in every row.
    private static let apart = Mutex<[String: DateFormat?]>([:])
    private static let mostApart = 1_000

    /// The format, taken apart once.
    static func known(_ format: String) -> DateFormat? {
        apart.withLock { known in
            if let found = known[format] { return found }
            if known.count >= mostApart { known = [:] }
            let made = DateFormat(format)
            known[format] = .some(made)
            return made
        }
    }

    /// Nil when the format has a letter that stands for nothing, or lacks year, month or day.
    init?(_ format: String) {
        var rest = format[...]
        while let letter = rest.first {
            if letter == "'" {
                let inside = rest.dropFirst().prefix { $0 != "'" }
                items.append(.literal(inside.isEmpty ? "'" : String(inside)))
                rest = rest.dropFirst(inside.count + 2)
            } else if letter.isASCII && letter.isLetter {
                let width = rest.prefix { $0 == letter }.count
                guard Self.widths[letter]?.contains(width) == true else { return nil }
                items.append(.field(letter, width: width))
                rest = rest.dropFirst(width)
            } else {
                items.append(.literal(String(letter)))
                rest = rest.dropFirst()
            }
        }
        let letters = items.compactMap { if case .field(let letter, _) = $0 { letter } else { nil } }
        guard Set(letters).isSuperset(of: ["y", "M", "d"]), Set(letters).count == letters.count else { return nil }
        guard letters.contains("h") == letters.contains("a"), !(letters.contains("h") && letters.contains("H")) else {
            return nil
        }
    }

    private static let widths: [Character: [Int]] = [
        "y": [2, 4], "M": [1, 2], "d": [1, 2], "H": [1, 2], "h": [1, 2], "m": [1, 2], "s": [1, 2], "a": [1],
    ]

    private var hasTime: Bool {
        items.contains { if case .field(let letter, _) = $0 { "Hh".contains(letter) } else { false } }
    }

    /// The canonical text of a text in this format.
    func parse(_ text: String) -> String? {
        guard let parts = parts(of: text) else { return nil }
        let two = { (number: Int) in ExcelDates.padded(number, 2) }
        let date = "\(ExcelDates.padded(parts.year, 4))-\(two(parts.month))-\(two(parts.day))"
        return hasTime ? "\(date) \(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))" : date
    }

    func parts(of text: String) -> DateParts? {
        var parts = DateParts()
        var afternoon: Bool?
        var rest = text[...]
        for item in items {
            switch item {
            case .literal(let literal):
                guard rest.hasPrefix(literal) else { return nil }
                rest = rest.dropFirst(literal.count)
            case .field("a", _):
                guard let half = Self.halves.first(where: { rest.lowercased().hasPrefix($0.text) }) else { return nil }
                afternoon = half.afternoon
                rest = rest.dropFirst(half.text.count)
            case .field(let letter, let width):
                let digits = rest.prefix(max(width, 2)).prefix { $0.isASCII && $0.isNumber }
                guard let number = Int(digits), width == 1 || digits.count == width else { return nil }
                Self.set(number, letter, width, in: &parts)
                rest = rest.dropFirst(digits.count)
            }
        }
        if let afternoon {
            guard (1...12).contains(parts.hour) else { return nil }
            parts.hour = parts.hour % 12 + (afternoon ? 12 : 0)
        }
        return rest.isEmpty && parts.isReal ? parts : nil
    }

    private static let halves: [(text: String, afternoon: Bool)] = [
        ("am", false), ("pm", true), ("오전", false), ("오후", true),
    ]

    private static func set(_ number: Int, _ letter: Character, _ width: Int, in parts: inout DateParts) {
        switch letter {
        case "y": parts.year = width == 4 ? number : number < 70 ? 2_000 + number : 1_900 + number
        case "M": parts.month = number
        case "d": parts.day = number
        case "H", "h": parts.hour = number
        case "m": parts.minute = number
        default: parts.second = number
        }
    }

    func write(_ parts: DateParts) -> String {
        items.map { item in
            switch item {
            case .literal(let literal): return literal
            case .field("a", _): return parts.hour < 12 ? "AM" : "PM"
            case .field("y", let width):
                return ExcelDates.padded(width == 4 ? parts.year : parts.year % 100, width)
            case .field("h", let width): return ExcelDates.padded((parts.hour + 11) % 12 + 1, width)
            case .field(let letter, let width):
                let values: [Character: Int] = [
                    "M": parts.month, "d": parts.day, "H": parts.hour, "m": parts.minute, "s": parts.second,
                ]
                return ExcelDates.padded(values[letter] ?? 0, width)
            }
        }.joined()
    }
}
