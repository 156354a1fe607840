// What the verbs of a record need beside its message. The generator writes the conformances from the record's option.

/// A record that is listed.
public protocol ListedMessage: RecordMessage {
    /// The page a list answers.
    associatedtype Page: ListResponse where Page.Resource == Self
}

/// A record with the standard methods create, get, list and update (AIP-131 to 134).
public protocol StandardMessage: ListedMessage {
    /// The request of `create`.
    associatedtype Creation: CreateRequest where Creation.Resource == Self
    /// The request of `update`.
    associatedtype Modification: UpdateRequest where Modification.Resource == Self
}

/// A record that is also created and changed many at a time.
public protocol BulkMessage: StandardMessage {
    /// The request of `batch_create`.
    associatedtype BatchCreation: BatchCreateRequest where BatchCreation.Resource == Self
    /// The request of `batch_update`.
    associatedtype BatchModification: BatchUpdateRequest where BatchModification.Resource == Self
}
