import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The success plan of an engagement (G-119): put together when somebody asks, as an answer or as a document.
struct SuccessPlans: Sendable {
    /// The most of each list, what is at work first. What is beyond is counted.
    struct Most {
        let objectives, each, touchpoints: Int
        /// Initiatives whose tasks are shown.
        let withTasks: Int
        let values = 12

        /// What fits into a message.
        static let answer = Most(objectives: 20, each: 10, touchpoints: 50, withTasks: 100)
        /// What people have on paper: everything, within bounds that no engagement comes to.
        static let document = Most(objectives: 200, each: 200, touchpoints: 5_000, withTasks: 5_000)
    }

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Adds `success_plans.get` and `success_plans.export`.
    func add(to endpoints: inout RecordEndpoints) {
        endpoints.add(
            Endpoint(CustomerSuccessAPI.getSuccessPlan) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try plan(request.id, asCustomer: request.asCustomer, .answer, call.caller, tx)
                }
            })
        endpoints.add(
            exporting: CustomerSuccessAPI.exportSuccessPlan, requestID: { $0.requestID },
            admits: { call throws(Problem) in try Store<Engagement>(database).mayRead(call.caller) },
            { request, call, context, tx in try document(request, call, context, tx) })
    }

    private func document(
        _ request: ExportSuccessPlanRequest, _ call: Call, _ context: WriteContext, _ tx: Transaction
    ) throws -> Export {
        let language = try ExportLimit.language(request.language, call)
        var reader = call.caller
        reader.locale = language
        let plan = try plan(request.id, asCustomer: request.asCustomer, .document, reader, tx)
        guard let format = PlanDocument.Format(rawValue: request.format) else {
            throw Problem.invalid(
                field: ExportSuccessPlanRequest.Field.format,
                Text(en: "Format must be html or xlsx.", ko: "형식은 'html' 또는 'xlsx'여야 합니다."))
        }
        let document = PlanDocument(plan, Language(tag: language))
        var chunks = try ExportChunks(database, for: call.caller, now: context.now, in: tx)
        try document.write(format) { try chunks.append($0) }
        return try chunks.finish(
            rows: document.rows.count, fileName: document.fileName(format), contentType: format.contentType)
    }

    /// The plan as `caller` sees it, or as the customer does, with so much of each list.
    func plan(
        _ id: String, asCustomer: Bool, _ most: Most, _ caller: Caller, _ tx: Transaction
    ) throws -> SuccessPlan {
        let engagement = try Store<Engagement>(database).get(id, as: caller, in: tx)
        let reader = PlanReader(database, caller, of: engagement, asCustomer: asCustomer)
        let objectives = try reader.list(
            SuccessObjective.self, where: "engagement = \(engagement.id)", order: .openFirst(.plannedStop),
            limit: most.objectives)
        let touchpoints = try reader.list(
            Touchpoint.self, where: "engagement = \(engagement.id)",
            order: .openFirst(.meetingDate, .dueDate, newest: true), limit: most.touchpoints)
        tx.planEach()
        let answers = try tx.queryAll([
            PageAccounts.selection(database, [engagement.account].compactMap { $0 }, reader.shown),
            objectives.selection, objectives.counting, touchpoints.selection, touchpoints.counting,
        ])
        var plan = SuccessPlan()
        plan.engagement = reader.visible(engagement)
        plan.accountName = try PageAccounts.read(answers[0]).values.first?.name ?? ""
        plan.today = database.clock.today.description
        plan.asCustomer = reader.shown.kind == .customer
        plan.objectiveCount = try objectives.section(answers[1], answers[2]).totalSize
        plan.touchpoints = try touchpoints.section(answers[3], answers[4])
        let found = try objectives.records(answers[1])
        plan.objectives = try planned(found, most, reader, tx)
        return try named(plan, reader, tx)
    }

    private func planned(
        _ objectives: [SuccessObjective], _ most: Most, _ reader: PlanReader, _ tx: Transaction
    ) throws -> [PlanObjective] {
        let outcomes = try reader.lists(
            SuccessOutcome.self, of: objectives.map(\.id), by: .successObjective, order: .openFirst(.plannedStop),
            limit: most.each)
        let milestones = try reader.lists(
            SuccessMilestone.self, of: objectives.map(\.id), by: .successObjective, order: .openFirst(.targetDate),
            limit: most.each)
        let answers = try tx.queryAll([
            outcomes.selection, outcomes.counting, milestones.selection, milestones.counting,
        ])
        let dated = try milestones.sections(answers[2], answers[3])
        let counted = try outcomes.sections(answers[0], answers[1])
        let records = try outcomes.records(answers[0])
        let below = try work(below: objectives.flatMap { records[$0.id] ?? [] }, most, reader, tx)
        return objectives.map { objective in
            var planned = PlanObjective()
            planned.objective = reader.visible(objective)
            planned.outcomes = (records[objective.id] ?? []).compactMap { below[$0.id] }
            planned.outcomeCount = counted[objective.id]?.totalSize ?? 0
            planned.milestones = dated[objective.id] ?? PageSection()
            return planned
        }
    }

    /// The outcomes with their history, their initiatives and the tasks of these.
    private func work(
        below outcomes: [SuccessOutcome], _ most: Most, _ reader: PlanReader, _ tx: Transaction
    ) throws -> [String: PlanOutcome] {
        let history = OutcomeHistory(
            database, reader.shown, limit: most.values, isOpen: reader.mayRead(Measurement.self))
        let progress = try history.progress(of: outcomes, in: tx)
        let initiatives = try reader.lists(
            SuccessInitiative.self, of: outcomes.map(\.id), by: .successOutcome, order: .openFirst(.dueDate),
            limit: most.each)
        let answers = try tx.queryAll([initiatives.selection, initiatives.counting])
        let sections = try initiatives.sections(answers[0], answers[1])
        // Of all initiatives the tasks are counted, of the first they are shown.
        let parents = outcomes.flatMap { sections[$0.id]?.items ?? [] }.map(\.id)
        func tasks(of parents: [String]) throws -> PageLists<SuccessTask> {
            try reader.lists(SuccessTask.self, of: parents, by: .parent, order: .openFirst(.dueDate), limit: most.each)
        }
        let tasks = try tasks(of: Array(parents.prefix(most.withTasks)))
        let taskAnswers = try tx.queryAll([
            tasks.selection, try reader.counting(SuccessTask.self, of: parents, by: .parent),
        ])
        let tasksOf = try tasks.sections(taskAnswers[0], taskAnswers[1])
        return Dictionary(
            uniqueKeysWithValues: outcomes.map { outcome in
                var planned = PlanOutcome()
                planned.outcome = reader.visible(outcome)
                planned.progress = progress[outcome.id]
                planned.initiatives = (sections[outcome.id]?.items ?? []).map { item in
                    var initiative = PlanInitiative()
                    initiative.initiative = item
                    initiative.tasks = tasksOf[item.id] ?? PageSection()
                    return initiative
                }
                planned.initiativeCount = sections[outcome.id]?.totalSize ?? 0
                return (outcome.id, planned)
            })
    }

    /// The plan with the names of those who work on it.
    private func named(_ plan: SuccessPlan, _ reader: PlanReader, _ tx: Transaction) throws -> SuccessPlan {
        var (plan, names) = (plan, PageNames(database, reader.shown))
        let outcomes = plan.objectives.flatMap(\.outcomes)
        let initiatives = outcomes.flatMap(\.initiatives)
        let lists = [plan.touchpoints] + plan.objectives.map(\.milestones) + initiatives.map(\.tasks)
        try names.read(lists.flatMap { $0?.items ?? [] } + initiatives.compactMap(\.initiative), in: tx)
        reader.goOn(in: tx)
        func fill(_ section: inout PageSection?) {
            guard var named = section else { return }
            names.fill(&named)
            section = named
        }
        fill(&plan.touchpoints)
        for one in plan.objectives.indices {
            fill(&plan.objectives[one].milestones)
            for two in plan.objectives[one].outcomes.indices {
                for three in plan.objectives[one].outcomes[two].initiatives.indices {
                    fill(&plan.objectives[one].outcomes[two].initiatives[three].tasks)
                    guard var item = plan.objectives[one].outcomes[two].initiatives[three].initiative else { continue }
                    names.fill(&item)
                    plan.objectives[one].outcomes[two].initiatives[three].initiative = item
                }
            }
        }
        return plan
    }
}
