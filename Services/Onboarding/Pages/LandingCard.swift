import CustomerSuccessWire
import Ground
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The scorecards of the landing page, in their order. The first counts what is assigned to the caller, the others
/// everything that the caller may see (G-36).
enum LandingCard: String, CaseIterable, Sendable {
    case myActiveCases = "my_active_cases"
    case staleCases = "stale_cases"
    case activeTasks = "active_tasks"
    case overdueTasks = "overdue_tasks"
    case activeRiskSignals = "active_risk_signals"

    /// Hours after which a case counts as not updated (G-32).
    private static let staleHours: Int64 = 72

    /// The title of the card.
    var label: Text {
        switch self {
        case .myActiveCases: Text(en: "My active onboarding cases", ko: "내 활성 온보딩 케이스")
        case .staleCases: Text(en: "Not updated in >3d cases", ko: "3일 넘게 수정되지 않은 케이스")
        case .activeTasks: Text(en: "Active onboarding tasks", ko: "활성 온보딩 작업")
        case .overdueTasks: Text(en: "Overdue onboarding tasks", ko: "기한이 지난 온보딩 작업")
        case .activeRiskSignals: Text(en: "Active risk signals", ko: "활성 위험 신호")
        }
    }

    /// The card of a request; the first where it names none. INVALID_ARGUMENT for one that is not there.
    static func named(_ name: String) throws(Problem) -> LandingCard {
        guard !name.isEmpty else { return .myActiveCases }
        guard let card = LandingCard(rawValue: name) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            let labels = allCases.map { "\($0.label.ko)('\($0.rawValue)')" }.joined(separator: ", ")
            throw .invalid(
                field: ListOnboardingCardRequest.Field.card,
                Text(en: "Card must be one of: \(names).", ko: "카드는 다음 중 하나여야 합니다: \(labels)"))
        }
        return card
    }

    /// What the card counts and lists, of what `caller` may see.
    func sources(_ database: Database, _ caller: Caller) throws -> [RankedSource] {
        switch self {
        case .myActiveCases: [try cases(where: "assigned_to = \(caller.subject)", isNarrow: true, database, caller)]
        case .staleCases:
            [
                try cases(
                    where: "updated_at < \(Self.stale(database.clock.now).sqlValue)", isNarrow: true, database, caller)
            ]
        case .activeTasks: try tasks(where: "TRUE", database, caller)
        case .overdueTasks:
            try tasks(
                where: "due_date < \(database.clock.today.description)::date", isNarrow: true, database, caller)
        case .activeRiskSignals:
            [
                .copied(
                    by: .dueDate,
                    where: """
                        active AND state NOT IN (\(literal: RiskSignal.State.closed), \
                        \(literal: RiskSignal.State.canceled))
                        """,
                    of: .init(RiskSignal.self, .onboardingCase, where: Self.isNewOrActive), database, caller)
            ]
        }
    }

    private static func stale(_ now: Timestamp) -> Timestamp {
        Timestamp(seconds: now.seconds - staleHours * 3_600, nanos: now.nanos)
    }

    /// Cases that are active and have not ended.
    static let openCases: SQL = """
        active AND state NOT IN (\(literal: OnboardingCase.State.closed), \(literal: OnboardingCase.State.canceled))
        """

    private func cases(
        where condition: SQL, isNarrow: Bool = false, _ database: Database, _ caller: Caller
    ) throws -> RankedSource {
        try .own(
            OnboardingCase.self, by: .goLiveDate, where: "\(Self.openCases) AND \(condition)", isNarrow: isNarrow,
            database, caller)
    }

    /// Import tasks count as other tasks do. Open tasks of active cases (G-33).
    private func tasks(
        where condition: SQL, isNarrow: Bool = false, _ database: Database, _ caller: Caller
    ) throws -> [RankedSource] {
        let open: SQL = """
            active AND state NOT IN (\(literal: LifecycleTask.State.closed), \(literal: LifecycleTask.State.canceled)) \
            AND \(condition)
            """
        return [
            try .own(
                by: .dueDate, where: open, of: .init(LifecycleTask.self, .parent, where: Self.isActive),
                isNarrow: isNarrow, database, caller),
            .copied(
                by: .dueDate, where: open, of: .init(ImportTask.self, .parent, where: Self.isActive),
                isNarrow: isNarrow, database, caller),
        ]
    }

    /// What is asked of the case that a record belongs to.
    private static let isActive: SQL = "\(identifier: OnboardingCase.Field.active)"
    private static let isNewOrActive: SQL = """
        state IN (\(literal: OnboardingCase.State.new), \(literal: OnboardingCase.State.active))
        """
}
