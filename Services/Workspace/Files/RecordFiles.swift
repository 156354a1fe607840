import Hummingbird
import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// The files attached to records of one table, below the page of each.
struct RecordFiles: Sendable {
    let begin: Method<BeginAttachmentRequest, Attachment>
    let append: Method<AppendAttachmentRequest, Attachment>
    let complete: Method<CompleteAttachmentRequest, Attachment>
    let read: Method<ReadAttachmentRequest, AttachmentPart>
    let remove: Method<DeleteAttachmentRequest, Empty>

    /// Those of cases.
    static let cases = RecordFiles(
        begin: OnboardingAPI.beginOnboardingCaseAttachment, append: OnboardingAPI.appendOnboardingCaseAttachment,
        complete: OnboardingAPI.completeOnboardingCaseAttachment, read: OnboardingAPI.readOnboardingCaseAttachment,
        remove: OnboardingAPI.deleteOnboardingCaseAttachment)
    /// Those of tasks.
    static let tasks = RecordFiles(
        begin: OnboardingAPI.beginLifecycleTaskAttachment, append: OnboardingAPI.appendLifecycleTaskAttachment,
        complete: OnboardingAPI.completeLifecycleTaskAttachment, read: OnboardingAPI.readLifecycleTaskAttachment,
        remove: OnboardingAPI.deleteLifecycleTaskAttachment)

    /// Those of import tasks, beside the workbooks that are imported.
    static let imports = RecordFiles(
        begin: ImportValidationAPI.beginImportTaskAttachment, append: ImportValidationAPI.appendImportTaskAttachment,
        complete: ImportValidationAPI.completeImportTaskAttachment, read: ImportValidationAPI.readImportTaskAttachment,
        remove: ImportValidationAPI.deleteImportTaskAttachment)

    /// Where a file that was sent goes.
    func target(_ record: String, _ visit: Visit) -> FileReceiver.Target {
        FileReceiver.Target(
            begin: { (name, size) async throws(Problem) in
                var request = BeginAttachmentRequest()
                request.id = record
                request.fileName = name
                request.sizeBytes = size
                return try await visit.ask(begin, request).id
            },
            append: { (id, offset, content) async throws(Problem) in
                var request = AppendAttachmentRequest()
                request.id = record
                request.attachment = id
                request.offset = offset
                request.content = content
                // The same part at the same place may be sent again.
                _ = try await visit.ask(append, request)
            },
            complete: { (id) async throws(Problem) in
                var request = CompleteAttachmentRequest()
                request.id = record
                request.attachment = id
                _ = try await visit.ask(complete, request)
            })
    }

    /// The file as a browser gets it.
    func response(_ record: String, _ attachment: String, _ visit: Visit) async throws(Problem) -> Response {
        let first = try await part(record, attachment, 0, visit)
        let file = first.attachment ?? Attachment()
        return FileSender.response(
            name: file.fileName, type: file.contentType, inline: file.disposition == "inline", size: file.sizeBytes,
            first: (first.content, first.last ? nil : first.nextOffset)
        ) { (offset) async throws(Problem) in
            let part = try await part(record, attachment, offset, visit)
            return (part.content, part.last ? nil : part.nextOffset)
        }
    }

    private func part(
        _ record: String, _ attachment: String, _ offset: Int64, _ visit: Visit
    ) async throws(Problem) -> AttachmentPart {
        var request = ReadAttachmentRequest()
        request.id = record
        request.attachment = attachment
        request.offset = offset
        return try await visit.ask(read, request)
    }

    /// Takes a file away.
    func remove(_ record: String, _ attachment: String, _ visit: Visit) async throws(Problem) {
        var request = DeleteAttachmentRequest()
        request.id = record
        request.attachment = attachment
        _ = try await visit.ask(remove, request)
    }
}
