import Ground
import Postgres
import RPC
import Wire

/// Files that a service itself attaches to a record, piece by piece in as many transactions as it takes.
///
/// Until they are finished they are on their way like those of people: seen by those who may remove attachments, and gone
/// when nobody finishes them within a day. They are the provider's, customers do not see them.
public struct OwnAttachments<R: Record>: Sendable {
    private let files: Attachments<R>

    /// The largest file, in bytes.
    public var limit: Int64 { files.bounds.bytes }

    /// Attaches to the records of `R` within `bounds`; the kinds are what people may send, and do not matter here.
    public init(_ database: Database, _ bounds: AttachmentBounds) {
        files = Attachments(store: Store(database), bounds: bounds)
    }

    /// Begins a file; its id. Throws for a name that no file has.
    public func begin(_ name: String, on record: R, _ context: WriteContext, in tx: Transaction) throws -> String {
        try SentFile.check(name: name)
        let id = RecordID.make(at: context.now)
        tx.send(
            """
            INSERT INTO \(files.table) (id, table_name, record, domain, file_name, size_bytes, created_at, created_by) \
            VALUES (\(id), \(R.schema.table), \(record.id), \(record.domain), \(name), 0, \(context.now.sqlValue), \
            \(context.caller.subject))
            """)
        return id
    }

    /// Adds what comes behind the first `offset` bytes of a file.
    public func append(_ bytes: [UInt8], to id: String, at offset: Int64, in tx: Transaction) {
        var position = 0
        while position < bytes.count {
            let end = min(position + SentFile.partLimit, bytes.count)
            tx.send(
                """
                INSERT INTO \(files.parts) (attachment, position, domain, content) \
                SELECT id, \(offset + Int64(position)), domain, \(Array(bytes[position..<end])) FROM \(files.table) \
                WHERE id = \(id)
                """, expecting: 1)
            position = end
        }
        let size = offset + Int64(bytes.count)
        tx.send(
            "UPDATE \(files.table) SET size_bytes = \(size), received_bytes = \(size) WHERE id = \(id)", expecting: 1)
    }

    /// Attaches finished files in the place of those that the service attached before and whose names `isReplaced`
    /// holds for. Throws FAILED_PRECONDITION, G-121, when the record has no room for them.
    public func finish(
        _ ids: [String], on record: R, replacing isReplaced: (String) -> Bool, _ context: WriteContext,
        in tx: Transaction
    ) throws {
        let sender = context.caller.subject
        let earlier = try tx.query(
            """
            SELECT id, file_name FROM \(files.table) WHERE record = \(record.id) AND complete AND created_by = \(sender) \
            ORDER BY id
            """)
        for row in earlier {
            let (id, name) = (try row.string(Column.id), try row.string(Column.fileName))
            guard isReplaced(name) else { continue }
            tx.send("DELETE FROM \(files.table) WHERE id = \(id)")
            note(on: record, old: name, new: "", context, tx)
        }
        for id in ids {
            try files.checkRoom(record, tx)
            var file = Attachment()
            file.id = id
            let (sha256, kind) = try files.look(at: file, tx)
            let rows = try tx.query(
                """
                UPDATE \(files.table) SET complete = true, sha256 = \(sha256), kind = \(kind.rawValue) WHERE id = \(id) \
                RETURNING file_name
                """)
            note(on: record, old: "", new: try rows.first?.string(Column.fileName) ?? "", context, tx)
        }
    }

    /// Gives files up that are on their way.
    public func giveUp(_ ids: [String], in tx: Transaction) {
        tx.send("DELETE FROM \(files.table) WHERE id = ANY(\(ids)::uuid[]) AND NOT complete")
    }

    private func note(on record: R, old: String, new: String, _ context: WriteContext, _ tx: Transaction) {
        tx.send(Journal.attachment(on: record, old: old, new: new, schema: files.schema, context: context))
    }

    private enum Column: String {
        case id
        case fileName = "file_name"
    }
}
