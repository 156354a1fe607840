import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// The days on which nobody works for an account: due dates that count working days leave them out, and so do moves of
/// dates. Customers see those of their own account (D-204).
extension AccountHoliday: Record {
    public static let storage = Storage<AccountHoliday>(
        domain: .references([.account]), customer: CustomerAccess(), immutable: [.account],
        constraints: [
            DatabaseRule(
                "D-203", constraint: "account_holiday_unique", field: .day,
                Text(en: "The account has this holiday already.", ko: "계정에 이미 등록된 휴일입니다."))
        ])

    public static let rules: [Rule<AccountHoliday>] = [
        Rule("HOLIDAY_LIMIT") { change, context in
            guard change.isCreation, let account = change.new.account else { return }
            let known = try context.transaction.query(
                "SELECT 1 FROM onboarding.account_holiday WHERE account = \(account) LIMIT \(limit)")
            guard known.count >= limit else { return }
            throw Problem.resourceExhausted(
                Text(
                    en: "An account has at most \(grouped: limit) holidays. Delete those that have passed.",
                    ko: "계정의 휴일은 최대 \(grouped: limit)개입니다. 지난 휴일을 삭제하세요."),
                reason: "HOLIDAY_LIMIT")
        }
    ]

    /// Most holidays of an account to which another is added.
    private static let limit = 1_000
    /// Most that are counted: those who add one at the same moment may pass the limit.
    private static let counted = 2 * limit

    /// The holidays of an account, in their order.
    static func days(of account: String, _ tx: Transaction) throws -> [CivilDate] {
        try tx.query(
            """
            SELECT day FROM onboarding.account_holiday WHERE account = \(account) ORDER BY day LIMIT \(counted)
            """
        ).compactMap { CivilDate(try $0.string(Field.day)) }
    }
}
