import Ground
import Postgres
import Records
import Tenancy
import Wire

/// Copies of another service's records as a page shows them: read through `Database.replica`, which knows who may read
/// what of them.
struct CopiedRecords<R: RecordMessage>: Sendable {
    private let database: Database
    private let caller: Caller
    private let fields: [R.Field]

    /// All fields that are copied of `R`.
    init(_ database: Database, _ caller: Caller) {
        self.database = database
        self.caller = caller
        fields = database.copiedFields(of: R.self)
    }

    /// The statement that reads those that meet a condition over the columns of the replica.
    func selection(where condition: SQL, order: SQL = "id", limit: Int) -> SQL {
        let columns = ([R.Field.id] + fields).map(\.rawValue)
        return """
            SELECT \(identifiers: columns) FROM \(database.replica(R.self, fields, where: condition, as: caller)) copied \
            ORDER BY \(order) LIMIT \(limit)
            """
    }

    /// The statement that counts them, up to a bound; where many meet it, in an order that an index has.
    func counting(where condition: SQL, order: SQL? = nil, atMost bound: Int) -> SQL {
        let ordered: SQL = order.map { " ORDER BY \($0)" } ?? ""
        return """
            SELECT count(*) AS counted FROM (SELECT FROM \
            \(database.replica(R.self, fields, where: condition, as: caller)) copied\(ordered) LIMIT \(bound)) few
            """
    }

    /// The statement that counts those of them whose reference `field` is among `parents`, a SELECT of ids, as that of the
    /// service's own records does.
    func counting(
        where condition: SQL, _ field: R.Field, among parents: SQL, walking: Bool = false, atMost bound: Int? = nil
    ) -> SQL {
        let children: SQL = """
            SELECT \(identifier: field.rawValue) AS parent \
            FROM \(database.replica(R.self, [field], where: condition, as: caller)) copied
            """
        return .counting(children, among: parents, walking: walking, atMost: bound)
    }

    /// The statement that counts all of them.
    func counting(where condition: SQL) -> SQL {
        "SELECT count(*) AS counted FROM \(database.replica(R.self, [], where: condition, as: caller)) copied"
    }

    /// The records of an answer to the selection.
    func records(_ rows: Rows) throws -> [R] {
        try rows.map { row in
            var record = R()
            record.id = try row.string(R.Field.id)
            for field in fields {
                guard let index = R.schema.index(like: field), try !row.isNull(field) else { continue }
                record[fieldAt: index] =
                    switch R.schema.fields[index].storage {
                    case .int: .int(try row.int64(field))
                    case .bool: .bool(try row.bool(field))
                    case .timestamp: .timestamp(Timestamp(microseconds: try row.timestamp(field)))
                    case .strings: .strings(try row.strings(field))
                    case .string: .string(try row.string(field))
                    }
            }
            return record
        }
    }
}
