import CustomerSuccessWire
import OnboardingWire
import Tenancy
import Wire

/// What a change of a record may concern: read once, for all pages that are open.
struct LiveHint {
    let table: String
    let id: String
    let domain: DomainPath?
    /// The case that a task belongs to; empty for none.
    let above: String
    /// The engagement that a record of customer success belongs to; empty for none.
    let engagement: String
    /// The objective that an outcome or a milestone belongs to; empty for none.
    let objective: String
    /// The outcome that an initiative belongs to; empty for none.
    let outcome: String
    /// The accounts that the record names.
    let accounts: [String]
    /// Whether customers may have to look again: at nothing that is the provider's own.
    let isForCustomers: Bool

    /// What customers follow though nobody has to show it to them record by record (G-118, G-119).
    private static let shared: Set = [
        OnboardingCase.schema.table, Engagement.schema.table, SuccessObjective.schema.table,
        SuccessOutcome.schema.table, SuccessMilestone.schema.table,
    ]
    private static let shown = LifecycleTask.Field.visibleToCustomer.rawValue

    /// Reads an event. Of a record that cannot be read nothing is known but what the event says.
    init(_ event: RecordEvent) {
        table = event.table
        id = event.id
        domain = DomainPath(event.domain)
        let record = try? RecordTypes.named(event.table).decode(protobuf: event.record)
        above = table == LifecycleTask.schema.table ? record?.single(LifecycleTask.Field.parent.rawValue) ?? "" : ""
        engagement =
            event.service == Engagement.schema.service
            ? record?.single(RiskSignal.Field.engagement.rawValue) ?? "" : ""
        objective = record?.single(SuccessOutcome.Field.successObjective.rawValue) ?? ""
        outcome = record?.single(SuccessInitiative.Field.successOutcome.rawValue) ?? ""
        let fields = record.map { type(of: $0).schema.fields } ?? []
        accounts = fields.filter { $0.referencedTable == CustomerAccount.schema.table }.compactMap {
            record?.single($0.name)
        }
        // A work note is the provider's; of what is shown no more the page is to go.
        let isShown =
            fields.contains { $0.name == Self.shown }
            ? record?.single(Self.shown) == "true" || event.changedFields.contains(Self.shown)
            : Self.shared.contains(table)
        isForCustomers = isShown && event.action != "noted"
    }

    /// Whether a page about `topic` may show what has changed; `below` are the records that it shows what belongs to besides.
    func concerns(_ topic: LiveTopic?, isThere: Bool, below: Set<String> = []) -> Bool {
        switch topic {
        case .work: LiveTopic.ofWork.contains(table) && isThere
        case .list(table): isThere
        case .record(table, id): true
        case .record(OnboardingCase.schema.table, above), .record(Engagement.schema.table, engagement),
            .record(SuccessObjective.schema.table, objective):
            true
        case .record: below.contains(outcome)
        case .list, nil: false
        }
    }
}
