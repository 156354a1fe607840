import CustomerSuccessWire
import OnboardingWire
import PlayLauncherWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// The pages of customer success: an engagement, an objective, and the landing page.
@Suite struct EngagementPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ee"

    private static var engagement: Engagement {
        var engagement = Engagement()
        (engagement.id, engagement.number, engagement.title) = (id, "ENGMT0001001", "Rollout of <analytics>")
        (engagement.perceivedHealth, engagement.previousPerceivedHealth) = ("yellow", "green")
        (engagement.healthChangedAt, engagement.renewalDate) = (
            Timestamp(seconds: Bench.now.seconds - 300_000), "2026-06-30"
        )
        (engagement.contractValue, engagement.state, engagement.stage) = ("1234567.50", "in_progress", "adoption")
        (engagement.account, engagement.healthScore) = ("acc-1", 60)
        return engagement
    }

    private static func item(_ table: String, _ number: String, _ title: String) -> PageItem {
        var item = PageItem()
        (item.table, item.id, item.number, item.title, item.state) = (table, number, number, title, "in_progress")
        item.dueDate = "2026-06-10"
        return item
    }

    private static func section(_ items: PageItem..., all: Int32 = 0) -> PageSection {
        var section = PageSection()
        (section.items, section.totalSize, section.allSize) = (items, Int32(items.count), max(all, Int32(items.count)))
        return section
    }

    private static var progress: OutcomeProgress {
        var progress = OutcomeProgress()
        (progress.percent, progress.trend) = (62, "improving")
        progress.history = [("47", Int64(1_777_000_000)), ("31.5", 1_779_000_000)].map { value, seconds in
            var point = MeasuredPoint()
            (point.value, point.unit, point.measuredAt) = (value, "h", Timestamp(seconds: seconds))
            return point
        }
        return progress
    }

    private func browser(
        _ endpoints: [Endpoint], roles: [String] = ["admin"], said: Said = Said()
    ) async throws -> Browser {
        let bench = try Bench(agreeing: said)
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer("customer-success", endpoints)
        return Browser(bench, session: "good")
    }

    /// A page with something of everything.
    private static var whole: EngagementPage {
        var measured = MeasuredOutcome()
        measured.outcome = Self.item("success_outcome", "SOUT0001001", "Time to a report")
        (measured.targetValue, measured.unit, measured.progress) = ("24", "h", Self.progress)
        var answer = EngagementPage()
        (answer.engagement, answer.accountName, answer.currency) = (Self.engagement, "Genixify", "EUR")
        answer.timeline = [Self.item("touchpoint", "TCHPT0001001", "Quarterly review")]
        answer.objectives = Self.section(Self.item("success_objective", "SOBJ0001001", "Faster"), all: 3)
        answer.outcomes = [measured]
        answer.riskSignals = Self.section(Self.item("risk_signal", "RISKSIG0001001", "Usage falls"), all: 4)
        answer.internalPlays = PageSection()
        var initiative = Self.item("success_initiative", "SINIT0001001", "Train the analysts")
        (initiative.outcome, initiative.outcomeNumber) = ("o-1", "SOUT0001001")
        (initiative.outcomeTitle, initiative.progress) = ("Time to a report", "on_track")
        answer.initiatives = Self.section(initiative)
        (answer.moves, answer.files) = (Self.moves, Self.files)
        (answer.accountManagerName, answer.customerSuccessManagerName) = ("Petra <Play>", "Sam Success")
        return answer
    }

    @Test func anEngagementStandsAtAGlance() async throws {
        let (said, unanswered) = (Said(), Said())
        let browser = try await browser(
            [Endpoint(CustomerSuccessAPI.getEngagementPage) { _, _ in Self.whole }], said: unanswered)
        let bench = browser.bench
        try await bench.answer(
            "play-launcher",
            [
                Endpoint(PlayLauncherAPI.listFlowRuns) { _, request in
                    said.add(request.filter)
                    var run = FlowRun()
                    (run.id, run.title, run.titleKo, run.state) = ("run-1", "Get to <Green>", "건강도 회복", "waiting")
                    run.sourceTable = "risk_signal"
                    var list = ListFlowRunsResponse()
                    list.flowRuns = [run]
                    return list
                }
            ])
        let seen = try await browser.get("/engagements/ENGMT0001001")
        #expect(seen.status == 200)
        for text in [
            "Rollout of &lt;analytics&gt;", "data-value=\"yellow\">Yellow", "was Green, changed 4 days ago",
            "1,234,567.50 EUR",
            "30 Jun 2026", "href=\"/objectives/SOBJ0001001\"",
            "href=\"/lists/success_objective?account=acc-1\"", "<dt>Health score</dt><dd>60",
            "<dt>Account manager</dt><dd>Petra &lt;Play&gt;", "<dt>Customer success manager</dt><dd>Sam Success",
            "<a class=\"small\" href=\"/records/success_outcome/SOUT0001001\">Time to a report</a>", "On track",
            "href=\"/records/touchpoint/TCHPT0001001\"", "value=\"62\"", "points=\"0.0,2.0 96.0,20.9\"", "Improving",
            "<line x1=\"0\" x2=\"96\" y1=\"30.0\" y2=\"30.0\"/>", "from 47 to 31.5, target 24",
            "Usage falls", "href=\"/records/risk_signal/new?engagement=\(Self.id)\"",
            "href=\"/lists/risk_signal?engagement=\(Self.id)\"",
            "href=\"/records/engagement/ENGMT0001001\" data-edit", "value=\"engagement:\(Self.id)\"",
            "href=\"/engagements/ENGMT0001001/plan\"", "data-live=\"/live?topic=engagement.\(Self.id)\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        // Beside the answer of the page nothing is asked for but the plays.
        #expect(said.texts == ["engagement = \"\(Self.id)\" AND NOT state = \"started\""])
        #expect(!unanswered.texts.contains { $0.contains("customer-success") }, "\(unanswered.texts)")
        for text in [
            // Why the health is what it is, and what else has moved.
            "<a class=\"small clip\" href=\"#moved\">Risk signal raised: Usage falls</a>", "Health changed",
            "data-value=\"yellow\">Yellow", "Outcome measured", "40 h →", "<b>31.5 h</b>", "Milestone reached",
            // Plays, wherever in the engagement they began, with the launcher beside.
            "href=\"/plays/runs/run-1\"", "Get to &lt;Green&gt;", "Risk signal and issue", "data-value=\"waiting\"",
            "href=\"/plays/blueprints?source=engagement%3A\(Self.id)\"",
            // Files of the engagement and of its touchpoints.
            "href=\"/engagements/ENGMT0001001/files/f-1\"", "action=\"/engagements/ENGMT0001001/files/f-1/remove\"",
            "href=\"/records/touchpoint/TCHPT0001002/files/f-2\"", "action=\"/engagements/ENGMT0001001/files\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(!seen.text.contains("files/f-2/remove"), "what is a touchpoint's is removed there")
        #expect(try await browser.get("/engagements/ENGMT0001001?language=ko").text.contains("이전: 녹색, 4일 전 변경"))
    }

    /// What moved on the way to yellow: a milestone, a risk, and then the health; a value since.
    private static var moves: [EngagementMove] {
        func move(_ kind: String, _ day: String, _ item: PageItem, _ before: String = "", _ after: String = "")
            -> EngagementMove
        {
            var move = EngagementMove()
            (move.kind, move.day, move.item, move.byName) = (kind, day, item, "Sam")
            (move.before, move.after, move.unit) = (before, after, kind == "measured" ? "h" : "")
            return move
        }
        return [
            move("measured", "2026-05-27", item("success_outcome", "SOUT0001001", "Time to a report"), "40", "31.5"),
            move("health", "2026-05-26", item("engagement", "ENGMT0001001", "Rollout"), "green", "yellow"),
            move("raised", "2026-05-25", item("risk_signal", "RISKSIG0001001", "Usage falls")),
            move("reached", "2026-05-20", item("success_milestone", "SMLST0001001", "First report")),
        ]
    }

    private static var files: [EngagementFile] {
        [nil, item("touchpoint", "TCHPT0001002", "Check-in")].enumerated().map { place, talk in
            var file = EngagementFile()
            var attachment = Attachment()
            (attachment.id, attachment.fileName, attachment.complete) = ("f-\(place + 1)", "report.pdf", true)
            (file.attachment, file.touchpoint) = (attachment, talk)
            return file
        }
    }

    /// What says when an engagement renews is linked where that is asked for.
    @Test func anEngagementWithoutContractsAsksForOne() async throws {
        let browser = try await browser([
            Endpoint(CustomerSuccessAPI.getEngagementPage) { _, _ in
                var answer = EngagementPage()
                answer.engagement = Self.engagement
                answer.engagement?.renewalDate = nil
                return answer
            }
        ])
        let link = "href=\"/records/engagement_contract/new?engagement=\(Self.id)\""
        #expect(try await browser.get("/engagements/ENGMT0001001").text.contains(link))
    }

    /// What moved before the health did is said where it stands; not what is long past, nor where nothing moved.
    @Test func whatMovedLastBeforeTheHealthIsItsCause() async throws {
        func cause(_ moves: [EngagementMove]) async throws -> Bool {
            let browser = try await browser([
                Endpoint(CustomerSuccessAPI.getEngagementPage) { _, _ in
                    var answer = EngagementPage()
                    (answer.engagement, answer.moves) = (Self.engagement, moves)
                    return answer
                }
            ])
            return try await browser.get("/engagements/ENGMT0001001").text.contains("href=\"#moved\">Risk")
        }
        var (long, twice) = (Self.moves, Self.moves)
        long[2].day = "2026-04-20"
        twice[2].kind = "health"
        #expect(try await cause(Self.moves))
        #expect(!(try await cause(long)))
        #expect(!(try await cause(twice)))
        #expect(!(try await cause(Array(Self.moves.prefix(2)))))
    }

    /// Whoever may neither see risks nor change anything is offered neither.
    @Test func whatIsNotTheirsIsNotThere() async throws {
        let said = Said()
        let browser = try await browser(
            [
                Endpoint(CustomerSuccessAPI.getEngagementPage) { _, _ in
                    var answer = EngagementPage()
                    answer.engagement = Self.engagement
                    return answer
                }
            ], roles: ["sn_acct_lc.touchpoint_read"], said: said)
        let seen = try await browser.get("/engagements/ENGMT0001001")
        for text in ["risk_signal?engagement", "internal_play", "/new?", "action=\"/plays\"", "#plays", "data-drop"] {
            #expect(!seen.text.contains(text), "\(text)")
        }
        #expect(!said.texts.contains { $0.contains("flow_runs") })
    }

    @Test func anObjectiveIsItsOutcomes() async throws {
        let browser = try await browser([
            Endpoint(CustomerSuccessAPI.getObjectivePage) { _, _ in
                var outcome = ObjectiveOutcome()
                (outcome.outcome, outcome.progress) = (
                    Self.item("success_outcome", "SOUT0001001", "Time"), Self.progress
                )
                (outcome.targetValue, outcome.currentValue, outcome.baseValue) = ("24", "31.5", "48")
                outcome.unit = "h"
                outcome.initiatives = Self.section(Self.item("success_initiative", "SINIT0001001", "Train them"))
                var objective = SuccessObjective()
                (objective.id, objective.number, objective.title) = (Self.id, "SOBJ0001001", "Reports in a day")
                (objective.state, objective.plannedStop) = ("in_progress", "2026-09-30")
                var answer = CustomerSuccessWire.ObjectivePage()
                (answer.objective, answer.engagementNumber, answer.outcomes) = (objective, "ENGMT0001001", [outcome])
                answer.milestones = Self.section(Self.item("success_milestone", "SMLST0001001", "First report"))
                answer.successCases = Self.section(Self.item("success_case", "SCASE0001001", "Review it"), all: 2)
                answer.timeline = [Self.item("success_initiative", "SINIT0001001", "Train <them>")]
                return answer
            }
        ])
        let seen = try await browser.get("/objectives/SOBJ0001001")
        #expect(seen.status == 200)
        for text in [
            "Reports in a day", "href=\"/records/success_outcome/SOUT0001001\"", "31.5 h",
            "points=\"0.0,2.0 96.0,20.9\"", "24 h", "48 h", "Train &lt;them&gt;",
            "href=\"/engagements/ENGMT0001001/plan#o-\(Self.id)\"", "href=\"/records/success_case/SCASE0001001\"",
            "data-live=\"/live?topic=success_objective.\(Self.id)\"",
            "href=\"/records/success_initiative/SINIT0001001\"", "href=\"/records/success_milestone/SMLST0001001\"",
            "href=\"/engagements/ENGMT0001001\"", "href=\"/records/success_outcome/new?success_objective=\(Self.id)\"",
            "href=\"/records/success_initiative/new?success_outcome=SOUT0001001\"", "30 Sep 2026",
        ] { #expect(seen.text.contains(text), "\(text)") }
    }

    @Test func theLandingPageIsOneAnswerAndTheChosenCardAnother() async throws {
        let said = Said()
        let browser = try await browser([
            Endpoint(CustomerSuccessAPI.getLandingPage) { _, request in
                var card = Scorecard()
                (card.card, card.label, card.count) = ("renewals_due", "Renewals due", 12)
                card.contractValues = [("EUR", "1000000"), ("USD", "20.5")].map {
                    var money = Money()
                    (money.currency, money.amount) = $0
                    return money
                }
                var landing = LandingEngagement()
                (landing.engagement, landing.accountName) = (Self.engagement, "Genixify")
                landing.riskSignals = Self.section(Self.item("risk_signal", "RISKSIG0001001", "Usage falls"))
                said.add("portfolio \(request.portfolio) \(request.engagement)")
                var held = PortfolioEngagement()
                (held.engagement, held.accountName, held.daysUntilRenewal) = (Self.engagement, "Genixify", 20)
                held.health = [
                    "", "", "green", "green", "yellow", "yellow", "yellow", "yellow", "red", "red", "red", "yellow",
                ]
                var page = LandingPage()
                (page.cards, page.activeEngagements, page.activeEngagementCount) = ([card], [landing], 30)
                page.portfolio = [held]
                return page
            },
            Endpoint(CustomerSuccessAPI.listCardEngagements) { _, request in
                said.add(request.card)
                var behind = CardEngagement()
                (behind.engagement, behind.accountName, behind.currency) = (Self.engagement, "Genixify", "EUR")
                var list = ListCardEngagementsResponse()
                (list.engagements, list.nextPageToken) = ([behind], "next page")
                return list
            },
        ])
        let seen = try await browser.get("/success")
        for text in [
            "Renewals due", "1,000,000 EUR · 20.5 USD", "Usage falls", "href=\"/records/engagement/new\"",
            "Renewal within 30 days", "Green 2 weeks, Yellow 4 weeks, Red 3 weeks, Yellow 1 weeks",
            "<rect data-value=\"red\" x=\"64\" y=\"0\" width=\"6\" height=\"24\"/>",
            "href=\"/success?engagement=ENGMT0001001#goes-on\" aria-current=\"true\"",
            "href=\"/lists/success_objective?active=true\"", "href=\"/lists/engagement?active=true\"",
            "href=\"/plays/notifiers\"",
        ] {
            #expect(seen.text.contains(text), "\(text)")
        }
        #expect(said.texts == ["portfolio 25 "])
        #expect(try await browser.get("/success?engagement=ENGMT0001001").status == 200)
        #expect(said.texts.last == "portfolio 25 ENGMT0001001")
        let chosen = try await browser.get("/success?card=renewals_due")
        for text in ["aria-current=\"true\"", "1,234,567.50 EUR", "/success?card=renewals_due&amp;page=next%20page"] {
            #expect(chosen.text.contains(text), "\(text)")
        }
        #expect(Set(said.texts.suffix(2)) == ["renewals_due", "portfolio 25 "])
        #expect(chosen.text.contains("/success?card=renewals_due&amp;engagement=ENGMT0001001#goes-on"))
    }

    /// In the portal an engagement has what its customer may see, and leads to pages of the portal alone.
    @Test func customersHaveTheirEngagement() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.getEngagementPage) { _, _ in
                    var answer = EngagementPage()
                    answer.engagement = Self.engagement
                    answer.upcomingTouchpoints = Self.section(Self.item("touchpoint", "TCHPT0001001", "Review"))
                    answer.milestones = Self.section(Self.item("success_milestone", "SMLST0001001", "First report"))
                    (answer.moves, answer.files) = ([Self.moves[0], Self.moves[3]], Self.files)
                    return answer
                }
            ])
        let browser = Browser(bench, session: "good")
        #expect(try await browser.get("/engagements/\(Self.id)").location == "/portal/engagements/\(Self.id)")
        let seen = try await browser.get("/portal/engagements/\(Self.id)")
        #expect(seen.status == 200)
        for text in [
            "Rollout of &lt;analytics&gt;", "href=\"/portal/touchpoints/TCHPT0001001\"",
            "href=\"/portal/milestones/SMLST0001001\"", "data-live=\"/live?topic=engagement.\(Self.id)\"",
            "href=\"/portal/engagements/\(Self.id)/plan\"", "30 Jun 2026", "What has happened", "<b>31.5 h</b>",
            "href=\"/portal/engagements/\(Self.id)/files/f-1\"", "href=\"/portal/touchpoints/TCHPT0001002/files/f-2\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        for text in ["/records/", "/lists/success", "1234567", "Yellow", "/remove", "data-drop"] {
            #expect(!seen.text.contains(text), "\(text)")
        }
        #expect(try await browser.get("/objectives/SOBJ0001001").status == 404)
    }

    /// Whose work is customer success begins with its landing page.
    @Test func successBeginsWithItsLandingPage() {
        var person = SignedIn.ann()
        person.roles = ["sn_acct_lc.engagement_read"]
        #expect(SuccessLanding.isFor(Person(person)) && Navigation.home(of: Person(person)) == "/success")
        person.roles = ["sn_acct_lc.touchpoint_read"]
        #expect(!SuccessLanding.isFor(Person(person)))
    }
}
