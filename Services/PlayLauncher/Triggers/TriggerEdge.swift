import PlayLauncherWire
import Tenancy
import Wire

/// How a record met a trigger.
enum TriggerEdge: String, Sendable {
    case entering, leaving, schedule, event
}

/// A change of a record as triggers see it: from an event, or from the journal of its owner.
struct ObservedChange: Sendable {
    let record: String
    let domain: DomainPath
    /// To the microsecond: with the record it says which change it is, wherever it is heard of.
    let at: Timestamp
    /// Who did it.
    let by: String
    /// What it follows from, where nobody asked for it: the firing whose play made it.
    let cause: String?
    /// The values before it; nil when the record began by it.
    let before: FieldTexts?
    /// The values behind it; nil when the record was deleted by it.
    let after: FieldTexts?
    /// What the record belongs to, where plays of its table are launched from there.
    var engagement: String?
}

/// A trigger that is ready to look at records.
struct CompiledTrigger: Sendable {
    let id: String
    let domain: DomainPath
    let table: String
    let startsOn: String
    let condition: TriggerCondition
    let start: TriggerStart
    let actsAs: String
    /// Since when it is active; nil for one that is only tried.
    let activatedAt: Timestamp?
    let dailyLimit: Int

    /// The same trigger with a condition that says the same.
    func looking(by condition: TriggerCondition) -> CompiledTrigger {
        CompiledTrigger(
            id: id, domain: domain, table: table, startsOn: startsOn, condition: condition, start: start,
            actsAs: actsAs, activatedAt: activatedAt, dailyLimit: dailyLimit)
    }

    /// The times at which it launches, where it does so by the clock.
    var clock: TriggerClock? { if case .times(let clock) = start { clock } else { nil } }

    /// Whether it launches when records change.
    var isOnEdges: Bool { if case .edges = start { true } else { false } }

    /// Whether it is judged by what records held before: such fields must be journaled.
    var readsJournal: Bool { isOnEdges || clock != nil }

    /// Whether the edge is one that it launches at.
    func takes(_ edge: TriggerEdge) -> Bool {
        switch startsOn {
        case PlayTrigger.StartsOn.entering: edge == .entering
        case PlayTrigger.StartsOn.leaving: edge == .leaving
        case PlayTrigger.StartsOn.both: edge == .entering || edge == .leaving
        default: edge == .schedule || edge == .event
        }
    }

    /// Whether what happened there and then concerns it at all.
    func concerns(_ place: DomainPath, _ at: Timestamp) -> Bool {
        domain.contains(place) && activatedAt.map { $0 <= at } ?? true
    }

    /// The edge that a change is; nil when it is none for this trigger. It follows from the change alone, so that it does not
    /// matter in which order, or how often, changes are heard of.
    func edge(of change: ObservedChange) -> TriggerEdge? {
        guard isOnEdges, concerns(change.domain, change.at) else { return nil }
        let day = change.at.day
        return edge(
            from: change.before.map { condition.holds($0, on: day) } ?? false,
            to: change.after.map { condition.holds($0, on: day) } ?? false)
    }

    /// The edge that the beginning of `day` is for a record with these values, which was looked at last on the day `last`.
    func edge(ofDay day: CivilDate, after last: CivilDate, _ values: FieldTexts, in place: DomainPath) -> TriggerEdge? {
        guard isOnEdges, condition.isTimed, concerns(place, .midnight(of: day)) else { return nil }
        return edge(from: condition.holds(values, on: last), to: condition.holds(values, on: day))
    }

    func edge(from was: Bool, to isNow: Bool) -> TriggerEdge? {
        guard was != isNow else { return nil }
        let edge: TriggerEdge = isNow ? .entering : .leaving
        return takes(edge) ? edge : nil
    }
}
