import Korean
import RPC
import Wire

extension Attachment {
    /// What attachments are called in access rows and in the journal.
    static let field = "attachments"
    /// The same for whether customers see one of them.
    static let visibilityField = "attachments.visible_to_customer"
}

/// Why nothing is attached.
extension Attachments {
    static var tooMany: Problem {
        .failedPrecondition(
            rule: "G-121",
            Text(
                en: "A record has at most \(AttachmentBounds.perRecord) attachments.",
                ko: "레코드에는 파일을 최대 \(grouped: AttachmentBounds.perRecord)개까지 첨부할 수 있습니다."))
    }

    static var tooSmall: Problem {
        .invalid(
            field: AppendAttachmentRequest.Field.content,
            Text(
                en: "All parts but the last hold at least \(AttachmentBounds.smallestPart) bytes.",
                ko: "마지막 조각을 제외한 파일 조각(청크)의 크기는 \(bytes: AttachmentBounds.smallestPart) 이상이어야 합니다."))
    }

    static var isComplete: Problem {
        Problem(
            .failedPrecondition,
            Text(en: "The attachment is complete and takes no more.", ko: "첨부가 완료된 파일에는 더 이상 업로드할 수 없습니다."),
            reason: "ATTACHMENT_COMPLETE")
    }

    static func incomplete(_ file: Attachment) -> Problem {
        let hasArrived = file.receivedBytes == file.sizeBytes
        let next =
            hasArrived
            ? Text(en: "Complete it.", ko: "업로드를 완료 처리하세요.") : Text(en: "Send the rest.", ko: "이어서 업로드하세요.")
        return Problem(
            .failedPrecondition,
            Text(
                en: """
                    The file is not complete: \(file.receivedBytes) of \(file.sizeBytes) bytes have arrived. \(next.en)
                    """,
                ko: """
                    파일 업로드가 끝나지 않았습니다(\(bytes: file.sizeBytes) 중 \(bytes: file.receivedBytes) 수신). \
                    \(next.ko)
                    """),
            reason: "UPLOAD_INCOMPLETE", metadata: ["received_bytes": String(file.receivedBytes)])
    }

    static func notFound(_ id: String) -> Problem {
        .notFound(Text(en: "Attachment", ko: "첨부 파일"), id: String(id.prefix(36)))
    }
}
