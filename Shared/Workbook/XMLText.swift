import Foundation

/// Text as XML and workbooks write it.
enum XMLText {
    @inline(__always)
    static func wholeNumber(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int? {
        guard count > 0 && count <= 10 else { return nil }
        var number = 0
        for index in 0..<count {
            let digit = Int(bytes[index]) - 48
            guard digit >= 0 && digit <= 9 else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// Appends a piece of text; raw text has its entities resolved and its line ends made one.
    @inline(__always)
    static func append(_ bytes: UnsafePointer<UInt8>, _ count: Int, raw: Bool, to text: inout [UInt8])
        throws(WorkbookError)
    {
        if !raw || (memchr(bytes, 0x26, count) == nil && memchr(bytes, 0x0D, count) == nil) {
            text.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
        } else {
            try appendResolved(bytes, count, to: &text)
        }
    }

    private static func appendResolved(_ bytes: UnsafePointer<UInt8>, _ count: Int, to text: inout [UInt8])
        throws(WorkbookError)
    {
        var at = 0
        while at < count {
            switch bytes[at] {
            case UInt8(ascii: "&"):
                guard let found = memchr(bytes + at, 0x3B, min(count - at, 12)) else {
                    throw .malformed("an entity without end", "끝나지 않은 엔터티")
                }
                let end = bytes.distance(to: UnsafePointer(found.assumingMemoryBound(to: UInt8.self)))
                try appendEntity(UnsafeBufferPointer(start: bytes + at + 1, count: end - at - 1), to: &text)
                at = end
            case 0x0D:
                if at + 1 >= count || bytes[at + 1] != 0x0A { text.append(0x0A) }
            default: text.append(bytes[at])
            }
            at += 1
        }
    }

    private static func appendEntity(_ name: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) throws(WorkbookError) {
        let entity = String(decoding: name, as: UTF8.self)
        switch entity {
        case "amp": text.append(UInt8(ascii: "&"))
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let number =
                entity.hasPrefix("#x")
                ? UInt32(entity.dropFirst(2), radix: 16)
                : entity.hasPrefix("#") ? UInt32(entity.dropFirst(1)) : nil
            guard let number else { throw .malformed("an entity that is not known", "알 수 없는 엔터티") }
            // A number that is no character makes a text that is none, of which its cell tells.
            text.append(contentsOf: UnicodeScalar(number).map { Array(String($0).utf8) } ?? [0xFF])
        }
    }

    /// Checks the bytes from `start` on and resolves `_x000D_` escapes. False when they are no text: broken UTF-8, or
    /// control characters, which XML does not have and a database does not take.
    static func finish(_ text: inout [UInt8], from start: Int) -> Bool {
        let state = text.withUnsafeBufferPointer { all in
            var special = false
            var underscore = false
            for index in start..<all.count {
                let byte = all[index]
                special = special || byte < 0x20 || byte >= 0x80
                underscore = underscore || byte == UInt8(ascii: "_")
            }
            return (special, underscore)
        }
        if state.1 { resolveEscapes(&text, from: start) }
        guard state.0 || state.1 else { return true }
        return text.withUnsafeBufferPointer { all in
            let part = UnsafeBufferPointer(rebasing: all[start...])
            return !holdsControl(part) && String(validating: part, as: UTF8.self) != nil
        }
    }

    /// Whether a text holds control characters besides tab and line ends. Those from U+0080 on are what letters of another
    /// encoding have become.
    static func holdsControl(_ text: UnsafeBufferPointer<UInt8>, besides others: ClosedRange<UInt8> = 9...10) -> Bool {
        var previous: UInt8 = 0
        for byte in text {
            if isControl(byte), !others.contains(byte) { return true }
            if previous == 0xC2, byte < 0xA0, byte != 0x85 { return true }
            previous = byte
        }
        return false
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 9 && byte != 10 && byte != 13 }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        UInt8(exactly: scalar.value).map { isControl($0) || (0x80...0x9F).contains($0) && $0 != 0x85 } ?? false
    }

    /// What people can be shown of bytes that are no text: control characters as workbooks write them, `_x0001_`, and
    /// U+FFFD for what is not UTF-8.
    static func legible(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            if isControl(scalar) {
                shown +=
                    (scalar.value < 0x10 ? "_x000" : "_x00") + String(scalar.value, radix: 16, uppercase: true) + "_"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
    }

    /// Workbooks write characters that XML cannot hold as `_xHHHH_`, those beyond U+FFFF as the two halves of a pair.
    private static func resolveEscapes(_ text: inout [UInt8], from start: Int) {
        var at = start
        var write = start
        while at < text.count {
            if let unit = escaped(text, at) {
                var scalar = UnicodeScalar(unit)
                at += escapeLength
                if unit & 0xFC00 == 0xD800, let low = escaped(text, at), low & 0xFC00 == 0xDC00 {
                    scalar = UnicodeScalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF)
                    at += escapeLength
                }
                // Half a pair makes a text that is none, of which its cell tells.
                for byte in scalar.map({ Array(String($0).utf8) }) ?? [0xFF] {
                    text[write] = byte
                    write += 1
                }
            } else {
                text[write] = text[at]
                write += 1
                at += 1
            }
        }
        text.removeLast(text.count - write)
    }

    private static let escapeLength = 7

    /// The unit of UTF-16 that `_xHHHH_` at a place of the text stands for; nil where there is none.
    private static func escaped(_ text: [UInt8], _ at: Int) -> UInt32? {
        guard at + escapeLength <= text.count, text[at] == UInt8(ascii: "_"), text[at + 1] == UInt8(ascii: "x"),
            text[at + 6] == UInt8(ascii: "_")
        else { return nil }
        var unit: UInt32 = 0
        for byte in text[at + 2..<at + 6] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The length of UTF-8 text in UTF-16 units.
    static func utf16Count(_ text: ArraySlice<UInt8>) -> Int {
        text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : $1 >= 0xF0 ? 2 : 1) }
    }
}
