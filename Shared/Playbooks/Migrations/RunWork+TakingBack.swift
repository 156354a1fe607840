import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// Taking a migration of a run back, while nothing new was done.
extension RunWork {
    private var tx: Transaction { context.transaction }
    private var schema: SQL { "\(identifier: playbooks.database.schema)" }

    private enum History: String { case entries }

    /// How many entries the histories of records have: comments, notes and files leave a record itself as it is.
    func entries(of records: [String]) throws -> [String: Int] {
        guard !records.isEmpty else { return [:] }
        let rows = try tx.query(
            """
            SELECT record, count(*) AS entries FROM \(schema).journal WHERE record \(SQL.among(records)) GROUP BY record
            """)
        return Dictionary(
            uniqueKeysWithValues: try rows.map {
                (try $0.string(PlaybookColumn.record), try $0.int(History.entries))
            })
    }

    /// How records that were just made stand, of which an undo asks whether they are still so; those of other services are not
    /// known here.
    func traces(of made: [ActivityRow.Made]) throws -> [MigrationTrace.Made] {
        let own = made.filter { playbooks.tables[$0.table] != nil }
        guard !own.isEmpty else { return [] }
        // One by one, by plans that are kept: mostly there is one.
        let answers = try tx.queryAll(
            own.map { record in
                """
                SELECT (SELECT revision FROM \(schema).\(identifier: record.table) WHERE id = \(record.id)) AS revision, \
                (SELECT count(*) FROM \(schema).journal WHERE record = \(record.id)) AS entries
                """
            })
        return try zip(own, answers).compactMap { record, rows in
            guard let row = rows.first, let revision = try row.optionalInt(PlaybookColumn.revision) else { return nil }
            return .init(record: record, etag: String(revision), entries: try row.int(History.entries))
        }
    }

    /// Brings the run back to where it was before a migration, whose rows `kept` has; refuses when something new was done
    /// since, and says what. What the migration has made is canceled.
    mutating func takeBack(_ kept: KeptMigration) throws {
        let trace = kept.trace
        guard run.number == trace.number else {
            throw Self.changedSince([Text(en: "the version of the playbook", ko: "플레이북 버전")])
        }
        let made = try cancellable(kept)
        try requireUntouched(kept, made)
        let makers = plan.steps.indices.filter { place in
            plan.steps[place].plan.creates.map { playbooks.remote[$0.table] != nil } ?? false
        }.map { activities[$0].id }
        let (number, id) = (run.number, run.id)
        restore(kept.before, makers)
        try reload()
        try recount(since: trace)
        try store()
        let dates = Dictionary(
            activities.compactMap { row in row.made.map { ($0, row.dueDate ?? "") } }, uniquingKeysWith: { $1 })
        for due in trace.dues {
            _ = try playbooks.tables[due.record.table]?.update(
                due.record.id, [KnownField.dueDate.rawValue: dates[due.record.id] ?? due.before],
                context.write.asSystem, tx)
        }
        for (activity, record) in made {
            if playbooks.remote[record.table] != nil {
                try RemoteCall.cancel(record, of: activity, in: id).insert(tx, playbooks)
            } else {
                try playbooks.tables[record.table]?.end(record.id, .canceled, context.write.asSystem, tx)
            }
        }
        try reload()
        note(nil, .migrated, from: String(number), to: String(run.number))
        try settle()
        try store()
    }

    /// Counts anew what is counted from a field of the parent record that has changed since: the dates that were kept are
    /// those of before.
    private mutating func recount(since trace: MigrationTrace) throws {
        for place in activities.indices where activities[place].state.isBegun {
            guard let due = plan.steps[place].plan.due, due.base == .beforeField,
                trace.counted?[due.field] != (parent?.text(named: due.field) ?? "")
            else { continue }
            let now = dueDate(of: place, holidays: try holidays(for: place))
            if activities[place].dueDate != now { self[place].dueDate = now }
        }
    }

    /// What the migration has made, each with its activity.
    private func cancellable(_ kept: KeptMigration) throws -> [(activity: ActivityRow, record: ActivityRow.Made)] {
        let rows = try tx.query(
            """
            SELECT made.value ->> 'id' AS id FROM jsonb_array_elements(\(kept.before)::jsonb -> 'activities') a, \
            jsonb_array_elements(a -> \(literal: PlaybookColumn.created)) made
            """)
        let known = Set(try rows.map { try $0.string(PlaybookColumn.id) })
        return activities.flatMap { activity in
            activity.created.filter { !known.contains($0.id) && $0.id == activity.made }.map { (activity, $0) }
        }
    }

    /// Puts run and activities back as they were. What was added has no place then, and begins anew when it comes again; what
    /// never began goes.
    private func restore(_ kept: String, _ makers: [String]) {
        let those: SQL = """
            run = \(run.id) AND id NOT IN ( \
            SELECT (a ->> 'id')::uuid FROM jsonb_array_elements(\(kept)::jsonb -> 'activities') a)
            """
        tx.send("DELETE FROM \(schema).playbook_activity WHERE starts = 0 AND \(those)")
        tx.send(
            """
            UPDATE \(schema).playbook_activity SET state = \(literal: ActivityState.pending), applies = true, made = NULL, revision = revision + 1, \
            due_date = NULL, started_at = NULL, ended_at = NULL, ended_by = NULL, entered = '[]', failure = NULL, \
            position = (SELECT least(min((a ->> 'position')::int), (SELECT min(position) \
            FROM \(schema).playbook_activity WHERE run = \(run.id)), 0) \
            FROM jsonb_array_elements(\(kept)::jsonb -> 'activities') a) - position WHERE \(those)
            """)
        // How often one has started names what other services are asked for: it is not counted again.
        tx.send(
            """
            UPDATE \(schema).playbook_activity a SET position = b.position, lane = b.lane, \
            state = coalesce(b.state, \(literal: ActivityState.pending)), applies = b.applies, due_date = b.due_date, \
            assigned_to = b.assigned_to, started_at = b.started_at, ended_at = b.ended_at, ended_by = b.ended_by, \
            completions = coalesce(b.completions, 0), entered = coalesce(b.entered, '[]'), \
            created = coalesce(b.created, '[]'), warnings = coalesce(b.warnings, '[]'), failure = b.failure, made = b.made, \
            revision = a.revision + 1, \
            starts = CASE WHEN a.id = ANY(\(makers)::uuid[]) THEN a.starts ELSE coalesce(b.starts, 0) END \
            FROM jsonb_populate_recordset(NULL::\(schema).playbook_activity, \(kept)::jsonb -> 'activities') b \
            WHERE a.run = \(run.id) AND a.id = b.id
            """)
        tx.send(
            """
            UPDATE \(schema).playbook_run r SET version = b.version, number = b.number, state = b.state, \
            ended_at = b.ended_at, ended_by = b.ended_by, revision = r.revision + 1 \
            FROM jsonb_populate_record(NULL::\(schema).playbook_run, \(kept)::jsonb -> 'run') b WHERE r.id = b.id
            """, expecting: 1)
    }

    /// Refuses when an activity was worked on since, or a record that the migration has made or moved was changed.
    private func requireUntouched(
        _ kept: KeptMigration, _ cancellable: [(activity: ActivityRow, record: ActivityRow.Made)]
    ) throws {
        let trace = kept.trace
        guard parent?.hasEnded != true, run.state != .canceled else {
            throw Self.changedSince([Text(en: "the record, which has ended", ko: "종료된 레코드")])
        }
        let rows = try tx.query(
            """
            SELECT a.key FROM \(schema).playbook_activity a LEFT JOIN \
            jsonb_populate_recordset(NULL::\(schema).playbook_activity, \(kept.after)::jsonb -> 'left_as') b ON b.id = a.id \
            WHERE a.run = \(run.id) AND (a.starts, a.completions, a.entered, \(Self.atWork("a"))) \
            IS DISTINCT FROM (coalesce(b.starts, 0), coalesce(b.completions, 0), coalesce(b.entered, '[]'), \
            coalesce(\(Self.atWork("b")), \(literal: ActivityState.pending))) ORDER BY a.position
            """)
        var changed = try rows.map { row in
            let key = try row.string(PlaybookColumn.key)
            let step = plan.place(of: key).map { plan.steps[$0] }
            return step.map { $0.plan.label?.text ?? $0.kind.label } ?? Text(en: key, ko: key)
        }
        let entries = try entries(of: trace.made.map(\.record.id))
        for made in trace.made {
            let now = try playbooks.tables[made.record.table]?.find(made.record.id, true, tx)
            let isSpokenOf = made.entries.map { $0 != entries[made.record.id] ?? 0 } ?? false
            let isMoved = now?.etag != made.etag && !trace.dues.contains { $0.record.id == made.record.id }
            if isSpokenOf || isMoved {
                changed.append(Text(en: made.record.number, ko: made.record.number))
            }
        }
        for due in trace.dues {
            let now = try playbooks.tables[due.record.table]?.find(due.record.id, true, tx)
            // One that has followed its activity since is nobody's own date.
            let counted = activities.first { $0.made == due.record.id }?.dueDate
            guard let now, !now.hasEnded, [due.after, counted ?? ""].contains(now.text(.dueDate)) else {
                changed.append(Text(en: due.record.number, ko: due.record.number))
                continue
            }
        }
        for (_, record) in cancellable {
            guard let remote = playbooks.remote[record.table], try remote.isChanged(record.id, tx) else { continue }
            changed.append(Text(en: record.number, ko: record.number))
        }
        guard changed.isEmpty else { throw Self.changedSince(changed) }
    }

    /// That a row of an activity is as it was made, but for its place and whether it applies: nothing else of it is kept.
    static let neverBegan: SQL = """
        starts = 0 AND completions = 0 AND state = \(literal: ActivityState.pending) AND due_date IS NULL \
        AND assigned_to IS NULL AND started_at IS NULL AND ended_at IS NULL AND ended_by IS NULL AND failure IS NULL \
        AND made IS NULL AND entered = '[]' AND created = '[]' AND warnings = '[]'
        """

    /// The state of an activity, of which one that could not make its record counts as being worked on.
    private static func atWork(_ row: SQL) -> SQL {
        "replace(\(row).state, \(literal: ActivityState.failed), \(literal: ActivityState.inProgress))"
    }

    /// How many things a refusal names.
    private static let named = 5

    static func changedSince(_ changed: [Text]) -> Problem {
        let (english, korean) = (changed.prefix(named).map(\.en), changed.prefix(named).map(\.ko))
        let more = changed.count > named ? Text(en: ", …", ko: " 등") : Text(en: "", ko: "")
        return Problem(
            .failedPrecondition,
            Text(
                en:
                    "Since then something new was done: \(english.joined(separator: ", "))\(more.en). The case stays as it is.",
                ko: "그 후 새로운 작업이 있었습니다: \(korean.joined(separator: ", "))\(more.ko). 케이스는 변경되지 않았습니다."),
            reason: "CHANGED_SINCE")
    }
}
