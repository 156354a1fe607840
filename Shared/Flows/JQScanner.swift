/// Looks over a jq expression before libjq sees it.
///
/// libjq cannot be interrupted and some of its built-ins never end, read the world outside, or abort the process on odd
/// input. So an expression may use only what is listed here: every built-in that is pure and whose work is bounded by
/// the size of its input. Refused are in particular
///
/// * `def`, `reduce`, `foreach`, `recurse`, `repeat`, `while`, `until`, `combinations`: unbounded work;
/// * assignment (`=`, `|=`, `+=`, …) and `setpath`: one index can ask for gigabytes; build a new object instead;
/// * `input`, `inputs`, `debug`, `stderr`, `env`, `$ENV`, `input_filename`, `halt`, `import`: the world outside;
/// * `now`, `localtime`: not the same when a run is resumed; use `$runtime.now`;
/// * `implode`, `indices`, `sub`, `capture`, `scan`, `path`, `map_values`, `@base64d` and the like: endless, of
///   quadratic cost, or unsafe in libjq 1.6 for some inputs.
///
/// `range`, `+`, `-`, `*`, `contains` and dates are bounded by definitions laid over the built-in ones (see ``JQ``). The
/// scan also proves that the brackets of the expression balance, so that it can be set inside a larger program without
/// leaking out of it.
struct JQScanner {
    /// Longest expression, in bytes.
    static let maximumBytes = 4_000

    /// Built-in functions an expression may call.
    static let functions: Set<String> = [
        "add", "all", "any", "arrays", "ascii_downcase", "ascii_upcase", "booleans", "ceil", "contains",
        "del", "empty", "endswith", "error", "explode", "fabs", "false", "first", "flatten", "floor", "from_entries",
        "fromdate", "fromdateiso8601", "fromjson", "getpath", "gmtime", "group_by", "has", "in", "isempty",
        "iterables", "join", "keys", "keys_unsorted", "last", "length", "limit", "ltrimstr", "map",
        "max", "max_by", "min", "min_by", "mktime", "not", "nth", "null", "nulls", "numbers", "objects",
        "pow", "range", "reverse", "round", "rtrimstr", "scalars", "select", "sort", "sort_by",
        "split",
        "sqrt", "startswith", "strftime", "strings", "strptime", "test", "to_entries", "todate",
        "todateiso8601", "tojson", "tonumber", "tostring", "transpose", "true", "type", "unique", "unique_by",
        "utf8bytelength", "values", "with_entries",
    ]
    private static let keywords: Set<String> = [
        "if", "then", "elif", "else", "end", "and", "or", "as", "try", "catch", "label", "break",
    ]
    private static let formats: Set<String> = ["@text", "@json", "@html", "@uri", "@csv", "@tsv", "@base64"]

    private enum Context { case parenthesis, bracket, brace, interpolation }

    private let bytes: [UInt8]
    private var at = 0
    private var contexts: [Context] = []
    /// Whether the next name inside a brace is a member name and not a function.
    private var keyPosition = false

    private init(_ expression: String) { bytes = Array(expression.utf8) }

    /// `nil` when the expression may be compiled, else what is wrong with it.
    static func problem(in expression: String) -> String? {
        var scanner = JQScanner(expression)
        guard scanner.bytes.count <= maximumBytes else { return "longer than \(maximumBytes) bytes" }
        return scanner.scan()
    }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    private func next(is character: UInt8) -> Bool { at + 1 < bytes.count && bytes[at + 1] == character }

    private static func startsName(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private mutating func scan() -> String? {
        while let byte {
            let wasKeyPosition = keyPosition
            keyPosition = false
            if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
                keyPosition = wasKeyPosition
                at += 1
            } else if byte < 0x20 || byte == 0x7F {
                return "control character"
            } else if byte == UInt8(ascii: "#") {
                keyPosition = wasKeyPosition
                while let byte = self.byte, byte != 0x0A { at += 1 }
            } else if let problem = token(byte, keyPosition: wasKeyPosition) {
                return problem
            }
        }
        return contexts.isEmpty ? nil : "a bracket or a string is not closed"
    }

    private mutating func token(_ byte: UInt8, keyPosition isKey: Bool) -> String? {
        switch byte {
        case UInt8(ascii: "\""):
            at += 1
            return string()
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
            contexts.append(byte == UInt8(ascii: "(") ? .parenthesis : byte == UInt8(ascii: "[") ? .bracket : .brace)
            keyPosition = byte == UInt8(ascii: "{")
            at += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): return close(byte)
        case UInt8(ascii: ","):
            keyPosition = contexts.last == .brace
            at += 1
        case UInt8(ascii: "."):
            at += 1
            if let byte = self.byte, Self.startsName(byte) { _ = name() }
        case UInt8(ascii: "$"):
            at += 1
            guard let byte = self.byte, Self.startsName(byte) else { return "a name was expected after $" }
            let variable = name()
            if variable.hasPrefix("__") || variable == "ENV" { return "$\(variable) is not available in flows" }
        case UInt8(ascii: "@"):
            at += 1
            let format = "@" + name()
            if !Self.formats.contains(format) { return "\(format) is not available in flows" }
        case _ where Self.isDigit(byte): number()
        case _ where Self.startsName(byte):
            let word = name()
            if isKey || Self.keywords.contains(word) || Self.functions.contains(word) { return nil }
            if word == "now" { return "'now' is not available in flows; use $runtime.now" }
            return "'\(word)' is not available in flows"
        default: return operation(byte)
        }
        return nil
    }

    /// An operator; every form of assignment is refused.
    private mutating func operation(_ byte: UInt8) -> String? {
        at += 1
        guard let next = self.byte, next == UInt8(ascii: "=") else {
            return byte == UInt8(ascii: "=") ? "assignment is not available in flows" : nil
        }
        at += 1
        switch byte {
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"): return nil
        default: return "assignment is not available in flows"
        }
    }

    private mutating func close(_ byte: UInt8) -> String? {
        at += 1
        let context = contexts.popLast()
        switch (byte, context) {
        case (UInt8(ascii: ")"), .parenthesis), (UInt8(ascii: "]"), .bracket), (UInt8(ascii: "}"), .brace): return nil
        case (UInt8(ascii: ")"), .interpolation): return string()
        default: return "brackets do not match"
        }
    }

    /// The rest of a string, up to its end or to an interpolation.
    private mutating func string() -> String? {
        while let byte {
            at += 1
            if byte == UInt8(ascii: "\"") { return nil }
            guard byte == UInt8(ascii: "\\"), let escaped = self.byte else { continue }
            at += 1
            if escaped == UInt8(ascii: "(") {
                contexts.append(.interpolation)
                return nil
            }
        }
        return "a string is not closed"
    }

    private mutating func name() -> String {
        let start = at
        while let byte, Self.startsName(byte) || Self.isDigit(byte) || byte == UInt8(ascii: ":") && next(is: byte) {
            at += byte == UInt8(ascii: ":") ? 2 : 1
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func number() {
        while let byte, Self.isDigit(byte) || byte == UInt8(ascii: ".") { at += 1 }
        guard let byte, byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return }
        at += 1
        if let sign = self.byte, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { at += 1 }
        while let byte = self.byte, Self.isDigit(byte) { at += 1 }
    }
}
