import ImportValidationWire
import OnboardingWire
import PlayLauncherWire
import Wire

/// What an open page wants to hear of.
enum LiveTopic: Hashable, Sendable {
    /// Cases, tasks, imports and risk signals of the domain of whoever looks.
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
            guard let listed = ListedTable.named(String(parts[1])) else { return nil }
            self = .list(table: listed.schema.table)
            return
        }
        guard parts.count == 2, Self.tables.contains(String(parts[0])), parts[1].utf8.count == 36 else { return nil }
        self = .record(table: String(parts[0]), id: String(parts[1]))
    }

    /// Whether customers have the list: what the provider's people work on is theirs alone.
    var isForCustomers: Bool {
        switch self {
        case .work: false
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

    /// Tables whose records have pages that are live.
    private static let tables: Set = [
        OnboardingCase.schema.table, LifecycleTask.schema.table, ImportTask.schema.table, FlowRun.schema.table,
    ]
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
