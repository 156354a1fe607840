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
}
