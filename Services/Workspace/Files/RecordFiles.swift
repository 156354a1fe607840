import CustomerSuccessWire
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
    let update: Method<UpdateAttachmentRequest, Attachment>
    let remove: Method<DeleteAttachmentRequest, Empty>

    /// Those of cases.
    static let cases = RecordFiles(
        begin: OnboardingAPI.beginOnboardingCaseAttachment, append: OnboardingAPI.appendOnboardingCaseAttachment,
        complete: OnboardingAPI.completeOnboardingCaseAttachment, read: OnboardingAPI.readOnboardingCaseAttachment,
        update: OnboardingAPI.updateOnboardingCaseAttachment, remove: OnboardingAPI.deleteOnboardingCaseAttachment)
    /// Those of tasks.
    static let tasks = RecordFiles(
        begin: OnboardingAPI.beginLifecycleTaskAttachment, append: OnboardingAPI.appendLifecycleTaskAttachment,
        complete: OnboardingAPI.completeLifecycleTaskAttachment, read: OnboardingAPI.readLifecycleTaskAttachment,
        update: OnboardingAPI.updateLifecycleTaskAttachment, remove: OnboardingAPI.deleteLifecycleTaskAttachment)

    /// Those of import tasks, beside the workbooks that are read.
    static let imports = RecordFiles(
        begin: ImportValidationAPI.beginImportTaskAttachment, append: ImportValidationAPI.appendImportTaskAttachment,
        complete: ImportValidationAPI.completeImportTaskAttachment, read: ImportValidationAPI.readImportTaskAttachment,
        update: ImportValidationAPI.updateImportTaskAttachment, remove: ImportValidationAPI.deleteImportTaskAttachment)

    /// Those of touchpoints.
    static let touchpoints = RecordFiles(
        begin: CustomerSuccessAPI.beginTouchpointAttachment, append: CustomerSuccessAPI.appendTouchpointAttachment,
        complete: CustomerSuccessAPI.completeTouchpointAttachment, read: CustomerSuccessAPI.readTouchpointAttachment,
        update: CustomerSuccessAPI.updateTouchpointAttachment, remove: CustomerSuccessAPI.deleteTouchpointAttachment)

    /// Those of engagements.
    static let engagements = RecordFiles(
        begin: CustomerSuccessAPI.beginEngagementAttachment, append: CustomerSuccessAPI.appendEngagementAttachment,
        complete: CustomerSuccessAPI.completeEngagementAttachment, read: CustomerSuccessAPI.readEngagementAttachment,
        update: CustomerSuccessAPI.updateEngagementAttachment, remove: CustomerSuccessAPI.deleteEngagementAttachment)

    /// Where a file that was sent goes.
    func target(_ record: String, _ visit: Visit) -> FileReceiver.Target {
        FileReceiver.Target(
            begin: { (file) async throws(Problem) in
                var request = BeginAttachmentRequest()
                request.id = record
                request.fileName = file.name
                request.sizeBytes = file.size
                request.visibleToCustomer = file.isShown
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
        // The parts behind the first come as fast as the line takes them.
        return try await (offset == 0 ? visit.ask : visit.ask.unhurried)(read, request)
    }

    /// Shows a file to customers, or hides it from them (G-121), as a button says or what takes the last one back: each is taken back by
    /// the other. Leads to the files of the page `href`, which stand at `place`.
    func show(
        _ visit: Visit, at href: String, place: String = "files", of record: () async throws(Problem) -> String,
        refused: (Problem) async throws(Problem) -> Page
    ) async throws(Problem) -> Answer {
        try await Work.lead(
            { () async throws(Problem) in
                let isShown = Work.goal(visit) == "true"
                var request = UpdateAttachmentRequest()
                (request.id, request.attachment) = (try await record(), visit.part("file"))
                request.visibleToCustomer = isShown
                _ = try await visit.ask(update, request)
                let back = Fields.encoded("\(visit.path)?to=\(!isShown)")
                return "\(href)?done=\((isShown ? Toast.shown : .hidden).rawValue)&undo=\(back)#\(place)"
            }, refused: refused)
    }

    /// Takes a file away.
    func remove(_ record: String, _ attachment: String, _ visit: Visit) async throws(Problem) {
        var request = DeleteAttachmentRequest()
        request.id = record
        request.attachment = attachment
        _ = try await visit.ask(remove, request)
    }
}
