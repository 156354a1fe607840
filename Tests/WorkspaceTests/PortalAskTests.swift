import CustomerSuccessWire
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// What customers ask or tell at an engagement (G-18, G-86), of stand-in answers.
@Suite struct PortalAskTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ee"
    private static let page = "/portal/engagements/\(id)"
    private static let action = "\(page)/touchpoints"
    private static let role = "sn_acct_lc.ale_success_customer"

    private func browser(
        _ said: Said, roles: [String] = [role], accounts: [String] = ["a-1"], isOpen: Bool = true
    ) async throws -> Browser {
        var engagement = Engagement()
        (engagement.id, engagement.title, engagement.account) = (Self.id, "Rollout", "a-1")
        engagement.active = isOpen
        let stored = engagement
        var person = SignedIn.ann(accounts: accounts)
        person.roles = roles
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(person))
        try await bench.answer("onboarding", [Endpoint(OnboardingAPI.getPortal) { _, _ in Portal() }])
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.getEngagementPage) { _, _ in
                    var answer = EngagementPage()
                    answer.engagement = stored
                    return answer
                },
                Endpoint(CustomerSuccessAPI.getEngagement) { _, _ in stored },
                Endpoint(CustomerSuccessAPI.getPortalSuccess) { _, _ in
                    var item = PageItem()
                    (item.table, item.id, item.title) = ("engagement", Self.id, "Rollout")
                    var (section, lists) = (PageSection(), PortalSuccess())
                    section.items = [item]
                    lists.engagements = section
                    return lists
                },
                Endpoint(CustomerSuccessAPI.createTouchpoint) { _, request async throws(Problem) in
                    let new = request.touchpoint ?? Touchpoint()
                    guard new.subject != nil else {
                        throw .invalid(
                            field: Touchpoint.path(.subject), Text(en: "Subject is missing.", ko: "제목이 없습니다."))
                    }
                    let product = "\(new.product ?? "-") \(new.productRelated == true)"
                    said.add("\(new.subject ?? "") | \(new.description ?? "") | \(new.category ?? "-") | \(product)")
                    said.add("\(new.engagement ?? "") \(new.channel ?? "") \(request.requestID)")
                    var made = Touchpoint()
                    made.id = "t-1"
                    return made
                },
            ])
        return Browser(bench, session: "good")
    }

    private func once(_ seen: Bench.Seen) throws -> String {
        String(try #require(seen.text.firstMatch(of: #/name="once" value="([^"]+)"/#)).output.1)
    }

    @Test func whatACustomerAsksBecomesATouchpoint() async throws {
        let said = Said()
        let browser = try await browser(said)
        let seen = try await browser.get(Self.page)
        for text in [
            "action=\"\(Self.action)#ask\"", "id=\"subject\"", "id=\"description\"", "General conversation",
        ] { #expect(seen.text.contains(text), "\(text)") }
        let once = try once(seen)
        let done = try await browser.post(
            Self.action,
            [
                ("csrf", seen.csrf), ("once", once), ("subject", "How many seats?"), ("description", "We grow."),
                ("category", "general_conversation"),
            ])
        #expect(done.location == "/portal/touchpoints/t-1?done=sent&saved=ask")
        #expect(
            said.texts == [
                "How many seats? | We grow. | general_conversation | - false", "\(Self.id) web \(once)",
            ])
        #expect(try await browser.get("/portal").text.contains("href=\"\(Self.page)#ask\""))
        #expect(try await browser.get("\(Self.page)?language=ko").text.contains("문의하기"))
    }

    @Test func whatIsRefusedStandsAtItsFieldWithWhatWasTyped() async throws {
        let said = Said()
        let browser = try await browser(said)
        let seen = try await browser.get(Self.page)
        let fields = [("csrf", seen.csrf), ("once", try once(seen)), ("subject", ""), ("description", "We <grow>.")]
        let refused = try await browser.post(Self.action, fields)
        #expect(refused.status == 422 && said.texts.isEmpty)
        for text in ["id=\"subject-wrong\">Subject is missing.", ">We &lt;grow&gt;.</textarea>", "data-redrawn"] {
            #expect(refused.text.contains(text), "\(text)")
        }
        // Sent again it is the same one.
        #expect(try once(refused) == once(seen))
    }

    /// A product is chosen by whoever may read those that were sold, and then the touchpoint is about it (G-85).
    @Test func aProductIsOfferedToWhoMayChooseOne() async throws {
        let said = Said()
        #expect(!(try await browser(said).get(Self.page)).text.contains("name=\"product\""))
        let browser = try await browser(said, roles: [Self.role, "sn_acct_lc.ale_success_viewer"])
        let seen = try await browser.get(Self.page)
        let filter = Fields.encoded("account = \"a-1\"")
        #expect(seen.text.contains("data-choose=\"/choose/sold_product?filter=\(filter)\""))
        _ = try await browser.post(
            Self.action, [("csrf", seen.csrf), ("subject", "Seats"), ("product", "p-1"), ("product-text", "Seats")])
        #expect(said.texts.first?.hasSuffix("| p-1 true") == true)
    }

    /// Who may not sees no form and no way to one, and is answered like at any address that is none.
    @Test(arguments: [
        (["sn_customerservice.customer"], ["a-1"]), (["admin"], []), ([role], []),
    ])
    func whoMayNotSeesNoForm(roles: [String], accounts: [String]) async throws {
        let said = Said()
        let browser = try await browser(said, roles: roles, accounts: accounts)
        for path in [Self.page, "/portal"] {
            let seen = try await browser.get(path)
            #expect(seen.status == 200 && !seen.text.contains("#ask") && !seen.text.contains("id=\"ask\""), "\(path)")
        }
        let csrf = Secrets.proof(of: StandIn.token("good"))
        #expect(try await browser.post(Self.action, [("csrf", csrf), ("subject", "Seats")]).status == 404)
        #expect(said.texts.isEmpty)
    }

    @Test func ofWhatHasEndedNothingIsAsked() async throws {
        let seen = try await browser(Said(), isOpen: false).get(Self.page)
        #expect(seen.status == 200 && !seen.text.contains("id=\"ask\""))
    }
}
