import Ground
import Korean
import Postgres
import RPC
import Roles
import Wire

/// Nothing begins, and nothing is taken up again, under what is closed or canceled, at whatever height (G-128). What is
/// open there can be finished.
extension Record {
    /// The references that may say what a record belongs to, as ``parentField(of:)`` chooses among them.
    static var parents: [ReferenceTable.Parent] {
        guard case .references(let fields) = storage.domain, !storage.outlivesParent else { return [] }
        return fields.compactMap { field in
            schema.fields[index(field)].referencedTable.map { ReferenceTable.Parent(field: field.rawValue, table: $0) }
        }
    }

    /// The reference that says what `record` belongs to: the first with a value of those that give the domain. Nil for
    /// records that have none, and for those that outlive what they belong to.
    static func parentField(of record: Self) -> String? {
        guard case .references(let fields) = storage.domain, !storage.outlivesParent else { return nil }
        return fields.first { !record[field: $0].isEmpty }?.rawValue
    }

    /// Refuses what would begin under a record in `state`, which `field` names.
    static func checkOpen(_ state: String?, _ field: FieldSchema) throws(Problem) {
        guard let state, EndState(rawValue: state) != nil else { return }
        throw .failedPrecondition(
            rule: "G-128",
            Text(
                en: "\(field.label.en) is closed or canceled: nothing new can begin there. Reopen it first.",
                ko: "\(field.label.ko, .subject) 종결되었거나 취소되어 새로 시작할 수 없습니다. 먼저 다시 연 후 진행하세요."),
            field: path(field))
    }

    /// Refuses what would begin under a record that `field` names when something above that record has ended.
    static func checkOpenAbove(_ isEnded: Bool?, _ field: FieldSchema) throws(Problem) {
        guard isEnded == true else { return }
        throw .failedPrecondition(
            rule: "G-128",
            Text(
                en:
                    "\(field.label.en) belongs to something closed or canceled: nothing new can begin there. Reopen that first.",
                ko: "\(field.label.ko)의 상위 레코드가 종결되었거나 취소되어 새로 시작할 수 없습니다. 상위 레코드를 먼저 다시 연 후 진행하세요."),
            field: path(field))
    }
}

extension ReferenceTable {
    /// A reference that may say what a record begins under.
    struct Parent: Sendable {
        let field: String
        let table: String
    }
}

extension Database {
    /// Whether something has ended that `row`, the alias of a row of `table`, belongs to, at whatever height; nil where
    /// nothing above can end. All of it is locked FOR SHARE, as the parent itself is, from below upwards.
    func endedAbove(_ row: String, of table: String) -> SQL? {
        let questions = (referenceTable(table)?.parents ?? []).compactMap { parent -> SQL? in
            let above = "above_\(parent.table)"
            let hasState = referenceTable(parent.table)?.columns.has(.state) == true
            let state: SQL? = hasState ? "coalesce(\(raw: above).state, '') IN ('closed', 'canceled')" : nil
            let conditions = [state, endedAbove(above, of: parent.table)].compactMap { $0 }
            guard let first = conditions.first else { return nil }
            let condition: SQL = conditions.dropFirst().reduce(first) { "\($0) OR \($1)" }
            return """
                (SELECT \(condition) FROM \(identifier: schema).\(identifier: parent.table) \(raw: above) \
                WHERE \(raw: above).id = \(raw: row).\(identifier: parent.field) FOR SHARE)
                """
        }
        guard let first = questions.first else { return nil }
        let answers: SQL = questions.dropFirst().reduce(first) { "\($0), \($1)" }
        return "coalesce(\(answers), false)"
    }
}

extension PersonSide {
    /// The `kind` of users that are outside systems, not people.
    public static let outsideSystem = "system"

    /// Why a person cannot be named by `field`; nil when nothing speaks against it.
    func fault(account: String?, isActive: Bool, isSystem: Bool, _ field: FieldSchema) -> Text? {
        switch self {
        case _ where isSystem:
            Text(
                en: "\(field.label.en) must be a person, not an outside system.",
                ko: "\(field.label.ko, .topic) 외부 시스템이 아닌 사람이어야 합니다.")
        case .provider where account != nil:
            Text(
                en: "\(field.label.en) must be somebody of the provider, not of a customer.",
                ko: "\(field.label.ko, .topic) 고객이 아닌 제공자 소속이어야 합니다.")
        case .customer where account == nil:
            Text(
                en: "\(field.label.en) must be somebody of the customer, not of the provider.",
                ko: "\(field.label.ko, .topic) 제공자가 아닌 고객 소속이어야 합니다.")
        case _ where !isActive: Self.inactive(field)
        default: nil
        }
    }

    /// Says that whoever `field` names is not there any more.
    static func inactive(_ field: FieldSchema) -> Text {
        Text(en: "\(field.label.en) must be somebody who is active.", ko: "\(field.label.ko, .topic) 활성 상태인 사람이어야 합니다.")
    }
}

/// Somebody to whom work may be given.
public struct Assignable: Sendable {
    /// The user.
    public let user: String
    /// The language in which a text is written for them; nil where that is not known of a user.
    public let language: String?
}

private enum AssigneeColumn: String { case record, user, language }

extension RuleContext {
    /// Whether a rule may give work to the user `id`: a person of the provider who has not left. Who is not known here
    /// counts as one.
    public func mayBeAssigned(_ id: String) throws -> Bool { try unassignable([id]).isEmpty }

    /// Those of `ids` to whom no rule may give work, asked for together: see ``mayBeAssigned(_:)``.
    private func unassignable(_ ids: some Collection<String>) throws -> Set<String> {
        let users = ids.filter(Validation.isUUID)
        guard !users.isEmpty else { return [] }
        let rows = try queryAbove(
            """
            SELECT id FROM \(identifier: database.schema)."user" WHERE id = ANY(\(Array(users))::uuid[]) \
            AND (active IS FALSE OR kind = \(literal: PersonSide.outsideSystem) OR account IS NOT NULL)
            """)
        return Set(try rows.map { try $0.string(ReferenceColumn.id) })
    }

    /// The first of each record's `candidates` to whom a rule may give work, by record; those without one are left out.
    public func firstAssignable(_ candidates: [(record: String, user: String)]) throws -> [String: Assignable] {
        let without = try unassignable(Set(candidates.map(\.user)))
        return Dictionary(
            candidates.lazy.filter { !without.contains($0.user) }.map {
                ($0.record, Assignable(user: $0.user, language: nil))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The same of candidates that a statement selects: `record`, `user`, and the order of a record's in `place` and `id`. It is
    /// carried out as from above, so that it must not read definitions.
    public func firstAssignable(among candidates: SQL) throws -> [String: Assignable] {
        let rows = try queryAbove(
            """
            SELECT c.record, c."user", coalesce(u.language, \(literal: Language.en)) AS language FROM (\(candidates)) c \
            LEFT JOIN \(identifier: database.schema)."user" u \
            ON u.id = CASE WHEN c."user" ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN c."user"::uuid END \
            WHERE u.id IS NULL OR u.active IS NOT FALSE AND u.account IS NULL \
            AND u.kind IS DISTINCT FROM \(literal: PersonSide.outsideSystem) ORDER BY c.record, c.place, c.id
            """)
        return Dictionary(
            try rows.map { row in
                let user = try row.string(AssigneeColumn.user)
                let language = Validation.isUUID(user) ? try row.string(AssigneeColumn.language) : nil
                return (try row.string(AssigneeColumn.record), Assignable(user: user, language: language))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Those of `ids` that are records of a table, or copies of another service's, which the caller may read and sees; nil
    /// where the service has neither.
    public func seen(_ ids: some Collection<String>, in table: String) throws -> Set<String>? {
        guard let known = database.referenceTable(table) else { return nil }
        let caller = write.caller
        let asked = ids.filter(Validation.isUUID)
        guard !asked.isEmpty, caller.kind == .service || Access.allows(caller.roles, .read, on: table) else {
            return []
        }
        let rows = try transaction.query(
            """
            SELECT id FROM \(identifier: database.schema).\(identifier: table) \
            WHERE id = ANY(\(Array(asked))::uuid[])\(known.isReplica ? Self.isWhole : "")
            """)
        return Set(try rows.map { try $0.string(ReferenceColumn.id) })
    }

    /// Copies from before one of their columns was there are marked so, and fetched anew.
    private static var isWhole: SQL { " AND revision > 0" }

    /// Whether a table is another service's of which this one keeps copies: what is not seen there may not have come yet
    /// (``Problem/missing(_:of:)``).
    public func isCopied(_ table: String) -> Bool { database.referenceTable(table)?.isReplica == true }

    /// Whether a table can be looked into at all, be it of the service or copied.
    public func isKnown(_ table: String) -> Bool { database.referenceTable(table) != nil }

    /// What a statement finds above the caller's domain, where the provider's users are. For what a rule has to know, not
    /// for what it shows.
    public func queryAbove(_ statement: SQL) throws -> Rows {
        transaction.sendScope(.domain(.root))
        defer { transaction.sendScope(write.caller.scope) }
        return try transaction.query(statement)
    }
}
