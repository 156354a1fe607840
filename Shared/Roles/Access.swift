/// What can be done with a record or a field.
public enum Operation: String, Sendable, Hashable, CaseIterable {
    case read
    /// Seeing records in reports, scorecards and counts.
    case reportView = "report_view"
    case create
    case write
    case delete
}

/// One access rule: who may do what to a table or to one of its fields. Rules only allow; what no rule allows is refused.
public struct AccessRule: Sendable, Hashable {
    /// Where a rule comes from.
    public enum Basis: String, Sendable {
        /// Printed in the source.
        case stated
        /// Read between its lines by the specification.
        case implied
        /// Decided here, `acl_decisions.tsv`.
        case decision
    }

    /// `ACL-17` for rules of the specification, `D-07` for our own.
    public let id: String
    /// The table.
    public let table: String
    /// The field, for a rule about one field.
    public let field: String?
    /// What the rule allows.
    public let operations: [Operation]
    /// The roles it allows it to; any one of them is enough (G-24).
    public let roles: [String]
    /// Where it comes from.
    public let basis: Basis
    /// For each operation a role that has it and the nearest one that has not, worked out by the generator.
    public let examples: [AccessExample]

    /// Whether the rule is for customers alone, so that the rules about rows and fields for customers apply on top.
    public var isForCustomers: Bool {
        roles.allSatisfy { RoleCatalog.role(named: $0)?.isExternal ?? false }
    }
}

/// A test case of a rule.
public struct AccessExample: Sendable, Hashable {
    /// The operation tried.
    public let operation: Operation
    /// A role that is allowed, by containment where there is such a role.
    public let allowed: String
    /// A role of similar name that is refused.
    public let refused: String
}

/// Why an operation is allowed.
public enum AccessBasis: Sendable, Hashable {
    /// The administrator may do everything.
    case administrator
    /// A role of the provider allows it.
    case provider
    /// Only a role of customers allows it: the owner of the table limits rows to the customer's own, and fields to
    /// those customers see or a field rule names.
    case customer
}

/// The access rules. Roles given to these functions are closed under containment (``RoleCatalog/close(_:)``).
public enum Access {
    /// Every rule: the specification's, then our own.
    public static let rules: [AccessRule] = data

    /// Whether any of the roles allows the operation on records of a table. A table without rules is refused to all but
    /// the administrator.
    public static func allows(_ roles: Set<String>, _ operation: Operation, on table: String) -> Bool {
        basis(roles, operation, on: table) != nil
    }

    /// Why the operation is allowed; nil when it is not. Whoever may write or delete may read (G-16).
    public static func basis(_ roles: Set<String>, _ operation: Operation, on table: String) -> AccessBasis? {
        if roles.contains(RoleCatalog.administrator) { return .administrator }
        guard let grants = tables[table] else { return nil }
        let operations: [Operation] = operation == .read ? [.read, .write, .delete] : [operation]
        var found: AccessBasis?
        for operation in operations {
            guard let grant = grants[operation] else { continue }
            if !grant.provider.isDisjoint(with: roles) { return .provider }
            if !grant.customer.isDisjoint(with: roles) { found = .customer }
        }
        return found
    }

    /// Whether the field may be read; nil when no rule speaks of reading it. A field rule adds to the rule of the table,
    /// it does not replace it (G-24).
    public static func mayRead(_ roles: Set<String>, field: String, of table: String) -> Bool? {
        may(roles, .read, field: field, of: table)
    }

    /// Whether the operation on the field is allowed; nil when no rule speaks of it. Adding an entry to a journal
    /// (`comments`) is `create`.
    public static func may(_ roles: Set<String>, _ operation: Operation, field: String, of table: String) -> Bool? {
        guard let allowed = fields[table]?[field]?[operation] else { return nil }
        return roles.contains(RoleCatalog.administrator) || !allowed.isDisjoint(with: roles)
    }

    /// The roles that allow one operation on one table, by the side they are on.
    private struct Grant: Sendable {
        var provider: Set<String> = []
        var customer: Set<String> = []
    }

    private static let tables: [String: [Operation: Grant]] = {
        var tables: [String: [Operation: Grant]] = [:]
        for rule in data where rule.field == nil {
            for operation in rule.operations {
                for role in rule.roles {
                    if RoleCatalog.role(named: role)?.isExternal == true {
                        tables[rule.table, default: [:]][operation, default: Grant()].customer.insert(role)
                    } else {
                        tables[rule.table, default: [:]][operation, default: Grant()].provider.insert(role)
                    }
                }
            }
        }
        return tables
    }()

    private static let fields: [String: [String: [Operation: Set<String>]]] = {
        var fields: [String: [String: [Operation: Set<String>]]] = [:]
        for rule in data {
            guard let field = rule.field else { continue }
            for operation in rule.operations {
                fields[rule.table, default: [:]][field, default: [:]][operation, default: []].formUnion(rule.roles)
            }
        }
        return fields
    }()
}
