import Foundation
import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import RecommendedActionsWire
import Wire

/// Imports whose pages are measured, and what such a page asks for.
struct MeasuredImports: Sendable {
    private static let rows = 1_000

    private let client: Client
    private let agent: Credential
    /// An import all rows of which need attention, and one all rows of which were published by a plan.
    let bad, published: String
    /// What was sent to the first.
    let upload: String
    /// What was applied, and what has applied it.
    private let plan, publication: String

    /// Makes both over a case.
    init(_ data: PlaybookData, of record: String) async throws {
        (client, agent) = (data.client, data.agent)
        let made = try await Self.staged(data, over: record, account: "Nobody")
        (bad, upload) = (made.task, made.upload)
        var get = GetRequest()
        get.id = record
        get.id = try await client.call(OnboardingAPI.getOnboardingCase, get, as: agent).account ?? ""
        let account = try await client.call(OnboardingAPI.getCustomerAccount, get, as: agent).name ?? ""
        published = try await Self.staged(data, over: record, account: account).task
        var planned = PlanImportRequest()
        (planned.id, planned.allReady) = (published, true)
        plan = try await Self.ended(try await client.call(ImportValidationAPI.planImport, planned, as: agent), data).id
        var publish = PublishStagingRowsRequest()
        (publish.id, publish.plan) = (published, plan)
        let run = try await client.call(ImportValidationAPI.publishStagingRows, publish, as: agent)
        publication = try await Self.ended(run, data).id
    }

    private static func staged(
        _ data: PlaybookData, over record: String, account: String
    ) async throws -> (task: String, upload: String) {
        let world = data.stack.world()
        var get = GetRequest()
        get.id = record
        let parent = try await data.client.call(OnboardingAPI.getOnboardingCase, get, as: data.agent)
        var creation = CreateImportTaskRequest()
        var task = ImportTask()
        (task.parent, task.account, task.shortDescription) = (record, parent.account, "Measured import")
        task.sourceTable = "sn_acct_lc_account_onb_import_locations"
        (task.targetTable, task.dataSource) = ("location", "cmn_location_template.xlsx")
        task.type = ImportTask.TypeChoice.dataCapture
        creation.importTask = task
        let made = try await data.client.call(ImportValidationAPI.createImportTask, creation, as: data.agent)
        let path = "\(data.stack.folder)/measured.csv"
        let lines = (1...rows).map { "Site \($0),\(account),Street \($0),City \($0 % 7),1000,Austria,Europe/Vienna" }
        try (["Name,Account,Street,City,Postal code,Country,Time zone"] + lines).joined(separator: "\n")
            .write(toFile: path, atomically: true, encoding: .utf8)
        var request = ImportUploadsRequest()
        let upload = try await world.upload(path, to: made, as: data.agent).id
        (request.id, request.uploads) = (made.id, [upload])
        let runs = try await data.client.call(ImportValidationAPI.importUploads, request, as: data.agent).importRuns
        guard let run = runs.first else { throw JourneyFailure("no run was started") }
        _ = try await ended(run, data)
        return (made.id, upload)
    }

    private static func ended(_ run: ImportRun, _ data: PlaybookData) async throws -> ImportRun {
        let ended = try await data.stack.world().ended(run, as: data.agent)
        // Rows that need attention do not pass a load.
        let isWhole = ended.kind == ImportRun.Kind.load || ended.failedRows ?? 0 == 0
        guard ended.state == ImportRun.State.completed, isWhole else {
            throw JourneyFailure("\(ended.kind ?? "") of an import is \(ended.state ?? ""): \(ended.message ?? "")")
        }
        return ended
    }

    /// The steps of the import, each against what it has to ask: what every step shows, and beside it what it shows by itself.
    var pages: [MeasuredPage] {
        let imports = self
        return [
            page("rows of an import that need attention", bad, "fix") {
                try await imports.rows(of: $0, "needs_attention")
            },
            page("columns of an import beside its fields", bad, "match") { _ in try await imports.columns() },
            page("plan of an import", published, "plan") { _ in try await imports.planned() },
            page("publications of an import", published, "publish") { _ in try await imports.applied() },
        ]
    }

    private func page(
        _ name: String, _ task: String, _ step: String, _ own: @escaping @Sendable (String) async throws -> Void
    ) -> MeasuredPage {
        MeasuredPage(
            name: name, path: { "/imports/\(task)?step=\(step)" },
            request: {
                async let shown: Void = own(task)
                try await everyStep(task)
                try await shown
            })
    }

    /// The task, its counts and runs, its case, what is recommended, files, what was done, and by whom.
    private func everyStep(_ task: String) async throws {
        var (get, runs, activity, files) = (
            GetRequest(), ListRequest(), ListActivityRequest(), ListAttachmentsRequest()
        )
        var (recommended, beside) = (ShowRecommendedActionsRequest(), GetOnboardingImportPageRequest())
        (get.id, beside.id, files.id) = (task, task, task)
        (runs.filter, runs.pageSize) = ("import_task = \"\(task)\"", 20)
        (activity.id, activity.pageSize) = (task, 50)
        (recommended.table, recommended.record) = (ImportTask.schema.table, task)
        let (asked, latest, said, kept, cards, above) = (get, runs, activity, files, recommended, beside)
        async let summary = client.call(ImportValidationAPI.summarizeImport, asked, as: agent)
        async let begun = client.call(ImportValidationAPI.listImportRuns, latest, as: agent)
        async let help = client.call(ImportValidationAPI.showRecommendedActions, cards, as: agent)
        async let related = client.call(OnboardingAPI.getOnboardingImportPage, above, as: agent)
        async let attached = client.call(ImportValidationAPI.listImportTaskAttachments, kept, as: agent)
        async let record = client.call(ImportValidationAPI.getImportTask, asked, as: agent)
        let entries = try await client.call(ImportValidationAPI.listImportTaskActivity, said, as: agent).entries
        // Services are called as the system.
        let people = entries.map(\.by).filter { UUID(uuidString: $0) != nil }
        if !people.isEmpty {
            _ = try await client.call(OnboardingAPI.listUsers, MeasuredPages.named(people), as: agent)
        }
        _ = try await (summary, begun, help, related, attached, record)
    }

    /// The first rows, and why they are there.
    private func rows(of task: String, _ status: String) async throws {
        var (list, count) = (ListStagingRowsRequest(), CountStagingErrorsRequest())
        (list.importTask, list.status, list.pageSize) = (task, status, 60)
        (count.importTask, count.limit) = (task, 12)
        let (rows, reasons) = (list, count)
        async let counted = client.call(ImportValidationAPI.countStagingErrors, reasons, as: agent)
        _ = try await client.call(ImportValidationAPI.listStagingRows, rows, as: agent)
        _ = try await counted
    }

    /// What was sent, of which the first is looked into.
    private func columns() async throws {
        var (list, preview) = (ListRequest(), PreviewUploadRequest())
        (list.filter, list.pageSize, preview.id) = ("import_task = \"\(bad)\"", 50, upload)
        _ = try await client.call(ImportValidationAPI.listUploads, list, as: agent)
        _ = try await client.call(ImportValidationAPI.previewUpload, preview, as: agent)
    }

    private func planned() async throws {
        var request = ListPlanRowsRequest()
        (request.plan, request.pageSize, request.count) = (plan, 50, true)
        _ = try await client.call(ImportValidationAPI.listPlanRows, request, as: agent)
    }

    /// Of the publication how many rows stand, and which were kept.
    private func applied() async throws {
        var (standing, kept) = (ListPublishedRowsRequest(), ListPublishedRowsRequest())
        (standing.importRun, standing.state, standing.pageSize, standing.count) = (publication, "published", 20, true)
        (kept.importRun, kept.state, kept.pageSize, kept.count) = (publication, "kept", 20, true)
        let (asked, other) = (standing, kept)
        async let stands = client.call(ImportValidationAPI.listPublishedRows, asked, as: agent)
        _ = try await client.call(ImportValidationAPI.listPublishedRows, other, as: agent)
        _ = try await stands
    }
}
