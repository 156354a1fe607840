import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// How customers follow the work done for them (G-18): a success case or an initiative with the tasks that are visible to them,
/// what was said there, and what they may do. Whoever looks sees what a customer sees.
struct PortalWorkPages: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.portal_case` and `pages.portal_initiative`.
    var endpoints: [Endpoint] {
        [
            page(CustomerSuccessAPI.getPortalCase) { (_: SuccessCase, _: inout PortalWork, _: Reader) in },
            page(CustomerSuccessAPI.getPortalInitiative) {
                (initiative: SuccessInitiative, page: inout PortalWork, reader: Reader) in
                let outcome = try Store<SuccessOutcome>(database).find(initiative.successOutcome ?? "", in: reader.tx)
                page.outcomeTitle = outcome?.title ?? ""
                page.closeCodeLabel = reader.label(initiative, .closeCode)
                page.closeNotes = initiative.closeNotes ?? ""
            },
        ]
    }

    /// Who reads, in which transaction.
    private struct Reader {
        let call: Call
        let tx: Transaction

        /// What the caller reads of a choice; empty for none.
        func label<R: Record>(_ record: R, _ field: R.Field) -> String {
            guard let value = record[field: field].string, !value.isEmpty else { return "" }
            return R.schema.fields[R.index(field)].label(ofChoice: value)(call.language)
        }
    }

    private func page<R: FollowedRecord>(
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

    private func page<R: FollowedRecord>(
        of record: R, _ request: GetPortalWorkRequest, _ reader: Reader
    ) throws -> PortalWork {
        let (call, tx) = (reader.call, reader.tx)
        let limit = try PageSize.of(request.items, GetPortalWorkRequest.Field.items.rawValue, standard: 20, maximum: 50)
        let parts = PortalParts(Store<R>(database), call)
        var page = PortalWork()
        (page.table, page.id) = (R.schema.table, record.id)
        (page.number, page.title) = (record[field: .number].string ?? "", record[field: R.title].string ?? "")
        page.description = record[field: .description].string ?? ""
        page.state = record[field: .state].string ?? ""
        page.stateLabel = reader.label(record, .state)
        page.progressLabel = reader.label(record, .progress)
        page.categoryLabel = reader.label(record, .category)
        page.dueDate = record[field: .dueDate].string ?? ""
        page.daysRemaining = PageDays.until(record[field: .dueDate].string, from: database.clock.today)
        let assignee = record[field: .assignedTo].string ?? ""
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
            (shown.state, shown.stateLabel) = (task.state ?? "", reader.label(task, .state))
            shown.dueDate = task.dueDate ?? ""
            shown.own = caller.isContact(task.contact, of: task.account)
            if shown.own { shown.rights = try parts.rights(on: task.id, in: reader.tx) }
            return shown
        }
    }
}

/// A record that customers follow.
protocol FollowedRecord: Record where Field: FollowedField {
    /// The field that names it.
    static var title: Field { get }
}

/// The fields that pages of such a record show.
protocol FollowedField {
    static var number: Self { get }
    static var description: Self { get }
    static var state: Self { get }
    static var progress: Self { get }
    static var category: Self { get }
    static var dueDate: Self { get }
    static var assignedTo: Self { get }
}

extension SuccessCase: FollowedRecord {
    static var title: Field { .shortDescription }
}

extension SuccessInitiative: FollowedRecord {
    static var title: Field { .subject }
}

extension SuccessCase.Field: FollowedField {}
extension SuccessInitiative.Field: FollowedField {}
