import CustomerSuccessWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// Success cases, initiatives, touchpoints and milestones in the portal (G-18), of stand-in answers.
@Suite struct PortalWorkPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ab"
    private static let task = "018f0000-0000-7000-8000-0000000000ac"

    private static func work(_ title: String, _ table: String) -> PortalWork {
        var work = PortalWork()
        (work.table, work.id, work.number, work.title) = (table, id, "SCASE0000001", title)
        (work.state, work.stateLabel, work.dueDate) = ("in_progress", "In progress", "2026-06-30")
        (work.outcomeTitle, work.assignedToName) = ("Fewer <systems>", "Ann Agent")
        var (own, other) = (PortalWorkTask(), PortalWorkTask())
        (own.id, own.subject, own.own) = (task, "Send the design", true)
        var rights = PortalRights()
        (rights.states, rights.stateLabels, rights.mayComment) = (["in_progress"], ["Begin it"], true)
        own.rights = rights
        (other.id, other.subject) = ("t", "Hold the review")
        work.tasks = [own, other]
        var comment = PortalComment()
        (comment.by, comment.text) = ("Ann Agent", "See you <soon>")
        work.comments = [comment]
        work.rights = rights
        return work
    }

    /// A touchpoint and a milestone.
    private static var others: [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.getPortalTouchpoint) { _, _ in
                var work = Self.work("Talk", "touchpoint")
                (work.meetingDate, work.channelLabel, work.engagement, work.engagementTitle) = (
                    "2026-07-01", "Phone", Self.id, "Rollout"
                )
                var file = Attachment()
                (file.id, file.fileName, file.complete) = ("f", "agenda.pdf", true)
                work.attachments = [file]
                work.rights?.mayAttach = true
                return work
            },
            Endpoint(CustomerSuccessAPI.getPortalMilestone) { _, _ in
                var work = Self.work("First report", "success_milestone")
                (work.objectiveTitle, work.reachedOn, work.tasks) = ("Faster", "2026-06-29", [])
                return work
            },
        ]
    }

    private static func firstPage(_ said: Said) -> Endpoint {
        Endpoint(CustomerSuccessAPI.getPortalSuccess) { _, _ in
            said.add("first page")
            func section(_ table: String, _ title: String) -> PageSection {
                var item = PageItem()
                (item.table, item.id, item.title, item.state) = (table, Self.id, title, "new")
                var section = PageSection()
                section.items = [item]
                return section
            }
            var page = PortalSuccess()
            page.successCases = section("success_case", "Review <it>")
            page.initiatives = section("success_initiative", "Retire systems")
            page.milestones = section("success_milestone", "First report")
            page.touchpoints = section("touchpoint", "Talk")
            page.engagements = section("engagement", "Rollout")
            return page
        }
    }

    private func browser(_ said: Said) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        try await bench.answer("onboarding", [Endpoint(OnboardingAPI.getPortal) { _, _ in Portal() }])
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.getPortalCase) { _, request async throws(Problem) in
                    guard request.id == Self.id else { throw .notFound(SuccessCase.schema.label, id: request.id) }
                    return Self.work("Review <it>", "success_case")
                },
                Endpoint(CustomerSuccessAPI.getPortalInitiative) { _, _ in
                    Self.work("Retire systems", "success_initiative")
                },
                Endpoint(CustomerSuccessAPI.addSuccessCaseComment) { _, request async throws(Problem) in
                    guard request.text != "no" else { throw .permissionDenied() }
                    said.add("case \(request.id) \(request.text)")
                    return ActivityEntry()
                },
                Endpoint(CustomerSuccessAPI.addSuccessInitiativeComment) { _, request in
                    said.add("initiative \(request.id) \(request.text)")
                    return ActivityEntry()
                },
                Endpoint(CustomerSuccessAPI.updateSuccessTask) { _, request in
                    let task = request.successTask ?? SuccessTask()
                    said.add("task \(task.id) \(task.state ?? "") \(request.updateMask?.paths ?? [])")
                    return task
                },
                Endpoint(CustomerSuccessAPI.addTouchpointComment) { _, request in
                    said.add("touchpoint \(request.id) \(request.text)")
                    return ActivityEntry()
                },
            ] + Self.others + [Self.firstPage(said)])
        return Browser(bench, session: "good")
    }

    @Test(arguments: [
        ("success-cases", "case", "Review &lt;it&gt;"), ("initiatives", "initiative", "Retire systems"),
        ("touchpoints", "touchpoint", "Talk"),
    ])
    func workIsFollowed(folder: String, kind: String, title: String) async throws {
        let said = Said()
        let browser = try await browser(said)
        let address = "/portal/\(folder)/\(Self.id)"
        let page = try await browser.get(address)
        for text in [
            title, "Fewer &lt;systems&gt;", "30 Jun 2026", "Send the design", "Hold the review", "Begin it",
            "See you &lt;soon&gt;", "\(address)/say", "\(address)/tasks/\(Self.task)/move",
        ] { #expect(page.text.contains(text), "\(text)") }
        #expect(!page.text.contains("\(address)/tasks/t/move"), "what is not one's own is not moved")
        let done = try await browser.post("\(address)/say", [("csrf", page.csrf), ("text", "Here it is")])
        #expect(done.location.hasPrefix("\(address)?done=commented"))
        let moved = try await browser.post(
            "\(address)/tasks/\(Self.task)/move", [("csrf", page.csrf), ("to", "in_progress")])
        #expect(moved.location.hasPrefix("\(address)?done=moved"))
        #expect(said.texts == ["\(kind) \(Self.id) Here it is", #"task \#(Self.task) in_progress ["state"]"#])
    }

    @Test func aTouchpointSaysWhenAndHasItsFiles() async throws {
        let page = try await browser(Said()).get("/portal/touchpoints/\(Self.id)")
        for text in [
            "1 Jul 2026", "Phone", "agenda.pdf", "/portal/touchpoints/\(Self.id)/files", "Rollout",
            "href=\"/portal/engagements/\(Self.id)\"", "data-live=\"/live?topic=touchpoint.\(Self.id)\"",
        ] { #expect(page.text.contains(text), "\(text)") }
    }

    /// Of a milestone there is something to read, and nothing to do.
    @Test func aMilestoneIsRead() async throws {
        let browser = try await browser(Said())
        let address = "/portal/milestones/\(Self.id)"
        let page = try await browser.get(address)
        for text in ["First report", "Faster", "29 Jun 2026", "30 Jun 2026"] {
            #expect(page.text.contains(text), "\(text)")
        }
        for text in ["\(address)/say", "type=\"file\""] { #expect(!page.text.contains(text), "\(text)") }
        let proof = Secrets.proof(of: StandIn.token("good"))
        #expect(try await browser.post("\(address)/say", [("csrf", proof), ("text", "No")]).status == 404)
    }

    @Test func whatIsRefusedStandsOnThePage() async throws {
        let browser = try await browser(Said())
        let address = "/portal/success-cases/\(Self.id)"
        let page = try await browser.get(address)
        let refused = try await browser.post("\(address)/say", [("csrf", page.csrf), ("text", "no")])
        #expect(refused.status == 403 && refused.text.contains(">no<"))
        #expect(try await browser.get("/portal/success-cases/other").status == 404)
    }

    /// What is under way stands on the first page.
    @Test func theFirstPageLeadsToIt() async throws {
        let said = Said()
        let page = try await browser(said).get("/portal")
        for text in [
            "/portal/success-cases/\(Self.id)", "/portal/initiatives/\(Self.id)", "/portal/touchpoints/\(Self.id)",
            "/portal/milestones/\(Self.id)", "/portal/engagements/\(Self.id)", "Review &lt;it&gt;",
        ] { #expect(page.text.contains(text), "\(text)") }
        #expect(said.texts == ["first page"])
    }
}
