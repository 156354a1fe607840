import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// Service Bridge in the portal: who runs the customer's instance registers it, for the own account (D-225).
@Suite struct RegistrationTests {
    private static let account = "018f0000-0000-7000-8000-0000000000dd"
    private static let contact = "018f0000-0000-7000-8000-0000000000ee"
    private static let failed = "018f0000-0000-7000-8000-0000000000ff"
    private static let address = "/portal/service-bridge"

    /// Somebody of one account with these roles; what is asked goes into `asked`.
    private static func browser(_ role: String, _ asked: Said) async throws -> Browser {
        let bench = try Bench()
        var person = SignedIn.ann(accounts: [account])
        person.roles = [role]
        try await bench.answer("onboarding", StandIn.sessions(person))
        try await bench.answer("onboarding", names + registrations(asked))
        return Browser(bench, session: "good")
    }

    private static var names: [Endpoint] {
        [
            Endpoint(OnboardingAPI.listCustomerAccounts) { _, _ in
                var own = CustomerAccount()
                (own.id, own.name) = (account, "Northwind")
                var answer = ListCustomerAccountsResponse()
                answer.customerAccounts = [own]
                return answer
            },
            Endpoint(OnboardingAPI.listCustomerContacts) { _, _ in
                var own = CustomerContact()
                (own.id, own.lastName) = (contact, "Agent")
                var answer = ListCustomerContactsResponse()
                answer.customerContacts = [own]
                return answer
            },
        ]
    }

    private static func registrations(_ asked: Said) -> [Endpoint] {
        [
            Endpoint(OnboardingAPI.listConsumerRegistrations) { _, request in
                asked.add("filter \(request.filter)")
                var known = ConsumerRegistration()
                (known.id, known.instanceUrl, known.status) = (failed, "https://before.example", "failed")
                var answer = ListConsumerRegistrationsResponse()
                answer.consumerRegistrations = [known]
                return answer
            },
            Endpoint(OnboardingAPI.registerConsumer) { _, request in
                let record = request.consumerRegistration ?? ConsumerRegistration()
                asked.add("\(record.account ?? "") \(record.contact ?? "") \(record.onboardingCase ?? "none")")
                return record
            },
            Endpoint(OnboardingAPI.startConsumerRegistration) { _, request in
                asked.add("start \(request.id)")
                return ConsumerRegistration()
            },
        ]
    }

    @Test func theCustomerSetsServiceBridgeUp() async throws {
        let asked = Said()
        let manager = try await Self.browser("sn_customerservice.customer_manager", asked)
        let page = try await manager.get(Self.address)
        #expect(page.status == 200 && asked.texts == ["filter "])
        for text in ["Northwind", "https://before.example", "Failed", "href=\"\(Self.address)\""] {
            #expect(page.text.contains(text), "\(text)")
        }
        let made = try await manager.post(
            Self.address,
            [
                ("csrf", page.csrf), ("account", Self.account), ("account-text", "Northwind"),
                ("contact", Self.contact), ("contact-text", "Agent"), ("instance_url", "https://northwind.example"),
            ])
        #expect(made.location == "\(Self.address)?done=registering")
        #expect(asked.texts.last == "\(Self.account) \(Self.contact) none")
    }

    /// What has failed is started again from the list.
    @Test func whatHasFailedIsStartedAgain() async throws {
        let asked = Said()
        let manager = try await Self.browser("sn_customerservice.customer_manager", asked)
        let page = try await manager.get(Self.address)
        let again = "\(Self.address)/\(Self.failed)/start"
        #expect(page.text.contains("action=\"\(again)\""))
        #expect(try await manager.post(again, [("csrf", page.csrf)]).location == "\(Self.address)?done=registering")
        #expect(asked.texts.last == "start \(Self.failed)")
    }

    /// Other customers have no such page, and nothing leads them to it.
    @Test func othersDoNot() async throws {
        for role in ["customer", "customer_case_manager", "customer_admin"] {
            let asked = Said()
            let other = try await Self.browser("sn_customerservice.\(role)", asked)
            let page = try await other.get(Self.address)
            #expect(page.status == 404 && !page.text.contains("href=\"\(Self.address)\"") && asked.texts.isEmpty)
        }
    }
}
