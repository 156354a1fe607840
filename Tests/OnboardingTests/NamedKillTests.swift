import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// Moves of dates and migrations that are cut off at named points: whoever takes the work over ends it, whole.
@Suite(.timeLimit(.minutes(15))) struct NamedKillTests {
    /// Where the connection is cut that is about to update a row.
    private struct Point {
        let table: String
        /// Over OLD and NEW.
        let condition: String
    }

    /// Gives the work of whoever was struck to others at once, who would else wait until it is known to be dead.
    private static func heir(of name: String, in admin: Pool) -> Task<Void, any Error> {
        Task {
            var known = 0
            while !Task.isCancelled {
                let rows = try await admin.run(
                    "\(raw: "SELECT last_value FROM onboarding.\(name)_struck WHERE is_called")")
                let struck = try rows.first.map { try $0.int(at: 0) } ?? 0
                for table in ["date_move_call", "playbook_migration_call", "playbook_call"] where struck > known {
                    _ = try await admin.run(
                        """
                        UPDATE onboarding.\(identifier: table) SET owner = gen_random_uuid(), \
                        lease_until = now() - interval '1 second' WHERE owner IS NOT NULL
                        """)
                }
                known = struck
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Cuts the connection at a point the first time it is reached; expects that it was, and that the work came by there again.
    private static func killing(
        _ point: Point, of server: Server, _ body: () async throws -> Void
    ) async throws {
        let (admin, name) = (server.admin, "kill_\(UInt32.random(in: 0...UInt32.max))")
        let cut = """
            CREATE FUNCTION onboarding.\(name)() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('onboarding.\(name)_struck') <= 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
            RETURN NEW; END $$
            """
        let trigger = """
            CREATE TRIGGER \(name) BEFORE UPDATE ON onboarding.\(point.table) FOR EACH ROW WHEN (\(point.condition))
            EXECUTE FUNCTION onboarding.\(name)()
            """
        for text in [
            "CREATE SEQUENCE onboarding.\(name)_struck",
            "GRANT USAGE ON SEQUENCE onboarding.\(name)_struck TO ale_onboarding",
            cut, trigger,
        ] {
            _ = try await admin.run("\(raw: text)")
        }
        let heir = heir(of: name, in: admin)
        defer { heir.cancel() }
        try await body()
        let struck = try await admin.run("\(raw: "SELECT last_value FROM onboarding.\(name)_struck WHERE is_called")")
        #expect(try struck.first.map { try $0.int(at: 0) } ?? 0 > 1, "\(point)")
        _ = try await admin.run("\(raw: "DROP TRIGGER \(name) ON onboarding.\(point.table)")")
    }

    /// Between what is written there and the note of it, before the rows of this service, and at the end.
    @Test func aMoveOfDatesIsWholeWhereverItIsCut() async throws {
        let stage = try await DateStage(PlaybookStage(isAlone: true))
        let own = try await stage.task(due: "2026-06-26")
        let imported = try await stage.imported(due: "2026-06-22")
        let imports = stage.stage.imports
        for point in [
            Point(table: "date_move_call", condition: "OLD.written IS DISTINCT FROM NEW.written"),
            Point(table: "onboarding_case", condition: "OLD.go_live_date IS DISTINCT FROM NEW.go_live_date"),
            Point(table: "date_move", condition: "NEW.state = 'applied'"),
        ] {
            let move = try await stage.preview(goLive: "2026-07-07")
            try await Self.killing(point, of: stage.world.server) {
                let state = try await stage.apply(move).state
                #expect(state == "applied", "\(point)")
            }
            #expect(imports.task(imported.id)?.dueDate == "2026-06-29")
            #expect(try await stage.task(own.id).dueDate == "2026-07-03")
            let undone = try await stage.undo(move)
            #expect(undone.state == "undone", "\(point): \(undone.refusal)")
            #expect(imports.task(imported.id)?.dueDate == "2026-06-22")
            #expect(try await stage.task(own.id).dueDate == "2026-06-26")
        }
    }

    /// Between the refusal and the way back, and at its end.
    @Test func aRefusedMoveGoesBackWhereverItIsCut() async throws {
        let stage = try await DateStage(PlaybookStage(isAlone: true))
        let own = try await stage.task(due: "2026-06-26")
        let tasks = [try await stage.imported(due: "2026-06-22"), try await stage.imported(due: "2026-06-24")]
        stage.stage.imports.keep(tasks[1].id)
        for point in [
            Point(table: "date_move_call", condition: "OLD.refusal IS NULL AND NEW.refusal IS NOT NULL"),
            Point(table: "date_move", condition: "NEW.state = 'refused'"),
        ] {
            let move = try await stage.preview(goLive: "2026-07-07")
            try await Self.killing(point, of: stage.world.server) {
                let refused = try await stage.apply(move)
                #expect(refused.state == "refused" && refused.refusal == "The task is kept.", "\(point)")
            }
            #expect(tasks.map { stage.stage.imports.task($0.id)?.dueDate } == ["2026-06-22", "2026-06-24"])
            #expect(try await stage.task(own.id).dueDate == "2026-06-26")
            #expect(try await stage.goLive() == "2026-06-30")
        }
    }

    /// What a migration makes in another service is made once: cut before the migration ends, when it is heard what was made, and
    /// on the way back before it ends.
    @Test func whatAMigrationMakesElsewhereIsMadeOnceWhereverItIsCut() async throws {
        let stage = try await MigrationStage(isAlone: true)
        let kept = MigrationStage.activity("a", MigrationStage.beside)
        let definition = try await stage.version([("one", [kept])])
        let (record, _) = try await stage.begin(definition)
        let load = """
            {key: load, kind: create_task, label: {en: Load, ko: 적재}, start: {when: with_lane}, \
            creates: {table: import_task, fields: [{field: parent, from_field: id}, {field: account, from_field: account}, \
            {field: short_description, text: Load}, {field: source_table, text: s}, {field: target_table, text: location}, \
            {field: data_source, text: d}]}}
            """
        try await stage.version([("one", [kept, "      - \(load)"])])
        let (imports, before) = (stage.stage.imports, try await stage.rows(record))
        for (round, point) in [
            Point(table: "playbook_migration_case", condition: "NEW.state = 'applied'"),
            Point(table: "playbook_activity", condition: "OLD.made IS NULL AND NEW.made IS NOT NULL"),
            Point(table: "playbook_migration_case", condition: "NEW.state = 'undone'"),
        ].enumerated() {
            // While a call is out the run does not move.
            func quiet() async throws {
                _ = try await stage.stage.eventually("an end of the calls") {
                    try await stage.world.server.admin.run("SELECT 1 FROM onboarding.playbook_call").isEmpty
                        ? true : nil
                }
            }
            func apply() async throws -> PlaybookMigration {
                let migration = try await stage.preview(definition)
                #expect(try await stage.apply(migration).applied == 1, "\(point)")
                try await quiet()
                let states = imports.tasks(of: record.id).map { $0.state ?? "" }.sorted()
                #expect(states == Array(repeating: "canceled", count: round) + ["open"], "\(point)")
                return migration
            }
            func undo(_ migration: PlaybookMigration) async throws {
                #expect(try await stage.undo(migration).undone == 1, "\(point)")
                _ = try await stage.stage.eventually("its end") {
                    imports.tasks(of: record.id).allSatisfy { $0.state == "canceled" } ? true : nil
                }
                try await quiet()
                #expect(try await stage.rows(record).run == before.run, "\(point)")
            }
            if round < 2 {
                var migration = PlaybookMigration()
                try await Self.killing(point, of: stage.world.server) { migration = try await apply() }
                try await undo(migration)
            } else {
                let migration = try await apply()
                try await Self.killing(point, of: stage.world.server) { try await undo(migration) }
            }
        }
    }

    /// Before the rows of a case, and behind all of them; there and back.
    @Test func aMigrationIsWholeWhereverItIsCut() async throws {
        let stage = try await MigrationStage(isAlone: true)
        let definition = try await stage.version([
            ("one", [MigrationStage.activity("a"), MigrationStage.activity("b", isTask: true, MigrationStage.beside)])
        ])
        var records: [OnboardingCase] = []
        for _ in 0..<3 { records.append(try await stage.begin(definition).record) }
        try await stage.version([
            (
                "one",
                [
                    MigrationStage.activity("b", isTask: true, MigrationStage.beside),
                    MigrationStage.activity("d", isTask: true, MigrationStage.beside),
                ]
            )
        ])
        for point in [
            Point(table: "playbook_run", condition: "OLD.number IS DISTINCT FROM NEW.number"),
            Point(table: "playbook_migration_case", condition: "NEW.state IN ('applied', 'undone')"),
        ] {
            var before: [(run: [String], tasks: [String: String])] = []
            for record in records { before.append(try await stage.rows(record)) }
            let migration = try await stage.preview(definition)
            try await Self.killing(point, of: stage.world.server) {
                let applied = try await stage.apply(migration).applied
                #expect(applied == 3, "\(point)")
            }
            for record in records {
                #expect(try await stage.amiss(record).isEmpty)
                #expect(try await stage.tasks(record).filter { $0.active == true }.count == 2)
            }
            try await Self.killing(point, of: stage.world.server) {
                let undone = try await stage.undo(migration).undone
                #expect(undone == 3, "\(point)")
            }
            for (record, rows) in zip(records, before) {
                let after = try await stage.rows(record)
                #expect(after.run == rows.run)
                #expect(rows.tasks.allSatisfy { after.tasks[$0.key] == $0.value })
            }
        }
    }
}
