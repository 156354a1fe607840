import Events
import Ground
import Postgres
import Roles
import Synchronization
import Wire

/// A column of a record's table. Not a part of ``TableLayout``, whose parts the runtime has to look up by record type.
struct TableColumn: Sendable {
    /// The field's index in the dictionary.
    let index: Int
    let name: String
    let storage: FieldStorage
}

/// What is known of a record's table, worked out once from the dictionary and the access rules, names looked up
/// already. One object, since every read and write of a record uses it.
final class TableLayout<R: Record>: Sendable {
    /// Columns in the order of the dictionary, without `etag`, which is the column `revision`: every field but
    /// journals, attachments and computed ones.
    let columns: [TableColumn]
    /// Their fields.
    let stored: [Int]
    /// Fields without a column, and how each is worked out.
    let computed: [(index: Int, value: @Sendable (R, CivilDate) -> FieldValue)]
    /// Fields without a column that come behind the columns of a row that is read.
    let lookedUp: [(index: Int, value: @Sendable (String?) -> FieldValue)]
    /// Asks for these alone; nil when there are none.
    let lookUp: SQL?
    /// Fields that an access rule speaks of.
    let ruled: [Int]
    /// Fields that no access rule speaks of and customers do not see.
    let closedToCustomers: [Int]
    /// `id, revision, created_at, …` as text for SELECT.
    let selection: String
    /// `SELECT … FROM …` with what is looked up, to be followed by a condition.
    let selectAll: SQL
    /// `SELECT … FROM … WHERE id = …`.
    let selectOne: SQL
    /// The whole statement that creates a record, to be filled with ``values(_:revision:)`` and those of the journal's
    /// entry and of the event. Its text is the same for each, so it is put together once.
    let creation: SQL
    /// The same for many records at once.
    let atOnce: CreationLayout<R>
    /// The statements that add so many events, in the same way.
    private let additions = Mutex<[Int: SQL]>([:])
    /// Schema-qualified name of the table.
    let table: String
    let numberIndex: Int?
    /// Fields with a number that is given once.
    let numbered: [Int]
    /// The field that names the account a record belongs to: what `account_column` says in the schema.
    let account: Int?
    let indexes: Header

    /// Where the fields common to all records are.
    struct Header: Sendable {
        let id, etag, createdAt, createdBy, updatedAt, updatedBy, domain: Int
    }

    init() {
        let schema = R.schema
        let withoutColumn = R.storage.derived
        columns = schema.fields.enumerated().compactMap { index, field in
            guard field.type != .journal, field.type != .attachment, field.name != "etag",
                !withoutColumn.contains(field.name)
            else { return nil }
            return TableColumn(index: index, name: field.name, storage: field.storage)
        }
        stored = columns.map(\.index)
        computed = R.storage.computed.map { (R.index($0.field), $0.value) }
        lookedUp = R.storage.lookedUp.map { (R.index($0.field), $0.value) }
        let ruled = schema.fields.indices.filter {
            Access.mayRead([], field: schema.fields[$0].name, of: schema.table) != nil
        }
        self.ruled = ruled
        closedToCustomers = schema.fields.indices.filter {
            !schema.fields[$0].customerVisible && !ruled.contains($0)
        }
        selection = (["revision"] + columns.map { SQL.quoted(identifier: $0.name) }).joined(separator: ", ")
        let owner = Database.schemaName(of: schema.service)
        table = SQL.quoted(identifier: owner) + "." + SQL.quoted(identifier: schema.table)
        let expressions = R.storage.lookedUp.map(\.expression)
        let source: SQL = " FROM \(raw: table)"
        let read: SQL = "SELECT \(raw: selection)"
        selectAll = expressions.reduce(read) { $0 + ", " + $1 } + source
        lookUp = expressions.first.map { first in
            expressions.dropFirst().reduce("SELECT " + first) { $0 + ", " + $1 } + source
                + " WHERE id = \(SQLValue.null)"
        }
        selectOne = selectAll + " WHERE id = \(SQLValue.null)"
        let width = selection.split(separator: ", ").count
        creation = """
            WITH written AS (INSERT INTO \(raw: table) (\(raw: selection)) VALUES \(SQL.placeholders(width))), \
            journaled AS (\(Journal.insertion(into: owner))) \(Outbox.insertion(into: owner))
            """
        atOnce = CreationLayout(columns, in: table, selection, owner)
        let number = R.numberField.map { R.index($0) }
        numberIndex = number
        numbered = R.storage.numbered.map(R.index) + (number.map { [$0] } ?? [])
        let accounts = R.storage.account.map { [$0] } ?? [KnownField.account, .company].names
        account = accounts.lazy.compactMap { schema.index(of: $0) }.first
        indexes = Header(
            id: R.index(.id), etag: R.index(.etag), createdAt: R.index(.createdAt), createdBy: R.index(.createdBy),
            updatedAt: R.index(.updatedAt), updatedBy: R.index(.updatedBy), domain: R.index(.domain))
    }

    /// The statement that adds so many events to the outbox, to be filled with their values.
    func adding(events rows: Int) -> SQL {
        additions.withLock { known in
            if let statement = known[rows] { return statement }
            let statement = Outbox.insertion(into: Database.schemaName(of: R.schema.service), rows: rows)
            known[rows] = statement
            return statement
        }
    }

    /// The record of a row selected by ``selection``, starting at its column `offset`.
    func record(_ row: Row, offset: Int = 0, today: CivilDate) throws(PostgresError) -> R {
        var record = R()
        record.etag = String(try row.int64(at: offset))
        var position = offset
        for column in columns {
            position += 1
            if try row.isNull(at: position) { continue }
            record[fieldAt: column.index] = try row.value(position, column.storage)
        }
        try fill(&record, row, at: position + 1)
        compute(&record, today: today)
        return record
    }

    /// Fills in what was looked up for the record, from the column `position` of a row on.
    func fill(_ record: inout R, _ row: Row, at position: Int) throws(PostgresError) {
        for (offset, field) in lookedUp.enumerated() {
            record[fieldAt: field.index] = field.value(try row.optionalString(at: position + offset))
        }
    }

    /// Works out the fields without a column.
    func compute(_ record: inout R, today: CivilDate) {
        for field in computed { record[fieldAt: field.index] = field.value(record, today) }
    }

    /// The values of a complete record's row, in the order of ``selection``.
    func values(_ record: R, revision: Int64) -> [SQLValue] {
        var values: [SQLValue] = [.int(revision)]
        values.reserveCapacity(columns.count + 1)
        for column in columns { values.append(record[fieldAt: column.index].sqlValue) }
        return values
    }

    /// `UPDATE t SET … WHERE id AND revision`, writing only the columns that differ.
    func update(_ record: R, changed: [Int], from revision: Int64) -> SQL {
        var assignments: SQL = "revision = revision + 1"
        let stamped = Set(changed + [indexes.updatedAt, indexes.updatedBy])
        for column in columns where stamped.contains(column.index) {
            assignments += ", \(identifier: column.name) = \(record[fieldAt: column.index].sqlValue)"
        }
        return
            "UPDATE \(raw: table) SET \(assignments) WHERE id = \(record.id) AND revision = \(revision)"
    }
}

extension Row {
    /// The column at `index` as a field kept by `storage`.
    func value(_ index: Int, _ storage: FieldStorage) throws(PostgresError) -> FieldValue {
        guard try !isNull(at: index) else { return .null }
        return switch storage {
        case .string: .string(try string(at: index))
        case .int: .int(try int64(at: index))
        case .bool: .bool(try bool(at: index))
        case .timestamp: .timestamp(Timestamp(microseconds: try timestamp(at: index)))
        case .strings: .strings(try strings(at: index))
        }
    }
}
