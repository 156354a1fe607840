import PlayLauncherWire
import RPC
import Records
import Tenancy
import Wire

/// One back-test at work. It holds a page, the newest launches, and, where time matters, the values that records went through.
struct BackTest: Sendable {
    let trigger: CompiledTrigger
    let since: Timestamp
    let until: Timestamp
    let deadline: Deadline
    let journal: TriggerJournal
    /// Which of these causes have the trigger itself behind them: what its own plays bring about does not count.
    var own: @Sendable (Set<String>) async throws(Problem) -> Set<String> = { _ async throws(Problem) in [] }

    /// Most times of a schedule that are looked at.
    private static let times = 10_000
    /// After so many records or times judged the deadline is looked at.
    private static let stretch = 500

    /// A launch that would have been.
    struct Launch: Sendable {
        let record: String
        let edge: TriggerEdge
        let at: Timestamp
        let by: String
        let cause: String?
    }

    /// Launches, of which the newest are kept.
    struct Launches: Sendable {
        /// Most that are listed.
        static let listed = 1_000

        private(set) var count = 0
        private var kept: [Launch] = []
        private var days: [CivilDate: Int] = [:]

        mutating func add(_ launch: Launch) {
            count += 1
            days[launch.at.day, default: 0] += 1
            kept.append(launch)
            if kept.count >= 2 * Self.listed { kept = newest }
        }

        /// The newest first.
        var newest: [Launch] {
            Array(kept.sorted { ($1.at, $1.record) < ($0.at, $0.record) }.prefix(Self.listed))
        }

        /// How many are more than `limit` of a day.
        func beyond(_ limit: Int) -> Int { days.values.reduce(0) { $0 + max(0, $1 - limit) } }
    }

    struct Outcome: Sendable {
        var launches = Launches()
        var changes = 0
        /// Changes of records that are gone.
        var gone = 0
        var isCut = false
        /// From when on everything was looked at.
        var since: Timestamp
    }

    /// The values of one record from an instant on.
    private struct Spell {
        let from: Timestamp
        /// nil when it was deleted then.
        let values: FieldTexts?
    }

    /// The values of one record over time.
    private struct Spells {
        /// The newest first.
        var spells: [Spell] = []
        /// What stood before all of them; nil for what began by the first.
        var first: FieldTexts?
        /// Where it was, of one that is deleted.
        var gone: DomainPath?
    }

    /// Whether what time brings is looked for: the beginning of days, or times of a schedule.
    private var looksAtTimes: Bool { trigger.condition.isTimed || trigger.clock != nil }

    /// Works it out, looking at no more than so many changes and records, and keeping `rest` of the time.
    func run(changes most: Int, records: Int, rest: Duration) async throws(Problem) -> Outcome {
        var outcome = Outcome(since: since)
        var spells: [String: Spells] = [:]
        if !trigger.condition.fields.isEmpty {
            var history = TriggerHistory(journal)
            var token = ""
            repeat {
                let page = try await journal.page(from: since, until: until, behind: token)
                let observed = history.take(page)
                try await add(observed, to: &outcome)
                if looksAtTimes {
                    for change in observed {
                        spells[change.record, default: Spells()].spells.append(
                            Spell(from: change.at, values: change.after))
                        spells[change.record]?.first = change.before
                        if change.after == nil { spells[change.record]?.gone = change.domain }
                    }
                }
                outcome.changes += page.changes.count
                outcome.gone += page.changes.count - observed.count
                token = page.nextPageToken
                if !token.isEmpty, outcome.changes >= most || deadline.remaining < rest {
                    outcome.isCut = true
                    outcome.since = page.changes.last?.at?.kept ?? until
                    break
                }
            } while !token.isEmpty
        }
        if looksAtTimes { try await lookAtTimes(&outcome, spells, records, rest) }
        return outcome
    }

    private func add(_ changes: [ObservedChange], to outcome: inout Outcome) async throws(Problem) {
        let launches = changes.compactMap { change in
            trigger.edge(of: change).map {
                Launch(record: change.record, edge: $0, at: change.at, by: change.by, cause: change.cause)
            }
        }
        let causes = Set(launches.compactMap(\.cause))
        let own = causes.isEmpty ? [] : try await own(causes)
        for launch in launches where launch.cause.map({ !own.contains($0) }) ?? true { outcome.launches.add(launch) }
    }

    // MARK: Time

    /// The times at which something may have come about by itself, the newest first.
    private func times(_ outcome: inout Outcome) -> [Timestamp] {
        let first = outcome.since
        guard let clock = trigger.clock else {
            let days = first.day.days + 1...max(first.day.days + 1, until.day.days)
            return days.reversed().map { .midnight(of: CivilDate(days: $0)) }.filter { $0 <= until }
        }
        let times = clock.times(after: first, through: until, atMost: Self.times + 1)
        guard times.count > Self.times else { return times }
        // Of more times the newest are looked at.
        outcome.isCut = true
        outcome.since = times[Self.times]
        return times.dropLast()
    }

    private func lookAtTimes(
        _ outcome: inout Outcome, _ spells: [String: Spells], _ most: Int, _ rest: Duration
    ) async throws(Problem) {
        let times = times(&outcome)
        guard !times.isEmpty else { return }
        var (token, seen, judged) = ("", 0, 0)
        for (id, spells) in spells {
            guard let domain = spells.gone else { continue }
            let record = TriggerJournal.Present(
                id: id, domain: domain, createdAt: Timestamp(), updatedAt: until, values: [:])
            guard look(at: record, spells, times, &judged, rest, &outcome) else { return leaveOff(&outcome) }
        }
        repeat {
            let page = try await journal.records(behind: token)
            for record in page.records where spells[record.id]?.gone == nil {
                guard look(at: record, spells[record.id], times, &judged, rest, &outcome) else {
                    return leaveOff(&outcome)
                }
            }
            seen += page.records.count
            token = page.next
            if !token.isEmpty, seen >= most || deadline.remaining < rest { return leaveOff(&outcome) }
        } while !token.isEmpty
    }

    /// There are records that were not looked at, at no time.
    private func leaveOff(_ outcome: inout Outcome) { (outcome.isCut, outcome.since) = (true, until) }

    /// Judges a record at each of the times, the newest first; false when there is no more time for that.
    private func look(
        at record: TriggerJournal.Present, _ known: Spells?, _ times: [Timestamp], _ judged: inout Int,
        _ rest: Duration,
        _ outcome: inout Outcome
    ) -> Bool {
        var place = 0
        let spells = known?.spells ?? []
        for time in times {
            guard record.createdAt < time else { return true }
            judged += 1
            if judged % Self.stretch == 0, deadline.remaining < rest { return false }
            // The newest spell that had begun; before all of them what stood before the first change.
            while place < spells.count, spells[place].from >= time { place += 1 }
            let values = place < spells.count ? spells[place].values : known == nil ? record.values : known?.first
            guard let values, let edge = edge(at: time, values, in: record.domain) else { continue }
            outcome.launches.add(Launch(record: record.id, edge: edge, at: time, by: "", cause: nil))
        }
        return true
    }

    private func edge(at time: Timestamp, _ values: FieldTexts, in domain: DomainPath) -> TriggerEdge? {
        guard trigger.clock != nil else {
            return trigger.edge(ofDay: time.day, after: time.day.adding(days: -1), values, in: domain)
        }
        return trigger.concerns(domain, time) && trigger.condition.holds(values, on: time.day) ? .schedule : nil
    }
}
