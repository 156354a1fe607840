import Filters
import PlayLauncherWire
import RPC
import Records
import Synchronization
import Tenancy
import Wire

/// The active triggers, so arranged that an event which meets none of them is soon told: by the fields that it changes, and by
/// the values that conditions ask for.
final class TriggerIndex: Sendable {
    /// The active triggers of one table. Conditions that are the same are one.
    private struct Table: Sendable {
        struct Group: Sendable {
            let condition: TriggerCondition
            let triggers: [CompiledTrigger]
        }

        let type: any RecordMessage.Type
        let groups: [Group]
        /// The fields of all conditions.
        let fields: Set<String>
        /// A field by whose value groups are found, as it is or as it looks.
        struct Key: Hashable, Sendable {
            let field: String
            let isFolded: Bool
        }

        /// The groups whose condition asks for one value of a field, by field and value.
        let demanded: [Key: [FilterValue: [Int]]]
        /// The others, by the bounds that they ask for.
        let undemanded: TriggerRanges

        init(_ triggers: [CompiledTrigger], _ type: any RecordMessage.Type) {
            self.type = type
            let alike = Dictionary(grouping: triggers) { ObjectIdentifier($0.condition) }
            groups = alike.values.map { Group(condition: $0[0].condition, triggers: $0) }
            fields = Set(groups.flatMap(\.condition.fields))
            var demanded: [Key: [FilterValue: [Int]]] = [:]
            var undemanded: [(place: Int, condition: TriggerCondition)] = []
            for (place, group) in groups.enumerated() {
                if let demand = group.condition.demand {
                    let key = Key(field: demand.field, isFolded: demand.isFolded)
                    demanded[key, default: [:]][demand.value, default: []].append(place)
                } else {
                    undemanded.append((place, group.condition))
                }
            }
            (self.demanded, self.undemanded) = (demanded, TriggerRanges(undemanded))
        }
    }

    /// A trigger that a record met, and how.
    struct Met: Sendable {
        let trigger: CompiledTrigger
        let edge: TriggerEdge
        /// What a record belonged to that is deleted.
        let engagement: String?
    }

    /// Which triggers are active, told by what is soon read.
    struct Edition: Sendable, Equatable {
        let count: Int
        let revisions: Int64
    }

    private struct Known: Sendable {
        var edition: Edition?
        var triggers: [CompiledTrigger] = []
    }

    private let tables = Mutex<[String: Table]>([:])
    private let hearing = Mutex<[String: [CompiledTrigger]]>([:])
    private let known = Mutex(Known())

    /// The triggers that are active.
    var triggers: [CompiledTrigger] { known.withLock(\.triggers) }

    /// What was taken in last.
    var edition: Edition? { known.withLock(\.edition) }

    /// Takes in which triggers are active from now on.
    func replace(_ edition: Edition? = nil, with triggers: [CompiledTrigger]) {
        let unlike = Self.shared(triggers)
        let byTable = Dictionary(grouping: unlike.filter(\.isOnEdges), by: \.table)
        var made: [String: Table] = [:]
        for (table, triggers) in byTable {
            if let type = TriggerTables.types[table] { made[table] = Table(triggers, type) }
        }
        let complete = made
        var byType: [String: [CompiledTrigger]] = [:]
        for trigger in unlike {
            guard case .events(_, let types) = trigger.start else { continue }
            for type in types { byType[type, default: []].append(trigger) }
        }
        let heard = byType
        hearing.withLock { $0 = heard }
        known.withLock { $0 = Known(edition: edition, triggers: unlike) }
        tables.withLock { $0 = complete }
    }

    /// The same triggers, those with equal conditions sharing one.
    private static func shared(_ triggers: [CompiledTrigger]) -> [CompiledTrigger] {
        var conditions: [String: TriggerCondition] = [:]
        return triggers.map { trigger in
            let key = "\(trigger.table)\n\(trigger.condition.key)"
            let condition = conditions[key] ?? trigger.condition
            conditions[key] = condition
            return trigger.looking(by: condition)
        }
    }

    /// The triggers whose schedules name events of this type.
    func hearing(_ type: String) -> [CompiledTrigger] { hearing.withLock { $0[type] ?? [] } }

    /// Whether the schedule of any trigger names such events.
    func isHeard(_ event: RecordEvent) -> Bool {
        guard !hearing.withLock(\.isEmpty) else { return false }
        guard event.action == FlowEvent.action else { return !hearing(FlowEvent.type(of: event)).isEmpty }
        return FlowEvent.heard(event)?.eventType.map { !hearing($0).isEmpty } ?? false
    }

    /// The triggers that an event meets. One of a service that did not yet say what was before meets none: the journal knows.
    /// By its deletion a record ceases to meet what it met.
    func met(by event: RecordEvent) -> [Met] {
        let (isCreation, isDeletion) = (event.action == "created", event.action == "deleted")
        let isWhole = isCreation || isDeletion
        guard isWhole || !event.changedFields.isEmpty, let table = tables.withLock({ $0[event.table] }),
            isWhole || event.changedFields.contains(where: table.fields.contains),
            isWhole || event.changedFields.count == event.oldValues.count,
            let at = event.at?.kept, let domain = DomainPath(event.domain),
            let record = try? table.type.decode(protobuf: event.record)
        else { return [] }
        let change = EventValues(event, record)
        let day = at.day
        let engagement = isDeletion ? TriggerTables.engagement(of: record) : nil
        var found: [Met] = []
        for place in candidates(of: table, change, on: day, isWhole: isWhole) {
            let group = table.groups[place]
            guard isWhole || group.condition.fields.contains(where: change.changes) else { continue }
            let was = !isCreation && group.condition.holds(on: day, change.before)
            let isNow = !isDeletion && group.condition.holds(on: day, change.after)
            guard was != isNow else { continue }
            for trigger in group.triggers where trigger.concerns(domain, at) {
                guard let edge = trigger.edge(from: was, to: isNow) else { continue }
                found.append(Met(trigger: trigger, edge: edge, engagement: engagement))
            }
        }
        return found
    }

    private func candidates(of table: Table, _ change: EventValues, on day: CivilDate, isWhole: Bool) -> [Int] {
        var places = table.undemanded.candidates(
            on: day, isWhole: isWhole, changes: change.changes, before: change.before, after: change.after)
        for (key, groups) in table.demanded {
            let value = change.after(key.field)
            let after = key.isFolded ? value.folded : value
            if let asked = groups[after] { places += asked }
            guard !isWhole, change.changes(key.field) else { continue }
            let old = change.before(key.field)
            let before = key.isFolded ? old.folded : old
            if before != after, let asked = groups[before] { places += asked }
        }
        return places
    }
}

/// The values of the record of an event, before and after, as conditions compare them; each is made once.
private final class EventValues {
    private let record: any RecordMessage
    private let schema: RecordSchema
    private let old: [String: String]
    private var known: [String: FilterValue] = [:]
    private var knownBefore: [String: FilterValue] = [:]

    init(_ event: RecordEvent, _ record: any RecordMessage) {
        self.record = record
        schema = type(of: record).schema
        old = Dictionary(zip(event.changedFields, event.oldValues)) { first, _ in first }
    }

    func changes(_ field: String) -> Bool { old[field] != nil }

    func after(_ field: String) -> FilterValue {
        if let value = known[field] { return value }
        guard let index = schema.index(of: field) else { return .null }
        // By way of the journal's text, so that the journal and the event say the same.
        let value = schema.fields[index].filterValue(journal: record[fieldAt: index].journalText)
        known[field] = value
        return value
    }

    func before(_ field: String) -> FilterValue {
        guard let text = old[field] else { return after(field) }
        if let value = knownBefore[field] { return value }
        let value = schema.field(field)?.filterValue(journal: text) ?? .null
        knownBefore[field] = value
        return value
    }
}
