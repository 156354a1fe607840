/// An account for which a customer's person acts, with the domain of that account and the contact he or she is there.
public struct Membership: Hashable, Sendable {
    /// The most accounts one person acts for.
    public static let limit = 32

    /// The id of the account.
    public var account: String
    /// The domain of the account, in which its records lie.
    public var domain: DomainPath
    /// The id of the contact the person is at that account; nil for somebody who is none.
    public var contact: String?

    /// The person acts for `account`, whose domain is `domain`, as its `contact`.
    public init(account: String, domain: DomainPath, contact: String? = nil) {
        self.account = account
        self.domain = domain
        self.contact = contact
    }

    /// Whether a record of `account` in `domain` belongs to this account: both must agree. A domain alone may be another
    /// tenant's, an account alone may be named by a record that lies elsewhere.
    public func owns(account: String, in domain: DomainPath) -> Bool {
        account == self.account && self.domain.contains(domain)
    }
}
