internal import CProtobufC

/// Checks protobuf bytes against a descriptor before protobuf-c sees them.
///
/// protobuf-c checks neither UTF-8 nor nesting, cuts a string at an embedded NUL and merges a message given twice
/// wrongly in proto3. The scan refuses all of that, so that what it lets through unpacks as it is.
struct ProtobufScan {
    private let limits: WireLimits
    private var unknownFields = 0

    /// A scan that keeps `limits`.
    init(_ limits: WireLimits) { self.limits = limits }

    /// A place in the bytes, and what can be read from there.
    struct Cursor {
        var position: UnsafePointer<UInt8>
        let end: UnsafePointer<UInt8>
        var remaining: Int { end - position }

        /// The next varint, at most ten bytes.
        @inline(__always)
        mutating func varint() throws(WireError) -> UInt64 {
            if position < end, position[0] < 0x80 {
                defer { position += 1 }
                return UInt64(position[0])
            }
            return try longVarint()
        }

        private mutating func longVarint() throws(WireError) -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while position < end {
                let byte = position[0]
                position += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 {
                    if shift == 63, byte > 1 { throw WireError(.malformed("a varint is longer than 64 bits")) }
                    return value
                }
                shift += 7
                if shift > 63 { throw WireError(.malformed("a varint is longer than 64 bits")) }
            }
            throw WireError(.truncated)
        }

        /// Moves over `count` bytes.
        mutating func skip(_ count: Int) throws(WireError) {
            if count > remaining { throw WireError(.truncated) }
            position += count
        }

        /// The length of a length-delimited value that is wholly there.
        mutating func length() throws(WireError) -> Int {
            let value = try varint()
            if value > UInt64(remaining) { throw WireError(.truncated) }
            return Int(value)
        }
    }

    /// Throws unless `bytes` is a valid message of `descriptor`.
    mutating func check(
        _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    ) throws(WireError) {
        guard bytes.count <= limits.bytes else { throw WireError(.tooLarge(limit: limits.bytes)) }
        guard let base = bytes.baseAddress else { return }
        let start = base.assumingMemoryBound(to: UInt8.self)
        try message(start, bytes.count, descriptor, level: 1)
    }

    private mutating func message(
        _ start: UnsafePointer<UInt8>, _ count: Int, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, level: Int
    ) throws(WireError) {
        if level > limits.depth { throw WireError(.tooDeep(limit: limits.depth)) }
        var cursor = Cursor(position: start, end: start + count)
        // One bit per field; the generator lets no message have more than 128.
        var seen: (UInt64, UInt64) = (0, 0)
        while cursor.position < cursor.end {
            let tag = try cursor.varint()
            let number = tag >> 3
            if number == 0 || number > 0x1FFF_FFFF { throw WireError(.malformed("a field number is out of range")) }
            guard let index = Self.field(descriptor, Int32(number)) else {
                try skipUnknown(&cursor, wireType: tag & 7)
                continue
            }
            let field = descriptor.pointee.fields + index
            do throws(WireError) {
                if field.pointee.type == PROTOBUF_C_TYPE_MESSAGE, field.pointee.label != PROTOBUF_C_LABEL_REPEATED {
                    let bit: UInt64 = 1 << UInt64(index & 63)
                    if (index < 64 ? seen.0 : seen.1) & bit != 0 { throw WireError(.duplicateField) }
                    if index < 64 { seen.0 |= bit } else { seen.1 |= bit }
                }
                try value(&cursor, field, wireType: tag & 7, level: level)
            } catch {
                throw error.inside(FieldNames.json(fromC: field.pointee.name))
            }
        }
    }

    /// The index of the field with `number`; fields are sorted by number and grouped in runs without gaps.
    @inline(__always)
    private static func field(
        _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ number: Int32
    ) -> Int? {
        let ranges = descriptor.pointee.field_ranges
        for run in 0..<Int(descriptor.pointee.n_field_ranges) {
            guard let range = ranges?[run], number >= range.start_value else { return nil }
            // The entry after the last run is a sentinel, so the next index is always there.
            let length = Int32(bitPattern: ranges.unsafelyUnwrapped[run + 1].orig_index &- range.orig_index)
            let offset = number - range.start_value
            if offset < length { return Int(range.orig_index) + Int(offset) }
        }
        return nil
    }

    private mutating func skipUnknown(_ cursor: inout Cursor, wireType: UInt64) throws(WireError) {
        unknownFields += 1
        if unknownFields > limits.unknownFields {
            throw WireError(.tooManyUnknownFields(limit: limits.unknownFields))
        }
        switch wireType {
        case 0: _ = try cursor.varint()
        case 1: try cursor.skip(8)
        case 2: try cursor.skip(try cursor.length())
        case 5: try cursor.skip(4)
        case 3, 4: throw WireError(.group)
        default: throw WireError(.malformed("a wire type does not exist"))
        }
    }

    @inline(__always)
    private mutating func value(
        _ cursor: inout Cursor, _ field: UnsafePointer<ProtobufCFieldDescriptor>, wireType: UInt64, level: Int
    ) throws(WireError) {
        if wireType == 3 || wireType == 4 { throw WireError(.group) }
        switch field.pointee.type {
        case PROTOBUF_C_TYPE_STRING:
            guard wireType == 2 else { throw WireError(.wrongWireType) }
            let length = try cursor.length()
            switch UTF8Check.fault(cursor.position, length) {
            case .invalid: throw WireError(.invalidUTF8)
            case .nul: throw WireError(.embeddedNUL)
            case nil: cursor.position += length
            }
        case PROTOBUF_C_TYPE_MESSAGE:
            guard wireType == 2 else { throw WireError(.wrongWireType) }
            let length = try cursor.length()
            // protoc-c writes the descriptor of the nested message here for every field of type message.
            let nested = field.pointee.descriptor.unsafelyUnwrapped
                .assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
            try message(cursor.position, length, nested, level: level + 1)
            cursor.position += length
        case PROTOBUF_C_TYPE_BYTES:
            guard wireType == 2 else { throw WireError(.wrongWireType) }
            cursor.position += try cursor.length()
        default:
            try scalar(&cursor, field, wireType: wireType)
        }
    }

    private func scalar(
        _ cursor: inout Cursor, _ field: UnsafePointer<ProtobufCFieldDescriptor>, wireType: UInt64
    ) throws(WireError) {
        let own: UInt64 =
            switch field.pointee.type {
            case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: 5
            case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: 1
            default: 0
            }
        if wireType == own {
            switch own {
            case 0: _ = try cursor.varint()
            case 1: try cursor.skip(8)
            default: try cursor.skip(4)
            }
            return
        }
        guard wireType == 2, field.pointee.label == PROTOBUF_C_LABEL_REPEATED else { throw WireError(.wrongWireType) }
        let length = try cursor.length()
        switch own {
        case 0:
            var packed = Cursor(position: cursor.position, end: cursor.position + length)
            while packed.position < packed.end { _ = try packed.varint() }
        case 1: if length % 8 != 0 { throw WireError(.truncated) }
        default: if length % 4 != 0 { throw WireError(.truncated) }
        }
        cursor.position += length
    }
}

/// Names of fields as the outside knows them.
enum FieldNames {
    /// The JSON name of a field of a protobuf-c descriptor: lowerCamelCase, without the `_` the generator puts behind
    /// names that C cannot take.
    static func json(fromC name: UnsafePointer<CChar>?) -> String {
        guard let name else { return "" }
        var bytes = Array(String(cString: name).utf8)
        if bytes.last == UInt8(ascii: "_") { bytes.removeLast() }
        var out: [UInt8] = []
        var upper = false
        for byte in bytes {
            if byte == UInt8(ascii: "_") {
                upper = true
                continue
            }
            out.append(upper && byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte - 32 : byte)
            upper = false
        }
        return String(decoding: out, as: UTF8.self)
    }
}
