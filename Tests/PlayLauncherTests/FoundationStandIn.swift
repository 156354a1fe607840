import OnboardingWire
import RPC
import ServiceTestKit
import Synchronization
import Wire

/// Stands in for onboarding: contacts and people that answers name, an account, and the cases that are made.
final class FoundationStandIn: Sendable {
    private let contacts = Mutex<[String: CustomerContact]>([:])
    private let users = Mutex<[String: User]>([:])
    private let cases = Mutex<[OnboardingCase]>([])

    /// Makes a contact of the account of engagements, or one that lies elsewhere.
    func contact(in domain: String = StandIn.domain, isActive: Bool = true) -> String {
        var contact = CustomerContact()
        (contact.id, contact.domain, contact.active) = (uuid(), domain, isActive)
        let known = contact
        contacts.withLock { $0[known.id] = known }
        return contact.id
    }

    /// Makes somebody of the provider.
    func user() -> String {
        var user = User()
        (user.id, user.domain, user.active) = (uuid(), "/provider/", true)
        let known = user
        users.withLock { $0[known.id] = known }
        return user.id
    }

    /// The cases that were made for an account.
    func cases(of account: String) -> [OnboardingCase] { cases.withLock { $0.filter { $0.account == account } } }

    var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getCustomerContact) { [self] _, request async throws(Problem) in
                guard let known = contacts.withLock({ $0[request.id] }) else {
                    throw .notFound(CustomerContact.schema.label, id: request.id)
                }
                return known
            },
            Endpoint(OnboardingAPI.getUser) { [self] _, request async throws(Problem) in
                guard let known = users.withLock({ $0[request.id] }) else {
                    throw .notFound(User.schema.label, id: request.id)
                }
                return known
            },
            Endpoint(OnboardingAPI.getCustomerAccount) { _, request async throws(Problem) in
                var account = CustomerAccount()
                (account.id, account.domain, account.name) = (request.id, StandIn.domain, "Ernst Handel")
                return account
            },
            Endpoint(OnboardingAPI.createOnboardingCase) { [self] _, request async throws(Problem) in
                var made = request.onboardingCase ?? OnboardingCase()
                (made.id, made.number) = (uuid(), "ALEONB0000009")
                let known = made
                cases.withLock { $0.append(known) }
                return made
            },
        ]
    }
}
