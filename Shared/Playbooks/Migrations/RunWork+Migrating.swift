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
        /// How many entries its history had; nil where an earlier version did not say.
        var entries: Int?
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
    /// The fields that dates were counted from before, with what they said then; nil where an earlier version did not say.
    var counted: [String: String]?
    /// Revision of the run that came of it: of two migrations the later has the greater one.
    var revision: Int?
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

    /// The refusal of a run for which another service has yet to make or end something: what comes of it belongs to the version
    /// that asked.
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
        let fields = Set(plan.steps.compactMap { $0.plan.due }.filter { $0.base == .beforeField }.map(\.field))
        trace.counted = Dictionary(uniqueKeysWithValues: fields.map { ($0, parent?.text(named: $0) ?? "") })
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
        if !migration.restarts.isEmpty { try store() }
        for record in try reviewDueDates() {
            guard let place = activities.firstIndex(where: { $0.made == record.id }) else { continue }
            trace.dues.append(
                .init(
                    record: record, before: due[activities[place].id] ?? "", after: activities[place].dueDate ?? ""))
        }
        try settle()
        try store()
        let made = activities.flatMap(\.created).filter { !known.contains($0.id) }
        trace.made = try traces(of: made)
        trace.revision = run.revision
        try requireTold(steps)
        return trace
    }

    /// What an activity has made before as it makes it now, where that is still open: it is not made a second time.
    func taken(_ place: Int) throws -> String? {
        let step = plan.steps[place]
        guard step.kind.makesRecord, let table = step.plan.creates?.table,
            let known = activities[place].created.last(where: { $0.table == table })
        else { return nil }
        if let remote = playbooks.remote[table] {
            return try known.hasEnded == true || remote.hasEnded(known.id, tx) ? nil : known.id
        }
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
                WHERE a.run = \(run.id) AND a.id = b.id
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
            throw Self.differs(
                plan.steps[place],
                activity.failure?.text ?? Text(en: "it comes to another state.", ko: "상태가 다르게 변경됩니다."))
        }
    }

    /// The refusal of what comes to something else than was told, by an activity.
    static func differs(_ step: RunPlan.Step, _ why: Text) -> Problem {
        let label = step.plan.label?.text ?? step.kind.label
        return Problem(
            .failedPrecondition,
            Text(
                en: "‘\(label.en)’ becomes something else than was shown: \(why.en) The case stays as it is.",
                ko: "‘\(label.ko)’ 활동의 결과가 미리 본 내용과 다릅니다. \(why.ko) 케이스는 변경되지 않았습니다."),
            reason: "MIGRATION_DIFFERS")
    }
}
