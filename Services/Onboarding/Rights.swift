import Roles
import Tenancy

extension Caller {
    /// An onboarding agent, an administrator or a service.
    var isOnboardingAgent: Bool { kind == .service || RoleCatalog.holds(roles, "sn_acct_lc.agent") }

    /// A success agent, an administrator or a service.
    var isSuccessAgent: Bool { kind == .service || RoleCatalog.holds(roles, "sn_acct_lc.ale_success_agent") }

    /// A customer who sees all of the account, not only what is his or her own (G-22).
    var seesWholeAccount: Bool { roles.contains("sn_customerservice.customer_case_manager") }
}

/// Rows customers see of those of their accounts, as filters over the fields of the record. A token without a contact
/// names nobody.
enum CustomerRows {
    /// Case managers and customer administrators: every case of the accounts; others: those whose contact they are.
    @Sendable static func cases(_ caller: Caller) -> String? {
        caller.seesWholeAccount ? nil : caller.ownContact()
    }

    /// As for cases, of tasks only those marked as visible to the customer (G-23).
    @Sendable static func tasks(_ caller: Caller) -> String? {
        ["visible_to_customer = true", cases(caller)].compactMap { $0 }.joined(separator: " AND ")
    }
}
