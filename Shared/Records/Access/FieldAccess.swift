import Filters
import Ground
import Roles
import Tenancy
import Wire

/// What a caller may see of a record type: its access rows, field rules and the customer's view (G-18, G-24).
struct FieldAccess<R: Record>: Sendable {
    /// Fields the caller may not read, as indexes of the dictionary.
    let hidden: [Int]
    private let isCustomer: Bool

    init(_ caller: Caller, _ layout: TableLayout<R>) {
        isCustomer = caller.kind == .customer
        guard caller.kind != .service else {
            hidden = []
            return
        }
        // A field rule adds to the row rule: for customers it opens the field, for others it guards it.
        let refused = layout.ruled.filter {
            Access.mayRead(caller.roles, field: R.schema.fields[$0].name, of: R.schema.table) == false
        }
        hidden = isCustomer ? layout.closedToCustomers + refused : refused
    }

    /// Takes out of `record` what the caller may not read.
    func project(_ record: inout R, for caller: Caller) {
        let redacted = redacted(of: record, for: caller)
        for index in hidden { record[fieldAt: index] = .null }
        for field in redacted { record[named: field] = .null }
    }

    /// The fields of this very record that are hidden from the caller besides ``hidden``.
    func redacted(of record: R, for caller: Caller) -> Set<String> {
        guard caller.kind == .customer, let redaction = R.storage.redaction, redaction.applies(record) else {
            return []
        }
        return redaction.fields
    }

    /// The fields a filter or an ordering of this caller may name.
    var filterSchema: FilterSchema {
        let hidden = Set(self.hidden)
        let computed = R.storage.derived.union(isCustomer ? R.storage.redaction?.fields ?? [] : [])
        return FilterSchema(
            R.schema.fields.enumerated().compactMap { index, field in
                guard !hidden.contains(index), !computed.contains(field.name) else { return nil }
                return FilterField(field, of: R.schema, isSearched: !R.storage.unsearched.contains(field.name))
            })
    }
}

extension FilterField {
    /// The filter's view of a field of a table; nil for fields that have no column. `isSearched` says whether a search for
    /// words looks into its text.
    package init?(_ field: FieldSchema, of schema: RecordSchema, isSearched: Bool) {
        let column = field.name == "etag" ? "revision" : "\"\(field.name)\""
        let folding = Self.folding(field, of: schema)
        if field.keptAsName {
            self.init(field.name, .string, column: column, folding: folding)
            return
        }
        switch field.type {
        case .journal, .attachment: return nil
        case .choice where field.storage == .int:
            self.init(field.name, .intChoice(allowed: field.choices.compactMap(\.value.int)), column: column)
        case .choice:
            self.init(field.name, .choice(allowed: field.choices.compactMap(\.value.string)), column: column)
        case .reference:
            self.init(field.name, .reference, column: column, sqlType: field.reference == "user" ? "text" : nil)
        case .documentID: self.init(field.name, .reference, column: column)
        case .listOfReferences: self.init(field.name, .list, column: column, sqlType: "uuid")
        case .listOfUsers, .listOfRoles: self.init(field.name, .list, column: column, folding: folding)
        case .date: self.init(field.name, .date, column: column)
        case .decimal, .currency: self.init(field.name, .decimal, column: column)
        case .boolean: self.init(field.name, .bool, column: column)
        case .datetime: self.init(field.name, .timestamp, column: column)
        case .integer: self.init(field.name, .int, column: column)
        default:
            if field.name == KnownField.id.rawValue {
                self.init(field.name, .reference, column: column)
            } else if field.name == "etag" {
                return nil
            } else {
                self.init(
                    field.name, .string, column: column,
                    searchable: isSearched && !Self.unsearched.contains(field.name), folding: folding)
            }
        }
    }

    /// Texts that people write are the same when they look alike; what the system writes is what it is.
    private static func folding(_ field: FieldSchema, of schema: RecordSchema) -> Folding {
        switch field.type {
        case .tableName, .fieldName: .exact
        case _ where unsearched.contains(field.name): .exact
        case _ where field.name == KnownField.number.rawValue && schema.numberPrefix != nil: .capitals
        default: .alike(function: "\(Database.schemaName(of: schema.service)).folded")
        }
    }

    /// Texts of every record that say nothing to a person who searches.
    private static let unsearched = Set([KnownField.domain, .createdBy, .updatedBy].names)
}

extension FieldValue {
    /// The value as a filter compares it.
    package func filterValue(_ type: FieldType) -> FilterValue {
        switch self {
        case .null: .null
        case .string(let text):
            switch type {
            case .date: .date(text)
            case .decimal, .currency: .decimal(text)
            default: .string(text)
            }
        case .int(let number): .int(number)
        case .bool(let flag): .bool(flag)
        case .timestamp(let instant): .timestamp(instant.microseconds)
        case .strings(let list): .strings(list)
        }
    }
}
