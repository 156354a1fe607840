import CustomerSuccessWire
import Korean
import RPC
import Records
import Wire

extension SuccessOutcome: Record {
    public static let storage = Storage<SuccessOutcome>(
        domain: .references([.successObjective]),
        inherited: .all(.account, .engagement, via: .successObjective, rule: "BR-14"),
        customer: CustomerAccess(),
        requiredRule: "BR-15",
        constraints: [
            DatabaseRule(
                "BR-20", constraint: "success_outcome_tracking", field: .trackingMethod,
                Text(
                    en: "The reference of the tracking method is missing.", ko: "추적 방법에 맞는 지표, 설문 조사 또는 보고서를 선택하세요."))
        ],
        domainRule: "BR-14")

    public static let rules: [Rule<SuccessOutcome>] = [
        .locked(
            "BR-18", field: .successObjective,
            whileAny: [.records(SuccessInitiative.self, by: .successOutcome), .risks(of: SuccessOutcome.self)]),
        .ordered("BR-19", .plannedStart, notAfter: .plannedStop, constraint: "success_outcome_dates"),
        Rule("BR-20") { change, _ in try checkTracking(change.new) },
        // Those of a version before, which does not write it yet, have none.
        Rule("BR-14") { change, context in
            guard change.new.engagement == nil else { return }
            change.new.engagement = try context.find(SuccessObjective.self, change.new.successObjective)?.engagement
        },
        Rule("G-129") { change, context in try OutcomeValues.resume(&change, context) },
        Rule("G-129") { change, _ in change.new.reached = OutcomeHistory.isReached(change.new) },
        .kept(),
        .after("G-129") { change, context in try OutcomeValues.keepTyped(change, context) },
    ]

    public static let lifecycle: Lifecycle<SuccessOutcome>? = Lifecycle(
        moves: Lifecycle<SuccessOutcome>.workMoves, reopened: State.inProgress, tie: Lifecycle.workProgress,
        closingRule: "BR-16", reopeningRule: "BR-17")

    /// The field that names the measure, for each tracking method; values typed by people need none (G-20).
    private static let measures: [String: Field] = [
        TrackingMethod.indicatorKpi: .indicator, TrackingMethod.survey: .survey, TrackingMethod.report: .report,
    ]

    private static func checkTracking(_ outcome: SuccessOutcome) throws {
        guard let method = outcome.trackingMethod, let field = measures[method], outcome[field: field].isEmpty else {
            return
        }
        let label = label(field)
        throw Problem.broken(
            "BR-20", SuccessOutcome.self, field: field,
            Text(
                en: "\(label.en) must be filled in for the chosen tracking method.",
                ko: "선택한 추적 방법에는 \(label.ko, .object) 입력해야 합니다."))
    }
}
