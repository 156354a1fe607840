import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

extension World {
    /// The verbs that `R` declares, in the order of the proto.
    static func verbs<R: Record>(of type: R.Type) -> [String] {
        let prefix = "ale.v1.\(CustomerSuccess.name).\(R.schema.collection)."
        return CustomerSuccess.api.filter { $0.subject.hasPrefix(prefix) }.map {
            String($0.subject.dropFirst(prefix.count))
        }
    }

    /// Sends the verb `verb` of `R` for the record `id`, with a request of the right shape; what needs no record is
    /// about none. A verb that is not known here fails the test: whoever adds one says how it is attacked.
    func attempt<R: Sample>(
        _ verb: String, _ type: R.Type, _ id: String, etag: String = "", as caller: Caller
    ) async throws {
        var target = R()
        target.id = id
        target.etag = etag
        switch verb {
        case "create": _ = try await create(R(), as: caller)
        case "batch_create": try await createMany([R()], as: caller)
        case "get": _ = try await get(type, id, as: caller)
        case "list": _ = try await list(type, size: 1, as: caller)
        case "export":
            // In no form that exists: it is not written, but refused behind the access rules.
            var request = ExportRequest()
            request.format = "none"
            let _: Export = try await call(World.method(R.self, verb), request, as: caller)
        case "update":
            let field = R.schema.index(of: "description") == nil ? nil : "description"
            if let field { target[named: field] = .string("x") }
            _ = try await update(target, field.map { [$0] }, etag: etag, as: caller)
        case "delete":
            var request = DeleteRequest()
            request.id = id
            request.etag = etag
            let _: Empty = try await call(World.method(R.self, verb), request, as: caller)
        case "close", "cancel", "close_initiative":
            var request = CloseRequest()
            request.id = id
            request.etag = etag
            request.closeNotes = "x"
            let _: R = try await call(World.method(R.self, verb), request, as: caller)
        case "reopen", "assign_to_me":
            var request = ActionRequest()
            request.id = id
            request.etag = etag
            let _: R = try await call(World.method(R.self, verb), request, as: caller)
        case "add_comment", "add_work_note": _ = try await write(verb, "x", on: target, as: caller)
        case "list_activity": _ = try await activity(target, as: caller)
        case "batch_update": try await updateMany(target, as: caller)
        case "batch_reassign":
            var request = BatchReassignRequest()
            request.records = [BatchTarget()]
            request.records[0].id = id
            request.records[0].etag = etag
            request.assignedTo = caller.subject
            try Self.thrown(try await call(World.method(R.self, verb), request, as: caller))
        case "render":
            var request = RenderResponseTemplateRequest()
            request.id = id
            request.sourceTable = "touchpoint"
            request.sourceRecord = uuid()
            _ = try await call(CustomerSuccessAPI.renderResponseTemplate, request, as: caller)
        case _ where verb.contains("attachment"): try await attemptAttachment(verb, type, id, as: caller)
        default: Issue.record("nobody says how \(verb) is attacked")
        }
    }

    /// The verbs of attachments, all of the attachment that the record's id names.
    private func attemptAttachment<R: Sample>(
        _ verb: String, _ type: R.Type, _ id: String, as caller: Caller
    ) async throws {
        switch verb {
        case "begin_attachment":
            var request = BeginAttachmentRequest()
            (request.id, request.fileName, request.sizeBytes) = (id, "a.txt", 1)
            let _: Wire.Attachment = try await call(World.method(R.self, verb), request, as: caller)
        case "append_attachment":
            var request = AppendAttachmentRequest()
            (request.id, request.attachment, request.content) = (id, id, [65])
            let _: Wire.Attachment = try await call(World.method(R.self, verb), request, as: caller)
        case "complete_attachment":
            var request = CompleteAttachmentRequest()
            (request.id, request.attachment) = (id, id)
            let _: Wire.Attachment = try await call(World.method(R.self, verb), request, as: caller)
        case "list_attachments":
            var request = ListAttachmentsRequest()
            request.id = id
            let _: ListAttachmentsResponse = try await call(World.method(R.self, verb), request, as: caller)
        case "read_attachment":
            var request = ReadAttachmentRequest()
            (request.id, request.attachment) = (id, id)
            let _: AttachmentPart = try await call(World.method(R.self, verb), request, as: caller)
        case "update_attachment":
            var request = UpdateAttachmentRequest()
            (request.id, request.attachment) = (id, id)
            let _: Wire.Attachment = try await call(World.method(R.self, verb), request, as: caller)
        case "delete_attachment":
            var request = DeleteAttachmentRequest()
            (request.id, request.attachment) = (id, id)
            let _: Empty = try await call(World.method(R.self, verb), request, as: caller)
        default: Issue.record("nobody says how \(verb) is attacked")
        }
    }

    /// Creates records in one batch; throws the error of the first.
    func createMany<R: Record>(_ drafts: [R], as caller: Caller) async throws {
        let bulk = try #require(R.self as? any BulkRecord.Type)
        func send<B: BulkRecord>(_ type: B.Type) async throws {
            var request = B.BatchCreation()
            request.resources = drafts.compactMap { $0 as? B }
            try Self.thrown(try await call(Self.method(B.self, "batch_create"), request, as: caller))
        }
        try await send(bulk)
    }

    private func updateMany<R: Record>(_ target: R, as caller: Caller) async throws {
        let bulk = try #require(R.self as? any BulkRecord.Type)
        func send<B: BulkRecord>(_ type: B.Type) async throws {
            var request = B.BatchModification()
            request.resources = [target as? B].compactMap { $0 }
            try Self.thrown(try await call(Self.method(B.self, "batch_update"), request, as: caller))
        }
        try await send(bulk)
    }

    /// The error of the only record of a batch.
    private static func thrown(_ response: BatchResponse) throws {
        if let error = response.results.first?.error { throw Problem(status: error) }
    }
}
