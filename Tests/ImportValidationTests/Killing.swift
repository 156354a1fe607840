import ImportValidationWire
import Postgres
import RPC
import Records
import Testing
import Wire

@testable import ImportValidationService

/// Runs whose worker is killed between what it sends and what it keeps.
extension Stage {
    /// The run at its end, of which another worker takes care after `meanwhile`: the first has lost it when a batch was on its
    /// way, as `table` keeps it, and hears nothing of what the owner, who holds the account until then, has made of it.
    /// `isDone` says whether the owner has written what it does of the batch.
    func killed(
        _ run: ImportRun, _ table: String, isDone: () -> Bool, before meanwhile: () async throws -> Void
    ) async throws -> ImportRun {
        // All tests share two workers: none is kept waiting by one that fails.
        defer { owner.letGo(account) }
        try await Self.until { owner.isAsked(account) ? try await isSending(run, table) : false }
        _ = try await bench.admin.run(
            """
            UPDATE import_validation.import_run_work SET owner = gen_random_uuid(), lease_until = now() + interval '1 hour' \
            WHERE run = \(run.id)
            """)
        owner.letGo(account)
        try await Self.until { isDone() }
        try await meanwhile()
        _ = try await bench.admin.run(
            """
            UPDATE import_validation.import_run_work SET lease_until = now() - interval '1 second' WHERE run = \(run.id)
            """)
        return try await end(of: run)
    }

    /// Whether a batch of a run is on its way still.
    func isSending(_ run: ImportRun, _ table: String) async throws -> Bool {
        let run: SQL =
            table == "publication_batch" ? "publication = \(run.id)" : "id = \(run.id) AND sending IS NOT NULL"
        return try await !bench.admin.run("SELECT 1 FROM import_validation.\(identifier: table) WHERE " + run).isEmpty
    }
}
