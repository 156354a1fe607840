import Postgres
import Tenancy
import Wire

extension Store {
    /// What `caller` sees attached to the record `id`, the oldest first: for pages. NOT_FOUND as when the record is read.
    public func attachments(of id: String, as caller: Caller, in tx: Transaction) throws -> [Attachment] {
        var request = ListAttachmentsRequest()
        request.id = id
        return try Attachments(store: self, bounds: .standard).list(request, caller, in: tx).attachments
    }

    /// The statement that reads what `caller`, who has been shown a record, sees attached to it: for a page, which asks for many
    /// things in one round trip. ``attachments(_:for:)`` takes its answer.
    public func attachments(of record: R, for caller: Caller) -> SQL {
        Attachments(store: self, bounds: .standard).selection(of: record.id, caller)
    }

    /// The statement that reads the newest finished files, at most `limit`, of the records whose ids are in the array `records`,
    /// of tables that `caller` may read and has been shown these records of.
    public func attachments(ofAll records: SQL, limit: Int, for caller: Caller) -> SQL {
        Attachments(store: self, bounds: .standard).newest(of: records, limit: limit, caller)
    }

    /// The files of an answer, in its order.
    public func attachments(_ rows: Rows, for caller: Caller) throws -> [Attachment] {
        try rows.map { try Attachments<R>.read($0, for: caller) }
    }
}
