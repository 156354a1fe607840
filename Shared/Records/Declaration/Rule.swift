import Ground
import Korean
import Postgres
import RPC
import Wire

/// One decision a record makes on a write, named by the id of the business rule it carries out.
public struct Rule<R: Record>: Sendable {
    enum Phase { case draft, before, after, advice, beforeDeletion, afterDeletion }

    /// The rule: `BR-07`.
    public let id: String
    let phase: Phase
    /// The constraint of the table that keeps the rule, too, whatever writes.
    let constraint: DatabaseRule<R>?
    let apply: @Sendable (inout Change<R>, RuleContext) throws -> Void

    /// A rule that may change the new record or throw a ``Problem``; it runs before the row is written.
    public init(_ id: String, _ apply: @escaping @Sendable (inout Change<R>, RuleContext) throws -> Void) {
        self.init(id, phase: .before, apply)
    }

    private init(
        _ id: String, phase: Phase, constraint: DatabaseRule<R>? = nil,
        _ apply: @escaping @Sendable (inout Change<R>, RuleContext) throws -> Void
    ) {
        self.id = id
        self.phase = phase
        self.constraint = constraint
        self.apply = apply
    }

    /// What a new record is given before its references are looked up and its domain is set: numbers of its own, a
    /// domain of its own, values that follow from others.
    public static func drafting(
        _ id: String, _ apply: @escaping @Sendable (inout Change<R>, RuleContext) throws -> Void
    ) -> Rule {
        Rule(id, phase: .draft, apply)
    }

    /// A condition that must hold for the new record; where it does not, `field` is to blame and `text` says why. A
    /// `constraint` of the table that says the same is told in the same words.
    public static func check(
        _ id: String, field: R.Field, constraint: String? = nil, _ text: Text,
        _ holds: @escaping @Sendable (Change<R>, RuleContext) throws -> Bool
    ) -> Rule {
        let kept = constraint.map { DatabaseRule<R>(id, constraint: $0, field: field, text) }
        return Rule(id, phase: .before, constraint: kept) { change, context in
            guard try holds(change, context) else { throw Problem.broken(id, R.self, field: field, text) }
        }
    }

    /// What follows from a write, in the same transaction, after the row is written.
    public static func after(
        _ id: String, _ effect: @escaping @Sendable (Change<R>, RuleContext) throws -> Void
    ) -> Rule {
        Rule(id, phase: .after) { change, context in try effect(change, context) }
    }

    /// Advises instead of refusing: where `applies` holds for a write that somebody asks for, the answer warns with
    /// `text` about `field`. Looked at when everything is written; only what the caller may see can be looked at. It is
    /// for what a write makes true: who changes something else is not told again.
    public static func advice(
        _ id: String, field: R.Field, _ text: Text,
        when applies: @escaping @Sendable (Change<R>, RuleContext) throws -> Bool
    ) -> Rule {
        Rule(id, phase: .advice) { change, context in
            guard let list = context.write.advice, try applies(change, context) else { return }
            list.add(Advice(rule: id, field: R.path(field), text: text))
        }
    }

    /// A record is not deleted as long as one of `dependants` exists. For rows that name it without a foreign key.
    public static func kept(_ id: String, whileAny dependants: [Dependants]) -> Rule {
        Rule(id, phase: .beforeDeletion) { change, context in
            for dependant in dependants where try context.exists(dependant, of: change.new.id) {
                throw Problem.failedPrecondition(
                    rule: id,
                    Text(
                        en: "The record cannot be deleted while a \(dependant.label.en) depends on it.",
                        ko: "이 레코드에 종속된 \(dependant.label.ko, .subject) 있는 동안에는 삭제할 수 없습니다."))
            }
        }
    }

    /// What comes before a deletion, such as a check or a lock; `old` and `new` are the record that is to go.
    public static func beforeDeletion(
        _ id: String, _ effect: @escaping @Sendable (Change<R>, RuleContext) throws -> Void
    ) -> Rule {
        Rule(id, phase: .beforeDeletion) { change, context in try effect(change, context) }
    }

    /// What follows from a deletion, in the same transaction; `old` and `new` are the record that is gone.
    public static func afterDeletion(
        _ id: String, _ effect: @escaping @Sendable (Change<R>, RuleContext) throws -> Void
    ) -> Rule {
        Rule(id, phase: .afterDeletion) { change, context in try effect(change, context) }
    }

    /// `field` keeps its value as long as one of `dependants` exists.
    public static func locked(_ id: String, field: R.Field, whileAny dependants: [Dependants]) -> Rule {
        Rule(id) { change, context in
            guard let old = change.old, change.changes(field) else { return }
            for dependant in dependants where try context.exists(dependant, of: old.id) {
                let label = R.label(field)
                throw Problem.broken(
                    id, R.self, field: field,
                    Text(
                        en: "\(label.en) cannot change while a \(dependant.label.en) depends on this record.",
                        ko: "이 레코드에 종속된 \(dependant.label.ko, .subject) 있는 동안에는 \(label.ko, .object) 변경할 수 없습니다."))
            }
        }
    }

    /// Neither date may be missing for the check; `later` must not be before `earlier` (the same day is allowed).
    public static func ordered(
        _ id: String, _ earlier: R.Field, notAfter later: R.Field, constraint: String? = nil
    ) -> Rule {
        check(
            id, field: later, constraint: constraint,
            FieldRules.notBefore(R.label(later), R.label(earlier))
        ) { change, _ in
            // What was stored before there was the rule does not keep a record from being worked on.
            guard change.changes(earlier) || change.changes(later),
                let start = change.new[field: earlier].string, let stop = change.new[field: later].string
            else { return true }
            return start <= stop
        }
    }

    /// A rule for each date that the dictionary says not to be before another.
    public static func ordered(_ id: String) -> [Rule] {
        R.schema.fields.compactMap { field in
            guard let earlier = field.notBefore.flatMap(R.Field.init(rawValue:)),
                let later = R.Field(rawValue: field.name)
            else {
                return nil
            }
            return ordered(id, earlier, notAfter: later)
        }
    }
}

extension Record {
    /// What people read of a field.
    public static func label(_ field: Field) -> Text { schema.fields[index(field)].label }

    /// The label of a field that exists.
    static func label(_ field: String) -> Text { schema.fields[index(field)].label }
}

/// Rows of another table of the same service that point to a record.
public struct Dependants: Sendable {
    let table: String
    /// What stands before the id of the record in the condition.
    let condition: String
    /// What stands behind it.
    var end = ""
    let label: Text

    /// Rows of `R` whose `field` is the record.
    public static func records<R: RecordMessage>(_ type: R.Type, by field: R.Field) -> Dependants {
        Dependants(
            table: R.schema.table, condition: "\(SQL.quoted(identifier: field.rawValue)) = ", label: R.schema.label)
    }

    /// Rows of `R` whose list `field` holds the record.
    public static func lists<R: RecordMessage>(_ type: R.Type, in field: R.Field) -> Dependants {
        let column = SQL.quoted(identifier: field.rawValue)
        return Dependants(
            table: R.schema.table, condition: "\(column) <> '{}' AND \(column) @> ARRAY[", end: "]",
            label: R.schema.label)
    }

    /// Rows of `R` that name the record through a table and an id, by the fields `table` and `id` (G-97).
    public static func documents<R: RecordMessage>(
        _ type: R.Type, table tableField: R.Field, is table: String, id: R.Field
    ) -> Dependants {
        let (column, idColumn) = (SQL.quoted(identifier: tableField.rawValue), SQL.quoted(identifier: id.rawValue))
        return Dependants(
            table: R.schema.table, condition: "\(column) = '\(table)' AND \(idColumn) = ", label: R.schema.label)
    }
}

/// What a rule may look at and do: the transaction it runs in, and who writes when.
public struct RuleContext {
    /// The transaction of the write.
    public let transaction: Transaction
    /// On whose behalf and when.
    public let write: WriteContext
    /// The service's database.
    public let database: Database

    /// A context for what follows from an event instead of a request.
    public init(transaction: Transaction, write: WriteContext, database: Database) {
        self.transaction = transaction
        self.write = write
        self.database = database
    }

    /// Whether one of `dependants` points to the record `id`.
    public func exists(_ dependants: Dependants, of id: String) throws -> Bool {
        let sql: SQL =
            "SELECT 1 FROM \(identifier: database.schema).\(identifier: dependants.table) WHERE \(raw: dependants.condition)\(id)::uuid\(raw: dependants.end) LIMIT 1"
        return try !transaction.query(sql).isEmpty
    }

    /// The record `id` under the scope of the transaction; nil when there is none.
    public func find<R: Record>(_ type: R.Type, _ id: String?) throws -> R? {
        guard let id, !id.isEmpty else { return nil }
        return try Store<R>(database).find(id, lock: .none, in: transaction)
    }

    /// Changes another record as a consequence, as the service itself.
    public func change<R: Record>(_ type: R.Type, _ id: String, _ body: (inout R) throws -> Void) throws {
        try Store<R>(database).change(id, write.asSystem, in: transaction, body)
    }
}

extension Problem {
    /// A broken rule: the request is wrong (INVALID_ARGUMENT), `field` is to blame, and the reason is the rule's id.
    public static func broken<R: RecordMessage>(
        _ id: String, _ type: R.Type, field: R.Field, _ text: Text
    ) -> Problem {
        .invalid(field: R.path(field), text, rule: id)
    }
}

extension RecordMessage {
    /// How an error names a field that is to blame: by its table and its name.
    public static func path(_ field: Field) -> String { "\(schema.table).\(field.rawValue)" }

    /// The same of a field of its dictionary.
    package static func path(_ field: FieldSchema) -> String { "\(schema.table).\(field.name)" }
}
