/// Validation of UTF-8 without making a string.
enum UTF8Check {
    /// What is wrong with a run of bytes that should be a text.
    enum Fault {
        case invalid
        case nul
    }

    /// Nil when `bytes` is UTF-8 without U+0000 (RFC 3629: shortest forms, no surrogates, at most U+10FFFF).
    @inline(__always)
    static func fault(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Fault? {
        var index = 0
        let raw = UnsafeRawPointer(bytes)
        // Eight ASCII bytes at a time: no top bit set and, by the usual borrow trick, no byte zero.
        while index + 8 <= count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let suspicious = (word | ((word &- 0x0101_0101_0101_0101) & ~word)) & 0x8080_8080_8080_8080
            if suspicious != 0 { return slowFault(bytes, index, count) }
            index += 8
        }
        return slowFault(bytes, index, count)
    }

    private static func slowFault(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Fault? {
        var index = start
        while index < count {
            let byte = bytes[index]
            if byte < 0x80 {
                if byte == 0 { return .nul }
                index += 1
                continue
            }
            let length = sequenceLength(bytes + index, count - index)
            if length == 0 { return .invalid }
            index += length
        }
        return nil
    }

    /// The length of the sequence of two to four bytes at `bytes`, 0 when it is not valid.
    private static func sequenceLength(_ bytes: UnsafePointer<UInt8>, _ available: Int) -> Int {
        let lead = bytes[0]
        let length: Int
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if lead == 0xE0 { lowest = 0xA0 }
            if lead == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            length = 4
            if lead == 0xF0 { lowest = 0x90 }
            if lead == 0xF4 { highest = 0x8F }
        default: return 0
        }
        if available < length || bytes[1] < lowest || bytes[1] > highest { return 0 }
        for index in 2..<max(length, 2) where bytes[index] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
