import Ground
import Wire

extension Record {
    /// The constraints of the table and the rule that each stands for: those of the declaration, of rules that the
    /// database keeps as well, of the closure information and of the natural key.
    public static var constraints: [DatabaseRule<Self>] {
        storage.constraints + rules.compactMap(\.constraint) + [.closure, .naturalKey].compactMap { $0 }
    }
}

extension DatabaseRule where R: Record {
    /// The closure information goes with the state (G-11), as `<table>_closure` says; nil for tables without a rule for
    /// it.
    static var closure: DatabaseRule? {
        guard let lifecycle = R.lifecycle, let rule = lifecycle.closingRule else { return nil }
        return DatabaseRule(
            rule, constraint: "\(R.schema.table)_closure", field: lifecycle.field,
            Text(
                en: "Closed and canceled records, and only those, carry closure information.",
                ko: "종결 정보는 종결되었거나 취소된 레코드에만 있으며, 이때는 반드시 있어야 합니다."))
    }

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
