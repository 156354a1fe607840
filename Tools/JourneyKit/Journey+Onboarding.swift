import Foundation
import ImportValidationWire
import OnboardingWire
import RPC
import Wire

extension Journey {
    /// An onboarding agent creates the account; its domain is made under the provider's.
    public func openAccount() async throws {
        let agent = try credential(.agent)
        account = try await step("Account \(accountName) is created", numbered: \.accountNumber) {
            try await world.openAccount(accountName, as: agent)
        }
        try expect(
            account.domain.hasPrefix(JourneyWorld.provider.path) && account.domain != JourneyWorld.provider.path,
            "the account's domain is \(account.domain)")
    }

    /// By event, the onboarding case appears and its playbook begins; its first stage done, there is one import task for
    /// each default target.
    public func seeCaseAndTasks() async throws {
        let agent = try credential(.agent)
        onboardingCase = try await step("Its onboarding case appears", numbered: \.number) {
            try await world.automaticCase(of: account.id, as: agent)
        }
        let number = onboardingCase.number ?? ""
        try expect(number.hasPrefix("ALEONB") && number.count >= 13, "the case's number is \(number)")
        try expect(
            onboardingCase.state == "new" && onboardingCase.stage == "not_started" && onboardingCase.type == "full",
            "the case is \(onboardingCase)")
        try await step("Its playbook begins") { try await playbook.awaitBeginning() }
        try await setUpCase()
        let tasks = try await step("Eight import tasks appear", numbered: \.first?.number) {
            try await world.eventually("eight import tasks") { () -> [ImportTask]? in
                var request = ListRequest()
                request.filter = "parent = \"\(onboardingCase.id)\""
                let tasks = try await world.call(ImportValidationAPI.listImportTasks, request, as: agent).importTasks
                try expect(tasks.count <= 8, "the case has \(tasks.count) import tasks")
                return tasks.count == 8 ? tasks : nil
            }
        }
        importTasks = Dictionary(uniqueKeysWithValues: tasks.map { ($0.targetTable ?? "", $0) })
        try await step("Stage On track is refused while the case is New") {
            var change = OnboardingCase()
            change.id = onboardingCase.id
            change.stage = "on_track"
            var request = UpdateOnboardingCaseRequest()
            request.onboardingCase = change
            let problem = try await world.refusal(OnboardingAPI.updateOnboardingCase, request, as: agent)
            try expect(problem.reason == "G-01", "the stage was refused with \(problem)")
        }
    }

    /// The case's stages are worked through, it goes live and is closed.
    public func goLive() async throws {
        let agent = try credential(.agent)
        try await workThroughStages()
        onboardingCase = try await step("The case becomes Active, then is closed", numbered: \.number) {
            var change = OnboardingCase()
            change.id = onboardingCase.id
            change.state = "active"
            var request = UpdateOnboardingCaseRequest()
            request.onboardingCase = change
            let active = try await world.call(OnboardingAPI.updateOnboardingCase, request, as: agent)
            try expect(active.stage == "on_track", "an active case has stage \(active.stage ?? "none")")
            var closing = CloseOnboardingCaseRequest()
            closing.id = onboardingCase.id
            closing.closeNotes = "Live since the first of December."
            return try await world.call(OnboardingAPI.closeOnboardingCase, closing, as: agent)
        }
        try expect(
            onboardingCase.closedAt != nil && onboardingCase.closedBy == users[.agent]
                && onboardingCase.active == false && onboardingCase.stage == "finished",
            "the closed case is \(onboardingCase)")
    }
}
