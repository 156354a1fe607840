import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What is written down when records meet triggers: each time once, however often it is heard of, and with what is behind it.
struct Firings: Sendable {
    let database: Database

    /// Longest chain of triggers of which one brings about the next.
    static let longestChain = 8

    /// A record that met a trigger.
    struct Occurrence: Sendable {
        let trigger: String
        let edge: TriggerEdge
        let table: String
        let record: String
        let domain: DomainPath
        let at: Timestamp
        let cause: String?
        /// What a record belonged to that is deleted.
        var engagement: String?
        /// The events that were heard, the last of which is by its id what it follows from.
        var events: (all: String, last: String)?

        /// Its id follows from what it is.
        var id: String {
            let occasion = events?.last ?? "\(at.microseconds)"
            return RecordID.derived(from: "firing\n\(trigger)\n\(record)\n\(edge.rawValue)\n\(occasion)")
        }
    }

    private enum Column: String {
        case count
        case causedBy = "caused_by"
    }

    /// Writes down what is not there yet, with the work of launching its play; answers how many there were. What the play of
    /// a trigger brought about does not meet it again. Leaves the transaction under the scope of the service.
    func note(_ occurrences: [Occurrence], now: Timestamp, in tx: Transaction) throws -> Int {
        var noted = 0
        for occurrence in occurrences {
            tx.sendScope(.domain(.root))
            let chain = try chain(of: occurrence.cause, in: tx)
            guard !chain.contains(occurrence.trigger), chain.count < Self.longestChain,
                try isOpen(occurrence, in: tx)
            else { continue }
            try write(occurrence, behind: chain, now: now, in: tx)
            noted += 1
        }
        return noted
    }

    /// How many plays of a trigger were launched in the 24 hours before `now`, `limit` at most.
    func launched(by trigger: String, limit: Int, now: Timestamp, in tx: Transaction) throws -> Int {
        let since = Timestamp(microseconds: now.microseconds - Self.day)
        return try tx.query(
            """
            SELECT count(*) AS count FROM (SELECT 1 FROM play_launcher.play_firing WHERE play_trigger = \(trigger) \
            AND state = \(literal: PlayFiring.State.launched) AND updated_at > \(since.sqlValue) LIMIT \(limit)) launched
            """
        ).first?.int(Column.count) ?? 0
    }

    /// How long launches of one trigger are counted, in microseconds.
    private static let day: Int64 = 86_400_000_000

    /// The triggers behind a firing; none for an id that is nobody's.
    func chain(of cause: String?, in tx: Transaction) throws -> [String] {
        guard let cause else { return [] }
        let rows = try tx.query("SELECT caused_by FROM play_launcher.play_firing WHERE id = \(cause)")
        return try rows.first?.optionalString(Column.causedBy)?.split(separator: " ").map(String.init) ?? []
    }

    /// Which of the firings have one of these triggers behind them.
    func following(_ trigger: String, among causes: Set<String>, in tx: Transaction) throws -> Set<String> {
        guard !causes.isEmpty else { return [] }
        let rows = try tx.query(
            "SELECT id, caused_by FROM play_launcher.play_firing WHERE id = ANY(\(causes.sorted())::uuid[])")
        return Set(
            try rows.compactMap { row in
                let chain = try row.optionalString(Column.causedBy) ?? ""
                return chain.split(separator: " ").contains(Substring(trigger))
                    ? try row.string(PlayFiring.Field.id) : nil
            })
    }

    /// Whether the trigger is active since before it was met, and the firing not written down: one that was changed meanwhile
    /// was met as what it was. The trigger stays so until the transaction ends.
    private func isOpen(_ occurrence: Occurrence, in tx: Transaction) throws -> Bool {
        let active = try tx.query(
            """
            SELECT 1 FROM play_launcher.play_trigger WHERE id = \(occurrence.trigger) AND active \
            AND activated_at <= \(occurrence.at.sqlValue) FOR SHARE
            """)
        guard !active.isEmpty else { return false }
        return try tx.query("SELECT 1 FROM play_launcher.play_firing WHERE id = \(occurrence.id)").isEmpty
    }

    private func write(_ occurrence: Occurrence, behind chain: [String], now: Timestamp, in tx: Transaction) throws {
        var firing = PlayFiring()
        (firing.id, firing.domain) = (occurrence.id, occurrence.domain.path)
        firing.playTrigger = occurrence.trigger
        (firing.sourceTable, firing.sourceRecord) = (occurrence.table, occurrence.record)
        (firing.edge, firing.occurredAt) = (occurrence.edge.rawValue, occurrence.at)
        (firing.engagement, firing.events) = (occurrence.engagement, occurrence.events?.all)
        firing.state = PlayFiring.State.waiting
        firing.causedBy = (chain + [occurrence.trigger]).joined(separator: " ")
        let context = WriteContext.system(database.service, domain: occurrence.domain, now: now)
        _ = try Store<PlayFiring>(database).create(firing, context, in: tx)
        tx.send(
            """
            INSERT INTO play_launcher.firing_work (firing, domain, turn) \
            VALUES (\(firing.id), \(firing.domain), \(occurrence.trigger))
            """)
    }
}
