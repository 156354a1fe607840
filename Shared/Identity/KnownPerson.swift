import RPC
import Roles
import Tenancy

/// A person, or an outside system, as the owner of people knows them: what holds whatever a token says.
public struct KnownPerson: Sendable, Hashable {
    /// The domain of the user; of customers, that of their account.
    public var domain: DomainPath
    /// Whether the user may do anything at all.
    public var isActive: Bool
    /// Whether it is an outside system, which signs its own tokens.
    public var isSystem: Bool
    /// The public key of an outside system, a JSON Web Key.
    public var publicKey: String?
    /// What was granted to the person on his or her side, closed under containment.
    public var roles: Set<String>
    /// The accounts the person may act for: the user's own, without a contact, and those of active contacts that name
    /// the user. Empty for people of the provider.
    public var memberships: [Membership]
    /// Whether the user belongs to an account, and not to the provider.
    public var isCustomer: Bool

    /// A person of whom the owner says this. `roles` are as granted.
    public init(
        domain: DomainPath, isActive: Bool = true, isSystem: Bool = false, publicKey: String? = nil, roles: [String],
        memberships: [Membership] = [], isCustomer: Bool = false
    ) {
        self.domain = domain
        self.isActive = isActive
        self.isSystem = isSystem
        self.publicKey = publicKey
        // Each side has roles of its own; what was granted across would open what the side never sees.
        self.roles = RoleCatalog.close(
            roles.filter {
                RoleCatalog.isGrantable($0) && RoleCatalog.role(named: $0)?.isExternal == isCustomer
            })
        self.memberships = memberships
        self.isCustomer = isCustomer
    }

    /// Whether the person may act for the account of `claim`, in its domain, and as the contact it names.
    public func acts(as claim: Membership) -> Bool {
        memberships.contains { known in
            known.account == claim.account && known.domain == claim.domain
                && (claim.contact == nil || claim.contact == known.contact)
        }
    }
}

/// Who knows people.
public protocol People: Sendable {
    /// The person with this id as of now; nil when the owner of people knows nobody of that id.
    /// - Throws: UNAVAILABLE when it cannot be found out. Nobody is admitted unseen.
    func person(_ subject: String) async throws(Problem) -> KnownPerson?
}
