import Foundation

/// A byte scanner for the XML of workbooks: tags, text and CDATA in the order they come, names without their prefix,
/// nothing copied. It takes what spreadsheet programs write and refuses document types, so there are no entities but
/// the five of XML and numbers. Holds one window of the entry in memory.
struct XMLScanner {
    enum Event { case start, end, text, done }

    /// The memory of the window; a class so that the scanner can be a value with an owner.
    private final class Window {
        static let size = 256 << 10
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: Window.size)
        deinit { memory.deallocate() }
    }

    private let entry: ZipEntry
    private let window = Window()
    let base: UnsafeMutablePointer<UInt8>
    /// The next byte to look at, and the end of what has been inflated. Valid until the next call of `next`.
    var position = 0
    private(set) var limit = 0
    private var ended = false
    /// Turns UTF-16 into UTF-8 as it is inflated; nil for the usual part, which is UTF-8.
    private var wide: WideText?
    private var pendingEnd = false

    /// The local name of the last tag.
    private(set) var nameStart = 0
    private(set) var nameCount = 0
    private var attributeAt = 0
    private var attributeEnd = 0

    /// The last text. Raw text still has entities in it, CDATA has none.
    private(set) var textStart = 0
    private(set) var textEnd = 0
    private(set) var textIsRaw = false

    /// The last attribute.
    private(set) var keyStart = 0
    private(set) var keyCount = 0
    private(set) var valueStart = 0
    private(set) var valueEnd = 0

    init(_ entry: ZipEntry) throws(WorkbookError) {
        self.entry = entry
        base = window.memory
        try fill()
        if let wide = WideText(base, limit) {
            self.wide = wide
            let start = Array(UnsafeBufferPointer(start: base, count: limit))
            (position, limit, ended) = (0, 0, false)
            // UTF-8 takes half as much more room at most; what is inflated already may not fit and is kept back.
            self.wide?.hold(start)
            try fill()
        }
        if limit >= 3 && base[0] == 0xEF && base[1] == 0xBB && base[2] == 0xBF { position = 3 }
    }

    /// Moves what is left to the front and inflates more behind it.
    private mutating func fill() throws(WorkbookError) {
        let left = limit - position
        if position > 0 { memmove(base, base + position, left) }
        position = 0
        limit = left
        // A character of UTF-16 may need more than the last bytes of the window.
        let room = Window.size - (wide == nil ? 0 : 16)
        guard limit < room else { throw .malformed("a tag or text is too long", "태그나 텍스트가 너무 김", at: entry.name) }
        while limit < room && !ended {
            let count = try inflate(into: base + limit, count: Window.size - limit)
            limit += count
            ended = count == 0
        }
    }

    private mutating func inflate(into memory: UnsafeMutablePointer<UInt8>, count: Int) throws(WorkbookError) -> Int {
        guard wide != nil else { return try entry.read(into: memory, count: count) }
        let text = try wide?.next(from: entry, atMost: count / 2) ?? []
        for (index, byte) in text.enumerated() { memory[index] = byte }
        return text.count
    }

    /// Makes sure that `count` bytes follow the position; false when the entry ends before.
    @inline(__always)
    private mutating func has(_ count: Int) throws(WorkbookError) -> Bool {
        if limit - position >= count { return true }
        if ended { return false }
        try fill()
        return limit - position >= count
    }

    @inline(__always)
    mutating func next() throws(WorkbookError) -> Event {
        if pendingEnd {
            pendingEnd = false
            return .end
        }
        while try has(1) {
            guard base[position] == UInt8(ascii: "<") else { return try text() }
            guard try has(2) else { throw truncated }
            switch base[position + 1] {
            case UInt8(ascii: "/"): return try endTag()
            case UInt8(ascii: "?"): try skip(past: "?>")
            case UInt8(ascii: "!"): if try declaration() { return .text }
            default: return try startTag()
            }
        }
        return .done
    }

    var truncated: WorkbookError { .malformed("the part ends in the middle", "내용이 중간에 끊김", at: entry.name) }

    private mutating func text() throws(WorkbookError) -> Event {
        while true {
            if let end = find(0x3C, from: position, count: limit - position) { return deliver(upTo: end, raw: true) }
            if ended { return deliver(upTo: limit, raw: true) }
            if limit - position > Window.size / 2 {
                // A long text comes in pieces, never torn in an entity or between CR and LF.
                let amount = Self.wholePrefix(base + position, limit - position)
                return deliver(upTo: position + amount, raw: true)
            }
            try fill()
        }
    }

    private static func wholePrefix(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
        for back in 1...12 where bytes[count - back] == 0x26 || bytes[count - back] == 0x0D { return count - back }
        return count
    }

    private mutating func deliver(upTo end: Int, raw: Bool) -> Event {
        textStart = position
        textEnd = end
        textIsRaw = raw
        position = end
        return .text
    }

    /// A comment is skipped, CDATA is text; anything else, a document type above all, is refused.
    private mutating func declaration() throws(WorkbookError) -> Bool {
        if try starts(with: "<!--") {
            position += 4
            try skip(past: "-->")
            return false
        }
        guard try starts(with: "<![CDATA[") else {
            throw .malformed("document types and declarations are not accepted", "문서 형식 선언은 허용되지 않음", at: entry.name)
        }
        var from = 9
        while true {
            if let end = find("]]>", from: from) {
                position += 9
                _ = deliver(upTo: end, raw: false)
                position = end + 3
                return true
            }
            guard !ended else { throw truncated }
            from = max(9, limit - position - 2)
            try fill()
        }
    }

    private mutating func starts(with mark: StaticString) throws(WorkbookError) -> Bool {
        guard try has(mark.utf8CodeUnitCount) else { return false }
        return stands(mark, at: position)
    }

    /// Whether a mark stands at a place of the window that has room for it.
    @inline(__always)
    func stands(_ mark: StaticString, at place: Int) -> Bool {
        memcmp(base + place, mark.utf8Start, mark.utf8CodeUnitCount) == 0
    }

    /// The place of a byte among `count` bytes of the window.
    @inline(__always)
    func find(_ byte: Int32, from place: Int, count: Int) -> Int? {
        memchr(base + place, byte, count).map { base.distance(to: $0.assumingMemoryBound(to: UInt8.self)) }
    }

    /// Where a mark begins, looking from `offset` behind the position.
    private func find(_ mark: StaticString, from offset: Int) -> Int? {
        let count = mark.utf8CodeUnitCount
        var at = position + offset
        while limit - at >= count {
            guard let found = find(Int32(mark.utf8Start[0]), from: at, count: limit - at - count + 1) else {
                return nil
            }
            if stands(mark, at: found) { return found }
            at = found + 1
        }
        return nil
    }

    /// Comments and processing instructions may be longer than the window.
    private mutating func skip(past mark: StaticString) throws(WorkbookError) {
        while true {
            if let found = find(mark, from: 0) {
                position = found + mark.utf8CodeUnitCount
                return
            }
            guard !ended else { throw truncated }
            position = max(position, limit - mark.utf8CodeUnitCount + 1)
            try fill()
        }
    }

    private mutating func endTag() throws(WorkbookError) -> Event {
        var at = position + 2
        while true {
            while at < limit {
                if base[at] == UInt8(ascii: ">") {
                    setName(from: position + 2, to: at)
                    position = at + 1
                    return .end
                }
                at += 1
            }
            guard !ended else { throw truncated }
            at -= position
            try fill()
            at += position
        }
    }

    private mutating func startTag() throws(WorkbookError) -> Event {
        var at = position + 1
        var quote: UInt8 = 0
        while true {
            while at < limit {
                let byte = base[at]
                if quote != 0 {
                    if byte == quote { quote = 0 }
                } else if byte == UInt8(ascii: ">") {
                    closeStartTag(at)
                    return .start
                } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                    quote = byte
                }
                at += 1
            }
            guard !ended else { throw truncated }
            at -= position
            try fill()
            at += position
        }
    }

    @inline(__always)
    private mutating func closeStartTag(_ close: Int) {
        pendingEnd = base[close - 1] == UInt8(ascii: "/")
        let end = pendingEnd ? close - 1 : close
        setName(from: position + 1, to: end)
        attributeAt = nameStart + nameCount
        attributeEnd = end
        position = close + 1
    }

    @inline(__always)
    private mutating func setName(from start: Int, to end: Int) {
        nameStart = start
        var at = start
        while at < end && base[at] > 0x20 {
            if base[at] == UInt8(ascii: ":") { nameStart = at + 1 }
            at += 1
        }
        nameCount = at - nameStart
    }

    /// Moves to the next attribute of the last start tag.
    @inline(__always)
    mutating func nextAttribute() throws(WorkbookError) -> Bool {
        while attributeAt < attributeEnd && base[attributeAt] <= 0x20 { attributeAt += 1 }
        guard attributeAt < attributeEnd else { return false }
        keyStart = attributeAt
        while attributeAt < attributeEnd && base[attributeAt] != UInt8(ascii: "=") && base[attributeAt] > 0x20 {
            if base[attributeAt] == UInt8(ascii: ":") { keyStart = attributeAt + 1 }
            attributeAt += 1
        }
        keyCount = attributeAt - keyStart
        while attributeAt < attributeEnd && base[attributeAt] != 0x22 && base[attributeAt] != 0x27 { attributeAt += 1 }
        guard attributeAt < attributeEnd else {
            throw .malformed("an attribute without value", "값이 없는 특성", at: entry.name)
        }
        let quote = base[attributeAt]
        valueStart = attributeAt + 1
        valueEnd = valueStart
        while valueEnd < attributeEnd && base[valueEnd] != quote { valueEnd += 1 }
        guard valueEnd < attributeEnd else { throw .malformed("an attribute without end", "끝나지 않은 특성", at: entry.name) }
        attributeAt = valueEnd + 1
        return true
    }

    @inline(__always)
    func nameIs(_ byte: UInt8) -> Bool { nameCount == 1 && base[nameStart] == byte }

    @inline(__always)
    func nameIs(_ name: StaticString) -> Bool {
        nameCount == name.utf8CodeUnitCount && memcmp(base + nameStart, name.utf8Start, nameCount) == 0
    }

    @inline(__always)
    func keyIs(_ name: StaticString) -> Bool {
        keyCount == name.utf8CodeUnitCount && memcmp(base + keyStart, name.utf8Start, keyCount) == 0
    }

    /// The value of the last attribute with its entities resolved.
    func value() throws(WorkbookError) -> String {
        var bytes: [UInt8] = []
        try XMLText.append(base + valueStart, valueEnd - valueStart, raw: true, to: &bytes)
        return XMLText.legible(bytes)
    }

    /// The value of the last attribute as a whole number; nil when it is none.
    @inline(__always)
    func wholeNumber() -> Int? { XMLText.wholeNumber(base + valueStart, valueEnd - valueStart) }

    /// The digits of the value from a place on as a number; nil when there are none.
    @inline(__always)
    func number(_ start: Int) -> Int? {
        var (number, at) = (0, start)
        while at < valueEnd, number < 1 << 30, base[at] >= 0x30, base[at] <= 0x39 {
            number = number * 10 + Int(base[at]) - 0x30
            at += 1
        }
        return at > start ? number : nil
    }

    /// Whether the value of the last attribute is true.
    var isTrue: Bool {
        let count = valueEnd - valueStart
        return count == 1 && base[valueStart] == UInt8(ascii: "1") || count == 4 && stands("true", at: valueStart)
            || count == 2 && stands("on", at: valueStart)
    }

    /// Reads to the end of the entry, so that its checksum is compared.
    mutating func drain() throws(WorkbookError) {
        while !ended {
            position = limit
            try fill()
        }
    }
}
