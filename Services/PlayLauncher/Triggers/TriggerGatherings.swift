import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What triggers hear that go by a schedule `on` events: events are gathered until they are enough for a run, in the transaction
/// that marks them as seen, so that each counts once whoever is killed when. Those that do not belong together, by `correlate` or
/// because they are of different domains, are gathered apart.
extension PlayTriggers {
    /// Most gatherings of one trigger: of more the oldest are given up.
    private static let gatherings = 1_000

    private enum Column: String {
        case heard
        case table = "source_table"
        case record = "source_record"
    }

    /// Has the schedules of triggers hear an event. Leaves the transaction under the scope of the service.
    func gather(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        guard index.isHeard(event), let heard = FlowEvent.heard(event), let type = heard.eventType,
            let domain = DomainPath(event.domain), let at = event.at?.kept
        else { return }
        tx.sendScope(.domain(.root))
        let cause = context.trace.flatMap(TraceContext.cause)
        let chain = try firings.chain(of: cause, in: tx)
        let about = try about(event, in: tx)
        for trigger in index.hearing(type) where trigger.concerns(domain, at) && !chain.contains(trigger.id) {
            guard case .events(let machine, _) = trigger.start, try isActive(trigger, in: tx) else { continue }
            let own = about.table == trigger.table ? about.record : nil
            let now = FlowInstant(context.now)
            guard let correlation = machine.correlation(of: heard, now: now),
                own == nil || isMet(trigger, by: event, on: at.day)
            else { continue }
            let key = RecordID.derived(from: correlation.text)
            let known = try gathered(trigger, domain, key, in: tx)
            guard let next = machine.gather(heard, behind: known.gathering, now: now) else { continue }
            let record = own ?? known.record
            let all = JSONValue.array(next.gathering.events).text
            guard all.utf8.count <= FlowBounds.valueBytes else {
                database.log.error("events of a trigger are given up", metadata: ["trigger": "\(trigger.id)"])
                forget(trigger, domain, key, in: tx)
                continue
            }
            guard next.isEnough else {
                keep(next.gathering, record, trigger, domain, key, at: context.now, in: tx)
                continue
            }
            forget(trigger, domain, key, in: tx)
            guard let record else { continue }
            _ = try firings.note(
                [
                    Firings.Occurrence(
                        trigger: trigger.id, edge: .event, table: trigger.table, record: record, domain: domain, at: at,
                        cause: cause, events: (all, event.eventID))
                ], now: context.now, in: tx)
        }
    }

    /// The record that an event is about; of one that a flow emits, the record that the flow was launched from.
    private func about(_ event: RecordEvent, in tx: Transaction) throws -> (table: String, record: String) {
        guard event.action == FlowEvent.action, event.table == FlowRun.schema.table else {
            return (event.table, event.id)
        }
        let run = try tx.query("SELECT source_table, source_record FROM play_launcher.flow_run WHERE id = \(event.id)")
            .first
        return (try run?.string(Column.table) ?? "", try run?.string(Column.record) ?? "")
    }

    /// Whether the record that an event tells of meets the condition of a trigger, by the values that it bears.
    private func isMet(_ trigger: CompiledTrigger, by event: RecordEvent, on day: CivilDate) -> Bool {
        guard !trigger.condition.fields.isEmpty else { return true }
        guard let record = try? TriggerTables.types[event.table]?.decode(protobuf: event.record) else { return false }
        let schema = type(of: record).schema
        return trigger.condition.holds(on: day) { name in
            guard let index = schema.index(of: name) else { return .null }
            return schema.fields[index].filterValue(journal: record[fieldAt: index].journalText)
        }
    }

    /// Whether the trigger is active as it is known here; it stays so until the transaction ends.
    private func isActive(_ trigger: CompiledTrigger, in tx: Transaction) throws -> Bool {
        try !tx.query(
            """
            SELECT 1 FROM play_launcher.play_trigger WHERE id = \(trigger.id) AND active \
            AND activated_at = \(trigger.activatedAt?.sqlValue ?? .null) FOR SHARE
            """
        ).isEmpty
    }

    // MARK: What was heard

    /// What has been gathered, locked; whoever hears another event of it at the same time waits.
    private func gathered(
        _ trigger: CompiledTrigger, _ domain: DomainPath, _ key: String, in tx: Transaction
    ) throws -> (gathering: FlowGathering, record: String?) {
        guard trigger.gathers else { return (FlowGathering(), nil) }
        let isNew =
            try tx.query(
                """
                INSERT INTO play_launcher.trigger_gathering (play_trigger, domain, correlation, heard, heard_at) \
                VALUES (\(trigger.id), \(domain.path), \(key), '[]', now()) ON CONFLICT DO NOTHING
                """
            ).affected == 1
        if isNew { giveUp(trigger, in: tx) }
        let row = try tx.query(
            """
            SELECT heard, source_record FROM play_launcher.trigger_gathering \
            WHERE play_trigger = \(trigger.id) AND domain = \(domain.path) AND correlation = \(key) FOR UPDATE
            """
        ).first
        let stored = row.flatMap { try? JSONValue(parsing: $0.string(Column.heard)) }
        return (stored.flatMap(FlowGathering.init(json:)) ?? FlowGathering(), try row?.optionalString(Column.record))
    }

    private func keep(
        _ gathering: FlowGathering, _ record: String?, _ trigger: CompiledTrigger, _ domain: DomainPath, _ key: String,
        at now: Timestamp, in tx: Transaction
    ) {
        tx.send(
            """
            UPDATE play_launcher.trigger_gathering SET heard = \(gathering.json.text), source_record = \(record), \
            heard_at = \(now.sqlValue) \
            WHERE play_trigger = \(trigger.id) AND domain = \(domain.path) AND correlation = \(key)
            """)
    }

    private func forget(_ trigger: CompiledTrigger, _ domain: DomainPath, _ key: String, in tx: Transaction) {
        guard trigger.gathers else { return }
        tx.send(
            """
            DELETE FROM play_launcher.trigger_gathering \
            WHERE play_trigger = \(trigger.id) AND domain = \(domain.path) AND correlation = \(key)
            """)
    }

    private func giveUp(_ trigger: CompiledTrigger, in tx: Transaction) {
        tx.send(
            """
            DELETE FROM play_launcher.trigger_gathering WHERE (play_trigger, domain, correlation) IN ( \
            SELECT play_trigger, domain, correlation FROM play_launcher.trigger_gathering \
            WHERE play_trigger = \(trigger.id) ORDER BY heard_at DESC OFFSET \(Self.gatherings))
            """)
    }

    /// Forgets what a trigger has gathered: it begins anew when it is turned on.
    static func forgetGatherings(of trigger: String, in tx: Transaction) {
        tx.send("DELETE FROM play_launcher.trigger_gathering WHERE play_trigger = \(trigger)")
    }
}

extension CompiledTrigger {
    /// Whether one event is not always enough for it.
    fileprivate var gathers: Bool { if case .events(let machine, _) = start { machine.flow.gathers } else { false } }
}
