import Identity
import OnboardingWire
import Postgres
import Records
import Tenancy
import Wire

/// A person who may be told something.
struct Reader: Sendable {
    let id: String
    let name: String
    let email: String?
    /// `en` or `ko`.
    let language: String
    let domain: DomainPath
    /// Of those granted, the ones of the person's side, closed under containment.
    let roles: Set<String>
    /// For customers: their account.
    let account: String?
    let isActive: Bool

    /// Most people told of something because of a role.
    private static let limit = 20

    /// Active people of the provider with any of `roles` who see `domain`, those nearest to it first. The transaction
    /// must see all domains.
    static func holders(of roles: [String], around domain: DomainPath, in tx: Transaction) throws -> [Reader] {
        let ids = try tx.query(
            """
            SELECT person.id::text FROM notifier."user" person \
            WHERE person.active IS NOT FALSE AND person.account IS NULL \
            AND person.domain = ANY(\(domain.ancestors.map(\.path))) \
            AND EXISTS (SELECT 1 FROM notifier.role_grant held \
            WHERE held."user" = person.id::text AND held.role = ANY(\(roles))) \
            ORDER BY length(person.domain) DESC, person.id LIMIT \(limit)
            """
        ).map { try $0.string(User.Field.id) }
        return try find(ids, in: tx)
    }

    /// The people among `ids` that are known. The transaction must see all domains.
    static func find(_ ids: [String], in tx: Transaction) throws -> [Reader] {
        let wanted = ids.filter(Validation.isUUID)
        guard !wanted.isEmpty else { return [] }
        let answers = try tx.queryAll([
            "SELECT id, name, email, language, domain, account, active FROM notifier.\"user\" WHERE id = ANY(\(wanted))",
            "SELECT \"user\", role FROM notifier.role_grant WHERE \"user\" = ANY(\(wanted))",
        ])
        var granted: [String: [String]] = [:]
        for row in answers[1] {
            granted[try row.string(RoleGrant.Field.user), default: []].append(try row.string(RoleGrant.Field.role))
        }
        return try answers[0].map { row in
            let id = try row.string(User.Field.id)
            let domain = DomainPath(try row.string(User.Field.domain)) ?? .root
            let account = try row.optionalString(User.Field.account)
            // What was granted across sides counts here as little as in a request.
            let standing = KnownPerson(domain: domain, roles: granted[id] ?? [], isCustomer: account != nil)
            return Reader(
                id: id, name: try row.optionalString(User.Field.name) ?? "",
                email: try row.optionalString(User.Field.email),
                language: Language(tag: try row.optionalString(User.Field.language) ?? "").rawValue,
                domain: domain, roles: standing.roles, account: account,
                isActive: try row.optionalBool(User.Field.active) ?? true)
        }
    }
}

/// A contact of a customer, as far as a mail to it asks.
struct KnownContact: Sendable {
    /// That of its account.
    let domain: DomainPath
    let isActive: Bool

    /// The contact `id`; nil when there is no such contact any more. The transaction must see all domains.
    static func find(_ id: String, in tx: Transaction) throws -> KnownContact? {
        guard Validation.isUUID(id) else { return nil }
        let rows = try tx.query("SELECT domain, active FROM notifier.customer_contact WHERE id = \(id)")
        return try rows.first.map { row in
            KnownContact(
                domain: DomainPath(try row.string(CustomerContact.Field.domain)) ?? .root,
                isActive: try row.optionalBool(CustomerContact.Field.active) ?? true)
        }
    }
}

extension Transaction {
    /// Opens the transaction of an event to all domains: people are told in their own domain, which lies above that of
    /// the record the event is about. For the service's own work only.
    func seeAllDomains() { sendScope(.domain(.root)) }
}
