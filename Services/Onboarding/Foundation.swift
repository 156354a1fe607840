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

extension Contract: StandardRecord {
    public typealias Creation = CreateContractRequest
    public typealias Modification = UpdateContractRequest
    public typealias Page = ListContractsResponse

    public static let storage = Storage<Contract>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("contract", field: "number"))

    public static let rules: [Rule<Contract>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension Location: StandardRecord {
    public typealias Creation = CreateLocationRequest
    public typealias Modification = UpdateLocationRequest
    public typealias Page = ListLocationsResponse

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

extension SoldProduct: StandardRecord {
    public typealias Creation = CreateSoldProductRequest
    public typealias Modification = UpdateSoldProductRequest
    public typealias Page = ListSoldProductsResponse

    public static let storage = Storage<SoldProduct>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("sold_product", field: "name"))

    public static let rules: [Rule<SoldProduct>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension ServiceEntitlement: StandardRecord {
    public typealias Creation = CreateServiceEntitlementRequest
    public typealias Modification = UpdateServiceEntitlementRequest
    public typealias Page = ListServiceEntitlementsResponse

    public static let storage = Storage<ServiceEntitlement>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("service_entitlement", field: "name"))

    public static let rules: [Rule<ServiceEntitlement>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension InstallBaseItem: StandardRecord {
    public typealias Creation = CreateInstallBaseItemRequest
    public typealias Modification = UpdateInstallBaseItemRequest
    public typealias Page = ListInstallBaseItemsResponse

    public static let storage = Storage<InstallBaseItem>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("install_base_item", field: "name"))
}

extension AccountAddressRelationship: StandardRecord {
    public typealias Creation = CreateAccountAddressRelationshipRequest
    public typealias Modification = UpdateAccountAddressRelationshipRequest
    public typealias Page = ListAccountAddressRelationshipsResponse

    public static let storage = Storage<AccountAddressRelationship>(
        domain: .references(["account"]), immutable: ["account"],
        constraints: naturalKey("account_address_relationship", field: "location"))
}

extension SoldProductInstallBaseM2m: StandardRecord {
    public typealias Creation = CreateSoldProductInstallBaseM2mRequest
    public typealias Modification = UpdateSoldProductInstallBaseM2mRequest
    public typealias Page = ListSoldProductInstallBaseM2msResponse

    public static let storage = Storage<SoldProductInstallBaseM2m>(
        domain: .references(["sold_product"]), immutable: ["sold_product", "install_base_item"],
        constraints: naturalKey("sold_product_install_base_m2m", field: "install_base_item"))
}
