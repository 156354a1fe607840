import Filters
import Ground
import Postgres
import Tenancy
import Wire

/// Where the domain of a new record comes from (G-13). People never choose it.
public enum DomainSource<R: RecordMessage>: Sendable {
    /// The domain of the caller, for records without an account (BR-52). A customer of
    /// several accounts has no such domain and is refused.
    case caller
    /// The domain of the first of these references that holds a value.
    case references([R.Field])
    /// The domain of the record that a pair of fields names: the table and the id in it.
    case document(table: R.Field, id: R.Field)
    /// The service sets it before it saves.
    case preset
}

/// A field that copies a field of the record a reference names, whenever that reference is set: `account` from
/// a parent.
public struct Inherited<R: RecordMessage>: Sendable {
    let field: String
    let via: String
    let column: String
    let rule: String?

    /// `field` follows the field of the same name of the record that `via` names; nobody sets it by hand, as `rule` says.
    public init(_ field: R.Field, via: R.Field, rule: String? = nil) {
        self.init(field, via: via, column: field, rule: rule)
    }

    /// `field` follows `column`, a field of the record that `via` names.
    public init(_ field: R.Field, via: R.Field, column: some RawRepresentable<String>, rule: String? = nil) {
        self.field = field.rawValue
        self.via = via.rawValue
        self.column = column.rawValue
        self.rule = rule
    }
}

extension Array {
    /// Each of `fields` follows the field of the same name of the record that `via` names.
    public static func all<R: RecordMessage>(_ fields: R.Field..., via: R.Field, rule: String? = nil) -> [Inherited<R>]
    where Element == Inherited<R> {
        fields.map { Inherited($0, via: via, rule: rule) }
    }
}

/// A field that is worked out when a record is read and has no column.
public struct Computed<R: RecordMessage>: Sendable {
    let field: String
    let value: @Sendable (R, CivilDate) -> FieldValue

    /// `field` is worked out from the record and today's date.
    public init(_ field: R.Field, _ value: @escaping @Sendable (R, CivilDate) -> FieldValue) {
        self.field = field.rawValue
        self.value = value
    }
}

/// A field that follows from other tables of the service, is looked up when a record is read, and has no column.
public struct LookedUp<R: RecordMessage>: Sendable {
    let field: String
    let expression: SQL
    let value: @Sendable (String?) -> FieldValue

    /// `field` is worked out from the text that `expression` gives for the row, which goes by the name of its table.
    public init(_ field: R.Field, _ expression: SQL, _ value: @escaping @Sendable (String?) -> FieldValue) {
        self.field = field.rawValue
        self.expression = expression
        self.value = value
    }
}

extension Computed where R: Record, R.Field: HasDaysRemaining {
    /// Calendar days from today to a date, negative when overdue, empty without a date (G-99).
    public static func daysRemaining(until date: R.Field) -> Computed {
        let source = R.index(date)
        return Computed(.daysRemaining) { record, today in
            guard let text = record[fieldAt: source].string, let day = CivilDate(text) else { return .null }
            return .int(Int64(day.days - today.days))
        }
    }
}

/// What customers may do with a table beyond what its access rules say (G-18, G-22, G-23). A record that names an
/// account is theirs only when that account is, and lies in its domain: this needs no saying.
public struct CustomerAccess<R: RecordMessage>: Sendable {
    /// Rows a customer can see of those; nil for all.
    public let rows: @Sendable (Caller) -> FieldFilter<R.Field>?
    /// Fields a customer may fill in or change.
    public let writable: Set<String>
    /// Filter that a row must match before a customer may change it; nil forbids every change.
    public let changeable: (@Sendable (Caller) -> FieldFilter<R.Field>)?
    /// What other tables of the service must say of a row besides, as a condition over it; of records that customers get
    /// and list, and nothing else.
    public let condition: (@Sendable (Caller) -> SQL)?

    /// Rules for customers; without arguments they read every visible row and write nothing.
    public init(
        rows: @escaping @Sendable (Caller) -> FieldFilter<R.Field>? = { _ in nil }, writable: Set<R.Field> = [],
        changeable: (@Sendable (Caller) -> FieldFilter<R.Field>)? = nil,
        condition: (@Sendable (Caller) -> SQL)? = nil
    ) {
        self.rows = rows
        self.writable = writable.names
        self.changeable = changeable
        self.condition = condition
    }
}

/// Fields that a condition of the record hides from customers.
public struct Redaction<R: RecordMessage>: Sendable {
    let fields: Set<String>
    let applies: @Sendable (R) -> Bool

    /// `fields` are hidden from customers in every record that `applies` holds for. Customers cannot filter by them.
    public init(_ fields: Set<R.Field>, when applies: @escaping @Sendable (R) -> Bool) {
        self.fields = fields.names
        self.applies = applies
    }
}

/// How a record stands for a person. Who names it anew in a field names the person, who must not have left.
public enum PersonRecord: Sendable {
    /// Its own `active` says whether the person is there.
    case itself
    /// So does that of the user its field `user` names.
    case member
}

/// How a record is stored and seen. An object, since every step of a read or write asks it.
public final class Storage<R: RecordMessage>: Sendable {
    /// Rows visible from above (data) or from below (definitions).
    public let visibility: Visibility
    /// Where the domain comes from.
    public let domain: DomainSource<R>
    /// Fields that follow a reference.
    public let inherited: [Inherited<R>]
    /// Fields without a column.
    public let computed: [Computed<R>]
    /// Fields without a column that other tables say.
    public let lookedUp: [LookedUp<R>]
    /// What customers may do; nil when the table is not theirs at all.
    public let customer: CustomerAccess<R>?
    /// Fields that customers see of some records only (G-101).
    public let redaction: Redaction<R>?
    /// The rule that sets the domain ("BR-01"), named when somebody tries to set it by hand.
    public let domainRule: String?
    /// The rule that mandatory fields belong to ("BR-30"), named in the error.
    public let requiredRule: String?
    /// Mandatory fields that may be empty under a condition checked by a rule (G-03).
    public let conditional: Set<String>
    /// Fields that must keep their first value.
    public let immutable: Set<String>
    /// Constraints of the table and the rule each stands for.
    public let constraints: [DatabaseRule<R>]
    /// References that a rule of the record checks by itself, since they point where references may not otherwise, or
    /// nowhere.
    public let ruled: Set<String>
    /// Whether the record may be made under a closed one: a link that is no work of its own. Otherwise nothing begins,
    /// or is reopened, under a record that is closed or canceled: the one that gives the domain (G-128).
    public let outlivesParent: Bool
    /// Fields with numbers that the service gives by a rule of its own, besides `number`.
    public let numbered: Set<String>
    /// Fields that rules of the record close to a caller, in a new record or in one that exists; the dictionary tells
    /// them as not writable.
    public let closed: @Sendable (_ caller: Caller, _ isNew: Bool) -> Set<String>
    /// Texts that a search for words passes over: they say nothing to people.
    public let unsearched: Set<String>
    /// The field with the account a record belongs to, as `account_column` says it in the schema; nil for `account` or
    /// `company`, where there is one.
    public let account: String?
    /// Whether the records stand for people, who must be there when they are named.
    public let person: PersonRecord?

    /// The fields without a column.
    let derived: Set<String>

    /// Storage of a record; see the properties.
    public init(
        visibility: Visibility = .data, domain: DomainSource<R>, inherited: [Inherited<R>] = [],
        computed: [Computed<R>] = [], lookedUp: [LookedUp<R>] = [], customer: CustomerAccess<R>? = nil,
        redaction: Redaction<R>? = nil, requiredRule: String? = nil,
        conditional: Set<R.Field> = [], immutable: Set<R.Field> = [], constraints: [DatabaseRule<R>] = [],
        ruled: Set<R.Field> = [], domainRule: String? = nil, outlivesParent: Bool = false,
        numbered: Set<R.Field> = [], closed: @escaping @Sendable (Caller, Bool) -> Set<R.Field> = { _, _ in [] },
        unsearched: Set<R.Field> = [], account: R.Field? = nil, person: PersonRecord? = nil
    ) {
        self.visibility = visibility
        self.domain = domain
        self.domainRule = domainRule
        self.inherited = inherited
        self.computed = computed
        self.lookedUp = lookedUp
        derived = Set(computed.map(\.field) + lookedUp.map(\.field))
        self.customer = customer
        self.redaction = redaction
        self.requiredRule = requiredRule
        self.conditional = conditional.names
        self.immutable = immutable.names
        self.constraints = constraints
        self.ruled = ruled.names
        self.outlivesParent = outlivesParent
        self.numbered = numbered.names
        self.closed = { closed($0, $1).names }
        self.unsearched = unsearched.names
        self.account = account?.rawValue
        self.person = person
    }
}

extension Collection where Element: FieldKey {
    /// The names as columns and messages have them.
    var names: Set<String> { Set(map(\.rawValue)) }
}
