import Foundation
import Ground
import PlaybooksWire
import Postgres
import Records
import Wire
import Work

/// Something an activity has yet to have done by another service, as its row in the queue has it.
struct RemoteCall: Sendable {
    /// What is done.
    enum Action: String, Sendable { case create, close, cancel }

    let id: String
    let run: String
    let activity: String
    let action: Action
    let table: String
    /// The fields of a new record, or the notes with which one is closed.
    let values: [String: String]
    /// The record that ends.
    let target: String?
    /// Whether a record that is there already is taken over.
    let adopts: Bool
    /// How often it was tried in vain.
    let failures: Int

    /// The request id, the same however often the call is made.
    var requestID: String { RecordID.derived(from: "playbook call \(id)") }

    /// The making of the record of an activity that has just started.
    static func create(_ place: Int, _ table: String, _ values: [String: String], _ work: RunWork) -> RemoteCall {
        let activity = work.activities[place]
        return RemoteCall(
            id: RecordID.derived(from: "\(activity.id) create \(activity.starts)"), run: work.run.id,
            activity: activity.id, action: .create, table: table, values: values, target: nil,
            adopts: activity.starts == 1, failures: 0)
    }

    /// The end of a record that an activity made, another one after each time that it was taken up again.
    static func end(_ place: Int, _ made: ActivityRow.Made, _ ending: RecordEnd, _ work: RunWork) -> RemoteCall {
        let activity = work.activities[place]
        let (action, values): (Action, [String: String]) =
            switch ending {
            case .canceled: (.cancel, [:])
            case .closed(let notes): (.close, [KnownField.closeNotes.rawValue: notes])
            }
        return RemoteCall(
            id: RecordID.derived(
                from: "\(made.id) \(action.rawValue) \(activity.starts) \(activity.completions) \(made.reopenings ?? 0)"
            ),
            run: work.run.id, activity: activity.id, action: action, table: made.table, values: values,
            target: made.id, adopts: false, failures: 0)
    }

    /// The end of a record of an activity whose migration is taken back.
    static func cancel(_ made: ActivityRow.Made, of activity: ActivityRow, in run: String) -> RemoteCall {
        RemoteCall(
            id: RecordID.derived(from: "\(made.id) taken back \(activity.starts)"), run: run, activity: activity.id,
            action: .cancel, table: made.table, values: [:], target: made.id, adopts: false, failures: 0)
    }

    /// Puts it into the queue, once; the queue is woken when the transaction has been committed.
    func insert(_ tx: Transaction, _ playbooks: Playbooks) throws {
        tx.send(
            """
            INSERT INTO \(identifier: playbooks.database.schema).playbook_call \
            (id, domain, run, activity, action, remote_table, fields, target, adopts, turn) \
            SELECT \(id)::uuid, domain, \(run)::uuid, \(activity)::uuid, \(action.rawValue), \(table), \
            \(try jsonText(values))::jsonb, \(target.value)::uuid, \(adopts), \(activity)::text \
            FROM \(identifier: playbooks.database.schema).playbook_activity WHERE id = \(activity)::uuid \
            ON CONFLICT (id) DO NOTHING
            """)
    }

    /// What another service has yet to do for an activity.
    static func waiting(_ activity: String, _ playbooks: Playbooks, _ tx: Transaction) throws -> Set<Action> {
        let rows = try tx.query(
            """
            SELECT action FROM \(identifier: playbooks.database.schema).playbook_call WHERE activity = \(activity)
            """)
        return Set(try rows.compactMap { Action(rawValue: try $0.string(PlaybookColumn.action)) })
    }

    /// The row of a lease; nil when another instance has it.
    static func load(_ lease: Lease, in schema: String, _ tx: Transaction) throws -> RemoteCall? {
        let rows = try tx.query(
            """
            SELECT id, run, activity, action, remote_table, fields, target, adopts, failures \
            FROM \(identifier: schema).playbook_call WHERE \(lease.held)
            """)
        guard let row = rows.first, let action = Action(rawValue: try row.string(PlaybookColumn.action)) else {
            return nil
        }
        return RemoteCall(
            id: try row.string(PlaybookColumn.id), run: try row.string(PlaybookColumn.run),
            activity: try row.string(PlaybookColumn.activity),
            action: action, table: try row.string(PlaybookColumn.remoteTable),
            values: try JSONDecoder().decode([String: String].self, from: Data(row.string(PlaybookColumn.fields).utf8)),
            target: try row.optionalString(PlaybookColumn.target), adopts: try row.bool(PlaybookColumn.adopts),
            failures: try row.int(PlaybookColumn.failures))
    }
}
