import Foundation
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// What a migration of a run did beside its rows, for whoever takes it back.
struct MigrationTrace: Codable {
    /// A record of the service's own that was made, with the etag that it had then.
    struct Made: Codable {
        let record: ActivityRow.Made
        let etag: String
    }

    /// A record whose due date was moved with that of its activity.
    struct Due: Codable {
        let record: ActivityRow.Made
        let before: String
        let after: String
    }

    /// Number of the version that the run was brought to.
    let number: Int
    var made: [Made] = []
    var dues: [Due] = []
}

extension MigrationTrace {
    private struct Outcome: Decodable {
        let trace: MigrationTrace
    }

    /// What was kept of it with the outcome of a case.
    init(ofOutcome text: String) throws {
        self = try JSONDecoder().decode(Outcome.self, from: Data(text.utf8)).trace
    }
}

/// What was kept of a migration, for its undo, as JSON.
struct KeptMigration {
    /// The rows of the run and its activities as they were.
    let before: String
    /// How the activities were left.
    let after: String
    let trace: MigrationTrace
}

/// Bringing a run to another version: locked, in one transaction with everything that follows.
extension RunWork {
    private var tx: Transaction { context.transaction }
    private var schema: SQL { "\(identifier: playbooks.database.schema)" }

    /// Refuses while another service has yet to make or end something for an activity: what comes of it belongs to the version
    /// that asked.
    func requireSettled() throws {
        let rows = try tx.query("SELECT 1 FROM \(schema).playbook_call WHERE run = \(run.id) LIMIT 1")
        guard rows.isEmpty else { throw Self.making }
    }

    /// The refusal of a run for which another service is still at work.
    static let making = Problem(
        .failedPrecondition,
        Text(
            en: "Another service is still making or ending something for this playbook. Try again in a moment.",
            ko: "다른 서비스에서 이 플레이북의 작업을 처리하고 있습니다. 잠시 후 다시 시도해 주세요."),
        reason: "STILL_MAKING")

    /// Brings the run to a version, exactly as `steps` tell it; answers what it did beside its rows. The version's plan is
    /// that of `migration`.
    mutating func migrate(
        _ migration: MigrationPlan, to version: VersionRow, as steps: [PlaybookMigrationStep]
    ) throws -> MigrationTrace {
        var trace = MigrationTrace(number: version.number)
        let from = run.number
        let known = Set((activities + left).flatMap(\.created).map(\.id))
        place(migration)
        (run.version, run.number) = (version.id, version.number)
        note(nil, .migrated, from: String(from), to: String(version.number))
        let due = dueDates
        for place in migration.restarts.sorted() {
            self[place].entered = []
            self[place].warnings = []
            if !activities[place].makes(plan.steps[place]) { self[place].made = try taken(place) }
            note(place, .restarted)
            try start(place)
        }
        try store()
        for record in try reviewDueDates() {
            guard let place = activities.firstIndex(where: { $0.made == record.id }) else { continue }
            trace.dues.append(
                .init(
                    record: record, before: due[activities[place].id] ?? "", after: activities[place].dueDate ?? ""))
        }
        try settle()
        try store()
        for record in activities.flatMap(\.created) where !known.contains(record.id) {
            guard let made = try playbooks.tables[record.table]?.find(record.id, false, tx) else { continue }
            trace.made.append(.init(record: record, etag: made.etag))
        }
        try requireTold(steps)
        return trace
    }

    /// What an activity has made before as it makes it now, where that is still open: it is not made a second time.
    private func taken(_ place: Int) throws -> String? {
        let step = plan.steps[place]
        guard step.kind.makesRecord, let table = step.plan.creates?.table,
            let known = activities[place].created.last(where: { $0.table == table })
        else { return nil }
        guard playbooks.remote[table] == nil else { return known.hasEnded == true ? nil : known.id }
        return try playbooks.tables[table]?.find(known.id, false, tx)?.hasEnded == false ? known.id : nil
    }

    private var dueDates: [String: String] {
        Dictionary(uniqueKeysWithValues: activities.compactMap { row in row.dueDate.map { (row.id, $0) } })
    }

    /// Gives each activity its place in the version; those without one have places below 0.
    private mutating func place(_ migration: MigrationPlan) {
        let plan = migration.plan
        var moved: (ids: [String], places: [String], lanes: [String]) = ([], [], [])
        func lane(_ place: Int) -> String { plan.playbook.lanes[plan.steps[place].lane].key }
        let before = self.plan
        for (place, row) in migration.rows.enumerated() {
            guard let row else { continue }
            let wasIn = row.position > 0 ? before.playbook.lanes[before.steps[row.position - 1].lane].key : ""
            guard row.position != place + 1 || wasIn != lane(place) else { continue }
            moved.ids.append(row.id)
            moved.places.append(String(place + 1))
            moved.lanes.append(lane(place))
        }
        for (place, entry) in migration.leaving.enumerated() where entry.row.position != -(place + 1) {
            moved.ids.append(entry.row.id)
            moved.places.append(String(-(place + 1)))
            moved.lanes.append("")
        }
        if !moved.ids.isEmpty {
            tx.send(
                """
                UPDATE \(schema).playbook_activity a SET position = b.position, lane = coalesce(nullif(b.lane, ''), a.lane) \
                FROM unnest(\(moved.ids)::uuid[], \(moved.places)::int[], \(moved.lanes)::text[]) b (id, position, lane) \
                WHERE a.id = b.id
                """, expecting: moved.ids.count)
        }
        var new: [(row: ActivityRow, lane: String)] = []
        activities = migration.rows.enumerated().map { place, row in
            guard var row else {
                let added = ActivityRow(plan.steps[place].plan.key, at: place + 1, now: now)
                new.append((added, lane(place)))
                return added
            }
            row.position = place + 1
            return row
        }
        if !new.isEmpty { tx.send(ActivityRow.insert(new, of: run, in: playbooks.database.schema)) }
        left = migration.leaving.enumerated().map { place, entry in
            var row = entry.row
            row.position = -(place + 1)
            return row
        }
        self.plan = plan
    }

    /// Refuses what came to something else than was told: a record that could not be made, or that ended at once.
    private func requireTold(_ steps: [PlaybookMigrationStep]) throws {
        for (place, step) in steps.prefix(activities.count).enumerated() {
            let activity = activities[place]
            guard activity.state.rawValue != step.after else { continue }
            let label = step.label?.text ?? Playbooks.label
            let why = activity.failure?.text ?? Text(en: "it comes to another state.", ko: "상태가 다르게 변경됩니다.")
            throw Problem(
                .failedPrecondition,
                Text(
                    en: "‘\(label.en)’ becomes something else than was shown: \(why.en) The case stays as it is.",
                    ko: "‘\(label.ko)’ 활동의 결과가 미리 본 내용과 다릅니다. \(why.ko) 케이스는 변경되지 않았습니다."),
                reason: "MIGRATION_DIFFERS")
        }
    }

    // MARK: And back

    /// Brings the run back to where it was before a migration, whose rows `kept` has; refuses when something new was done
    /// since, and says what. What the migration has made is canceled.
    mutating func takeBack(_ kept: KeptMigration) throws {
        let trace = kept.trace
        try requireSettled()
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
        for due in trace.dues {
            _ = try playbooks.tables[due.record.table]?.update(
                due.record.id, [KnownField.dueDate.rawValue: due.before], context.write.asSystem, tx)
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
            UPDATE \(schema).playbook_activity a SET position = b.position, lane = b.lane, state = b.state, \
            applies = b.applies, due_date = b.due_date, assigned_to = b.assigned_to, started_at = b.started_at, \
            ended_at = b.ended_at, ended_by = b.ended_by, completions = b.completions, entered = b.entered, \
            created = b.created, warnings = b.warnings, failure = b.failure, made = b.made, revision = a.revision + 1, \
            starts = CASE WHEN a.id = ANY(\(makers)::uuid[]) THEN a.starts ELSE b.starts END \
            FROM jsonb_populate_recordset(NULL::\(schema).playbook_activity, \(kept)::jsonb -> 'activities') b WHERE a.id = b.id
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
            IS DISTINCT FROM (b.starts, b.completions, b.entered, \(Self.atWork("b"))) ORDER BY a.position
            """)
        var changed = try rows.map { row in
            let key = try row.string(PlaybookColumn.key)
            let step = plan.place(of: key).map { plan.steps[$0] }
            return step.map { $0.plan.label?.text ?? $0.kind.label } ?? Text(en: key, ko: key)
        }
        for made in trace.made {
            let now = try playbooks.tables[made.record.table]?.find(made.record.id, true, tx)
            if now?.etag != made.etag, !trace.dues.contains(where: { $0.record.id == made.record.id }) {
                changed.append(Text(en: made.record.number, ko: made.record.number))
            }
        }
        for due in trace.dues {
            let now = try playbooks.tables[due.record.table]?.find(due.record.id, true, tx)
            guard let now, !now.hasEnded, now.text(.dueDate) == due.after else {
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

    /// The state of an activity, of which one that could not make its record counts as being worked on.
    private static func atWork(_ row: SQL) -> SQL {
        "replace(\(row).state, \(literal: ActivityState.failed), \(literal: ActivityState.inProgress))"
    }

    /// How many things a refusal names.
    private static let named = 5

    private static func changedSince(_ changed: [Text]) -> Problem {
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
