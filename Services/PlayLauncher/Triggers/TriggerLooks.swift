import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What triggers are looked after by besides events, on the leading instance: changes whose events were lost are found in the
/// journals of their owners, days that have begun are looked at for what time changes, and what is due by a schedule is found.
/// Each look may be repeated: what was written down is not written down again. A table, or a trigger, that cannot be looked at
/// keeps no other waiting.
extension PlayTriggers {
    /// How far behind the clock journals are read: what is being written is then there.
    static let margin: Int64 = 60
    /// How much of what was read before is read again, for clocks that differ.
    private static let overlap: Int64 = 120
    /// How long a piece of a journal is that is read at once, in seconds, and to what part it is cut when that is too much.
    private static let (piece, cut): (Int64, Int64) = (3_600, 8)
    /// Most pages of a piece of a journal that can be cut, each of which keeps values of its records in memory.
    private static let piecePages = 200
    /// How often journals are read, in seconds.
    private static let pause: Int64 = 600

    private enum Column: String {
        case count, editions
        case until = "looked_until"
        case page = "page_token"
    }

    /// Looks until the task is cancelled.
    func look() async {
        var last: Timestamp?
        while !Task.isCancelled {
            last = await lookAround(last)
            try? await Task.sleep(for: .seconds(20))
        }
    }

    /// One round of all looks, each by itself; answers when journals were read last, as `last` did before.
    func lookAround(_ last: Timestamp?) async -> Timestamp? {
        let now = database.clock.now
        await trying("triggers are not known") { () async throws(Problem) in try await refresh() }
        await trying("schedules wait") { () async throws(Problem) in try await lookAtSchedules() }
        await trying("pauses wait") { () async throws(Problem) in try await lookAtPauses() }
        await trying("days wait") { () async throws(Problem) in try await lookAtDays() }
        guard last.map({ now.seconds - $0.seconds >= Self.pause }) ?? true else { return last }
        await trying("journals wait") { () async throws(Problem) in try await lookAtJournals() }
        return now
    }

    /// What fails is logged and tried again at the next look.
    private func trying<T>(_ what: String, _ body: () async throws(Problem) -> T) async {
        do throws(Problem) {
            _ = try await body()
        } catch {
            warn(what, error)
        }
    }

    private func warn(_ what: String, _ problem: Problem, _ subject: String = "") {
        database.log.warning(
            "\(what)", metadata: ["of": "\(subject)", "cause": "\(problem.cause ?? problem.text.en)"])
    }

    /// Reads which triggers are active as long as the task is not cancelled, on every instance.
    func keepKnown() async {
        while !Task.isCancelled {
            await refreshOrLog()
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// As ``refresh()``; what fails is done a second later.
    func refreshOrLog() async {
        await trying("triggers are not known") { () async throws(Problem) in try await refresh() }
    }

    /// Takes in which triggers are active, when these are others than before.
    func refresh() async throws(Problem) {
        let database = database
        let known = index.edition
        let (edition, found, flows) = try await asService {
            tx -> (TriggerIndex.Edition, [PlayTrigger]?, [FlowDefinition]) in
            // Each with its revision: other clocks, and one that goes on while another goes off, do not hide a change.
            let row = try tx.query(
                """
                SELECT count(*) AS count, coalesce(bit_xor(hashtextextended(id::text || revision, 0)), 0) AS editions \
                FROM play_launcher.play_trigger WHERE active
                """
            ).first
            let edition = TriggerIndex.Edition(
                count: try row?.int(Column.count) ?? 0, revisions: try row?.int64(Column.editions) ?? 0)
            guard edition != known else { return (edition, nil, []) }
            let found = try Store<PlayTrigger>(database).find(where: "active ORDER BY id LIMIT \(Self.most)", in: tx)
            let flows = found.filter { $0.startsOn == PlayTrigger.StartsOn.flow }.compactMap(\.flowDefinition)
            guard !flows.isEmpty else { return (edition, found, []) }
            return (
                edition, found, try Store<FlowDefinition>(database).find(where: "id = ANY(\(flows)::uuid[])", in: tx)
            )
        }
        guard let found else { return }
        index.replace(
            edition,
            with: found.compactMap { trigger in
                do throws(Problem) {
                    let flow = flows.first { $0.id == trigger.flowDefinition }
                    return try library.compiled(
                        trigger, by: try flow.map { flow throws(Problem) in try plays.library.compiled(flow) })
                } catch {
                    warn("a trigger cannot be read", error, trigger.id)
                    return nil
                }
            })
    }

    // MARK: Journals

    /// Finds the changes whose events have not had their effect; answers how many firings there are of it. A piece of a journal
    /// of more than so many pages is read in smaller ones.
    @discardableResult
    func lookAtJournals(pages: Int = Self.piecePages) async throws(Problem) -> Int {
        var noted = 0
        let now = database.clock.now
        let end = Timestamp(seconds: now.seconds - Self.margin)
        let byTable = Dictionary(grouping: index.triggers.filter(\.isOnEdges), by: \.table)
        for (table, triggers) in byTable.sorted(by: { $0.key < $1.key }) {
            do throws(Problem) {
                noted += try await lookAtJournal(of: table, triggers, until: end, pages)
            } catch {
                warn("a journal waits", error, table)
            }
        }
        return noted
    }

    /// Reads a journal up to `end`, piece by piece; one in which too much happened in smaller pieces.
    private func lookAtJournal(
        of table: String, _ triggers: [CompiledTrigger], until end: Timestamp, _ pages: Int
    ) async throws(Problem) -> Int {
        let first = triggers.compactMap(\.activatedAt).min() ?? end
        let known = try await looked("journal \(table)")
        var since = known.map { max(first, Timestamp(seconds: $0.until.seconds - Self.overlap)) } ?? first
        var (noted, piece) = (0, Self.piece)
        while since < end {
            let until = min(end, Timestamp(seconds: since.seconds + piece))
            guard
                let found = try await lookAtJournal(
                    of: table, triggers, from: since, until: until, piece == 1 ? .max : pages)
            else {
                piece = max(1, piece / Self.cut)
                continue
            }
            noted += found
            try await look("journal \(table)", until: until)
            (since, piece) = (until, Self.piece)
        }
        return noted
    }

    /// Reads one piece; nil when there is more in it than so many pages.
    private func lookAtJournal(
        of table: String, _ triggers: [CompiledTrigger], from since: Timestamp, until: Timestamp, _ most: Int
    ) async throws(Problem) -> Int? {
        let schema = try TriggerTables.schema(of: table)
        let fields = Set(triggers.flatMap(\.condition.fields)).sorted()
        let journal = TriggerJournal(client: client, schema: schema, fields: fields, credential: own)
        var history = TriggerHistory(journal)
        var (token, noted, pages) = ("", 0, 0)
        repeat {
            let page = try await journal.page(from: since, until: until, behind: token)
            let occurrences = history.take(page).flatMap { change in
                triggers.compactMap { trigger in
                    trigger.edge(of: change).map { edge in
                        Firings.Occurrence(
                            trigger: trigger.id, edge: edge, table: table, record: change.record, domain: change.domain,
                            at: change.at, cause: change.cause, engagement: change.engagement)
                    }
                }
            }
            noted += try await note(occurrences)
            (token, pages) = (page.nextPageToken, pages + 1)
        } while !token.isEmpty && pages < most
        return token.isEmpty ? noted : nil
    }

    // MARK: What was looked at

    /// How far something was looked at.
    struct Looked: Sendable {
        let until: Timestamp
        /// The page with which a look goes on that was left off; empty for none.
        let page: String
    }

    func looked(_ subject: String) async throws(Problem) -> Looked? {
        try await asService { tx in
            try tx.query("SELECT looked_until, page_token FROM play_launcher.trigger_look WHERE subject = \(subject)")
                .first
                .map {
                    Looked(
                        until: Timestamp(microseconds: try $0.timestamp(Column.until)), page: try $0.string(Column.page)
                    )
                }
        }
    }

    /// Notes how far something was looked at, and with which page that goes on.
    func look(_ subject: String, until: Timestamp, page: String = "") async throws(Problem) {
        try await asService { tx in
            tx.send(
                """
                INSERT INTO play_launcher.trigger_look (subject, domain, looked_until, page_token) \
                VALUES (\(subject), '/', \(until.sqlValue), \(page)) ON CONFLICT (subject) DO UPDATE SET \
                looked_until = greatest(trigger_look.looked_until, excluded.looked_until), page_token = excluded.page_token
                """)
        }
    }

    func note(_ occurrences: [Firings.Occurrence]) async throws(Problem) -> Int {
        guard !occurrences.isEmpty else { return 0 }
        let (firings, now) = (firings, database.clock.now)
        let noted = try await asService { tx in try firings.note(occurrences, now: now, in: tx) }
        if noted > 0 { launcher.wake.notify() }
        return noted
    }

    func asService<T: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: .root), body)
    }
}
