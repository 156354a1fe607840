package import CProto
internal import CProtobufC

extension Timestamp: WireMessage {
    package typealias CMessage = Google__Protobuf__Timestamp

    /// `google.protobuf.Timestamp`.
    public static let fullName = "google.protobuf.Timestamp"

    /// 1970-01-01T00:00:00Z, the default of the proto type.
    public init() { self.init(seconds: 0, nanos: 0) }

    package static let descriptor: MessageDescriptor = {
        var message = CMessage()
        google__protobuf__timestamp__init(&message)
        return MessageDescriptor(message.base)
    }()

    package func fill(_ message: UnsafeMutablePointer<CMessage>, _ arena: inout Arena) throws(WireError) {
        if !isValid { throw WireError(.outOfRange) }
        google__protobuf__timestamp__init(message)
        if seconds != 0 {
            message.pointee.has_seconds = 1
            message.pointee.seconds = seconds
        }
        if nanos != 0 {
            message.pointee.has_nanos = 1
            message.pointee.nanos = nanos
        }
    }

    package init(_ message: UnsafePointer<CMessage>) throws(WireError) {
        self.init(seconds: message.pointee.seconds, nanos: message.pointee.nanos)
        if !isValid { throw WireError(.outOfRange) }
    }

    // In JSON it is a text, never an object: `JSONReader.timestamp` reads it, `write` writes it.
    package static let jsonNames = JSONNames([])
    package mutating func readField(_ index: Int, _ reader: inout JSONReader) throws(WireError) {}
    package func writeFields(_ writer: inout JSONWriter) throws(WireError) {}
    package func write(to writer: inout JSONWriter) throws(WireError) { try writer.value(self) }

    /// Reads protobuf bytes within `limits`.
    public static func decode(
        protobuf: UnsafeRawBufferPointer, limits: WireLimits
    ) throws(WireError) -> Timestamp {
        try Packing.decode(Self.self, protobuf, limits)
    }

    /// The protobuf bytes.
    public func encodeProtobuf() throws(WireError) -> [UInt8] { try Packing.encode(self) }

    /// Reads a JSON string in RFC 3339.
    public static func decode(json: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Timestamp {
        var reader = try JSONReader(json, limits)
        let value = try reader.timestamp()
        try reader.finish()
        return value
    }

    /// A JSON string in RFC 3339.
    public func encodeJSON() throws(WireError) -> [UInt8] {
        var writer = JSONWriter()
        try writer.value(self)
        return writer.bytes
    }
}

extension FieldMask: WireMessage {
    package typealias CMessage = Google__Protobuf__FieldMask

    /// `google.protobuf.FieldMask`.
    public static let fullName = "google.protobuf.FieldMask"

    /// A mask without paths.
    public init() { self.init(paths: []) }

    package static let descriptor: MessageDescriptor = {
        var message = CMessage()
        google__protobuf__field_mask__init(&message)
        return MessageDescriptor(message.base)
    }()

    package func fill(_ message: UnsafeMutablePointer<CMessage>, _ arena: inout Arena) throws(WireError) {
        google__protobuf__field_mask__init(message)
        message.pointee.n_paths = paths.count
        message.pointee.paths = try arena.strings(paths, "paths")
    }

    package init(_ message: UnsafePointer<CMessage>) throws(WireError) {
        self.init(paths: Unpacked.strings(message.pointee.n_paths, message.pointee.paths))
    }

    // In JSON it is a text, never an object: `JSONReader.fieldMask` reads it, `write` writes it.
    package static let jsonNames = JSONNames([])
    package mutating func readField(_ index: Int, _ reader: inout JSONReader) throws(WireError) {}
    package func writeFields(_ writer: inout JSONWriter) throws(WireError) {}
    package func write(to writer: inout JSONWriter) throws(WireError) { try writer.value(self) }

    /// Reads protobuf bytes within `limits`.
    public static func decode(
        protobuf: UnsafeRawBufferPointer, limits: WireLimits
    ) throws(WireError) -> FieldMask {
        try Packing.decode(Self.self, protobuf, limits)
    }

    /// The protobuf bytes.
    public func encodeProtobuf() throws(WireError) -> [UInt8] { try Packing.encode(self) }

    /// Reads a JSON string of comma separated paths.
    public static func decode(json: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> FieldMask {
        var reader = try JSONReader(json, limits)
        let value = try reader.fieldMask()
        try reader.finish()
        return value
    }

    /// A JSON string of comma separated paths.
    public func encodeJSON() throws(WireError) -> [UInt8] {
        var writer = JSONWriter()
        try writer.value(self)
        return writer.bytes
    }
}
