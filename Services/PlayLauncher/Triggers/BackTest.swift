import PlayLauncherWire
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What a trigger would have done, worked out from the journal of its table by the same edges as what it does.
extension PlayTriggers {
    /// Days of one back-test unless it says another number, and the most.
    private static let days: (standard: Int32, most: Int32) = (90, 365)
    /// Most changes that are looked at.
    private static let changes = 300_000
    /// Most records that the beginning of days is looked at for.
    private static let records = 20_000
    /// Most launches that are listed.
    private static let listed = 1_000
    /// Time that is kept for the answer.
    private static let rest: Duration = .milliseconds(1_500)

    func backTest(
        _ request: BackTestPlayTriggerRequest, _ call: Call
    ) async throws(Problem) -> BackTestPlayTriggerResponse {
        let trigger = try await tried(request, call)
        guard (0...Self.days.most).contains(request.days) else {
            throw .invalid(
                field: BackTestPlayTriggerRequest.Field.days,
                Text(
                    en: "A back-test looks 1 to \(Self.days.most) days back.",
                    ko: "1~\(grouped: Int(Self.days.most))일 전까지 확인할 수 있습니다."))
        }
        let days = request.days == 0 ? Self.days.standard : request.days
        let now = database.clock.now
        let since = Timestamp(seconds: now.seconds - Int64(days) * 86_400)
        let test = BackTest(
            trigger: trigger, since: since, until: now, deadline: call.deadline,
            journal: TriggerJournal(
                client: client, schema: try TriggerTables.schema(of: trigger.table), fields: trigger.condition.fields,
                credential: nil))
        var outcome = try await test.run(changes: Self.changes, records: Self.records, rest: Self.rest)
        // What a play of the trigger has brought about itself does not count.
        if !trigger.id.isEmpty {
            let causes = Set(outcome.launches.compactMap(\.cause))
            let firings = firings
            let own = try await asService { tx in try firings.following(trigger.id, among: causes, in: tx) }
            outcome.launches.removeAll { $0.cause.map(own.contains) ?? false }
        }
        outcome.launches.sort { ($1.at, $1.record) < ($0.at, $0.record) }
        var response = BackTestPlayTriggerResponse()
        response.launches = outcome.launches.prefix(Self.listed).map { launch in
            var shown = BackTestedLaunch()
            (shown.sourceTable, shown.sourceRecord) = (trigger.table, launch.record)
            (shown.edge, shown.at, shown.by) = (launch.edge.rawValue, launch.at, launch.by)
            return shown
        }
        response.count = Int64(outcome.launches.count)
        response.changes = Int64(outcome.changes)
        (response.cut, response.since) = (outcome.isCut, outcome.since)
        return response
    }

    /// The trigger that is tried: a saved one, with what the request says of it, or one that is not saved.
    private func tried(_ request: BackTestPlayTriggerRequest, _ call: Call) async throws(Problem) -> CompiledTrigger {
        try Access.requireProvider(.read, on: PlayTrigger.schema.table, call.caller)
        var trigger = PlayTrigger()
        if request.id.isEmpty {
            trigger.domain = call.caller.domain.path
        } else {
            trigger = try await known(request.id, .read, call)
        }
        let given = request.playTrigger ?? PlayTrigger()
        for field in PlayTrigger.said where !given[field: field].isEmpty { trigger[field: field] = given[field: field] }
        if trigger.actsAs == nil { trigger.actsAs = call.caller.subject }
        trigger.active = false
        guard Access.allows(call.caller.roles, .read, on: trigger.sourceTable ?? "") else {
            _ = try TriggerTables.schema(of: trigger.sourceTable ?? "")
            throw .permissionDenied()
        }
        return try trigger.compiled(roles: call.caller.roles)
    }
}

/// One back-test at work.
struct BackTest: Sendable {
    let trigger: CompiledTrigger
    let since: Timestamp
    let until: Timestamp
    let deadline: Deadline
    let journal: TriggerJournal

    /// A launch that would have been.
    struct Launch: Sendable {
        let record: String
        let edge: TriggerEdge
        let at: Timestamp
        let by: String
        let cause: String?
    }

    struct Outcome: Sendable {
        var launches: [Launch] = []
        var changes = 0
        var isCut = false
        /// From when on everything was looked at.
        var since: Timestamp
    }

    /// The values of one record over time, the newest first: those from an instant on.
    private struct Spell {
        let from: Timestamp
        let values: FieldTexts
    }

    /// Whether what time brings is looked for: the beginning of days, or times of a schedule.
    private var looksAtTimes: Bool { trigger.condition.isTimed || trigger.schedule != nil }

    /// Works it out, looking at no more than so many changes and records, and keeping `rest` of the time.
    func run(changes most: Int, records: Int, rest: Duration) async throws(Problem) -> Outcome {
        var outcome = Outcome(since: since)
        var spells: [String: (spells: [Spell], first: FieldTexts?)] = [:]
        if !trigger.condition.fields.isEmpty {
            var history = TriggerHistory(trigger.condition.fields)
            var token = ""
            repeat {
                let page = try await journal.page(from: since, until: until, behind: token)
                for change in history.take(page) {
                    if let edge = trigger.edge(of: change) {
                        outcome.launches.append(
                            Launch(
                                record: change.record, edge: edge, at: change.at, by: change.by, cause: change.cause))
                    }
                    guard looksAtTimes else { continue }
                    spells[change.record, default: ([], nil)].spells.append(
                        Spell(from: change.at, values: change.after))
                    spells[change.record]?.first = change.before
                }
                outcome.changes += page.changes.count
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

    /// The times at which something may have come about by itself, the oldest first.
    private func times(from first: Timestamp) -> [Timestamp] {
        if let schedule = trigger.schedule { return schedule.times(after: first, through: until, atMost: 10_000) }
        let days = first.day.days + 1...max(first.day.days + 1, until.day.days)
        return days.map { .midnight(of: CivilDate(days: $0)) }.filter { $0 <= until }
    }

    private func lookAtTimes(
        _ outcome: inout Outcome, _ spells: [String: (spells: [Spell], first: FieldTexts?)], _ most: Int,
        _ rest: Duration
    ) async throws(Problem) {
        let times = times(from: outcome.since)
        var (token, seen) = ("", 0)
        repeat {
            let page = try await journal.records(behind: token)
            for record in page.records {
                look(at: record, spells[record.id], times, &outcome)
            }
            seen += page.records.count
            token = page.next
            if !token.isEmpty, seen >= most || deadline.remaining < rest {
                outcome.isCut = true
                break
            }
        } while !token.isEmpty
    }

    private func look(
        at record: TriggerJournal.Present, _ known: (spells: [Spell], first: FieldTexts?)?, _ times: [Timestamp],
        _ outcome: inout Outcome
    ) {
        for time in times where record.createdAt < time {
            // The newest spell that had begun; before all of them what stood before the first change.
            let spell = known?.spells.first { $0.from < time }
            guard let values = spell?.values ?? (known == nil ? record.values : known?.first) else { continue }
            var edge: TriggerEdge?
            if trigger.schedule != nil {
                let isMet = trigger.concerns(record.domain, time) && trigger.condition.holds(values, on: time.day)
                edge = isMet ? .schedule : nil
            } else {
                edge = trigger.edge(ofDay: time.day, after: time.day.adding(days: -1), values, in: record.domain)
            }
            if let edge {
                outcome.launches.append(Launch(record: record.id, edge: edge, at: time, by: "", cause: nil))
            }
        }
    }
}
