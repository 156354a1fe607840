import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// What activities have made goes with them when they are skipped, and when their run is canceled by hand.
@Suite struct PlaybookGivingUpTests {
    /// Two optional activities, of which one makes a task of the case and one an import task.
    private static let optional = """
        table: onboarding_case
        label: {en: Optional, ko: 선택}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: testing
                kind: create_task
                label: {en: Testing, ko: 테스트}
                start: {when: with_lane}
                optional: true
                creates:
                  table: lifecycle_task
                  fields:
                    - {field: parent, from_field: id}
                    - {field: short_description, text: Test}
              - key: import
                kind: create_task
                label: {en: Import, ko: 가져오기}
                start: {when: with_lane}
                optional: true
                creates:
                  table: import_task
                  fields:
                    - {field: parent, from_field: id}
                    - {field: account, from_field: account}
                    - {field: target_table, text: location}
                    - {field: source_table, text: sn_acct_lc_account_onb_import_locations}
                    - {field: data_source, text: cmn_location_template.xlsx}
                    - {field: short_description, text: Import}
              - key: rest
                kind: related_work
                label: {en: Rest, ko: 나머지}
                start: {when: with_lane}
        """

    private func skip(_ key: String, of run: PlaybookRun, _ stage: PlaybookStage) async throws -> PlaybookActivity {
        try await stage.world.call(
            OnboardingAPI.skipPlaybookActivity, PlaybookStage.moving(try await stage.activity(of: run, key)),
            as: stage.agent)
    }

    /// The import task of a run, as soon as it is known.
    private func imported(_ run: PlaybookRun, _ stage: PlaybookStage) async throws -> String {
        try await stage.eventually("the import task") { try await stage.activity(of: run, "import").created.first?.id }
    }

    @Test func skippingCancelsTheTaskThatWasMade() async throws {
        let stage = try await PlaybookStage()
        let run = try await stage.run(Self.optional, over: stage.world.openCase())
        let skipped = try await skip("testing", of: run, stage)
        #expect(skipped.state == "skipped")
        #expect(try await stage.task(of: skipped).state == "canceled")
        let task = try await imported(run, stage)
        #expect(try await skip("import", of: run, stage).state == "skipped")
        _ = try await stage.eventually("the end of the import task") { stage.imports.task(task, "canceled") }
        #expect(try await stage.activity(of: run, "import").state == "skipped")
    }

    @Test func whatIsStillBeingMadeIsCanceledWhenItComes() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        stage.imports.keepWaiting(record.id, true)
        let run = try await stage.run(Self.optional, over: record)
        #expect(try await skip("import", of: run, stage).created.isEmpty)
        stage.imports.keepWaiting(record.id, false)
        let task = try await imported(run, stage)
        _ = try await stage.eventually("the end of the import task") { stage.imports.task(task, "canceled") }
        #expect(try await stage.activity(of: run, "import").state == "skipped")
    }

    /// A mandatory activity that makes a task, an optional one that does, and one behind both.
    private static let mandatory = """
        table: onboarding_case
        label: {en: Mandatory, ko: 필수}
        lanes:
          - key: first
            label: {en: First, ko: 첫째}
            activities:
              - key: install
                kind: create_task
                label: {en: Install, ko: 설치}
                creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: I}]}
              - key: extra
                kind: create_task
                label: {en: Extra, ko: 추가}
                start: {when: with_lane}
                optional: true
                creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: E}]}
          - key: second
            label: {en: Second, ko: 둘째}
            activities:
              - {key: rest, kind: related_work, label: {en: Rest, ko: 나머지}}
        """

    /// A stage is done when all of it is done or skipped (G-50): what somebody cancels is still to be done.
    @Test func whatPeopleCancelIsStillToBeDone() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let run = try await stage.run(Self.mandatory, over: record)
        for key in ["extra", "install"] {
            try await stage.move(stage.task(of: stage.activity(of: run, key)).id, "canceled")
            #expect(try await stage.activity(of: run, key).state == "canceled")
        }
        #expect(try await stage.activity(of: run, "rest").state == "pending")
        var request = GetStagePickerRequest()
        request.run = run.id
        let picker = try await stage.world.call(OnboardingAPI.getStagePicker, request, as: stage.agent)
        #expect(picker.current == "first" && picker.stages.map(\.state) == ["in_progress", "pending"])
        #expect(picker.stages.first?.ended == 0 && picker.stages.first?.activities == 1)
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.state = "active" }
        let refused = await stage.world.problem(OnboardingAPI.closeOnboardingCase, closing(record), as: stage.agent)
        #expect(refused?.reason == "OPEN_STAGES" && refused?.text.en.contains("Install (First)") == true)
        // Begun anew, it has another task, and its end is that of the stage. The optional one can be begun anew as well.
        for key in ["extra", "install"] {
            let anew = try await stage.world.call(
                OnboardingAPI.restartPlaybookActivity,
                PlaybookStage.moving(try await stage.activity(of: run, key)), as: stage.agent)
            #expect(anew.state == "in_progress" && anew.applies && anew.created.count == 2, "\(key)")
            #expect(try await stage.activity(of: run, "rest").state == "pending")
            try await stage.move(stage.task(of: anew).id, "closed")
        }
        #expect(try await stage.activity(of: run, "rest").state == "in_progress")
    }

    /// A task that is taken up again takes its activity along.
    @Test func whatIsTakenUpAgainIsPartOfTheRun() async throws {
        let stage = try await PlaybookStage()
        let run = try await stage.run(Self.mandatory, over: stage.world.openCase())
        let extra = try await stage.task(of: stage.activity(of: run, "extra")).id
        try await stage.move(extra, "canceled")
        #expect(try await !stage.activity(of: run, "extra").applies)
        try await stage.move(extra, "open")
        let again = try await stage.activity(of: run, "extra")
        #expect(again.applies && again.state == "in_progress")
    }

    /// Whoever closes a case with its open tasks means what is made by its playbook, too (G-128).
    @Test func whatIsCanceledWithTheCaseHoldsNothingUp() async throws {
        let stage = try await PlaybookStage()
        let prepared = try await stage.run(
            Self.mandatory.replacing(
                "{key: rest, kind: related_work, label: {en: Rest, ko: 나머지}}",
                with: """
                    {key: rest, kind: related_work, optional: true, label: {en: Rest, ko: 나머지}}
                    """), over: stage.world.openCase())
        // Begun at once: other tests start the shipped one over cases without a run, whose activities would be named first.
        let record = try await stage.world.openCase()
        let run = try await stage.start(prepared.definition, over: record)
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.state = "active" }
        let refused = await stage.world.problem(OnboardingAPI.closeOnboardingCase, closing(record), as: stage.agent)
        #expect(
            refused?.text.en.contains("Rest (Second)") == true && refused?.text.en.contains("Install") == false,
            "\(refused as Any)")
        #expect(try await stage.activity(of: run, "install").state == "in_progress")
    }

    private func closing(_ record: OnboardingCase) -> CloseOnboardingCaseRequest {
        var closing = CloseOnboardingCaseRequest()
        (closing.id, closing.cancelOpenTasks) = (record.id, true)
        return closing
    }

    /// An activity that was skipped does not come back because what it asked for is refused.
    @Test func whatIsRefusedAfterItWasSkippedStaysSkipped() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        stage.imports.keepWaiting(record.id, true)
        let run = try await stage.run(Self.optional, over: record)
        let skipped = try await skip("import", of: run, stage)
        stage.imports.refuse(record.id, true)
        try await stage.eventually("the refusal") {
            try await stage.server.admin.run("SELECT 1 FROM onboarding.playbook_call WHERE activity = \(skipped.id)")
                .isEmpty ? () : nil
        }
        #expect(try await stage.activity(of: run, "import").state == "skipped")
    }

    /// The next run makes everything anew, and nothing is open twice.
    @Test func cancelingARunCancelsWhatItHasMade() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let first = try await stage.run(Self.optional, over: record)
        let made = try await imported(first, stage)
        var cancel = CancelPlaybookRunRequest()
        cancel.id = first.id
        #expect(
            try await stage.world.call(OnboardingAPI.cancelPlaybookRun, cancel, as: stage.agent).state == "canceled")
        let testing = try await stage.activity(of: first, "testing")
        #expect(testing.state == "canceled")
        #expect(try await stage.task(of: testing).state == "canceled")
        _ = try await stage.eventually("the end of the import task") { stage.imports.task(made, "canceled") }
        let second = try await stage.start(first.definition, over: record)
        let again = try await imported(second, stage)
        #expect(stage.imports.tasks(of: record.id).filter { $0.state == "open" }.map(\.id) == [again])
        var list = ListRequest()
        list.filter = "parent = \"\(record.id)\" AND state = open"
        let open = try await stage.world.call(OnboardingAPI.listLifecycleTasks, list, as: stage.agent).lifecycleTasks
        #expect(open.map(\.playbookActivity) == [try await stage.activity(of: second, "testing").id])
    }
}
