import Records
import Wire

extension Contract: StandardRecord {
    public typealias Creation = CreateContractRequest
    public typealias Modification = UpdateContractRequest
    public typealias Page = ListContractsResponse

    public static let storage = Storage<Contract>(
        domain: .references(["account"]), immutable: ["account"])

    public static let rules: [Rule<Contract>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension Location: StandardRecord {
    public typealias Creation = CreateLocationRequest
    public typealias Modification = UpdateLocationRequest
    public typealias Page = ListLocationsResponse

    public static let storage = Storage<Location>(
        domain: .references(["account"]), immutable: ["account"])

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
        domain: .references(["account"]), immutable: ["account"])

    public static let rules: [Rule<SoldProduct>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension ServiceEntitlement: StandardRecord {
    public typealias Creation = CreateServiceEntitlementRequest
    public typealias Modification = UpdateServiceEntitlementRequest
    public typealias Page = ListServiceEntitlementsResponse

    public static let storage = Storage<ServiceEntitlement>(
        domain: .references(["account"]), immutable: ["account"])

    public static let rules: [Rule<ServiceEntitlement>] = [.ordered("PERIOD", "start_date", notAfter: "end_date")]
}

extension InstallBaseItem: StandardRecord {
    public typealias Creation = CreateInstallBaseItemRequest
    public typealias Modification = UpdateInstallBaseItemRequest
    public typealias Page = ListInstallBaseItemsResponse

    public static let storage = Storage<InstallBaseItem>(
        domain: .references(["account"]), immutable: ["account"])
}

extension AccountAddressRelationship: StandardRecord {
    public typealias Creation = CreateAccountAddressRelationshipRequest
    public typealias Modification = UpdateAccountAddressRelationshipRequest
    public typealias Page = ListAccountAddressRelationshipsResponse

    public static let storage = Storage<AccountAddressRelationship>(
        domain: .references(["account"]), immutable: ["account"])
}

extension SoldProductInstallBaseM2m: StandardRecord {
    public typealias Creation = CreateSoldProductInstallBaseM2mRequest
    public typealias Modification = UpdateSoldProductInstallBaseM2mRequest
    public typealias Page = ListSoldProductInstallBaseM2msResponse

    public static let storage = Storage<SoldProductInstallBaseM2m>(
        domain: .references(["sold_product"]), immutable: ["sold_product", "install_base_item"])
}
