import CustomerSuccessWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// The page of a success plan (G-119), of stand-in answers: for the provider, for customers, and as documents.
@Suite struct SuccessPlanPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ad"

    private static var plan: SuccessPlan {
        var (plan, engagement) = (SuccessPlan(), Engagement())
        (engagement.id, engagement.number, engagement.title) = (id, "ENGMT0000001", "Journey <one>")
        plan.engagement = engagement
        plan.accountName = "Northwind"
        var (objective, outcome, progress) = (SuccessObjective(), SuccessOutcome(), OutcomeProgress())
        (objective.id, objective.title, objective.state) = ("o", "Lower cost", "in_progress")
        (outcome.id, outcome.title, outcome.targetValue, outcome.unit) = ("p", "Tickets a week", "80", "tickets")
        (progress.percent, progress.trend) = (60, "improving")
        var point = MeasuredPoint()
        (point.value, point.measuredAt) = ("84", Bench.now)
        progress.history = [point]
        var (measured, planned, initiative) = (PlanOutcome(), PlanObjective(), PlanInitiative())
        (measured.outcome, measured.progress) = (outcome, progress)
        var (item, task, tasks) = (PageItem(), PageItem(), PageSection())
        (item.table, item.title, item.state) = ("success_initiative", "Retire systems", "in_progress")
        (task.table, task.title) = ("success_task", "Send the design")
        tasks.items = [task]
        (initiative.initiative, initiative.tasks) = (item, tasks)
        measured.initiatives = [initiative]
        (planned.objective, planned.outcomes) = (objective, [measured])
        plan.objectives = [planned]
        return plan
    }

    private func browser(_ person: SignedIn, _ said: Said) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(person))
        try await bench.answer("onboarding", [Endpoint(OnboardingAPI.getPortal) { _, _ in Portal() }])
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.getSuccessPlan) { _, request async throws(Problem) in
                    guard request.id == Self.id else { throw .notFound(Engagement.schema.label, id: request.id) }
                    said.add("plan \(request.asCustomer)")
                    return Self.plan
                },
                Endpoint(CustomerSuccessAPI.exportSuccessPlan) { _, request async throws(Problem) in
                    said.add("\(request.format) \(request.asCustomer) \(request.language)")
                    guard request.format == "html" else {
                        throw .invalid(field: "format", Text(en: "No.", ko: "안 됩니다."))
                    }
                    var (export, first) = (Export(), ExportChunk())
                    (first.content, first.last) = (Array("<p>plan</p>".utf8), true)
                    (export.fileName, export.contentType, export.sizeBytes) = ("plan.html", "text/html", 11)
                    export.first = first
                    return export
                },
                Endpoint(CustomerSuccessAPI.getPortalSuccess) { _, _ in
                    var (page, section, item) = (PortalSuccess(), PageSection(), PageItem())
                    let engagement = Self.plan.engagement ?? Engagement()
                    (item.table, item.id, item.title) = (
                        Engagement.schema.table, engagement.id, engagement.title ?? ""
                    )
                    section.items = [item]
                    page.engagements = section
                    return page
                },
            ])
        return Browser(bench, session: "good")
    }

    @Test(arguments: [false, true])
    func thePlanStandsThere(isCustomer: Bool) async throws {
        let said = Said()
        let browser = try await browser(isCustomer ? .ann(accounts: ["a"]) : .ann(), said)
        let address = "\(isCustomer ? "/portal" : "")/engagements/\(Self.id)/plan"
        let page = try await browser.get(address)
        for text in [
            "Journey &lt;one&gt;", "Northwind", "Lower cost", "Tickets a week", "80 tickets", "60 %", "Improving",
            "Retire systems", "Send the design", "\(address)/html", "\(address)/xlsx",
        ] { #expect(page.text.contains(text), "\(text)") }
        #expect(page.text.contains("as_customer=true") == !isCustomer)
        _ = try await browser.get("\(address)?as_customer=true")
        #expect(said.texts == ["plan false", "plan true"])
        #expect(try await browser.get("\(address.replacing(Self.id, with: "other"))").status == 404)
    }

    @Test func documentsAreSaved() async throws {
        let said = Said()
        let browser = try await browser(.ann(), said)
        let file = try await browser.get("/engagements/\(Self.id)/plan/html?as_customer=true")
        #expect(file.status == 200 && file.text == "<p>plan</p>")
        #expect(file.headers[.contentDisposition]?.hasPrefix("attachment") == true)
        #expect(try await browser.get("/engagements/\(Self.id)/plan/pdf").status >= 400)
        #expect(said.texts == ["html true en", "pdf false en"])
    }

    @Test func thePortalLeadsThere() async throws {
        let page = try await browser(.ann(accounts: ["a"]), Said()).get("/portal")
        #expect(
            page.text.contains("href=\"/portal/engagements/\(Self.id)\"") && page.text.contains("Journey &lt;one&gt;"))
    }
}
