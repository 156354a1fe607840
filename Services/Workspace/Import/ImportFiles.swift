import Hummingbird
import ImportValidationWire
import OnboardingWire
import RPC
import Records
import Wire

/// The files of an import task: what is uploaded, the template to fill in, and the workbook of what needs attention.
struct ImportFiles: Sendable {
    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    private var href: String { ImportPages.href(visit) }

    /// Where a workbook that was sent goes.
    func target() -> FileReceiver.Target {
        let visit = visit
        return FileReceiver.Target(
            begin: { (file) async throws(Problem) in
                var request = BeginUploadRequest()
                request.importTask = visit.part("id")
                request.fileName = file.name
                request.sizeBytes = file.size
                return try await visit.ask(ImportValidationAPI.beginUpload, request).id
            },
            append: { (id, offset, content) async throws(Problem) in
                var request = AppendUploadRequest()
                request.id = id
                request.offset = offset
                request.content = content
                _ = try await visit.ask(ImportValidationAPI.appendUpload, request)
            },
            complete: { (id) async throws(Problem) in
                var request = CompleteUploadRequest()
                request.id = id
                _ = try await visit.ask(ImportValidationAPI.completeUpload, request)
            })
    }

    /// What the step shows.
    func values() async throws(Problem) -> Values {
        let uploads = try await uploads()
        let names = Dictionary(uploads.map { ($0.id, $0.fileName ?? "") }, uniquingKeysWith: { first, _ in first })
        let shown = uploads.map { upload -> Seen in
            let isNew = upload.state == Upload.State.complete
            let twin = upload.duplicateOf.map { names[$0] ?? $0 } ?? ""
            return Seen(
                upload, ["size": Parts.size(upload.sizeBytes ?? 0), "chosen": isNew && twin.isEmpty, "twin": twin])
        }
        return [
            "drop": [
                "action": "\(href)/files", "accept": ".xlsx,.csv,.txt",
                "hint": visit.say("Excel workbooks and text files", "Excel 통합 문서와 텍스트 파일"),
            ] as Values, "uploads": shown, "load": "\(href)/load",
        ]
    }

    /// The files of the task, the newest first.
    func uploads() async throws(Problem) -> [Upload] {
        var request = ListRequest()
        request.filter = FilterText.equal(Upload.Field.importTask, visit.part("id"))
        request.pageSize = 50
        request.orderBy = "\(Upload.Field.createdAt.rawValue) desc"
        return try await visit.ask(ImportValidationAPI.listUploads, request).resources
    }

    /// The workbook to fill in.
    func template() async throws(Problem) -> Response {
        var request = DownloadTemplateRequest()
        request.id = visit.part("id")
        let file = try await visit.ask(ImportValidationAPI.downloadTemplate, request)
        return FileSender.response(
            name: file.fileName, type: AttachmentKind.xlsx.contentType,
            inline: false,
            size: Int64(file.content.count), first: (file.content, nil)
        ) { (_) async throws(Problem) in ([], nil) }
    }

    /// The rows that need attention as a workbook, which mends them when it is uploaded again.
    func errors() async throws(Problem) -> Response {
        var request = ExportStagingErrorsRequest()
        request.importTask = visit.part("id")
        request.language = visit.reader.language.rawValue
        let export = try await visit.ask(ImportValidationAPI.exportStagingErrors, request)
        return FileSender.response(export, by: ImportValidationAPI.readExport, visit)
    }
}
