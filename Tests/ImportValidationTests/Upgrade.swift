import Logging
import Platform
import Postgres
import Records
import ServiceTestKit
import TestKit

@testable import ImportValidationService

/// A database of the version before, with runs in it, that is then brought up to date.
struct Upgrade: Sendable {
    let server: PostgresServer
    let name = "import_validation_queue_\(UInt64.random(in: 0...UInt64.max))"
    let task = uuid()

    init() async throws {
        server = try await PostgresServer.shared
        try await server.createDatabase(name)
        try await server.makeRoles(of: "import_validation")
        try await psql("CREATE SCHEMA import_validation AUTHORIZATION ale_import_validation_owner")
        try await migrate { $0.prefix { $0.name != "queue" } }
        try await psql(
            """
            INSERT INTO import_validation.import_task (id, revision, created_at, created_by, updated_at, updated_by,
                domain, number, source_table, target_table, data_source, state, progress,
                data_import_state, account, parent, active)
            VALUES ('\(task)', 1, now(), 'a', now(), 'a', '/provider/d1/', 'N1', 's', 'location', 'd', 'open', 'not_started', 1,
                gen_random_uuid(), gen_random_uuid(), true)
            """)
    }

    func migrate(_ choose: ([Migration]) -> ArraySlice<Migration> = { $0[...] }) async throws {
        let migrator = try Ground.migrator(
            connectionString: server.connectionString(database: name, user: "ale_import_validation_owner"),
            schema: "import_validation",
            own: Array(choose(try Migration.load(folder: ImportValidation.schemaFolder))))
        _ = try await migrator.migrate()
    }

    @discardableResult
    func psql(_ sql: String) async throws -> String { try await server.psql(sql, database: name) }

    /// A queued run, as an instance of the version before adds it.
    func add(_ kind: String, worker: String? = nil, attempts: Int = 0) async throws -> String {
        let run = uuid()
        let work = worker.map { "'\($0)', clock_timestamp()" } ?? "NULL, NULL"
        try await psql(
            """
            INSERT INTO import_validation.import_run (id, revision, created_at, created_by, updated_at, updated_by,
                domain, import_task, kind, state)
            VALUES ('\(run)', 1, now(), 'a', now(), 'a', '/provider/d1/', '\(task)', '\(kind)', 'queued');
            INSERT INTO import_validation.import_run_work (run, domain, import_task, kind, requester, worker,
                beat_at, attempts)
            VALUES ('\(run)', '/provider/d1/', '\(task)', '\(kind)', '{"subject": "ann", "kind": "person",
                "domain": "/provider/", "roles": ["admin"], "locale": "ko"}', \(work), \(attempts))
            """)
        return run
    }

    /// What an instance of the version before takes, in its own words; empty when it finds nothing.
    func takeAsBefore(_ worker: String) async throws -> String {
        try await psql(
            """
            WITH next AS (
                SELECT w.run FROM import_validation.import_run_work w
                WHERE (w.beat_at IS NULL OR w.beat_at < clock_timestamp() - 6 * interval '1 second')
                AND w.not_before <= clock_timestamp()
                AND (w.kind = 'load' OR NOT EXISTS (
                    SELECT 1 FROM import_validation.import_run_work o
                    WHERE o.import_task = w.import_task AND o.kind = w.kind AND o.run <> w.run
                    AND o.beat_at >= clock_timestamp() - 6 * interval '1 second'))
                ORDER BY w.queued_at LIMIT 1)
            UPDATE import_validation.import_run_work w
            SET worker = '\(worker)', beat_at = clock_timestamp(), attempts = w.attempts + 1
            FROM next WHERE w.run = next.run RETURNING w.run
            """)
    }

    func database() throws -> Database {
        Database(
            service: ImportValidation.name,
            pool: try Pool(
                PoolConfiguration(
                    connectionString: server.connectionString(database: name, user: "ale_import_validation"),
                    size: 4)),
            clock: SystemClock(), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
