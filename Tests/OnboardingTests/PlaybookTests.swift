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

/// Runs of the shipped playbook over cases, on a real database.
@Suite struct PlaybookTests {
    @Test func theEventOfACaseStartsItsRunOnce() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.hear(made)
        let picker = try await stage.stages(made)
        #expect(
            picker.stages.map(\.lane)
                == ["initial_setup", "data_capture", "development", "testing_and_training", "go_live"])
        #expect(picker.stages.map(\.state) == ["in_progress", "pending", "pending", "pending", "pending"])
        #expect(picker.current == "initial_setup" && picker.run?.state == "in_progress")
        #expect(picker.stages.first?.label?.ko == "초기 설정")
        let states = try await stage.activities(made, lane: "initial_setup").map { "\($0.key) \($0.state)" }
        #expect(
            states == [
                "select_account done", "enter_info in_progress", "add_contacts pending", "add_responsibilities pending",
                "add_account_team pending", "add_squad pending",
            ])
        var list = ListPlaybookRunsRequest()
        list.table = "onboarding_case"
        list.record = made.id
        let runs = try await stage.world.call(OnboardingAPI.listPlaybookRuns, list, as: stage.agent).runs
        #expect(runs.map(\.id) == [picker.run?.id] && runs.first?.domain == made.domain)
    }

    @Test func whatIsEnteredGoesToTheCase() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let missing = try await stage.refusal(made, "enter_info", ["type": "full"])
        #expect(
            Set(missing.violations.map(\.field)) == [
                "values.assigned_to", "values.service_bridge_integration", "values.go_live_date",
            ])
        let wrong = try await stage.refusal(made, "enter_info", ["service_bridge_integration": "sometimes"])
        #expect(wrong.violations.map(\.field) == ["values.service_bridge_integration"])
        // Nothing of a refused completion stays.
        #expect(try await stage.activity(made, "enter_info").values.contains { $0.input == "assigned_to" } == false)
        let done = try await stage.complete(made, "enter_info", stage.info())
        #expect(done.state == "done" && done.completions == 1 && done.endedBy == stage.agent.subject)
        let stored = try await stage.case(made.id)
        #expect(stored.assignedTo == stage.agent.subject && stored.goLiveDate == "2026-06-30")
        #expect(stored.state == "new" && stored.serviceBridgeIntegration == "not_required")
        #expect(try await stage.activity(made, "add_contacts").state == "in_progress")
    }

    @Test func draftsAreSharedAndNobodyCompletesOverAnothersChange() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let seen = try await stage.activity(made, "enter_info")
        let other = try await stage.colleague("Bo Berg")
        let kept = try await stage.world.call(
            OnboardingAPI.savePlaybookActivity, PlaybookStage.entering(seen, ["go_live_date": "2026-07-01"]), as: other)
        #expect(kept.values.first { $0.input == "go_live_date" }?.by == other.subject)
        let late = PlaybookStage.entering(seen, stage.info(), etag: seen.etag)
        let refused = try #require(
            await stage.world.problem(OnboardingAPI.completePlaybookActivity, late, as: stage.agent))
        #expect(refused.code == .aborted && refused.reason == "DRAFT_CHANGED")
        #expect(refused.text.en.contains("Go live date by Bo Berg"), "\(refused.text.en)")
        var korean = stage.agent
        korean.locale = "ko"
        let told = try #require(await stage.world.problem(OnboardingAPI.completePlaybookActivity, late, as: korean))
        #expect(told.text.ko.contains("운영 개시일(Bo Berg)"), "\(told.text.ko)")
        #expect(refused.violations.map(\.field) == ["values.go_live_date"])
        // What others changed elsewhere keeps nobody from saving.
        let apart = PlaybookStage.entering(seen, ["type": "full"], etag: seen.etag)
        let saved = try await stage.world.call(OnboardingAPI.savePlaybookActivity, apart, as: stage.agent)
        #expect(Set(saved.values.map(\.input)).isSuperset(of: ["type", "go_live_date"]))
        let again = PlaybookStage.entering(saved, stage.info(), etag: saved.etag)
        _ = try await stage.world.call(OnboardingAPI.completePlaybookActivity, again, as: stage.agent)
    }

    /// Beginning an activity anew empties its draft: what somebody has seen before does not come back.
    @Test func nobodyGoesOnOverARestart() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let seen = try await stage.activity(made, "enter_info")
        let other = try await stage.colleague("Bo Berg")
        let anew = try await stage.world.call(
            OnboardingAPI.restartPlaybookActivity, PlaybookStage.moving(seen), as: other)
        let late = PlaybookStage.entering(seen, stage.info(), etag: seen.etag)
        for method in [OnboardingAPI.savePlaybookActivity, OnboardingAPI.completePlaybookActivity] {
            let refused = await stage.world.problem(method, late, as: stage.agent)
            #expect(refused?.code == .aborted, "\(refused as Any)")
        }
        #expect(try await stage.activity(made, "enter_info") == anew)
        let again = PlaybookStage.entering(anew, stage.info(), etag: anew.etag)
        _ = try await stage.world.call(OnboardingAPI.completePlaybookActivity, again, as: stage.agent)
    }

    @Test func theFirstStageOpensTheImportTasksOnce() async throws {
        let stage = try await PlaybookStage()
        let developer = try await stage.world.addUser()
        let made = try await stage.begin()
        // The answers to two creations are lost: they are asked for again, and nothing is made twice.
        stage.imports.loseAnswers(2)
        let contact = try await stage.setUp(made, developer: developer.id)
        let activities = try await stage.importActivities(made)
        let tasks = stage.imports.tasks(of: made.id)
        #expect(tasks.count == 8 && Set(tasks.map(\.targetTable)).count == 8)
        #expect(Set(activities.compactMap(\.created.first?.id)) == Set(tasks.map(\.id)))
        let locations = try #require(tasks.first { $0.targetTable == "location" })
        #expect(locations.assignedTo == developer.id && locations.type == "data_capture")
        #expect(locations.sourceTable == "sn_acct_lc_account_onb_import_locations")
        #expect(locations.dataSource == "cmn_location_template.xlsx" && locations.visibleToCustomer == false)
        #expect(activities.allSatisfy { $0.assignedTo == developer.id && $0.state == "in_progress" })
        let team = try await stage.team(made)
        #expect(Set(team.map { $0.contact ?? $0.user ?? "" }) == [contact, developer.id])
        #expect(try await stage.stages(made).current == "data_capture")
    }

    @Test func theSummaryNeedsNotesForEveryImportTaskAndClosesThem() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        let tasks = try await stage.importActivities(made).compactMap(\.created.first)
        let notes = tasks.dropFirst().map { ["record": $0.id, "close_notes": "Loaded."] }
        let refused = try await stage.refusal(
            made, "data_summary", ["close_notes": PlaybookStage.rows(Array(notes))])
        #expect(refused.reason == "G-66" && refused.text.en.contains(tasks[0].number), "\(refused)")
        try await stage.finishImports(made)
        let closed = stage.imports.tasks(of: made.id)
        #expect(closed.count == 8 && closed.allSatisfy { $0.state == "closed" && $0.closeNotes == "Loaded." })
        let picker = try await stage.stages(made)
        #expect(picker.current == "development" && picker.stages[1].state == "done")
    }

    /// While one is still being made, the stage does not end without it.
    @Test func theSummaryWaitsForWhatIsBeingMade() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        stage.imports.keepWaiting(made.id, true)
        try await stage.setUp(made)
        var korean = stage.agent
        korean.locale = "ko"
        for (caller, label) in [(stage.agent, "Import locations"), (korean, "위치 가져오기")] {
            let refused = try await stage.refusal(made, "data_summary", as: caller)
            #expect(refused.code == .failedPrecondition && refused.reason == "G-66", "\(refused)")
            let text = caller.locale == "ko" ? refused.text.ko : refused.text.en
            #expect(text.contains(label), "\(text)")
        }
        #expect(try await stage.activity(made, "data_summary").state == "in_progress")
        stage.imports.keepWaiting(made.id, false)
        try await stage.finishImports(made)
        #expect(try await stage.stages(made).current == "development")
    }

    /// So do import tasks that people have added to the case themselves.
    @Test func theSummaryClosesWhatPeopleHaveAdded() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        // Before that it would be taken over.
        let tasks = try await stage.importActivities(made).compactMap(\.created.first)
        var added = ImportTask()
        (added.id, added.number, added.parent) = (uuid(), "IMPTSK-ADDED", made.id)
        (added.targetTable, added.state, added.domain) = ("location", "open", made.domain)
        stage.imports.put(added)
        try await stage.server.bench.hear(added, "created", revision: 1, from: "import-validation")
        let notes = tasks.map { ["record": $0.id, "close_notes": "Loaded."] }
        let refused = try await stage.refusal(made, "data_summary", ["close_notes": PlaybookStage.rows(notes)])
        #expect(refused.reason == "G-66" && refused.text.en.contains("IMPTSK-ADDED"), "\(refused)")
        let more = ["record": added.id, "close_notes": "Twice as many."]
        try await stage.complete(made, "data_summary", ["close_notes": PlaybookStage.rows(notes + [more])])
        let closed = try await stage.eventually("the end of what was added") { stage.imports.task(added.id, "closed") }
        #expect(closed.closeNotes == "Twice as many.")
    }

    @Test func whoLacksARightIsRefusedBeforeAnythingIsWritten() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        for role in ["sn_acct_lc.ale_success_viewer", "sn_ti_core.write", "sn_customerservice.customer_admin"] {
            let caller = try World.person(uuid(), role)
            let refused = try await stage.refusal(made, "enter_info", stage.info(), as: caller)
            #expect(refused.code == .permissionDenied, "\(role)")
        }
        let customer = try stage.world.customer("sn_customerservice.customer_admin")
        #expect(try await stage.refusal(made, "enter_info", stage.info(), as: customer).code == .permissionDenied)
        let stranger = try await PlaybookStage()
        let elsewhere = Caller(
            subject: uuid(), kind: .person, domain: try #require(DomainPath(stranger.world.account.domain)),
            roles: stage.agent.roles)
        #expect(try await stage.refusal(made, "enter_info", stage.info(), as: elsewhere).code == .notFound)
        #expect(try await stage.case(made.id).goLiveDate == nil)
        #expect(try await stage.activity(made, "enter_info").values.allSatisfy { $0.by.isEmpty })
    }

    /// Whoever sees cases sees where their playbooks are, and does nothing there (G-16).
    @Test func viewersSeeWhereThePlaybookIs() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let viewer = try World.person(uuid(), "sn_acct_lc.ale_success_viewer")
        var picker = GetStagePickerRequest()
        (picker.table, picker.record) = ("onboarding_case", made.id)
        var list = ListPlaybookActivitiesRequest()
        list.run = try #require(
            try await stage.world.call(OnboardingAPI.getStagePicker, picker, as: viewer).run?.id)
        let seen = try await stage.world.call(OnboardingAPI.listPlaybookActivities, list, as: viewer)
        // But for the fields that viewers may not read.
        var shown = try await stage.activities(made)
        for place in shown.indices {
            shown[place].values.removeAll { ["go_live_date", "products"].contains($0.input) }
        }
        #expect(seen.activities == shown)
        var cancel = CancelPlaybookRunRequest()
        cancel.id = list.run
        let refused = await stage.world.problem(OnboardingAPI.cancelPlaybookRun, cancel, as: viewer)
        #expect(refused?.code == .permissionDenied)
    }

    @Test func activitiesAreSkippedReopenedAndBegunAnew() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let info = try await stage.complete(made, "enter_info", stage.info())
        let (call, agent) = (stage.world, stage.agent)
        let mandatory = await call.problem(
            OnboardingAPI.skipPlaybookActivity,
            PlaybookStage.moving(try await stage.activity(made, "add_contacts")), as: agent)
        #expect(mandatory?.reason == "G-50")
        let reopened = try await call.call(OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(info), as: agent)
        #expect(reopened.state == "in_progress" && reopened.values.contains { $0.value == "2026-06-30" })
        #expect(reopened.completions == 1)
        let twice = await call.problem(OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(info), as: agent)
        #expect(twice?.reason == "ACTIVITY_STATE")
        let again = try await stage.complete(made, "enter_info")
        #expect(again.completions == 2)
        let anew = try await call.call(OnboardingAPI.restartPlaybookActivity, PlaybookStage.moving(info), as: agent)
        // The form shows what the case has.
        #expect(anew.state == "in_progress" && anew.values.allSatisfy(\.by.isEmpty))
    }

    @Test func theLogTellsWhoDidWhat() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.complete(made, "enter_info", stage.info())
        var request = ListPlaybookLogRequest()
        request.run = try #require(try await stage.stages(made).run?.id)
        request.pageSize = 4
        var entries: [PlaybookLogEntry] = []
        repeat {
            let page = try await stage.world.call(OnboardingAPI.listPlaybookLog, request, as: stage.agent)
            entries += page.entries
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        #expect(Set(entries.map(\.id)).count == entries.count)
        let date = try #require(entries.first { $0.action == "entered" && $0.field == "go_live_date" })
        #expect(date.by == stage.agent.subject && date.oldValue.isEmpty && date.newValue == "2026-06-30")
        #expect(date.activityKey == "enter_info" && date.fieldLabel?.ko == "운영 개시일")
        #expect(entries.contains { $0.action == "completed" && $0.activityKey == "enter_info" })
        #expect(entries.last?.action == "started")
    }
}

extension PlaybookStage {
    func `case`(_ id: String) async throws -> OnboardingCase {
        var request = GetRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getOnboardingCase, request, as: agent)
    }

    func team(_ record: OnboardingCase) async throws -> [CaseTeamMember] {
        var list = ListRequest()
        list.filter = "onboarding_case = \"\(record.id)\""
        return try await world.call(OnboardingAPI.listCaseTeamMembers, list, as: agent).caseTeamMembers
    }

    /// Another agent, of that name.
    func colleague(_ name: String) async throws -> Caller {
        var user = User()
        user.name = name
        user.email = "\(uuid())@provider.example"
        var creation = CreateUserRequest()
        creation.user = user
        let stored = try await world.call(OnboardingAPI.createUser, creation, as: world.administrator)
        return try World.person(stored.id, "sn_acct_lc.agent")
    }
}
