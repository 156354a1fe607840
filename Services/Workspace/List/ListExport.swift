import CustomerSuccessWire
import Hummingbird
import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// A list as a file: written by its service where that exports, else here.
struct ListExport: Sendable {
    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    func response() async throws(Problem) -> Response {
        let table = try ListPages.table(visit)
        let query = ListQuery(table, visit.query, visit)
        let format = visit.query[ExportRequest.Field.format]
        guard table.schema.verbs.contains("export") else {
            return try await ListFile(query, format: format, visit).response()
        }
        var request = ExportRequest()
        request.filter = query.filter
        request.orderBy = query.order
        request.format = format
        request.fields = query.columns.map(\.name)
        request.language = visit.reader.language.rawValue
        let answer = try await ListedRecords.ask("export", request, table.schema, visit)
        guard let export = try? Export.decode(json: answer) else {
            throw .internalError(cause: "an export cannot be decoded")
        }
        let method =
            switch table.schema.service {
            case OnboardingCase.schema.service: OnboardingAPI.readExport
            case ImportTask.schema.service: ImportValidationAPI.readExport
            default: CustomerSuccessAPI.readExport
            }
        return FileSender.response(export, by: method, visit)
    }
}
