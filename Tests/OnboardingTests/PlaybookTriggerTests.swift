import OnboardingWire
import PlaybooksWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// What triggers start and what they do not, and what of it keeps a case open (G-122, G-130).
@Suite(.timeLimit(.minutes(15))) struct PlaybookTriggerTests {
    /// A server of which only the playbooks of the tests are active, each for the cases of its test alone.
    private struct Stage {
        private static let shared = Task { try await serve() }

        let world: World
        /// What the cases of the test are called: triggers ask for it.
        let name = uuid()

        init() async throws { world = try await World(Self.shared.value) }

        private static func serve() async throws -> Server {
            let server = try await Server.start()
            try await PlaybookSeed.run(try #require(Playbooks.of(server.database)))
            let designer = try World.person(uuid(), "process_automation_designer")
            let credential = CallerTokens.credential(designer)
            let shipped = try await server.client.call(
                OnboardingAPI.listPlaybookDefinitions, ListRequest(), as: credential)
            for definition in shipped.playbookDefinitions {
                var retirement = ActionRequest()
                retirement.id = definition.id
                _ = try await server.client.call(OnboardingAPI.retirePlaybookDefinition, retirement, as: credential)
            }
            return server
        }

        var playbooks: Playbooks {
            get throws { try #require(Playbooks.of(world.server.database)) }
        }

        /// An active playbook of one lane, which an event of a case of the test starts.
        func activate(
            _ event: String, _ activities: String..., in domain: String = "/provider/", also: String = ""
        ) async throws -> PlaybookDefinition {
            let designer = Caller.holding("process_automation_designer", domain: domain)
            var request = ImportPlaybookRequest()
            request.yaml = """
                key: trial_\(UInt32.random(in: 0...UInt32.max))
                table: onboarding_case
                label: {en: Trial, ko: 시험}
                trigger: {event: \(event), condition: 'short_description = "\(name)"\(also)'}
                lanes:
                  - key: only
                    label: {en: Only, ko: 유일}
                    activities: [\(activities.joined(separator: ", "))]
                """
            let draft = try await world.call(OnboardingAPI.importPlaybookDefinition, request, as: designer)
            var activation = ActionRequest()
            activation.id = draft.id
            return try await world.call(OnboardingAPI.activatePlaybookDefinition, activation, as: designer)
        }

        /// Asks for a priority, which it gives to the case.
        static let look = """
            {key: look, kind: related_work, label: {en: Look, ko: 보기}, \
            inputs: [{key: priority, field: priority}]}
            """

        /// Makes a task with two fields that the definition says.
        static func making(_ fields: [(String, String)]) -> String {
            let said = fields.map { "{field: \($0), \($1)}" }.joined(separator: ", ")
            return """
                {key: make, kind: create_task, label: {en: Make, ko: 생성}, creates: {table: lifecycle_task, fields: \
                [\(said), {field: short_description, text: Make}]}}
                """
        }

        /// Makes an import task below what the definition says.
        static func importing(below parent: String) -> String {
            """
            {key: make, kind: create_task, label: {en: Make, ko: 생성}, creates: {table: import_task, fields: \
            [{field: parent, \(parent)}, {field: account, from_field: account}, {field: target_table, text: location}, \
            {field: source_table, text: sn_acct_lc_account_onb_import_locations}, \
            {field: data_source, text: cmn_location_template.xlsx}, {field: short_description, text: Make}]}}
            """
        }

        /// Makes a case below that of the run, of the same name.
        static let support = """
            {key: support, kind: create_task, label: {en: Support, ko: 지원}, creates: {table: onboarding_case, fields: \
            [{field: parent, from_field: id}, {field: account, from_field: account}, {field: type, from_field: type}, \
            {field: service_bridge_integration, text: not_required}, {field: go_live_date, from_field: go_live_date}, \
            {field: contact, from_field: contact}, {field: short_description, from_field: short_description}]}}
            """

        /// Makes a task for somebody who is not there.
        static let dangling = making([("parent", "from_field: id"), ("assigned_to", "text: \(uuid())")])

        func openCase(of world: World? = nil, below parent: OnboardingCase? = nil) async throws -> OnboardingCase {
            try await (world ?? self.world).openCase {
                $0.shortDescription = name
                $0.parent = parent?.id
            }
        }

        /// The case that an activity has made.
        func made(_ key: String, of record: OnboardingCase) async throws -> OnboardingCase {
            var request = GetRequest()
            request.id = try #require(try await activity(key, of: runs(of: record).first).created.first).id
            return try await world.call(OnboardingAPI.getOnboardingCase, request, as: world.agent)
        }

        func hear(_ record: OnboardingCase, _ event: String) async throws {
            try await world.server.bench.hear(record, event)
        }

        func adopt() async throws { await PlaybookAdoption.run(try playbooks) }

        /// The runs of a case, the newest first.
        func runs(of record: OnboardingCase) async throws -> [PlaybookRun] {
            var list = ListPlaybookRunsRequest()
            (list.table, list.record) = ("onboarding_case", record.id)
            return try await world.call(OnboardingAPI.listPlaybookRuns, list, as: world.agent).runs
        }

        func activity(_ key: String, of run: PlaybookRun?) async throws -> PlaybookActivity {
            var list = ListPlaybookActivitiesRequest()
            list.run = try #require(run).id
            let found = try await world.call(OnboardingAPI.listPlaybookActivities, list, as: world.agent)
            return try #require(found.activities.first { $0.key == key })
        }

        func complete(_ key: String, _ values: [String: String] = [:], of run: PlaybookRun?) async throws {
            let request = PlaybookStage.entering(try await activity(key, of: run), values)
            _ = try await world.call(OnboardingAPI.completePlaybookActivity, request, as: world.agent)
        }

        static func start(_ definition: PlaybookDefinition, over record: OnboardingCase) -> StartPlaybookRunRequest {
            var start = StartPlaybookRunRequest()
            (start.definition, start.table, start.record) = (definition.id, "onboarding_case", record.id)
            return start
        }

        func start(_ definition: PlaybookDefinition, over record: OnboardingCase) async throws -> PlaybookRun {
            try await world.call(
                OnboardingAPI.startPlaybookRun, Self.start(definition, over: record), as: world.agent)
        }

        func retire(_ definition: PlaybookDefinition) async throws {
            var request = ActionRequest()
            request.id = definition.id
            _ = try await world.call(
                OnboardingAPI.retirePlaybookDefinition, request, as: .holding("process_automation_designer"))
        }

        /// How many calls of other services an activity waits for.
        func calls(of activity: PlaybookActivity) async throws -> Int {
            try await world.server.admin.run("SELECT 1 FROM onboarding.playbook_call WHERE activity = \(activity.id)")
                .count
        }

        func cancel(_ run: PlaybookRun) async throws {
            var request = CancelPlaybookRunRequest()
            request.id = run.id
            _ = try await world.call(OnboardingAPI.cancelPlaybookRun, request, as: world.agent)
        }

        func move(_ record: OnboardingCase, _ state: String) async throws {
            _ = try await world.update(record.id, as: world.agent) { $0.state = state }
        }

        /// The problem that closing a case meets.
        func closing(_ record: OnboardingCase) async -> Problem? {
            var request = CloseOnboardingCaseRequest()
            (request.id, request.cancelOpenTasks) = (record.id, true)
            return await world.problem(OnboardingAPI.closeOnboardingCase, request, as: world.agent)
        }
    }

    @Test func whatCannotBeMadeKeepsNothingElseUp() async throws {
        let stage = try await Stage()
        _ = try await stage.activate("created", Stage.look, Stage.dangling)
        let record = try await stage.openCase()
        try await stage.hear(record, "created")
        let run = try await stage.runs(of: record).first
        try await stage.complete("look", of: run)
        #expect(try await stage.activity("look", of: run).state == "done")
        let failed = try await stage.activity("make", of: run)
        #expect(failed.state == "failed" && failed.created.isEmpty)
        let label = LifecycleTask.label(.assignedTo)
        #expect(failed.failure?.en == "\(label.en): There is no such record to refer to.")
        #expect(failed.failure?.ko.hasPrefix("\(label.ko): ") == true)
        // Nor does it keep the event up that starts it.
        _ = try await stage.activate("updated", Stage.dangling)
        try await stage.hear(record, "updated")
        #expect(try await stage.runs(of: record).count == 2)
    }

    /// A version of before may name what is not there any more.
    @Test func aPlaybookThatCannotStartStopsNothing() async throws {
        let stage = try await Stage()
        let definition = try await stage.activate("created", Stage.look)
        var playbook = try #require(definition.playbook)
        playbook.lanes[0].activities[0].start = ActivityStart()
        playbook.lanes[0].activities[0].start?.condition = "nonesuch = 1"
        let bytes = try playbook.encodeProtobuf()
        _ = try await stage.world.server.admin.run(
            """
            INSERT INTO onboarding.playbook_version \
            (id, domain, definition, number, playbook, activated_at, activated_by) \
            SELECT gen_random_uuid(), domain, id, 2, \(bytes.sqlValue), now(), 'test' \
            FROM onboarding.playbook_definition WHERE id = \(definition.id)
            """)
        _ = try await stage.world.server.admin.run(
            "UPDATE onboarding.playbook_definition SET version = 2 WHERE id = \(definition.id)")
        let record = try await stage.openCase()
        try await stage.hear(record, "created")
        #expect(try await stage.runs(of: record).isEmpty)
        try await stage.adopt()
        #expect(try await stage.runs(of: record).isEmpty)
    }

    /// However often the record changes afterwards, and although the last activity changes it.
    @Test func aTriggerStartsOneRun() async throws {
        let stage = try await Stage()
        let definition = try await stage.activate("updated", Stage.look)
        let record = try await stage.openCase()
        try await stage.hear(record, "updated")
        try await stage.complete("look", ["priority": "2"], of: stage.runs(of: record).first)
        #expect(try await stage.runs(of: record).map(\.state) == ["done"])
        try await stage.hear(record, "updated")
        #expect(try await stage.runs(of: record).map(\.state) == ["done"])
        // By hand there is another, which is not replaced either.
        let again = try await stage.start(definition, over: record)
        try await stage.cancel(again)
        try await stage.hear(record, "updated")
        #expect(try await Set(stage.runs(of: record).map(\.state)) == ["done", "canceled"])
        #expect(try await stage.runs(of: record).count == 2)
    }

    @Test func aCanceledRunKeepsItsCaseOpen() async throws {
        let stage = try await Stage()
        let definition = try await stage.activate("reopened", Stage.look)
        let record = try await stage.openCase()
        try await stage.cancel(stage.start(definition, over: record))
        try await stage.move(record, "active")
        let refused = try #require(await stage.closing(record))
        #expect(refused.code == .failedPrecondition && refused.reason == "OPEN_STAGES", "\(refused)")
        #expect(refused.violations.map(\.rule) == ["G-122"] && refused.text.en.contains("Look (Only)"))
        #expect(refused.text.en.hasSuffix("start the playbook anew."), "\(refused.text.en)")
        let again = try await stage.start(definition, over: record)
        let open = await stage.closing(record)
        #expect(open?.reason == "OPEN_STAGES" && open?.text.en.contains("anew") == false)
        try await stage.complete("look", of: again)
        #expect(await stage.closing(record) == nil)
    }

    /// So does one that was canceled with its case, when the case is taken up again.
    @Test func aReopenedCaseNeedsARunOfItsOwn() async throws {
        let stage = try await Stage()
        let definition = try await stage.activate("reopened", Stage.look)
        let record = try await stage.openCase()
        let run = try await stage.start(definition, over: record)
        for state in ["active", "canceled", "active"] { try await stage.move(record, state) }
        #expect(try await stage.runs(of: record).map(\.state) == ["canceled"])
        #expect(await stage.closing(record)?.reason == "OPEN_STAGES")
        let again = try await stage.start(definition, over: record)
        #expect(again.id != run.id)
        try await stage.complete("look", of: again)
        #expect(await stage.closing(record) == nil)
    }

    /// A playbook is for the cases of its domain and those below, and for no other tenant's.
    @Test func noPlaybookReachesAnotherTenant() async throws {
        let stage = try await Stage()
        let other = try await World(stage.world.server)
        let definition = try await stage.activate("created", Stage.look, in: other.account.domain)
        let (mine, theirs) = (try await stage.openCase(), try await stage.openCase(of: other))
        #expect(mine.domain != theirs.domain && theirs.domain.hasPrefix(other.account.domain))
        try await stage.adopt()
        #expect(try await stage.runs(of: mine).isEmpty)
        #expect(try await stage.runs(of: theirs).map(\.definition) == [definition.id])
        // Nor by hand, though the provider sees both.
        let refused = await stage.world.problem(
            OnboardingAPI.startPlaybookRun, Stage.start(definition, over: mine), as: stage.world.agent)
        #expect(refused?.reason == "NO_PLAYBOOK", "\(String(describing: refused))")
    }

    /// A case that an activity has made is part of a run already.
    @Test func whatAPlaybookHasMadeIsNotAdopted() async throws {
        let stage = try await Stage()
        _ = try await stage.activate("created", Stage.support, also: " AND from_playbook = false")
        _ = try await stage.activate("created", Stage.look, also: " AND from_playbook = true")
        let record = try await stage.openCase()
        try await stage.hear(record, "created")
        let support = try await stage.made("support", of: record)
        try await stage.adopt()
        #expect(try await stage.runs(of: support).isEmpty)
    }

    /// Triggers tell what a playbook has made, and what lies below that, from other cases below one.
    @Test func aTriggerAsksWhereACaseComesFrom() async throws {
        let stage = try await Stage()
        let whole = try await stage.activate("created", Stage.support, also: " AND from_playbook = false")
        let mending = try await stage.activate("created", Stage.look, also: " AND from_playbook = true")
        let record = try await stage.openCase()
        try await stage.hear(record, "created")
        let support = try await stage.made("support", of: record)
        let problem = try await stage.openCase(below: support)
        let further = try await stage.openCase(below: problem)
        let beside = try await stage.openCase(below: record)
        for heard in [support, problem, further, beside] { try await stage.hear(heard, "created") }
        for found in [support, problem, further] {
            #expect(try await stage.runs(of: found).map(\.definition) == [mending.id])
        }
        for found in [record, beside] {
            #expect(try await stage.runs(of: found).map(\.definition) == [whole.id])
        }
    }

    /// A phase that a success play begins has its playbook, once, wherever its source stands (G-80); a problem has none.
    @Test func aPhaseBegunByAPlayHasItsPlaybook() async throws {
        let stage = try await Stage()
        let whole = try await stage.activate("created", Stage.support, also: " AND from_playbook = false")
        let record = try await stage.openCase()
        try await stage.hear(record, "created")
        let support = try await stage.made("support", of: record)
        let problem = try await stage.openCase(below: support)
        var byPlay = stage.world.agent
        byPlay.actor = "service:play-launcher"
        for source in [record, support, problem] {
            var creation = CreateOnboardingCaseRequest()
            creation.onboardingCase = OnboardingCase()
            creation.onboardingCase?.account = stage.world.account.id
            creation.onboardingCase?.parent = source.id
            creation.onboardingCase?.type = "phased"
            creation.onboardingCase?.shortDescription = stage.name
            let phase = try await stage.world.call(OnboardingAPI.createOnboardingCase, creation, as: byPlay)
            try await stage.hear(phase, "created")
            #expect(try await stage.runs(of: phase).map(\.definition) == [whole.id])
        }
        try await stage.hear(problem, "created")
        #expect(try await stage.runs(of: problem).isEmpty)
    }

    /// Nor does it ask another service for anything there.
    @Test func noActivityAsksForAnythingElsewhere() async throws {
        let stage = try await Stage()
        let theirs = try await World(stage.world.server).openCase()
        for id in [theirs.id, uuid()] {
            let (definition, record) = (
                try await stage.activate("reopened", Stage.importing(below: "text: \(id)")), try await stage.openCase()
            )
            let failed = try await stage.activity("make", of: stage.start(definition, over: record))
            #expect(failed.state == "failed" && failed.failure?.en.isEmpty == false, "\(failed)")
            #expect(try await stage.calls(of: failed) == 0)
            try await stage.retire(definition)
        }
        let own = try await stage.activate("reopened", Stage.importing(below: "from_field: id"))
        let asking = try await stage.activity("make", of: stage.start(own, over: stage.openCase()))
        #expect(asking.state == "in_progress")
        #expect(try await stage.calls(of: asking) == 1)
    }

    /// A definition may name an id of any tenant; what is made stays with the record of the run.
    @Test func noActivityMakesAnythingElsewhere() async throws {
        let stage = try await Stage()
        let other = try await World(stage.world.server)
        let theirs = try await other.openCase()
        _ = try await stage.activate("created", Stage.making([("parent", "text: \(theirs.id)")]))
        let record = try await stage.openCase()
        try await stage.hear(record, "created")
        let failed = try await stage.activity("make", of: stage.runs(of: record).first)
        #expect(failed.state == "failed" && failed.created.isEmpty)
        var list = ListRequest()
        list.filter = "parent = \"\(theirs.id)\""
        let tasks = try await other.call(OnboardingAPI.listLifecycleTasks, list, as: other.agent).lifecycleTasks
        #expect(tasks.isEmpty)
    }
}
