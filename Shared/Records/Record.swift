import Tenancy
import Wire

/// A record type that a service stores: its message with its dictionary comes from `proto/`, what it decides is here.
///
/// CONTRIBUTING.md names every place that a new one touches.
public protocol Record: RecordMessage {
    /// Where it is stored and who sees it.
    static var storage: Storage<Self> { get }
    /// What it decides, in the order of checking.
    static var rules: [Rule<Self>] { get }
    /// How its state moves; nil for records without a state.
    static var lifecycle: Lifecycle<Self>? { get }
}

extension Record {
    /// No rules beyond the dictionary.
    public static var rules: [Rule<Self>] { [] }
    /// No life cycle.
    public static var lifecycle: Lifecycle<Self>? { nil }

    /// The value of the field `name`; asking for a field that does not exist is a programming error and traps.
    public subscript(field name: String) -> FieldValue {
        get { self[fieldAt: Self.index(name)] }
        set { self[fieldAt: Self.index(name)] = newValue }
    }

    /// The index of the field `name`, which must exist.
    public static func index(_ name: String) -> Int {
        guard let index = schema.index(of: name) else {
            preconditionFailure("\(schema.table) has no field \(name)")
        }
        return index
    }
}

/// A record that can be listed by RPC.
public protocol ListedRecord: Record {
    /// The page a list answers.
    associatedtype Page: ListResponse where Page.Resource == Self
}

/// A record with the standard methods create, get, list, update and delete (AIP-131 to 135).
public protocol StandardRecord: ListedRecord {
    /// The request of `create`.
    associatedtype Creation: CreateRequest where Creation.Resource == Self
    /// The request of `update`.
    associatedtype Modification: UpdateRequest where Modification.Resource == Self
}

/// A record that is also created and changed many at a time.
public protocol BulkRecord: StandardRecord {
    /// The request of `batch_create`.
    associatedtype BatchCreation: BatchCreateRequest where BatchCreation.Resource == Self
    /// The request of `batch_update`.
    associatedtype BatchModification: BatchUpdateRequest where BatchModification.Resource == Self
}
