import Identity
import RPC
import Records
import StandingWire
import Synchronization
import Tenancy
import Wire

/// People as a service other than onboarding knows them: by its own schema, and whom it does not know it asks for.
///
/// What is known and old is asked for again as well, since an event may be late; only, when onboarding does not answer
/// soon, what is known still holds.
final class PeopleReplica: People {
    private let table: StandingTable
    private let client: Client
    private let own: Credential?
    /// Until when nobody who is known is asked for, because onboarding did not answer.
    private let spared = Mutex(ContinuousClock.now)

    /// How long onboarding may take to answer; the caller waits.
    private static let patience: Duration = .seconds(5)
    /// The same for somebody who is known already.
    private let shortPatience: Duration
    /// How long onboarding is left alone after it did not answer for somebody who is known.
    private static let pause: Duration = .seconds(5)
    /// How often it is asked when changes come in between.
    private static let attempts = 5

    /// `OnboardingAPI.getStanding`, said here once more: for this one question no service depends on everything that
    /// onboarding declares.
    static let standing = Method<GetRequest, Standing>(
        service: "onboarding", subject: "ale.v1.onboarding.users.get_standing", name: "GetStanding",
        summary: "What the services have to know of a user who calls them, named by id.")

    init(_ table: StandingTable, _ client: Client, own: Credential?, shortPatience: Duration = .milliseconds(250)) {
        self.table = table
        self.client = client
        self.own = own
        self.shortPatience = shortPatience
    }

    func person(_ subject: String) async throws(Problem) -> KnownPerson? {
        for _ in 1...Self.attempts {
            guard let known = try await table.find(subject) else {
                // Whoever invents an id has it asked for, before any signature is looked at: that leaves no trace here.
                guard try await ask(subject, Self.patience) != nil else { return nil }
                try await table.expect(subject)
                continue
            }
            if let standing = known.standing, !known.isOld || isSpared { return KnownPerson(standing) }
            let answer: Standing?
            do throws(Problem) {
                answer = try await ask(subject, known.standing == nil ? Self.patience : shortPatience)
            } catch {
                guard let standing = known.standing else { throw error }
                spared.withLock { $0 = ContinuousClock.now + Self.pause }
                return KnownPerson(standing)
            }
            guard let answer else {
                try await table.remove(subject)
                return nil
            }
            if try await table.store(answer, after: known.changes) { return KnownPerson(answer) }
        }
        throw .unavailable(reason: Self.notKnown, cause: "the standing of \(subject) changes all the time")
    }

    private var isSpared: Bool { spared.withLock { ContinuousClock.now < $0 } }

    private static let notKnown = "PERSON_NOT_KNOWN_YET"

    /// What onboarding says within `patience`; nil when it knows nobody of that id.
    private func ask(_ subject: String, _ patience: Duration) async throws(Problem) -> Standing? {
        var request = GetRequest()
        request.id = subject
        do throws(Problem) {
            return try await client.call(Self.standing, request, as: own, deadline: patience)
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
            isSystem: standing.kind == PersonSide.outsideSystem,
            publicKey: standing.publicKey.isEmpty ? nil : standing.publicKey,
            roles: standing.roles, memberships: memberships, isCustomer: !standing.account.isEmpty)
    }
}
