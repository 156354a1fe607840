import Ground
import Postgres
import Roles
import Tenancy
import Wire

/// What a caller may read of replicas: the one way in which pages show another service's records.
extension Database {
    /// The copies of `R` that `caller` may know, with their `id` and these `fields`, for the FROM of a statement: a
    /// SELECT in parentheses. Row-level security adds the scope of the transaction. Empty for who may not read the
    /// records; fields that the caller may not read are NULL.
    ///
    /// - Parameter condition: of the service's own, over all columns of the replica.
    ///
    /// A replica or a field that is not there is a programming error and traps.
    public func replica<R: RecordMessage>(
        _ type: R.Type, _ fields: R.Field..., where condition: SQL = "TRUE", as caller: Caller
    ) -> SQL {
        replica(type, fields, where: condition, as: caller)
    }

    /// The fields that are copied of `R`, in their order, besides the id and the domain.
    public func copiedFields<R: RecordMessage>(of type: R.Type) -> [R.Field] {
        let columns = referenceTable(R.schema.table)?.columns ?? []
        return R.Field.allCases.filter { $0 != .id && $0 != .domain && columns.contains($0.rawValue) }
    }

    /// As ``replica(_:_:where:as:)`` with the fields as a list.
    public func replica<R: RecordMessage>(
        _ type: R.Type, _ fields: [R.Field], where condition: SQL, as caller: Caller
    ) -> SQL {
        let names = fields.map(\.rawValue)
        guard let table = referenceTable(R.schema.table), table.isReplica, table.columns.isSuperset(of: names) else {
            preconditionFailure("there is no replica of \(R.schema.table) with \(names.joined(separator: ", "))")
        }
        let isOpen = table.readers.admit(caller, to: R.schema.table)
        let columns = names.map { name -> SQL in
            Self.isReadable(name, R.schema, caller)
                ? "\(identifier: name)" : "CASE WHEN FALSE THEN \(identifier: name) END AS \(identifier: name)"
        }
        return """
            (SELECT \((["id"] + columns).joined()) FROM \(identifier: schema).\(identifier: R.schema.table) \
            WHERE \(isOpen) AND (\(condition)))
            """
    }

    /// As at the owner: a field rule opens or closes; where there is none, customers see what the dictionary shows them.
    private static func isReadable(_ field: String, _ schema: RecordSchema, _ caller: Caller) -> Bool {
        guard caller.kind != .service else { return true }
        return Access.mayRead(caller.roles, field: field, of: schema.table)
            ?? (caller.kind != .customer || schema.field(field)?.customerVisible == true)
    }
}

extension Replica.Readers {
    /// Whether `caller` may know any of the copies in `table`.
    func admit(_ caller: Caller, to table: String) -> Bool {
        if caller.kind == .service { return true }
        guard Access.allows(caller.roles, .read, on: table) else { return false }
        return switch self {
        case .everybody: true
        case .provider: caller.kind != .customer
        case .rules: false
        }
    }
}
