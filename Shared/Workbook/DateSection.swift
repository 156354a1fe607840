/// A date format as workbooks write it, such as `dd.mm.yyyy hh:mm`, for showing a date as its cell does.
struct DateSection {
    private enum Item {
        case literal(String)
        case field(Character, Int)
        case half
    }

    private var items: [Item] = []

    /// Nil where the format leaves names or order to the reader's language, or has parts that are not known here.
    init?(_ code: String) {
        var rest = code[...]
        while let letter = rest.first {
            let lowered = Character(letter.lowercased())
            switch lowered {
            case "y", "m", "d", "h", "s":
                let width = rest.prefix { Character($0.lowercased()) == lowered }.count
                guard width <= (lowered == "y" ? 4 : 2) else { return nil }
                items.append(.field(lowered, width))
                rest = rest.dropFirst(width)
            case "a":
                guard rest.lowercased().hasPrefix("am/pm") else { return nil }
                items.append(.half)
                rest = rest.dropFirst(5)
            case "\"":
                let inside = rest.dropFirst().prefix { $0 != "\"" }
                items.append(.literal(String(inside)))
                rest = rest.dropFirst(inside.count + 2)
            case "\\":
                items.append(.literal(String(rest.dropFirst().prefix(1))))
                rest = rest.dropFirst(2)
            case "_", "*": rest = rest.dropFirst(2)
            case "[":
                let inside = rest.dropFirst().prefix { $0 != "]" }
                // A locale or a colour; elapsed hours and calendars of other lands are not for here.
                guard inside.hasPrefix("$-"), inside.count <= 6, !inside.hasPrefix("$-F") else { return nil }
                rest = rest.dropFirst(inside.count + 2)
            case "@": rest = rest.dropFirst()
            default:
                guard !(letter.isASCII && letter.isLetter || letter.isNumber) else { return nil }
                items.append(.literal(String(letter)))
                rest = rest.dropFirst()
            }
        }
        markMinutes()
    }

    /// The letter m behind hours or before seconds means minutes.
    private mutating func markMinutes() {
        var last: Character = " "
        for index in items.indices {
            guard case .field(let letter, let width) = items[index] else { continue }
            let next = items[(index + 1)...].lazy.compactMap { if case .field(let next, _) = $0 { next } else { nil } }
                .first
            if letter == "m", last == "h" || next == "s" { items[index] = .field("n", width) }
            last = letter
        }
    }

    func write(_ parts: DateParts) -> String {
        let isHalved = items.contains { if case .half = $0 { true } else { false } }
        return items.map { item in
            switch item {
            case .literal(let literal): return literal
            case .half: return parts.hour < 12 ? "AM" : "PM"
            case .field("y", let width):
                return ExcelDates.padded(width > 2 ? parts.year : parts.year % 100, width > 2 ? 4 : 2)
            case .field("h", let width):
                return ExcelDates.padded(isHalved ? (parts.hour + 11) % 12 + 1 : parts.hour, width)
            case .field(let letter, let width):
                let values: [Character: Int] = ["m": parts.month, "d": parts.day, "n": parts.minute, "s": parts.second]
                return ExcelDates.padded(values[letter] ?? 0, width)
            }
        }.joined()
    }
}
