import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// Who activities go to: somebody who is there (G-44).
@Suite struct PlaybookAssigneeTests {
    private static func playbook(_ user: String) -> String {
        """
        table: onboarding_case
        label: {en: Named, ko: 지정}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: make
                kind: create_task
                label: {en: Make, ko: 생성}
                assignee: {user: \(user)}
                creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: M}]}
        """
    }

    @Test func workGoesPastWhoHasLeft() async throws {
        let stage = try await PlaybookStage()
        let user = try await stage.world.addUser()
        let before = try await stage.run(Self.playbook(user.id), over: stage.world.openCase())
        #expect(try await stage.activity(of: before, "make").assignedTo == user.id)
        var left = User()
        (left.id, left.active) = (user.id, false)
        var leaving = UpdateUserRequest()
        leaving.user = left
        _ = try await stage.world.call(OnboardingAPI.updateUser, leaving, as: stage.world.administrator)
        let after = try await stage.start(before.definition, over: stage.world.openCase())
        let activity = try await stage.activity(of: after, "make")
        #expect(activity.state == "in_progress" && activity.assignedTo == stage.agent.subject, "\(activity)")
        #expect(try await stage.task(of: activity).assignedTo == stage.agent.subject)
    }

    /// The assignee of the case has left: the work goes to the account team rather than to nobody.
    @Test func workGoesToTheTeamWhenTheAssigneeHasLeft() async throws {
        let stage = try await PlaybookStage()
        let (user, other) = (try await stage.world.addUser(), try await stage.world.addUser())
        let record = try await stage.world.openCase { $0.assignedTo = user.id }
        var member = CreateCaseTeamMemberRequest()
        member.caseTeamMember = CaseTeamMember()
        member.caseTeamMember?.onboardingCase = record.id
        member.caseTeamMember?.side = "provider"
        member.caseTeamMember?.responsibility = OnboardingSeed.responsibility("provider", "Data analyst")
        member.caseTeamMember?.user = other.id
        _ = try await stage.world.call(OnboardingAPI.createCaseTeamMember, member, as: stage.agent)
        #expect(try await stage.world.createTask(record).assignedTo == user.id)
        var left = User()
        (left.id, left.active) = (user.id, false)
        var leaving = UpdateUserRequest()
        leaving.user = left
        _ = try await stage.world.call(OnboardingAPI.updateUser, leaving, as: stage.world.administrator)
        #expect(try await stage.world.createTask(record).assignedTo == other.id)
    }

    /// Work that goes to somebody who can do nothing with it is warned of, in the answer and in the activity, and is given
    /// all the same (G-42).
    @Test func whoHasNoRoleForTheWorkIsWarnedOf() async throws {
        let stage = try await PlaybookStage()
        let user = try await stage.world.addUser()
        let credential = CallerTokens.credential(stage.agent)
        func give(_ record: OnboardingCase) async throws -> [Warning] {
            var request = UpdateOnboardingCaseRequest()
            request.onboardingCase = OnboardingCase()
            request.onboardingCase?.id = record.id
            request.onboardingCase?.assignedTo = user.id
            request.updateMask = FieldMask(paths: ["assigned_to"])
            return try await stage.server.client.callWithWarnings(
                OnboardingAPI.updateOnboardingCase, request, as: credential
            ).warnings
        }
        func grant(_ role: String) async throws {
            var grant = CreateRoleGrantRequest()
            grant.roleGrant = RoleGrant()
            grant.roleGrant?.user = user.id
            grant.roleGrant?.role = role
            _ = try await stage.world.call(OnboardingAPI.createRoleGrant, grant, as: stage.world.administrator)
        }
        let warned = try await give(stage.world.openCase())
        #expect(warned.map(\.rule) == ["G-42"] && warned.map(\.field) == ["onboarding_case.assigned_to"])
        try await grant("sn_acct_lc.ale_success_viewer")
        #expect(try await give(stage.world.openCase()).count == 1)
        let made = try await stage.begin()
        let info = stage.info().merging(["assigned_to": user.id]) { $1 }
        let done = try await stage.complete(made, "enter_info", info)
        #expect(done.state == "done" && done.warnings.map(\.en) == [AssigneeRoles.warning.en])
        #expect(try await stage.case(made.id).assignedTo == user.id)
        try await grant("sn_acct_lc.agent")
        #expect(try await give(stage.world.openCase()).isEmpty)
        // Who takes work is judged by the roles of the call.
        #expect(try await stage.complete(stage.begin(), "enter_info", stage.info()).warnings.isEmpty)
    }

    /// A version may name a responsibility that is gone: its work goes to the assignee of the case (G-44).
    @Test func workGoesToTheAssigneeWhereAResponsibilityIsGone() async throws {
        let stage = try await PlaybookStage()
        var creation = CreateResponsibilityDefinitionRequest()
        creation.responsibilityDefinition = ResponsibilityDefinition()
        creation.responsibilityDefinition?.name = "Translator \(uuid())"
        creation.responsibilityDefinition?.side = "provider"
        let made = try await stage.world.call(
            OnboardingAPI.createResponsibilityDefinition, creation, as: stage.world.administrator)
        let named = Self.playbook(stage.agent.subject).replacing(
            "{user: \(stage.agent.subject)}", with: "{responsibility: \(made.name ?? "")}")
        let before = try await stage.run(named, over: stage.world.openCase())
        #expect(try await stage.activity(of: before, "make").assignedTo == stage.agent.subject)
        var renamed = UpdateResponsibilityDefinitionRequest()
        renamed.responsibilityDefinition = ResponsibilityDefinition()
        renamed.responsibilityDefinition?.id = made.id
        renamed.responsibilityDefinition?.name = "Interpreter \(uuid())"
        _ = try await stage.world.call(
            OnboardingAPI.updateResponsibilityDefinition, renamed, as: stage.world.administrator)
        let after = try await stage.start(before.definition, over: stage.world.openCase())
        #expect(try await stage.activity(of: after, "make").assignedTo == stage.agent.subject)
    }

    @Test func nobodyIsNamedWhoMayNotBeGivenWork() async throws {
        let stage = try await PlaybookStage()
        let users = [
            try await stage.world.addUser(isActive: false).id, try await stage.world.addUser(isCustomer: true).id,
            uuid(),
        ]
        for user in users {
            do {
                _ = try await stage.run(Self.playbook(user), over: stage.world.openCase())
                Issue.record("\(user) was taken")
            } catch let problem as Problem {
                #expect(problem.violations.map(\.field) == ["only.make.assignee.user"], "\(problem)")
            }
        }
    }
}
