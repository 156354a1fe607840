import CustomerSuccessWire
import OnboardingWire
import RPC
import Records
import Wire

/// Finds records of any table by what people call them, with the rights of whoever asks.
struct Lookup: Sendable {
    /// A record with its name.
    struct Found: Sendable {
        let id: String
        let text: String
        let detail: String
    }

    /// The most records that a list of choices offers.
    static let limit: Int32 = 50

    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    /// Records of `table` whose name holds `text`, within a filter over what may be chosen.
    func find(_ text: String, in table: String, filter: String = "", limit: Int32 = 10) async throws(Problem) -> [Found]
    {
        let tables = table.components(separatedBy: " | ")
        guard tables.count == 1 else { return try await find(text, inAny: tables) }
        guard let schema = Dictionaries.schema(table), schema.verbs.contains("list") else { return [] }
        if let (field, others) = Self.calledByAnother[table] {
            let named = text.isEmpty ? [] : try await find(text, in: others, limit: limit)
            guard text.isEmpty || !named.isEmpty else { return [] }
            var request = ListRequest()
            request.pageSize = limit
            let narrowed = named.map { "\(field) = \(FilterText.quoted($0.id))" }.joined(separator: " OR ")
            request.filter = [filter, narrowed].filter { !$0.isEmpty }.map { "(\($0))" }.joined(separator: " AND ")
            return try await list(request, schema)
        }
        var filters = filter.isEmpty ? [] : ["(\(filter))"]
        if !text.isEmpty { filters += Self.named(text, schema) }
        var request = ListRequest()
        request.pageSize = limit
        request.filter = filters.joined(separator: " AND ")
        return try await list(request, schema)
    }

    /// Records of several tables, each known by its table and its id: `success_case:0191…`. Where somebody may not look, there is
    /// nothing.
    private func find(_ text: String, inAny tables: [String]) async throws(Problem) -> [Found] {
        let reader = visit.reader
        let found = try await Outcome.each(tables) { (table) async throws(Problem) -> [Found] in
            let label = Dictionaries.schema(table)?.label(reader.language) ?? table
            let some = try? await find(text, in: table, limit: 4)
            return (some ?? []).map { found in
                let detail = [label, found.detail].filter { !$0.isEmpty }.joined(separator: " · ")
                return Found(id: "\(table):\(found.id)", text: found.text, detail: detail)
            }
        }
        return found.flatMap { $0 }
    }

    /// The id of what was chosen in a reference of a form. Without a script it is only named: then by the one record that is
    /// called so.
    func chosen(_ name: String, in table: String, filter: String, blame field: String) async throws(Problem) -> String {
        let (id, text) = (visit.form[name], visit.form["\(name)-text"])
        guard id.isEmpty, !text.isEmpty else { return text.isEmpty ? "" : id }
        let found = try await find(text, in: table, filter: filter, limit: 2)
        guard let one = found.first, found.count == 1 else {
            throw .invalid(
                field: field,
                found.isEmpty
                    ? Text(en: "Nothing is called so.", ko: "해당 이름을 찾을 수 없습니다.")
                    : Text(en: "More than one is called so. Say which.", ko: "같은 이름이 여러 개 있습니다. 더 정확히 입력하세요."))
        }
        return one.id
    }

    /// What people call some records of `table`, by their ids.
    func names(of ids: [String], in table: String) async throws(Problem) -> [String: String] {
        let ids = Set(ids).filter { !$0.isEmpty }.sorted().prefix(Int(Self.limit))
        guard !ids.isEmpty, let schema = Dictionaries.schema(table), schema.verbs.contains("list") else { return [:] }
        var request = ListRequest()
        request.pageSize = Self.limit
        request.filter = ids.map { "id = \(FilterText.quoted($0))" }.joined(separator: " OR ")
        let found = try await list(request, schema)
        return Dictionary(found.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
    }

    /// What people call records of `table`, however many; where somebody may not look, none has a name.
    func names(ofAll ids: Set<String>, in table: String) async -> [String: String] {
        let sorted = ids.sorted()
        var names: [String: String] = [:]
        for start in stride(from: 0, to: sorted.count, by: Int(Self.limit)) {
            let some = Array(sorted.dropFirst(start).prefix(Int(Self.limit)))
            guard let found = try? await self.names(of: some, in: table) else { break }
            names.merge(found) { first, _ in first }
        }
        return names
    }

    private func list(_ request: ListRequest, _ schema: RecordSchema) async throws(Problem) -> [Found] {
        let records = try await AnyList.read(request, of: schema, visit).records
        var others: [String: String] = [:]
        if let (field, table) = Self.calledByAnother[schema.table] {
            others = (try? await names(of: records.map { $0.single(field) }, in: table)) ?? [:]
        }
        return records.map { record in
            let text = Self.name(of: record, others: others)
            let detail =
                ["number", "email", "account_number"].lazy.map(record.single).first { !$0.isEmpty && $0 != text } ?? ""
            return Found(id: record.id, text: text, detail: detail)
        }
    }

    /// What people call a record; its id where it has no name at all.
    static func name(of record: any RecordMessage, others: [String: String] = [:]) -> String {
        let schema = type(of: record).schema
        if people.contains(schema.table) {
            let person = person.map(record.single).filter { !$0.isEmpty }.joined(separator: " ")
            if !person.isEmpty { return person }
        }
        if let (field, _) = calledByAnother[schema.table], let name = others[record.single(field)] { return name }
        let names = naming(schema).map { [$0] } ?? []
        return (names + shown).lazy.map(record.single).first { !$0.isEmpty } ?? record.id
    }

    /// Records that have no name of their own, and are called by the record that a field names.
    private static let calledByAnother: [String: (field: String, table: String)] = [
        SquadMember.schema.table: (SquadMember.Field.user.rawValue, User.schema.table),
        CaseTeamMember.schema.table: (CaseTeamMember.Field.contact.rawValue, CustomerContact.schema.table),
        RoleGrant.schema.table: (RoleGrant.Field.user.rawValue, User.schema.table),
    ]

    /// Fields by which people call records that have no name.
    private static let shown = ["title", "subject", "short_description", "number"]

    /// Records that are called by two names: each word that somebody types is a part of one of them, or of the address.
    private static let people: Set = [CustomerContact.schema.table]
    private static let person = [CustomerContact.Field.firstName.rawValue, CustomerContact.Field.lastName.rawValue]

    /// What is asked of records that are called so.
    private static func named(_ text: String, _ schema: RecordSchema) -> [String] {
        guard people.contains(schema.table) else {
            let number = schema.has(.number) ? [KnownField.number.rawValue] : []
            let fields = (naming(schema).map { [$0] } ?? []) + number
            guard let first = fields.first else { return [] }
            // What has a number is called by it as well.
            guard fields.count > 1, number.first != first else { return ["\(first) : \(FilterText.quoted(text))"] }
            return ["(" + fields.map { "\($0) : \(FilterText.quoted(text))" }.joined(separator: " OR ") + ")"]
        }
        let fields = person + [CustomerContact.Field.email.rawValue]
        return text.split(separator: " ").prefix(4).map { word in
            "(" + fields.map { "\($0) : \(FilterText.quoted(String(word)))" }.joined(separator: " OR ") + ")"
        }
    }

    /// The field that a record is called by.
    private static func naming(_ schema: RecordSchema) -> String? {
        (["name"] + shown).first { schema.field($0) != nil } ?? schema.namedBy.first
    }
}
