import Tenancy
import Wire

/// A record type that a service stores: its message with its dictionary and its verbs comes from `proto/source`, what it
/// decides is here. CONTRIBUTING.md names every place that a new one touches.
public protocol Record: RecordMessage {
    /// Where it is stored and who sees it.
    static var storage: Storage<Self> { get }
    /// What it decides, in the order of checking.
    static var rules: [Rule<Self>] { get }
    /// How its state moves; nil for records without a state.
    static var lifecycle: Lifecycle<Self>? { get }
    /// What it keeps from changing in the records it names.
    static var holds: [Hold] { get }
}

extension Record {
    /// No rules beyond the dictionary.
    public static var rules: [Rule<Self>] { [] }
    /// No life cycle.
    public static var lifecycle: Lifecycle<Self>? { nil }
    /// Holds nothing.
    public static var holds: [Hold] { [] }

    /// The value of a field.
    public subscript(field field: Field) -> FieldValue {
        get { self[fieldAt: Self.index(field)] }
        set { self[fieldAt: Self.index(field)] = newValue }
    }

    /// The index of a field in the dictionary.
    public static func index(_ field: Field) -> Int { index(field.rawValue) }

    /// Who works on the record; nil where nobody is named.
    static var assignee: Field? { (Field.self as? any HasAssignedTo.Type)?.assignedTo as? Field }

    /// Why the record ended, as a choice; nil where there is no such field.
    static var closeCode: Field? { (Field.self as? any HasCloseCode.Type)?.closeCode as? Field }

    /// The number people call the record by; nil where it has none.
    static var numberField: Field? {
        schema.numberPrefix == nil ? nil : (Field.self as? any HasNumber.Type)?.number as? Field
    }

    /// The value of the field `name`, which must exist: one that the dictionary gave, never one that code writes.
    subscript(named name: String) -> FieldValue {
        get { self[fieldAt: Self.index(name)] }
        set { self[fieldAt: Self.index(name)] = newValue }
    }

    /// The index of the field `name`, which must exist.
    static func index(_ name: String) -> Int {
        guard let index = schema.index(of: name) else {
            preconditionFailure("\(schema.table) has no field \(name)")
        }
        return index
    }
}

/// A record that can be listed by RPC.
public typealias ListedRecord = Record & ListedMessage

/// A record with the standard methods create, get, list, update and delete (AIP-131 to 135).
public typealias StandardRecord = Record & StandardMessage

/// A record that is also created and changed many at a time.
public typealias BulkRecord = Record & BulkMessage
