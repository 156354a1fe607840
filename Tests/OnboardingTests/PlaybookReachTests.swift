import OnboardingWire
import PlaybooksWire
import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// A definition may name the id of any tenant's record. A run makes nothing there, and a dry run says so before.
@Suite(.timeLimit(.minutes(15))) struct PlaybookReachTests {
    private static func yaml(_ table: String, _ fields: [String]) -> String {
        """
        table: onboarding_case
        label: {en: Reach, ko: 범위}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: make
                kind: create_task
                label: {en: Make, ko: 생성}
                creates:
                  table: \(table)
                  fields: [\((fields + ["{field: short_description, text: T}"]).joined(separator: ", "))]
        """
    }

    /// What a dry run says of the only activity, and how it fails when a run carries it out.
    private func look(
        _ table: String, _ fields: [String], _ stage: PlaybookStage
    ) async throws -> (refusal: String, failure: LocalText?) {
        let record = try await stage.world.openCase()
        let run = try await stage.run(Self.yaml(table, fields), over: record)
        var request = DryRunPlaybookRequest()
        (request.id, request.record) = (run.definition, record.id)
        let designer = Caller.holding("process_automation_designer")
        let step = try #require(
            try await stage.world.call(OnboardingAPI.dryRunPlaybookDefinition, request, as: designer).steps.first)
        #expect(step.applies && step.starts && !step.fields.isEmpty)
        let activity = try await stage.activity(of: run, "make")
        #expect(activity.state == (step.refusal.isEmpty ? "in_progress" : "failed"))
        #expect(activity.created.isEmpty == !step.refusal.isEmpty)
        return (step.refusal, activity.failure)
    }

    @Test func aDryRunSaysWhatARunIsRefused() async throws {
        let stage = try await PlaybookStage()
        let other = try await World(stage.world.server)
        let theirs = try await other.openCase()
        let parent = "{field: parent, from_field: id}"
        let (case_, task) = ("onboarding_case", "lifecycle_task")
        let cases = [
            "{field: type, text: full}", "{field: service_bridge_integration, text: not_required}",
            #"{field: go_live_date, text: "2027-01-01"}"#,
        ]
        for (table, fields, label) in [
            (task, ["{field: parent, text: \(theirs.id)}"], LifecycleTask.label(.parent)),
            (task, ["{field: parent, text: \(uuid())}"], LifecycleTask.label(.parent)),
            (task, [parent, "{field: contact, text: \(other.contact.id)}"], LifecycleTask.label(.contact)),
            (case_, cases + ["{field: account, text: \(other.account.id)}"], OnboardingCase.label(.account)),
        ] {
            let (refusal, failure) = try await look(table, fields, stage)
            #expect(refusal.hasPrefix("\(label.en): ") && refusal == failure?.en, "\(fields) \(refusal)")
            #expect(failure?.ko.hasPrefix("\(label.ko): ") == true)
        }
        let own = [parent, "{field: contact, text: \(stage.world.contact.id)}"]
        #expect(try await look(task, own, stage) == ("", nil))
    }
}
