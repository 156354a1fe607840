import RPC
import Wire

/// Nothing begins, and nothing goes on, under a record that is closed or canceled (G-128).
extension Record {
    /// The reference that says what `record` belongs to: the first with a value of those that give the domain. Nil for
    /// records that have none, and for those that outlive what they belong to.
    static func parentField(of record: Self) -> String? {
        guard case .references(let fields) = storage.domain, !storage.outlivesParent else { return nil }
        return fields.first { !record[field: $0].isEmpty }
    }

    /// Refuses what would begin under a record in `state`, which `field` names.
    static func checkOpen(_ state: String?, _ field: FieldSchema) throws(Problem) {
        guard state == "closed" || state == "canceled" else { return }
        throw .failedPrecondition(
            rule: "G-128",
            Text(
                en: "\(field.label.en) is closed or canceled: nothing new can begin there. Reopen it first.",
                ko: "\(field.label.ko)이(가) 종결되었거나 취소되어 새로 시작할 수 없습니다. 먼저 다시 여세요."),
            field: "\(schema.table).\(field.name)")
    }
}

extension PersonSide {
    /// Why a person cannot be named by `field`; nil when nothing speaks against it.
    func fault(account: String?, isActive: Bool, _ field: FieldSchema) -> Text? {
        switch self {
        case .provider where account != nil:
            Text(
                en: "\(field.label.en) must be somebody of the provider, not of a customer.",
                ko: "\(field.label.ko)은(는) 고객이 아닌 공급자 소속이어야 합니다.")
        case .customer where account == nil:
            Text(
                en: "\(field.label.en) must be somebody of the customer, not of the provider.",
                ko: "\(field.label.ko)은(는) 공급자가 아닌 고객 소속이어야 합니다.")
        case _ where !isActive:
            Text(
                en: "\(field.label.en) must be somebody who is active.", ko: "\(field.label.ko)은(는) 활성 상태인 사람이어야 합니다.")
        default: nil
        }
    }
}
