import Glibc

/// Reads protobuf-JSON in one pass over the bytes, without building a tree.
///
/// Stricter than JSON where laxness would hide a mistake: a key given twice, an unknown key, a lone surrogate and
/// U+0000 are refused. Values are never skipped, so nesting is bounded by the messages, which are not recursive.
package struct JSONReader {
    /// The next byte to read.
    var position: UnsafePointer<UInt8>
    /// Behind the last byte.
    let end: UnsafePointer<UInt8>
    private var level = 0
    private let limits: WireLimits

    /// A reader over `bytes`, which must stay in place while it reads.
    init(_ bytes: UnsafeRawBufferPointer, _ limits: WireLimits) throws(WireError) {
        if bytes.count > limits.bytes { throw WireError(.tooLarge(limit: limits.bytes)) }
        guard let base = bytes.baseAddress, !bytes.isEmpty else { throw WireError(.truncated) }
        position = base.assumingMemoryBound(to: UInt8.self)
        end = position + bytes.count
        self.limits = limits
        // A byte order mark in front is no part of JSON, and readers may pass over it (RFC 8259, 8.1).
        if bytes.count >= 3, position[0] == 0xEF, position[1] == 0xBB, position[2] == 0xBF { position += 3 }
    }

    /// Reads a whole message that fills the input.
    package static func decode<M: WireMessage>(
        _ type: M.Type, _ bytes: UnsafeRawBufferPointer, _ limits: WireLimits
    ) throws(WireError) -> M {
        var reader = try JSONReader(bytes, limits)
        let message: M = try reader.object()
        try reader.finish()
        return message
    }

    // MARK: Tokens

    @inline(__always)
    mutating func skipSpace() {
        while position < end {
            switch position[0] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// The first byte of the next token.
    @inline(__always)
    mutating func peek() throws(WireError) -> UInt8 {
        skipSpace()
        if position == end { throw WireError(.truncated) }
        return position[0]
    }

    @inline(__always)
    private mutating func expect(_ byte: UInt8, _ what: StaticString) throws(WireError) {
        if try peek() != byte { throw WireError(.malformed("expected \(what)")) }
        position += 1
    }

    /// Throws when anything but white space is left.
    mutating func finish() throws(WireError) {
        skipSpace()
        if position != end { throw WireError(.malformed("there is more after the value")) }
    }

    /// Moves over `word` when it is next.
    mutating func consume(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard end - position >= count, memcmp(position, word.utf8Start, count) == 0 else { return false }
        position += count
        return true
    }

    /// Moves over `null` when it is next.
    @inline(__always)
    mutating func null() throws(WireError) -> Bool {
        guard try peek() == UInt8(ascii: "n") else { return false }
        if consume("null") { return true }
        throw WireError(.malformed("expected a value"))
    }

    // MARK: Objects and lists

    /// Where the reader is in an object. One bit per field; the generator lets no message have more than 128.
    struct ObjectState {
        fileprivate var seen: (UInt64, UInt64) = (0, 0)
        fileprivate var isFirst = true
    }

    /// A message; never `Timestamp` or `FieldMask`, which JSON writes as texts. Everything that is the same for all
    /// messages is in `nextField`, because this function is compiled once for each of them.
    @inline(never)
    package mutating func object<M: WireMessage>() throws(WireError) -> M {
        var message = M()
        var state = ObjectState()
        let names = M.jsonNames
        while let index = try nextField(names, &state) {
            do { try message.readField(index, &self) } catch { throw error.inside(names[index]) }
        }
        return message
    }

    /// Moves to the value of the next field that is not null and returns its index; nil behind the end of the object.
    @inline(never)
    private mutating func nextField(_ names: JSONNames, _ state: inout ObjectState) throws(WireError) -> Int? {
        if state.isFirst, try peek() != UInt8(ascii: "{") {
            throw wrongType(level == 0 ? "a JSON object" : "an object")
        }
        while true {
            if try endsObject(&state) { return nil }
            let index = try key(names)
            let bit: UInt64 = 1 << UInt64(index & 63)
            if (index < 64 ? state.seen.0 : state.seen.1) & bit != 0 {
                throw WireError(.duplicateField, path: names[index])
            }
            if index < 64 { state.seen.0 |= bit } else { state.seen.1 |= bit }
            try expect(UInt8(ascii: ":"), "':'")
            do {
                if try !null() { return index }
            } catch {
                throw error.inside(names[index])
            }
        }
    }

    /// Moves over the brace or comma before a field; says whether the object ends instead.
    private mutating func endsObject(_ state: inout ObjectState) throws(WireError) -> Bool {
        if state.isFirst {
            state.isFirst = false
            position += 1
            level += 1
            if level > limits.depth { throw WireError(.tooDeep(limit: limits.depth)) }
            if try peek() != UInt8(ascii: "}") { return false }
        } else {
            switch try peek() {
            case UInt8(ascii: ","):
                position += 1
                return false
            case UInt8(ascii: "}"): break
            default: throw WireError(.malformed("expected ',' or '}'"))
            }
        }
        position += 1
        level -= 1
        return true
    }

    private mutating func key(_ names: JSONNames) throws(WireError) -> Int {
        if try peek() != UInt8(ascii: "\"") { throw WireError(.malformed("expected a field name")) }
        let start = position + 1
        var scan = start
        while scan < end, scan[0] != UInt8(ascii: "\""), scan[0] != UInt8(ascii: "\\"), scan[0] >= 0x20 { scan += 1 }
        if scan < end, scan[0] == UInt8(ascii: "\"") {
            if let index = names.index(UnsafeBufferPointer(start: start, count: scan - start)) {
                position = scan + 1
                return index
            }
        }
        // An escaped or unknown name: the slow way, which also checks its UTF-8.
        let name = try string()
        let bytes = Array(name.utf8)
        if let index = bytes.withUnsafeBufferPointer({ names.index($0) }) { return index }
        throw WireError(.unknownField, path: String(name.prefix(64)))
    }

    /// A list; `element` reads one of its values, none of which may be null.
    @inline(never)
    package mutating func list<Element>(
        _ element: (inout JSONReader) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        if try peek() != UInt8(ascii: "[") { throw wrongType("a list") }
        position += 1
        var values: [Element] = []
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return values
        }
        while true {
            do { values.append(try element(&self)) } catch { throw error.inside(element: values.count) }
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return values
            default: throw WireError(.malformed("expected ',' or ']'"))
            }
        }
    }

    // MARK: Values

    /// The error for a value of another kind; an input that is no JSON at all is named as such.
    func wrongType(_ expected: String) -> WireError {
        if position < end {
            switch position[0] {
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "t"), UInt8(ascii: "f"),
                UInt8(ascii: "n"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                return WireError(.wrongType(expected: expected))
            default: break
            }
        }
        return WireError(.malformed("expected \(expected)"))
    }

    /// `true` or `false`.
    package mutating func bool() throws(WireError) -> Bool {
        switch try peek() {
        case UInt8(ascii: "t") where consume("true"): return true
        case UInt8(ascii: "f") where consume("false"): return false
        default: throw wrongType("true or false")
        }
    }

    /// A byte string in base64, standard or URL-safe alphabet, padded or not.
    package mutating func bytes() throws(WireError) -> [UInt8] {
        let text = try string("a base64 string")
        guard let bytes = Base64.decode(text) else { throw WireError(.malformed("not base64")) }
        return bytes
    }

    /// An instant in RFC 3339.
    package mutating func timestamp() throws(WireError) -> Timestamp {
        let text = try string("a time in RFC 3339")
        guard let value = Timestamp(rfc3339: text) else { throw WireError(.malformed("not a time in RFC 3339")) }
        return value
    }

    /// A field mask, comma separated.
    package mutating func fieldMask() throws(WireError) -> FieldMask {
        let text = try string("a field mask")
        guard let value = FieldMask(json: text) else { throw WireError(.malformed("not a field mask")) }
        return value
    }

    /// An enum value by name or number; a number the schema does not know is kept.
    package mutating func enumeration<E: WireEnum>() throws(WireError) -> E {
        if try peek() == UInt8(ascii: "\"") {
            let name = try string()
            guard let value = E(name: name) else { throw WireError(.unknownEnumValue) }
            return value
        }
        return E(rawValue: try int32())
    }
}
