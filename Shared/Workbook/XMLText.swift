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
            return !part.contains(where: isControl) && String(validating: part, as: UTF8.self) != nil
        }
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 9 && byte != 10 && byte != 13 }

    /// What people can be shown of bytes that are no text: control characters as workbooks write them, `_x0001_`, and
    /// U+FFFD for what is not UTF-8.
    static func legible(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.utf8.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            if scalar.value < 0x80, isControl(UInt8(scalar.value)) {
                shown +=
                    (scalar.value < 0x10 ? "_x000" : "_x00") + String(scalar.value, radix: 16, uppercase: true) + "_"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
    }

    /// Workbooks write characters that XML cannot hold as `_xHHHH_`.
    private static func resolveEscapes(_ text: inout [UInt8], from start: Int) {
        var at = start
        var write = start
        while at < text.count {
            if text[at] == UInt8(ascii: "_"), at + 7 <= text.count, text[at + 1] == UInt8(ascii: "x"),
                text[at + 6] == UInt8(ascii: "_"),
                let unit = UInt32(String(decoding: text[at + 2..<at + 6], as: UTF8.self), radix: 16),
                let scalar = UnicodeScalar(unit)
            {
                for byte in String(scalar).utf8 {
                    text[write] = byte
                    write += 1
                }
                at += 7
            } else {
                text[write] = text[at]
                write += 1
                at += 1
            }
        }
        text.removeLast(text.count - write)
    }

    /// The length of UTF-8 text in UTF-16 units.
    static func utf16Count(_ text: ArraySlice<UInt8>) -> Int {
        text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : $1 >= 0xF0 ? 2 : 1) }
    }
}
