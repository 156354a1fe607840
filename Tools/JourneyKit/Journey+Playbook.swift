import Foundation
import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// The case's playbook, worked through as the agent does.
extension Journey {
    /// The family name of the contact that Initial setup brings into the customer team.
    public static let teamContact = "Mendel"

    /// The agent completes Initial setup: what is asked for, a contact of the customer with a responsibility, the account
    /// team; the optional squad is skipped.
    func setUpCase() async throws {
        let agent = users[.agent] ?? ""
        try await step("Initial setup is worked through") {
            try await complete(
                "enter_info",
                [
                    "assigned_to": agent, "service_bridge_integration": "not_required", "type": "full",
                    "go_live_date": "2026-12-01",
                ])
            let contact = [
                "first_name": "Roland", "last_name": Self.teamContact,
                "email": "mendel@\(account.accountNumber ?? "account").example".lowercased(),
            ]
            let added = try await complete("add_contacts", ["contacts": Self.rows([contact])])
            try await complete(
                "add_responsibilities",
                [
                    "members": Self.rows([
                        [
                            "contact": added.created.first?.id ?? "",
                            "responsibility": try await responsibility("Key team member", of: "customer"),
                        ]
                    ])
                ])
            try await complete(
                "add_account_team",
                [
                    "members": Self.rows([
                        [
                            "user": agent,
                            "responsibility": try await responsibility("Onboarding manager", of: "provider"),
                        ]
                    ])
                ])
            try await move(OnboardingAPI.skipPlaybookActivity, "add_squad")
        }
    }

    /// The other stages, up to the go-live support case, which is closed: then every stage is done.
    func workThroughStages() async throws {
        try await step("Data capture and validation is worked through") {
            let notes = importTasks.values.map { ["record": $0.id, "close_notes": "Reviewed."] }
            try await complete("data_summary", ["close_notes": Self.rows(notes)])
            try await reach("development")
        }
        try await step("Development and automation is worked through") {
            try await completeTasks(of: "development")
            try await complete("related_work")
            try await complete("development_summary")
            try await reach("testing_and_training")
        }
        try await step("Testing and training is worked through") {
            try await completeTasks(of: "testing_and_training")
            // What waits for another task of the stage.
            try await completeTasks(of: "testing_and_training")
            try await reach("go_live")
        }
        try await step("The go-live support case is worked on and closed") {
            let support = try await world.eventually("the go-live support case") {
                try await activities(of: "go_live").first?.created.first
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
            let picker = try await stages()
            try expect(picker.stages.allSatisfy { $0.state == "done" }, "the stages are \(picker.stages.map(\.state))")
        }
    }

    /// How far the case has come.
    func stages() async throws -> StagePicker {
        var request = GetStagePickerRequest()
        request.table = "onboarding_case"
        request.record = onboardingCase.id
        return try await world.call(OnboardingAPI.getStagePicker, request, as: credential(.agent))
    }

    /// Waits until the run of the case has begun.
    func awaitPlaybook() async throws {
        _ = try await world.eventually("the run of the playbook") {
            do {
                return try await stages()
            } catch let problem as Problem where problem.code == .notFound {
                return nil
            }
        }
    }

    private func reach(_ lane: String) async throws {
        _ = try await world.eventually("the stage \(lane)") { try await stages().current == lane ? true : nil }
    }

    private func activities(of lane: String = "") async throws -> [PlaybookActivity] {
        var request = ListPlaybookActivitiesRequest()
        request.run = try await stages().run?.id ?? ""
        request.lane = lane
        return try await world.call(OnboardingAPI.listPlaybookActivities, request, as: credential(.agent)).activities
    }

    private func activity(_ key: String) async throws -> PlaybookActivity {
        guard let found = try await activities().first(where: { $0.key == key }) else {
            throw JourneyFailure("the playbook has no activity \(key)")
        }
        return found
    }

    @discardableResult
    private func complete(_ key: String, _ values: [String: String] = [:]) async throws -> PlaybookActivity {
        var request = EnterPlaybookActivityRequest()
        request.id = try await activity(key).id
        request.values = values.sorted { $0.key < $1.key }.map { input, value in
            var entered = EnteredValue()
            entered.input = input
            entered.value = value
            return entered
        }
        return try await world.call(OnboardingAPI.completePlaybookActivity, request, as: credential(.agent))
    }

    private func move(
        _ method: Wire.Method<MovePlaybookActivityRequest, PlaybookActivity>, _ key: String
    ) async throws {
        var request = MovePlaybookActivityRequest()
        request.id = try await activity(key).id
        _ = try await world.call(method, request, as: credential(.agent))
    }

    private func completeTasks(of lane: String) async throws {
        for activity in try await activities(of: lane)
        where activity.kind == "create_task" && activity.state == "in_progress" {
            try await complete(activity.key)
        }
    }

    private func responsibility(_ name: String, of side: String) async throws -> String {
        var list = ListRequest()
        list.filter = "name = \"\(name)\" AND side = \"\(side)\""
        let known = try await world.call(OnboardingAPI.listResponsibilityDefinitions, list, as: credential(.agent))
        return known.responsibilityDefinitions.first?.id ?? ""
    }

    private static func rows(_ rows: [[String: String]]) throws -> String {
        String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
    }
}
