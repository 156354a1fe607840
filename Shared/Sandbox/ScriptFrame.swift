/// The frames spoken with the worker: a 32-bit length, a type byte and that many bytes, little-endian.
/// The other end is `Shared/ScriptWorker/frames.h`.
enum ScriptFrame {
    static let script = UInt8(ascii: "L")
    static let context = UInt8(ascii: "C")
    static let rows = UInt8(ascii: "R")
    static let trial = UInt8(ascii: "T")
    static let hello = UInt8(ascii: "h")
    static let done = UInt8(ascii: "d")
    static let refused = UInt8(ascii: "e")
    static let answers = UInt8(ascii: "a")
    static let printed = UInt8(ascii: "p")
    static let fault = UInt8(ascii: "x")

    /// Bytes the worker takes in one frame, less a margin.
    static let payloadLimit = 15 << 20
    /// Bytes the worker may send before they are taken out of its frames: more is not the worker speaking.
    static let answerLimit = 1 << 20
    static let answerTextLimit = 8_192
    static let printedLines = 100
    static let noValue = UInt32.max

    static func script(_ source: String, rowMilliseconds: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(rowMilliseconds)
        bytes.append(contentsOf: source.utf8)
        return bytes
    }

    static func context(columns: [String], records: [String: ScriptValue]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt16(columns.count))
        for column in columns {
            let name = column.utf16Text
            bytes.appendLittleEndian(UInt16(name.count))
            bytes.append(contentsOf: name)
        }
        ScriptValue.record(records).appendJSON(to: &bytes)
        return bytes
    }

    static func append(_ row: [String?], to bytes: inout [UInt8]) {
        for value in row {
            guard let value else {
                bytes.appendLittleEndian(noValue)
                continue
            }
            let at = bytes.count
            bytes.appendLittleEndian(UInt32(0))
            value.appendUTF16Text(to: &bytes)
            bytes.replaceLittleEndian(UInt32(bytes.count - at - 4), at: at)
        }
    }

    /// What a printed frame holds.
    static func print(_ payload: [UInt8]) -> ScriptPrint {
        var lines = payload.dropFirst().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        // What is printed at once may have several lines.
        let isCut = payload.first == 1 || lines.count > printedLines
        return ScriptPrint(
            lines: lines.prefix(printedLines).map { String(utf16Text: $0, cut: isCut) }, isCut: isCut)
    }

    /// The verdicts of an answers frame; nil when it is malformed.
    static func verdicts(_ payload: [UInt8]) -> [ScriptVerdict]? {
        var verdicts: [ScriptVerdict] = []
        var at = 0
        while at < payload.count {
            guard payload.count - at >= 5 else { return nil }
            let size = Int(payload.littleEndian(at: at + 1))
            guard size <= answerTextLimit, payload.count - at - 5 >= size else { return nil }
            let text = String(utf16Text: payload[(at + 5)..<(at + 5 + size)], cut: size == answerTextLimit)
            switch payload[at] {
            case 0: verdicts.append(.passed)
            case 1 where text.allSatisfy(\.isWhitespace): verdicts.append(.failed(ScriptFailure(.noMessage)))
            case 1: verdicts.append(.rejected(message: text))
            case 2: verdicts.append(.failed(ScriptFailure(.threw, detail: text)))
            case 3: verdicts.append(.failed(ScriptFailure(.wrongAnswer, detail: text)))
            case 4: verdicts.append(.failed(ScriptFailure(.outOfMemory, detail: text)))
            case 5:
                let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { return nil }
                verdicts.append(.rejectedAt(field: String(parts[0]), message: String(parts[1])))
            default: return nil
            }
            at += 5 + size
        }
        return verdicts
    }
}

extension ScriptValue {
    /// As JSON in ASCII: characters outside the basic plane as two escapes, which is how the engine holds them.
    func appendJSON(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let value): bytes.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .text(let value): Self.appendJSON(value, to: &bytes)
        case .record(let fields):
            bytes.append(UInt8(ascii: "{"))
            for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.appendJSON(field.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                field.value.appendJSON(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// How deep records lie in one another.
    var depth: Int {
        guard case .record(let fields) = self else { return 0 }
        return 1 + (fields.values.lazy.map(\.depth).max() ?? 0)
    }

    private static func appendJSON(_ text: String, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for unit in text.utf16 {
            if unit >= 0x20 && unit < 0x7F && unit != 0x22 && unit != 0x5C {
                bytes.append(UInt8(unit))
            } else {
                bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
                for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> shift) & 15]) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// The engine's texts are sequences of UTF-16 units, each written as if it were a character of UTF-8 (CESU-8):
/// alike for all characters of the basic plane, two times three bytes for the others.
extension String {
    var utf16Text: [UInt8] {
        var bytes: [UInt8] = []
        appendUTF16Text(to: &bytes)
        return bytes
    }

    func appendUTF16Text(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: utf8)
        guard bytes[start...].contains(where: { $0 >= 0xF0 }) else { return }
        bytes.removeSubrange(start...)
        for unit in utf16 {
            switch unit {
            case ..<0x80: bytes.append(UInt8(unit))
            case ..<0x800: bytes.append(contentsOf: [0xC0 | UInt8(unit >> 6), 0x80 | UInt8(unit & 0x3F)])
            default:
                bytes.append(0xE0 | UInt8(unit >> 12))
                bytes.append(0x80 | UInt8((unit >> 6) & 0x3F))
                bytes.append(0x80 | UInt8(unit & 0x3F))
            }
        }
    }

    /// Text of the engine, made sound: lone halves become U+FFFD, NUL is left out. `cut` says the end may be torn.
    init(utf16Text bytes: ArraySlice<UInt8>, cut: Bool) {
        guard bytes.contains(where: { $0 == 0xED || $0 == 0 || $0 >= 0xF0 }) || cut else {
            self = String(decoding: bytes, as: UTF8.self)
            return
        }
        var units: [UInt16] = []
        var at = bytes.startIndex
        while at < bytes.endIndex {
            let first = bytes[at]
            let size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            guard at + size <= bytes.endIndex else { break }
            if size == 3 {
                let high = UInt16(first & 0x0F) << 12
                units.append(high | UInt16(bytes[at + 1] & 0x3F) << 6 | UInt16(bytes[at + 2] & 0x3F))
            } else if first != 0 {
                units.append(contentsOf: String(decoding: bytes[at..<at + size], as: UTF8.self).utf16)
            }
            at += size
        }
        self = String(decoding: units, as: UTF16.self)
    }
}

extension [UInt8] {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func replaceLittleEndian(_ value: UInt32, at index: Int) {
        for offset in 0..<4 { self[index + offset] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(offset))) }
    }

    func littleEndian(at index: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(self[index + $1]) << (8 * UInt32($1)) }
    }
}
