import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// The conditions under which a playbook closes and cancels what its activities have made (G-53): looked at on each change,
/// and asked about before people close it themselves.
@Suite struct PlaybookConditionTests {
    /// A case with a run of a playbook whose only activity makes a task with conditions. Other tests may have the case
    /// adopted by the shipped one, too.
    private func begin(
        _ stage: PlaybookStage
    ) async throws -> (record: OnboardingCase, run: PlaybookRun, task: LifecycleTask) {
        let record = try await stage.world.openCase()
        let yaml = """
            table: onboarding_case
            label: {en: Conditions, ko: 조건}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
                  - key: look
                    kind: create_task
                    label: {en: Look, ko: 보기}
                    creates:
                      table: lifecycle_task
                      fields:
                        - {field: parent, from_field: id}
                        - {field: short_description, text: Look}
                      closed_condition: close_notes:* AND parent.priority = 1
                      canceled_condition: parent.priority = 1 AND description:*
            """
        let run = try await stage.run(yaml, over: record)
        return (record, run, try await stage.task(of: look(stage, run)))
    }

    /// The only activity of a run.
    private func look(_ stage: PlaybookStage, _ run: PlaybookRun) async throws -> PlaybookActivity {
        try await stage.activity(of: run, "look")
    }

    private func close(_ task: LifecycleTask, _ notes: String = "") -> CloseRequest {
        var request = CloseRequest()
        request.id = task.id
        request.closeNotes = notes
        return request
    }

    private func update(
        _ task: LifecycleTask, _ stage: PlaybookStage, _ edit: (inout LifecycleTask) -> Void
    ) async throws {
        var request = UpdateLifecycleTaskRequest()
        var values = LifecycleTask()
        values.id = task.id
        edit(&values)
        request.lifecycleTask = values
        _ = try await stage.world.call(OnboardingAPI.updateLifecycleTask, request, as: stage.agent)
    }

    @Test func nobodyClosesWhatThePlaybookKeepsOpen() async throws {
        let stage = try await PlaybookStage()
        let (record, run, task) = try await begin(stage)
        var korean = stage.agent
        korean.locale = "ko"
        let method = OnboardingAPI.closeLifecycleTask
        for (caller, text) in [(stage.agent, "Look cannot be closed yet"), (korean, "‘보기’")] {
            let refused = try #require(await stage.world.problem(method, close(task, "Done."), as: caller))
            #expect(refused.code == .failedPrecondition && refused.reason == "CLOSED_CONDITION")
            #expect(refused.violations.map(\.rule) == ["G-53"], "\(refused)")
            #expect(refused.violations.map(\.field) == ["lifecycle_task.state"])
            #expect(refused.metadata["condition"]?.contains("parent.priority") == true)
            #expect((caller.locale == "ko" ? refused.text.ko : refused.text.en).contains(text), "\(refused.text)")
        }
        // Nor by a change of the state, nor by Mark complete.
        var change = UpdateLifecycleTaskRequest()
        change.lifecycleTask = LifecycleTask()
        change.lifecycleTask?.id = task.id
        change.lifecycleTask?.state = "closed"
        let moved = await stage.world.problem(OnboardingAPI.updateLifecycleTask, change, as: stage.agent)
        #expect(moved?.reason == "CLOSED_CONDITION")
        let complete = PlaybookStage.entering(try await look(stage, run), [:])
        let marked = await stage.world.problem(OnboardingAPI.completePlaybookActivity, complete, as: stage.agent)
        #expect(marked?.reason == "CLOSED_CONDITION")
        #expect(try await look(stage, run).state == "in_progress")
        // As soon as it holds with what the request brings, people close.
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.priority = 1 }
        #expect(try await stage.task(of: look(stage, run)).state == "open")
        #expect(await stage.world.problem(method, close(task), as: stage.agent)?.reason == "CLOSED_CONDITION")
        _ = try await stage.world.call(method, close(task, "Done."), as: stage.agent)
        #expect(try await look(stage, run).state == "done")
    }

    @Test func aConditionThatHoldsClosesByItself() async throws {
        let stage = try await PlaybookStage()
        let (record, run, task) = try await begin(stage)
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.priority = 1 }
        try await update(task, stage) { $0.closeNotes = "Done." }
        #expect(try await stage.task(of: look(stage, run)).state == "closed")
        #expect(try await look(stage, run).state == "done")
    }

    /// Canceled wins when both hold; and an agent may cancel in any case (G-21).
    @Test func canceledWins() async throws {
        let stage = try await PlaybookStage()
        let (record, run, task) = try await begin(stage)
        try await update(task, stage) {
            $0.closeNotes = "Done."
            $0.description = "Both."
        }
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.priority = 1 }
        #expect(try await stage.task(of: look(stage, run)).state == "canceled")
        // Nothing of it is left to do, since the playbook itself has left it out.
        let left = try await look(stage, run)
        #expect(left.state == "canceled" && !left.applies)
        #expect(try await stage.now(run).state == "done")
        let (_, other, second) = try await begin(stage)
        try await stage.move(second.id, "canceled")
        #expect(try await look(stage, other).state == "canceled")
        #expect(try await stage.now(other).state == "in_progress")
    }

    /// Also over an import task, of which only events tell: a change of the case alone may be what was missing.
    @Test(arguments: [("closed_condition", "closed"), ("canceled_condition", "canceled")])
    func theCaseEndsAnImportTask(_ condition: String, _ end: String) async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let yaml = """
            table: onboarding_case
            label: {en: Mixed, ko: 혼합}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
                  - key: look
                    kind: create_task
                    label: {en: Look, ko: 보기}
                    creates:
                      table: import_task
                      fields:
                        - {field: parent, from_field: id}
                        - {field: account, from_field: account}
                        - {field: target_table, text: location}
                        - {field: source_table, text: sn_acct_lc_account_onb_import_locations}
                        - {field: data_source, text: cmn_location_template.xlsx}
                        - {field: short_description, text: Look}
                      \(condition): data_import_state = 7 AND parent.priority = 1
            """
        let run = try await stage.run(yaml, over: record)
        let made = try await stage.eventually("the import task") { try await look(stage, run).created.first?.id }
        var task = try #require(stage.imports.task(made, "open"))
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.priority = 1 }
        #expect(try await look(stage, run).state == "in_progress")
        #expect(stage.imports.task(made, "open") != nil)
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.priority = 2 }
        task.dataImportState = 7
        try await stage.server.bench.hear(task, "updated", revision: 2, from: "import-validation")
        #expect(try await look(stage, run).state == "in_progress")
        #expect(stage.imports.task(made, "open") != nil)
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.priority = 1 }
        _ = try await stage.eventually("the end of the import task") { stage.imports.task(made, end) }
        _ = try await stage.eventually("the end of the run") { try await stage.now(run).state == "done" ? true : nil }
    }

    /// Services that keep what activities have made ask before people close it.
    @Test func servicesAskBeforePeopleClose() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.setUp(record)
        let made = try await stage.importActivities(record).first { $0.key == "import_locations" }
        var task = ImportTask()
        task.id = try #require(made?.created.first?.id)
        (task.state, task.dataImportState, task.closeNotes) = ("in_progress", 5, "Loaded.")
        let service = Caller.service("import-validation", domain: .root)
        func asked(_ task: ImportTask, as caller: Caller) async throws -> Problem? {
            var request = CheckPlaybookClosingRequest()
            request.table = "import_task"
            request.record = try task.encodeProtobuf()
            return await stage.world.problem(OnboardingAPI.checkPlaybookClosing, request, as: caller)
        }
        #expect(try await asked(task, as: service)?.reason == "CLOSED_CONDITION")
        #expect(try await asked(task, as: stage.agent)?.code == .permissionDenied)
        task.dataImportState = 7
        #expect(try await asked(task, as: service) == nil)
        task.closeNotes = nil
        #expect(try await asked(task, as: service)?.violations.map(\.field) == ["import_task.state"])
        // What no activity has made is nobody's but its own.
        task.id = uuid()
        #expect(try await asked(task, as: service) == nil)
    }

    // MARK: From the beginning

    private static func beginning(_ table: String, _ fields: String, _ condition: String) -> String {
        """
        table: onboarding_case
        label: {en: Beginning, ko: 시작}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: look
                kind: create_task
                label: {en: Look, ko: 보기}
                creates:
                  table: \(table)
                  fields: [{field: parent, from_field: id}, {field: short_description, text: Look}, \(fields)]
                  \(condition)
              - {key: rest, kind: related_work, label: {en: Rest, ko: 나머지}}
        """
    }

    /// Conditions that hold when the record is made end it at once; one that was made ended ends its activity.
    @Test(arguments: [
        ("priority, text: \"2\"", "closed_condition: parent.priority = 1", "closed"),
        ("priority, text: \"2\"", "canceled_condition: parent.priority = 1", "canceled"),
        ("priority, text: \"2\"", "closed_condition: priority = 2", "closed"), ("state, text: closed", "", "closed"),
        ("state, text: canceled", "canceled_condition: parent.priority = 1", "canceled"),
    ])
    func whatHoldsFromTheBeginningIsLookedAt(_ field: String, _ condition: String, _ end: String) async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase { $0.priority = 1 }
        let run = try await stage.run(
            Self.beginning("lifecycle_task", "{field: \(field)}", condition), over: record)
        let look = try await look(stage, run)
        #expect(look.state == (end == "closed" ? "done" : "canceled") && look.created.count == 1)
        #expect(look.completions == (end == "closed" ? 1 : 0))
        #expect(try await stage.task(of: look).state == end)
        #expect(try await stage.activity(of: run, "rest").state == "in_progress")
        // Begun anew, it makes another, which ends as well.
        let anew = try await stage.world.call(
            OnboardingAPI.restartPlaybookActivity, PlaybookStage.moving(look), as: stage.agent)
        #expect(anew.state == look.state && anew.created.count == 2)
        #expect(try await stage.task(of: anew).state == end)
    }

    /// A case that has just been made cannot be closed yet. That keeps nothing from starting.
    @Test func whatCannotEndYetGoesOn() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase { $0.priority = 1 }
        let fields = """
            {field: account, from_field: account}, {field: type, text: full}, \
            {field: service_bridge_integration, text: not_required}, {field: go_live_date, text: "2027-01-01"}
            """
        let run = try await stage.run(
            Self.beginning("onboarding_case", fields, "closed_condition: parent.priority = 1"), over: record)
        let look = try await look(stage, run)
        #expect(look.state == "in_progress" && look.created.count == 1)
        #expect(try await stage.case(try #require(look.created.first).id).state == "new")
    }
}
