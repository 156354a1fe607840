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
    public var kind: Kind
    /// The domain the caller belongs to.
    public var domain: DomainPath
    /// The roles held, closed under containment.
    public var roles: Set<String>
    /// For customers: the id of their account.
    public var account: String?
    /// For customers: the id of their contact.
    public var contact: String?
    /// The language texts are wanted in: `en` or `ko`.
    public var locale: String
    /// The service that acts on behalf of ``subject``, when the call is delegated.
    public var actor: String?

    /// A caller with the given claims. `roles` must already be closed under containment.
    public init(
        subject: String, kind: Kind, domain: DomainPath, roles: Set<String>, account: String? = nil,
        contact: String? = nil, locale: String = "en", actor: String? = nil
    ) {
        self.subject = subject
        self.kind = kind
        self.domain = domain
        self.roles = roles
        self.account = account
        self.contact = contact
        self.locale = locale
        self.actor = actor
    }

    /// What the caller's transactions may see.
    public var scope: Scope { .domain(domain) }

    /// Whether the caller holds the role, directly or by containment.
    public func has(_ role: String) -> Bool {
        roles.contains(role)
    }
}
