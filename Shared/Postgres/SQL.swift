/// A statement and its bound parameters.
///
/// Written as a string literal, every interpolated value becomes a parameter, never text:
///
///     let rows = try tx.query("SELECT name FROM account WHERE id = \(id) AND state = \(state)")
///
/// The text of a literal is a `StaticString`, so a string built at run time cannot become SQL by accident; the one
/// door is `\(raw:)`, which says so.
public struct SQL: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// The statement as the server sees it, with `$1`, `$2`, …
    public private(set) var text: String
    /// The values of `$1`, `$2`, … in order.
    public private(set) var parameters: [SQLValue]
    /// Where each placeholder stands in `text` (offset of its `$` in UTF-8), so that joining can renumber without
    /// having to understand quotes and comments.
    private var placeholders: [Int]

    /// An empty statement, to be added to.
    public init() {
        text = ""
        parameters = []
        placeholders = []
    }

    /// A statement made by code whose text names so many parameters by their numbers, each as often as it likes: to be
    /// ``filled(with:)``, and not to be joined with others. The text is executed as it is, see
    /// ``Interpolation/appendInterpolation(raw:)``.
    public init(numbered trustedStaticText: String, parameters count: Int) {
        text = trustedStaticText
        parameters = Array(repeating: .null, count: count)
        placeholders = []
    }

    /// A statement without parameters.
    public init(stringLiteral value: StaticString) {
        self.init()
        append(literal: value)
    }

    /// What `"…\(value)…"` calls.
    public init(stringInterpolation: Interpolation) {
        self = stringInterpolation.sql
    }

    /// Joins two statements; the parameters of the right one are renumbered behind those of the left one.
    public static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.append(right)
        return sum
    }

    /// Appends another statement, renumbering its parameters.
    public static func += (left: inout SQL, right: SQL) {
        left.append(right)
    }

    /// The same text with other values, one for each placeholder in order: for statements whose text never changes,
    /// which is then put together once. How many there are is fixed by the program; another number ends it.
    public func filled(with values: [SQLValue]) -> SQL {
        precondition(values.count == parameters.count, "\(values.count) values for \(parameters.count) placeholders")
        var filled = self
        filled.parameters = values
        return filled
    }

    /// `($1, …), (…)`: so many rows of so many placeholders, for a statement that is ``filled(with:)`` row by row.
    public static func placeholders(_ width: Int, rows: Int = 1) -> SQL {
        let row: SQL = "(\(Array(repeating: "\(SQLValue.null)" as SQL, count: width).joined()))"
        return Array(repeating: row, count: rows).joined()
    }

    /// Whether the statement has no text at all.
    public var isEmpty: Bool { text.isEmpty }

    mutating func append(literal: StaticString) {
        if literal.hasPointerRepresentation {
            literal.withUTF8Buffer { text.append(String(decoding: $0, as: UTF8.self)) }
        } else {
            text.unicodeScalars.append(literal.unicodeScalar)
        }
    }

    mutating func append(raw: String) {
        text.append(raw)
    }

    mutating func append(parameter: SQLValue) {
        parameters.append(parameter)
        placeholders.append(text.utf8.count)
        text.append("$")
        text.append(String(parameters.count))
    }

    mutating func append(_ other: SQL) {
        precondition(
            other.placeholders.count == other.parameters.count && placeholders.count == parameters.count,
            "a statement with numbered parameters stands alone")
        if parameters.isEmpty {
            let shift = text.utf8.count
            text.append(other.text)
            parameters = other.parameters
            placeholders = other.placeholders.map { $0 + shift }
            return
        }
        let source = other.text.utf8
        var copied = source.startIndex
        for (number, offset) in other.placeholders.enumerated() {
            let hole = source.index(source.startIndex, offsetBy: offset)
            text.append(contentsOf: other.text[copied..<hole])
            append(parameter: other.parameters[number])
            copied = source.index(hole, offsetBy: 1 + String(number + 1).utf8.count)
        }
        text.append(contentsOf: other.text[copied...])
    }

    /// What `"…\(value)…"` is made of.
    public struct Interpolation: StringInterpolationProtocol {
        var sql = SQL()

        /// Makes room for what the compiler has counted.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.text.reserveCapacity(literalCapacity + interpolationCount * 3)
            sql.parameters.reserveCapacity(interpolationCount)
            sql.placeholders.reserveCapacity(interpolationCount)
        }

        /// Appends text written in the program.
        public mutating func appendLiteral(_ literal: StaticString) {
            sql.append(literal: literal)
        }

        /// Binds a value as the next parameter.
        public mutating func appendInterpolation(_ value: some SQLConvertible) {
            sql.append(parameter: value.sqlValue)
        }

        /// Binds a value, or NULL for nil, as the next parameter.
        public mutating func appendInterpolation(_ value: (some SQLConvertible)?) {
            sql.append(parameter: value?.sqlValue ?? .null)
        }

        /// Inserts another statement with its parameters.
        public mutating func appendInterpolation(_ fragment: SQL) {
            sql.append(fragment)
        }

        /// Inserts a name (table, column, schema) in double quotes. A NUL in it is refused when the statement is sent.
        public mutating func appendInterpolation(identifier name: String) {
            sql.append(raw: SQL.quoted(identifier: name))
        }

        /// Inserts the name of a column in double quotes.
        public mutating func appendInterpolation(identifier column: some RawRepresentable<String>) {
            sql.append(raw: SQL.quoted(identifier: column.rawValue))
        }

        /// Inserts names in double quotes with commas between.
        public mutating func appendInterpolation(identifiers names: [String]) {
            sql.append(raw: names.map(SQL.quoted(identifier:)).joined(separator: ", "))
        }

        /// Inserts a quoted literal, for statements that take no parameters (`CREATE ROLE … PASSWORD`, `SET`).
        public mutating func appendInterpolation(literal text: String) {
            sql.append(raw: SQL.quoted(literal: text))
        }

        /// Inserts the quoted value of a case: of a state, say, that an index is limited to.
        public mutating func appendInterpolation(literal constant: some RawRepresentable<String>) {
            sql.append(raw: SQL.quoted(literal: constant.rawValue))
        }

        /// Inserts text as it is. DANGER: whatever it holds is executed. Only for text the program itself made, such
        /// as a column list of generated code; never for anything that came from outside.
        public mutating func appendInterpolation(raw trustedStaticText: String) {
            sql.append(raw: trustedStaticText)
        }
    }

    /// A name in double quotes.
    public static func quoted(identifier name: String) -> String {
        "\"" + doubling("\"", in: name) + "\""
    }

    /// A text in single quotes. Text with a backslash gets the `E'…'` form, which means the same under every setting.
    public static func quoted(literal text: String) -> String {
        let quoted = "'" + doubling("'", in: text) + "'"
        return text.utf8.contains(UInt8(ascii: "\\")) ? " E" + doubling("\\", in: quoted) : quoted
    }

    private static func doubling(_ mark: Unicode.Scalar, in text: String) -> String {
        // Scalars, not characters: a combining mark behind a quote must not hide it.
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar)
            if scalar == mark { result.append(scalar) }
        }
        return String(result)
    }
}

extension Collection<SQL> {
    /// One statement made of all of them with a separator between, parameters renumbered.
    public func joined(separator: SQL = ", ") -> SQL {
        var sum = SQL()
        for (index, element) in enumerated() {
            if index > 0 { sum += separator }
            sum += element
        }
        return sum
    }
}
