import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

extension Journey {
    /// At the end each thing is there as often as it was made: nothing is missing and nothing came twice.
    func countEverything() async throws {
        let ofAccount = "account = \"\(account.id)\""
        let ofCase = "parent = \"\(onboardingCase.id)\""
        let ofEngagement = "engagement = \"\(engagement.id)\""
        // And the contact that was added in the playbook.
        let people = 1 + Int64(Persona.allCases.count { $0.customerResponsibility != nil })
        try await step("Everything is there, and once") {
            // The onboarding, and its go-live support case.
            try await expect(2, OnboardingAPI.listOnboardingCases, ofAccount, as: .agent)
            try await expect(8, ImportValidationAPI.listImportTasks, ofCase, as: .agent)
            try await expect(published["contract"] ?? 0, OnboardingAPI.listContracts, ofAccount, as: .agent)
            try await expect(published["location"] ?? 0, OnboardingAPI.listLocations, ofAccount, as: .agent)
            try await expect(
                people + (published["customer_contact"] ?? 0), OnboardingAPI.listCustomerContacts, ofAccount, as: .agent
            )
            try await expect(1, CustomerSuccessAPI.listEngagements, ofAccount, as: .successManager)
            try await expect(3, CustomerSuccessAPI.listEngagementContracts, ofEngagement, as: .successManager)
            try await expect(1, CustomerSuccessAPI.listTouchpoints, ofEngagement, as: .successManager)
            try await expect(1, PlayLauncherAPI.listFlowRuns, ofEngagement, as: .successManager)
        }
    }

    private func expect<Page: ListResponse>(
        _ count: Int64, _ method: Wire.Method<ListRequest, Page>, _ filter: String, as persona: Persona
    ) async throws {
        var request = ListRequest()
        request.filter = filter
        request.pageSize = 1
        request.count = true
        let found = try await world.call(method, request, as: credential(persona)).totalSize
        try expect(found == count, "\(method.subject): \(found ?? -1) instead of \(count)")
    }
}
