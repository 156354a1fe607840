import Postgres
import Records
import ServiceTestKit
import Tenancy
import Testing

@testable import ImportValidationService

/// Staged rows are found by their indexes, whatever statistics say of them.
@Suite struct StagingPageTests {
    private static let ready = RowStatus.readyToPublish

    /// All rows are of one task, one file and one status: what Postgres then knows of them says that a page has none, and
    /// that reading and sorting all of them is the cheapest.
    private static func filled(_ task: String) async throws -> ServiceBench<ImportValidation> {
        let bench = try await ServiceBench<ImportValidation>(poolSize: 1)
        let filled = FilledTables.sql(
            schema: "import_validation", table: "staging_row_intake", rows: 20_000,
            [
                "domain": "'/provider/'", "import_task": "'\(task)'", "upload": "'\(uuid())'", "row_number": "n",
                "status": "'\(ready.rawValue)'",
            ])
        _ = try await bench.admin.run("\(raw: filled)")
        return bench
    }

    private static func rows(of task: String) -> SQL { "WHERE import_task = \(task) AND status = \(ready.sql) AND " }

    /// How often the transaction has read the whole table, and how many rows by an index.
    private static func reads(_ tx: Transaction) throws -> (whole: Int64, rows: Int64) {
        let row = try tx.query(
            """
            SELECT seq_scan, coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables \
            WHERE schemaname = 'import_validation' AND relname = 'staging_row_intake'
            """
        )[0]
        return (try row.int64(at: 0), try row.int64(at: 1))
    }

    @Test func aPageReadsNoMoreThanItsRows() async throws {
        let task = uuid()
        let bench = try await Self.filled(task)
        let service = Caller.service(bench.database.service, domain: .root)
        for condition in ["true" as SQL, StagingStore.isLoaded(task)] {
            try await bench.database.transaction(as: service, deadline: .patient, readOnly: true) { tx in
                let which = Self.rows(of: task) + condition
                let first = try StagingStore.page(which, after: nil, limit: 500, tx)
                let second = try StagingStore.page(which, after: first.last, limit: 500, tx)
                #expect(first.map(\.number) == Array(1...500) && second.map(\.number) == Array(501...1_000))
                let reads = try Self.reads(tx)
                #expect(reads.whole == 0 && reads.rows < 5_000, "\(reads)")
            }
        }
    }

    @Test func aBatchIsSettledWithoutReadingTheOthers() async throws {
        let task = uuid()
        let bench = try await Self.filled(task)
        let context = WriteContext(
            caller: .service(bench.database.service, domain: .root), now: bench.database.clock.now)
        try await bench.database.transaction(as: context.caller, deadline: .patient) { tx in
            let rows = try StagingStore.page(Self.rows(of: task) + "true", after: nil, limit: 500, tx)
            StagingStore.settle(rows, rows.map { _ in PublishOutcome(record: uuid()) }, context, tx)
            try tx.flush()
            let reads = try Self.reads(tx)
            #expect(reads.whole == 0 && reads.rows < 5_000, "\(reads)")
            let left = try StagingStore.page(Self.rows(of: task) + "true", after: nil, limit: 1, tx)
            #expect(left.first?.number == 501)
        }
    }
}
