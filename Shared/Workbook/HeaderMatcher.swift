import Wire

/// Finds the fields that the headers of a sheet mean (G-57): label first, in either language, then its other titles, then
/// internal name, ignoring case, blanks and characters that nobody sees.
public struct HeaderMatcher: Sendable {
    /// A field that a column may be for.
    public struct Field: Sendable, Hashable {
        /// Internal name, such as `start_date`.
        public var name: String
        /// Label in English.
        public var english: String
        /// Label in Korean.
        public var korean: String
        /// Other titles it goes by.
        public var titles: [String]
        /// Whether the import needs the field.
        public var mandatory: Bool

        /// A field with its labels.
        public init(
            name: String, english: String, korean: String, titles: [String] = [], mandatory: Bool = false
        ) {
            self.name = name
            self.english = english
            self.korean = korean
            self.titles = titles
            self.mandatory = mandatory
        }
    }

    /// A header that means no field.
    public struct Unmatched: Sendable, Hashable {
        /// Its column.
        public let column: Int
        /// What it says.
        public let header: String
        /// The field whose label or name is nearest, when one is near enough to be a slip.
        public let suggestion: Field?
    }

    /// A field that several headers mean. The first column is taken.
    public struct Duplicate: Sendable, Hashable {
        /// The internal name of the field.
        public let field: String
        /// All its columns.
        public let columns: [Int]
    }

    /// What the headers of a sheet mean.
    public struct Match: Sendable, Hashable {
        /// The column of each field found, by internal name.
        public var columns: [String: Int]
        /// Headers without a field.
        public var unmatched: [Unmatched]
        /// Fields with several headers.
        public var duplicates: [Duplicate]
        /// Mandatory fields without a column, which block the import.
        public var missing: [Field]

        /// Whether every mandatory field has a column and no field has two.
        public var isUsable: Bool { missing.isEmpty && duplicates.isEmpty }
    }

    private let fields: [Field]
    private let byLabel: [String: Field]
    private let byName: [String: Field]

    /// A matcher for the fields of a target table. Of two fields with one label the first is meant.
    public init(fields: [Field]) {
        self.fields = fields
        let labels =
            fields.map { ($0.english, $0) } + fields.map { ($0.korean, $0) }
            + fields.flatMap { field in field.titles.map { ($0, field) } }
        byLabel = Dictionary(labels.map { (Self.key($0.0), $0.1) }) { first, _ in first }
        byName = Dictionary(fields.map { (Self.key($0.name), $0) }) { first, _ in first }
    }

    /// Matches the cells of a header row, nil for an empty one. `byHand` maps columns to internal names, as a person has
    /// chosen, and comes before any comparison; a column mapped to the empty name is not read.
    public func match(_ headers: [String?], byHand: [Int: String] = [:]) -> Match {
        var columns: [String: [Int]] = [:]
        var unmatched: [(Int, String)] = []
        for (column, header) in headers.enumerated() where byHand[column] != "" {
            let key = Self.key(header ?? "")
            let chosen = byHand[column].flatMap { byName[Self.key($0)] }
            if let field = chosen ?? byLabel[key] ?? byName[key], chosen != nil || !key.isEmpty {
                columns[field.name, default: []].append(column)
            } else if let header, !key.isEmpty {
                unmatched.append((column, header))
            }
        }
        return Match(
            columns: columns.compactMapValues(\.first),
            unmatched: unmatched.map { column, header in
                let suggestion = nearest(to: Self.key(header), besides: columns)
                return Unmatched(column: column, header: header, suggestion: suggestion)
            },
            duplicates: fields.compactMap { field in
                columns[field.name].flatMap { $0.count > 1 ? Duplicate(field: field.name, columns: $0) : nil }
            },
            missing: fields.filter { $0.mandatory && columns[$0.name] == nil })
    }

    /// Matches the cells of a row.
    public func match(_ row: SheetRow, byHand: [Int: String] = [:]) -> Match {
        match((0..<row.count).map { row.text(at: $0) }, byHand: byHand)
    }

    /// Case, white space and line breaks anywhere, characters that nobody sees, and how a character is composed do not
    /// count.
    public static func key(_ title: String) -> String { title.alike.filter { $0 != " " } }

    /// Near enough: a third of the letters may differ.
    private func nearest(to key: String, besides taken: [String: [Int]]) -> Field? {
        var best: (distance: Int, field: Field)?
        for field in fields where taken[field.name] == nil {
            for text in [field.english, field.korean, field.name] + field.titles {
                let candidate = Self.key(text)
                let bound = max(candidate.count, key.count) / 3
                let distance = Self.distance(Array(key.prefix(100)), Array(candidate))
                if distance <= bound && distance < best?.distance ?? .max { best = (distance, field) }
            }
        }
        return best?.field
    }

    /// Letters to add, drop, change or swap with their neighbour to get from one text to the other.
    static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var before: [Int] = []
        var last = Array(0...other.count)
        for (i, letter) in one.enumerated() {
            var current = [i + 1]
            for (j, wanted) in other.enumerated() {
                var cost = min(last[j + 1] + 1, current[j] + 1, last[j] + (letter == wanted ? 0 : 1))
                if i > 0 && j > 0 && letter == other[j - 1] && one[i - 1] == wanted {
                    cost = min(cost, before[j - 1] + 1)
                }
                current.append(cost)
            }
            (before, last) = (last, current)
        }
        return last[other.count]
    }
}
