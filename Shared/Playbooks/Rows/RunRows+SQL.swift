import Ground
import PlaybooksWire
import Postgres
import Records
import Wire

extension RunRow {
    /// Finds a run under the scope of the transaction.
    static func find(_ id: String, in schema: String, _ tx: Transaction) throws -> RunRow? {
        try tx.query(selection(id, in: schema)).first.map(RunRow.init)
    }

    static func selection(_ id: String, in schema: String, lock: Bool = false) -> SQL {
        let locking: SQL = lock ? " FOR UPDATE" : ""
        return "SELECT \(columns) FROM \(identifier: schema).playbook_run WHERE id = \(id)\(locking)"
    }

    func insert(in schema: String) -> SQL {
        """
        INSERT INTO \(identifier: schema).playbook_run (\(Self.columns)) VALUES (\(id), \(revision), \(domain), \
        \(definition), \(version), \(number), \(table), \(record.value), \(state.rawValue), \(startedAt.sqlValue), \(startedBy), \
        \(endedAt.value), \(endedBy.value))
        """
    }

    func update(in schema: String) -> SQL {
        """
        UPDATE \(identifier: schema).playbook_run SET revision = \(revision), domain = \(domain), \
        version = \(version), number = \(number), record = \(record.value), state = \(state.rawValue), ended_at = \(endedAt.value), \
        ended_by = \(endedBy.value) WHERE id = \(id)
        """
    }
}

extension ActivityRow {
    static func selection(ofRun run: String, in schema: String) -> SQL {
        "SELECT \(columns) FROM \(identifier: schema).playbook_activity WHERE run = \(run) ORDER BY position"
    }

    /// The run of the activity `id`; nil when there is none for the caller.
    static func run(of id: String, in schema: String, _ tx: Transaction) throws -> String? {
        guard Validation.isUUID(id) else { return nil }
        return try tx.query("SELECT run FROM \(identifier: schema).playbook_activity WHERE id = \(id)")
            .first?.string(PlaybookColumn.run)
    }

    /// The insertion of rows of `run`, each with its lane, as they are before they begin.
    static func insert(_ rows: [(row: ActivityRow, lane: String)], of run: RunRow, in schema: String) -> SQL {
        """
        INSERT INTO \(identifier: schema).playbook_activity \
        (id, revision, domain, run, position, key, lane, state, applies) \
        SELECT id, 1, \(run.domain), \(run.id)::uuid, position, key, lane, \(literal: ActivityState.pending), TRUE \
        FROM unnest(\(rows.map(\.row.id))::uuid[], \(rows.map { String($0.row.position) })::int[], \
        \(rows.map(\.row.key))::text[], \(rows.map(\.lane))::text[]) AS a (id, position, key, lane)
        """
    }

    private static func json(_ list: [some Encodable]) throws -> String { list.isEmpty ? "[]" : try jsonText(list) }

    func update(in schema: String) throws -> SQL {
        """
        UPDATE \(identifier: schema).playbook_activity SET revision = \(revision), state = \(state.rawValue), \
        applies = \(applies), due_date = \(dueDate.value)::date, assigned_to = \(assignedTo.value), \
        started_at = \(startedAt.value), ended_at = \(endedAt.value), ended_by = \(endedBy.value), \
        starts = \(starts), completions = \(completions), entered = \(try Self.json(entered))::jsonb, \
        created = \(try Self.json(created))::jsonb, warnings = \(try Self.json(warnings))::jsonb, \
        failure = \(try failure.map(jsonText).value)::jsonb, made = \(made.value)::uuid WHERE id = \(id)
        """
    }
}

extension LogRow {
    /// The insertion of some lines, of which there is at least one.
    static func insert(_ lines: [LogRow], of run: RunRow, by: String, at now: Timestamp, in schema: String) -> SQL {
        let values = lines.map { line -> SQL in
            """
            (\(RecordID.make(at: now))::uuid, \(run.domain), \(run.id)::uuid, \(line.activity.value)::uuid, \
            \(now.sqlValue)::timestamptz, \(by), \(line.action.rawValue), \(line.field.value)::text, \
            \(line.old.value)::text, \(line.new.value)::text)
            """
        }
        return """
            INSERT INTO \(identifier: schema).playbook_log \
            (id, domain, run, activity, at, by, action, field, old_value, new_value) VALUES \(values.joined())
            """
    }
}

extension String? {
    /// As Postgres takes it.
    var value: SQLValue { map(SQLValue.text) ?? .null }
}

extension Timestamp? {
    /// As Postgres takes it.
    var value: SQLValue { self?.sqlValue ?? .null }
}
