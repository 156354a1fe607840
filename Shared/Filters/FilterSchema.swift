import Wire

/// A value of a row, or a parameter of the SQL a filter becomes.
public enum FilterValue: Sendable, Hashable {
    /// Absent.
    case null
    case string(String)
    case int(Int64)
    /// A decimal in plain notation, `-12.50`.
    case decimal(String)
    case bool(Bool)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)
    /// A calendar date, `YYYY-MM-DD`.
    case date(String)
    case strings([String])

    /// The value in the text form Postgres reads for the type the SQL casts the parameter to; nil for `null`.
    public var postgresText: String? {
        switch self {
        case .null: nil
        case .string(let text), .decimal(let text), .date(let text): text
        case .int(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .timestamp(let microseconds): Moment.text(microseconds: microseconds)
        case .strings(let texts): FilterValue.arrayLiteral(texts)
        }
    }

    private static func arrayLiteral(_ texts: [String]) -> String {
        var literal = "{"
        for (index, text) in texts.enumerated() {
            literal += index == 0 ? "\"" : ",\""
            for scalar in text.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { literal += "\\" }
                literal.unicodeScalars.append(scalar)
            }
            literal += "\""
        }
        return literal + "}"
    }
}

/// A field a filter or an ordering may name.
///
/// A schema lists only what the caller may read: to filter by a value is to learn it.
public struct FilterField: Sendable, Hashable {
    /// What the field holds, and so which comparators and values it takes.
    public enum Kind: Sendable, Hashable {
        /// `=` and `!=` compare whole texts (with `*` at either end as wildcard), `:` finds text inside, both as
        /// ``FilterField/Folding`` says; `<` and the like compare bytes. Postgres type `text`.
        case string
        /// Postgres `bigint`, `integer` or `smallint`.
        case int
        /// Postgres `numeric`.
        case decimal
        /// Postgres `boolean`.
        case bool
        /// Postgres `timestamptz`. A literal may be RFC 3339 or a date, which means its midnight UTC.
        case timestamp
        /// Postgres `date`.
        case date
        /// One of a set of values kept as text; only equality.
        case choice(allowed: [String])
        /// One of a set of numbers; equality and order (priority 1 is before 2).
        case intChoice(allowed: [Int64])
        /// The id of another record, a UUID; only equality. Postgres `uuid` unless `sqlType` says otherwise.
        case reference
        /// Several texts; only `:`, which asks whether one of them is there, as ``FilterField/Folding`` says. Postgres
        /// `text[]`; with `sqlType: "uuid"` several ids, `uuid[]`.
        case list
    }

    /// When a text of a filter and a text of a row are the same.
    public enum Folding: Sendable, Hashable {
        /// When they look alike, as `String.alike` and the database's function of this name say.
        case alike(function: String)
        /// When they are the same bytes: ids and names of tables. `:` ignores the case of ASCII letters.
        case exact
        /// Numbers that the system gives, whose letters are capitals: however the filter writes them.
        case capitals
    }

    /// The name in snake_case, dots allowed for traversal (`account.name`). Its lowerCamelCase form is accepted too.
    public let name: String
    /// What the field holds.
    public let kind: Kind
    /// The SQL expression of the column. It is put into the statement as it is: never text from outside.
    public let column: String
    /// Whether a bare word of a filter is looked for in this field. Only texts are searched.
    public let isSearchable: Bool
    /// The Postgres type a parameter compared with the column is cast to.
    public let sqlType: String
    /// When texts are the same; of no meaning for other kinds.
    public let folding: Folding

    /// - Parameters:
    ///   - column: defaults to the name.
    ///   - searchable: whether bare words search this field; ignored for kinds other than `string`.
    ///   - sqlType: the column's type when it is not the one documented at ``Kind``, such as `text` for ids kept as text.
    ///   - folding: when texts are the same; by the function `folded` of the search path unless said.
    public init(
        _ name: String, _ kind: Kind, column: String? = nil, searchable: Bool = true, sqlType: String? = nil,
        folding: Folding = .alike(function: "folded")
    ) {
        self.name = name
        self.kind = kind
        self.column = column ?? name
        self.isSearchable = searchable && kind == .string
        self.sqlType = sqlType ?? FilterField.defaultType(of: kind)
        self.folding = folding
    }

    private static func defaultType(of kind: Kind) -> String {
        switch kind {
        case .string, .choice, .list: "text"
        case .int, .intChoice: "bigint"
        case .decimal: "numeric"
        case .bool: "boolean"
        case .timestamp: "timestamptz"
        case .date: "date"
        case .reference: "uuid"
        }
    }
}

/// The fields of one collection, found by either spelling of their names.
///
/// Every schema also knows these functions, allowed on the right side of a comparator:
/// `today()` and `days_from_now(n)` on dates, `today()`, `now()` and `days_from_now(n)` on timestamps (midnight UTC of
/// today; n times 24 hours from now), `me()` on references and lists.
public struct FilterSchema: Sendable {
    /// The fields in the order they were given.
    public let fields: [FilterField]
    private let positions: [String: Int]

    /// When two fields have one name, the first is meant.
    public init(_ fields: [FilterField]) {
        self.fields = fields
        var positions: [String: Int] = [:]
        for (index, field) in fields.enumerated() {
            for name in [field.name, FilterSchema.lowerCamelCase(field.name)] where positions[name] == nil {
                positions[name] = index
            }
        }
        self.positions = positions
    }

    /// The field of a name in snake_case or lowerCamelCase.
    public func field(named name: String) -> FilterField? {
        positions[name].map { fields[$0] }
    }

    /// `assigned_to` becomes `assignedTo`; a digit after an underscore stays, as protobuf's JSON names do it.
    static func lowerCamelCase(_ name: String) -> String {
        var result = ""
        var isAfterUnderscore = false
        for scalar in name.unicodeScalars {
            if scalar == "_" {
                isAfterUnderscore = true
                continue
            }
            if isAfterUnderscore, scalar.isASCII {
                result += String(scalar).uppercased()
            } else {
                result.unicodeScalars.append(scalar)
            }
            isAfterUnderscore = false
        }
        return result
    }
}

/// What the functions of a filter answer: who asks, and when.
public struct FilterFacts: Sendable, Hashable {
    /// Today's date where the caller is, `YYYY-MM-DD`.
    public let today: String
    /// The present instant, microseconds since 1970 UTC.
    public let nowMicroseconds: Int64
    /// The id of the caller; `me()`. A caller whose subject is no UUID (a service) equals no reference.
    public let subject: String

    /// - Parameter today: defaults to the UTC date of `nowMicroseconds`.
    public init(nowMicroseconds: Int64, today: String? = nil, subject: String) {
        self.nowMicroseconds = nowMicroseconds
        self.today = today ?? CivilDate(microseconds: nowMicroseconds).description
        self.subject = subject
    }
}
