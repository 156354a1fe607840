import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

/// Go-live and post support, and the end of the case.
extension FivePeople {
    func goLive() async throws {
        let found = try await playbook.activities(of: "go_live")
        expectNames(PrintedActivity.goLive, found)
        let support = try await supportCase(try #require(found.first))
        _ = try await change(onboarding) { $0.state = "active" }
        try await stayOpen()
        try await solveProblem(below: support)
        for state in ["active", "closed"] {
            _ = try await change(support) {
                $0.state = state
                $0.assignedTo = cast.manager.user
            }
        }
        let picker = try await playbook.stages()
        #expect(picker.run?.state == "done" && picker.stages.map(\.state) == Array(repeating: "done", count: 5))
        try await close()
    }

    private func change(_ record: OnboardingCase, _ edit: (inout OnboardingCase) -> Void) async throws
        -> OnboardingCase
    {
        var draft = OnboardingCase()
        draft.id = record.id
        edit(&draft)
        var update = UpdateOnboardingCaseRequest()
        update.onboardingCase = draft
        return try await ask(OnboardingAPI.updateOnboardingCase, update, as: cast.manager)
    }

    /// The parent of every problem that follows from going live (3.5), which has no playbook of its own.
    private func supportCase(_ activity: PlaybookActivity) async throws -> OnboardingCase {
        #expect(activity.state == "in_progress" && activity.created.map(\.table) == ["onboarding_case"])
        let support = try await get(
            OnboardingAPI.getOnboardingCase, activity.created.first?.id ?? "", as: cast.manager)
        #expect(support.parent == onboarding.id && support.account == account.id && support.state == "new")
        #expect(support.contact == cast.contact.contact && support.type == "full")
        #expect(support.goLiveDate == Self.goLiveDate && support.serviceBridgeIntegration == "not_required")
        let title = support.shortDescription ?? ""
        #expect(title.contains(onboarding.number ?? "-") && cast.reads(title), "\(title)")
        try await expectNoPlaybook(of: support)
        return support
    }

    private func expectNoPlaybook(of record: OnboardingCase) async throws {
        var picker = GetStagePickerRequest()
        picker.table = "onboarding_case"
        picker.record = record.id
        try await refuse(cast.manager, OnboardingAPI.getStagePicker, picker, .notFound)
    }

    /// What goes wrong after going live lies below the support case, which gives it its account (G-38), and is not onboarded
    /// itself. The customer follows it, the right people solve it, and the support goes on until its own end.
    private func solveProblem(below support: OnboardingCase) async throws {
        var creation = CreateOnboardingCaseRequest()
        creation.onboardingCase = OnboardingCase()
        creation.onboardingCase?.parent = support.id
        creation.onboardingCase?.shortDescription = "Orders do not arrive"
        creation.onboardingCase?.contact = cast.contact.contact
        try await refuse(cast.contact, OnboardingAPI.createOnboardingCase, creation, .permissionDenied)
        let problem = try await ask(OnboardingAPI.createOnboardingCase, creation, as: cast.manager)
        #expect(problem.parent == support.id && problem.account == account.id && problem.domain == support.domain)
        let below = try await list(
            OnboardingAPI.listOnboardingCases, "parent = \"\(support.id)\"", as: cast.analyst)
        #expect(below.map(\.id) == [problem.id])
        let seen = try await get(OnboardingAPI.getOnboardingCase, problem.id, as: cast.contact)
        #expect(seen.shortDescription == "Orders do not arrive" && seen.parent == nil)
        let working = try await change(problem) {
            $0.state = "active"
            $0.assignedTo = cast.administrator.user
            $0.serviceBridgeIntegration = "not_required"
            $0.goLiveDate = Self.goLiveDate
        }
        #expect(working.stage == "on_track")
        let solved = try await change(problem) { $0.state = "closed" }
        #expect(solved.stage == "finished" && solved.parent == support.id)
        try await expectNoPlaybook(of: problem)
        #expect(try await playbook.activity("go_live_support_case").state == "in_progress")
        let going = try await get(OnboardingAPI.getOnboardingCase, support.id, as: cast.manager)
        #expect(going.state == "new" && going.active == true)
    }

    /// Nobody closes a case over a stage that is not done (G-122), and only an administrator removes one.
    private func stayOpen() async throws {
        var closing = CloseOnboardingCaseRequest()
        closing.id = onboarding.id
        closing.cancelOpenTasks = true
        for person in [cast.manager, cast.administrator] {
            let refused = try await refuse(
                person, OnboardingAPI.closeOnboardingCase, closing, .failedPrecondition, "OPEN_STAGES")
            #expect(refused.text.en.contains(PrintedActivity.goLive[0].name(cast.language)), "\(refused)")
        }
        var delete = DeleteRequest()
        delete.id = onboarding.id
        try await refuse(cast.manager, OnboardingAPI.deleteOnboardingCase, delete, .permissionDenied)
    }

    /// The case is closed, and nothing of its playbook begins any more.
    private func close() async throws {
        var closing = CloseOnboardingCaseRequest()
        closing.id = onboarding.id
        closing.closeNotes = "Live."
        try await refuse(cast.contact, OnboardingAPI.closeOnboardingCase, closing, .permissionDenied)
        let closed = try await ask(OnboardingAPI.closeOnboardingCase, closing, as: cast.manager)
        #expect(closed.state == "closed" && closed.stage == "finished" && closed.active == false)
        #expect(closed.closedBy == cast.manager.user && closed.closedAt != nil && closed.closeNotes == "Live.")
        let seen = try await get(OnboardingAPI.getOnboardingCase, onboarding.id, as: cast.contact)
        #expect(seen.state == "closed" && seen.stage == "finished")
        let reopening = CasePlaybook.moving(try await playbook.activity("reporting"))
        try await refuse(
            cast.manager, OnboardingAPI.reopenPlaybookActivity, reopening, .failedPrecondition, "G-50")
    }
}
