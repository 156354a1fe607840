/// Who makes a request, as verified from the token: never from the request itself.
public struct Caller: Hashable, Sendable {
    /// What sort of party the caller is.
    public enum Kind: String, Sendable, CaseIterable {
        /// An employee of the provider.
        case person
        /// A contact of a customer account: sees fields marked for customers only.
        case customer
        /// A service of the system.
        case service
    }

    /// The user's id (a UUID in lower case), or `service:` and the service's name.
    public var subject: String
    /// What sort of party the caller is.
    public let kind: Kind
    /// The domain the caller belongs to. Of customers, that of the first of ``memberships``: under it they are counted
    /// where domains share something out. What they may see is their ``scope``.
    public var domain: DomainPath
    /// The roles held, closed under containment.
    public var roles: Set<String>
    /// For customers: the accounts they act for, in the order of their domains. A customer without any sees nothing.
    /// Empty for everybody else.
    public let memberships: [Membership]
    /// The language texts are wanted in: `en` or `ko`.
    public var locale: String
    /// The service that acts on behalf of ``subject``, when the call is delegated.
    public var actor: String?
    /// Until when ``roles`` count without a grant, in seconds since 1970, because an identity provider that is trusted
    /// for roles said them; nil when they were granted here.
    public var rolesTrustedUntil: Int64?

    /// A caller with the given claims; a customer acts for `account` alone, whose domain is `domain`. `roles` must
    /// already be closed under containment.
    public init(
        subject: String, kind: Kind, domain: DomainPath, roles: Set<String>, account: String? = nil,
        contact: String? = nil, locale: String = "en", actor: String? = nil
    ) {
        self.subject = subject
        self.kind = kind
        self.domain = domain
        self.roles = roles
        memberships =
            kind == .customer
            ? account.map { [Membership(account: $0, domain: domain, contact: contact)] } ?? [] : []
        self.locale = locale
        self.actor = actor
    }

    /// A customer who acts for all of `memberships`, whose order does not matter; nil when there are none.
    public init?(
        subject: String, roles: Set<String>, memberships: [Membership], locale: String = "en", actor: String? = nil
    ) {
        let sorted = memberships.sorted { ($0.domain, $0.account) < ($1.domain, $1.account) }
        guard let first = sorted.first else { return nil }
        self.subject = subject
        kind = .customer
        domain = first.domain
        self.roles = roles
        self.memberships = sorted
        self.locale = locale
        self.actor = actor
    }

    /// For customers: the id of their account, of the first where there are several.
    public var account: String? { memberships.first?.account }

    /// For customers: the id of their contact at ``account``.
    public var contact: String? { memberships.first?.contact }

    /// What the caller acts as for a record of `account`; nil for an account that is not the caller's.
    public func membership(of account: String?) -> Membership? {
        memberships.first { $0.account == account }
    }

    /// Whether the caller is the contact `contact` of `account`.
    public func isContact(_ contact: String?, of account: String?) -> Bool {
        contact != nil && membership(of: account)?.contact == contact
    }

    /// What the caller's transactions may see. Customers see the domains of their accounts, and never more than those
    /// accounts there.
    public var scope: Scope {
        kind == .customer ? .memberships(memberships) : .domain(domain)
    }

    /// Whether the caller holds the role, directly or by containment.
    public func has(_ role: String) -> Bool {
        roles.contains(role)
    }
}
