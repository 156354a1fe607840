import Wire

/// What a record keeps one from changing that it names. The record that depends says it, so that what it depends on need
/// not know of it.
public struct Hold: Sendable {
    /// The table of the record that is named.
    let table: String
    /// A rule of that record.
    let rule: any Sendable
}

extension Record {
    /// As long as a record of this type names a `type` by `reference`, `field` of that keeps its value.
    public static func hold<R: Record>(
        _ field: R.Field, of type: R.Type, by reference: Field, rule id: String
    ) -> Hold {
        Hold(
            table: R.schema.table,
            rule: Rule<R>.locked(id, field: field, whileAny: [.records(Self.self, by: reference)]))
    }
}
