/// Tells expressions that reckon dates from nothing but the clock of the run and what they say themselves: they do the
/// same in every run, so they can be tried before there is one.
struct JQClock {
    private static let dates: Set<String> = [
        "fromdate", "fromdateiso8601", "gmtime", "mktime", "strftime", "strptime", "todate", "todateiso8601",
    ]
    private static let constants: Set<String> = ["null", "true", "false"]
    private static let operators: Set<String> = ["and", "or"]

    private let bytes: [UInt8]
    private var at = 0
    /// Whether `.` is what the expression has made, and not what it was given; of each open bracket.
    private var isFed = false
    private var outer: [(isFed: Bool, isObject: Bool)] = []
    /// Names that the expression has given to what it has made.
    private var bound: Set<String> = ["runtime"]
    /// Whether the next bar only ends the naming of something, and `.` stays what it is.
    private var isBinding = false
    /// Whether what was read last can be followed by a path.
    private var isOperand = false
    private var hasDate = false

    /// Whether `source` reckons with dates and reads the run's clock alone. In doubt it does not.
    static func readsAlone(_ source: String) -> Bool {
        var clock = JQClock(bytes: Array(source.utf8))
        while clock.at < clock.bytes.count { guard clock.token() else { return false } }
        return clock.hasDate && clock.outer.isEmpty
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads one token. False when it reads something else, or might.
    private mutating func token() -> Bool {
        let byte = bytes[at]
        at += 1
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: return true
        case UInt8(ascii: "\""): return text()
        case UInt8(ascii: "$"):
            isOperand = true
            return bound.contains(word())
        case UInt8(ascii: "."):
            guard isOperand || isFed else { return false }
            _ = word()
            isOperand = true
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
            outer.append((isFed, byte == UInt8(ascii: "{")))
            isOperand = false
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
            guard let before = outer.popLast() else { return false }
            (isFed, isOperand) = (before.isFed, true)
        case UInt8(ascii: "|"): (isFed, isOperand, isBinding) = (isFed || !isBinding, false, false)
        case UInt8(ascii: ",") where outer.last?.isObject == true:
            (isFed, isOperand) = (outer.last?.isFed == true, false)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            while at < bytes.count, (0x30...0x39).contains(bytes[at]) || bytes[at] == UInt8(ascii: ".") { at += 1 }
            isOperand = true
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "%"),
            UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "="), UInt8(ascii: "!"):
            isOperand = false
        case _ where Self.isLetter(byte):
            at -= 1
            return named(word())
        default: return false
        }
        return true
    }

    private mutating func named(_ name: String) -> Bool {
        if name == "as" { return binding() }
        // A key of an object; one without a value reads `.`.
        if !isOperand, outer.last?.isObject == true, isFollowed(by: UInt8(ascii: ":")) { return true }
        isOperand = !Self.operators.contains(name)
        guard !Self.operators.contains(name), !Self.constants.contains(name) else { return true }
        hasDate = hasDate || Self.dates.contains(name)
        // What functions read is `.`; words such as `if` and `as` change what that is.
        return isFed && JQScanner.functions.contains(name)
    }

    /// The name behind `as`. False for a pattern that takes something apart.
    private mutating func binding() -> Bool {
        guard isOperand, isFollowed(by: UInt8(ascii: "$")), !isBinding else { return false }
        at += 1
        bound.insert(word())
        (isBinding, isOperand) = (true, false)
        return isFollowed(by: UInt8(ascii: "|"))
    }

    /// Whether a byte comes next, white space passed over.
    private mutating func isFollowed(by byte: UInt8) -> Bool {
        while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
        return at < bytes.count && bytes[at] == byte
    }

    /// The rest of a text. False when something is set into it.
    private mutating func text() -> Bool {
        isOperand = true
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == UInt8(ascii: "\"") { return true }
            guard byte == UInt8(ascii: "\\"), at < bytes.count else { continue }
            if bytes[at] == UInt8(ascii: "(") { return false }
            at += 1
        }
        return false
    }

    private mutating func word() -> String {
        let start = at
        while at < bytes.count, Self.isLetter(bytes[at]) || (0x30...0x39).contains(bytes[at]) { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
}
