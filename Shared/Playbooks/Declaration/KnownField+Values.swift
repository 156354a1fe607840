import Records
import Wire

/// The fields that playbooks know by their names; all others are named by definitions.
extension RecordMessage {
    /// The text of a field; empty when there is none.
    func text(_ field: KnownField) -> String { text(named: field.rawValue) }

    /// How an error names a field that is to blame.
    static func path(_ field: KnownField) -> String { "\(schema.table).\(field.rawValue)" }
}
