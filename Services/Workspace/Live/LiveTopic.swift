import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import PlayLauncherWire
import Wire

/// What an open page wants to hear of.
enum LiveTopic: Hashable, Sendable {
    /// Cases, tasks, imports and risk signals of the domain of whoever looks; of a customer, what is shown to the own account.
    case work
    /// Records of one table in the domain of whoever looks.
    case list(table: String)
    /// One record and what belongs to it.
    case record(table: String, id: String)

    /// What the address of a stream says that hears of the reader's notices alone, as every stream does.
    static let notices = "notices"

    /// The topic as the address of a stream names it: `work`, `list.touchpoint`, `onboarding_case.0191…`. Nil for anything else.
    init?(_ text: String) {
        if text == "work" {
            self = .work
            return
        }
        let parts = text.split(separator: ".")
        if parts.count == 2, parts[0] == "list" {
            guard Self.isLive(String(parts[1])) else { return nil }
            self = .list(table: String(parts[1]))
            return
        }
        guard parts.count == 2, Self.tables.contains(String(parts[0])), parts[1].utf8.count == 36 else { return nil }
        self = .record(table: String(parts[0]), id: String(parts[1]))
    }

    /// Whether customers have the list: what the provider's people work on is theirs alone.
    var isForCustomers: Bool {
        switch self {
        case .work: true
        case .list(let table): ListedTable.named(table)?.isForCustomers == true
        case .record: true
        }
    }

    /// As the address of a stream names it.
    var text: String {
        switch self {
        case .work: "work"
        case .list(let table): "list.\(table)"
        case .record(let table, let id): "\(table).\(id)"
        }
    }

    /// Whether a page that hears of the topic may show records of the table. Whatever belongs to it, that is wide enough.
    func mayShow(_ table: String, of service: String) -> Bool {
        switch self {
        case .work: Self.ofWork.contains(table)
        case .list(let own): own == table
        case .record(OnboardingCase.schema.table, _):
            table == OnboardingCase.schema.table || table == LifecycleTask.schema.table
        case .record(Engagement.schema.table, _): service == Engagement.schema.service
        case .record(SuccessObjective.schema.table, _):
            Self.ofObjectives.contains(table)
        case .record(let own, _): own == table
        }
    }

    /// What the cards of the landing page of onboarding count.
    static let ofWork: Set = [
        OnboardingCase.schema.table, LifecycleTask.schema.table, ImportTask.schema.table, RiskSignal.schema.table,
    ]

    /// What the page of an objective shows.
    private static let ofObjectives: Set = [
        SuccessObjective.schema.table, SuccessOutcome.schema.table, SuccessMilestone.schema.table,
        SuccessInitiative.schema.table,
    ]

    /// Who may sign in, and with what: the pages do not hear of it, and so nobody else does through them.
    private static let unheard: Set = [
        User.schema.table, RoleGrant.schema.table, SignInLink.schema.table, TeamMessage.schema.table,
    ]

    /// Tables whose records have pages, all of which are live.
    private static let tables = Set(
        Dictionaries.all.filter { $0.verbs.contains("get") && !unheard.contains($0.table) }.map(\.table))

    /// Whether pages hear of changes of the table's records.
    static func isLive(_ table: String) -> Bool { tables.contains(table) }
}

/// What an open page is told: never what happened, only that it should look again.
enum LiveSignal: Sendable, Equatable {
    /// Something that the page shows has changed.
    case changed
    /// Work that the page shows has come further.
    case progress
    /// The person has another number of unread notices.
    case notices
    /// Nothing, so that both sides know the other is there.
    case beat
}
