import ImportValidationWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Wire

@testable import ImportValidationService

/// The service's tables without anything that runs beside, on a clock that the test sets: tasks and staged rows as they
/// lie there.
struct StagedBench: Sendable {
    static let provider = "/provider/"
    static let table = "sn_acct_lc_account_onb_import_locations"

    let bench: ServiceBench<ImportValidation>
    let clock: TestClock
    let target: ImportTarget

    var database: Database { bench.database }

    init(_ day: String) async throws {
        clock = TestClock(day)
        bench = try await ServiceBench<ImportValidation>(clock: clock)
        guard let target = ImportTarget.named("location") else { throw Problem.internalError(cause: "no locations") }
        self.target = target
    }

    /// An import task; a closed one was closed at noon of `closed`.
    func task(_ state: String = "open", closed: String? = nil, domain: String = "/provider/d0000001/") async throws
        -> String
    {
        let id = uuid()
        _ = try await bench.admin.run(
            """
            INSERT INTO import_validation.import_task (id, revision, created_at, created_by, updated_at, updated_by, \
            domain, number, source_table, target_table, data_source, account, parent, state, data_import_state, active, \
            closed_at, closed_by) VALUES (\(id), 1, now(), 'test', now(), 'test', \(domain), \(id), \(Self.table), \
            'location', 'x.xlsx', \(uuid()), \(uuid()), \(state), 7, \(closed == nil), \
            (\(closed.map { $0 + "T12:00:00Z" }))::timestamptz, \(closed.map { _ in "test" }))
            """)
        return id
    }

    /// A file of a task.
    func upload(of task: String, by sender: String = "test") async throws -> String {
        let id = uuid()
        _ = try await bench.admin.run(
            """
            INSERT INTO import_validation.upload (id, revision, created_at, created_by, updated_at, updated_by, domain, \
            import_task, file_name, size_bytes, state) SELECT \(id)::uuid, 1, now(), \(sender), now(), \(sender), domain, id, \
            'a.csv', 1, 'loaded' FROM import_validation.import_task WHERE id = \(task)
            """)
        return id
    }

    /// Rows of a file, staged at noon of a day; each has the cells that are given, or its number for a name.
    func stage(
        _ names: [[String]], of task: String, _ upload: String, on day: String, _ status: String = "published",
        from first: Int = 2
    ) async throws {
        for (offset, cells) in names.enumerated() {
            _ = try await bench.admin.run(
                """
                INSERT INTO import_validation.staging_row (id, revision, created_at, domain, import_task, upload, \
                row_number, source_file, status, cells) SELECT gen_random_uuid(), 1, \(day + "T12:00:00Z")::timestamptz, \
                domain, id, \(upload)::uuid, \(first + offset)::int4, 'a.csv', \(status), \(cells)::text[] \
                FROM import_validation.import_task WHERE id = \(task)
                """)
        }
    }

    /// As many rows, whose names are their numbers.
    func stage(
        _ count: Int, of task: String, _ upload: String, on day: String, _ status: String = "published",
        from first: Int = 2
    ) async throws {
        try await stage(
            (0..<count).map { ["N\(first + $0)"] }, of: task, upload, on: day, status, from: first)
    }

    /// Sets a property of a domain.
    func days(_ value: Int, in domain: String = provider) async throws {
        _ = try await bench.admin.run(
            """
            INSERT INTO import_validation.system_property (id, revision, created_at, created_by, updated_at, updated_by, \
            domain, name, value) VALUES (\(uuid()), 1, now(), 'test', now(), 'test', \(domain), \(BackupPeriod.name), \
            \(String(value)))
            """)
    }

    /// The number that a statement gives.
    func count(_ statement: SQL) async throws -> Int {
        try await bench.admin.run(statement).first?.int(UnnamedColumn.count) ?? 0
    }

    /// How many rows of a task are staged.
    func staged(_ task: String) async throws -> Int {
        try await count("SELECT count(*) FROM import_validation.staging_row WHERE import_task = \(task)")
    }
}
