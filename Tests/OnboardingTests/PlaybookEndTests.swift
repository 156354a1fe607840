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

/// How runs and records end, and what of one ends the other.
@Suite struct PlaybookEndTests {
    @Test func aTaskOfTheCaseMovesItsActivity() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        try await stage.finishImports(made)
        let before = try await stage.activity(made, "reporting")
        let task = try await stage.task(of: before)
        #expect(task.shortDescription == "Reporting" && task.parent == made.id && task.playbookActivity == before.id)
        #expect(task.assignedTo == stage.agent.subject && before.state == "in_progress")
        // Mark complete closes the task; closing the task completes the activity.
        let completed = try await stage.complete(made, "reporting")
        #expect(completed.state == "done" && completed.completions == 1)
        #expect(try await stage.task(of: before).state == "closed")
        let other = try await stage.task(of: stage.activity(made, "process_slas"))
        try await stage.move(other.id, "closed")
        #expect(try await stage.activity(made, "process_slas").state == "done")
        try await stage.move(other.id, "open")
        #expect(try await stage.activity(made, "process_slas").state == "in_progress")
        try await stage.move(other.id, "canceled")
        #expect(try await stage.activity(made, "process_slas").state == "canceled")
    }

    /// Restarting makes another task only where the one that was made has ended.
    @Test func restartingMakesNothingTwice() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        try await stage.finishImports(made)
        let activity = try await stage.activity(made, "reporting")
        let restart = { () async throws in
            try await stage.world.call(
                OnboardingAPI.restartPlaybookActivity, PlaybookStage.moving(activity), as: stage.agent)
        }
        #expect(try await restart().created.map(\.id) == activity.created.map(\.id))
        try await stage.complete(made, "reporting")
        let anew = try await restart()
        #expect(anew.created.count == 2 && anew.state == "in_progress")
        #expect(Set(anew.created.map(\.id)).count == 2)
    }

    /// An activity whose record has ended can be taken up and closed again, though no event tells of a second end.
    @Test func whatHasEndedElsewhereIsClosedAgain() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        try await stage.finishImports(made)
        for key in ["import_locations", "data_summary"] {
            _ = try await stage.world.call(
                OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(try await stage.activity(made, key)),
                as: stage.agent)
        }
        #expect(try await stage.stages(made).current == "data_capture")
        // The notes are still in the draft.
        try await stage.complete(made, "data_summary")
        let again = try await stage.eventually("the second end") {
            let activity = try await stage.activity(made, "import_locations")
            return activity.state == "done" ? activity : nil
        }
        #expect(again.completions == 2 && again.created.count == 1)
        #expect(try await stage.stages(made).current == "development")
    }

    /// Its own Mark complete knows that its import task has been closed.
    @Test func whatIsTakenUpAgainOverAClosedTaskIsCompleted() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        _ = try await stage.importActivities(made)
        let refused = try await stage.refusal(made, "import_locations")
        #expect(refused.reason == "G-66" && refused.text.en.contains("is still open"), "\(refused.text.en)")
        try await stage.finishImports(made)
        _ = try await stage.world.call(
            OnboardingAPI.reopenPlaybookActivity,
            PlaybookStage.moving(try await stage.activity(made, "import_locations")), as: stage.agent)
        let again = try await stage.complete(made, "import_locations")
        #expect(again.state == "done" && again.completions == 2)
    }

    @Test func serviceBridgeActivitiesFollowTheOption() async throws {
        let stage = try await PlaybookStage()
        let bridge = [
            "install_service_bridge", "register_consumer", "remote_catalog", "remote_task", "foundation_data_sync",
        ]
        let made = try await stage.begin()
        try await stage.setUp(made, "remote_task")
        try await stage.finishImports(made)
        func shown() async throws -> [String] {
            try await stage.activities(made, lane: "development").filter { bridge.contains($0.key) && $0.applies }
                .map { "\($0.key) \($0.state)" }
        }
        #expect(
            try await shown() == [
                "install_service_bridge in_progress", "register_consumer in_progress", "remote_task in_progress",
            ])
        // Another option brings its activity in and takes the other back, and none takes all of them back.
        let before = try await stage.task(of: stage.activity(made, "remote_task"))
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.serviceBridgeIntegration = "remote_catalog" }
        let catalog = [
            "install_service_bridge in_progress", "register_consumer in_progress", "remote_catalog in_progress",
        ]
        #expect(try await shown() == catalog)
        #expect(try await stage.task(of: stage.activity(made, "remote_task")).state == "canceled")
        let first = try await stage.task(of: stage.activity(made, "install_service_bridge"))
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.serviceBridgeIntegration = "not_required" }
        #expect(try await shown().isEmpty)
        #expect(try await stage.stages(made).current == "development")
        // Chosen again, there is everything to do again, with tasks of their own.
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.serviceBridgeIntegration = "remote_catalog" }
        #expect(try await shown() == catalog)
        let second = try await stage.task(of: stage.activity(made, "install_service_bridge"))
        #expect(second.id != first.id && second.state == "open" && before.state == "open")
        // What somebody cancels by hand is canceled, as long as the option asks for it.
        try await stage.move(second.id, "canceled")
        #expect(try await stage.activity(made, "install_service_bridge").state == "canceled")
    }

    @Test func aCaseDoesNotCloseOverOpenStages() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.complete(made, "enter_info", stage.info())
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.state = "active" }
        var closing = CloseOnboardingCaseRequest()
        closing.id = made.id
        closing.cancelOpenTasks = true
        let refused = try #require(
            await stage.world.problem(OnboardingAPI.closeOnboardingCase, closing, as: stage.agent))
        #expect(refused.code == .failedPrecondition && refused.reason == "OPEN_STAGES")
        #expect(refused.violations.map(\.rule) == ["G-122"])
        #expect(refused.text.en.contains("Add customer team (Initial setup)"))
        var korean = stage.agent
        korean.locale = "ko"
        let told = try #require(await stage.world.problem(OnboardingAPI.closeOnboardingCase, closing, as: korean))
        #expect(told.text.ko.contains("고객 팀 추가(초기 설정)"), "\(told.text.ko)")
    }

    @Test func theWholePlaybookEndsWithTheCase() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        try await stage.finishImports(made)
        try await stage.finish(made, "development")
        try await stage.complete(made, "related_work")
        try await stage.complete(made, "development_summary")
        try await stage.finish(made, "testing_and_training")
        try await stage.finish(made, "testing_and_training")
        #expect(try await stage.stages(made).current == "go_live")
        let support = try #require(try await stage.activity(made, "go_live_support_case").created.first)
        let below = try await stage.case(support.id)
        #expect(below.parent == made.id && below.account == made.account)
        // It is no onboarding of its own, nor is a problem below it.
        let issue = try await stage.begin { $0.parent = below.id }
        for record in [below, issue] {
            try await stage.hear(record)
            var request = GetStagePickerRequest()
            (request.table, request.record) = ("onboarding_case", record.id)
            let missing = await stage.world.problem(OnboardingAPI.getStagePicker, request, as: stage.agent)
            #expect(missing?.code == .notFound)
        }
        // Nor is it a task that goes with the case: the case stays open over it.
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.state = "active" }
        var closing = CloseOnboardingCaseRequest()
        closing.id = made.id
        closing.cancelOpenTasks = true
        let open = await stage.world.problem(OnboardingAPI.closeOnboardingCase, closing, as: stage.agent)
        #expect(open?.reason == "OPEN_STAGES" && open?.text.en.contains("Go-live support case") == true)
        // The issue was none.
        _ = try await stage.world.update(issue.id, as: stage.agent) { $0.state = "canceled" }
        for state in ["active", "closed"] {
            _ = try await stage.world.update(below.id, as: stage.agent) {
                $0.state = state
                $0.assignedTo = stage.agent.subject
            }
        }
        let picker = try await stage.stages(made)
        #expect(picker.run?.state == "done" && picker.stages.allSatisfy { $0.state == "done" })
        let closed = try await stage.world.update(made.id, as: stage.agent) { $0.state = "closed" }
        #expect(closed.active == false)
        // Nothing is taken up again on a case that has ended.
        let refused = await stage.world.problem(
            OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(try await stage.activity(made, "enter_info")),
            as: stage.agent)
        #expect(refused?.reason == "G-50")
    }

    @Test func cancelingTheCaseCancelsItsRun() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.complete(made, "enter_info", stage.info())
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.state = "canceled" }
        let picker = try await stage.stages(made)
        #expect(picker.run?.state == "canceled" && picker.run?.endedBy == stage.agent.subject)
        let states = try await stage.activities(made).map(\.state)
        #expect(Set(states) == ["done", "canceled"])
        #expect(try await stage.refusal(made, "add_contacts").reason == "G-50")
    }

    @Test func aRunIsCanceledByHandAndAnotherStarted() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        var start = StartPlaybookRunRequest()
        (start.definition, start.table) = ("account_lifecycle_onboarding", "onboarding_case")
        start.record = made.id
        let twice = await stage.world.problem(OnboardingAPI.startPlaybookRun, start, as: stage.agent)
        #expect(twice?.reason == "RUN_EXISTS")
        var cancel = CancelPlaybookRunRequest()
        cancel.id = try #require(try await stage.stages(made).run?.id)
        let canceled = try await stage.world.call(OnboardingAPI.cancelPlaybookRun, cancel, as: stage.agent)
        #expect(canceled.state == "canceled")
        let again = try await stage.world.call(OnboardingAPI.startPlaybookRun, start, as: stage.agent)
        #expect(again.id != canceled.id && again.state == "in_progress")
        // An event of before starts none beside it.
        try await stage.hear(made)
        #expect(try await stage.stages(made).run?.id == again.id)
    }

    /// By hand: the run comes first, and its first activity makes the case (1.1).
    @Test func aRunMakesItsCaseOnce() async throws {
        // No other test may activate another one meanwhile: none is named.
        let stage = try await PlaybookStage(isAlone: true)
        var start = StartPlaybookRunRequest()
        start.table = "onboarding_case"
        start.requestID = uuid()
        let run = try await stage.world.call(OnboardingAPI.startPlaybookRun, start, as: stage.agent)
        #expect(run.record.isEmpty)
        var list = ListPlaybookActivitiesRequest()
        list.run = run.id
        let first = try #require(
            try await stage.world.call(OnboardingAPI.listPlaybookActivities, list, as: stage.agent).activities.first)
        #expect(first.key == "select_account" && first.state == "in_progress")
        let empty = await stage.world.problem(
            OnboardingAPI.completePlaybookActivity, PlaybookStage.entering(first, [:]), as: stage.agent)
        #expect(empty?.violations.map(\.field) == ["values.account"])
        var request = PlaybookStage.entering(first, ["account": stage.world.account.id])
        request.requestID = uuid()
        let done = try await stage.world.call(OnboardingAPI.completePlaybookActivity, request, as: stage.agent)
        let again = try await stage.world.call(OnboardingAPI.completePlaybookActivity, request, as: stage.agent)
        #expect(done == again && done.state == "done")
        var get = GetRequest()
        get.id = run.id
        let attached = try await stage.world.call(OnboardingAPI.getPlaybookRun, get, as: stage.agent)
        let made = try await stage.case(attached.record)
        #expect(
            made.account == stage.world.account.id && made.type == "phased" && made.createdBy == stage.agent.subject)
        #expect(attached.domain == made.domain)
        try await stage.hear(made)
        #expect(try await stage.stages(made).run?.id == run.id)
        #expect(try await stage.activity(made, "enter_info").state == "in_progress")
    }

    @Test func whatCannotBeMadeFailsAndIsTriedAnew() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        stage.imports.refuse(made.id, true)
        try await stage.setUp(made)
        // All of them, or one that has yet to be asked for would be made.
        let failed = try await stage.eventually("failures") {
            let own = try await stage.activities(made, lane: "data_capture").filter { $0.kind == "create_task" }
            return own.allSatisfy { $0.state == "failed" } ? own.first { $0.key == "import_contracts" } : nil
        }
        #expect(failed.failure?.en == "The case is closed." && failed.created.isEmpty)
        stage.imports.refuse(made.id, false)
        _ = try await stage.world.call(
            OnboardingAPI.restartPlaybookActivity, PlaybookStage.moving(failed), as: stage.agent)
        _ = try await stage.eventually("the task") {
            try await stage.activity(made, "import_contracts").created.first
        }
        #expect(stage.imports.tasks(of: made.id).map(\.targetTable) == ["contract"])
    }

    /// What other services refuse too late changes nothing of what has ended.
    @Test func whatHasEndedDoesNotFail() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        stage.imports.keepWaiting(made.id, true)
        try await stage.setUp(made)
        let run = try #require(try await stage.stages(made).run)
        func calls() async throws -> Int {
            try await stage.server.admin.run(
                "SELECT count(*) FROM onboarding.playbook_call WHERE run = \(run.id)")[0].int(at: 0)
        }
        #expect(try await calls() == 8)
        var cancel = CancelPlaybookRunRequest()
        cancel.id = run.id
        _ = try await stage.world.call(OnboardingAPI.cancelPlaybookRun, cancel, as: stage.agent)
        stage.imports.refuse(made.id, true)
        stage.imports.keepWaiting(made.id, false)
        _ = try await stage.eventually("the refusal of all tasks") { try await calls() == 0 ? true : nil }
        let states = try await stage.activities(made, lane: "data_capture").map(\.state)
        #expect(Set(states) == ["canceled"])
    }

    /// Two people complete one activity at once: it is done once.
    @Test func twoPeopleCompleteAtOnce() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let activity = try await stage.activity(made, "enter_info")
        let callers = [stage.agent, try await stage.colleague("Cy Cole")]
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for caller in callers {
                group.addTask {
                    await stage.world.problem(
                        OnboardingAPI.completePlaybookActivity,
                        PlaybookStage.entering(activity, stage.info(), etag: activity.etag), as: caller) == nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 }.count == 1)
        #expect(try await stage.activity(made, "enter_info").completions == 1)
    }
}

extension PlaybookStage {
    /// The task that an activity has made last.
    func task(of activity: PlaybookActivity) async throws -> LifecycleTask {
        var request = GetRequest()
        request.id = try #require(activity.created.last?.id)
        return try await world.call(OnboardingAPI.getLifecycleTask, request, as: agent)
    }

    func move(_ task: String, _ state: String) async throws {
        var request = UpdateLifecycleTaskRequest()
        request.lifecycleTask = LifecycleTask()
        request.lifecycleTask?.id = task
        request.lifecycleTask?.state = state
        _ = try await world.call(OnboardingAPI.updateLifecycleTask, request, as: agent)
    }

    /// Completes what is in progress of a stage and makes tasks.
    func finish(_ record: OnboardingCase, _ lane: String) async throws {
        for activity in try await activities(record, lane: lane)
        where activity.state == "in_progress" && activity.kind == "create_task" {
            try await complete(record, activity.key)
        }
    }
}
