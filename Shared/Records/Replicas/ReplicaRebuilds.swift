import Ground
import Postgres
import RPC
import Tenancy
import Wire

/// Where the rebuilding of a replica goes on.
struct RebuildPlace: Sendable {
    /// The token of the owner's next page; empty for the first.
    var token = ""
    /// The id up to which the copies have been compared; nil for none.
    var reached: String?
}

/// What one page of the owner's records brought.
struct RebuildStep: Sendable {
    /// Where it goes on; nil at the end.
    let next: RebuildPlace?
    /// Records that were stored, unless they were known.
    let stored: Int
    /// Copies of records that the owner no longer has.
    var removed = 0
}

/// Rebuilds replicas from their owners, as operators ask: one page after the other, and where it has come to is kept, so
/// that another instance goes on.
extension ReplicaSet {
    /// Rebuilds what was asked for until the task is cancelled. For one instance at a time.
    public func rebuild() async {
        while !Task.isCancelled {
            do throws(Problem) {
                if try await rebuildNext() { continue }
            } catch {
                database.log.warning(
                    "a replica is not rebuilt for now", metadata: ["cause": "\(error.cause ?? error.text.en)"])
            }
            await asked.wait(atMost: .seconds(5))
        }
    }

    /// Takes the next step of a replica that was asked for; false when there is nothing to do. What fails is noted, and
    /// waits for the others.
    func rebuildNext() async throws(Problem) -> Bool {
        guard let (table, place) = try await nextRebuild() else { return false }
        guard let kept = kept(table) else {
            try await record(RebuildStep(next: nil, stored: 0), of: table)
            return true
        }
        let step: RebuildStep
        do throws(Problem) {
            step = try await kept.compare(from: place, with: owner)
        } catch {
            // The owner may have forgotten how to read the token: from the beginning, then.
            guard error.code == .invalidArgument, !place.token.isEmpty else {
                try await note(error, of: table)
                throw error
            }
            step = RebuildStep(next: RebuildPlace(), stored: 0)
        }
        try await record(step, of: table)
        return true
    }

    /// Asks for a replica to be rebuilt. One that is under way goes on where it is; one that fails is tried at once.
    func ask(for table: String, by caller: Caller) async throws(Problem) {
        let (schema, now) = (database.schema, database.clock.now)
        try await database.transaction(as: service) { tx in
            tx.send(
                """
                INSERT INTO \(identifier: schema).replica_rebuild AS known (table_name, asked_at, asked_by) \
                VALUES (\(table), \(now.sqlValue), \(caller.subject)) \
                ON CONFLICT (table_name) DO UPDATE SET asked_at = excluded.asked_at, asked_by = excluded.asked_by, \
                is_open = TRUE, page_token = '', reached = NULL, stored = 0, removed = 0, failed_at = NULL, \
                failure = NULL, failure_ko = NULL WHERE NOT known.is_open
                """)
            tx.send(
                "UPDATE \(identifier: schema).replica_rebuild SET failed_at = NULL WHERE table_name = \(table)")
        }
        database.log.info("a replica is to be rebuilt", metadata: ["table": "\(table)", "by": "\(caller.subject)"])
        asked.notify()
    }

    /// What is known of the replicas, with the copies that `caller` sees.
    func states(for caller: Caller) async throws(Problem) -> [ReplicaState] {
        let (schema, replicas) = (database.schema, replicas)
        let counts = try await database.transaction(as: caller, readOnly: true) { tx in
            try tx.queryAll(replicas.map { "SELECT count(*) FROM \(identifier: schema).\(identifier: $0.table)" }).map {
                try $0.first?.int64(UnnamedColumn.count) ?? 0
            }
        }
        let known = try await database.transaction(as: service, readOnly: true) { tx in
            try tx.query("SELECT * FROM \(identifier: schema).replica_rebuild").map { row in
                try ReplicaState(row, caller.locale)
            }
        }
        return zip(replicas, counts).map { replica, count in
            var state = known.first { $0.table == replica.table } ?? ReplicaState()
            state.table = replica.table
            state.owner = replica.kept.owner
            state.rows = count
            return state
        }
    }

    private var service: Caller { .service(database.service, domain: .root) }

    private func nextRebuild() async throws(Problem) -> (table: String, place: RebuildPlace)? {
        let schema = database.schema
        return try await database.transaction(as: service, readOnly: true) { tx in
            let rows = try tx.query(
                """
                SELECT table_name, page_token, reached FROM \(identifier: schema).replica_rebuild \
                WHERE is_open ORDER BY failed_at NULLS FIRST, asked_at, table_name LIMIT 1
                """)
            return try rows.first.map { row in
                let place = RebuildPlace(
                    token: try row.string(RebuildColumn.pageToken),
                    reached: try row.optionalString(RebuildColumn.reached))
                return (try row.string(RebuildColumn.tableName), place)
            }
        }
    }

    /// Notes that the replica cannot be rebuilt for now, and why.
    private func note(_ failure: Problem, of table: String) async throws(Problem) {
        let (schema, now) = (database.schema, database.clock.now)
        try await database.transaction(as: service) { tx in
            tx.send(
                """
                UPDATE \(identifier: schema).replica_rebuild SET failed_at = \(now.sqlValue), \
                failure = \(failure.text.en), failure_ko = \(failure.text.ko) WHERE table_name = \(table)
                """)
        }
    }

    private func record(_ step: RebuildStep, of table: String) async throws(Problem) {
        let (schema, now) = (database.schema, database.clock.now)
        try await database.transaction(as: service) { tx in
            let next = step.next ?? RebuildPlace()
            tx.send(
                """
                UPDATE \(identifier: schema).replica_rebuild SET page_token = \(next.token), \
                reached = \(next.reached)::uuid, stored = stored + \(step.stored), \
                removed = removed + \(step.removed), is_open = \(step.next != nil), \
                failed_at = NULL, failure = NULL, failure_ko = NULL, \
                rebuilt_at = CASE WHEN \(step.next == nil) THEN \(now.sqlValue) ELSE rebuilt_at END \
                WHERE table_name = \(table)
                """)
        }
    }
}

/// The columns of `replica_rebuild`.
private enum RebuildColumn: String {
    case reached, stored, removed
    case tableName = "table_name"
    case pageToken = "page_token"
    case isOpen = "is_open"
    case askedAt = "asked_at"
    case askedBy = "asked_by"
    case rebuiltAt = "rebuilt_at"
    case failure
    case failureKo = "failure_ko"
}

extension ReplicaState {
    fileprivate init(_ row: Row, _ language: String) throws {
        self.init()
        table = try row.string(RebuildColumn.tableName)
        isRebuilding = try row.bool(RebuildColumn.isOpen)
        askedAt = Timestamp(microseconds: try row.timestamp(RebuildColumn.askedAt))
        askedBy = try row.string(RebuildColumn.askedBy)
        rebuiltAt = try row.optionalTimestamp(RebuildColumn.rebuiltAt).map(Timestamp.init(microseconds:))
        stored = try row.int64(RebuildColumn.stored)
        removed = try row.int64(RebuildColumn.removed)
        let (en, ko) = (
            try row.optionalString(RebuildColumn.failure), try row.optionalString(RebuildColumn.failureKo)
        )
        if let en, let ko { failure = Text(en: en, ko: ko)(language) }
    }
}
