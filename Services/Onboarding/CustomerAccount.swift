import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension CustomerAccount: Record {
    // A parent account lives in a domain beside this one's, where references normally may not point; a rule checks it.
    public static let storage = Storage<CustomerAccount>(
        domain: .preset, customer: CustomerAccess(), ruled: [.parent], numbered: [.accountNumber], closed: closed,
        account: .id)

    public static let rules: [Rule<CustomerAccount>] = [
        .drafting("G-13") { change, context in try settle(&change, context) },
        Rule("ACCOUNT_TREE") { change, context in try checkParent(change, context) },
        Rule("D-03") { change, context in try limitSuccessAgent(change, context) },
        Rule("G-04") { change, context in try stampEscalation(&change, context) },
    ]

    /// A new account gets a number and a domain of its own below the caller's.
    private static func settle(_ change: inout Change<CustomerAccount>, _ context: RuleContext) throws {
        guard let name = change.new.name, !name.isEmpty else { return }
        var domain = Domain()
        domain.name = name
        domain.parent = context.write.caller.domain.path
        let made = try Store<Domain>(context.database).create(domain, context.write.asSystem, in: context.transaction)
        change.new.domain = made.domain
        let number = try RecordNumber.next(
            of: "onboarding.customer_account_number", context.write, in: context.transaction)
        change.new.accountNumber = RecordNumber.text("ACCT", number)
    }

    /// The parent is an account the caller sees, and neither the account itself nor one below it.
    private static func checkParent(_ change: Change<CustomerAccount>, _ context: RuleContext) throws {
        guard change.changes(.parent), let parent = change.new.parent, !parent.isEmpty else { return }
        let tx = context.transaction
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended('customer_account.parent', 0))")
        let rows = try tx.query(
            """
            WITH RECURSIVE above AS (
                SELECT id, parent FROM onboarding.customer_account WHERE id = \(parent)
                UNION SELECT a.id, a.parent FROM onboarding.customer_account a JOIN above b ON a.id = b.parent)
            SELECT id FROM above
            """)
        let above = try rows.map { try $0.string(Field.id) }
        guard !above.isEmpty else {
            throw Problem.noSuchReference(CustomerAccount.self, .parent)
        }
        guard !above.contains(change.new.id) else {
            throw Problem.broken(
                "ACCOUNT_TREE", CustomerAccount.self, field: .parent,
                Text(en: "An account cannot be below itself.", ko: "계정을 자기 자신의 하위 항목으로 지정할 수 없습니다."))
        }
    }

    /// The escalation is the success agent's, who writes accounts for the sake of it alone.
    private static func closed(_ caller: Caller, _ isNew: Bool) -> Set<Field> {
        let isLimited = !isNew && !caller.isOnboardingAgent
        let fields = isLimited ? Set(Field.allCases).subtracting([.escalated]) : []
        return caller.isSuccessAgent ? fields : fields.union([.escalated])
    }

    private static func limitSuccessAgent(_ change: Change<CustomerAccount>, _ context: RuleContext) throws {
        guard !context.write.isSystem, !change.isCreation else { return }
        let closed = closed(context.write.caller, false).subtracting([.escalated])
        for field in closed where !schema.fields[index(field)].outputOnly && change.changes(field) {
            throw Problem.permissionDenied(
                Text(en: "You may change the escalation only.", ko: "에스컬레이션 여부만 변경할 수 있습니다."),
                reason: "FIELD_ACCESS")
        }
    }

    /// Escalation is the success agent's, and carries its time.
    private static func stampEscalation(_ change: inout Change<CustomerAccount>, _ context: RuleContext) throws {
        let isEscalated = change.new.escalated ?? false
        guard isEscalated != change.old?.escalated ?? false else { return }
        guard context.write.isSystem || context.write.caller.isSuccessAgent else {
            throw Problem.permissionDenied(reason: "G-04")
        }
        change.new.escalatedAt = isEscalated ? context.write.now : nil
    }

    /// The verbs escalate and deescalate (G-04).
    static func escalationEndpoints(_ database: Database) -> [Endpoint] {
        [
            (OnboardingAPI.escalateCustomerAccount, true), (OnboardingAPI.deescalateCustomerAccount, false),
        ].map { method, escalated in
            Endpoint(method) { call, request async throws(Problem) in
                try await database.perform(call, method.name, request, requestID: request.requestID) { tx, context in
                    let store = Store<CustomerAccount>(database)
                    let record = try store.change(request.id, etag: request.etag, context, in: tx) {
                        $0.escalated = escalated
                    }
                    return store.projected(record, for: call.caller)
                }
            }
        }
    }
}
