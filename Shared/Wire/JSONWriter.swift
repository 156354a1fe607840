/// Writes protobuf-JSON into one growing buffer.
package struct JSONWriter {
    /// What is written so far, UTF-8.
    private(set) var bytes: [UInt8]
    private var needsComma = false

    /// A writer with room for an ordinary message.
    init() {
        bytes = []
        bytes.reserveCapacity(1_024)
    }

    /// The JSON of a whole message.
    package static func encode<M: WireMessage>(_ message: M) throws(WireError) -> [UInt8] {
        var writer = JSONWriter()
        try writer.value(message)
        return writer.bytes
    }

    /// The JSON of a list of objects that are no messages, each written field by field.
    package static func objects<Item>(
        _ items: [Item], _ write: (Item, inout JSONWriter) throws(WireError) -> Void
    ) throws(WireError) -> [UInt8] {
        var writer = JSONWriter()
        writer.raw("[")
        for index in items.indices {
            writer.raw(index > 0 ? ",{" : "{")
            writer.needsComma = false
            try write(items[index], &writer)
            writer.raw("}")
        }
        writer.raw("]")
        return writer.bytes
    }

    /// Writes one member of such an object.
    package mutating func member(_ key: some CodingKey, _ value: some JSONWritable) throws(WireError) {
        try begin(key)
        try value.write(to: &self)
    }

    /// Writes a whole number of such an object, as a number: who reads it is no script.
    package mutating func member(_ key: some CodingKey, number: Int64) throws(WireError) {
        try begin(key)
        raw(String(number))
    }

    /// Writes a list of texts of such an object.
    package mutating func member(_ key: some CodingKey, texts: [String]) throws(WireError) {
        try begin(key)
        raw("[")
        for index in texts.indices {
            if index > 0 { raw(",") }
            try string(texts[index])
        }
        raw("]")
    }

    private mutating func begin(_ key: some CodingKey) throws(WireError) {
        if needsComma { raw(",") }
        needsComma = true
        try string(key.stringValue)
        raw(":")
    }

    // MARK: Fields

    /// Writes one field of a message; faults of the value are named after it.
    // Called from every generated field: inlining it there would only make the code larger and its build slower.
    @inline(never)
    package mutating func field<Value: JSONWritable>(_ name: StaticString, _ value: Value) throws(WireError) {
        key(name)
        do { try value.write(to: &self) } catch { throw error.inside("\(name)") }
        needsComma = true
    }

    /// Writes a list field of a message.
    @inline(never)
    package mutating func list<Value: JSONWritable>(_ name: StaticString, _ values: [Value]) throws(WireError) {
        key(name)
        bytes.append(UInt8(ascii: "["))
        for index in values.indices {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            do { try values[index].write(to: &self) } catch {
                throw error.inside(element: index).inside("\(name)")
            }
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    @inline(__always)
    private mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    // MARK: Values

    /// A message as an object.
    mutating func value<M: WireMessage>(_ message: M) throws(WireError) {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        try message.writeFields(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// An instant in RFC 3339.
    mutating func value(_ time: Timestamp) throws(WireError) {
        if !time.isValid { throw WireError(.outOfRange) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: time.rfc3339Bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A field mask as comma separated lowerCamelCase.
    mutating func value(_ mask: FieldMask) throws(WireError) {
        guard let text = mask.json else { throw WireError(.outOfRange) }
        try string(text)
    }

    /// A word or number that needs no escapes.
    mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// A text in quotes.
    mutating func string(_ text: String) throws(WireError) {
        bytes.append(UInt8(ascii: "\""))
        let done = text.utf8.withContiguousStorageIfAvailable { appendEscaped($0) }
        let clean = done ?? Array(text.utf8).withUnsafeBufferPointer { appendEscaped($0) }
        if !clean { throw WireError(.embeddedNUL) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends `text` run by run between the bytes that need an escape; false when it holds a NUL.
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var start = 0
        for index in 0..<text.count {
            let byte = text[index]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
            if byte == 0 { return false }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
            start = index + 1
            bytes.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
            case 0x0A: bytes.append(UInt8(ascii: "n"))
            case 0x0D: bytes.append(UInt8(ascii: "r"))
            case 0x09: bytes.append(UInt8(ascii: "t"))
            default:
                raw(byte < 0x10 ? "u000" : "u00")
                raw(String(byte, radix: 16))
            }
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        return true
    }
}

/// A value the writer can put after a field name or into a list.
package protocol JSONWritable {
    /// Writes the value.
    func write(to writer: inout JSONWriter) throws(WireError)
}

extension String: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) { try writer.string(self) }
}

extension Bool: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) { writer.raw(self ? "true" : "false") }
}

extension Int32: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) { writer.raw(String(self)) }
}

extension UInt32: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) { writer.raw(String(self)) }
}

// 64-bit numbers are texts, because JavaScript would round them.
extension Int64: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) { writer.raw("\"\(self)\"") }
}

extension UInt64: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) { writer.raw("\"\(self)\"") }
}

extension Double: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) {
        if isFinite { return writer.raw(description) }
        writer.raw(isNaN ? "\"NaN\"" : self > 0 ? "\"Infinity\"" : "\"-Infinity\"")
    }
}

extension Float: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) {
        // The shortest form of the largest float is a decimal just above it, which strict readers refuse.
        if magnitude == Float.greatestFiniteMagnitude { return writer.raw(Double(self).description) }
        if isFinite { return writer.raw(description) }
        writer.raw(isNaN ? "\"NaN\"" : self > 0 ? "\"Infinity\"" : "\"-Infinity\"")
    }
}

extension [UInt8]: JSONWritable {
    package func write(to writer: inout JSONWriter) throws(WireError) { writer.raw("\"\(Base64.encode(self))\"") }
}

extension WireMessage {
    package func write(to writer: inout JSONWriter) throws(WireError) { try writer.value(self) }
}

extension WireEnum {
    package func write(to writer: inout JSONWriter) throws(WireError) {
        if let name { try writer.string(name) } else { writer.raw(String(rawValue)) }
    }
}
