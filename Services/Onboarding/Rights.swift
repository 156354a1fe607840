import Filters
import OnboardingWire
import Records
import Roles
import Tenancy
import Wire

extension Caller {
    /// An onboarding agent, an administrator or a service.
    var isOnboardingAgent: Bool { kind == .service || RoleCatalog.holds(roles, "sn_acct_lc.agent") }

    /// A success agent, an administrator or a service.
    var isSuccessAgent: Bool { kind == .service || RoleCatalog.holds(roles, "sn_acct_lc.ale_success_agent") }

    /// A customer who sees all of the account, not only what is his or her own (G-22).
    var seesWholeAccount: Bool { roles.contains("sn_customerservice.customer_case_manager") }
}

/// Rows customers see of those of their accounts. A token without a contact names nobody.
enum CustomerRows {
    /// Case managers and customer administrators: every case of the accounts; others: those whose `contact` they are.
    static func cases<Field: FieldKey>(_ contact: Field) -> @Sendable (Caller) -> FieldFilter<Field>? {
        { $0.seesWholeAccount ? nil : $0.ownContact(contact) }
    }

    /// As for cases, of tasks only those marked as visible to the customer (G-23).
    @Sendable static func tasks(_ caller: Caller) -> FieldFilter<LifecycleTask.Field>? {
        .equal(.visibleToCustomer, true).and(cases(.contact)(caller) ?? .everything)
    }
}
