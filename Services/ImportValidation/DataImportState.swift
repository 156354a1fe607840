import ImportValidationWire
import Postgres
import Records
import Tenancy
import Wire

/// How far the data of an import task is (G-54), worked out from its rows and runs and never set by hand.
public enum DataImportState: Int32, Sendable {
    case notLoaded = 1
    case loading = 2
    case validating = 3
    case needsAttention = 4
    case readyToPublish = 5
    case partiallyPublished = 6
    case published = 7
    case loadFailed = 8

    /// What the state follows from.
    public struct Facts: Sendable, Equatable {
        /// Rows by status.
        public var yetToValidate = 0
        public var needsAttention = 0
        public var readyToPublish = 0
        public var published = 0
        /// Rows that were published and are not kept any more (G-55).
        public var removed = 0
        /// Whether a load, or a validation, is queued or running.
        public var isLoading = false
        public var isValidating = false
        /// Whether the last load of the task failed.
        public var lastLoadFailed = false

        /// No rows and no runs.
        public init() {}
    }

    /// The state that follows from `facts`: work under way first, then what is left to do.
    public init(_ facts: Facts) {
        let open = facts.yetToValidate + facts.needsAttention + facts.readyToPublish
        if facts.isLoading {
            self = .loading
        } else if facts.isValidating {
            self = .validating
        } else if open + facts.published + facts.removed == 0 {
            self = facts.lastLoadFailed ? .loadFailed : .notLoaded
        } else if facts.published + facts.removed > 0 {
            self = open == 0 ? .published : .partiallyPublished
        } else {
            self = open == facts.readyToPublish ? .readyToPublish : .needsAttention
        }
    }

    /// Sets the state of a task from its rows and runs as the transaction sees them.
    static func refresh(_ task: String, _ database: Database, _ context: WriteContext, _ tx: Transaction) throws {
        // Whoever comes here holds the task's lock, so that the last one counts what all others wrote.
        let state = DataImportState(try presence(task, tx)).rawValue
        try Store<ImportTask>(database).change(task, context.asSystem, in: tx) { $0.dataImportState = state }
    }

    /// What is known of a task, with 1 for any number of rows: they are not counted where a million may be, and one is
    /// enough for the state.
    private static func presence(_ task: String, _ tx: Transaction) throws -> Facts {
        try facts(
            task,
            """
            SELECT s.status, 1 AS count FROM unnest(\(RowStatus.allCases.map(\.rawValue))::text[]) AS s (status), \
            LATERAL (SELECT 1 FROM import_validation.staging_row r \
            WHERE r.import_task = \(task) AND r.status = s.status ORDER BY r.row_number, r.id LIMIT 1) AS found
            """, removed: "TRUE", tx)
    }

    /// What is known of a task, with the number of its rows that a caller sees who may read them.
    static func facts(_ task: String, for caller: Caller, _ tx: Transaction) throws -> Facts {
        try facts(
            task,
            """
            SELECT status, count(*) FROM import_validation.staging_row WHERE import_task = \(task) \
            AND \(TaskAccess.rows(of: task, for: caller)) GROUP BY status
            """, removed: TaskAccess.rows(of: task, for: caller), tx)
    }

    private static func facts(_ task: String, _ rows: SQL, removed: SQL, _ tx: Transaction) throws -> Facts {
        let answers = try tx.queryAll([
            rows,
            "SELECT DISTINCT kind FROM import_validation.import_run_work WHERE import_task = \(task)",
            """
            SELECT state FROM import_validation.import_run \
            WHERE import_task = \(task) AND kind = \(literal: ImportRun.Kind.load) \
            AND state IN (\(literal: ImportRun.State.completed), \(literal: ImportRun.State.failed)) \
            ORDER BY completed_at DESC, id DESC LIMIT 1
            """,
            """
            SELECT coalesce(sum(published), 0)::int8 AS count FROM import_validation.removed_rows \
            WHERE import_task = \(task) AND \(removed)
            """,
        ])
        var facts = Facts()
        for row in answers[0] {
            let count = try row.int(UnnamedColumn.count)
            switch try row.string(StagingColumn.status) {
            case RowStatus.yetToValidate.rawValue: facts.yetToValidate = count
            case RowStatus.needsAttention.rawValue: facts.needsAttention = count
            case RowStatus.readyToPublish.rawValue: facts.readyToPublish = count
            default: facts.published = count
            }
        }
        let kinds = try answers[1].map { try $0.string(ImportRun.Field.kind) }
        facts.isLoading = kinds.contains(ImportRun.Kind.load)
        facts.isValidating = kinds.contains(ImportRun.Kind.validate)
        facts.lastLoadFailed = try answers[2].first?.string(ImportRun.Field.state) == ImportRun.State.failed
        facts.removed = try answers[3].first?.int(UnnamedColumn.count) ?? 0
        return facts
    }
}
