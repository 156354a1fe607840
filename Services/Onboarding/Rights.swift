import Roles
import Tenancy

extension Caller {
    /// An onboarding agent, an administrator or a service.
    var isOnboardingAgent: Bool { kind == .service || RoleCatalog.holds(roles, "sn_acct_lc.agent") }

    /// A success agent, an administrator or a service.
    var isSuccessAgent: Bool { kind == .service || RoleCatalog.holds(roles, "sn_acct_lc.ale_success_agent") }

    /// A customer who sees all of the account, not only what is his or her own (onboarding.md 9, G-22).
    var seesWholeAccount: Bool { roles.contains("sn_customerservice.customer_case_manager") }
}

/// Rows customers see, as filters over the fields of the record. A token without an account or a contact names nobody.
enum CustomerRows {
    private static let nobody = "00000000-0000-0000-0000-000000000000"

    /// Records of the customer's own account, which `field` names.
    static func ownAccount(_ field: String) -> @Sendable (Caller) -> String? {
        { "\(field) = \"\($0.account ?? nobody)\"" }
    }

    /// Records whose contact is the customer.
    @Sendable static func ownContact(_ caller: Caller) -> String { "contact = \"\(caller.contact ?? nobody)\"" }

    /// Case managers and customer administrators: every case of the account; others: those whose contact they are.
    @Sendable static func cases(_ caller: Caller) -> String? { mine("account", caller) }

    /// As for cases, of tasks only those marked as visible to the customer (G-23).
    @Sendable static func tasks(_ caller: Caller) -> String? {
        "visible_to_customer = true AND \(mine("company", caller))"
    }

    /// Case managers and customer administrators: every team of the account; others: their own membership.
    @Sendable static func team(_ caller: Caller) -> String? {
        caller.seesWholeAccount ? nil : ownContact(caller)
    }

    private static func mine(_ account: String, _ caller: Caller) -> String {
        let own = "\(account) = \"\(caller.account ?? nobody)\""
        return caller.seesWholeAccount ? own : "\(own) AND \(ownContact(caller))"
    }
}
