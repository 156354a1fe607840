import Crypto
import JourneyKit
import OnboardingWire
import RPC
import Wire

/// A file that is attached to a case in parts, so that what is killed meanwhile finds it half there.
struct AttachedFile: Sendable {
    private static let partBytes = 100_000

    let record: String
    private let content: [UInt8]

    /// A file of the case's own: no other has the same content.
    init(_ onboarding: OnboardingCase) {
        record = onboarding.id
        let head = Array("%PDF-1.7 \(onboarding.number ?? onboarding.id)\n".utf8)
        content = head + (0..<250_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 256) }
    }

    /// Attaches it, and enters what was acknowledged.
    func attach(in world: JourneyWorld, as agent: Credential, to ledger: inout Ledger) async throws {
        let sha256 = SHA256.hash(data: content)
            .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        var begin = BeginAttachmentRequest()
        begin.id = record
        begin.fileName = "Plan.pdf"
        begin.sizeBytes = Int64(content.count)
        begin.sha256 = sha256
        let begun = try await world.call(OnboardingAPI.beginOnboardingCaseAttachment, begin, as: agent)
        for start in stride(from: 0, to: content.count, by: Self.partBytes) {
            // The last part takes the rest along: only it may be small.
            let end = content.count - start < 2 * Self.partBytes ? content.count : start + Self.partBytes
            var part = AppendAttachmentRequest()
            part.id = record
            part.attachment = begun.id
            part.offset = Int64(start)
            part.content = Array(content[start..<end])
            _ = try await world.call(OnboardingAPI.appendOnboardingCaseAttachment, part, as: agent)
            if end == content.count { break }
        }
        var complete = CompleteAttachmentRequest()
        complete.id = record
        complete.attachment = begun.id
        let attached = try await world.call(OnboardingAPI.completeOnboardingCaseAttachment, complete, as: agent)
        guard attached.complete, attached.sha256 == sha256 else {
            throw JourneyFailure("what was attached is \(attached)")
        }
        ledger.attachments[attached.id] = (record, sha256)
    }
}
