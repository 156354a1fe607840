import ImportValidationWire
import Postgres
import RPC
import Records
import Wire

/// What the portal's page of an import task shows of this service (G-102): files and comments that customers see, and what
/// the caller may do.
struct PortalTaskPage: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.portal_task`.
    var endpoint: Endpoint {
        Endpoint(ImportValidationAPI.getPortalImportTask) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try page(request, call, tx)
            }
        }
    }

    private func page(
        _ request: GetPortalImportTaskRequest, _ call: Call, _ tx: Transaction
    ) throws -> PortalImportTask {
        let store = Store<ImportTask>(database)
        let task = try store.get(request.id, as: call.caller, in: tx)
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        tx.planEach()
        let parts = PortalParts(store, call)
        var page = PortalImportTask()
        (page.id, page.number) = (task.id, task.number ?? "")
        page.attachments = try parts.attachments(of: task.id, in: tx)
        page.comments = try parts.comments(on: task.id, atMost: size, in: tx)
        page.changes = try parts.changes(on: task.id, atMost: size, in: tx)
        page.rights = try parts.rights(on: task.id, in: tx)
        return page
    }
}
