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

/// A playbook whose versions a designer makes, and cases that run by it.
struct MigrationStage {
    let stage: PlaybookStage
    let designer: Caller
    let key = "migrated_\(UInt32.random(in: 0...UInt32.max))"
    var world: World { stage.world }

    init(isAlone: Bool = false) async throws {
        stage = try await PlaybookStage(isAlone: isAlone)
        designer = try World.person(uuid(), "process_automation_designer")
    }

    /// In a world that is there already.
    init(_ stage: PlaybookStage) async throws {
        self.stage = stage
        designer = try World.person(uuid(), "process_automation_designer")
    }

    // MARK: Versions

    /// An activity as YAML: one that makes a task, or a form.
    static func activity(_ key: String, isTask: Bool = false, _ more: String = "") -> String {
        let making =
            "creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: \(key)}]}"
        return "      - {key: \(key), kind: \(isTask ? "create_task" : "related_work"), label: {en: \(key), ko: \(key)}"
            + (isTask ? ", \(making)" : "") + (more.isEmpty ? "" : ", \(more)") + "}"
    }

    static let beside = "start: {when: with_lane}"

    /// Makes, and activates, the next version; answers the definition.
    @discardableResult
    func version(_ lanes: [(key: String, activities: [String])]) async throws -> String {
        var request = ImportPlaybookRequest()
        let body = lanes.map { lane in
            """
              - key: \(lane.key)
                label: {en: \(lane.key), ko: \(lane.key)}
                activities:
            \(lane.activities.map { "  " + $0 }.joined(separator: "\n"))
            """
        }.joined(separator: "\n")
        request.yaml = """
            key: \(key)
            table: onboarding_case
            label: {en: Migrated, ko: 이전}
            lanes:
            \(body)
            """
        var activate = ActionRequest()
        activate.id = try await world.call(OnboardingAPI.importPlaybookDefinition, request, as: designer).id
        _ = try await world.call(OnboardingAPI.activatePlaybookDefinition, activate, as: designer)
        return activate.id
    }

    /// A case with a run of the version that is active.
    func begin(_ definition: String) async throws -> (record: OnboardingCase, run: PlaybookRun) {
        let record = try await world.openCase()
        return (record, try await stage.start(definition, over: record))
    }

    // MARK: Migrations

    func asking(_ definition: String, _ records: [OnboardingCase] = []) -> PreviewPlaybookMigrationRequest {
        var request = PreviewPlaybookMigrationRequest()
        (request.definition, request.records) = (definition, records.map(\.id))
        return request
    }

    func preview(_ definition: String, _ records: [OnboardingCase] = []) async throws -> PlaybookMigration {
        try await world.call(OnboardingAPI.previewPlaybookMigration, asking(definition, records), as: designer)
    }

    func cases(_ migration: PlaybookMigration) async throws -> [PlaybookMigrationCase] {
        var request = ListPlaybookMigrationCasesRequest()
        (request.migration, request.pageSize) = (migration.id, 1_000)
        return try await world.call(OnboardingAPI.listPlaybookMigrationCases, request, as: designer).cases
    }

    func now(_ one: PlaybookMigrationCase, in language: String = "en") async throws -> PlaybookMigrationCase {
        var (request, caller) = (GetRequest(), designer)
        (request.id, caller.locale) = (one.id, language)
        return try await world.call(OnboardingAPI.getPlaybookMigrationCase, request, as: caller)
    }

    func only(_ migration: PlaybookMigration, in language: String = "en") async throws -> PlaybookMigrationCase {
        let all = try await cases(migration)
        return try await now(try #require(all.count == 1 ? all.first : nil), in: language)
    }

    static func moving(_ migration: PlaybookMigration, _ cases: [PlaybookMigrationCase]) -> MovePlaybookMigrationRequest
    {
        var request = MovePlaybookMigrationRequest()
        (request.id, request.cases) = (migration.id, cases.map(\.id))
        return request
    }

    @discardableResult
    func apply(_ migration: PlaybookMigration, _ cases: [PlaybookMigrationCase] = []) async throws -> PlaybookMigration
    {
        try await settled(
            world.call(OnboardingAPI.applyPlaybookMigration, Self.moving(migration, cases), as: designer))
    }

    @discardableResult
    func undo(_ migration: PlaybookMigration, _ cases: [PlaybookMigrationCase] = []) async throws -> PlaybookMigration {
        try await settled(world.call(OnboardingAPI.undoPlaybookMigration, Self.moving(migration, cases), as: designer))
    }

    /// The migration as soon as nothing of it is at work.
    func settled(_ migration: PlaybookMigration) async throws -> PlaybookMigration {
        var request = GetRequest()
        request.id = migration.id
        return try await stage.eventually("the end of the migration") {
            let now = try await world.call(OnboardingAPI.getPlaybookMigration, request, as: designer)
            return now.moving == 0 ? now : nil
        }
    }

    /// What is told of each activity, in short.
    static func told(_ one: PlaybookMigrationCase) -> [String] {
        one.steps.map { "\($0.lane).\($0.activity) \($0.outcome) \($0.before)>\($0.after)" }
    }

    // MARK: What is there

    /// The rows of a run and of the tasks of its case, without what each write counts.
    func rows(
        _ record: OnboardingCase, but other: String = "revision"
    ) async throws -> (run: [String], tasks: [String: String]) {
        let admin = world.server.admin
        let counted: SQL = "- \(["revision", "updated_at", "updated_by", other])::text[]"
        let run = try await admin.run(
            """
            SELECT (to_jsonb(r) \(counted))::text FROM onboarding.playbook_run r WHERE record = \(record.id) UNION ALL \
            SELECT * FROM (SELECT (to_jsonb(a) \(counted))::text FROM onboarding.playbook_activity a \
            JOIN onboarding.playbook_run r ON r.id = a.run WHERE r.record = \(record.id) AND (a.position > 0 OR a.state <> 'pending') \
            ORDER BY a.position) a UNION ALL \
            SELECT (to_jsonb(c) \(counted))::text FROM onboarding.onboarding_case c WHERE id = \(record.id)
            """)
        let tasks = try await admin.run(
            """
            SELECT id::text, (to_jsonb(t) \(counted))::text FROM onboarding.lifecycle_task t WHERE parent = \(record.id)
            """)
        return (
            try run.map { try $0.string(at: 0) },
            Dictionary(
                uniqueKeysWithValues: try tasks.map { (try $0.string(at: 0), try $0.string(at: 1)) })
        )
    }

    /// The open tasks of a case whose activity has others, or is none of its run: there must be none.
    func amiss(_ record: OnboardingCase) async throws -> [String] {
        try await world.server.admin.run(
            """
            SELECT t.number FROM onboarding.lifecycle_task t LEFT JOIN onboarding.playbook_activity a ON a.id = t.playbook_activity \
            LEFT JOIN onboarding.playbook_run r ON r.id = a.run AND r.record = t.parent \
            WHERE t.parent = \(record.id) AND t.active AND (r.id IS NULL OR a.made IS DISTINCT FROM t.id \
            AND NOT a.created @> jsonb_build_array(jsonb_build_object('id', t.id)) OR EXISTS (SELECT 1 FROM onboarding.lifecycle_task o \
            WHERE o.active AND o.playbook_activity = t.playbook_activity AND o.id <> t.id))
            """
        ).map { try $0.string(at: 0) }
    }

    func tasks(_ record: OnboardingCase) async throws -> [LifecycleTask] {
        var request = ListRequest()
        (request.filter, request.pageSize) = ("parent = \"\(record.id)\"", 1_000)
        return try await world.call(OnboardingAPI.listLifecycleTasks, request, as: stage.agent).lifecycleTasks
    }
}
