import CustomerSuccessWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// The page of one engagement: how it stands at a glance and why, what comes next, and what belongs to it. Its fields are changed on the
/// page of the record.
enum EngagementPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/engagements/:id") { visit async throws(Problem) in
            if visit.person?.isCustomer == true {
                return .moved(to: PortalEngagementPage.href(visit.part("id")))
            }
            return .page(try await page(visit))
        }
        addFiles(to: pages)
        pages.get("/objectives/:id") { visit async throws(Problem) in .page(try await ObjectivePage.page(visit)) }
        pages.get("/success") { visit async throws(Problem) in .page(try await SuccessLanding.page(visit)) }
    }

    /// The address of the page.
    static func href(_ engagement: String) -> String { "/engagements/\(Fields.encoded(engagement))" }

    // MARK: Files

    private static func record(_ visit: Visit) async throws(Problem) -> Engagement {
        var request = GetRequest()
        request.id = visit.part("id")
        return try await visit.ask(CustomerSuccessAPI.getEngagement, request)
    }

    private static func addFiles(to pages: Pages) {
        pages.receive("/engagements/:id/files") { visit async throws(Problem) in
            (
                RecordFiles.engagements.target(try await record(visit).id, visit),
                .moved(to: "\(href(visit.part("id")))?done=\(Toast.attached.rawValue)#files")
            )
        }
        for place in ["", "/portal"] {
            pages.get("\(place)/engagements/:id/files/:file") { visit async throws(Problem) in
                let id = try await record(visit).id
                return .response(try await RecordFiles.engagements.response(id, visit.part("file"), visit))
            }
        }
        pages.post("/engagements/:id/files/:file/show") { visit async throws(Problem) in
            try await RecordFiles.engagements.show(visit, at: href(visit.part("id"))) { () async throws(Problem) in
                try await record(visit).id
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/engagements/:id/files/:file/remove") { visit async throws(Problem) in
            try await write(visit) { (id) async throws(Problem) in
                try await RecordFiles.engagements.remove(id, visit.part("file"), visit)
                return .removed
            }
        }
    }

    private static func write(
        _ visit: Visit, _ write: (_ id: String) async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        try await Work.lead { () async throws(Problem) in
            let done = try await write(try await record(visit).id)
            return "\(href(visit.part("id")))?done=\(done.rawValue)#files"
        } refused: { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    // MARK: The page

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let view = try await EngagementView.read(visit, isPortal: false)
        let (answer, engagement, parts) = (view.answer, view.engagement, view.parts)
        async let launched = plays(of: engagement, visit)
        let href = href(engagement.number ?? engagement.id)
        var values = view.values(href)
        values.merge(parts.engagement(engagement, answer.accountName, answer.currency)) { _, own in own }
        values["cause"] = view.cause.map { view.move($0) as any Sendable } ?? ""
        values["state"] = engagement.state ?? ""
        values["stateLabel"] = Engagement.schema.label(
            Engagement.Field.state, of: engagement.state ?? "", visit.reader.language)
        values["record"] = "\(RecordPages.place)\(Engagement.schema.table)/\(Fields.encoded(engagement.number ?? ""))"
        // When it renews, and what it is worth, its contracts say (G-08, BR-59).
        values["contract"] = RecordRelated(visit: visit, schema: Engagement.schema).new(
            EngagementContract.schema, EngagementContract.Field.engagement.rawValue, engagement.id)
        values["facts"] = facts(view)
        values["drop"] = view.mayAttach ? ["action": "\(href)/files", "shows": true] as Values : ""
        values["problem"] = PlayPages.said(refused, visit)
        values["usage"] = answer.usage.map { use(of: $0) }
        values["people"] = people(answer, visit)
        values["work"] = ["lists": work(answer, engagement.id, parts), "others": [Values]()] as Values
        values["beside"] = ["lists": beside(answer, engagement.id, parts), "others": [Values]()] as Values
        values.merge(await launched) { _, own in own }
        return view.page(
            "engagement", title: "\(engagement.number ?? "") \(engagement.title ?? "")",
            [Navigation.home(visit), RecordView<Engagement>.list(visit)], values)
    }

    /// Plays of the engagement that are shown; the others have their list.
    private static let shownPlays: Int32 = 10

    /// The plays that were launched from it and from what belongs to it, which play-launcher keeps, and where the next begins.
    private static func plays(of engagement: Engagement, _ visit: Visit) async -> Values {
        let isOffered = visit.person.map(PlayOrigin.isOffered) == true && engagement.active != false
        let origin = PlayOrigin(Engagement.schema, id: engagement.id)
        var values: Values = [
            "plays": isOffered ? origin.text : "", "blueprints": isOffered ? origin.blueprints : "",
            "runs": [Values](), "runsAway": false, "allRuns": "", "hasPlays": false,
        ]
        guard let person = visit.person, Access.allows(person.roles, .read, on: FlowRun.schema.table) else {
            return values
        }
        let beside = visit.beside
        let runs = await Part.of { () async throws(Problem) in
            try await PlayPages.runs(of: FlowRun.Field.engagement, engagement.id, atMost: shownPlays, beside)
        }
        values["hasPlays"] = true
        (values["runs"], values["runsAway"]) = (runs.value ?? [], runs.isAway)
        if runs.value?.count == Int(shownPlays) {
            let field = FlowRun.Field.engagement.rawValue
            values["allRuns"] = "\(ListPages.href(FlowRun.schema.table))?\(field)=\(Fields.encoded(engagement.id))"
        }
        return values
    }

    private static func facts(_ view: EngagementView) -> [Values] {
        let answer = view.answer
        var facts: [Values] = []
        if let account = view.engagement.account, !answer.accountName.isEmpty {
            let href = Address.of(CustomerAccount.schema.table, account, id: account)
            facts.append(.fact(view.label(.account), answer.accountName, href: href))
        }
        facts += view.facts
        if let score = view.engagement.healthScore { facts.append(.fact(view.label(.healthScore), "\(score)")) }
        if let contact = answer.keyCustomerContact {
            let href = Address.of(CustomerContact.schema.table, contact.id, id: contact.id)
            facts.append(.fact(view.label(.keyCustomerContact), contact.name, href: href))
            let ways = [contact.title, contact.email, contact.phone].filter { !$0.isEmpty }
            if !ways.isEmpty {
                facts.append(.fact(view.visit.say("How to reach them", "연락 방법"), ways.joined(separator: " · ")))
            }
        }
        return facts
    }

    /// What is done for it, wide.
    private static func work(_ answer: EngagementPage, _ id: String, _ parts: SuccessParts) -> [Values] {
        let of = { (field: String) in [(field, id)] }
        let engagement = SuccessObjective.Field.engagement.rawValue
        let visit = parts.visit
        return [
            // Behind them all stand the objectives of the account (G-95).
            parts.list(
                visit.say("Objectives", "목표"), answer.objectives, of: SuccessObjective.schema,
                all: (SuccessObjective.Field.account.rawValue, answer.engagement?.account ?? ""), new: of(engagement)),
            parts.list(
                visit.say("Milestones", "마일스톤"), answer.milestones, of: SuccessMilestone.schema, all: (engagement, id)),
            parts.list(
                visit.say("Initiatives", "이니셔티브"), answer.initiatives, of: SuccessInitiative.schema,
                all: (engagement, id)),
            parts.list(
                visit.say("Success cases", "성공 케이스"), answer.successCases, of: SuccessCase.schema,
                all: (engagement, id), new: of(engagement)),
        ]
    }

    /// What wants to be looked at, beside it; of each what the person may read.
    private static func beside(_ answer: EngagementPage, _ id: String, _ parts: SuccessParts) -> [Values] {
        let (visit, new) = (parts.visit, [(Touchpoint.Field.engagement.rawValue, id)])
        let sections: [(String, PageSection?, RecordSchema)] = [
            (visit.say("Open risk signals", "진행 중인 위험 신호"), answer.riskSignals, RiskSignal.schema),
            (visit.say("Touchpoints", "접점"), answer.upcomingTouchpoints, Touchpoint.schema),
            (visit.say("Opportunities", "영업 기회"), answer.opportunities, Opportunity.schema),
            (visit.say("Internal plays", "내부 플레이"), answer.internalPlays, InternalPlay.schema),
        ]
        let roles = visit.person?.roles ?? []
        return sections.filter { Access.allows(roles, .read, on: $0.2.table) }.map { title, section, schema in
            parts.list(title, section, of: schema, all: new[0], new: new)
        }
    }

    private static func use(of use: ProductUse) -> Values {
        [
            "product": use.productName, "name": use.name, "value": "\(use.value) \(use.unit)".trimmed,
            "before": use.previousValue, "day": use.measuredAt?.day.description ?? "",
        ]
    }

    private static func people(_ answer: EngagementPage, _ visit: Visit) -> [Values] {
        let customers = answer.customerTeam.map { contact -> Values in
            let detail = [contact.title, contact.email, contact.phone].filter { !$0.isEmpty }
            return ["name": contact.name, "detail": detail.joined(separator: " · ")]
        }
        let squad = answer.squad.filter(\.active).map { member -> Values in
            let detail = [member.responsibilityName, member.email].filter { !$0.isEmpty }
            return ["name": member.name, "detail": detail.joined(separator: " · ")]
        }
        let teams = [(visit.say("Squad", "스쿼드"), squad), (visit.say("Customer team", "고객 팀"), customers)]
        return teams.filter { !$0.1.isEmpty }.map { ["title": $0.0, "members": $0.1] }
    }
}
