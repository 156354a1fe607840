import OnboardingWire
import Playbooks
import PlaybooksWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Administration of playbooks by requests: what designers make, change and activate.
@Suite(.timeLimit(.minutes(15))) struct PlaybookDefinitionTests {
    /// A server with the shipped definitions, a designer of the provider, and an agent with an account.
    private struct Stage {
        let world: World
        let designer: Caller

        init() async throws {
            let server = try await Server.start()
            try await PlaybookSeed.run(Onboarding.playbooks(server.database))
            world = try await World(server)
            designer = try World.person(uuid(), "process_automation_designer")
        }

        func call<Request: Message, Response: Message>(
            _ method: Method<Request, Response>, _ request: Request, as caller: Caller? = nil
        ) async throws(Problem) -> Response {
            try await world.call(method, request, as: caller ?? designer)
        }

        func problem<Request: Message, Response: Message>(
            _ method: Method<Request, Response>, _ request: Request, as caller: Caller? = nil
        ) async -> Problem? {
            await world.problem(method, request, as: caller ?? designer)
        }

        func list(_ filter: String = "") async throws -> [PlaybookDefinition] {
            var request = ListRequest()
            request.filter = filter
            return try await call(OnboardingAPI.listPlaybookDefinitions, request).playbookDefinitions
        }

        /// The shipped playbook.
        func shipped() async throws -> PlaybookDefinition {
            try await get(try #require(try await list(#"key = "account_lifecycle_onboarding""#).first).id)
        }

        func get(_ id: String) async throws -> PlaybookDefinition {
            var request = GetRequest()
            request.id = id
            return try await call(OnboardingAPI.getPlaybookDefinition, request)
        }

        func importing(_ yaml: String, validateOnly: Bool = false) async throws(Problem) -> PlaybookDefinition {
            var request = ImportPlaybookRequest()
            (request.yaml, request.validateOnly) = (yaml, validateOnly)
            return try await call(OnboardingAPI.importPlaybookDefinition, request)
        }

        func export(_ id: String, version: Int32 = 0) async throws(Problem) -> String {
            var request = ExportPlaybookRequest()
            (request.id, request.version) = (id, version)
            return try await call(OnboardingAPI.exportPlaybookDefinition, request).yaml
        }

        static func action(_ id: String, etag: String = "") -> ActionRequest {
            var request = ActionRequest()
            (request.id, request.etag) = (id, etag)
            return request
        }

        static func deletion(_ id: String) -> DeleteRequest {
            var request = DeleteRequest()
            request.id = id
            return request
        }

        /// A draft with one lane and one activity, which starts by hand.
        static let draft = """
            key: extra
            table: onboarding_case
            label: {en: Extra, ko: 추가}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
                  - key: look
                    kind: related_work
                    label: {en: Look, ko: 보기}
            """
    }

    @Test func theShippedPlaybookIsActiveWithItsNineKinds() async throws {
        let stage = try await Stage()
        let shipped = try await stage.shipped()
        #expect(shipped.state == "active" && shipped.version == 1 && !shipped.hasChanges)
        #expect(shipped.playbook?.lanes.count == 5)
        let kinds = try await stage.call(OnboardingAPI.listActivityDefinitions, ListRequest()).activityDefinitions
        #expect(kinds.count == 9)
        #expect(kinds.allSatisfy { $0.active && $0.label?.en.isEmpty == false && $0.label?.ko.isEmpty == false })
        // Seeding again leaves all as it is.
        try await PlaybookSeed.run(Onboarding.playbooks(stage.world.server.database))
        #expect(try await stage.list().count == 1)
        var request = ValidatePlaybookRequest()
        request.id = shipped.id
        #expect(try await stage.call(OnboardingAPI.validatePlaybookDefinition, request).faults == [])
    }

    @Test func whatIsExportedIsImported() async throws {
        let stage = try await Stage()
        let shipped = try await stage.shipped()
        let yaml = try await stage.export(shipped.id)
        let again = try await stage.importing(yaml)
        #expect(again.id == shipped.id && !again.hasChanges && again.playbook == shipped.playbook)
        let copy = try await stage.importing(yaml.replacing("key: account_lifecycle_onboarding", with: "key: copy"))
        #expect(copy.state == "draft" && copy.version == 0 && copy.playbook == shipped.playbook)
        // A version is exported with what its activity definitions say.
        #expect(try await stage.export(shipped.id, version: 1).contains("go_live_date"))
        let missing = await stage.problem(
            OnboardingAPI.exportPlaybookDefinition,
            {
                var request = ExportPlaybookRequest()
                (request.id, request.version) = (shipped.id, 7)
                return request
            }())
        #expect(missing?.code == .notFound)
        // Tried only, nothing is made.
        _ = try await stage.importing(Stage.draft, validateOnly: true)
        #expect(try await stage.list(#"key = "extra""#).isEmpty)
    }

    @Test func aDraftIsEditedStepByStep() async throws {
        let stage = try await Stage()
        let draft = try await stage.importing(Stage.draft)
        var lane = EditPlaybookLaneRequest()
        (lane.id, lane.etag, lane.behind) = (draft.id, draft.etag, "only")
        lane.lane = PlaybookLane()
        lane.lane?.key = "second"
        lane.lane?.label = LocalText(Text(en: "Second", ko: "둘째"))
        let added = try await stage.call(OnboardingAPI.addPlaybookLane, lane)
        #expect(added.playbook?.lanes.map(\.key) == ["only", "second"])
        // The etag of before is stale, and the key taken.
        #expect(await stage.problem(OnboardingAPI.addPlaybookLane, lane)?.code == .aborted)
        lane.etag = ""
        #expect(await stage.problem(OnboardingAPI.addPlaybookLane, lane)?.code == .alreadyExists)
        lane.lane?.label = LocalText(Text(en: "Two", ko: "이"))
        #expect(
            try await stage.call(OnboardingAPI.changePlaybookLane, lane).playbook?.lanes[1].label?.en == "Two")
        (lane.key, lane.behind) = ("second", "")
        #expect(
            try await stage.call(OnboardingAPI.movePlaybookLane, lane).playbook?.lanes.map(\.key) == ["second", "only"])

        var edit = EditPlannedActivityRequest()
        (edit.id, edit.lane, edit.behind) = (draft.id, "only", "look")
        edit.activity = PlannedActivity()
        edit.activity?.key = "sum"
        edit.activity?.kind = "summary"
        edit.activity?.label = LocalText(Text(en: "Sum", ko: "합"))
        let withActivity = try await stage.call(OnboardingAPI.addPlannedActivity, edit)
        #expect(withActivity.playbook?.lanes[1].activities.map(\.key) == ["look", "sum"])
        edit.activity?.optional = true
        let changed = try await stage.call(OnboardingAPI.changePlannedActivity, edit)
        #expect(changed.playbook?.lanes[1].activities[1].optional == true)
        (edit.key, edit.lane, edit.behind) = ("sum", "second", "")
        let moved = try await stage.call(OnboardingAPI.movePlannedActivity, edit)
        #expect(moved.playbook?.lanes.map { $0.activities.map(\.key) } == [["sum"], ["look"]])
        let removed = try await stage.call(OnboardingAPI.removePlannedActivity, edit)
        #expect(removed.playbook?.lanes.map { $0.activities.map(\.key) } == [[], ["look"]])
        #expect(await stage.problem(OnboardingAPI.removePlannedActivity, edit)?.code == .invalidArgument)
        let one = try await stage.call(OnboardingAPI.removePlaybookLane, lane)
        #expect(one.playbook?.lanes.map(\.key) == ["only"])
    }

    @Test func whatCannotWorkIsNotActivated() async throws {
        let stage = try await Stage()
        let wrong = Stage.draft.replacing("kind: related_work", with: "kind: juggling")
            .replacing("label: {en: Look, ko: 보기}", with: "label: {en: Look, ko: 보기}\n        due: {days: -1}")
        let draft = try await stage.importing(wrong)
        let problem = await stage.problem(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(problem?.code == .invalidArgument && problem?.reason == "PLAYBOOK")
        #expect(problem?.violations.map(\.field) == ["only.look.kind"])
        #expect(problem?.violations.first?.text.en.hasPrefix("Only > Look: ") == true)
        #expect(try await stage.get(draft.id).state == "draft")
    }

    @Test func aVersionNeverChangesAndRetiredOnesStartNothing() async throws {
        let stage = try await Stage()
        let draft = try await stage.importing(Stage.draft)
        let active = try await stage.call(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(active.state == "active" && active.version == 1 && !active.hasChanges)
        let again = await stage.problem(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(again?.code == .failedPrecondition)
        // A change waits in the draft until it is activated.
        let changed = try await stage.importing(Stage.draft.replacing("en: Look", with: "en: Watch"))
        #expect(changed.version == 1 && changed.hasChanges)
        #expect(try await stage.export(draft.id, version: 1).contains("Look"))
        let second = try await stage.call(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(second.version == 2 && !second.hasChanges)
        var request = ListPlaybookVersionsRequest()
        (request.definition, request.pageSize) = (draft.id, 1)
        let page = try await stage.call(OnboardingAPI.listPlaybookVersions, request)
        #expect(page.versions.map(\.number) == [2])
        request.pageToken = page.nextPageToken
        let last = try await stage.call(OnboardingAPI.listPlaybookVersions, request)
        #expect(last.versions.map(\.number) == [1] && last.nextPageToken.isEmpty)
        // Not even whoever owns the database changes or removes a version by the way.
        for statement: SQL in [
            "UPDATE onboarding.playbook_version SET number = 9", "DELETE FROM onboarding.playbook_version",
        ] {
            await #expect(throws: PostgresError.self) { _ = try await stage.world.server.admin.run(statement) }
        }
        #expect(
            await stage.problem(OnboardingAPI.deletePlaybookDefinition, Stage.deletion(draft.id))?.code
                == .failedPrecondition)
        let retired = try await stage.call(OnboardingAPI.retirePlaybookDefinition, Stage.action(draft.id))
        #expect(retired.state == "retired")
        var start = StartPlaybookRunRequest()
        (start.definition, start.table) = ("extra", "onboarding_case")
        start.record = try await stage.world.openCase().id
        let refused = await stage.problem(OnboardingAPI.startPlaybookRun, start, as: stage.world.agent)
        #expect(refused?.code == .failedPrecondition && refused?.reason == "NO_PLAYBOOK")
        // Taken up again, unchanged, it is the same version.
        let back = try await stage.call(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(back.state == "active" && back.version == 2)
    }

    @Test func aDraftIsRemoved() async throws {
        let stage = try await Stage()
        let draft = try await stage.importing(Stage.draft)
        _ = try await stage.call(OnboardingAPI.deletePlaybookDefinition, Stage.deletion(draft.id))
        #expect(try await stage.list().count == 1)
    }

    /// Two active playbooks never start at one event of one record (G-130).
    @Test func overlappingTriggersAreRefused() async throws {
        let stage = try await Stage()
        func triggered(_ condition: String, event: String = "created") -> String {
            Stage.draft.replacing(
                "lanes:", with: "trigger: {event: \(event), condition: '\(condition)'}\nlanes:")
        }
        let draft = try await stage.importing(triggered("type = full"))
        let problem = await stage.problem(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(problem?.code == .failedPrecondition && problem?.reason == "TRIGGER_OVERLAP")
        #expect(problem?.text.en.contains("Account lifecycle onboarding process") == true)
        // At another event, or where the conditions contradict each other, both are right.
        _ = try await stage.importing(triggered("type = full", event: "updated"))
        _ = try await stage.call(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        let other = try await stage.importing(
            triggered("type = phased", event: "updated").replacing("key: extra", with: "key: other"))
        _ = try await stage.call(OnboardingAPI.activatePlaybookDefinition, Stage.action(other.id))
        let third = try await stage.importing(
            triggered("priority = 1", event: "updated").replacing("key: extra", with: "key: third"))
        let refused = await stage.problem(OnboardingAPI.activatePlaybookDefinition, Stage.action(third.id))
        #expect(refused?.reason == "TRIGGER_OVERLAP")
    }

    /// A dry run tells what would start and be made, and leaves nothing behind.
    @Test func aDryRunTellsAndChangesNothing() async throws {
        let stage = try await Stage()
        let shipped = try await stage.shipped()
        var request = DryRunPlaybookRequest()
        request.id = shipped.id
        request.record = try await stage.world.openCase { $0.serviceBridgeIntegration = "remote_task" }.id
        func counts() async throws -> [Int] {
            try await ["playbook_run", "lifecycle_task", "playbook_call", "outbox"].asyncMap { table in
                try await stage.world.server.admin.run(
                    "SELECT count(*) FROM onboarding.\(identifier: table)")[0].int(at: 0)
            }
        }
        let before = try await counts()
        let answer = try await stage.call(OnboardingAPI.dryRunPlaybookDefinition, request, as: stage.world.agent)
        #expect(try await counts() == before)
        #expect(answer.triggered)
        let steps = Dictionary(uniqueKeysWithValues: answer.steps.map { ($0.activity, $0) })
        #expect(answer.steps.count == 33)
        #expect(answer.steps.filter(\.starts).map(\.activity) == ["select_account", "enter_info"])
        #expect(steps["testing"]?.applies == false && steps["testing"]?.reason.isEmpty == false)
        #expect(steps["remote_catalog"]?.applies == false)
        #expect(steps["remote_task"]?.applies == true && steps["register_consumer"]?.applies == true)
        // The case goes live on Friday, 20 March 2026; one working day before is Thursday.
        #expect(steps["plan_training"]?.dueDate == "2026-03-19")
        #expect(steps["plan_training"]?.table == "lifecycle_task")
        #expect(steps["plan_training"]?.assignedTo == stage.world.agent.subject)
        let fields = steps["import_locations"]?.fields.reduce(into: [:]) { $0[$1.field] = $1.text }
        #expect(fields?["target_table"] == "location" && fields?["parent"] == request.record)
        #expect(fields?["data_source"] == "cmn_location_template.xlsx")
        #expect(fields?["short_description"] == "Import locations")
        request.record = uuid()
        let missing = await stage.problem(OnboardingAPI.dryRunPlaybookDefinition, request)
        #expect(missing?.code == .notFound)
    }

    @Test func definitionsAreSeenBelowAndChangedWhereTheyAre() async throws {
        let stage = try await Stage()
        let shipped = try await stage.shipped()
        let below = Caller.holding("process_automation_designer", domain: "/provider/d0000009/")
        var request = GetRequest()
        request.id = shipped.id
        #expect(try await stage.call(OnboardingAPI.getPlaybookDefinition, request, as: below).id == shipped.id)
        let refused = await stage.problem(
            OnboardingAPI.retirePlaybookDefinition, Stage.action(shipped.id), as: below)
        #expect(refused?.code == .notFound)
        #expect(try await stage.get(shipped.id).state == "active")
    }

    @Test func aKindIsOfferedChangedAndRemoved() async throws {
        let stage = try await Stage()
        var creation = CreateActivityDefinitionRequest()
        creation.activityDefinition = ActivityDefinition()
        creation.activityDefinition?.key = "ask_colour"
        creation.activityDefinition?.builtIn = "related_work"
        creation.activityDefinition?.label = LocalText(Text(en: "Ask", ko: "질문"))
        var input = ActivityInput()
        (input.key, input.type, input.label) = ("colour", "string", LocalText(Text(en: "Colour", ko: "색")))
        creation.activityDefinition?.inputs = [input]
        let made = try await stage.call(OnboardingAPI.createActivityDefinition, creation)
        #expect(made.active && made.etag == "1")
        #expect(await stage.problem(OnboardingAPI.createActivityDefinition, creation)?.code == .alreadyExists)
        creation.activityDefinition?.builtIn = "juggling"
        creation.activityDefinition?.key = "juggle"
        #expect(await stage.problem(OnboardingAPI.createActivityDefinition, creation)?.code == .invalidArgument)

        let draft = try await stage.importing(
            Stage.draft.replacing("kind: related_work", with: "kind: ask_colour"))
        _ = try await stage.call(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(try await stage.export(draft.id, version: 1).contains("colour"))
        let used = await stage.problem(OnboardingAPI.deleteActivityDefinition, Stage.deletion(made.id))
        #expect(used?.code == .failedPrecondition)
        // What an active playbook is made of stays of its kind.
        var update = UpdateActivityDefinitionRequest()
        update.activityDefinition = made
        update.activityDefinition?.builtIn = "summary"
        update.updateMask = FieldMask(paths: ["built_in"])
        let kept = await stage.problem(OnboardingAPI.updateActivityDefinition, update)
        #expect(
            kept?.code == .failedPrecondition && kept?.text.en.contains("‘Extra’") == true, "\(kept?.text.en ?? "")")
        // What is not offered any more cannot be activated anew; what is active keeps what it was made of.
        update.activityDefinition = made
        update.activityDefinition?.active = false
        update.updateMask = FieldMask(paths: ["active"])
        #expect(try await stage.call(OnboardingAPI.updateActivityDefinition, update).active == false)
        #expect(await stage.problem(OnboardingAPI.updateActivityDefinition, update)?.code == .aborted)
        let refused = await stage.problem(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(refused?.violations.map(\.field) == ["only.look.kind"])
        #expect(try await stage.export(draft.id, version: 1).contains("colour"))
        _ = try await stage.importing(Stage.draft)
        _ = try await stage.call(OnboardingAPI.deleteActivityDefinition, Stage.deletion(made.id))
    }

    /// Nothing moves a run over a task: its activities would not hear of its changes, nor end with it.
    @Test func tasksHaveNoPlaybooks() async throws {
        let stage = try await Stage()
        let draft = try await stage.importing(
            Stage.draft.replacing("table: onboarding_case", with: "table: lifecycle_task"))
        let refused = await stage.problem(OnboardingAPI.activatePlaybookDefinition, Stage.action(draft.id))
        #expect(refused?.code == .invalidArgument && refused?.violations.map(\.field) == ["table"])
        var start = StartPlaybookRunRequest()
        (start.table, start.record) = ("lifecycle_task", uuid())
        let unknown = await stage.problem(OnboardingAPI.startPlaybookRun, start, as: stage.world.agent)
        #expect(unknown?.violations.map(\.field) == ["table"])
    }

    /// A kind that no active playbook uses may become another.
    @Test func aKindThatNothingActiveUsesIsChanged() async throws {
        let stage = try await Stage()
        var creation = CreateActivityDefinitionRequest()
        creation.activityDefinition = ActivityDefinition()
        creation.activityDefinition?.key = "ask"
        creation.activityDefinition?.builtIn = "related_work"
        creation.activityDefinition?.label = LocalText(Text(en: "Ask", ko: "질문"))
        var update = UpdateActivityDefinitionRequest()
        update.activityDefinition = try await stage.call(OnboardingAPI.createActivityDefinition, creation)
        _ = try await stage.importing(Stage.draft.replacing("kind: related_work", with: "kind: ask"))
        update.activityDefinition?.builtIn = "summary"
        update.updateMask = FieldMask(paths: ["built_in"])
        #expect(try await stage.call(OnboardingAPI.updateActivityDefinition, update).builtIn == "summary")
    }

    /// The same request id is answered once and the same.
    @Test func aRequestIsDoneOnce() async throws {
        let stage = try await Stage()
        var request = ImportPlaybookRequest()
        (request.yaml, request.requestID) = (Stage.draft, uuid())
        let first = try await stage.call(OnboardingAPI.importPlaybookDefinition, request)
        #expect(try await stage.call(OnboardingAPI.importPlaybookDefinition, request) == first)
        #expect(try await stage.get(first.id).etag == first.etag)
    }
}

extension Sequence {
    fileprivate func asyncMap<T>(_ body: (Element) async throws -> T) async rethrows -> [T] {
        var results: [T] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
