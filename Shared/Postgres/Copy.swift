import CPostgres
import Glibc

/// Writes rows for `COPY … FROM STDIN` in text format. Values are escaped here; 64 KB are sent at a time.
///
/// Call one of the field methods per column and then `endRow`, or `row` with all values.
public final class CopyWriter {
    private let stream: CopyStream
    private var isAtStart = true
    private var hasNUL = false
    /// Rows ended so far.
    public private(set) var rowCount = 0

    init(_ stream: CopyStream) { self.stream = stream }

    /// A text column.
    public func text(_ text: String) {
        separate()
        var text = text
        text.withUTF8 { escape(UnsafeRawBufferPointer($0)) }
    }

    /// A text column from UTF-8 bytes, which are not checked here: the server refuses what is not UTF-8.
    public func text(utf8: UnsafeRawBufferPointer) {
        separate()
        escape(utf8)
    }

    /// A NULL.
    public func null() {
        separate()
        stream.buffer.append(UInt8(ascii: "\\"))
        stream.buffer.append(UInt8(ascii: "N"))
    }

    /// An integer column.
    public func int(_ number: Int64) {
        separate()
        TextFormat.append(number, to: &stream.buffer)
    }

    /// A column of any type.
    public func value(_ value: SQLValue) {
        switch value {
        case .null: null()
        case .text(let text): self.text(text)
        case .int(let number): int(number)
        case .bytes(let data):
            separate()
            // The backslash of the hex form is itself escaped.
            stream.buffer.append(contentsOf: "\\\\x".utf8)
            for byte in data {
                stream.buffer.append(hexDigit(byte >> 4))
                stream.buffer.append(hexDigit(byte & 15))
            }
        case .bool, .double, .timestamp, .textArray:
            separate()
            var bytes: [UInt8] = []
            if !TextFormat.append(value, to: &bytes) { hasNUL = true }
            bytes.withUnsafeBytes { escape($0) }
        }
    }

    /// One or more fields that are escaped already and separated by tabs; for parsers that escape as they scan.
    public func escaped(_ bytes: UnsafeRawBufferPointer) {
        separate()
        stream.buffer.append(contentsOf: bytes)
    }

    /// Ends the row, and sends when enough has come together. Throws when a value held a NUL character or the
    /// connection is lost.
    public func endRow() throws(PostgresError) {
        guard !hasNUL else {
            throw PostgresError(.invalidParameter, "row \(rowCount + 1) of the COPY contains a NUL character")
        }
        stream.buffer.append(UInt8(ascii: "\n"))
        isAtStart = true
        rowCount += 1
        try stream.sendWhenFull()
    }

    /// A whole row.
    public func row(_ values: some Sequence<SQLValue>) throws(PostgresError) {
        for value in values { self.value(value) }
        try endRow()
    }

    private func separate() {
        if isAtStart { isAtStart = false } else { stream.buffer.append(UInt8(ascii: "\t")) }
    }

    /// Copies runs of ordinary bytes and escapes the few that have a meaning.
    private func escape(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\") || byte <= 13 else { continue }
            let letter: UInt8
            switch byte {
            case UInt8(ascii: "\\"): letter = byte
            case UInt8(ascii: "\n"): letter = UInt8(ascii: "n")
            case UInt8(ascii: "\r"): letter = UInt8(ascii: "r")
            case UInt8(ascii: "\t"): letter = UInt8(ascii: "t")
            case 0:
                hasNUL = true
                continue
            default: continue
            }
            stream.buffer.append(contentsOf: bytes[start..<index])
            stream.buffer.append(UInt8(ascii: "\\"))
            stream.buffer.append(letter)
            start = index + 1
        }
        stream.buffer.append(contentsOf: bytes[start...])
    }
}

extension Transaction {
    /// Runs `COPY … FROM STDIN` (text format) with the rows that `body` writes; answers how many there were.
    ///
    /// COPY cannot be pipelined: what is queued is sent first, and the COPY waits for the server twice. When `body`
    /// throws, the COPY is refused and the transaction has failed.
    ///
    /// - Parameter statement: `COPY staging (a, b) FROM STDIN`, without parameters and without another format.
    public func copyIn(into statement: SQL, _ body: (CopyWriter) throws -> Void) throws -> Int {
        try copy(by: statement) { try body(CopyWriter($0)) }
    }

    /// Runs a COPY with the bytes that `body` puts into the stream.
    func copy(by statement: SQL, _ body: (CopyStream) throws -> Void) throws -> Int {
        try startCopy(statement)
        let stream = CopyStream(connection, limit)
        do {
            try body(stream)
        } catch {
            _ = try? attempt { () throws(PostgresError) in try stream.finish(aborting: true) }
            throw error
        }
        return try attempt { () throws(PostgresError) in try stream.finish(aborting: false) }
    }

    private func startCopy(_ statement: SQL) throws(PostgresError) {
        guard statement.parameters.isEmpty, !statement.text.utf8.contains(0) else {
            throw PostgresError(.invalidParameter, "COPY takes no parameters and no NUL character")
        }
        try attempt { () throws(PostgresError) in
            if !connection.expected.isEmpty { _ = try connection.roundTrip(&limit) }
            try connection.leavePipeline()
            guard PQsendQuery(connection.handle, statement.text) == 1 else { throw connection.lost() }
            connection.countRoundTrip()
            try connection.flush(&limit)
            guard let result = try connection.nextResult(&limit) else { throw connection.lost() }
            if PQresultStatus(result.pointer) == PGRES_COPY_IN { return }
            try connection.refuseCopy(result, statement, &limit)
        }
    }
}

extension PostgresConnection {
    /// Reads the end of a COPY and turns the pipeline on again.
    func endOfCopy(_ limit: inout Limit) throws(PostgresError) -> Int {
        countRoundTrip()
        try flush(&limit)
        var rows = 0
        var failure: PostgresError?
        while let result = try nextResult(&limit) {
            if PQresultStatus(result.pointer) == PGRES_COMMAND_OK {
                rows = Rows(result).affected
            } else if failure == nil {
                failure = PostgresError(result)
            }
            guard PQstatus(handle) == CONNECTION_OK else {
                failure?.kind = .connectionFailure
                throw lost(failure)
            }
        }
        try enterPipeline()
        if let failure { throw failure }
        return rows
    }

    /// The statement was not the expected COPY: brings the connection back to order and throws why.
    func refuseCopy(_ result: ResultHandle, _ statement: SQL, _ limit: inout Limit) throws(PostgresError) {
        guard PQresultStatus(result.pointer) == PGRES_FATAL_ERROR, PQstatus(handle) == CONNECTION_OK else {
            throw lost(PostgresError(.invalidParameter, "not the expected kind of COPY: \(statement.text.prefix(80))"))
        }
        var error = PostgresError(result)
        error.statement = statement.text
        while try nextResult(&limit) != nil {}
        try enterPipeline()
        throw error
    }
}
