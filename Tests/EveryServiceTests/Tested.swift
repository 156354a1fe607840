import CustomerSuccessService
import Foundation
import ImportValidationService
import NotifierService
import OnboardingService
import OnboardingWire
import Platform
import PlayLauncherService
import PlaybooksWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import TestKit
import Wire
import WireCatalog

/// One of the services, whole, with a row of a victim's domain in each of its tables.
struct Tested: Sendable {
    /// Whose rows those are.
    static let victim = "/provider/d0000001/"
    static let neighbour = "/provider/d0000002/"
    static let account = "01990000-0000-7000-8000-000000000001"
    /// Who the rows are of that are somebody's own.
    static let person = "01990000-0000-7000-8000-000000000002"
    /// The customer's contact of the import task, who bears the name of that person, too.
    static let contact = "01990000-0000-7000-8000-000000000004"

    static let services: [any ServiceDefinition.Type] = [
        Onboarding.self, ImportValidation.self, CustomerSuccess.self, PlayLauncher.self, Notifier.self,
    ]
    static var names: [String] { services.map { $0.name } }

    let methods: [MethodInfo]
    let schemas: [RecordSchema]
    /// What names the victim's row of each table: its id, and its number where it has one.
    let ids: [String: [String]]
    private let admin: Pool
    /// Ends with it.
    private let nats: NATSServer?
    private let schema: String
    private let call: @Sendable (_ json: String, _ subject: String, Caller) async throws(Problem) -> String

    /// The service of this name, with a database of its own, reached in memory or over a NATS server of its own.
    static func start(_ name: String, overNATS: Bool = false) async throws -> Tested {
        guard let service = services.first(where: { $0.name == name }) else {
            throw Problem.internalError(cause: "there is no service \(name)")
        }
        return try await start(service, overNATS ? NATSServer.start(jetStream: false) : nil)
    }

    private static func start<Definition: ServiceDefinition>(
        _ service: Definition.Type, _ nats: NATSServer?
    ) async throws -> Tested {
        var bench = try await ServiceBench<Definition>(nats.map { .nats($0) } ?? .memory, poolSize: 8)
        if Definition.name != Onboarding.name { try await bench.standIn(for: Onboarding.name, emptyOnboarding) }
        let files = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID().uuidString)").path
        let settings = ["ALE_FILES_DIRECTORY": files, "ALE_MAIL_FROM": "ale@provider.example"]
        try await bench.serveWhole(settings, key: .make(), isAlone: true)
        let made = bench
        let schemas = Catalog.schemas.filter { $0.service == Definition.name }
        return Tested(
            methods: Definition.api, schemas: schemas,
            ids: try await fill(bench.admin, bench.database.schema, schemas), admin: bench.admin,
            nats: nats, schema: bench.database.schema,
            call: { json, subject, caller async throws(Problem) in
                try await made.call(json: json, to: subject, as: caller)
            })
    }

    /// Onboarding without any record, for who asks about one, and without playbooks.
    static var emptyOnboarding: [Endpoint] {
        let records = Onboarding.api.filter { $0.subject.hasSuffix(".get") }.map { known in
            let method = Method<GetRequest, Empty>(
                service: known.service, subject: known.subject, name: known.name, summary: known.summary)
            return Endpoint(method) { _, request async throws(Problem) in
                throw .notFound(Text(en: "Record", ko: "레코드"), id: request.id)
            }
        }
        return records + [Endpoint(OnboardingAPI.checkPlaybookClosing) { _, _ async throws(Problem) in Empty() }]
    }

    /// Puts the victim's rows there.
    private static func fill(
        _ admin: Pool, _ schema: String, _ schemas: [RecordSchema]
    ) async throws -> [String: [String]] {
        _ = try await admin.run("\(raw: FilledTables.sql(schema: schema, domain: victim, account: account))")
        for statement in dressing[schema] ?? [] { _ = try await admin.run(statement) }
        if Attempt.actionTables.keys.contains(where: { Database.schemaName(of: $0) == schema }) {
            _ = try await admin.run(
                "UPDATE \(identifier: schema).action_definition SET content = '', names = '{}' WHERE domain = \(victim)"
            )
        }
        for record in schemas where record.verbs.contains("list_attachments") {
            _ = try await admin.run(attachment(to: record.table, in: schema))
        }
        var ids: [String: [String]] = [:]
        for table in try await admin.run(
            """
            SELECT table_name::text FROM information_schema.columns \
            WHERE table_schema = \(schema) AND column_name = 'id' AND data_type = 'uuid'
            """)
        {
            let name = try table.string(at: 0)
            let number = schemas.first { $0.table == name }?.numberPrefix.map { $0 + "9999999" }
            if let number {
                _ = try await admin.run(
                    """
                    UPDATE \(identifier: schema).\(identifier: name) SET number = \(number) WHERE domain = \(victim)
                    """)
            }
            let rows = try await admin.run(
                "SELECT id FROM \(identifier: schema).\(identifier: name) WHERE domain = \(victim)")
            ids[name] = try [rows.first?.string(at: 0), number].compactMap { $0 }
        }
        return ids
    }

    /// Attaches a file to each row of a table, which goes by the row's id.
    private static func attachment(to table: String, in schema: String) -> SQL {
        """
        INSERT INTO \(identifier: schema).attachment \
        (id, table_name, record, domain, file_name, size_bytes, complete, visible_to_customer, created_at, created_by) \
        SELECT id, \(table), id, domain, 'a.txt', 3, true, true, now(), \(person) \
        FROM \(identifier: schema).\(identifier: table)
        """
    }

    private static let withTarget: SQL = "UPDATE import_validation.import_task SET target_table = 'location'"

    /// Where a row means something to a method only with more than its own columns: staged rows belong to the task, which
    /// decides about them, and are published, so that nothing removes them; a link is looked after with what it links.
    private static let dressing: [String: [SQL]] = [
        "import_validation": [
            withTarget, "UPDATE import_validation.import_task SET contact = \(contact), visible_to_customer = true",
            "UPDATE import_validation.import_builder SET target_table = 'location', step = 'create_template'",
            "UPDATE import_validation.upload SET id = \(Attempt.other), created_by = \(person)",
            """
            UPDATE import_validation.staging_row SET status = 'published', upload = \(Attempt.other), \
            import_task = (SELECT id FROM import_validation.import_task)
            """,
            "UPDATE import_validation.upload SET import_task = (SELECT id FROM import_validation.import_task)",
            """
            UPDATE import_validation.import_run \
            SET id = \(Attempt.published), import_task = (SELECT id FROM import_validation.import_task)
            """,
            "UPDATE import_validation.import_plan SET import_task = (SELECT id FROM import_validation.import_task)",
            // The record that was published bears the id of its publication, by which it is found.
            "UPDATE import_validation.publication SET id = \(Attempt.published), target_table = 'location'",
            """
            UPDATE import_validation.publication_row SET publication = \(Attempt.published), \
            target_record = \(Attempt.published), fields = '[{"f": "name", "b": "", "a": "x"}]'
            """,
        ],
        "customer_success": [
            "UPDATE customer_success.touchpoint SET id = \(Attempt.other)",
            """
            UPDATE customer_success.engagement_contract \
            SET engagement = (SELECT id FROM customer_success.engagement)
            """,
        ] + run(over: "success_initiative", in: "customer_success", kind: "enter_info"),
        "onboarding": run(over: "onboarding_case", in: "onboarding", kind: "related_work") + [
            "UPDATE onboarding.session SET \"user\" = \(person), expires_at = now() + interval '1 day'",
            "UPDATE onboarding.saved_view SET \"user\" = \(person)",
            """
            UPDATE onboarding.lifecycle_task \
            SET parent = (SELECT id FROM onboarding.onboarding_case WHERE domain = \(victim)) WHERE domain = \(victim)
            """,
            // Not the victim's own: another preview would take its place.
            """
            UPDATE onboarding.date_move SET preview = '', state = 'previewed', created_by = 'x', \
            onboarding_case = (SELECT id FROM onboarding.onboarding_case WHERE domain = \(victim))
            """,
            "UPDATE onboarding.knowledge_article SET state = 'published'",
            "UPDATE onboarding.knowledge_version SET article = (SELECT id FROM onboarding.knowledge_article WHERE domain = \(victim)) WHERE domain = \(victim)",
            "UPDATE onboarding.knowledge_link SET article = (SELECT id FROM onboarding.knowledge_article WHERE domain = \(victim))",
        ],
        "play_launcher": ["UPDATE play_launcher.flow_run SET requested_by = \(person)"],
        "notifier": ["UPDATE notifier.in_app_notification SET \"user\" = \(person)"],
    ]

    /// A run over the victim's record of `parent`, of a version with one activity.
    private static func run(over parent: String, in schema: String, kind: String) -> [SQL] {
        let schema: SQL = "\(identifier: schema)"
        let playbook = oneActivity(kind)
        return [
            "ALTER TABLE \(schema).playbook_version DISABLE TRIGGER playbook_version_kept",
            "UPDATE \(schema).playbook_version SET playbook = \(playbook) WHERE domain = \(victim)",
            """
            UPDATE \(schema).playbook_definition SET playbook = \(playbook), activated = \(playbook) \
            WHERE domain = \(victim)
            """,
            "UPDATE \(schema).playbook_definition SET version = 1 WHERE domain = \(victim)",
            """
            UPDATE \(schema).playbook_version SET number = 1, \
            definition = (SELECT id FROM \(schema).playbook_definition WHERE domain = \(victim)) \
            WHERE domain = \(victim)
            """,
            "UPDATE \(schema).activity_definition SET content = '' WHERE domain = \(victim)",
            """
            UPDATE \(schema).playbook_migration \
            SET version = (SELECT id FROM \(schema).playbook_version WHERE domain = \(victim)), \
            definition = (SELECT id FROM \(schema).playbook_definition WHERE domain = \(victim))
            """,
            """
            UPDATE \(schema).playbook_migration_case SET preview = '', state = 'previewed', \
            migration = (SELECT id FROM \(schema).playbook_migration)
            """,
            """
            UPDATE \(schema).playbook_run \
            SET version = (SELECT id FROM \(schema).playbook_version WHERE domain = \(victim)), \
            parent_table = \(parent), \
            record = (SELECT id FROM \(schema).\(identifier: parent) WHERE domain = \(victim))
            """,
            "UPDATE \(schema).playbook_activity SET run = (SELECT id FROM \(schema).playbook_run)",
            "UPDATE \(schema).playbook_log SET run = (SELECT id FROM \(schema).playbook_run), activity = NULL",
        ]
    }

    /// A playbook whose only activity has the key that every text column is filled with.
    static func oneActivity(_ kind: String) -> [UInt8] {
        let json = #"{"lanes": [{"key": "x", "activities": [{"key": "x", "kind": "\#(kind)"}]}]}"#
        return (try? Playbook.decode(json: json).encodeProtobuf()) ?? []
    }

    /// The problem that a request meets; nil when it succeeds. What a batch says of its only record counts as its answer.
    func problem(_ attempt: Attempt, as caller: Caller) async -> Problem? {
        await answer(attempt, as: caller).problem
    }

    /// What a request is answered: a problem, or JSON.
    func answer(_ attempt: Attempt, as caller: Caller) async -> (problem: Problem?, json: String) {
        do throws(Problem) {
            let json = try await call(attempt.json, attempt.subject, caller)
            return (Self.problem(ofBatch: json), json)
        } catch {
            return (error, "")
        }
    }

    private struct BatchAnswer: Decodable {
        struct Result: Decodable {
            struct Fault: Decodable {
                let code: Int32
                let message: String?
            }
            let error: Fault?
        }
        let results: [Result]?
    }

    private static func problem(ofBatch json: String) -> Problem? {
        guard let answer = try? JSONDecoder().decode(BatchAnswer.self, from: Data(json.utf8)),
            let fault = answer.results?.first?.error
        else { return nil }
        var status = Status()
        status.code = fault.code
        status.message = fault.message ?? ""
        return Problem(status: status)
    }

    /// The columns whose words records are found by, of each table: what its trigger names.
    func searched() async throws -> [String: [String]] {
        let rows = try await admin.run(
            """
            SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger \
            WHERE tgname = 'search_words_kept' AND tgrelid::regclass::text LIKE \(schema + ".%")
            """)
        var searched: [String: [String]] = [:]
        for row in rows {
            let table = try row.string(at: 0).split(separator: ".").last.map(String.init) ?? ""
            searched[table] = try row.string(at: 1).matches(of: /'([a-z_]+)'/).map { String($0.output.1) }
        }
        return searched
    }

    /// Makes the victim's rows ones that a contact sees: shown to customers, and the contact's own.
    func show(to contact: String) async throws {
        for (column, value) in [("contact", "'\(contact)'"), ("visible_to_customer", "true")] {
            for table in ids.keys.sorted() {
                _ = try await admin.run(
                    """
                    DO $$ BEGIN SET LOCAL session_replication_role = replica;
                    UPDATE \(raw: schema).\(identifier: table) SET \(raw: column) = \(raw: value) \
                    WHERE domain = \(literal: Self.victim);
                    EXCEPTION WHEN undefined_column THEN NULL; END $$
                    """)
            }
        }
    }

    /// Puts a row next door into each table, too: its id, by table.
    func neighbours() async throws -> [String: String] {
        let other = "01990000-0000-7000-8000-000000000003"
        let sql = FilledTables.sql(schema: schema, domain: Self.neighbour, account: other, text: "y")
        _ = try await admin.run("\(raw: sql)")
        if schema == "import_validation" { _ = try await admin.run(Self.withTarget) }
        var found: [String: String] = [:]
        for table in ids.keys.sorted() {
            let rows = try await admin.run(
                "SELECT id FROM \(identifier: schema).\(identifier: table) WHERE domain = \(Self.neighbour)")
            found[table] = try rows.first?.string(at: 0)
        }
        return found
    }

    /// Changes rows, past the service.
    func change(_ statements: [SQL]) async throws {
        for statement in statements { _ = try await admin.run(statement) }
    }

    /// Every row of the victim's domain, as text.
    func rows() async throws -> [String] {
        var rows: [String] = []
        for table in ids.keys.sorted() {
            let found = try await admin.run(
                "SELECT to_jsonb(t)::text FROM \(identifier: schema).\(identifier: table) AS t WHERE domain = \(Self.victim)"
            )
            rows += try found.map { "\(table) \(try $0.string(at: 0))" }
        }
        return rows
    }
}
