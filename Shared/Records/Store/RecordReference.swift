import Ground
import Postgres
import Wire

/// A field that names records, and how they are looked up when it is written: worked out once for the tables that are
/// known, since every write of a record asks for it.
final class RecordReference: Sendable {
    /// What is read of the records that are named, and by which statements.
    struct LookUp: Sendable {
        /// Columns behind `id` and `domain`: those whose fields follow from the reference first.
        let columns: [String]
        /// Whether the state of what is named is read, for it must be open.
        let hasState: Bool
        /// Whether it is asked if something above has ended.
        let asksAbove: Bool
        /// For one id, and for a list of them.
        let one, many: SQL
    }

    let field: FieldSchema
    let table: String
    /// Whether there are such records in this schema at all.
    let isKnown: Bool
    /// Whether it is a copy of another service's records, which may be behind.
    let isReplica: Bool
    /// Whether the field names people, who must be there still when they are named anew.
    let isPerson: Bool
    /// Whether there is a user behind what the field names.
    let hasMembers: Bool
    /// As what the record begins under.
    let asParent: LookUp
    /// As anything else.
    let asOther: LookUp

    /// `inherited` are the columns whose fields follow from the reference.
    init(_ field: FieldSchema, to name: String, inherited: [String], in database: Database) {
        let table = database.referenceTable(name)
        self.field = field
        self.table = name
        isKnown = table != nil
        isReplica = table?.isReplica ?? false
        // How what is named stands for people; nil when it does not, and for users, of whom the field says a side.
        isPerson = field.side != nil || table?.person != nil
        hasMembers = table?.person == .member
        let known = table?.columns ?? []
        let people =
            field.side != nil
            ? [KnownField.account, .active, .kind].names
            : table?.person == nil ? [] : [KnownField.active].names.filter(known.contains)
        // What gives the domain cannot go before this write is done, and a parent cannot close.
        let isWritten = table.map { !$0.isReplica && !$0.isDefinition } ?? false
        let source = Source(
            schema: database.schema, table: name, columns: inherited.filter(known.contains), people: people,
            hasMembers: hasMembers, isReplica: isReplica, isWritten: isWritten)
        asParent = source.lookUp(
            hasState: known.has(.state), above: database.endedAbove("named", of: name))
        asOther = source.lookUp(hasState: false, above: nil)
    }
}

/// Where records that are named are read.
private struct Source {
    let schema, table: String
    let columns, people: [String]
    let hasMembers, isReplica, isWritten: Bool

    func lookUp(hasState: Bool, above: SQL?) -> RecordReference.LookUp {
        let columns = columns + (hasState ? [KnownField.state.rawValue] : []) + people
        let names = ([KnownField.id, .domain].names + columns).map(SQL.quoted(identifier:)).joined(separator: ", ")
        var read: SQL = "SELECT \(raw: names)"
        if let above { read += ", \(above) AS ended_above" }
        if hasMembers { read += ", \(memberHasLeft) AS has_left" }
        read += " FROM \(identifier: schema).\(identifier: table) AS named WHERE "
        // Copies from before one of their columns was there are marked so, and fetched anew.
        let end: SQL = isReplica ? " AND revision > 0" : ""
        let lock: SQL = hasState || above != nil ? " FOR SHARE" : isWritten ? " FOR KEY SHARE" : ""
        return RecordReference.LookUp(
            columns: columns, hasState: hasState, asksAbove: above != nil,
            one: read + "id = \(SQLValue.null)" + end + lock, many: read + "id = ANY(\(SQLValue.null))" + end + lock)
    }

    /// Whether the user behind a member has left.
    private var memberHasLeft: SQL {
        """
        EXISTS (SELECT FROM \(identifier: schema)."user" u WHERE NOT u.active AND u.id = \
        CASE WHEN named."user"::text ~ '^[0-9a-f-]{36}$' THEN named."user"::text::uuid END)
        """
    }
}

extension Database {
    /// The references of `R` by the index of their field, for the tables that are known now; nil for fields that name no
    /// records, and for those that a rule looks up by itself.
    func references<R: Record>(of type: R.Type) -> [RecordReference?] {
        tables.references(of: type) {
            R.schema.fields.map { field in
                guard let table = field.referencedTable, !R.storage.ruled.contains(field.name) else { return nil }
                return RecordReference(
                    field, to: table, inherited: R.storage.inherited.filter { $0.via == field.name }.map(\.column),
                    in: self)
            }
        }
    }
}
