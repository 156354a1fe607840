import Postgres
import Tenancy

extension Scope {
    /// The settings that row-level security reads, for one transaction.
    public var settings: [(name: String, value: String)] {
        // Most callers have one domain and no account: for them there is nothing to say besides.
        hasGaps || accounts != nil ? range + exact : range
    }

    /// All of them, for a transaction in which another scope was set before.
    package var allSettings: [(name: String, value: String)] { range + exact }

    /// The statement that sets the scope of the rest of a transaction, for what asks under several in one round trip.
    package var setting: SQL {
        let settings = allSettings.map { name, value -> SQL in "set_config(\(name), \(value), true)" }
        return "SELECT \(settings.joined())"
    }

    private var range: [(name: String, value: String)] {
        [("ale.scope_lower", lowerBound), ("ale.scope_upper", upperBound), ("ale.ancestors", ancestorArray)]
    }

    /// Which domains between the bounds are meant, and whose records; empty for one domain of no customer.
    private var exact: [(name: String, value: String)] {
        [
            ("ale.domains", hasGaps || accounts != nil ? domainArray : ""), ("ale.accounts", accountArray),
        ]
    }
}

extension Transaction {
    /// Sets the scope of the rest of the transaction. For questions of the service's own; the caller's scope comes back
    /// behind them.
    public func sendScope(_ scope: Scope) { send(scope.setting) }
}
