import CampaignKit
import CustomerSuccessWire
import Foundation
import Identity
import ImportValidationWire
import JourneyKit
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Records
import Roles
import Tenancy
import Testing
import Wire

extension Scenarios.OnOneStack {
    /// What was taken away from a person is gone within a second, in each of the five services, whatever the token says.
    @Suite(.serialized)
    struct StandingScenarioTests {
        /// How long a change may go unnoticed.
        private static let limit: Duration = .seconds(1)

        /// One request to the service.
        private static func ask(_ service: String, _ client: Client, _ who: Credential) async throws(Problem) {
            switch service {
            case "onboarding": _ = try await client.call(OnboardingAPI.listCustomerAccounts, ListRequest(), as: who)
            case "import-validation":
                _ = try await client.call(ImportValidationAPI.listImportTasks, ListRequest(), as: who)
            case "customer-success":
                _ = try await client.call(CustomerSuccessAPI.listEngagements, ListRequest(), as: who)
            case "play-launcher": _ = try await client.call(PlayLauncherAPI.listFlowRuns, ListRequest(), as: who)
            default: _ = try await client.call(NotifierAPI.listSuccessLauncherNotifiers, ListRequest(), as: who)
            }
        }

        private static let roles: Set<String> = ["sn_acct_lc.agent", "sn_acct_lc.success_play_admin"]

        /// What the services answer: `OK`, else the reason or, without one that a token has, the code.
        private static func answers(
            _ stack: ScenarioStack, _ who: Credential, of services: [String] = ScenarioStack.services
        ) async -> [String] {
            let client = stack.world().client
            var answers: [String] = []
            for service in services {
                do throws(Problem) {
                    try await ask(service, client, who)
                    answers.append("OK")
                } catch {
                    answers.append(error.code == .unauthenticated ? error.reason : error.code.name)
                }
            }
            return answers
        }

        /// What all five answer, when they answer the same.
        private static func answer(_ stack: ScenarioStack, _ who: Credential) async -> String {
            let answers = await answers(stack, who)
            return Set(answers).count == 1 ? answers[0] : "\(answers)"
        }

        /// Waits until the services answer so, and says how long it took.
        private static func until(
            _ stack: ScenarioStack, _ who: Credential, _ what: String, _ expected: String,
            of services: [String] = ScenarioStack.services
        ) async throws {
            let begin = ContinuousClock.now
            while true {
                // When the answers were asked for: what is admitted later than the limit is a fault.
                let asked = begin.duration(to: .now)
                let answers = await answers(stack, who, of: services)
                if answers.allSatisfy({ $0 == expected }) { return print("\(what): seen after \(asked)") }
                guard asked < limit else { throw JourneyFailure("\(what): after \(asked) \(answers)") }
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        private static func setActive(_ isActive: Bool, _ user: String, _ world: JourneyWorld) async throws {
            var request = UpdateUserRequest()
            var change = User()
            change.id = user
            change.active = isActive
            request.user = change
            _ = try await world.call(OnboardingAPI.updateUser, request, as: .token(world.administrator))
        }

        private static func revoke(_ user: String, _ world: JourneyWorld) async throws {
            for grant in try await world.grants(of: user) {
                var request = DeleteRequest()
                request.id = grant.id
                _ = try await world.call(OnboardingAPI.deleteRoleGrant, request, as: .token(world.administrator))
            }
        }

        @Test("Deactivated, revoked, and back again, within a second everywhere", .timeLimit(.minutes(15)))
        func people() async throws {
            try await SharedStack.with { stack in
                let world = stack.world()
                let user = try await world.person(named: "Vera Gone", "vera@provider.example", Self.roles)
                let who = Credential.token(try await stack.onboarding("token", "--user", "vera@provider.example"))
                #expect(await Self.answer(stack, who) == "OK")
                try await Self.setActive(false, user.id, world)
                try await Self.until(stack, who, "deactivated", "PERSON_INACTIVE")
                try await Self.setActive(true, user.id, world)
                try await Self.until(stack, who, "active again", "OK")
                try await Self.revoke(user.id, world)
                try await Self.until(stack, who, "revoked", "PERMISSION_DENIED")
                _ = try await world.person(named: "Vera Gone", "vera@provider.example", Self.roles)
                try await Self.until(stack, who, "granted again", "OK")
                // Somebody nobody knows, with a token as good as any.
                let stranger = Caller(
                    subject: RecordID.derived(from: "stranger"), kind: .person, domain: JourneyWorld.provider,
                    roles: RoleCatalog.close(["admin"]))
                let strange = Credential.token(try world.token(stranger))
                #expect(await Self.answer(stack, strange) == "PERSON_UNKNOWN")
                try await Self.withoutOnboarding(stack, who, stranger)
            }
        }

        /// Who is known goes on, whom nobody knows is not admitted: neither refused for good nor let in.
        private static func withoutOnboarding(
            _ stack: ScenarioStack, _ who: Credential, _ stranger: Caller
        ) async throws {
            let world = stack.world()
            let newcomer = try await world.person(named: "Nina New", "nina@provider.example", roles)
            let caller = Caller(
                subject: newcomer.id, kind: .person, domain: JourneyWorld.provider, roles: RoleCatalog.close(roles))
            let unseen = Credential.token(try world.token(caller))
            try stack.kill("onboarding")
            let others = ScenarioStack.services.filter { $0 != "onboarding" }
            #expect(await answers(stack, who, of: others) == others.map { _ in "OK" })
            // Onboarding itself is not there to answer.
            #expect(await answers(stack, unseen, of: others) == others.map { _ in "UNAVAILABLE" })
            try await stack.restart()
            #expect(await answer(stack, unseen) == "OK")
        }

        @Test("A removed contact and an outside system's key", .timeLimit(.minutes(15)))
        func contactsAndKeys() async throws {
            try await SharedStack.with { stack in
                let world = stack.world()
                let journey = Journey(world)
                try await journey.meetPeople()
                try await journey.openAccount()
                let role = "sn_acct_lc.ale_success_customer"
                let user = try await world.person(
                    named: "Carla Customer", "carla@customer.example", [role], of: journey.account.id)
                var draft = CustomerContact()
                draft.firstName = "Carla"
                draft.lastName = "Customer"
                draft.email = "carla@customer.example"
                draft.account = journey.account.id
                draft.user = user.id
                var creation = CreateCustomerContactRequest()
                creation.customerContact = draft
                let agent = try journey.credential(.agent)
                let contact = try await world.call(OnboardingAPI.createCustomerContact, creation, as: agent)
                let who = Credential.token(try await stack.onboarding("token", "--user", user.id))
                let reader = ["customer-success"]
                #expect(await Self.answers(stack, who, of: reader) == ["OK"])
                var change = UpdateCustomerContactRequest()
                draft.id = contact.id
                draft.active = false
                change.customerContact = draft
                change.updateMask = FieldMask(paths: ["active"])
                _ = try await world.call(OnboardingAPI.updateCustomerContact, change, as: agent)
                try await Self.until(stack, who, "the contact is inactive", "TOKEN_OUTDATED", of: reader)
                try await Self.system(stack)
            }
        }

        /// A system made by the operator's command signs for itself, until its key is taken away.
        private static func system(_ stack: ScenarioStack) async throws {
            let file = "\(stack.folder)/billing.key"
            let printed = try await stack.onboarding(
                "system", "create", "--name", "Billing", "--role", "sn_acct_lc.agent", "--role",
                "sn_acct_lc.success_play_admin", "--key-file", file)
            let id = String(printed.split(separator: "\n").first ?? "")
            let own = try await Issuer(keyFile: file, name: id)
            let caller = Caller(
                subject: id, kind: .person, domain: JourneyWorld.provider, roles: RoleCatalog.close(roles))
            let who = Credential.token(try own.token(for: caller, lifetimeSeconds: 3_600))
            #expect(await answer(stack, who) == "OK")
            let world = stack.world()
            var request = UpdateUserRequest()
            var change = User()
            change.id = id
            request.user = change
            request.updateMask = FieldMask(paths: ["public_key"])
            _ = try await world.call(OnboardingAPI.updateUser, request, as: .token(world.administrator))
            try await until(stack, who, "the key is gone", "TOKEN_INVALID")
        }
    }
}
