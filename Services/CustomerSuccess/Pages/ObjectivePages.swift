import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The page of one objective, with its milestones, its outcomes and the initiatives of each.
struct ObjectivePages: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.objective`.
    var endpoint: Endpoint {
        Endpoint(CustomerSuccessAPI.getObjectivePage) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try page(request, call.caller, tx)
            }
        }
    }

    private func page(_ request: GetObjectivePageRequest, _ caller: Caller, _ tx: Transaction) throws -> ObjectivePage {
        let objective = try Store<SuccessObjective>(database).get(request.id, as: caller, in: tx)
        let limit = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        let engagements = Store<Engagement>(database)
        let outcomes = try PageList<SuccessOutcome>(
            database, caller, where: "success_objective = \(objective.id)", order: .by(.plannedStop), limit: limit)
        let milestones = try PageList<SuccessMilestone>(
            database, caller, where: "success_objective = \(objective.id)", order: .by(.targetDate), limit: limit)
        tx.planPage(for: caller)
        let answers = try tx.queryAll([
            try engagements.selection(
                where: "id = \(objective.engagement)", limit: 1, as: caller),
            PageAccounts.selection(database, [objective.account].compactMap { $0 }, caller),
            outcomes.selection, outcomes.counting, milestones.selection, milestones.counting,
        ])
        var page = ObjectivePage()
        page.objective = objective
        page.engagementNumber = try engagements.records(answers[0], for: caller).first?.number ?? ""
        page.accountName = try PageAccounts.read(answers[1]).values.first?.name ?? ""
        let found = try outcomes.section(answers[2], answers[3])
        let progress = try OutcomeHistory(database, caller, limit: OutcomeHistory.shown).progress(
            of: outcomes.records(answers[2]), in: tx)
        page.outcomeCount = found.totalSize
        var dated = try milestones.section(answers[4], answers[5])
        let initiatives = try PageLists<SuccessInitiative>(
            database, caller, of: "\(found.items.map(\.id))::uuid[]", atMost: found.items.count,
            by: .successOutcome, order: .by(.dueDate), limit: limit)
        let lists = try tx.queryAll([initiatives.selection, initiatives.counting])
        let sections = try initiatives.sections(lists[0], lists[1])
        var names = PageNames(database, caller)
        try names.read(found.items + dated.items + sections.values.flatMap(\.items), in: tx)
        names.fill(&dated)
        page.milestones = dated
        page.outcomes = found.items.map { item in
            var shown = ObjectiveOutcome()
            var outcome = item
            var section = sections[item.id] ?? PageSection()
            names.fill(&outcome)
            names.fill(&section)
            shown.outcome = outcome
            shown.initiatives = section
            shown.progress = progress[item.id]
            return shown
        }
        return page
    }
}
