import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// How customers follow the work done for them (G-18): a success case, an initiative, a touchpoint or a milestone with the tasks
/// that are visible to them, what was said there, and what they may do. Whoever looks sees what a customer sees.
struct PortalWorkPages: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.portal_case`, `pages.portal_initiative`, `pages.portal_touchpoint` and `pages.portal_milestone`.
    var endpoints: [Endpoint] {
        [
            page(CustomerSuccessAPI.getPortalCase) { (_: SuccessCase, _: inout PortalWork, _: Reader) in },
            page(CustomerSuccessAPI.getPortalInitiative) {
                (initiative: SuccessInitiative, page: inout PortalWork, reader: Reader) in
                let outcome = try Store<SuccessOutcome>(database).find(initiative.successOutcome ?? "", in: reader.tx)
                page.outcomeTitle = outcome?.title ?? ""
                page.closeCodeLabel = reader.label(initiative, SuccessInitiative.Field.closeCode)
                page.closeNotes = initiative.closeNotes ?? ""
            },
            page(CustomerSuccessAPI.getPortalTouchpoint) {
                (touchpoint: Touchpoint, page: inout PortalWork, reader: Reader) in
                page.meetingDate = touchpoint.meetingDate ?? ""
                page.meetingTypeLabel = reader.label(touchpoint, Touchpoint.Field.meetingType)
                page.channelLabel = reader.label(touchpoint, Touchpoint.Field.channel)
                page.attachments = try PortalParts(Store<Touchpoint>(database), reader.call)
                    .attachments(of: touchpoint.id, in: reader.tx)
            },
            page(CustomerSuccessAPI.getPortalMilestone) {
                (milestone: SuccessMilestone, page: inout PortalWork, reader: Reader) in
                let objective = try Store<SuccessObjective>(database).find(
                    milestone.successObjective ?? "", in: reader.tx)
                page.objectiveTitle = objective?.title ?? ""
                let outcome = try Store<SuccessOutcome>(database).find(milestone.successOutcome ?? "", in: reader.tx)
                page.outcomeTitle = outcome?.title ?? ""
                page.reachedOn = milestone.reachedOn ?? ""
            },
        ]
    }

    /// Who reads, in which transaction.
    private struct Reader {
        let call: Call
        let tx: Transaction

        /// What the caller reads of a choice; empty for none, and where records of the table have no such field.
        func label<R: Record>(_ record: R, _ field: some FieldKey) -> String {
            guard let index = R.schema.index(like: field), let value = record[fieldAt: index].string, !value.isEmpty
            else { return "" }
            return R.schema.fields[index].label(ofChoice: value)(call.language)
        }
    }

    private func page<R: Record>(
        _ method: Wire.Method<GetPortalWorkRequest, PortalWork>,
        _ more: @escaping @Sendable (R, inout PortalWork, Reader) throws -> Void
    ) -> Endpoint {
        Endpoint(method) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                let reader = Reader(call: call, tx: tx)
                let record = try Store<R>(database).get(request.id, as: call.caller, in: tx)
                var page = try page(of: record, request, reader)
                try more(record, &page, reader)
                return page
            }
        }
    }

    private func page<R: Record>(
        of record: R, _ request: GetPortalWorkRequest, _ reader: Reader
    ) throws -> PortalWork {
        let (call, tx) = (reader.call, reader.tx)
        let limit = try PageSize.of(request.items, GetPortalWorkRequest.Field.items.rawValue, standard: 20, maximum: 50)
        let parts = PortalParts(Store<R>(database), call)
        let item = PageItem(record, today: database.clock.today)
        func text(_ field: some FieldKey) -> String {
            R.schema.index(like: field).flatMap { record[fieldAt: $0].string } ?? ""
        }
        var page = PortalWork()
        (page.table, page.id, page.number, page.title) = (item.table, item.id, item.number, item.title)
        page.description = text(Touchpoint.Field.description)
        (page.state, page.stateLabel) = (item.state, reader.label(record, Touchpoint.Field.state))
        page.progressLabel = reader.label(record, Touchpoint.Field.progress)
        page.categoryLabel = reader.label(record, Touchpoint.Field.category)
        (page.dueDate, page.daysRemaining) = (item.dueDate ?? "", item.daysRemaining)
        page.engagement = text(Touchpoint.Field.engagement)
        page.engagementTitle = try Store<Engagement>(database).find(page.engagement, in: tx)?.title ?? ""
        let assignee = item.assignedTo ?? ""
        page.assignedToName = try database.names(ofUsers: [assignee], as: call.caller, in: tx)[assignee] ?? ""
        page.tasks = try tasks(of: record.id, atMost: limit, reader)
        page.comments = try parts.comments(on: record.id, atMost: limit, in: tx)
        page.changes = try parts.changes(on: record.id, atMost: limit, in: tx)
        page.rights = try parts.rights(on: record.id, in: tx)
        return page
    }

    /// The tasks that are visible to customers, whoever looks.
    private func tasks(of parent: String, atMost limit: Int, _ reader: Reader) throws -> [PortalWorkTask] {
        let (caller, store) = (reader.call.caller, Store<SuccessTask>(database))
        let rows = try reader.tx.query(
            store.selection(
                where: "parent = \(parent) AND visible_to_customer", order: PageOrder<SuccessTask>.by(.id).sql,
                limit: limit, as: caller))
        let parts = PortalParts(store, reader.call)
        return try store.records(rows, for: caller).map { task in
            var shown = PortalWorkTask()
            (shown.id, shown.number) = (task.id, task.number ?? "")
            (shown.subject, shown.description) = (task.subject ?? "", task.description ?? "")
            (shown.state, shown.stateLabel) = (task.state ?? "", reader.label(task, SuccessTask.Field.state))
            shown.dueDate = task.dueDate ?? ""
            shown.own = caller.isContact(task.contact, of: task.account)
            if shown.own { shown.rights = try parts.rights(on: task.id, in: reader.tx) }
            return shown
        }
    }
}
