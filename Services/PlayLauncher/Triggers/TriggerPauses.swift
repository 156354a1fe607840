import PlayLauncherWire
import RPC
import Records
import Tenancy
import Wire

/// What triggers launch that go by a schedule `after`: a run over each record that meets their condition, so long after the one
/// before has ended. The first is counted from when the trigger was turned on, or the record made.
extension PlayTriggers {
    /// How often records are looked at, in seconds: the least that runs are apart.
    private static let pace: Int64 = 60
    /// Most pages of records of one look: the next goes on behind them.
    private static let pages = 50

    private enum Column: String {
        case record = "source_record"
        case state
        case ended
    }

    /// Finds what is due; answers how many firings there are of it.
    @discardableResult
    func lookAtPauses() async throws(Problem) -> Int {
        var noted = 0
        for trigger in index.triggers {
            guard case .pause(let span) = trigger.start, let first = trigger.activatedAt else { continue }
            do throws(Problem) {
                noted += try await lookAtPauses(of: trigger, span, since: first)
            } catch {
                leave(trigger, error)
            }
        }
        return noted
    }

    private func lookAtPauses(
        of trigger: CompiledTrigger, _ span: Int64, since first: Timestamp
    ) async throws(Problem) -> Int {
        let (subject, now) = ("pause \(trigger.id)", database.clock.now)
        let known = try await looked(subject)
        guard known.map({ now.seconds - $0.until.seconds >= Self.pace || !$0.page.isEmpty }) ?? true else { return 0 }
        guard try await mayLaunch(trigger) else { return 0 }
        let caller: Caller
        do throws(Problem) {
            caller = try await person.caller(trigger.actsAs, of: trigger.domain)
        } catch {
            try await look(subject, until: now)
            throw error
        }
        let journal = TriggerJournal(
            client: client, schema: try TriggerTables.schema(of: trigger.table), fields: trigger.condition.fields,
            credential: issuer.credential(for: caller, by: PlayLauncher.name))
        var (token, noted, pages) = (known?.page ?? "", 0, 0)
        repeat {
            let page = try await journal.records(trigger.condition.text, behind: token)
            let met = page.records.filter { record in
                trigger.concerns(record.domain, now) && trigger.condition.holds(record.values, on: now.day)
            }
            let ended = try await ended(trigger, since: first, of: met.map(\.id))
            noted += try await note(
                met.compactMap { record in
                    guard let last = ended[record.id] ?? .some(max(first, record.createdAt)) else { return nil }
                    let due = Timestamp(microseconds: last.microseconds + span)
                    guard due <= now else { return nil }
                    return Firings.Occurrence(
                        trigger: trigger.id, edge: .schedule, table: trigger.table, record: record.id,
                        domain: record.domain, at: due, cause: nil)
                })
            (token, pages) = (page.next, pages + 1)
        } while !token.isEmpty && pages < Self.pages && noted < trigger.dailyLimit
        try await look(subject, until: now, page: token)
        return noted
    }

    /// When the last run over each of these records has ended, of those that the trigger has launched since; nil for one that is
    /// under way. Nothing for records that it has launched none over.
    private func ended(
        _ trigger: CompiledTrigger, since first: Timestamp, of records: [String]
    ) async throws(Problem) -> [String: Timestamp?] {
        guard !records.isEmpty else { return [:] }
        return try await asService { tx in
            let rows = try tx.query(
                """
                SELECT DISTINCT ON (f.source_record) f.source_record, CASE f.state \
                WHEN \(literal: PlayFiring.State.launched) THEN r.completed_at \
                WHEN \(literal: PlayFiring.State.refused) THEN f.updated_at END AS ended \
                FROM play_launcher.play_firing f LEFT JOIN play_launcher.flow_run r ON r.id = f.flow_run \
                WHERE f.source_record = ANY(\(records)::uuid[]) AND f.play_trigger = \(trigger.id) \
                AND f.occurred_at >= \(first.sqlValue) ORDER BY f.source_record, f.occurred_at DESC
                """)
            var ended: [String: Timestamp?] = [:]
            for row in rows {
                ended[try row.string(Column.record)] = .some(
                    try row.optionalTimestamp(Column.ended).map { Timestamp(microseconds: $0) })
            }
            return ended
        }
    }
}
