import Wire

extension Sequence where Element == RecordSchema {
    /// The Korean labels of tables, as a list in a sentence.
    public var koreanLabels: String { map(\.label.ko).joined(separator: ", ") }
}

extension FieldSchema {
    /// Fields by label and name, as a list in a Korean sentence: `제목('title'), 설명('description')`.
    static func named(_ fields: [FieldSchema]) -> String {
        fields.map { "\($0.label.ko)('\($0.name)')" }.joined(separator: ", ")
    }
}
