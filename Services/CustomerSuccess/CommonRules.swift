import CustomerSuccessWire
import Postgres
import RPC
import Records
import Wire

/// Rules that many records of this service share.
extension Rule where R.Field: HasAccount & HasSquad {
    /// G-10: the squad of a record is drawn from the members of its own account.
    static var squadOfAccount: Rule {
        .check(
            "G-10", field: .squad,
            Text(
                en: "The squad may only hold members of the account's squad.",
                ko: "스쿼드에는 해당 계정의 스쿼드 구성원만 지정할 수 있습니다.")
        ) { change, context in
            let members = change.new[field: .squad].strings ?? []
            guard !members.isEmpty, change.changes(.squad) || change.changes(.account)
            else { return true }
            let account = change.new[field: .account].sqlValue
            let strangers = try context.transaction.query(
                """
                SELECT 1 FROM customer_success.squad_member \
                WHERE id = ANY(\(members)) AND account IS DISTINCT FROM \(account) LIMIT 1
                """)
            return strangers.isEmpty
        }
    }
}

extension Rule where R.Field: HasAccount {
    /// G-84: a solution is of the risk's account, so neither of the two goes to another account, by `link`, while they
    /// belong together. `solutions` finds the relationships of a record.
    static func staysWithAccount(by link: R.Field, whileAny solutions: Dependants = .solutions(of: R.self))
        -> Rule
    {
        .check(
            "G-84", field: link,
            Text(
                en: "A risk signal and its solutions must belong to the same account.",
                ko: "위험 신호와 솔루션은 같은 계정에 속해야 합니다.")
        ) { change, context in
            guard let old = change.old, change.changes(.account) else { return true }
            return try !context.exists(solutions, of: old.id)
        }
    }
}

extension Rule {
    /// A record is not deleted while risk signals (G-97), opportunities (G-120), `dependants` or, where it can be one, a
    /// solution points to it: those that hold no foreign key.
    static func kept(whileAny dependants: [Dependants] = []) -> Rule {
        .kept(
            "AIP-135",
            whileAny: dependants + [.risks(of: R.self), .solutions(of: R.self), .opportunities(of: R.self)])
    }
}

extension Dependants {
    /// Risk signals that name a record of a type as their source (G-97).
    static func risks<R: RecordMessage>(of type: R.Type) -> Dependants {
        .documents(RiskSignal.self, table: .table, is: R.schema.table, id: .sourceRecord)
    }

    /// Opportunities that name a record of a type as what they were identified by (G-120).
    static func opportunities<R: RecordMessage>(of type: R.Type) -> Dependants {
        .documents(Opportunity.self, table: .table, is: R.schema.table, id: .sourceRecord)
    }

    /// Relationships that name a record of a type as the solution of a risk.
    static func solutions<R: RecordMessage>(of type: R.Type) -> Dependants {
        .documents(RiskSignalSolution.self, table: .solutionTable, is: R.schema.table, id: .solutionRecord)
    }
}
