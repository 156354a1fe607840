import CustomerSuccessWire
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The page of one engagement. Customers see it with what is theirs to see (G-18).
struct EngagementPages: Sendable {
    /// Contacts of the customer team that are shown.
    private static let teamSize = 50

    /// What the statements of the team and the squad add to the fields of records.
    private enum TeamColumn: String {
        case team
        case responsibilityName = "responsibility_name"
    }

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.engagement`.
    var endpoint: Endpoint {
        Endpoint(CustomerSuccessAPI.getEngagementPage) { call, request async throws(Problem) in
            var reader = call.caller
            reader.locale = call.language
            return try await database.transaction(as: reader, deadline: call.deadline, readOnly: true) { [reader] tx in
                try page(request, reader, tx)
            }
        }
    }

    private func page(
        _ request: GetEngagementPageRequest, _ caller: Caller, _ tx: Transaction
    ) throws -> EngagementPage {
        let engagement = try Store<Engagement>(database).get(request.id, as: caller, in: tx)
        let limit = try PageSize.of(request.items, "items", standard: 10, maximum: 50)
        let usage = EngagementUsage(database, caller)
        let lists = try Lists(database, caller, engagement, limit)
        let moves = try EngagementMoves(database, caller, of: engagement)
        let files = try EngagementFiles(database, caller, of: engagement)
        tx.planPage(for: caller)
        let answers = try tx.queryAll(
            [
                PageAccounts.selection(database, [engagement.account].compactMap { $0 }, caller),
                contacts("id = \(engagement.keyCustomerContact)", caller),
                team(of: engagement.initialOnboarding, caller),
                squad(engagement.squad, caller),
                usage.statement(of: engagement.id), files.statement,
            ] + moves.statements + lists.statements)
        var page = EngagementPage()
        page.engagement = engagement
        page.daysUntilRenewal = PageDays.until(engagement.renewalDate, from: database.clock.today)
        if let account = try PageAccounts.read(answers[0]).values.first {
            page.accountName = account.name
            page.currency = account.currency
        }
        page.keyCustomerContact = try answers[1].first.map(Self.contact)
        page.customerTeam = try answers[2].map(Self.contact)
        page.customerTeamSize = Int32(clamping: try answers[2].first?.int64(TeamColumn.team) ?? 0)
        page.squad = try answers[3].map(Self.member)
        let moved = Array(answers.dropFirst(6).prefix(moves.statements.count))
        let rest = Array(answers.dropFirst(6 + moves.statements.count))
        try lists.read(rest, into: &page)
        page.outcomes = try lists.measured(rest, OutcomeHistory(database, caller, limit: OutcomeHistory.shown), in: tx)
        page.usage = try usage.read(answers[4])
        page.files = try files.read(answers[5], of: engagement, tx)
        page.moves = try moves.read(moved, of: engagement, page.outcomes)
        try addNames(to: &page, caller, tx)
        return page
    }

    private func contacts(_ condition: SQL, _ caller: Caller) -> SQL {
        let contacts = database.replica(
            CustomerContact.self, .firstName, .lastName, .email, .phone, .title, where: condition, as: caller)
        return """
            SELECT id, first_name, last_name, email, phone, title, count(*) OVER () AS team FROM \(contacts) contact \
            ORDER BY last_name, first_name, id LIMIT \(Self.teamSize)
            """
    }

    /// The contacts of the customer's side of the case's team, each once, whatever they answer for.
    private func team(of onboarding: String?, _ caller: Caller) -> SQL {
        let members: SQL = "onboarding_case = \(onboarding) AND side = \(literal: CaseTeamMember.Side.customer)"
        let team = database.replica(CaseTeamMember.self, .contact, where: members, as: caller)
        return contacts("id IN (SELECT contact FROM \(team) member)", caller)
    }

    private func squad(_ ids: [String], _ caller: Caller) -> SQL {
        let isReadable = caller.kind != .customer && Access.allows(caller.roles, .read, on: SquadMember.schema.table)
        let responsibilities = database.replica(ResponsibilityDefinition.self, .name, .nameKo, as: caller)
        let name: SQL = Language(tag: caller.locale) == .ko ? "coalesce(r.name_ko, r.name)" : "r.name"
        return """
            SELECT m.id, m."user", m.responsibility, \(name) AS responsibility_name, m.active \
            FROM customer_success.squad_member m \
            LEFT JOIN \(responsibilities) r ON r.id = m.responsibility \
            WHERE \(isReadable) AND m.id = ANY(\(ids)::uuid[]) ORDER BY r.name, m.id
            """
    }

    private static func contact(_ row: Row) throws -> PageContact {
        var contact = PageContact()
        contact.id = try row.string(CustomerContact.Field.id)
        contact.firstName = try row.optionalString(CustomerContact.Field.firstName) ?? ""
        contact.lastName = try row.optionalString(CustomerContact.Field.lastName) ?? ""
        contact.name = PersonName.full(first: contact.firstName, last: contact.lastName)
        contact.email = try row.optionalString(CustomerContact.Field.email) ?? ""
        contact.phone = try row.optionalString(CustomerContact.Field.phone) ?? ""
        contact.title = try row.optionalString(CustomerContact.Field.title) ?? ""
        return contact
    }

    private static func member(_ row: Row) throws -> PageSquadMember {
        var member = PageSquadMember()
        member.id = try row.string(SquadMember.Field.id)
        member.user = try row.string(SquadMember.Field.user)
        member.responsibility = try row.string(SquadMember.Field.responsibility)
        member.responsibilityName = try row.optionalString(TeamColumn.responsibilityName) ?? ""
        member.active = try row.optionalBool(SquadMember.Field.active) ?? true
        return member
    }

    private func addNames(to page: inout EngagementPage, _ caller: Caller, _ tx: Transaction) throws {
        let sections: [WritableKeyPath<EngagementPage, PageSection?>] = [
            \.upcomingTouchpoints, \.initiatives, \.successCases, \.objectives, \.milestones, \.opportunities,
            \.riskSignals,
            \.internalPlays,
        ]
        var names = PageNames(database, caller)
        let items = sections.flatMap { page[keyPath: $0]?.items ?? [] } + page.outcomes.compactMap(\.outcome)
        let leads = [page.engagement?.accountManager ?? "", page.engagement?.customerSuccessManager ?? ""]
        try names.read(items, users: leads + page.squad.map(\.user) + page.moves.map(\.by), in: tx)
        page.accountManagerName = names.person(leads[0]).name
        page.customerSuccessManagerName = names.person(leads[1]).name
        for index in page.moves.indices { page.moves[index].byName = names.person(page.moves[index].by).name }
        for section in sections {
            guard var named = page[keyPath: section] else { continue }
            names.fill(&named, daysUntilRenewal: page.daysUntilRenewal)
            page[keyPath: section] = named
        }
        for index in page.outcomes.indices {
            guard var outcome = page.outcomes[index].outcome else { continue }
            names.fill(&outcome)
            page.outcomes[index].outcome = outcome
        }
        for index in page.squad.indices {
            (page.squad[index].name, page.squad[index].email) = names.person(page.squad[index].user)
        }
        page.timeline = Self.timeline(page)
    }

    /// What is dated of what the page shows, by date (G-118).
    private static func timeline(_ page: EngagementPage) -> [PageItem] {
        let sections = [page.milestones, page.upcomingTouchpoints, page.initiatives, page.successCases]
        func day(_ item: PageItem) -> String? { item.meetingDate ?? item.dueDate }
        return sections.flatMap { $0?.items ?? [] }.filter { day($0) != nil }
            .sorted { (day($0) ?? "", $0.id) < (day($1) ?? "", $1.id) }
    }

}

extension EngagementPages {
    /// The lists of the tabs.
    private struct Lists {
        private let touchpoints: PageList<Touchpoint>
        private let initiatives: PageList<SuccessInitiative>
        private let cases: PageList<SuccessCase>
        private let objectives: PageList<SuccessObjective>
        private let milestones: PageList<SuccessMilestone>
        private let outcomes: PageList<SuccessOutcome>
        private let opportunities: PageList<Opportunity>
        private let risks: PageList<RiskSignal>
        private let plays: PageList<InternalPlay>

        init(_ database: Database, _ caller: Caller, _ engagement: Engagement, _ limit: Int) throws {
            let today = database.clock.today.description
            let own: SQL = "engagement = \(engagement.id)"
            // G-95.
            let next = PageOrder<Touchpoint>.by(.meetingDate, .dueDate)
            touchpoints = try PageList(
                database, caller, where: own,
                listed: "\(identifier: Touchpoint.Field.active) AND \(next.value) >= \(today)::date", order: next,
                limit: limit)
            initiatives = try PageList(
                database, caller, where: own, listed: "\(identifier: SuccessInitiative.Field.active)",
                order: .by(.dueDate), limit: limit)
            cases = try PageList(
                database, caller, where: own, listed: "\(identifier: SuccessCase.Field.active)", order: .by(.dueDate),
                limit: limit)
            // View all shows the objectives of the account.
            objectives = try PageList(
                database, caller, where: "account = \(engagement.account)",
                listed: "\(identifier: SuccessObjective.Field.active) AND engagement = \(engagement.id)",
                order: .by(.plannedStop), limit: limit)
            milestones = try PageList(
                database, caller, where: own, listed: "\(identifier: SuccessMilestone.Field.active)",
                order: .by(.targetDate), limit: limit)
            // Of the objectives at work.
            outcomes = try PageList(
                database, caller,
                where: """
                    success_objective = ANY(ARRAY(SELECT o.id FROM customer_success.success_objective o \
                    WHERE o.engagement = \(engagement.id) AND o.active))
                    """,
                listed: "\(identifier: SuccessOutcome.Field.active)", order: .by(.plannedStop), limit: limit)
            opportunities = try PageList(
                database, caller, where: own, listed: "\(identifier: Opportunity.Field.active)",
                order: .by(.expectedDate), limit: limit)
            risks = try PageList(
                database, caller, where: own, listed: "\(identifier: RiskSignal.Field.active)", order: .by(.dueDate),
                limit: limit)
            plays = try PageList(
                database, caller, where: own, listed: "\(identifier: InternalPlay.Field.active)", order: .by(.dueDate),
                limit: limit)
        }

        var statements: [SQL] {
            [
                touchpoints.selection, touchpoints.counting, initiatives.selection, initiatives.counting,
                cases.selection, cases.counting, objectives.selection, objectives.counting,
                milestones.selection, milestones.counting, opportunities.selection, opportunities.counting,
                outcomes.selection, outcomes.counting, risks.selection, risks.counting, plays.selection, plays.counting,
            ]
        }

        func read(_ answers: [Rows], into page: inout EngagementPage) throws {
            page.upcomingTouchpoints = try touchpoints.section(answers[0], answers[1])
            page.initiatives = try initiatives.section(answers[2], answers[3])
            page.successCases = try cases.section(answers[4], answers[5])
            page.objectives = try objectives.section(answers[6], answers[7])
            page.milestones = try milestones.section(answers[8], answers[9])
            page.opportunities = try opportunities.section(answers[10], answers[11])
            page.outcomeCount = try outcomes.section(answers[12], answers[13]).totalSize
            page.riskSignals = try risks.section(answers[14], answers[15])
            page.internalPlays = try plays.section(answers[16], answers[17])
        }

        /// The outcomes with how far they have come (G-129).
        func measured(_ answers: [Rows], _ history: OutcomeHistory, in tx: Transaction) throws -> [MeasuredOutcome] {
            let records = try outcomes.records(answers[12])
            let progress = try history.progress(of: records, in: tx)
            return zip(records, try outcomes.section(answers[12], answers[13]).items).map { outcome, item in
                var measured = MeasuredOutcome()
                measured.outcome = item
                measured.baseValue = outcome.baseValue ?? ""
                measured.targetValue = outcome.targetValue ?? ""
                measured.currentValue = outcome.currentValue ?? ""
                measured.unit = outcome.unit ?? ""
                measured.progress = progress[outcome.id]
                return measured
            }
        }
    }
}
