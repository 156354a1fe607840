import Records
import Wire

/// The list of a table that nobody has written one for: it follows from the dictionary.
extension ListedTable {
    private static let mostColumns = 8
    private static let mostFilters = 8
    /// How people call records, and how they stand: the first columns.
    private static let naming = ["number", "name", "title", "subject", "short_description"]
    private static let standing = ["account", "state", "stage", "progress", "priority", "assigned_to", "owner"]
    /// What is set in many at once.
    private static let set = ["state", "progress", "priority", "stage"]

    /// Nil for a table without a list, or whose records have no page.
    init?(following schema: RecordSchema) {
        guard schema.verbs.isSuperset(of: ["list", "get"]) else { return nil }
        let words = schema.collection.split(separator: "_").joined(separator: " ")
        let plain = schema.fields.filter { field in
            ![.journal, .attachment, .json, .script, .text, .documentID, .listOfReferences, .listOfUsers, .listOfRoles]
                .contains(field.type)
                && !["id", "etag", "domain", "created_by", "updated_by", "created_at", "active"].contains(field.name)
        }
        let names = plain.map(\.name)
        let first = (Self.naming + Self.standing).filter(names.contains)
        let columns = first + names.filter { !first.contains($0) && $0 != "updated_at" }
        let chosen = plain.filter { [.choice, .boolean, .date, .reference].contains($0.type) }.map(\.name)
        let order = ["due_date", "planned_stop", "target_date", "renewal_date"].first { names.contains($0) }
        self.init(
            schema: schema,
            title: Text(en: words.prefix(1).uppercased() + words.dropFirst(), ko: schema.label(.ko)),
            columns: Array(columns.prefix(Self.mostColumns)),
            filters: Array(chosen.prefix(Self.mostFilters)) + ["updated_at"]
                + (schema.field(.active) == nil ? [] : ["active"]),
            words: Self.naming.filter(names.contains),
            settable: schema.verbs.contains("update")
                ? Self.set.filter { schema.field($0)?.type == .choice && schema.field($0)?.outputOnly == false } : [],
            order: schema.verbs.contains("create") ? order ?? "" : "")
    }
}
