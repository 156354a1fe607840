import PlayLauncherWire
import RPC
import Records
import Tenancy
import Wire

/// What time brings: the beginning of days, and times of schedules.
extension PlayTriggers {
    /// Most pages of records of one look at a day: the next look goes on behind them.
    private static let pages = 200

    // MARK: Days

    /// Finds what the beginning of days has changed, by the values that records had when the present day began.
    @discardableResult
    func lookAtDays(pages: Int = Self.pages) async throws(Problem) -> Int {
        var noted = 0
        let today = database.clock.now.day
        let timed = index.triggers.filter { $0.isOnEdges && $0.condition.isTimed }
        for (table, triggers) in Dictionary(grouping: timed, by: \.table).sorted(by: { $0.key < $1.key }) {
            do throws(Problem) {
                noted += try await lookAtDays(until: today, of: table, triggers, pages)
            } catch {
                database.log.warning(
                    "a day waits", metadata: ["table": "\(table)", "cause": "\(error.cause ?? error.text.en)"])
            }
        }
        return noted
    }

    private func lookAtDays(
        until today: CivilDate, of table: String, _ triggers: [CompiledTrigger], _ pages: Int
    ) async throws(Problem) -> Int {
        let subject = "days \(table)"
        let known = try await looked(subject)
        // The day that a trigger was activated on is the first that it knows.
        let last = known?.until.day ?? triggers.compactMap { $0.activatedAt?.day }.min() ?? today
        guard last < today else {
            if known == nil { try await look(subject, until: .midnight(of: today)) }
            return 0
        }
        // A look that was left off is of a day: what has begun since is looked at from the first record on.
        let open = try await looked("\(subject) open")
        let first = open.map { $0.until.day == today ? $0.page : "" } ?? ""
        let (noted, next) = try await lookAtDay(today, after: last, table, triggers, from: first, pages)
        try await look("\(subject) open", until: .midnight(of: today), page: next)
        if next.isEmpty { try await look(subject, until: .midnight(of: today)) }
        return noted
    }

    /// Looks at so many pages of records; answers how many firings there are of it, and the page with which it goes on.
    private func lookAtDay(
        _ today: CivilDate, after last: CivilDate, _ table: String, _ triggers: [CompiledTrigger], from first: String,
        _ most: Int
    ) async throws(Problem) -> (noted: Int, next: String) {
        let fields = Set(triggers.flatMap(\.condition.fields)).sorted()
        let journal = TriggerJournal(
            client: client, schema: try TriggerTables.schema(of: table), fields: fields, credential: own)
        let midnight = Timestamp.midnight(of: today)
        func occurrences(
            _ record: String, _ domain: DomainPath, _ values: FieldTexts, engagement: String? = nil
        ) -> [Firings.Occurrence] {
            triggers.compactMap { trigger in
                let first = max(last, trigger.activatedAt?.day ?? last)
                guard first < today, let edge = trigger.edge(ofDay: today, after: first, values, in: domain) else {
                    return nil
                }
                return Firings.Occurrence(
                    trigger: trigger.id, edge: edge, table: table, record: record, domain: domain, at: midnight,
                    cause: nil, engagement: engagement)
            }
        }
        var (token, noted, pages) = (first, 0, 0)
        repeat {
            let page = try await journal.records(behind: token)
            var found: [Firings.Occurrence] = []
            for record in page.records where record.createdAt < midnight {
                var values = record.values
                if record.updatedAt >= midnight, let then = try await self.values(of: record, at: midnight, journal) {
                    values = then
                }
                found += occurrences(record.id, record.domain, values)
            }
            noted += try await note(found)
            (token, pages) = (page.next, pages + 1)
        } while !token.isEmpty && pages < most
        guard token.isEmpty else { return (noted, token) }
        // What was deleted since the day began was there when it did.
        let gone = try await journal.values(at: midnight, until: database.clock.now).filter(\.value.isGone)
        noted += try await note(
            gone.sorted { $0.key < $1.key }.flatMap { id, then in
                then.values.map { occurrences(id, then.domain, $0, engagement: then.engagement) } ?? []
            })
        return (noted, token)
    }

    /// The values that a record had at an instant, which it has been changed since.
    private func values(
        of record: TriggerJournal.Present, at instant: Timestamp, _ journal: TriggerJournal
    ) async throws(Problem) -> FieldTexts? {
        try await journal.values(at: instant, until: database.clock.now, of: record.id)[record.id]?.values
    }

    // MARK: Schedules

    /// Finds the records that met their conditions at the last time that schedules were due; times that were missed are not
    /// made up for.
    @discardableResult
    func lookAtSchedules() async throws(Problem) -> Int {
        var noted = 0
        let now = database.clock.now
        for trigger in index.triggers {
            guard let clock = trigger.clock, let first = trigger.activatedAt else { continue }
            let subject = "schedule \(trigger.id)"
            do throws(Problem) {
                let known = try await looked(subject).map { max(first, $0.until) } ?? first
                guard let due = clock.last(after: known, through: now) else { continue }
                do throws(Problem) {
                    let caller = try await person.caller(trigger.actsAs, of: trigger.domain)
                    noted += try await lookAtSchedule(trigger, due, as: caller)
                } catch {
                    // Whom it acts as is gone or may not look any more: that is not tried for ever.
                    if error.mayPass { throw error }
                    leave(trigger, error)
                }
                try await look(subject, until: due)
            } catch {
                leave(trigger, error)
            }
        }
        return noted
    }

    func leave(_ trigger: CompiledTrigger, _ problem: Problem) {
        database.log.warning(
            "a trigger on a schedule does not look",
            metadata: ["trigger": "\(trigger.id)", "cause": "\(problem.cause ?? problem.text.en)"])
    }

    /// Whether a trigger may launch more plays today: what would only be refused is not written down each time.
    func mayLaunch(_ trigger: CompiledTrigger) async throws(Problem) -> Bool {
        let (firings, now) = (firings, database.clock.now)
        let launched = try await asService { tx in
            try firings.launched(by: trigger.id, limit: trigger.dailyLimit, now: now, in: tx)
        }
        return launched < trigger.dailyLimit
    }

    /// Judges records by the values that they had when it was due, as a back-test does: of those that were changed since, the
    /// journal knows them.
    private func lookAtSchedule(
        _ trigger: CompiledTrigger, _ due: Timestamp, as caller: Caller
    ) async throws(Problem) -> Int {
        let now = database.clock.now
        guard try await mayLaunch(trigger) else { return 0 }
        let condition = trigger.condition
        let journal = TriggerJournal(
            client: client, schema: try TriggerTables.schema(of: trigger.table), fields: condition.fields,
            credential: issuer.credential(for: caller, by: PlayLauncher.name))
        var then = condition.fields.isEmpty ? [:] : try await journal.values(at: due, until: now)
        var noted = 0
        func note(_ met: [(record: String, domain: DomainPath, engagement: String?)]) async throws(Problem) {
            noted += try await self.note(
                met.map {
                    Firings.Occurrence(
                        trigger: trigger.id, edge: .schedule, table: trigger.table, record: $0.record,
                        domain: $0.domain, at: due, cause: nil, engagement: $0.engagement)
                })
        }
        func isMet(_ values: FieldTexts?, in domain: DomainPath) -> Bool {
            values.map { trigger.concerns(domain, due) && condition.holds($0, on: due.day) } ?? false
        }
        // What is asked of now is not what was so on another day.
        let filter = condition.isTimed && due.day != now.day ? "" : condition.text
        var token = ""
        repeat {
            let page = try await journal.records(filter, behind: token)
            let met = page.records.filter { record in
                record.createdAt < due && then[record.id] == nil && isMet(record.values, in: record.domain)
            }
            try await note(met.map { ($0.id, $0.domain, nil) })
            token = page.next
        } while !token.isEmpty && noted < trigger.dailyLimit
        then = then.filter { isMet($0.value.values, in: $0.value.domain) }
        try await note(then.sorted { $0.key < $1.key }.map { ($0.key, $0.value.domain, $0.value.engagement) })
        return noted
    }
}

extension TriggerJournal {
    /// What a record held at an instant.
    struct Then: Sendable {
        let domain: DomainPath
        /// nil when it was not there yet.
        var values: FieldTexts?
        /// Whether it was deleted since.
        var isGone = false
        /// What it belonged to, of one that was.
        var engagement: String?
    }

    /// What records held that were changed from `instant` on, at that instant.
    func values(
        at instant: Timestamp, until now: Timestamp, of record: String = ""
    ) async throws(Problem) -> [String: Then] {
        var history = TriggerHistory(self)
        var (token, found) = ("", [String: Then]())
        repeat {
            let page = try await page(
                from: instant, until: Timestamp(seconds: now.seconds + 1), of: record, behind: token)
            for change in history.take(page) {
                found[change.record, default: Then(domain: change.domain)].values = change.before
                guard change.after == nil else { continue }
                found[change.record]?.isGone = true
                found[change.record]?.engagement = change.engagement
            }
            token = page.nextPageToken
        } while !token.isEmpty
        return found
    }
}
