import Identity
import RPC
import Records
import Tenancy
import Wire

/// People as a service other than onboarding knows them: by its own schema, and whom it does not know it asks for.
struct PeopleReplica: People {
    private let table: StandingTable
    private let client: Client
    private let own: Credential?

    /// How long onboarding may take to answer; the caller waits.
    private static let patience: Duration = .seconds(5)
    /// How often it is asked when changes come in between.
    private static let attempts = 4

    init(_ table: StandingTable, _ client: Client, own: Credential?) {
        self.table = table
        self.client = client
        self.own = own
    }

    func person(_ subject: String) async throws(Problem) -> KnownPerson? {
        for _ in 1...Self.attempts {
            let known = try await table.find(subject)
            if let standing = known.standing { return KnownPerson(standing) }
            guard let standing = try await ask(subject) else { return nil }
            if try await table.store(standing, after: known.changes) { return KnownPerson(standing) }
        }
        throw .unavailable(reason: Self.notKnown, cause: "the standing of \(subject) changes all the time")
    }

    private static let notKnown = "PERSON_NOT_KNOWN_YET"

    /// What onboarding says; nil when it knows nobody of that id.
    private func ask(_ subject: String) async throws(Problem) -> Standing? {
        var request = GetRequest()
        request.id = subject
        do throws(Problem) {
            return try await client.call(OnboardingAPI.getStanding, request, as: own, deadline: Self.patience)
        } catch {
            if error.code == .notFound { return nil }
            throw .unavailable(reason: Self.notKnown, cause: "onboarding does not say who \(subject) is: \(error)")
        }
    }
}

extension KnownPerson {
    /// The person that onboarding describes.
    public init(_ standing: Standing) {
        let domain = DomainPath(standing.domain)
        var memberships = standing.contacts.compactMap { contact in
            DomainPath(contact.domain).map {
                Membership(account: contact.account, domain: $0, contact: contact.contact)
            }
        }
        if let domain, !standing.account.isEmpty {
            memberships.append(Membership(account: standing.account, domain: domain))
        }
        self.init(
            // What cannot be read is no reason to see more.
            domain: domain ?? Caller.anonymous.domain, isActive: standing.active && domain != nil,
            isSystem: standing.kind == "system", publicKey: standing.publicKey.isEmpty ? nil : standing.publicKey,
            roles: standing.roles, memberships: memberships, isCustomer: !standing.account.isEmpty)
    }
}
