/// The kind of a field in the data dictionary: what a form shows and an import expects.
public enum FieldType: String, Sendable, Hashable, CaseIterable {
    /// One line of text.
    case string
    /// Text of many lines.
    case text
    /// A whole number.
    case integer
    /// A decimal number, kept as decimal text: `1863.4`.
    case decimal
    /// Yes or no.
    case boolean
    /// A day, `YYYY-MM-DD`.
    case date
    /// An instant.
    case datetime
    /// One value of a closed list.
    case choice
    /// The id of one record of another table.
    case reference
    /// Ids of records of another table.
    case listOfReferences = "list_of_references"
    /// Ids of users.
    case listOfUsers = "list_of_users"
    /// Work notes and comments, appended only.
    case journal
    /// An amount of money, kept as decimal text.
    case currency
    /// An e-mail address.
    case email
    /// A web address.
    case url
    /// JSON text.
    case json
    /// The name of a table.
    case tableName = "table_name"
    /// The name of a field of a table.
    case fieldName = "field_name"
    /// The id of a record of any table.
    case documentID = "document_id"
    /// JavaScript for the sandbox.
    case script
    /// An attached file.
    case attachment
    /// Names of roles.
    case listOfRoles = "list_of_roles"
}

/// One value of a closed list and its label.
public struct Choice: Sendable, Hashable {
    /// The stored value, a string or a number.
    public let value: FieldValue
    /// What people read.
    public let label: Text

    /// A choice.
    public init(value: FieldValue, label: Text) {
        self.value = value
        self.label = label
    }
}

/// On which side a person stands whom a field names; whoever is newly named must also be active.
public enum PersonSide: String, Sendable, Hashable {
    /// The provider's staff: users without an account.
    case provider
    /// People of a customer: users with an account.
    case customer
    /// Either.
    case any
}

/// What a text follows beyond its type.
public enum TextFormat: String, Sendable, Hashable {
    /// A currency of ISO 4217: `EUR`.
    case currencyCode = "currency_code"
    /// A country by a code of ISO 3166-1, of two or three letters, or by its name in English or Korean: `KR`, `Austria`.
    case country
    /// A time zone of the IANA database: `Asia/Seoul`.
    case timeZone = "time_zone"
}

/// What the data dictionary says of one field of a record. An object, since every read and write of a record asks it for
/// each of its fields: a value would be copied, part by part, each time.
public final class FieldSchema: Sendable, Hashable {
    /// The proto and column name: `meeting_date`.
    public let name: String
    /// The JSON name: `meetingDate`.
    public let jsonName: String
    /// What people read.
    public let label: Text
    /// The kind of the field.
    public let type: FieldType
    /// Whether a record cannot be saved without it.
    public let mandatory: Bool
    /// The closed list of values; empty for every type but `choice`.
    public let choices: [Choice]
    /// The table a reference points to.
    public let reference: String?
    /// Whether only the system writes it.
    public let outputOnly: Bool
    /// Whether a customer who sees the record sees the field.
    public let customerVisible: Bool
    /// The value of a new record; `.null` when it has none.
    public let defaultValue: FieldValue
    /// Where people stand whom the field newly names; nil when it may name anybody.
    public let side: PersonSide?
    /// What its text follows beyond the type.
    public let format: TextFormat?
    /// The smallest value of a number.
    public let minimum: Int64?
    /// The largest value of a number.
    public let maximum: Int64?
    /// Of a date, the date of the same record that it must not be before.
    public let notBefore: String?
    /// Titles that a workbook may give its column, beside label and name.
    public let titles: [String]
    /// Whether a reference holds a name instead of an id: there is no table of what it names.
    public let keptAsName: Bool
    /// How the message keeps it.
    public let storage: FieldStorage

    /// A field of the dictionary; written by the generator.
    public init(
        name: String, jsonName: String, label: Text, type: FieldType, mandatory: Bool = false, choices: [Choice] = [],
        reference: String? = nil, outputOnly: Bool = false, customerVisible: Bool = false,
        defaultValue: FieldValue = .null, side: PersonSide? = nil, format: TextFormat? = nil, minimum: Int64? = nil,
        maximum: Int64? = nil, notBefore: String? = nil, titles: [String] = [], keptAsName: Bool = false,
        storage: FieldStorage
    ) {
        self.name = name
        self.jsonName = jsonName
        self.label = label
        self.type = type
        self.mandatory = mandatory
        self.choices = choices
        self.reference = reference
        self.outputOnly = outputOnly
        self.customerVisible = customerVisible
        self.defaultValue = defaultValue
        self.side = side
        self.format = format
        self.minimum = minimum
        self.maximum = maximum
        self.notBefore = notBefore
        self.titles = titles
        self.keptAsName = keptAsName
        self.storage = storage
    }

    /// The table whose records the field names by their ids. A document names its table in a field of its own.
    public var referencedTable: String? {
        switch type {
        case .listOfUsers: "user"
        case .documentID: nil
        default: keptAsName ? nil : reference
        }
    }

    /// Whether the two say the same.
    public static func == (one: FieldSchema, other: FieldSchema) -> Bool {
        guard one !== other else { return true }
        guard (one.name, one.jsonName, one.label, one.type) == (other.name, other.jsonName, other.label, other.type),
            (one.mandatory, one.outputOnly, one.customerVisible, one.keptAsName)
                == (other.mandatory, other.outputOnly, other.customerVisible, other.keptAsName),
            (one.side, one.format, one.minimum, one.maximum) == (
                other.side, other.format, other.minimum, other.maximum
            ),
            (one.reference, one.notBefore, one.titles) == (other.reference, other.notBefore, other.titles)
        else { return false }
        return one.choices == other.choices && one.defaultValue == other.defaultValue && one.storage == other.storage
    }

    /// By name and type.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(type)
    }

    /// Whether a workbook can fill the field in: it is written by people, and one cell can say it.
    public var isImportable: Bool {
        guard !outputOnly else { return false }
        switch type {
        case .journal, .attachment, .listOfReferences, .listOfUsers, .listOfRoles, .documentID, .json, .script:
            return false
        case .string, .text, .integer, .decimal, .boolean, .date, .datetime, .choice, .reference, .currency, .email,
            .url, .tableName, .fieldName:
            return true
        }
    }
}

extension FieldSchema {
    /// What people read for a choice; the value itself when it is none.
    public func label(ofChoice value: String) -> Text {
        choices.first { $0.value == .string(value) }?.label ?? Text(en: value, ko: value)
    }
}

/// What makes a table the target of imports.
public struct ImportSchema: Sendable, Hashable {
    /// Its place among the default targets, from 1.
    public let order: Int
    /// The table's name in the platform that the data comes from, taken beside ours.
    public let alias: String?
    /// What a task that imports into it is called.
    public let task: Text
    /// The fields by which a row and a record are the same (G-56), the account first. Texts are the same that look
    /// alike; see `String.alike`.
    public let key: [String]
    /// File name of its template; nil for the table's name with `_template.xlsx`.
    public let template: String?

    /// A target of imports; written by the generator.
    public init(order: Int, alias: String? = nil, task: Text, key: [String], template: String? = nil) {
        self.order = order
        self.alias = alias
        self.task = task
        self.key = key
        self.template = template
    }
}

/// What the data dictionary says of one table: the single source for forms, columns, filters, imports and checks. An
/// object, as its fields are.
public final class RecordSchema: Sendable {
    /// The table: `touchpoint`.
    public let table: String
    /// The plural used in subjects and page names: `touchpoints`.
    public let collection: String
    /// The service that owns it: `customer-success`.
    public let service: String
    /// What people read.
    public let label: Text
    /// The prefix of the record's number, such as `ENGMT`; nil when records have no number.
    public let numberPrefix: String?
    /// Whether a list without an order begins with the newest record.
    public let newestFirst: Bool
    /// The last words of the subjects that its service answers under `collection`: `create`, `get`, …
    public let verbs: Set<String>
    /// The fields in the order of the proto file. The index of a field here is its index in `subscript(fieldAt:)`.
    public let fields: [FieldSchema]
    /// How rows of workbooks become its records; nil when nothing is imported into it.
    public let importing: ImportSchema?
    /// The text fields by which a workbook names one of its records, the usual one first.
    public let namedBy: [String]
    /// Whether success plays are launched from its records (G-75).
    public let launchesPlays: Bool
    /// Whether a risk signal may name one of its records as what it comes from (G-97).
    public let sourceOfRisks: Bool
    /// Whether response templates can be filled for its records (G-113).
    public let hasResponseTemplates: Bool
    private let indexes: [String: Int]

    /// A table of the dictionary; written by the generator. Field names must be unique.
    public init(
        table: String, collection: String, service: String, label: Text, numberPrefix: String?,
        newestFirst: Bool = false, verbs: Set<String> = [], fields: [FieldSchema], importing: ImportSchema? = nil,
        namedBy: [String] = [], launchesPlays: Bool = false, sourceOfRisks: Bool = false,
        hasResponseTemplates: Bool = false
    ) {
        self.table = table
        self.collection = collection
        self.service = service
        self.label = label
        self.numberPrefix = numberPrefix
        self.newestFirst = newestFirst
        self.verbs = verbs
        self.fields = fields
        self.importing = importing
        self.namedBy = namedBy
        self.launchesPlays = launchesPlays
        self.sourceOfRisks = sourceOfRisks
        self.hasResponseTemplates = hasResponseTemplates
        var indexes: [String: Int] = [:]
        for (index, field) in fields.enumerated() {
            indexes[field.jsonName] = index
        }
        for (index, field) in fields.enumerated() {
            indexes[field.name] = index
        }
        self.indexes = indexes
    }

    /// The index of the field with this proto name (`meeting_date`) or JSON name (`meetingDate`).
    public func index(of name: String) -> Int? { indexes[name] }

    /// The index of the field that goes by the name of a field of another record; nil where there is none.
    public func index(like field: some FieldKey) -> Int? { indexes[field.rawValue] }

    /// The field with this proto or JSON name.
    public func field(_ name: String) -> FieldSchema? { indexes[name].map { fields[$0] } }
}
