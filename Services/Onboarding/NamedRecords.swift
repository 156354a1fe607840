import OnboardingWire
import Postgres
import Records
import Tenancy
import Wire

/// Finds the records that texts of a workbook name (G-59): by one statement for the check and for the publication, so
/// that what the one finds the other finds. A record is named by its id, or by a text that looks like that of a field.
struct NamedRecords: Sendable {
    /// What one text names.
    struct Match: Sendable, Equatable {
        /// How many records.
        let count: Int
        /// The record, when it is one.
        let id: String?
    }

    /// By which field texts name the records of a table.
    struct Naming: Hashable, Sendable {
        let table: String
        /// Empty for the fields that the table's declaration names.
        let field: String
    }

    /// What the statement answers.
    private enum Column: String {
        case text, found, id
    }

    private let fields: [String]
    private let schema: RecordSchema
    private let isOfAccount: Bool

    /// Records of a table, named by `field`. The usual field, and none, stand for all the fields that the declaration
    /// names.
    init(_ schema: RecordSchema, by field: String) {
        fields = field.isEmpty || field == schema.namedBy.first ? schema.namedBy : [field]
        self.schema = schema
        isOfAccount = NamedRecords.areOfAccounts(schema)
    }

    /// Whether records of a table are looked for within one account: its key begins with it. Accounts and people are
    /// found among all that the caller sees.
    static func areOfAccounts(_ schema: RecordSchema) -> Bool {
        schema.importing?.key.first == Location.Field.account.rawValue
    }

    /// Answers, for each of `texts` that names something, its folded text, the number of records and one id. Seen with
    /// the account of the case, a name that it shares with other accounts means the account itself. Customers find what
    /// is of their accounts.
    func statement(_ texts: some Collection<String>, of account: String?, for caller: Caller) -> SQL {
        let (table, folded) = (schema.table, Set(texts.map(\.alike)))
        var bounds: SQL = isOfAccount ? "account = \(account)" : "true"
        if caller.kind == .customer {
            let own: Location.Field = table == CustomerAccount.schema.table ? .id : .account
            bounds += " AND \(identifier: own) = ANY(\(caller.memberships.map(\.account))::uuid[])"
        }
        let isOwn: SQL = table == CustomerAccount.schema.table && account != nil ? "bool_or(id = \(account))" : "false"
        let from: SQL = "FROM onboarding.\(identifier: table) WHERE "
        var named: SQL = "SELECT id, id::text AS text " + from
        named += "id = ANY(\(folded.filter(Validation.isUUID).sorted())::uuid[]) AND " + bounds
        for field in fields {
            named += " UNION ALL " + AlikeSQL.lookup(field, folded, in: schema, bounds)
        }
        return """
            SELECT text, CASE WHEN \(isOwn) THEN 1 ELSE count(DISTINCT id) END AS found, \
            CASE WHEN \(isOwn) THEN \(account) ELSE min(id::text) END AS id FROM (\(named)) AS named GROUP BY text
            """
    }

    /// The answers to a statement, by folded text.
    static func read(_ rows: Rows) throws -> [String: Match] {
        var matches: [String: Match] = [:]
        for row in rows {
            let count = Int(try row.int64(Column.found))
            matches[try row.string(Column.text)] = Match(count: count, id: count == 1 ? try row.string(Column.id) : nil)
        }
        return matches
    }
}
