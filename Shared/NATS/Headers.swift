import CNATS
import Glibc

/// Headers of a message: a name may occur several times, names are found in any case and keep the case they were
/// given. Values keep their order and lose blanks at both ends. A blank value cannot be sent, and is left out of what is
/// received.
public struct Headers: Sendable, Hashable {
    /// One name and value.
    public struct Field: Sendable, Hashable {
        /// The name as it was given.
        public let name: String
        /// The value.
        public let value: String
    }

    /// Every field, in order.
    public private(set) var fields: [Field] = []

    /// No headers.
    public init() {}

    /// Whether there are none.
    public var isEmpty: Bool { fields.isEmpty }

    /// Adds a value beside those the name has already.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Makes this the only value of the name.
    public mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    /// Removes every value of the name.
    public mutating func remove(_ name: String) {
        fields.removeAll { Headers.same($0.name, name) }
    }

    /// The first value of the name, in any case. Setting replaces every value; setting nil removes them.
    public subscript(_ name: String) -> String? {
        get { fields.first { Headers.same($0.name, name) }?.value }
        set { if let newValue { set(name, newValue) } else { remove(name) } }
    }

    /// Every value of the name, in order.
    public func values(_ name: String) -> [String] {
        fields.filter { Headers.same($0.name, name) }.map(\.value)
    }

    /// Compares names byte by byte with ASCII letters folded; names are ASCII.
    private static func same(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).allSatisfy { folded($0) == folded($1) }
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    /// Headers from names and values, in the order written.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }
}

extension Headers {
    /// Throws when a name is not a printable token or a value has a line break or a NUL: either would end the
    /// header early and let a value write headers of its own. A blank value is refused as well: libnats, receiving
    /// it, takes the whole next header for the value.
    func validate() throws(NATSError) {
        for field in fields {
            guard Self.isName(field.name), Self.isValue(field.value) else { throw .invalidHeader(field.name) }
        }
    }

    private static func isName(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            for byte in bytes where byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: ":") { return false }
            return !bytes.isEmpty
        }
    }

    private static func isValue(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { bytes in
            var isBlank = true
            for byte in bytes {
                if byte == 0 || byte == 0x0A || byte == 0x0D { return false }
                if byte != 0x20, byte != 0x09 { isBlank = false }
            }
            return !isBlank
        }
    }

    /// The headers of a received message.
    init(of message: OpaquePointer) {
        if let block = HeaderBlock(of: message) {
            fields = block.fields
            return
        }
        // libnats fills arrays that the caller frees; the texts they point to stay the message's.
        var keys: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var keyCount: Int32 = 0
        guard natsMsgHeader_Keys(message, &keys, &keyCount) == NATS_OK, let keys else { return }
        defer { free(keys) }
        fields.reserveCapacity(Int(keyCount))
        for case let key? in UnsafeBufferPointer(start: keys, count: Int(keyCount)) {
            var values: UnsafeMutablePointer<UnsafePointer<CChar>?>?
            var valueCount: Int32 = 0
            guard natsMsgHeader_Values(message, key, &values, &valueCount) == NATS_OK, let values else { continue }
            defer { free(values) }
            let name = String(cString: key)
            for case let value? in UnsafeBufferPointer(start: values, count: Int(valueCount)) {
                fields.append(Field(name: name, value: String(cString: value)))
            }
        }
    }
}
