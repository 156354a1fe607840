import Crypto
import Foundation
import Ground
import Postgres
import Tenancy
import Wire

/// A file that is written for a caller: cut into chunks of one size and stored, where every instance finds them and he alone
/// may read them, for a quarter of an hour. The service's schema has the tables `export` and `export_chunk`.
public struct ExportChunks {
    private let schema: String
    private let caller: Caller
    private let transaction: Transaction
    private let token = UUID().uuidString.lowercased()  // random: it cannot be guessed
    private var pending: [UInt8] = []
    private var stored = 0
    private var size: Int64 = 0
    private var hash = SHA256()
    private var first = ExportChunk()

    /// Begins a file. What the caller has had for too long goes, and the oldest of too many.
    public init(_ database: Database, for caller: Caller, now: Timestamp, in tx: Transaction) throws {
        schema = database.schema
        self.caller = caller
        transaction = tx
        let expiry = Timestamp(seconds: now.seconds + ExportLimit.lifetime, nanos: now.nanos)
        tx.send("DELETE FROM \(identifier: schema).export WHERE expires_at <= \(now.sqlValue)")
        tx.send(
            """
            DELETE FROM \(identifier: schema).export WHERE id IN (SELECT id FROM \(identifier: schema).export \
            WHERE caller = \(caller.owner) AND domain = \(caller.domain.path) \
            ORDER BY expires_at DESC, id OFFSET \(ExportLimit.perCaller - 1))
            """)
        tx.send(
            """
            INSERT INTO \(identifier: schema).export (id, domain, caller, expires_at) \
            VALUES (\(token), \(caller.domain.path), \(caller.owner), \(expiry.sqlValue))
            """)
    }

    /// Adds bytes. Throws EXPORT_TOO_LARGE when the file becomes larger than an export may be.
    public mutating func append(_ bytes: [UInt8]) throws {
        hash.update(data: bytes)
        size += Int64(bytes.count)
        guard size <= ExportLimit.bytes else { throw ExportLimit.tooLarge("bytes") }
        pending += bytes
        var start = 0
        while pending.count - start >= ExportLimit.chunkBytes {
            try store(Array(pending[start..<start + ExportLimit.chunkBytes]))
            start += ExportLimit.chunkBytes
        }
        pending.removeFirst(start)
    }

    private mutating func store(_ chunk: [UInt8]) throws {
        if stored == 0 { first.content = chunk }
        transaction.send(
            """
            INSERT INTO \(identifier: schema).export_chunk (export, position, domain, content) \
            VALUES (\(token), \(stored), \(caller.domain.path), \(chunk))
            """)
        stored += 1
        // One chunk at a time is in memory.
        try transaction.flush()
    }

    /// Adds what a file on the disk holds, a piece at a time.
    public mutating func append(contentsOf path: String) throws {
        try ExportFile.read(path) { try append($0) }
    }

    /// Ends the file; what is answered of it, with its first chunk.
    public mutating func finish(rows: Int, fileName: String, contentType: String) throws -> Export {
        if !pending.isEmpty || stored == 0 { try store(pending) }
        transaction.send(
            "UPDATE \(identifier: schema).export SET size_bytes = \(size) WHERE id = \(token)")
        first.nextOffset = Int64(first.content.count)
        first.last = first.nextOffset == size
        var export = Export()
        export.token = token
        export.fileName = fileName
        export.contentType = contentType
        export.rows = Int64(rows)
        export.sizeBytes = size
        export.sha256 = hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        export.first = first
        return export
    }
}
