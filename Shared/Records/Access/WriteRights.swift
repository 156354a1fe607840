import Roles
import Tenancy
import Wire

/// What a caller may write of a table, as the dictionary tells it. It says what ``Store`` does: methods that nobody
/// declared, access rows, what customers may fill in, fields that only the system sets, that follow a reference or that
/// keep their first value. What depends on the single record (its state, whose it is) is found out by trying.
struct WriteRights<R: Record> {
    /// The operations the caller may use at all.
    let operations: [Operation]
    /// Fields of a new record.
    let inNew: Set<String>
    /// Fields of a record that exists.
    let inExisting: Set<String>

    init(_ caller: Caller) {
        let customer = R.storage.customer
        let isCustomer = caller.kind == .customer
        let writable = isCustomer ? customer?.writable ?? [] : Set(R.schema.fields.map(\.name))
        let open = Set(R.schema.fields.filter { !$0.outputOnly && writable.contains($0.name) }.map(\.name))
        let openInNew = open.subtracting(R.storage.closed(caller, true))
        let openInExisting = open.subtracting(R.storage.closed(caller, false))
        operations = Operation.allCases.filter { operation in
            guard Access.allows(caller.roles, operation, on: R.schema.table) else { return false }
            // Rules that close every field refuse the operation.
            if operation == .create, openInNew.isEmpty, !open.isEmpty { return false }
            if operation == .write, openInExisting.isEmpty, !open.isEmpty { return false }
            guard isCustomer else { return true }
            return switch operation {
            case .create: !writable.isEmpty
            case .write: customer?.changeable != nil
            default: customer != nil
            }
        }
        let mayCreate = operations.contains(.create) && Self.declares("create")
        inNew = mayCreate ? openInNew.subtracting(Self.determined) : []
        let mayChange = operations.contains(.write) && Self.declares("update")
        let kept = R.storage.immutable.union(R.storage.inherited.map(\.field))
        inExisting = mayChange ? openInExisting.subtracting(kept) : []
    }

    /// Fields that a reference which every new record has gives their value.
    private static var determined: Set<String> {
        Set(
            R.storage.inherited.filter { inherited in
                R.schema.field(inherited.via)?.mandatory == true && !R.storage.conditional.contains(inherited.via)
            }.map(\.field))
    }

    private static func declares(_ verb: String) -> Bool {
        R.schema.verbs.contains(verb)
    }
}
