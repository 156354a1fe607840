import Glibc

/// Writes rows for `COPY … FROM STDIN` in binary format, which spares the server reading texts: lists of texts, ids and
/// moments cost it a fraction. The types must be exactly those of the columns.
///
/// Call `beginRow`, one of the field methods per column, and then `endRow`.
public final class BinaryCopyWriter {
    private static let signature: [UInt8] = [
        0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
    /// 2000-01-01, from which Postgres counts, in microseconds since 1970.
    private static let epoch: Int64 = 946_684_800_000_000
    /// The number by which Postgres knows the type `text`.
    private static let textType: Int32 = 25

    let stream: CopyStream
    private let columns: Int16
    private var isDamaged = false
    /// Rows ended so far.
    public private(set) var rowCount = 0

    init(_ stream: CopyStream, columns: Int) {
        self.stream = stream
        self.columns = Int16(columns)
        stream.buffer.append(contentsOf: Self.signature)
    }

    /// Begins a row; every row has as many fields as the statement names columns.
    public func beginRow() { append(columns) }

    /// A NULL.
    public func null() { append(Int32(-1)) }

    /// A column of type `text`; nil is NULL.
    public func text(_ text: String?) {
        guard var text else { return null() }
        text.withUTF8(append)
    }

    /// A column of type `text[]`, without NULLs.
    public func texts(_ texts: [String]) {
        let start = beginField()
        append(Int32(texts.isEmpty ? 0 : 1))
        append(Int32(0))
        append(Self.textType)
        if !texts.isEmpty {
            append(Int32(texts.count))
            append(Int32(1))
        }
        for text in texts { self.text(text) }
        endField(start)
    }

    /// A column of type `jsonb` from its text; nil is NULL.
    public func json(_ text: String?) {
        guard var text else { return null() }
        let start = beginField()
        stream.buffer.append(1)
        text.withUTF8 { stream.buffer.append(contentsOf: $0) }
        endField(start)
    }

    /// A column of type `integer`.
    public func int(_ number: Int32) {
        append(Int32(4))
        append(number)
    }

    /// A column of type `bigint`; nil is NULL.
    public func bigint(_ number: Int64?) {
        guard let number else { return null() }
        append(Int32(8))
        append(number)
    }

    /// A column of type `timestamptz`, in microseconds since 1970.
    public func timestamp(microsSinceUnixEpoch micros: Int64) { bigint(micros - Self.epoch) }

    /// A column of type `uuid` by its halves.
    public func uuid(_ id: (high: UInt64, low: UInt64)) {
        append(Int32(16))
        append(id.high)
        append(id.low)
    }

    /// A column of type `uuid` from its usual text.
    public func uuid(_ text: String) {
        guard let id = Self.halves(of: text) else {
            isDamaged = true
            return
        }
        uuid(id)
    }

    /// The halves of a UUID from its usual text, for one that many rows have; nil for what is none.
    public static func halves(of text: String) -> (high: UInt64, low: UInt64)? {
        var (high, low, digits): (UInt64, UInt64, Int) = (0, 0, 0)
        for letter in text.utf8 where letter != UInt8(ascii: "-") {
            guard let digit = digit(letter), digits < 32 else { return nil }
            if digits < 16 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
            digits += 1
        }
        return digits == 32 ? (high, low) : nil
    }

    /// Ends the row, and sends when enough has come together. Throws when a text held a NUL character, an id was none, or
    /// the connection is lost.
    public func endRow() throws(PostgresError) {
        guard !isDamaged else {
            throw PostgresError(
                .invalidParameter, "row \(rowCount + 1) of the COPY contains a NUL character or what is no UUID")
        }
        rowCount += 1
        try stream.sendWhenFull()
    }

    /// Behind the last row.
    func end() { append(Int16(-1)) }

    private static func digit(_ letter: UInt8) -> UInt8? {
        switch letter {
        case 0x30...0x39: letter - 0x30
        case 0x41...0x46: letter - 0x37
        case 0x61...0x66: letter - 0x57
        default: nil
        }
    }

    private func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        append(Int32(bytes.count))
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        stream.buffer.append(contentsOf: bytes)
        if memchr(base, 0, bytes.count) != nil { isDamaged = true }
    }

    private func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { stream.buffer.append(contentsOf: $0) }
    }

    /// The place of a field's length, which is known at its end.
    private func beginField() -> Int {
        append(Int32(0))
        return stream.buffer.count
    }

    private func endField(_ start: Int) {
        withUnsafeBytes(of: Int32(stream.buffer.count - start).bigEndian) { length in
            for index in 0..<4 { stream.buffer[start - 4 + index] = length[index] }
        }
    }
}

extension Transaction {
    /// Runs `COPY … FROM STDIN` in binary format with the rows that `body` writes; answers how many there were.
    ///
    /// COPY cannot be pipelined: what is queued is sent first, and the COPY waits for the server twice. When `body`
    /// throws, the COPY is refused and the transaction has failed.
    ///
    /// - Parameter table: the table's name with its schema, made by code.
    /// - Parameter columns: its columns in the order in which they are written.
    public func copyIn(
        into table: String, columns: [String], _ body: (BinaryCopyWriter) throws -> Void
    ) throws -> Int {
        let names = columns.map(SQL.quoted(identifier:)).joined(separator: ", ")
        return try copy(by: "COPY \(raw: table) (\(raw: names)) FROM STDIN (FORMAT binary)") { stream in
            let writer = BinaryCopyWriter(stream, columns: columns.count)
            try body(writer)
            writer.end()
        }
    }
}
