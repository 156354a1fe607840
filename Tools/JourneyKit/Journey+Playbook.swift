import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// The case's playbook, worked through as the agent does.
extension Journey {
    /// The agent completes Initial setup: what is asked for, a contact of the customer with a responsibility, the account
    /// team; the optional squad is skipped.
    func setUpCase() async throws {
        let agent = users[.agent] ?? ""
        try await step("Initial setup is worked through") {
            try await playbook.complete(
                "enter_info",
                [
                    "assigned_to": agent, "service_bridge_integration": "not_required", "type": "full",
                    "go_live_date": "2026-12-01",
                ])
            let contact = [
                "first_name": "Roland", "last_name": "Mendel",
                "email": "mendel@\(account.accountNumber ?? "account").example".lowercased(),
            ]
            let added = try await playbook.complete("add_contacts", ["contacts": CasePlaybook.rows([contact])])
            try await playbook.complete(
                "add_responsibilities",
                [
                    "members": CasePlaybook.rows([
                        [
                            "contact": added.created.first?.id ?? "",
                            "responsibility": try await world.responsibility(
                                "Key team member", of: "customer", as: credential(.agent)),
                        ]
                    ])
                ])
            try await playbook.complete(
                "add_account_team",
                [
                    "members": CasePlaybook.rows([
                        [
                            "user": agent,
                            "responsibility": try await world.responsibility(
                                "Onboarding manager", of: "provider", as: credential(.agent)),
                        ]
                    ])
                ])
            try await playbook.skip("add_squad")
        }
    }

    /// The other stages, up to the go-live support case, which is closed: then every stage is done.
    func workThroughStages() async throws {
        try await step("Data capture and validation is worked through") {
            try await playbook.awaitRecords(importTasks.count, of: "data_capture")
            let notes = importTasks.values.map { ["record": $0.id, "close_notes": "Reviewed."] }
            try await playbook.complete("data_summary", ["close_notes": CasePlaybook.rows(notes)])
            try await playbook.reach("development")
        }
        try await step("Development and automation is worked through") {
            try await completeTasks(of: "development")
            try await playbook.complete("related_work")
            try await playbook.complete("development_summary")
            try await playbook.reach("testing_and_training")
        }
        try await step("Testing and training is worked through") {
            try await completeTasks(of: "testing_and_training")
            // What waits for another task of the stage.
            try await completeTasks(of: "testing_and_training")
            try await playbook.reach("go_live")
        }
        try await step("The go-live support case is worked on and closed") {
            let support = try await world.eventually("the go-live support case") {
                try await playbook.activities(of: "go_live").first?.created.first
            }
            for state in ["active", "closed"] {
                var change = OnboardingCase()
                change.id = support.id
                change.state = state
                change.assignedTo = users[.agent]
                var request = UpdateOnboardingCaseRequest()
                request.onboardingCase = change
                _ = try await world.call(OnboardingAPI.updateOnboardingCase, request, as: credential(.agent))
            }
            let picker = try await playbook.stages()
            try expect(picker.stages.allSatisfy { $0.state == "done" }, "the stages are \(picker.stages.map(\.state))")
        }
    }

    /// The case's playbook, in the agent's hands.
    var playbook: CasePlaybook {
        get throws { CasePlaybook(world, of: onboardingCase.id, as: try credential(.agent)) }
    }

    private func completeTasks(of lane: String) async throws {
        for activity in try await playbook.activities(of: lane)
        where activity.kind == "create_task" && activity.state == "in_progress" {
            try await playbook.complete(activity.key)
        }
    }
}
