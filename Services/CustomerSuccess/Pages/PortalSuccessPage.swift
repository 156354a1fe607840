import CustomerSuccessWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What goes on for a customer, for the first page of the portal (G-18): engagements at work, touchpoints to come, success cases and
/// initiatives, and the milestones that are ahead. Each list follows the rules of its own table.
struct PortalSuccessPage: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.portal`.
    var endpoint: Endpoint {
        Endpoint(CustomerSuccessAPI.getPortalSuccess) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try page(request, call.caller, tx)
            }
        }
    }

    private func page(
        _ request: GetPortalSuccessRequest, _ caller: Caller, _ tx: Transaction
    ) throws -> PortalSuccess {
        guard Access.allows(caller.roles, .read, on: Engagement.schema.table) else { throw Problem.permissionDenied() }
        let limit = try PageSize.of(
            request.items, GetPortalSuccessRequest.Field.items.rawValue, standard: 10, maximum: 50)
        func open<R: Record>(_ order: PageOrder<R>) throws -> PageList<R> where R.Field: HasActive {
            try PageList(
                database, caller, where: "\(identifier: R.Field.active)", order: order, limit: limit)
        }
        let engagements = try open(PageOrder<Engagement>.by(.renewalDate))
        let touchpoints = try open(PageOrder<Touchpoint>.by(.meetingDate, .dueDate))
        let cases = try open(PageOrder<SuccessCase>.by(.dueDate))
        let initiatives = try open(PageOrder<SuccessInitiative>.by(.dueDate))
        let milestones = try open(PageOrder<SuccessMilestone>.by(.targetDate))
        tx.planEach()
        let answers = try tx.queryAll([
            engagements.selection, engagements.counting, touchpoints.selection, touchpoints.counting, cases.selection,
            cases.counting, initiatives.selection, initiatives.counting, milestones.selection, milestones.counting,
        ])
        var sections = [
            try engagements.section(answers[0], answers[1]), try touchpoints.section(answers[2], answers[3]),
            try cases.section(answers[4], answers[5]), try initiatives.section(answers[6], answers[7]),
            try milestones.section(answers[8], answers[9]),
        ]
        var names = PageNames(database, caller)
        try names.read(sections.flatMap(\.items), in: tx)
        for place in sections.indices { names.fill(&sections[place]) }
        var page = PortalSuccess()
        (page.engagements, page.touchpoints) = (sections[0], sections[1])
        (page.successCases, page.initiatives, page.milestones) = (sections[2], sections[3], sections[4])
        return page
    }
}
