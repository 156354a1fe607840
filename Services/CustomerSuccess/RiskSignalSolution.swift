import CustomerSuccessWire
import Postgres
import RPC
import Records
import Wire

extension RiskSignalSolution: Record {
    /// What is proposed against a risk. No customer reaches it.
    public static let storage = Storage<RiskSignalSolution>(
        domain: .references([.riskSignal]),
        // Mandatory by G-12; the rules name no id of their own for it.
        requiredRule: "G-12",
        constraints: [
            DatabaseRule(
                "BR-54", constraint: "risk_signal_solution_unique", field: .solutionRecord,
                Text(
                    en: "This record is already the solution of a risk signal.",
                    ko: "이 레코드는 이미 다른 위험 신호의 솔루션입니다."))
        ])

    public static let rules: [Rule<RiskSignalSolution>] = [
        Rule("G-84") { change, context in try checkSolution(change, context) }
    ]

    /// The solution is a record of the chosen table and of the risk's account; of success tasks only those of a success
    /// case.
    private static func checkSolution(_ change: Change<RiskSignalSolution>, _ context: RuleContext) throws {
        guard change.changes(.solutionTable) || change.changes(.solutionRecord) || change.changes(.riskSignal),
            let table = change.new.solutionTable, let solution = change.new.solutionRecord
        else { return }
        let risk = try context.find(RiskSignal.self, change.new.riskSignal)
        let parent: SQL = table == SolutionTable.successTask ? ", parent_table" : ""
        let selection: SQL = "SELECT account"
        let condition: SQL =
            " FROM customer_success.\(identifier: table) WHERE id = \(solution) FOR KEY SHARE"
        let rows = try context.transaction.query(selection + parent + condition)
        guard let row = rows.first, try row.optionalString(RiskSignal.Field.account) == risk?.account else {
            throw Problem.broken(
                "G-84", RiskSignalSolution.self, field: .solutionRecord,
                Text(
                    en: "The account of the risk signal has no such record in the solution table.",
                    ko: "선택한 솔루션 테이블에서 이 위험 신호의 계정에 속한 레코드를 찾을 수 없습니다."))
        }
        guard
            try table != SolutionTable.successTask
                || row.string(SuccessTask.Field.parentTable) == SuccessTask.ParentTable.successCase
        else {
            throw Problem.broken(
                "G-84", RiskSignalSolution.self, field: .solutionRecord,
                Text(
                    en: "Only a success task of a success case can be a solution.",
                    ko: "성공 케이스의 작업만 솔루션이 될 수 있습니다."))
        }
    }
}
