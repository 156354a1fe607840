import OnboardingWire
import RPC
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The files of a task that its contact sees, and what is asked about them.
struct AttachedFiles {
    // Not that of Testing.
    typealias Attachment = Wire.Attachment

    let world: World
    let record: String

    init() async throws {
        world = try await World()
        let contact = world.contact.id
        let task = try await world.createTask(try await world.openCase()) {
            $0.visibleToCustomer = true
            $0.contact = contact
        }
        record = task.id
    }

    func begin(
        _ name: String, _ size: Int, as caller: Caller? = nil, isVisible: Bool = false, sha256: String = ""
    ) async throws(Problem) -> Attachment {
        var request = BeginAttachmentRequest()
        request.id = record
        request.fileName = name
        request.sizeBytes = Int64(size)
        request.sha256 = sha256
        request.visibleToCustomer = isVisible
        return try await world.call(
            OnboardingAPI.beginLifecycleTaskAttachment, request, as: caller ?? world.agent)
    }

    @discardableResult
    func append(
        _ id: String, _ content: [UInt8], at offset: Int = 0, as caller: Caller? = nil
    ) async throws(Problem) -> Attachment {
        var request = AppendAttachmentRequest()
        request.id = record
        request.attachment = id
        request.offset = Int64(offset)
        request.content = content
        return try await world.call(
            OnboardingAPI.appendLifecycleTaskAttachment, request, as: caller ?? world.agent)
    }

    func complete(_ id: String, as caller: Caller? = nil) async throws(Problem) -> Attachment {
        var request = CompleteAttachmentRequest()
        request.id = record
        request.attachment = id
        return try await world.call(
            OnboardingAPI.completeLifecycleTaskAttachment, request, as: caller ?? world.agent)
    }

    /// All of it, in one part.
    func attach(
        _ name: String, _ content: [UInt8], as caller: Caller? = nil, isVisible: Bool = false
    ) async throws(Problem) -> Attachment {
        let begun = try await begin(name, content.count, as: caller, isVisible: isVisible)
        try await append(begun.id, content, as: caller)
        return try await complete(begun.id, as: caller)
    }

    func list(as caller: Caller) async throws(Problem) -> [Attachment] {
        var request = ListAttachmentsRequest()
        request.id = record
        return try await world.call(OnboardingAPI.listLifecycleTaskAttachments, request, as: caller).attachments
    }

    func read(_ id: String, at offset: Int64 = 0, as caller: Caller) async throws(Problem) -> AttachmentPart {
        var request = ReadAttachmentRequest()
        request.id = record
        request.attachment = id
        request.offset = offset
        return try await world.call(OnboardingAPI.readLifecycleTaskAttachment, request, as: caller)
    }

    func show(_ id: String, _ isVisible: Bool, as caller: Caller? = nil) async throws(Problem) -> Attachment {
        var request = UpdateAttachmentRequest()
        request.id = record
        request.attachment = id
        request.visibleToCustomer = isVisible
        return try await world.call(
            OnboardingAPI.updateLifecycleTaskAttachment, request, as: caller ?? world.agent)
    }

    func delete(_ id: String, as caller: Caller? = nil) async throws(Problem) {
        var request = DeleteAttachmentRequest()
        request.id = record
        request.attachment = id
        _ = try await world.call(
            OnboardingAPI.deleteLifecycleTaskAttachment, request, as: caller ?? world.agent)
    }
}
