import OnboardingWire
import RPC
import Wire

/// A field of the chosen records that is set to one value, which is asked for.
struct ListEdit: Sendable {
    /// Names of the form that no field has.
    enum Name: String {
        case record = "of-record"
        case query = "of-query"
        case field = "of-field"
    }

    private let table: ListedTable
    private let field: FieldSchema
    private let visit: Visit

    /// INVALID_ARGUMENT for a field that is not to be set.
    init(_ table: ListedTable, _ name: String, _ visit: Visit) throws(Problem) {
        guard let field = table.editable.first(where: { $0.name == name }) else { throw ListBulk.nothingToSet }
        (self.table, self.field, self.visit) = (table, field, visit)
    }

    /// The form, with what was typed where it was refused.
    func values(_ targets: [BatchTarget], _ query: String, refused: Problem?) throws(Problem) -> Values {
        guard let type = AnyList.type(of: table.schema) else { throw RecordTypes.nowhere() }
        let count = targets.count
        let label = field.label
        return [
            "title": visit.reader(
                Text(
                    en: count == 1 ? "\(label.en) of 1 row" : "\(label.en) of \(grouped: count) rows",
                    ko: "\(grouped: count)개 행의 \(label.ko)")),
            "action": ListPages.href(table.schema.table), "query": query, "field": field.name,
            "cancel": "\(ListPages.href(table.schema.table))?\(query)",
            "records": targets.map { "\($0.id) \($0.etag)" },
            "form": try form(type, refused),
        ]
    }

    private func form<R: RecordMessage>(_ type: R.Type, _ refused: Problem?) throws(Problem) -> Values {
        try entry(type).values(R(), names: [:], action: "", refused: refused, isTyped: refused != nil)
    }

    private func entry<R: RecordMessage>(_ type: R.Type) throws(Problem) -> RecordForm<R> {
        guard let key = R.Field(rawValue: field.name) else { throw ListBulk.nothingToSet }
        return RecordForm([key], visit, isNew: true)
    }

    /// What was entered: a record that has it, and the fields that say it.
    func entered() async throws(Problem) -> (values: any RecordMessage, mask: FieldMask) {
        guard let type = AnyList.type(of: table.schema) else { throw RecordTypes.nowhere() }
        return try await entered(type)
    }

    private func entered<R: RecordMessage>(_ type: R.Type) async throws(Problem) -> (any RecordMessage, FieldMask) {
        try await entry(type).record(id: "", etag: "")
    }
}
