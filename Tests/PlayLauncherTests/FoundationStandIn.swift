import OnboardingWire
import RPC
import ServiceTestKit
import Synchronization
import Wire

/// Stands in for onboarding: contacts and people that answers name, an account, the cases that are made, and one whose tasks
/// an article is linked to.
final class FoundationStandIn: Sendable {
    private let contacts = Mutex<[String: CustomerContact]>([:])
    private let users = Mutex<[String: User]>([:])
    private let cases = Mutex<[OnboardingCase]>([])
    /// The article that every search finds; by its title it is known in any answer.
    static let article = (id: "00000000-0000-4000-8000-0000000000aa", title: "zzarticle")
    /// The role that every grant is of.
    static let granted = "zzgranted"

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

    var endpoints: [Endpoint] { foundation + knowledge }

    private var foundation: [Endpoint] {
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
            Endpoint(OnboardingAPI.getRoleGrant) { _, request async throws(Problem) in
                var grant = RoleGrant()
                (grant.id, grant.role) = (request.id, Self.granted)
                return grant
            },
        ]
    }

    /// A case with a task, and an article.
    private var knowledge: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getOnboardingCase) { _, request async throws(Problem) in
                var found = OnboardingCase()
                (found.id, found.domain, found.state) = (request.id, StandIn.domain, "in_progress")
                found.account = "00000000-0000-4000-8000-00000000000a"
                return found
            },
            Endpoint(OnboardingAPI.addOnboardingCaseWorkNote) { _, _ async throws(Problem) in ActivityEntry() },
            Endpoint(OnboardingAPI.listLifecycleTasks) { _, _ async throws(Problem) in
                var (task, list) = (LifecycleTask(), ListLifecycleTasksResponse())
                task.id = "00000000-0000-4000-8000-0000000000ab"
                list.lifecycleTasks = [task]
                return list
            },
            Endpoint(OnboardingAPI.searchKnowledge) { _, _ async throws(Problem) in
                var (article, found) = (KnowledgeText(), SearchKnowledgeResponse())
                (article.article, article.title) = Self.article
                found.articles = [article]
                return found
            },
            Endpoint(OnboardingAPI.relateKnowledge) { _, request async throws(Problem) in
                var answer = RelateKnowledgeResponse()
                answer.lifecycleTasks = request.lifecycleTasks
                return answer
            },
        ]
    }
}
