import Filters
import Ground
import Postgres
import RPC
import Tenancy
import Wire

/// Whose a record is: for customers the domain alone does not say, and neither does the account alone. A record is a
/// customer's when it belongs to one of the customer's accounts and lies in the domain of that account. Row-level
/// security says the same of every statement; here it is said of records and, for the planner, of lists.
extension Store {
    /// Whether `record` is the caller's; true for everybody but customers, whose scope says all.
    func isOwned(_ record: R, by caller: Caller) -> Bool {
        guard caller.kind == .customer else { return true }
        guard let domain = DomainPath(record.domain) else { return false }
        guard let account = layout.account else {
            return caller.scope.sees(domain, .data) || caller.scope.sees(domain, R.storage.visibility)
        }
        guard let owner = record[fieldAt: account].string else { return false }
        return caller.membership(of: owner)?.owns(account: owner, in: domain) == true
    }

    /// The rows that are the caller's, as a condition that an index can serve; nil when the range that row-level
    /// security adds is all there is to say.
    func ownership(of caller: Caller) -> SQL? {
        guard R.storage.visibility == .data else { return nil }
        if caller.kind == .customer, let account = layout.account {
            let column: SQL = "\(identifier: R.schema.fields[account].name)"
            let alternatives = caller.memberships.map { membership -> SQL in
                let own: SQL = column + " = \(membership.account)::uuid"
                return caller.memberships.count == 1 ? own : "(" + own + " AND " + membership.domain.subtree + ")"
            }
            return alternatives.isEmpty ? "FALSE" : "(" + alternatives.joined(separator: " OR ") + ")"
        }
        return caller.scope.condition
    }

    /// `condition` on the rows that are the caller's.
    func owned(_ condition: SQL, by caller: Caller) -> SQL {
        [ownership(of: caller), beyondRow(for: caller)].compactMap { $0 }.reduce(condition) {
            "(" + $0 + ") AND (" + $1 + ")"
        }
    }

    /// What other tables must say of a customer's rows; nil where they say nothing, and for everybody else.
    func beyondRow(for caller: Caller) -> SQL? {
        caller.kind == .customer ? R.storage.customer?.condition?(caller) : nil
    }

    /// Refuses a write by which a customer's record would become somebody else's.
    func checkOwned(_ record: R, _ context: WriteContext) throws(Problem) {
        guard context.isSystem || isOwned(record, by: context.caller) else { throw Problem.permissionDenied() }
    }
}

extension Scope {
    /// The rows of several domains, one range each; nil where the bounds say all.
    var condition: SQL? {
        hasGaps ? "(" + domains.map { "(" + $0.subtree + ")" }.joined(separator: " OR ") + ")" : nil
    }
}

extension DomainPath {
    /// The rows of the domain and below, as a range over their column `domain`.
    var subtree: SQL { "domain >= \(path) AND domain < \(upperBound)" }
}

extension Caller {
    /// A filter for the records whose `field` names the contact that a customer is, at any of the accounts; for nobody's
    /// when the customer is none.
    public func ownContact<Field: FieldKey>(_ field: Field) -> FieldFilter<Field> {
        let contacts = memberships.compactMap(\.contact)
        // The id no contact has.
        return .equal(field, oneOf: contacts.isEmpty ? ["00000000-0000-0000-0000-000000000000"] : contacts)
    }
}
