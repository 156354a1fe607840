import CustomerSuccessWire
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Response templates above the comments of records of customer success (G-113).
@Suite struct ResponseTextTests {
    private static let id = "018f0000-0000-7000-8000-0000000000cc"
    private static let agent = ["sn_acct_lc.ale_success_agent", "sn_acct_lc.touchpoint_write", "sn_acct_lc.agent"]

    private static func described(_ table: String) -> TableDescription {
        var described = TableDescription()
        (described.table, described.operations) = (table, ["read", "write"])
        return described
    }

    private static func templates(_ said: Said) -> [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.listResponseTemplates) { _, request in
                said.add("list \(request.filter) \(request.orderBy)")
                var (template, list) = (ResponseTemplate(), ListResponseTemplatesResponse())
                (template.id, template.name) = ("r-1", "Thanks & when")
                list.responseTemplates = [template]
                return list
            },
            Endpoint(CustomerSuccessAPI.renderResponseTemplate) { _, request in
                said.add("\(request.id) \(request.language) \(request.sourceTable) \(request.sourceRecord)")
                var filled = RenderResponseTemplateResponse()
                (filled.text, filled.unfilled) = ("Dear Ann & <Co>,\nthank you.", ["contact.name"])
                return filled
            },
        ]
    }

    private func browser(
        _ said: Said, roles: [String] = agent, templates: [Endpoint]? = nil
    ) async throws -> Browser {
        var ann = SignedIn.ann()
        ann.roles = roles
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.describeCustomerSuccess) { _, request in
                    var response = DescribeResponse()
                    response.tables = [Self.described(request.table)]
                    return response
                },
                Endpoint(CustomerSuccessAPI.getTouchpoint) { _, _ in
                    var record = Touchpoint()
                    (record.id, record.number, record.subject) = (Self.id, "TCHPT0001001", "Review")
                    return record
                },
                Endpoint(CustomerSuccessAPI.getSuccessCase) { _, _ in
                    var record = SuccessCase()
                    (record.id, record.number, record.shortDescription) = (Self.id, "SCASE0001001", "Review")
                    return record
                },
                Endpoint(CustomerSuccessAPI.addTouchpointComment) { _, request in
                    said.add("said \(request.text)")
                    return ActivityEntry()
                },
            ] + (templates ?? Self.templates(said)))
        return Browser(bench, session: "good")
    }

    @Test(arguments: [
        ("touchpoint", "TCHPT0001001", agent),
        ("success_case", "SCASE0001001", agent + ["sn_acct_lc.success_case_write"]),
    ])
    func aTemplateIsPutBehindWhatWasTyped(table: String, number: String, roles: [String]) async throws {
        let said = Said()
        let browser = try await browser(said, roles: roles)
        let page = "/records/\(table)/\(number)"
        let seen = try await browser.get(page)
        for text in [
            "<optgroup label=\"English\"><option value=\"r-1 en\">Thanks &amp; when", "value=\"r-1 ko\"",
            "formaction=\"\(page)/say#say\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(said.texts == ["list active = true name"])
        let asked = [("csrf", seen.csrf), ("kind", "template"), ("template", "r-1 ko"), ("text", "Hello <you>,")]
        let drawn = try await browser.post("\(page)/say", asked)
        #expect(drawn.status == 200 && said.texts.contains("r-1 ko \(table) \(number)"))
        for text in [
            ">Hello &lt;you&gt;,\n\nDear Ann &amp; &lt;Co&gt;,\nthank you.</textarea>", "value=\"r-1 ko\" selected",
            "Nothing is known for: contact.name.",
        ] { #expect(drawn.text.contains(text), "\(text)") }
        // A script puts it there by itself, behind what is typed meanwhile.
        let part = try await browser.post("\(page)/say", asked, ["X-Fragment": "1"])
        #expect(part.text.contains("<p data-insert-text>Dear Ann &amp; &lt;Co&gt;,\nthank you.</p>"))
        #expect(!part.text.contains("Hello") && !part.text.contains("<html"))
        #expect(!said.texts.contains { $0.hasPrefix("said") })
    }

    @Test func whatWasTypedStaysWhereNothingIsChosen() async throws {
        let said = Said()
        let browser = try await browser(said)
        let page = "/records/touchpoint/TCHPT0001001"
        let csrf = try await browser.get(page).csrf
        let refused = try await browser.post(
            "\(page)/say", [("csrf", csrf), ("kind", "template"), ("template", ""), ("text", "Hello,")])
        #expect(refused.status == 422 && refused.text.contains("Choose a response template."))
        #expect(refused.text.contains(">Hello,</textarea>"))
        let done = try await browser.post(
            "\(page)/say", [("csrf", csrf), ("kind", "comment"), ("template", "r-1 en"), ("text", "Hello,")])
        #expect(done.location == "\(page)?done=commented&saved=say" && said.texts.last == "said Hello,")
    }

    /// Whoever may not read templates, or has nowhere to put one, is offered none.
    @Test(arguments: [
        ["sn_acct_lc.ale_success_viewer", "sn_acct_lc.touchpoint_write"], ["sn_acct_lc.ale_success_agent"],
    ])
    func whoMayNotIsOfferedNone(roles: [String]) async throws {
        let said = Said()
        let browser = try await browser(said, roles: roles)
        let page = "/records/touchpoint/TCHPT0001001"
        let seen = try await browser.get(page)
        #expect(seen.status == 200 && !seen.text.contains("data-insert"))
        guard roles.contains("sn_acct_lc.ale_success_viewer") else { return }
        #expect(said.texts.isEmpty)
        let asked = [("csrf", seen.csrf), ("kind", "template"), ("template", "r-1 en")]
        #expect(try await browser.post("\(page)/say", asked).status == 404)
    }

    /// Without them the record is shown and answered all the same, and the page says what is missing.
    @Test func thatTheyAreAwayIsSaid() async throws {
        let away = Endpoint(CustomerSuccessAPI.listResponseTemplates) { _, _ async throws(Problem) in
            throw Problem(.unavailable, Text(en: "Away.", ko: "없음."))
        }
        let seen = try await browser(Said(), templates: [away]).get("/records/touchpoint/TCHPT0001001")
        #expect(seen.status == 200 && seen.text.contains("response templates") && seen.text.contains("id=\"say\""))
    }
}
