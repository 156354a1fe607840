import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What triggers are looked after by besides events, on the leading instance: changes whose events were lost are found in the
/// journals of their owners, days that have begun are looked at for what time changes, and what is due by a schedule is found.
/// Each look may be repeated: what was written down is not written down again.
extension PlayTriggers {
    /// How far behind the clock journals are read: what is being written is then there.
    static let margin: Int64 = 60
    /// How much of what was read before is read again, for clocks that differ.
    private static let overlap: Int64 = 120
    /// How long a piece of a journal is that is read at once, in seconds.
    private static let piece: Int64 = 3_600
    /// How often journals are read, in seconds.
    private static let pause: Int64 = 600
    /// Most pages of one look.
    private static let pages = 1_000

    private enum Column: String {
        case count, latest
        case until = "looked_until"
    }

    /// Looks until the task is cancelled.
    func look() async {
        var last: Timestamp?
        while !Task.isCancelled {
            let now = database.clock.now
            do throws(Problem) {
                try await refresh()
                try await lookAtSchedules()
                if last.map({ now.seconds - $0.seconds >= Self.pause }) ?? true {
                    try await lookAtDays()
                    try await lookAtJournals()
                    last = now
                }
            } catch {
                database.log.warning("triggers wait", metadata: ["cause": "\(error.cause ?? error.text.en)"])
            }
            try? await Task.sleep(for: .seconds(20))
        }
    }

    /// Reads which triggers are active as long as the task is not cancelled, on every instance.
    func keepKnown() async {
        while !Task.isCancelled {
            do throws(Problem) {
                try await refresh()
            } catch {
                database.log.warning("triggers are not known", metadata: ["cause": "\(error.cause ?? error.text.en)"])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Takes in which triggers are active, when these are others than before.
    func refresh() async throws(Problem) {
        let database = database
        let known = index.edition
        let (edition, found) = try await asService { tx -> (TriggerIndex.Edition, [PlayTrigger]?) in
            // Whoever turns one on writes it; where only fewer are on, their number is another.
            let row = try tx.query(
                "SELECT count(*) AS count, coalesce(max(updated_at), 'epoch') AS latest FROM play_launcher.play_trigger WHERE active"
            ).first
            let edition = TriggerIndex.Edition(
                count: try row?.int(Column.count) ?? 0, latest: try row?.timestamp(Column.latest) ?? 0)
            guard edition != known else { return (edition, nil) }
            return (
                edition, try Store<PlayTrigger>(database).find(where: "active ORDER BY id LIMIT \(Self.most)", in: tx)
            )
        }
        guard let found else { return }
        index.replace(
            edition,
            with: found.compactMap { trigger in
                do throws(Problem) {
                    return try library.compiled(trigger)
                } catch {
                    database.log.error(
                        "a trigger cannot be read", metadata: ["trigger": "\(trigger.id)", "cause": "\(error.text.en)"])
                    return nil
                }
            })
    }

    // MARK: Journals

    /// Finds the changes whose events have not had their effect; answers how many firings there are of it.
    @discardableResult
    func lookAtJournals() async throws(Problem) -> Int {
        var noted = 0
        let now = database.clock.now
        let end = Timestamp(seconds: now.seconds - Self.margin)
        let byTable = Dictionary(grouping: index.triggers.filter { $0.schedule == nil }, by: \.table)
        for (table, triggers) in byTable.sorted(by: { $0.key < $1.key }) {
            let first = triggers.compactMap(\.activatedAt).min() ?? end
            let known = try await looked("journal \(table)")
            var since = known.map { max(first, Timestamp(seconds: $0.seconds - Self.overlap)) } ?? first
            while since < end {
                let until = min(end, Timestamp(seconds: since.seconds + Self.piece))
                noted += try await lookAtJournal(of: table, triggers, from: since, until: until)
                try await look("journal \(table)", until: until)
                since = until
            }
        }
        return noted
    }

    private func lookAtJournal(
        of table: String, _ triggers: [CompiledTrigger], from since: Timestamp, until: Timestamp
    ) async throws(Problem) -> Int {
        let schema = try TriggerTables.schema(of: table)
        let fields = Set(triggers.flatMap(\.condition.fields)).sorted()
        let journal = TriggerJournal(client: client, schema: schema, fields: fields, credential: own)
        var history = TriggerHistory(fields)
        var (token, noted, pages) = ("", 0, 0)
        repeat {
            let page = try await journal.page(from: since, until: until, behind: token)
            let occurrences = history.take(page).flatMap { change in
                triggers.compactMap { trigger in
                    trigger.edge(of: change).map { edge in
                        Firings.Occurrence(
                            trigger: trigger.id, edge: edge, table: table, record: change.record, domain: change.domain,
                            at: change.at, cause: change.cause)
                    }
                }
            }
            noted += try await note(occurrences)
            (token, pages) = (page.nextPageToken, pages + 1)
        } while !token.isEmpty && pages < Self.pages
        if !token.isEmpty { leaveOff(table) }
        return noted
    }

    // MARK: Days

    /// Finds what the beginning of days has changed, by the values that records had when the present day began.
    @discardableResult
    func lookAtDays() async throws(Problem) -> Int {
        var noted = 0
        let today = database.clock.now.day
        let timed = index.triggers.filter { $0.schedule == nil && $0.condition.isTimed }
        for (table, triggers) in Dictionary(grouping: timed, by: \.table).sorted(by: { $0.key < $1.key }) {
            let known = try await looked("days \(table)")
            // The day that a trigger was activated on is the first that it knows.
            let last = known?.day ?? triggers.compactMap { $0.activatedAt?.day }.min() ?? today
            if last < today { noted += try await lookAtDay(today, after: last, table, triggers) }
            try await look("days \(table)", until: .midnight(of: today))
        }
        return noted
    }

    private func lookAtDay(
        _ today: CivilDate, after last: CivilDate, _ table: String, _ triggers: [CompiledTrigger]
    ) async throws(Problem) -> Int {
        let fields = Set(triggers.flatMap(\.condition.fields)).sorted()
        let journal = TriggerJournal(
            client: client, schema: try TriggerTables.schema(of: table), fields: fields, credential: own)
        let midnight = Timestamp.midnight(of: today)
        var (token, noted, pages) = ("", 0, 0)
        repeat {
            let page = try await journal.records(behind: token)
            var occurrences: [Firings.Occurrence] = []
            for record in page.records where record.createdAt < midnight {
                var values = record.values
                if record.updatedAt >= midnight, let then = try await self.values(of: record, at: midnight, journal) {
                    values = then
                }
                for trigger in triggers {
                    let first = max(last, trigger.activatedAt?.day ?? last)
                    guard first < today,
                        let edge = trigger.edge(ofDay: today, after: first, values, in: record.domain)
                    else { continue }
                    occurrences.append(
                        Firings.Occurrence(
                            trigger: trigger.id, edge: edge, table: table, record: record.id, domain: record.domain,
                            at: midnight, cause: nil))
                }
            }
            noted += try await note(occurrences)
            (token, pages) = (page.next, pages + 1)
        } while !token.isEmpty && pages < Self.pages
        if !token.isEmpty { leaveOff(table) }
        return noted
    }

    /// The values that a record had at an instant, which it has been changed since.
    private func values(
        of record: TriggerJournal.Present, at instant: Timestamp, _ journal: TriggerJournal
    ) async throws(Problem) -> FieldTexts? {
        var history = TriggerHistory(journal.fields)
        var (token, values): (String, FieldTexts?) = ("", nil)
        repeat {
            let page = try await journal.page(
                from: instant, until: Timestamp(seconds: database.clock.now.seconds + 1), of: record.id, behind: token)
            if let first = history.take(page).last { values = first.before }
            token = page.nextPageToken
        } while !token.isEmpty
        return values
    }

    // MARK: Schedules

    /// Finds the records that meet their conditions at the last time that schedules were due; times that were missed are not
    /// made up for.
    @discardableResult
    func lookAtSchedules() async throws(Problem) -> Int {
        var noted = 0
        let now = database.clock.now
        for trigger in index.triggers {
            guard let schedule = trigger.schedule, let first = trigger.activatedAt else { continue }
            let subject = "schedule \(trigger.id)"
            let known = try await looked(subject).map { max(first, $0) } ?? first
            guard let due = schedule.last(after: known, through: now) else { continue }
            do throws(Problem) {
                let caller = try await person.caller(trigger.actsAs, of: trigger.domain)
                noted += try await lookAtSchedule(trigger, due, as: caller)
            } catch {
                // Whom it acts as is gone or may not look any more, or a service is away: no other trigger waits for that.
                database.log.warning(
                    "a trigger on a schedule does not look",
                    metadata: ["trigger": "\(trigger.id)", "cause": "\(error.cause ?? error.text.en)"])
                if error.mayPass { continue }
            }
            try await look(subject, until: due)
        }
        return noted
    }

    private func lookAtSchedule(
        _ trigger: CompiledTrigger, _ due: Timestamp, as caller: Caller
    ) async throws(Problem) -> Int {
        let journal = TriggerJournal(
            client: client, schema: try TriggerTables.schema(of: trigger.table), fields: trigger.condition.fields,
            credential: issuer.credential(for: caller, by: PlayLauncher.name))
        var (token, noted) = ("", 0)
        repeat {
            let page = try await journal.records(trigger.condition.text, behind: token)
            let met = page.records.filter {
                trigger.concerns($0.domain, due) && trigger.condition.holds($0.values, on: due.day)
            }
            noted += try await note(
                met.map {
                    Firings.Occurrence(
                        trigger: trigger.id, edge: .schedule, table: trigger.table, record: $0.id, domain: $0.domain,
                        at: due, cause: nil)
                })
            token = page.next
        } while !token.isEmpty && noted < trigger.dailyLimit
        return noted
    }

    // MARK: What was looked at

    private func looked(_ subject: String) async throws(Problem) -> Timestamp? {
        try await asService { tx in
            try tx.query("SELECT looked_until FROM play_launcher.trigger_look WHERE subject = \(subject)").first.map {
                Timestamp(microseconds: try $0.timestamp(Column.until))
            }
        }
    }

    private func look(_ subject: String, until: Timestamp) async throws(Problem) {
        try await asService { tx in
            tx.send(
                """
                INSERT INTO play_launcher.trigger_look (subject, domain, looked_until) \
                VALUES (\(subject), '/', \(until.sqlValue)) ON CONFLICT (subject) \
                DO UPDATE SET looked_until = greatest(trigger_look.looked_until, excluded.looked_until)
                """)
        }
    }

    private func leaveOff(_ table: String) {
        database.log.error("there is more than triggers look at", metadata: ["table": "\(table)"])
    }

    private func note(_ occurrences: [Firings.Occurrence]) async throws(Problem) -> Int {
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
