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
        let cases = try PageList<SuccessCase>(
            database, caller, where: "engagement = \(objective.engagement)",
            listed: "\(identifier: SuccessCase.Field.active)", order: .by(.dueDate), limit: limit)
        tx.planPage(for: caller)
        let answers = try tx.queryAll([
            try engagements.selection(
                where: "id = \(objective.engagement)", limit: 1, as: caller),
            PageAccounts.selection(database, [objective.account].compactMap { $0 }, caller),
            outcomes.selection, outcomes.counting, milestones.selection, milestones.counting, cases.selection,
            cases.counting,
        ])
        var page = ObjectivePage()
        page.objective = objective
        page.engagementNumber = try engagements.records(answers[0], for: caller).first?.number ?? ""
        page.accountName = try PageAccounts.read(answers[1]).values.first?.name ?? ""
        let found = try outcomes.section(answers[2], answers[3])
        let records = try outcomes.records(answers[2])
        let progress = try OutcomeHistory(database, caller, limit: OutcomeHistory.shown).progress(of: records, in: tx)
        page.outcomeCount = found.totalSize
        var dated = try milestones.section(answers[4], answers[5])
        var served = try cases.section(answers[6], answers[7])
        let initiatives = try PageLists<SuccessInitiative>(
            database, caller, of: "\(found.items.map(\.id))::uuid[]", atMost: found.items.count,
            by: .successOutcome, order: .by(.dueDate), limit: limit)
        let lists = try tx.queryAll([initiatives.selection, initiatives.counting])
        let sections = try initiatives.sections(lists[0], lists[1])
        var names = PageNames(database, caller)
        try names.read(found.items + dated.items + served.items + sections.values.flatMap(\.items), in: tx)
        names.fill(&dated)
        names.fill(&served)
        (page.milestones, page.successCases) = (dated, served)
        page.outcomes = zip(records, found.items).map { record, item in
            var shown = ObjectiveOutcome()
            var outcome = item
            var section = sections[item.id] ?? PageSection()
            names.fill(&outcome)
            names.fill(&section)
            shown.outcome = outcome
            shown.initiatives = section
            shown.progress = progress[item.id]
            (shown.baseValue, shown.targetValue) = (record.baseValue ?? "", record.targetValue ?? "")
            (shown.currentValue, shown.unit) = (record.currentValue ?? "", record.unit ?? "")
            return shown
        }
        page.timeline = Self.timeline(page)
        return page
    }

    /// What is open and dated of what the page shows, by date.
    private static func timeline(_ page: ObjectivePage) -> [PageItem] {
        let ended =
            [SuccessTask.State.closed, SuccessTask.State.canceled] + [
                SuccessMilestone.State.reached, SuccessMilestone.State.missed,
            ]
        let outcomes = page.outcomes.compactMap(\.outcome) + page.outcomes.flatMap { $0.initiatives?.items ?? [] }
        return (outcomes + (page.milestones?.items ?? [])).filter { $0.dueDate != nil && !ended.contains($0.state) }
            .sorted { ($0.dueDate ?? "", $0.id) < ($1.dueDate ?? "", $1.id) }
    }
}
