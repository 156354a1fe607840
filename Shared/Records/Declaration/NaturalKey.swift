import Ground
import Wire

extension DatabaseRule where R: Record {
    /// What the unique index `<table>_natural_key` of a target of imports stands for (G-56); nil for other tables.
    static var naturalKey: DatabaseRule? {
        let schema = R.schema
        guard let key = schema.importing?.key.compactMap(schema.field),
            let told = key.last(where: { $0.type != .choice }).flatMap({ R.Field(rawValue: $0.name) })
        else { return nil }
        return DatabaseRule(
            "G-56", constraint: "\(schema.table)_natural_key", field: told,
            Text(
                en: "The account already has such a record: \(schema.table).",
                ko: "이 계정에 같은 레코드가 이미 있습니다: \(schema.label.ko)"))
    }
}
