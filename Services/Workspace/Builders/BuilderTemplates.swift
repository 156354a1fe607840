import Hummingbird
import ImportValidationWire
import OnboardingWire
import RPC
import Records
import Wire

/// The template of a builder: the workbook that people fill in.
enum BuilderTemplates {
    /// Takes the place of the one before.
    static func save(_ file: TakenFile, _ visit: Visit) async throws(Problem) -> BuilderState {
        var request = SaveBuilderTemplateRequest()
        (request.id, request.fileName, request.content) = (visit.part("id"), file.name, file.content)
        return try await visit.ask(ImportValidationAPI.saveBuilderTemplate, request)
    }

    /// As it was sent.
    static func stored(_ visit: Visit) async throws(Problem) -> Response {
        var request = GetRequest()
        request.id = visit.part("id")
        let file = try await visit.ask(ImportValidationAPI.getBuilderTemplate, request)
        return FileSender.response(
            name: file.fileName, type: AttachmentKind.xlsx.contentType,
            inline: false, size: Int64(file.content.count), first: (file.content, nil)
        ) { (_) async throws(Problem) in ([], nil) }
    }
}
