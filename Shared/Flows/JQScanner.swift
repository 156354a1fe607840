/// Looks over a jq expression before libjq sees it.
///
/// Some of libjq's built-ins read the world outside, never end inside C, or abort the process on odd input. So an
/// expression may use only what is listed here; the rest is refused by its name when a flow is saved. Refused are in
/// particular
///
/// * `def`, `repeat`, `fromstream`: with them values can be nested deeper than the stack is, unseen;
/// * `input`, `inputs`, `debug`, `stderr`, `env`, `$ENV`, `$__loc__`, `input_filename`, `halt`, `import`: the world outside;
/// * `now`, `localtime`, `strflocaltime`: not the same when a run is resumed; use `$runtime.now`;
/// * `@base64d`: reads beyond its input in libjq 1.6.
///
/// What loops (`reduce`, `foreach`, `while`, `until`, `recurse`) is counted: before each round stands a call of `__tick`
/// (see ``JQPrelude``), which the scan sets into `reduce` and `foreach`. Lists and objects are weighed. The scan also proves that the brackets of the
/// expression balance, so that it can be set inside a larger program without leaking out of it.
struct JQScanner {
    /// Longest expression, in bytes.
    static let maximumBytes = 4_000

    /// Built-in functions an expression may call.
    static let functions: Set<String> = [
        "IN", "INDEX", "add", "all", "any", "arrays", "ascii_downcase", "ascii_upcase", "booleans", "bsearch",
        "capture",
        "ceil", "combinations", "contains", "del", "delpaths", "empty", "endswith", "error", "exp", "exp10", "exp2",
        "explode", "fabs", "false", "finites", "first", "flatten", "floor", "fmax", "fmin", "fmod", "from_entries",
        "fromdate", "fromdateiso8601", "fromjson", "getpath", "gmtime", "group_by", "gsub", "has", "implode", "in",
        "index", "indices", "infinite", "inside", "isempty", "isfinite", "isinfinite", "isnan", "isnormal", "iterables",
        "join", "keys", "keys_unsorted", "last", "leaf_paths", "length", "limit", "log", "log10", "log2", "ltrimstr",
        "map", "map_values", "match", "max", "max_by", "min", "min_by", "mktime", "nan", "normals", "not", "nth",
        "null",
        "nulls", "numbers", "objects", "path", "paths", "pow", "range", "recurse", "reverse", "rindex", "round",
        "rtrimstr", "scalars", "scan", "select", "setpath", "sort", "sort_by", "split", "splits", "sqrt", "startswith",
        "strftime", "strings", "strptime", "sub", "test", "to_entries", "todate", "todateiso8601", "tojson", "tonumber",
        "tostream", "tostring", "transpose", "true", "trunc", "type", "unique", "unique_by", "until", "utf8bytelength",
        "values", "walk", "while", "with_entries",
    ]
    private static let keywords: Set<String> = [
        "if", "then", "elif", "else", "end", "and", "or", "as", "try", "catch", "label", "break", "reduce", "foreach",
    ]
    /// Deepest nesting of brackets: a round of a loop nests a value no deeper than that.
    static let maximumNesting = 64
    private static let formats: Set<String> = [
        "@text", "@json", "@html", "@uri", "@csv", "@tsv", "@base64", "@base32", "@sh",
    ]

    private enum Context { case parenthesis, bracket, brace, interpolation }

    private let bytes: [UInt8]
    private var at = 0
    private var contexts: [Context] = []
    /// Whether the next name inside a brace is a member name and not a function.
    private var keyPosition = false
    private var loops = JQLoops()
    private var weighing = JQWeighing()

    private init(_ expression: String) { bytes = Array(expression.utf8) }

    /// What is wrong with an expression, or how it may be compiled: with its loops counted.
    static func scan(_ expression: String) -> Scanned {
        var scanner = JQScanner(expression)
        guard scanner.bytes.count <= maximumBytes else { return .refused("longer than \(maximumBytes) bytes") }
        if let problem = scanner.scan() { return .refused(problem) }
        return .fine(JQInsertion.all(scanner.loops.insertions + scanner.weighing.insertions, into: scanner.bytes))
    }

    enum Scanned: Equatable {
        case fine(String)
        case refused(String)
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
        // Behind `?` stands what stood before it.
        if byte != UInt8(ascii: "[") { weighing.isOperand = weighing.isOperand && byte == UInt8(ascii: "?") }
        switch byte {
        case UInt8(ascii: "\""):
            at += 1
            return string()
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
            guard contexts.count < Self.maximumNesting else { return "nested deeper than \(Self.maximumNesting)" }
            loops.open(byte, depth: contexts.count)
            weighing.open(byte, at: at)
            contexts.append(byte == UInt8(ascii: "(") ? .parenthesis : byte == UInt8(ascii: "[") ? .bracket : .brace)
            keyPosition = byte == UInt8(ascii: "{")
            at += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): return close(byte)
        case UInt8(ascii: ","):
            keyPosition = contexts.last == .brace
            at += 1
        case UInt8(ascii: ";"):
            at += 1
            loops.part(depth: contexts.count, at: at)
        case UInt8(ascii: "."):
            at += 1
            weighing.isOperand = true
            if let byte = self.byte, Self.startsName(byte) { _ = name() }
        case UInt8(ascii: "$"):
            at += 1
            guard let byte = self.byte, Self.startsName(byte) else { return "a name was expected after $" }
            let variable = name()
            (weighing.isOperand, weighing.expectsPattern) = (true, false)
            if variable.hasPrefix("__") || variable == "ENV" { return "$\(variable) is not available in flows" }
        case UInt8(ascii: "@"):
            at += 1
            let format = "@" + name()
            weighing.isOperand = true
            if !Self.formats.contains(format) { return "\(format) is not available in flows" }
        case UInt8(ascii: "?"):
            at += 1
            // `?//` stands between the patterns of a value.
            guard self.byte == UInt8(ascii: "/"), next(is: UInt8(ascii: "/")) else { break }
            at += 2
            (weighing.isOperand, weighing.expectsPattern) = (false, true)
        case _ where Self.isDigit(byte):
            number()
            weighing.isOperand = true
        case _ where Self.startsName(byte):
            let word = name()
            if !isKey {
                loops.read(word, depth: contexts.count)
                weighing.isOperand = !Self.keywords.contains(word)
                weighing.expectsPattern = word == "as"
            }
            if isKey || Self.keywords.contains(word) || Self.functions.contains(word) { return nil }
            if word == "now" { return "'now' is not available in flows; use $runtime.now" }
            return "'\(word)' is not available in flows"
        default: at += 1
        }
        return nil
    }

    private mutating func close(_ byte: UInt8) -> String? {
        at += 1
        let context = contexts.popLast()
        loops.close(depth: contexts.count)
        weighing.close(before: at, in: bytes)
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
            if byte == UInt8(ascii: "\"") {
                weighing.isOperand = true
                return nil
            }
            guard byte == UInt8(ascii: "\\"), let escaped = self.byte else { continue }
            at += 1
            if escaped == UInt8(ascii: "(") {
                guard contexts.count < Self.maximumNesting else { return "nested deeper than \(Self.maximumNesting)" }
                contexts.append(.interpolation)
                weighing.open(UInt8(ascii: "("), at: at)
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
