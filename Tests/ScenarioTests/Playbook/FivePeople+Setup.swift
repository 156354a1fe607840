import CustomerSuccessWire
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

/// Initial setup: the case, what is asked for, the people on both sides.
extension FivePeople {
    func initialSetup() async throws {
        try await seeAutomaticCase()
        try await selectAccount()
        try await enterInfo()
        try await addCustomerTeam()
        try await addAccountTeam()
        try await addSquad()
        let stage = try #require(try await playbook.stages().stages.first)
        #expect(stage.lane == "initial_setup" && stage.state == "done" && stage.ended == 6)
    }

    /// A new account has a case at once, whose account is known (1.1). This one is onboarded in phases: the manager begins
    /// by hand, and cancels that case with its run.
    private func seeAutomaticCase() async throws {
        account = try await world.openAccount(Self.accountName, as: cast.manager.credential)
        let automatic = try await world.automaticCase(of: account.id, as: cast.manager.credential)
        #expect(automatic.type == "full" && automatic.assignedTo == cast.manager.user)
        #expect(cast.reads(automatic.shortDescription ?? ""))
        let begun = CasePlaybook(world, of: automatic.id, as: cast.manager.credential)
        try await begun.awaitBeginning()
        #expect(try await begun.activity("select_account").state == "done")
        #expect(try await begun.activity("enter_info").state == "in_progress")
        var cancel = CloseRequest()
        cancel.id = automatic.id
        _ = try await ask(OnboardingAPI.cancelOnboardingCase, cancel, as: cast.manager)
        #expect(try await begun.stages().run?.state == "canceled")
    }

    /// The run is there before its case, which its first activity makes.
    private func selectAccount() async throws {
        var start = StartPlaybookRunRequest()
        start.table = "onboarding_case"
        let run = try await ask(OnboardingAPI.startPlaybookRun, start, as: cast.manager)
        #expect(run.record.isEmpty && run.state == "in_progress" && run.startedBy == cast.manager.user)
        var request = ListPlaybookActivitiesRequest()
        request.run = run.id
        let planned = try await ask(OnboardingAPI.listPlaybookActivities, request, as: cast.manager).activities
        #expect(planned.map(\.key) == PrintedActivity.all.map(\.key))
        let first = try #require(planned.first)
        #expect(first.state == "in_progress" && planned.dropFirst().allSatisfy { $0.state == "pending" })
        let nothing = CasePlaybook.entering(first)
        let refused = try await refuse(
            cast.manager, OnboardingAPI.completePlaybookActivity, nothing, .invalidArgument)
        #expect(refused.violations.map(\.field) == ["values.account"])
        let done = try await ask(
            OnboardingAPI.completePlaybookActivity, CasePlaybook.entering(first, ["account": account.id]),
            as: cast.manager)
        #expect(done.state == "done" && done.endedBy == cast.manager.user)
        let going = try await get(OnboardingAPI.getPlaybookRun, run.id, as: cast.manager)
        onboarding = try await get(OnboardingAPI.getOnboardingCase, going.record, as: cast.manager)
        #expect(onboarding.account == account.id && onboarding.domain == account.domain)
        #expect(onboarding.state == "new" && onboarding.stage == "not_started" && onboarding.type == "phased")
        #expect(onboarding.number?.wholeMatch(of: /ALEONB\d{7}/) != nil, "\(onboarding.number ?? "")")
        expectNames(PrintedActivity.initialSetup, try await playbook.activities(of: "initial_setup"))
    }

    private func enterInfo() async throws {
        let missing = try await refuseCompletion("enter_info", as: cast.manager, .invalidArgument)
        #expect(
            Set(missing.violations.map(\.field)) == [
                "values.assigned_to", "values.service_bridge_integration", "values.go_live_date",
            ])
        try await complete(
            "enter_info",
            [
                "assigned_to": cast.manager.user, "service_bridge_integration": option, "type": "full",
                "go_live_date": Self.goLiveDate, "products_customer_visible": "true",
            ], as: cast.manager)
        onboarding = try await get(OnboardingAPI.getOnboardingCase, onboarding.id, as: cast.manager)
        #expect(onboarding.assignedTo == cast.manager.user && onboarding.type == "full")
        #expect(onboarding.serviceBridgeIntegration == option && onboarding.goLiveDate == Self.goLiveDate)
        #expect(onboarding.productsCustomerVisible == true && onboarding.state == "new")
        #expect((onboarding.daysRemaining ?? 0) > 0)
    }

    private func addSquad() async throws {
        var creation = CreateSquadMemberRequest()
        creation.squadMember = SquadMember()
        creation.squadMember?.account = account.id
        creation.squadMember?.user = cast.analyst.user
        creation.squadMember?.responsibility = try await world.responsibility(
            "Support", of: "squad", as: cast.manager.credential)
        let member = try await world.eventually("the account at customer-success") { () -> SquadMember? in
            do {
                return try await ask(CustomerSuccessAPI.createSquadMember, creation, as: cast.manager)
            } catch let problem as Problem where problem.code == .invalidArgument {
                return nil
            }
        }
        try await complete("add_squad", ["squad": "[\"\(member.id)\"]"], as: cast.manager)
        let stored = try await get(OnboardingAPI.getOnboardingCase, onboarding.id, as: cast.manager)
        #expect(stored.squad == [member.id])
    }
}
