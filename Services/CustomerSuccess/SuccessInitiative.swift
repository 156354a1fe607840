import CustomerSuccessWire
import Postgres
import RPC
import Records
import Wire

extension SuccessInitiative: Record {
    public static let storage = Storage<SuccessInitiative>(
        domain: .references([.successOutcome]),
        inherited: [Inherited(.account, via: .successOutcome)],
        computed: [.daysRemaining(until: .dueDate)],
        customer: CustomerAccess(),
        requiredRule: "BR-21",
        constraints: [
            DatabaseRule(
                "BR-22", constraint: "success_initiative_close_code", field: .closeCode,
                Text(
                    en: "Closure code and close notes must fit the state.", ko: "종결 코드와 종결 메모가 상태와 맞아야 합니다."))
        ])

    public static let rules: [Rule<SuccessInitiative>] = [
        .locked(
            "BR-24", field: .successOutcome,
            whileAny: [.records(SuccessTask.self, by: .parent), .risks(of: SuccessInitiative.self)]),
        // The engagement page lists initiatives: each knows the engagement of its outcome's objective.
        Rule("G-95") { change, context in try followEngagement(&change, context) },
        Rule("BR-22") { change, _ in try checkCloseCode(change.new) },
        // An ended initiative lets go of its run, which is canceled as soon as that is written.
        Rule("BR-25") { change, _ in
            if change.new.active == false { change.new.playbookRun = nil }
        },
        .squadOfAccount,
        .kept(whileAny: [.records(SuccessTask.self, by: .parent)]),
        .movesPlaybook,
    ]

    public static let lifecycle: Lifecycle<SuccessInitiative>? = Lifecycle(
        moves: Lifecycle<SuccessInitiative>.workMoves, reopened: State.inProgress, tie: Lifecycle.workProgress,
        closingRule: "BR-22", reopeningRule: "BR-23", closingNeeds: [.closeCode, .closeNotes],
        clearedOnReopening: [.closeCode, .closeNotes],
        closingDefaults: [State.canceled: [.closeCode: CloseCode.canceled]])

    private static func followEngagement(_ change: inout Change<SuccessInitiative>, _ context: RuleContext) throws {
        guard change.changes(.successOutcome), let outcome = change.new.successOutcome else { return }
        let rows = try context.transaction.query(
            """
            SELECT o.engagement FROM customer_success.success_outcome s \
            JOIN customer_success.success_objective o ON o.id = s.success_objective WHERE s.id = \(outcome)
            """)
        change.new.engagement = try rows.first?.string(SuccessObjective.Field.engagement)
    }

    /// The code Canceled goes with the state Canceled, every other with Closed; a closed initiative keeps both code and
    /// notes (G-11, G-19).
    private static func checkCloseCode(_ initiative: SuccessInitiative) throws {
        guard initiative.active == false else { return }
        let isCanceled = initiative.state == State.canceled
        guard let code = initiative.closeCode, (code == CloseCode.canceled) == isCanceled else {
            throw Problem.broken(
                "BR-22", SuccessInitiative.self, field: .closeCode,
                Text(
                    en: "The closure code Canceled is for canceled initiatives, every other for closed ones.",
                    ko: "취소된 이니셔티브에는 종결 코드 ‘취소됨’만, 종결된 이니셔티브에는 나머지 종결 코드만 사용할 수 있습니다."))
        }
        guard initiative.closeNotes != nil else {
            throw Problem.broken(
                "BR-22", SuccessInitiative.self, field: .closeNotes,
                Text(en: "A closed initiative keeps its close notes.", ko: "종결된 이니셔티브에는 종결 메모가 있어야 합니다."))
        }
    }
}

/// The button Close initiative (G-19).
enum CloseInitiative {
    /// Closes an initiative whose work is complete with the closure code Achieved, which is given here or stands on the
    /// record. The work is complete when no success task of the initiative is open.
    static func endpoint(_ database: Database) -> Endpoint {
        let method = CustomerSuccessAPI.closeInitiative
        return Endpoint(method) { call, request async throws(Problem) in
            try await database.perform(call, method.name, request, requestID: request.requestID) { tx, context in
                let store = Store<SuccessInitiative>(database)
                // Closing first: who may not close it learns nothing about it. A refusal below undoes it.
                let closed = try store.close(request, context, in: tx)
                try check(closed, tx)
                return store.projected(closed, for: call.caller)
            }
        }
    }

    private static func check(_ initiative: SuccessInitiative, _ tx: Transaction) throws {
        guard initiative.closeCode == SuccessInitiative.CloseCode.achieved else {
            throw Problem.failedPrecondition(
                rule: "G-19",
                Text(
                    en: "Only an initiative with the closure code Achieved can be closed this way.",
                    ko: "종결 코드가 ‘달성’인 이니셔티브만 이 방법으로 종결할 수 있습니다."),
                field: SuccessInitiative.path(.closeCode))
        }
        let open = try tx.query(
            "SELECT 1 FROM customer_success.success_task WHERE parent = \(initiative.id) AND active LIMIT 1")
        guard open.isEmpty else {
            throw Problem.failedPrecondition(
                rule: "G-19",
                Text(
                    en: "The initiative is not complete: it has open success tasks.",
                    ko: "종결되지 않은 성공 작업이 있어 이니셔티브를 종결할 수 없습니다."),
                field: SuccessInitiative.path(.state))
        }
    }
}
