import Filters
import Ground
import Postgres
import RPC
import Records
import Wire

/// A table of definitions, which differ in what they hold and are found, written and listed alike: seen from the domain
/// they were made in and from below, and named by a key that is unique there.
struct DefinitionTable: Sendable {
    /// Where it is.
    let schema: String
    let name: OwnTable
    /// What people call one.
    let label: Text
    /// The columns beside those of ``DefinitionHead``.
    let own: [PlaybookColumn]

    private var path: SQL { "\(identifier: schema).\(identifier: name)" }
    private var columns: SQL { "\(identifiers: (DefinitionHead.columns + own).map(\.rawValue))" }

    /// The rows that meet `condition`, which ends with their order.
    func rows(where condition: SQL, _ tx: Transaction) throws -> Rows {
        try tx.query("SELECT \(columns) FROM \(path) WHERE \(condition)")
    }

    /// The row of that id that the caller may see. NOT_FOUND when there is none.
    func seen(_ id: String, _ tx: Transaction) throws -> Row { try found(id, "", tx) }

    /// The row of that id that the caller may change, locked: of the caller's own domain or below. ABORTED when the etag is
    /// stale.
    func locked(_ id: String, etag: String, _ tx: Transaction) throws -> Row {
        let row = try found(id, " FOR UPDATE", tx)
        guard try etag.isEmpty || etag == DefinitionHead(row).etag else { throw Problem.staleEtag }
        return row
    }

    private func found(_ id: String, _ locking: SQL, _ tx: Transaction) throws -> Row {
        guard Validation.isUUID(id), let row = try rows(where: "id = \(id)" + locking, tx).first else {
            throw Problem.notFound(label, id: id)
        }
        return row
    }

    /// The row of the caller's own domain with that key, locked; nil when there is none.
    func named(_ key: String, _ context: RuleContext) throws -> Row? {
        try rows(
            where: "key = \(key) AND domain = \(context.write.caller.domain.path) FOR UPDATE", context.transaction
        ).first
    }

    /// Writes a row, the first time as a new one; `values` are those of the own columns, in their order.
    func store(_ head: inout DefinitionHead, _ values: [SQLValue], _ context: RuleContext) {
        head.advance(context.write)
        guard head.isNew else {
            var changes: SQL = """
                revision = \(head.revision), updated_at = \(head.updatedAt.sqlValue), updated_by = \(head.updatedBy)
                """
            for (column, value) in zip(own, values) { changes += ", \(identifier: column) = \(value)" }
            return context.transaction.send("UPDATE \(path) SET \(changes) WHERE id = \(head.id)", expecting: 1)
        }
        var row = head.values
        for value in values { row += ", \(value)" }
        context.transaction.send("INSERT INTO \(path) (\(columns)) VALUES (\(row))", expecting: 1)
    }

    /// Removes a row.
    func delete(_ id: String, _ tx: Transaction) {
        tx.send("DELETE FROM \(path) WHERE id = \(id)", expecting: 1)
    }

    /// One page of a list; `fields` are what a filter may name beside what all definitions have. Definitions are few: pages
    /// count from the beginning.
    func page(
        _ request: ListRequest, fields: [FilterField], _ context: RuleContext
    ) throws -> (rows: ArraySlice<Row>, nextToken: String) {
        let caller = context.write.caller
        let known = FilterSchema(
            [
                FilterField(.id, .reference), FilterField(.key, .string),
                FilterField(.domain, .string), FilterField(.createdAt, .timestamp),
                FilterField(.updatedAt, .timestamp),
            ] + fields)
        let size = try PageSize.of(request.pageSize, maximum: 1_000)
        let binding = PageToken.Binding(
            method: name.rawValue, filter: request.filter, order: request.orderBy, domain: caller.domain.path)
        let start = try PageToken.place(request.pageToken, in: binding, .number).flatMap { Int($0[0]) } ?? 0
        let (condition, order) = try Self.query(request, known, context.filterFacts)
        let found = try rows(
            where: condition + " ORDER BY \(raw: order) LIMIT \(size + 1) OFFSET \(start)", context.transaction)
        let nextToken = found.count > size ? PageToken(position: [String(start + size)]).text(for: binding) : ""
        return (Array(found).prefix(size), nextToken)
    }

    private static func query(
        _ request: ListRequest, _ fields: FilterSchema, _ facts: FilterFacts
    ) throws -> (condition: SQL, order: String) {
        let condition: SQL
        do throws(FilterError) {
            condition = "(" + SQL(try Filter.parse(request.filter).check(against: fields, context: facts)) + ")"
        } catch { throw Problem.filter(error) }
        do throws(FilterError) {
            let terms = try OrderBy.parse(request.orderBy).check(against: fields)
            return (condition, (terms.map(\.sql) + ["id"]).joined(separator: ", "))
        } catch { throw Problem.orderBy(error) }
    }
}

/// What the row of a definition begins with.
struct DefinitionHead: Sendable {
    let id: String
    private(set) var revision: Int
    let domain: String
    let key: String
    let createdAt: Timestamp
    let createdBy: String
    private(set) var updatedAt: Timestamp
    private(set) var updatedBy: String

    static let columns: [PlaybookColumn] = [
        .id, .revision, .domain, .key, .createdAt, .createdBy, .updatedAt, .updatedBy,
    ]

    init(_ row: Row) throws {
        id = try row.string(PlaybookColumn.id)
        revision = try row.int(PlaybookColumn.revision)
        domain = try row.string(PlaybookColumn.domain)
        key = try row.string(PlaybookColumn.key)
        createdAt = Timestamp(microseconds: try row.timestamp(PlaybookColumn.createdAt))
        createdBy = try row.string(PlaybookColumn.createdBy)
        updatedAt = Timestamp(microseconds: try row.timestamp(PlaybookColumn.updatedAt))
        updatedBy = try row.string(PlaybookColumn.updatedBy)
    }

    /// A new definition in the domain of the caller; it is stored by its table.
    init(_ key: String, _ write: WriteContext) {
        id = RecordID.make(at: write.now)
        (revision, domain, self.key) = (0, write.caller.domain.path, key)
        (createdAt, createdBy) = (write.now, write.caller.subject)
        (updatedAt, updatedBy) = (write.now, write.caller.subject)
    }

    /// As callers see the revision.
    var etag: String { String(revision) }

    /// Whether it is written for the first time.
    fileprivate var isNew: Bool { revision == 1 }

    fileprivate mutating func advance(_ write: WriteContext) {
        revision += 1
        (updatedAt, updatedBy) = (write.now, write.caller.subject)
    }

    /// The values of ``columns``.
    fileprivate var values: SQL {
        """
        \(id), \(revision), \(domain), \(key), \(createdAt.sqlValue), \(createdBy), \(updatedAt.sqlValue), \(updatedBy)
        """
    }
}
