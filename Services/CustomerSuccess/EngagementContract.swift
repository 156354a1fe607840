import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

extension EngagementContract: Record {
    public static let storage = Storage<EngagementContract>(
        domain: .references([.engagement]),
        inherited: [Inherited(.account, via: .engagement)],
        constraints: [
            DatabaseRule(
                "BR-57", constraint: "engagement_contract_unique", field: .contract,
                Text(
                    en: "This contract is already linked to the engagement.", ko: "이 계약은 이미 참여에 연결되어 있습니다."))
        ],
        outlivesParent: true)

    public static let rules: [Rule<EngagementContract>] = [
        // Writers of one engagement's contracts take turns: each works out the renewal date from all of them (BR-59),
        // and the reference alone would let two in that then wait for each other.
        .drafting("BR-59") { change, context in
            guard let engagement = change.new.engagement else { return }
            context.transaction.send(
                "SELECT 1 FROM customer_success.engagement WHERE id = \(engagement) FOR UPDATE")
        },
        .check(
            "BR-58", field: .contract,
            Text(en: "The contract belongs to another account.", ko: "계약이 다른 계정에 속해 있습니다.")
        ) { change, context in
            let rows = try context.transaction.query(
                "SELECT account FROM customer_success.contract WHERE id = \((change.new.contract ?? "").sqlValue)")
            return try rows.first?.optionalString(Contract.Field.account) == change.new.account
        },
        .after("BR-59") { change, context in
            try Renewal.recompute(change.new.engagement, context)
            if let old = change.old, old.engagement != change.new.engagement {
                try Renewal.recompute(old.engagement, context)
            }
        },
        .afterDeletion("BR-60") { change, context in try Renewal.recompute(change.new.engagement, context) },
    ]
}
