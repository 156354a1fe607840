/// The bounds a decoder keeps, so that no input can cost more than its reader allows.
public struct WireLimits: Sendable, Hashable {
    /// The largest input in bytes.
    public var bytes: Int
    /// How deep messages may nest; the outermost message is level 1.
    public var depth: Int
    /// How many fields unknown to this version of the schema a protobuf input may hold. They are dropped.
    public var unknownFields: Int

    /// Limits; the defaults suit a request over NATS (1 MiB is also the server's largest payload).
    public init(bytes: Int = 1 << 20, depth: Int = 16, unknownFields: Int = 256) {
        self.bytes = bytes
        self.depth = depth
        self.unknownFields = unknownFields
    }

    /// 1 MiB, 16 levels, 256 unknown fields.
    public static let standard = WireLimits()
}

/// A value generated from a proto message, with its protobuf and JSON codecs.
public protocol Message: Sendable, Equatable {
    /// The proto name: `ale.customer_success.v1.Touchpoint`.
    static var fullName: String { get }
    /// The message with every field at its default.
    init()
    /// Reads protobuf bytes. Throws `WireError` on anything but a valid message within `limits`.
    static func decode(protobuf: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Self
    /// The protobuf bytes. Throws `WireError` when a text holds U+0000 or the message is larger than 64 MiB.
    func encodeProtobuf() throws(WireError) -> [UInt8]
    /// Reads protobuf-JSON in UTF-8. Throws `WireError` naming the field on anything but a valid message.
    static func decode(json: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Self
    /// The canonical protobuf-JSON in UTF-8. Throws `WireError` when a value has no JSON form.
    func encodeJSON() throws(WireError) -> [UInt8]
}

extension Message {
    /// Reads protobuf bytes within the standard limits.
    public static func decode(protobuf: UnsafeRawBufferPointer) throws(WireError) -> Self {
        try decode(protobuf: protobuf, limits: .standard)
    }

    /// Reads protobuf-JSON within the standard limits.
    public static func decode(json: UnsafeRawBufferPointer) throws(WireError) -> Self {
        try decode(json: json, limits: .standard)
    }

    /// Reads protobuf bytes within `limits`.
    public static func decode(protobuf bytes: [UInt8], limits: WireLimits = .standard) throws(WireError) -> Self {
        try bytes.withUnsafeBufferPointer { (buffer) throws(WireError) in
            try decode(protobuf: UnsafeRawBufferPointer(buffer), limits: limits)
        }
    }

    /// Reads protobuf-JSON within `limits`.
    public static func decode(json bytes: [UInt8], limits: WireLimits = .standard) throws(WireError) -> Self {
        try bytes.withUnsafeBufferPointer { (buffer) throws(WireError) in
            try decode(json: UnsafeRawBufferPointer(buffer), limits: limits)
        }
    }

    /// Reads protobuf-JSON text within `limits`.
    public static func decode(json text: String, limits: WireLimits = .standard) throws(WireError) -> Self {
        try decode(json: Array(text.utf8), limits: limits)
    }

    /// The canonical protobuf-JSON as text.
    public func jsonText() throws(WireError) -> String {
        String(decoding: try encodeJSON(), as: UTF8.self)
    }
}

/// The name of a field of one record type, as its proto and its column have it: `due_date` is `.dueDate`. The generator
/// writes them, so that a misspelt name does not compile. What only some records have is a protocol of its own, such as
/// ``HasState``.
public protocol FieldKey: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
    /// What every record begins with.
    static var id: Self { get }
    /// `etag`.
    static var etag: Self { get }
    /// `created_at`.
    static var createdAt: Self { get }
    /// `created_by`.
    static var createdBy: Self { get }
    /// `updated_at`.
    static var updatedAt: Self { get }
    /// `updated_by`.
    static var updatedBy: Self { get }
    /// `domain`.
    static var domain: Self { get }
}

/// The name of a field of one kind of request, as its proto has it: `target_table` is `.targetTable`. The generator
/// writes them, so that an error that names a field it has not does not compile.
public protocol RequestField: RawRepresentable, Hashable, Sendable where RawValue == String {}

extension RequestField {
    /// The name of something in the value of the field, which is known by what people call it: `answers.subject`.
    public func path(_ name: String) -> String { "\(rawValue).\(name)" }
}

/// What the requests of every record have, each in a type of its own.
public enum SharedRequestField: String, RequestField {
    /// The fields that an update writes.
    case updateMask = "update_mask"
    /// The id under which a request is carried out once.
    case requestID = "request_id"
    /// The records of a batch.
    case records
}

/// A message that is a record: a row of a table, described by the data dictionary.
public protocol RecordMessage: Message {
    /// The names of the fields.
    associatedtype Field: FieldKey
    /// The table and its fields.
    static var schema: RecordSchema { get }
    /// The value of the field `index` of `schema.fields`.
    ///
    /// Writing `.null` clears the field. Writing another kind of value than the field's storage, or a number its type
    /// cannot hold, is a programming error and traps: foreign values go through `setField(at:to:)`.
    subscript(fieldAt index: Int) -> FieldValue { get set }
    /// Writes the field `index` of `schema.fields`; `.null` clears it. Throws `WireError` naming the field when the
    /// value is of another kind than the field's storage, or a number its type cannot hold.
    mutating func setField(at index: Int, to value: FieldValue) throws(WireError)
    /// The id, a lower-case UUID; empty until the record is created.
    var id: String { get set }
    /// The revision as an opaque text (AIP-154).
    var etag: String { get set }
    /// The path of the domain that owns the record.
    var domain: String { get set }
    /// When the record was created.
    var createdAt: Timestamp? { get set }
    /// The user or service that created it.
    var createdBy: String { get set }
    /// When the record last changed.
    var updatedAt: Timestamp? { get set }
    /// The user or service that last changed it.
    var updatedBy: String { get set }
}

/// A request that creates a record (AIP-133).
public protocol CreateRequest: Message {
    /// The record to create.
    associatedtype Resource: RecordMessage
    /// The record as the caller wants it; nil when the request has none.
    var resource: Resource? { get set }
    /// Makes a repeated request harmless (AIP-155); empty when the caller gives none.
    var requestID: String { get set }
    /// Whether to check only and write nothing (AIP-163).
    var validateOnly: Bool { get set }
}

/// A request that writes many records.
public protocol BatchRequest: Message {
    /// The records to write.
    associatedtype Resource: RecordMessage
    /// The records as the caller wants them.
    var resources: [Resource] { get set }
    /// Makes a repeated request harmless (AIP-155); empty when the caller gives none.
    var requestID: String { get set }
    /// Whether to check only and write nothing (AIP-163).
    var validateOnly: Bool { get set }
    /// Whether one record that cannot be written keeps all others from being written.
    var allOrNothing: Bool { get set }
}

/// A request that creates many records.
public protocol BatchCreateRequest: BatchRequest {}

/// A request that changes the same fields of many records, in each to values of its own.
public protocol BatchUpdateRequest: BatchRequest {
    /// The fields to write; nil or empty means every field that is filled in, record by record.
    var updateMask: FieldMask? { get set }
}

/// A request that changes a record (AIP-134).
public protocol UpdateRequest: Message {
    /// The record to change.
    associatedtype Resource: RecordMessage
    /// The record with its id and the new values; nil when the request has none.
    var resource: Resource? { get set }
    /// The fields to write; nil or empty means every field that is filled in.
    var updateMask: FieldMask? { get set }
    /// Makes a repeated request harmless (AIP-155); empty when the caller gives none.
    var requestID: String { get set }
    /// Whether to check only and write nothing (AIP-163).
    var validateOnly: Bool { get set }
}

/// One page of records (AIP-132, AIP-158).
public protocol ListResponse: Message {
    /// The records listed.
    associatedtype Resource: RecordMessage
    /// A page; `nextPageToken` is empty on the last one, `totalSize` counts the records of all pages and is nil when
    /// the request did not ask for it.
    init(resources: [Resource], nextPageToken: String, totalSize: Int64?)
    /// The records of the page.
    var resources: [Resource] { get set }
    /// Where the next page begins; empty on the last one.
    var nextPageToken: String { get set }
    /// The records of all pages; nil when the request did not ask for it.
    var totalSize: Int64? { get set }
}
