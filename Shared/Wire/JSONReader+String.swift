extension JSONReader {
    /// A text; `expected` says in the error what it stands for.
    @inline(never)
    package mutating func string(_ expected: StaticString = "a string") throws(WireError) -> String {
        if try peek() != UInt8(ascii: "\"") { throw wrongType("\(expected)") }
        position += 1
        let start = position
        while position < end {
            switch position[0] {
            case UInt8(ascii: "\""):
                let text = try Self.validated(UnsafeBufferPointer(start: start, count: position - start))
                position += 1
                return text
            case UInt8(ascii: "\\"): return try escaped(from: start)
            case 0..<0x20: throw WireError(.malformed("a control character in a string"))
            default: position += 1
            }
        }
        throw WireError(.truncated)
    }

    private static func validated(_ bytes: UnsafeBufferPointer<UInt8>) throws(WireError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw WireError(.invalidUTF8) }
        return text
    }

    /// The rest of a text that has escapes; `start` is its first byte, `position` the first backslash.
    private mutating func escaped(from start: UnsafePointer<UInt8>) throws(WireError) -> String {
        var out = Array(UnsafeBufferPointer(start: start, count: position - start))
        while position < end {
            let byte = position[0]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: out, as: UTF8.self) else { throw WireError(.invalidUTF8) }
                return text
            case UInt8(ascii: "\\"): try escape(&out)
            case 0..<0x20: throw WireError(.malformed("a control character in a string"))
            default: out.append(byte)
            }
        }
        throw WireError(.truncated)
    }

    private mutating func escape(_ out: inout [UInt8]) throws(WireError) {
        if position == end { throw WireError(.truncated) }
        let byte = position[0]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"): try unicodeEscape(&out)
        default: throw WireError(.malformed("an escape that does not exist"))
        }
    }

    private mutating func unicodeEscape(_ out: inout [UInt8]) throws(WireError) {
        var value = try fourHexDigits()
        if value == 0 { throw WireError(.embeddedNUL) }
        if value & 0xF800 == 0xD800 {
            // A high surrogate must be followed by a low one; a low one alone is never right.
            guard value < 0xDC00, end - position >= 2, position[0] == UInt8(ascii: "\\"),
                position[1] == UInt8(ascii: "u")
            else { throw WireError(.invalidUTF8) }
            position += 2
            let low = try fourHexDigits()
            guard low & 0xFC00 == 0xDC00 else { throw WireError(.invalidUTF8) }
            value = 0x10000 + ((value & 0x3FF) << 10) + (low & 0x3FF)
        }
        guard let scalar = Unicode.Scalar(value) else { throw WireError(.invalidUTF8) }
        out.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }

    private mutating func fourHexDigits() throws(WireError) -> UInt32 {
        if end - position < 4 { throw WireError(.truncated) }
        var value: UInt32 = 0
        for index in 0..<4 {
            let byte = position[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw WireError(.malformed("\\u needs four hexadecimal digits"))
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
