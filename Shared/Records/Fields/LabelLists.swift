import Wire

extension Catalog {
    /// The Korean labels of tables, as a list in a sentence; of one that is not known, its name.
    public static func labels(of tables: some Sequence<String>) -> String {
        tables.map { table in schemas.first { $0.table == table }?.label.ko ?? table }.joined(separator: ", ")
    }
}

extension FieldSchema {
    /// Fields by label and name, as a list in a Korean sentence: `제목('title'), 설명('description')`.
    static func named(_ fields: [FieldSchema]) -> String {
        fields.map { "\($0.label.ko)('\($0.name)')" }.joined(separator: ", ")
    }
}
