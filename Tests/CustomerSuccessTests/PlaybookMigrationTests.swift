import CustomerSuccessWire
import Playbooks
import PlaybooksWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Playbooks of success records go to another version as those of onboarding do.
@Suite(.timeLimit(.minutes(15))) struct PlaybookMigrationTests {
    /// A playbook of initiatives whose versions a designer makes, and whoever carries migrations out.
    private struct Stage {
        let world: World
        let designer: Caller
        let key = "migrated_\(UInt32.random(in: 0...UInt32.max))"
        /// Works for all of them, until the process ends.
        private static let worker = Task {
            guard let playbooks = Playbooks.of(try await Server.shared.value.database) else { return }
            await MigrationCalls(playbooks).run()
        }

        init() async throws {
            world = try await World()
            designer = Self.designer(of: "/provider/")
            _ = Self.worker
        }

        static func designer(of domain: String, locale: String = "en") -> Caller {
            Caller(
                subject: uuid(), kind: .person, domain: DomainPath(domain) ?? .root,
                roles: RoleCatalog.close(["process_automation_designer"]), locale: locale)
        }

        /// Makes, and activates, a version whose activities make a task each; answers the definition.
        @discardableResult
        func version(_ activities: [String]) async throws -> String {
            let making =
                "creates: {table: success_task, fields: [{field: parent, from_field: id}, {field: subject, text: T}, {field: description, text: T}, {field: assigned_to, from_field: assigned_to}]}"
            let lines = activities.map {
                "      - {key: \($0), kind: create_task, label: {en: \($0), ko: \($0)}, start: {when: with_lane}, \(making)}"
            }
            var request = ImportPlaybookRequest()
            request.yaml = """
                key: \(key)
                table: success_initiative
                label: {en: Initiative, ko: 이니셔티브}
                lanes:
                  - key: only
                    label: {en: Only, ko: 유일}
                    activities:
                \(lines.joined(separator: "\n"))
                """
            var activate = ActionRequest()
            activate.id = try await world.call(CustomerSuccessAPI.importPlaybookDefinition, request, as: designer).id
            _ = try await world.call(CustomerSuccessAPI.activatePlaybookDefinition, activate, as: designer)
            return activate.id
        }

        /// An initiative that is worked on by the version that is active.
        func begin(_ definition: String) async throws -> (record: SuccessInitiative, run: PlaybookRun) {
            let made = try await world.make(SuccessInitiative.self) { $0.assignedTo = world.manager }
            let initiative = try await world.set(made, "state", .string("in_progress"))
            var start = StartPlaybookRunRequest()
            (start.definition, start.table, start.record) = (definition, "success_initiative", initiative.id)
            return (initiative, try await world.call(CustomerSuccessAPI.startPlaybookRun, start))
        }

        func preview(_ definition: String, as caller: Caller? = nil) async throws -> PlaybookMigration {
            var request = PreviewPlaybookMigrationRequest()
            request.definition = definition
            return try await world.call(CustomerSuccessAPI.previewPlaybookMigration, request, as: caller ?? designer)
        }

        /// The migration when nothing of it is at work any more.
        func moved(
            _ migration: PlaybookMigration, _ method: Method<MovePlaybookMigrationRequest, PlaybookMigration>
        ) async throws -> PlaybookMigration {
            var (move, look) = (MovePlaybookMigrationRequest(), GetRequest())
            (move.id, look.id) = (migration.id, migration.id)
            var now = try await world.call(method, move, as: designer)
            for _ in 0..<600 where now.moving > 0 {
                try await Task.sleep(for: .milliseconds(50))
                now = try await world.call(CustomerSuccessAPI.getPlaybookMigration, look, as: designer)
            }
            return now
        }

        /// Why its only case stays, in a language.
        func refusal(_ migration: PlaybookMigration, _ locale: String) async throws -> String {
            var request = ListPlaybookMigrationCasesRequest()
            request.migration = migration.id
            let caller = Self.designer(of: "/provider/", locale: locale)
            return try await world.call(CustomerSuccessAPI.listPlaybookMigrationCases, request, as: caller).cases
                .first?.refusal ?? ""
        }

        func activities(_ run: PlaybookRun) async throws -> [PlaybookActivity] {
            var asked = ListPlaybookActivitiesRequest()
            asked.run = run.id
            return try await world.call(CustomerSuccessAPI.listPlaybookActivities, asked).activities
        }

        func open(_ record: SuccessInitiative) async throws -> Int {
            try await world.list(SuccessTask.self, filter: "parent = \"\(record.id)\" AND active = true").resources
                .count
        }

        /// Gives a task that an activity has made another subject.
        func change(_ activity: PlaybookActivity) async throws {
            let id = try #require(activity.created.last?.id)
            _ = try await world.set(try await world.get(SuccessTask.self, id), "subject", .string("Changed"))
        }
    }

    @Test func aRunGoesToAnotherVersionAndBack() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(["a", "b"])
        let (record, run) = try await stage.begin(definition)
        try await stage.version(["b", "c"])
        let migration = try await stage.preview(definition)
        #expect(migration.table == "success_initiative" && migration.previewed == 1)
        #expect(try await stage.moved(migration, CustomerSuccessAPI.applyPlaybookMigration).applied == 1)
        #expect(try await stage.activities(run).map(\.key) == ["b", "c"])
        #expect(try await stage.open(record) == 3)
        #expect(try await stage.moved(migration, CustomerSuccessAPI.undoPlaybookMigration).undone == 1)
        let back = try await stage.activities(run)
        #expect(back.map(\.key) == ["a", "b"] && back.allSatisfy { $0.state == "in_progress" })
        #expect(try await stage.open(record) == 2)
    }

    /// The ground of a preview, and what was done since: each in the language of whoever looks.
    @Test func whatHasChangedKeepsACaseAndSaysWhy() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(["a", "b"])
        let (record, run) = try await stage.begin(definition)
        try await stage.version(["b", "c"])
        let early = try await stage.preview(definition)
        let ended = try #require(try await stage.activities(run).first { $0.key == "a" }?.created.last?.id)
        let task = try await stage.world.get(SuccessTask.self, ended)
        _ = try await stage.world.set(task, "state", .string("in_progress"))
        _ = try await stage.world.close(task, notes: "Done.")
        #expect(try await stage.moved(early, CustomerSuccessAPI.applyPlaybookMigration).refused == 1)
        #expect(try await stage.refusal(early, "en").contains("look again"))
        #expect(try await stage.refusal(early, "ko").contains("변경 내용을 다시 확인하세요"))
        #expect(try await stage.activities(run).map(\.key) == ["a", "b"])
        let migration = try await stage.preview(definition)
        #expect(try await stage.moved(migration, CustomerSuccessAPI.applyPlaybookMigration).applied == 1)
        let made = try #require(try await stage.activities(run).first { $0.key == "c" })
        try await stage.change(made)
        #expect(try await stage.moved(migration, CustomerSuccessAPI.undoPlaybookMigration).applied == 1)
        #expect(try await stage.refusal(migration, "en").contains("something new was done"))
        #expect(try await stage.refusal(migration, "ko").contains("새로운 작업이 있었습니다"))
        #expect(try await stage.open(record) == 2)
    }

    /// Initiatives of another domain than the designer's stay, and nobody elsewhere learns of a migration.
    @Test func runsOfOtherDomainsStayWhereTheyAre() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(["a"])
        let (record, run) = try await stage.begin(definition)
        try await stage.version(["a", "b"])
        let migration = try await stage.preview(definition)
        let elsewhere = Stage.designer(of: "\(record.domain)elsewhere/")
        #expect(try await stage.preview(definition, as: elsewhere).cases == 0)
        var (move, look) = (MovePlaybookMigrationRequest(), GetRequest())
        (move.id, look.id) = (migration.id, migration.id)
        await #expect(throws: Problem.self) {
            try await stage.world.call(CustomerSuccessAPI.getPlaybookMigration, look, as: elsewhere)
        }
        await #expect(throws: Problem.self) {
            try await stage.world.call(CustomerSuccessAPI.applyPlaybookMigration, move, as: elsewhere)
        }
        #expect(try await stage.activities(run).map(\.key) == ["a"])
        let own = Stage.designer(of: record.domain)
        #expect(try await stage.preview(definition, as: own).cases == 1)
    }

    /// Cut off at its end, there and back, it is done once.
    @Test func aMigrationIsWholeWhereverItIsCut() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(["a", "b"])
        let (record, run) = try await stage.begin(definition)
        try await stage.version(["b", "c"])
        let migration = try await stage.preview(definition)
        let (admin, name) = (stage.world.server.admin, "kill_\(UInt32.random(in: 0...UInt32.max))")
        for text in [
            "CREATE SEQUENCE customer_success.\(name)_struck",
            "GRANT USAGE ON SEQUENCE customer_success.\(name)_struck TO ale_customer_success",
            """
            CREATE FUNCTION customer_success.\(name)() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('customer_success.\(name)_struck') IN (1, 3) THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
            RETURN NEW; END $$
            """,
            """
            CREATE TRIGGER \(name) BEFORE UPDATE ON customer_success.playbook_migration_case FOR EACH ROW
            WHEN (NEW.state IN ('applied', 'undone') AND NEW.migration = '\(migration.id)')
            EXECUTE FUNCTION customer_success.\(name)()
            """,
        ] {
            _ = try await admin.run("\(raw: text)")
        }
        // Whoever was struck gives the work up at once, rather than when it is known to be dead.
        let heir = Task {
            while !Task.isCancelled {
                _ = try await admin.run(
                    """
                    UPDATE customer_success.playbook_migration_call SET owner = gen_random_uuid(), \
                    lease_until = now() - interval '1 second' WHERE owner IS NOT NULL AND migration = \(migration.id)
                    """)
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        defer { heir.cancel() }
        #expect(try await stage.moved(migration, CustomerSuccessAPI.applyPlaybookMigration).applied == 1)
        #expect(try await stage.activities(run).map(\.key) == ["b", "c"])
        #expect(try await stage.open(record) == 3)
        #expect(try await stage.moved(migration, CustomerSuccessAPI.undoPlaybookMigration).undone == 1)
        #expect(try await stage.activities(run).map(\.key) == ["a", "b"])
        #expect(try await stage.open(record) == 2)
        let struck = try await admin.run("\(raw: "SELECT last_value FROM customer_success.\(name)_struck")")
        #expect(try struck.first.map { try $0.int(at: 0) } == 4)
        _ = try await admin.run("\(raw: "DROP TRIGGER \(name) ON customer_success.playbook_migration_case")")
    }
}
