import OnboardingWire
import Records
import Wire

extension Contract: Record {
    public static let storage = Storage<Contract>(
        domain: .references([.account]), immutable: [.account])

    public static let rules = Rule<Contract>.ordered("PERIOD")
}

extension Location: Record {
    public static let storage = Storage<Location>(
        domain: .references([.account]), immutable: [.account])

    // A location without an account is one of the caller's own domain.
    public static let rules: [Rule<Location>] = [
        .drafting("G-13") { change, context in
            if change.new.account == nil { change.new.domain = context.write.caller.domain.path }
        }
    ]
}

extension SoldProduct: Record {
    public static let storage = Storage<SoldProduct>(
        domain: .references([.account]), immutable: [.account])

    public static let rules = Rule<SoldProduct>.ordered("PERIOD")
}

extension ServiceEntitlement: Record {
    public static let storage = Storage<ServiceEntitlement>(
        domain: .references([.account]), immutable: [.account])

    public static let rules = Rule<ServiceEntitlement>.ordered("PERIOD")
}

extension InstallBaseItem: Record {
    public static let storage = Storage<InstallBaseItem>(
        domain: .references([.account]), immutable: [.account])
}

extension AccountAddressRelationship: Record {
    public static let storage = Storage<AccountAddressRelationship>(
        domain: .references([.account]), immutable: [.account])
}

extension SoldProductInstallBaseM2m: Record {
    public static let storage = Storage<SoldProductInstallBaseM2m>(
        domain: .references([.soldProduct]), immutable: [.soldProduct, .installBaseItem])
}
