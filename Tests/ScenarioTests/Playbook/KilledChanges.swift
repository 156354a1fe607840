import CampaignKit
import ImportValidationWire
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import TestKit
import Testing
import Wire

/// A move of dates and a migration in whose middle processes are killed, there and back: whoever comes after them ends what was
/// begun, whole and once.
struct KilledChanges {
    private let stack: ScenarioStack
    private let world: JourneyWorld
    private let database: StackDatabase
    private let cast: Cast
    private let account: CustomerAccount

    init(_ stack: ScenarioStack) async throws {
        self.stack = stack
        world = stack.world()
        database = try StackDatabase(stack)
        cast = try await Cast(world, "en")
        account = try await world.openAccount("Killed changes", as: cast.manager.credential)
        let automatic = try await world.automaticCase(of: account.id, as: cast.manager.credential)
        try await CasePlaybook(world, of: automatic.id, as: cast.manager.credential).awaitBeginning()
    }

    /// Has something begun while `service` is kept from writing `table`, and kills these services there.
    private func kill(
        _ services: [String], at table: String, of service: String, _ begin: () async throws -> Void
    ) async throws {
        try await database.locking(table, .share) { lock in
            try await lock.awaitGrant()
            try await begin()
            try await waitUntil("\(service) is about to write") {
                try await database.waiters(of: service, toWrite: true) > 0
            }
            for service in services {
                try stack.kill(service)
                try await database.endSessions(of: service)
            }
        }
        try await stack.restart()
    }

    /// A case that goes live at the end of June, with a run of the shipped playbook.
    private func makeCase() async throws -> OnboardingCase {
        var request = CreateOnboardingCaseRequest()
        var draft = OnboardingCase()
        (draft.account, draft.goLiveDate, draft.assignedTo) = (account.id, "2027-06-30", cast.manager.user)
        draft.shortDescription = "Killed"
        request.onboardingCase = draft
        let made = try await world.call(OnboardingAPI.createOnboardingCase, request, as: cast.manager.credential)
        try await CasePlaybook(world, of: made.id, as: cast.manager.credential).awaitBeginning()
        return made
    }

    // MARK: Dates

    /// The other service is killed while it is asked, and this one, which asks.
    func dates() async throws {
        let record = try await makeCase()
        let (manager, services) = (cast.manager.credential, ["onboarding", "import-validation"])
        var (task, imported) = (LifecycleTask(), ImportTask())
        (task.parent, task.shortDescription, task.dueDate) = (record.id, "Own", "2027-06-25")
        (imported.parent, imported.account, imported.shortDescription) = (record.id, account.id, "Theirs")
        (imported.sourceTable, imported.targetTable, imported.dataSource) = ("s", "location", "d")
        imported.dueDate = "2027-06-23"
        var (own, theirs) = (CreateLifecycleTaskRequest(), CreateImportTaskRequest())
        (own.lifecycleTask, theirs.importTask) = (task, imported)
        var (first, second, ask) = (GetRequest(), GetRequest(), PreviewGoLiveRequest())
        first.id = try await world.call(OnboardingAPI.createLifecycleTask, own, as: manager).id
        second.id = try await world.call(ImportValidationAPI.createImportTask, theirs, as: manager).id
        (ask.id, ask.goLiveDate) = (record.id, "2027-07-07")
        let move = try await world.eventually("the import task is heard of") {
            let move = try await world.call(OnboardingAPI.previewGoLive, ask, as: manager)
            return move.items.contains { $0.id == second.id } ? move : nil
        }
        var (action, look) = (ActionRequest(), GetRequest())
        (action.id, look.id) = (move.id, move.id)
        for (method, state, days) in [
            (OnboardingAPI.applyDateMove, "applied", ["2027-07-02", "2027-06-30"]),
            (OnboardingAPI.undoDateMove, "undone", ["2027-06-25", "2027-06-23"]),
        ] {
            try await kill(services, at: "import_validation.import_task", of: "import-validation") {
                let begun = try await world.call(method, action, as: manager)
                #expect(begun.state.hasSuffix("ing"))
            }
            let done = try await world.eventually("the end of the move") {
                let now = try await world.call(OnboardingAPI.getDateMove, look, as: manager)
                return now.state.hasSuffix("ing") ? nil : now
            }
            #expect(done.state == state, "\(done.refusal)")
            let there = [
                try await world.call(OnboardingAPI.getLifecycleTask, first, as: manager).dueDate,
                try await world.call(ImportValidationAPI.getImportTask, second, as: manager).dueDate,
            ]
            #expect(there == days)
        }
    }

    // MARK: Migrations

    private func activate(_ keys: [String]) async throws -> String {
        let making =
            "creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: T}]}"
        let activities = keys.map {
            "      - {key: \($0), kind: create_task, label: {en: \($0), ko: \($0)}, start: {when: with_lane}, \(making)}"
        }
        var (request, action) = (ImportPlaybookRequest(), ActionRequest())
        request.yaml = """
            key: killed_changes
            table: onboarding_case
            label: {en: Killed, ko: 중단}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
            \(activities.joined(separator: "\n"))
            """
        let designer = cast.administrator.credential
        action.id = try await world.call(OnboardingAPI.importPlaybookDefinition, request, as: designer).id
        _ = try await world.call(OnboardingAPI.activatePlaybookDefinition, action, as: designer)
        return action.id
    }

    /// Killed while a case is being moved: of three, each goes there once and back.
    func migration() async throws {
        let (manager, designer) = (cast.manager.credential, cast.administrator.credential)
        var (ask, start) = (PreviewPlaybookMigrationRequest(), StartPlaybookRunRequest())
        ask.definition = try await activate(["a", "b"])
        for _ in 0..<3 {
            let record = try await makeCase()
            (start.definition, start.table, start.record) = (ask.definition, "onboarding_case", record.id)
            _ = try await world.call(OnboardingAPI.startPlaybookRun, start, as: manager)
            ask.records.append(record.id)
        }
        _ = try await activate(["b", "c"])
        let migration = try await world.call(OnboardingAPI.previewPlaybookMigration, ask, as: designer)
        #expect(migration.previewed == 3)
        var (move, look) = (MovePlaybookMigrationRequest(), GetRequest())
        (move.id, look.id) = (migration.id, migration.id)
        for (method, open) in [(OnboardingAPI.applyPlaybookMigration, 3), (OnboardingAPI.undoPlaybookMigration, 2)] {
            try await kill(["onboarding"], at: "onboarding.playbook_run", of: "onboarding") {
                let begun = try await world.call(method, move, as: designer)
                #expect(begun.moving == 3)
            }
            let done = try await world.eventually("the end of the migration") {
                let now = try await world.call(OnboardingAPI.getPlaybookMigration, look, as: designer)
                return now.moving == 0 ? now : nil
            }
            #expect(done.refused == 0 && (open == 3 ? done.applied : done.undone) == 3)
            let rows = try await database.rows(
                """
                SELECT t.parent::text, count(*)::text FROM onboarding.lifecycle_task t \
                WHERE t.parent = ANY(\(ask.records)::uuid[]) AND t.short_description = 'T' AND t.active GROUP BY 1
                """)
            #expect(rows.count == 3 && rows.allSatisfy { $0[1] == String(open) }, "\(rows)")
        }
    }
}
