import Ground
import RPC
import Wire

extension RecordEndpoints {
    /// Adds what is done with the attachments of records that have them (G-121).
    mutating func addAttachments<R: Record>(of store: Store<R>) {
        let files = Attachments(store: store, bounds: attachments)
        addSending(files)
        let database = database
        if let method: Method<ListAttachmentsRequest, ListAttachmentsResponse> = method(R.self, "list_attachments") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                        try files.list(request, call.caller, in: tx)
                    }
                })
        }
        if let method: Method<ReadAttachmentRequest, AttachmentPart> = method(R.self, "read_attachment") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                        try files.read(request, call.caller, in: tx)
                    }
                })
        }
        if let method: Method<UpdateAttachmentRequest, Attachment> = method(R.self, "update_attachment") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    try await database.perform(call, method.name, request, requestID: request.requestID) {
                        tx, context in try files.update(request, context, in: tx)
                    }
                })
        }
        if let method: Method<DeleteAttachmentRequest, Empty> = method(R.self, "delete_attachment") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    try await database.perform(call, method.name, request, requestID: request.requestID) {
                        tx, context in
                        try files.delete(request, context, in: tx)
                        return Empty()
                    }
                })
        }
    }

    private mutating func addSending<R: Record>(_ files: Attachments<R>) {
        let database = database
        if let method: Method<BeginAttachmentRequest, Attachment> = method(R.self, "begin_attachment") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    try await database.perform(call, method.name, request, requestID: request.requestID) {
                        tx, context in try files.begin(request, context, in: tx)
                    }
                })
        }
        // Sending a part or the end again changes nothing, without an id of the request.
        if let method: Method<AppendAttachmentRequest, Attachment> = method(R.self, "append_attachment") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    try await database.transaction(as: call.caller, deadline: call.deadline) { tx in
                        try files.append(request, call.caller, in: tx)
                    }
                })
        }
        if let method: Method<CompleteAttachmentRequest, Attachment> = method(R.self, "complete_attachment") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    let context = database.context(call)
                    let (file, fault) = try await database.transaction(as: call.caller, deadline: call.deadline) {
                        tx in try files.complete(request, context, in: tx)
                    }
                    // Behind the commit: the file is gone.
                    if let fault { throw fault }
                    return file
                })
        }
    }
}
