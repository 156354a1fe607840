import CustomerSuccessWire
import Postgres
import RPC
import Records
import Wire

extension Touchpoint: Record {
    public static let storage = Storage<Touchpoint>(
        domain: .references([.engagement]),
        inherited: [Inherited(.account, via: .engagement)],
        computed: [.daysRemaining(until: .dueDate)],
        // Customers raise touchpoints (G-86) and comment; the rest is the provider's.
        customer: CustomerAccess(writable: [
            .engagement, .subject, .description, .category, .channel, .contact, .product, .productRelated,
            .additionalComments,
        ]),
        requiredRule: "BR-30")

    public static let rules: [Rule<Touchpoint>] = [
        .locked(
            "BR-33", field: .engagement,
            whileAny: [.records(SuccessTask.self, by: .parent), .risks(of: Touchpoint.self)]),
        .check(
            "G-85", field: .product, constraint: "touchpoint_product_needed",
            Text(
                en: "Product is needed when the touchpoint is about a product.",
                ko: "‘제품 관련’을 선택한 접점에는 제품을 지정해야 합니다.")
        ) { change, _ in change.new.productRelated != true || change.new.product != nil },
        Rule("G-86") { change, context in try assignCustomersTouchpoint(&change, context) },
        .squadOfAccount,
        .after("G-96") { change, context in try moveTasks(change, context) },
        .kept(whileAny: [.records(SuccessTask.self, by: .parent)]),
        contactIsConfirmed, reviewsKeyContact,
        .movesPlaybook,
    ]

    public static let lifecycle: Lifecycle<Touchpoint>? = Lifecycle(
        moves: Lifecycle<Touchpoint>.workMoves, reopened: State.inProgress, tie: Lifecycle.workProgress,
        closingRule: "BR-31", reopeningRule: "BR-32")

    /// G-86: what a customer raises goes to the success manager of the engagement, in the name of the customer.
    private static func assignCustomersTouchpoint(
        _ change: inout Change<Touchpoint>, _ context: RuleContext
    ) throws {
        guard change.isCreation, context.write.caller.kind == .customer else { return }
        change.new.assignedTo = try Engagement.activeManager(of: change.new.engagement, context)
        if change.new.contact == nil {
            change.new.contact = context.write.caller.membership(of: change.new.account)?.contact
        }
    }

    /// Tasks follow a touchpoint that moved to another account with its engagement (G-96).
    private static func moveTasks(_ change: Change<Touchpoint>, _ context: RuleContext) throws {
        guard !change.isCreation, change.changes(.account) else { return }
        let rows = try context.transaction.query(
            "SELECT id FROM customer_success.success_task WHERE parent = \(change.new.id)")
        for row in rows {
            try context.change(SuccessTask.self, try row.string(SuccessTask.Field.id)) { task in
                task.account = change.new.account
                task.domain = change.new.domain
                task.contact = nil
                task.squad = []
            }
        }
    }
}
