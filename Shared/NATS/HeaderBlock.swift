import CNATS

/// The header block of a received message, read as it came over the wire: a status line, then `Name: value` lines, each
/// ended by CRLF.
struct HeaderBlock {
    /// What the server itself says in the first line: `503`, and words. Nil for messages of clients.
    let status: (code: Int, text: String)?
    /// Every field with a value, in the order it was sent. A header without a value says nothing, and is left out.
    let fields: [Headers.Field]

    /// The block of a received message; nil when it has none, or libnats does not let it be seen.
    init?(of message: OpaquePointer) {
        var size = 0
        guard let start = ale_nats_header_block(message, &size) else { return nil }
        self.init(UnsafeRawBufferPointer(start: start, count: size))
    }

    /// Reads a block. What is not a field is passed over, as libnats does.
    init(_ block: UnsafeRawBufferPointer) {
        var lines = block.split(separator: UInt8(ascii: "\n")).map { Self.trimmed($0) }[...]
        let first = lines.popFirst()?.dropFirst("NATS/1.0".utf8.count)
        let words = first?.split(separator: UInt8(ascii: " "), maxSplits: 1) ?? []
        status = words.first.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
            .map { ($0, words.count > 1 ? String(decoding: words[1], as: UTF8.self) : "") }
        fields = lines.compactMap { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return nil }
            let value = Self.trimmed(line[(colon + 1)...])
            guard !value.isEmpty else { return nil }
            return Headers.Field(
                name: String(decoding: line[..<colon], as: UTF8.self), value: String(decoding: value, as: UTF8.self))
        }
    }

    private static func trimmed(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var line = line
        while let first = line.first, isBlank(first) { line.removeFirst() }
        while let last = line.last, isBlank(last) { line.removeLast() }
        return line
    }
}
