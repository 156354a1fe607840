import Ground
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The lists that somebody opens in the portal (G-102): people of the provider what is assigned to them, customers
/// that whose contact they are (G-22), and those who follow all cases these.
enum PortalListKind: String, CaseIterable, Sendable {
    case all = "all_cases"
    case myCases = "my_cases"
    case myTasks = "my_tasks"

    /// The list of a request. INVALID_ARGUMENT for one that is not there.
    static func named(_ name: String) throws(Problem) -> PortalListKind {
        guard let kind = PortalListKind(rawValue: name) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            let labels = allCases.map { "\($0.korean)('\($0.rawValue)')" }.joined(separator: ", ")
            throw .invalid(
                field: ListPortalRequest.Field.list,
                Text(en: "List must be one of: \(names).", ko: "목록은 다음 중 하나여야 합니다: \(labels)"))
        }
        return kind
    }

    private var korean: String {
        switch self {
        case .all: "모든 온보딩 케이스"
        case .myCases: "내 온보딩 케이스"
        case .myTasks: "내 온보딩 작업"
        }
    }

    /// Whether the portal offers the list to `caller`.
    func isOffered(to caller: Caller) -> Bool {
        self != .all || (caller.kind == .customer ? caller.seesWholeAccount : caller.isOnboardingAgent)
    }

    /// Where its records come from; `account` narrows all cases down.
    func sources(_ account: String, _ database: Database, _ caller: Caller) throws -> [RankedSource] {
        switch self {
        case .all:
            // Every case: those that have ended, too.
            return [
                try .own(
                    OnboardingCase.self, by: .goLiveDate, where: account.isEmpty ? "TRUE" : "account = \(account)",
                    isNarrow: caller.kind == .customer || !account.isEmpty, endedBehind: true, database, caller)
            ]
        case .myCases:
            let own: SQL =
                "active AND \(Self.own(OnboardingCase.Field.contact, OnboardingCase.Field.assignedTo, caller))"
            return [try .own(OnboardingCase.self, by: .goLiveDate, where: own, isNarrow: true, database, caller)]
        case .myTasks:
            let own: SQL = "active AND \(Self.own(LifecycleTask.Field.contact, LifecycleTask.Field.assignedTo, caller))"
            return [
                try .own(LifecycleTask.self, by: .dueDate, where: own, isNarrow: true, database, caller),
                .copied(
                    ImportTask.self, by: .dueDate, where: "\(own) AND \(PortalTasks.shown(caller))", isNarrow: true,
                    database, caller),
            ]
        }
    }

    private static func own(_ contact: some FieldKey, _ assignee: some FieldKey, _ caller: Caller) -> SQL {
        guard caller.kind == .customer else { return "\(identifier: assignee) = \(caller.subject)" }
        return "\(identifier: contact) = ANY(\(caller.memberships.compactMap(\.contact))::uuid[])"
    }
}

/// The import tasks that the portal shows to a caller: of customers those that their service shows them (D-50, G-23).
enum PortalTasks {
    /// The condition on copies of import tasks.
    static func shown(_ caller: Caller) -> SQL {
        guard caller.kind == .customer else { return "TRUE" }
        return "visible_to_customer AND contact = ANY(\(caller.memberships.compactMap(\.contact))::uuid[])"
    }

    /// The copy of an import task that the caller may see; nil when there is none of that id.
    static func find(
        _ id: String, _ database: Database, _ caller: Caller, _ tx: Transaction
    ) throws -> ImportTask? {
        guard Validation.isUUID(id) else { return nil }
        let copies = CopiedRecords<ImportTask>(database, caller)
        let rows = try tx.query(copies.selection(where: "id = \(id) AND \(shown(caller))", limit: 1))
        return try copies.records(rows).first
    }
}

extension PortalItem {
    /// A line of a list, with labels in `language`.
    init(_ item: WorkItem, _ language: String) {
        self.init()
        (service, table, id, number, title) = (item.service, item.table, item.id, item.number, item.title)
        (accountName, caseNumber, date, daysRemaining) = (
            item.accountName, item.parentNumber, item.date, item.daysRemaining
        )
        let schema = item.table == OnboardingCase.schema.table ? OnboardingCase.schema : LifecycleTask.schema
        func label(_ field: any FieldKey, _ value: String) -> String {
            guard !value.isEmpty, let index = schema.index(like: field) else { return "" }
            return PageFacts.label(value, of: schema.fields[index], language)
        }
        state = label(LifecycleTask.Field.state, item.state)
        stage = label(OnboardingCase.Field.stage, item.stage)
        progress = label(LifecycleTask.Field.progress, item.progress)
        priority = label(LifecycleTask.Field.priority, item.priority.map { String($0) } ?? "")
    }
}
