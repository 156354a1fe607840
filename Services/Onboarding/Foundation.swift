import Records
import Wire

/// The constraint that keeps the natural key of a target table (G-56).
private func naturalKey(_ table: String, field: String) -> [DatabaseRule] {
    [
        DatabaseRule(
            "G-56", constraint: "\(table)_natural_key", field: field,
            Text(
                en: "The account already has such a record: \(table).",
                ko: "이 계정에 같은 레코드가 이미 있습니다: \(Catalog.labels(of: [table]))"))
    ]
}

extension Contract: Record {
    public static let storage = Storage<Contract>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("contract", field: "number"))

    public static let rules: [Rule<Contract>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension Location: Record {
    public static let storage = Storage<Location>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("location", field: "name"))

    // A location without an account is one of the caller's own domain.
    public static let rules: [Rule<Location>] = [
        .drafting("G-13") { change, context in
            if change.new.account == nil { change.new.domain = context.context.caller.domain.path }
        }
    ]
}

extension SoldProduct: Record {
    public static let storage = Storage<SoldProduct>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("sold_product", field: "name"))

    public static let rules: [Rule<SoldProduct>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension ServiceEntitlement: Record {
    public static let storage = Storage<ServiceEntitlement>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("service_entitlement", field: "name"))

    public static let rules: [Rule<ServiceEntitlement>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension InstallBaseItem: Record {
    public static let storage = Storage<InstallBaseItem>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("install_base_item", field: "name"))
}

extension AccountAddressRelationship: Record {
    public static let storage = Storage<AccountAddressRelationship>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("account_address_relationship", field: "location"))
}

extension SoldProductInstallBaseM2m: Record {
    public static let storage = Storage<SoldProductInstallBaseM2m>(
        domain: .references(["sold_product"]), immutable: ["sold_product", "install_base_item"],
        constraints: naturalKey("sold_product_install_base_m2m", field: "install_base_item"))
}
