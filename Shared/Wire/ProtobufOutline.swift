/// The outline of protobuf bytes, without a schema.
public enum ProtobufOutline {
    /// Whether `bytes` can be a proto3 message: nothing but fields, each with a number, a wire type that exists, and a
    /// whole value.
    public static func isWellFormed(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return true }
            var cursor = ProtobufScan.Cursor(position: base, end: base + buffer.count)
            do throws(WireError) {
                while cursor.remaining > 0 {
                    let tag = try cursor.varint()
                    guard (1...0x1FFF_FFFF).contains(tag >> 3) else { return false }
                    switch tag & 7 {
                    case 0: _ = try cursor.varint()
                    case 1: try cursor.skip(8)
                    case 2: try cursor.skip(try cursor.length())
                    case 5: try cursor.skip(4)
                    default: return false
                    }
                }
                return true
            } catch {
                return false
            }
        }
    }

    /// The values of a message that are texts, bytes or messages, each with the number of its field, in their order. They are
    /// places in `bytes`. Throws `WireError` on what is no message, or larger than `limits` allow.
    public static func values(
        in bytes: UnsafeRawBufferPointer, limits: WireLimits = .standard
    ) throws(WireError) -> [(number: UInt64, value: UnsafeRawBufferPointer)] {
        guard bytes.count <= limits.bytes else { throw WireError(.tooLarge(limit: limits.bytes)) }
        guard let base = bytes.baseAddress else { return [] }
        let start = base.assumingMemoryBound(to: UInt8.self)
        var cursor = ProtobufScan.Cursor(position: start, end: start + bytes.count)
        var values: [(number: UInt64, value: UnsafeRawBufferPointer)] = []
        while cursor.remaining > 0 {
            let tag = try cursor.varint()
            switch tag & 7 {
            case 0: _ = try cursor.varint()
            case 1: try cursor.skip(8)
            case 2:
                let count = try cursor.length()
                values.append((tag >> 3, UnsafeRawBufferPointer(start: cursor.position, count: count)))
                try cursor.skip(count)
            case 5: try cursor.skip(4)
            default: throw WireError(.malformed("a wire type does not exist"))
            }
        }
        return values
    }
}
