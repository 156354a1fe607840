import CustomerSuccessWire
import OnboardingWire
import RPC
import Records
import Roles
import Wire

/// The lists of what refers to a record: the first of each, and where the others are.
struct RecordRelated: Sendable {
    /// A field that refers to records of the table.
    struct Reference: Sendable {
        let schema: RecordSchema
        let field: FieldSchema
    }

    /// Most lists whose records are shown; of others there are links.
    static let mostShown = 8
    private static let rows = 5
    /// Everything names people and domains: that is no list of theirs.
    private static let without: Set = [User.schema.table, Domain.schema.table]
    /// What people look for first.
    private static let first = [
        OnboardingCase.schema.table, Engagement.schema.table, CustomerContact.schema.table, Contract.schema.table,
        SuccessObjective.schema.table,
        SuccessOutcome.schema.table,
        SuccessMilestone.schema.table, SuccessInitiative.schema.table, SuccessCase.schema.table,
        Touchpoint.schema.table, RiskSignal.schema.table, Opportunity.schema.table, InternalPlay.schema.table,
        LifecycleTask.schema.table,
    ]

    let visit: Visit
    let schema: RecordSchema

    /// What refers to records of the table and may be read, the usual ones first.
    var references: [Reference] {
        guard !Self.without.contains(schema.table) else { return [] }
        let roles = visit.person?.roles ?? []
        let all = Dictionaries.all.filter { $0.verbs.isSuperset(of: ["list", "get"]) }.flatMap { other in
            other.fields.filter { $0.type == .reference && $0.referencedTable == schema.table }
                .map { Reference(schema: other, field: $0) }
        }
        return all.filter { Access.allows(roles, .read, on: $0.schema.table) }.enumerated().sorted { left, right in
            let (one, two) = (place(left.element), place(right.element))
            return one == two ? left.offset < right.offset : one < two
        }.map(\.element)
    }

    private func place(_ reference: Reference) -> Int {
        // What is below a record of the same kind is looked for last.
        reference.schema.table == schema.table
            ? Self.first.count + 1 : Self.first.firstIndex(of: reference.schema.table) ?? Self.first.count
    }

    /// The lists as the page shows them, and links to the rest.
    func values(of id: String) async -> Values {
        let all = references
        let shown = Array(all.prefix(Self.mostShown))
        let lists = try? await Outcome.each(shown) { (reference) async throws(Problem) in
            let part = await Part.of { () async throws(Problem) in try await read(reference, id) }
            return list(reference, id, part)
        }
        let language = visit.reader.language
        return [
            "lists": (lists ?? []).map { $0 as Values },
            "others": all.dropFirst(Self.mostShown).map { reference -> Values in
                [
                    "label": "\(reference.schema.label(language)): \(reference.field.label(language))",
                    "href": href(reference, id),
                ]
            },
        ]
    }

    private func href(_ reference: Reference, _ id: String) -> String {
        "\(ListPages.href(reference.schema.table))?\(reference.field.name)=\(Fields.encoded(id))"
    }

    private func read(_ reference: Reference, _ id: String) async throws(Problem) -> [any RecordMessage] {
        var request = ListRequest()
        request.pageSize = Int32(Self.rows) + 1
        request.filter = FilterText.equal(reference.field, id)
        return try await AnyList.read(request, of: reference.schema, visit).records
    }

    private func list(_ reference: Reference, _ id: String, _ part: Part<[any RecordMessage]>) -> Values {
        let language = visit.reader.language
        let records = part.value ?? []
        let label = reference.schema.label(language)
        // Another name than that of the table says which of several references is meant.
        let isPlain = reference.field.name == schema.table || reference.field.name == "account"
        return [
            "title": isPlain ? label : "\(label) · \(reference.field.label(language))",
            "items": records.prefix(Self.rows).map { item($0) }, "away": part.isAway,
            "all": records.count > Self.rows ? href(reference, id) : "",
            "new": !reference.field.mandatory || reference.field.outputOnly
                ? "" : new(reference.schema, reference.field.name, id),
        ]
    }

    /// The page of a new record of `other` that names this one in a field; empty for who may make none.
    func new(_ other: RecordSchema, _ field: String, _ id: String) -> String {
        guard other.verbs.contains("create"), let person = visit.person,
            Access.allows(person.roles, .create, on: other.table)
        else { return "" }
        return RecordPages.new(other.table, [(field, id)])
    }

    /// A record as a line: what it is called, how it stands, and its day.
    private func item(_ record: any RecordMessage) -> Values {
        let schema = type(of: record).schema
        let (number, state) = (record.single(.number), record.single(.state))
        let name = Lookup.name(of: record)
        let day = ["due_date", "target_date", "renewal_date", "planned_stop", "expected_date", "meeting_date"].lazy
            .map(record.single).first { !$0.isEmpty }
        return [
            "number": number == name ? "" : number,
            "title": name == record.id ? schema.label(visit.reader.language) : name,
            "href": Address.of(schema.table, number.isEmpty ? record.id : number, id: record.id), "state": state,
            "stateLabel": schema.field(.state)?.label(of: state, visit.reader.language) ?? "", "date": day ?? "",
        ]
    }
}

extension FilterText {
    /// The field of a dictionary has this value.
    static func equal(_ field: FieldSchema, _ value: String) -> String { "\(field.name) = \(quoted(value))" }
}
