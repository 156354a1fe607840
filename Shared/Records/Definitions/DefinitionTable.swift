import Filters
import Ground
import Postgres
import RPC
import Wire

/// A table of definitions, which differ in what they hold and are found, written and listed alike: seen from the domain
/// they were made in and from below, and named by a key that is unique there.
public struct DefinitionTable: Sendable {
    /// Where it is.
    let schema: String
    let name: String
    /// What people call one.
    let label: Text
    /// The columns beside those of ``DefinitionHead``.
    let own: [String]

    /// The table `name` of a schema, made by `make_record(…, visibility => 'definition')` with a `key`.
    public init(schema: String, name: String, label: Text, own: [String]) {
        (self.schema, self.name, self.label, self.own) = (schema, name, label, own)
    }

    private var path: SQL { "\(identifier: schema).\(identifier: name)" }
    private var columns: SQL { "\(identifiers: DefinitionHead.columns.map(\.rawValue) + own)" }

    /// The rows that meet `condition`, which ends with their order.
    public func rows(where condition: SQL, _ tx: Transaction) throws -> Rows {
        try tx.query("SELECT \(columns) FROM \(path) WHERE \(condition)")
    }

    /// The row of that id that the caller may see. NOT_FOUND when there is none.
    public func seen(_ id: String, _ tx: Transaction) throws -> Row { try found(id, "", tx) }

    /// The row of that id that the caller may change, locked: of the caller's own domain or below. ABORTED when the etag is
    /// stale.
    public func locked(_ id: String, etag: String, _ tx: Transaction) throws -> Row {
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
    public func named(_ key: String, _ context: RuleContext) throws -> Row? {
        try rows(
            where: "key = \(key) AND domain = \(context.write.caller.domain.path) FOR UPDATE", context.transaction
        ).first
    }

    /// Writes a row, the first time as a new one; `values` are those of the own columns, in their order.
    public func store(_ head: inout DefinitionHead, _ values: [SQLValue], _ context: RuleContext) {
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
    public func delete(_ id: String, _ tx: Transaction) {
        tx.send("DELETE FROM \(path) WHERE id = \(id)", expecting: 1)
    }

    /// One page of a list; `fields` are what a filter may name beside what all definitions have. A page ends earlier when its
    /// rows weigh more than `most`, as `weight` says. Definitions are few: pages count from the beginning.
    public func page(
        _ request: ListRequest, fields: [FilterField], atMost most: Int = .max,
        weight: (Row) throws -> Int = { _ in 0 }, _ context: RuleContext
    ) throws -> (rows: ArraySlice<Row>, nextToken: String) {
        let caller = context.write.caller
        let known = FilterSchema(
            [
                Self.field(.id, .reference), Self.field(.key, .string), Self.field(.domain, .string),
                Self.field(.createdAt, .timestamp), Self.field(.updatedAt, .timestamp),
            ] + fields)
        let size = try PageSize.of(request.pageSize, maximum: 1_000)
        let binding = PageToken.Binding(
            method: name, filter: request.filter, order: request.orderBy, domain: caller.domain.path)
        let start = try PageToken.place(request.pageToken, in: binding, .number).flatMap { Int($0[0]) } ?? 0
        guard start >= 0 else { throw Problem.damagedPageToken }
        let (condition, order) = try Self.query(request, known, context.filterFacts)
        let found = try rows(
            where: condition + " ORDER BY \(raw: order) LIMIT \(size + 1) OFFSET \(start)", context.transaction)
        let count = try Array(found.prefix(size)).fitting(most, weight).count
        let nextToken = found.count > count ? PageToken(position: [String(start + count)]).text(for: binding) : ""
        return (Array(found).prefix(count), nextToken)
    }

    private static func field(_ column: DefinitionHead.Column, _ kind: FilterField.Kind) -> FilterField {
        FilterField(column.rawValue, kind, folding: .exact)
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
public struct DefinitionHead: Sendable {
    /// Its columns.
    enum Column: String, CaseIterable {
        case id, revision, domain, key
        case createdAt = "created_at"
        case createdBy = "created_by"
        case updatedAt = "updated_at"
        case updatedBy = "updated_by"
    }

    public let id: String
    private(set) var revision: Int
    /// Where it was made: it is seen from there and from below.
    public let domain: String
    /// Unique in its domain, never changed.
    public let key: String
    public let createdAt: Timestamp
    public let createdBy: String
    public private(set) var updatedAt: Timestamp
    public private(set) var updatedBy: String

    static let columns = Column.allCases

    /// The head of a row that was read.
    public init(_ row: Row) throws {
        id = try row.string(Column.id)
        revision = try row.int(Column.revision)
        domain = try row.string(Column.domain)
        key = try row.string(Column.key)
        createdAt = Timestamp(microseconds: try row.timestamp(Column.createdAt))
        createdBy = try row.string(Column.createdBy)
        updatedAt = Timestamp(microseconds: try row.timestamp(Column.updatedAt))
        updatedBy = try row.string(Column.updatedBy)
    }

    /// A new definition in the domain of the caller; it is stored by its table.
    public init(_ key: String, _ write: WriteContext) {
        id = RecordID.make(at: write.now)
        (revision, domain, self.key) = (0, write.caller.domain.path, key)
        (createdAt, createdBy) = (write.now, write.caller.subject)
        (updatedAt, updatedBy) = (write.now, write.caller.subject)
    }

    /// As callers see the revision.
    public var etag: String { String(revision) }

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
