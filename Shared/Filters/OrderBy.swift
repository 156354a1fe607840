import Korean

/// An ordering of AIP-132: `priority desc, number`.
public struct OrderBy: Sendable, Hashable {
    /// The most fields an ordering may name.
    public static let maximumTerms = 8

    private struct Name: Sendable, Hashable {
        var position: Int
        var name: String
        var isDescending: Bool
    }

    private let names: [Name]

    /// One field of a checked ordering.
    public struct Term: Sendable, Hashable {
        /// The field; `field.column` is the expression to order by.
        public let field: FilterField
        /// Whether larger values come first.
        public let descending: Bool

        /// For ORDER BY: texts in byte order, absent values last when ascending and first when descending.
        public var sql: String {
            let isText = field.sqlType == "text" && field.kind != .list
            return field.column + (isText ? " COLLATE \"C\"" : "") + (descending ? " DESC" : "")
        }
    }

    /// Reads the text of an ordering. An empty text is an empty ordering. `asc` may be written.
    /// - Throws: ``FilterError`` with code `syntax` or `tooLarge`.
    public static func parse(_ text: String) throws(FilterError) -> OrderBy {
        guard text.utf8.count <= Filter.maximumBytes else {
            throw FilterError(
                .tooLarge, at: 0, "An ordering is at most \(Filter.maximumBytes) bytes.",
                "정렬의 크기는 \(bytes: Filter.maximumBytes) 이하여야 합니다.")
        }
        let scalars = Array(text.unicodeScalars)
        if scalars.allSatisfy({ $0 == " " }) { return OrderBy(names: []) }
        var names: [Name] = []
        var start = 0
        for end in 0...scalars.count where end == scalars.count || scalars[end] == "," {
            guard names.count < maximumTerms else {
                throw FilterError(
                    .tooLarge, at: start, "An ordering names at most \(maximumTerms) fields.",
                    "정렬 필드는 최대 \(grouped: maximumTerms)개입니다.")
            }
            names.append(try name(scalars[start..<end]))
            start = end + 1
        }
        return OrderBy(names: names)
    }

    /// Binds names to fields. Lists cannot be ordered, and a field may be named once.
    /// - Throws: ``FilterError`` naming the fields there are.
    public func check(against schema: FilterSchema) throws(FilterError) -> [Term] {
        var terms: [Term] = []
        for name in names {
            guard let field = schema.field(named: name.name), field.kind != .list else {
                throw .unknownField(
                    name.name, at: name.position, in: FilterSchema(schema.fields.filter { $0.kind != .list }))
            }
            guard !terms.contains(where: { $0.field.name == field.name }) else {
                throw FilterError(
                    .syntax, at: name.position, "\(field.name) is named twice.", "'\(field.name)' 필드가 두 번 쓰였습니다.")
            }
            terms.append(Term(field: field, descending: name.isDescending))
        }
        return terms
    }

    private static func name(_ scalars: ArraySlice<Unicode.Scalar>) throws(FilterError) -> Name {
        let words = scalars.split(separator: " ")
        guard let first = words.first else {
            throw .syntax(at: scalars.startIndex, expected: [.field], found: .nothing)
        }
        let texts = words.map { word in
            var view = String.UnicodeScalarView()
            view.append(contentsOf: word)
            return String(view)
        }
        guard texts.count == 1 || (texts.count == 2 && ["asc", "desc"].contains(texts[1])) else {
            let shown = FilterError.shortened(texts[1])
            throw .syntax(
                at: words[1].startIndex, expected: ["asc", "desc", ","], found: FilterToken("“\(shown)”", shown))
        }
        return Name(position: first.startIndex, name: texts[0], isDescending: texts.count == 2 && texts[1] == "desc")
    }
}
