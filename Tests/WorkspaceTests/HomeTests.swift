import CustomerSuccessWire
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Where people begin, and that whoever is told that something is not theirs has a way on.
@Suite struct HomeTests {
    private func browser(_ roles: [String], accounts: [String] = []) async throws -> Browser {
        let bench = try Bench()
        var person = SignedIn.ann(accounts: accounts)
        person.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(person))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingLandingPage) { _, _ async throws(Problem) in
                    throw .permissionDenied()
                },
                Endpoint(OnboardingAPI.listSavedViews) { _, _ in ListSavedViewsResponse() },
                Endpoint(OnboardingAPI.getPortal) { _, _ in Portal() },
                Endpoint(OnboardingAPI.searchOnboarding) { _, _ in
                    var item = WorkItem()
                    (item.service, item.table, item.id) = ("onboarding", "onboarding_case", "the-id")
                    (item.number, item.title) = ("ALEONB0001001", "A case")
                    var answer = SearchResponse()
                    answer.items = [item]
                    return answer
                },
            ])
        try await bench.answer(
            "customer-success",
            [Endpoint(CustomerSuccessAPI.listTouchpoints) { _, _ in ListTouchpointsResponse() }])
        return Browser(bench, session: "good")
    }

    /// The first page is one that the own roles may read, and the navigation begins with it.
    @Test(arguments: [
        ("sn_acct_lc.agent", "/onboarding"), ("admin", "/onboarding"), ("process_automation_designer", "/playbooks"),
        ("sn_acct_lc.touchpoint_read", "/lists/touchpoint?active=true"), ("sn_acct_lc.nobody", "/search"),
    ])
    func everybodyBeginsWhereTheyMayRead(role: String, home: String) async throws {
        let browser = try await browser([role])
        #expect(try await browser.get("/").location == home)
        let page = try await browser.get("/search")
        #expect(page.text.contains("<a href=\"\(home)\" data-key=\"h\""))
        #expect(page.text.contains("href=\"/onboarding\"") == (home == "/onboarding"))
    }

    @Test func theListOfTouchpointsIsAFirstPage() async throws {
        let seen = try await browser(["sn_acct_lc.touchpoint_read"]).get("/lists/touchpoint?active=true")
        #expect(seen.status == 200 && seen.text.contains("data-live=\"/live?topic=list.touchpoint\""))
    }

    /// Who is refused keeps navigation, search, notices and settings.
    @Test func whoIsRefusedHasAWayOn() async throws {
        let seen = try await browser(["sn_acct_lc.touchpoint_read"]).get("/onboarding")
        #expect(seen.status == 403)
        for text in [
            "/lists/touchpoint?active=true\" data-key=\"h\"", "action=\"/search\"", "href=\"/notices\"",
            "href=\"/person\"", "action=\"/sign-out\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        // What failed is not listened to.
        #expect(!seen.text.contains("data-live"))
    }

    /// Customers search as everybody does, and what they find leads to the portal.
    @Test func customersSearchToo() async throws {
        let browser = try await browser([], accounts: ["a"])
        let portal = try await browser.get("/portal")
        #expect(portal.text.contains("action=\"/search\"") && portal.text.contains("data-key=\"s\""))
        let found = try await browser.get("/search?text=case")
        #expect(found.text.contains("href=\"/portal/cases/the-id\"") && !found.text.contains("href=\"/cases/"))
    }

    /// Every page hears of notices, whatever else it hears of.
    @Test(arguments: [("/portal", "work"), ("/search", "notices")])
    func everyPageHearsOfNotices(path: String, topic: String) async throws {
        let seen = try await browser([], accounts: ["a"]).get(path)
        #expect(seen.text.contains("data-live=\"/live?topic=\(topic)\""))
    }

    /// A part that a service does not answer is said to be away; one that the reader may not see is not spoken of.
    @Test func whatIsAwayIsSaidAndWhatIsDeniedIsNot() async throws {
        let away = try await browser([], accounts: ["a"]).get("/portal")
        #expect(away.status == 200 && away.text.contains("Not shown") && away.text.contains("what is under way"))

        let bench = try Bench(elsewhere: .permissionDenied)
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        try await bench.answer("onboarding", [Endpoint(OnboardingAPI.getPortal) { _, _ in Portal() }])
        let denied = try await Browser(bench, session: "good").get("/portal")
        #expect(denied.status == 200 && !denied.text.contains("Not shown"))
    }

    /// The navigation says where one is, also on a page below one of its own.
    @Test(arguments: [false, true]) func theNavigationSaysWhereOneIs(isCustomer: Bool) async throws {
        let bench = try Bench(agreeing: Said())
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: isCustomer ? ["a"] : [])))
        let path = isCustomer ? "/portal/list/my_tasks" : "/onboarding/list?card=my_active_cases"
        let page = try await Browser(bench, session: "good").get(path)
        let home = isCustomer ? "/portal" : "/onboarding"
        #expect(page.status == 200 && page.text.contains("href=\"\(home)\" data-key=\"h\""))
        #expect(page.text.contains("href=\"\(home)\" data-key=\"h\" aria-current=\"page\"") == !isCustomer)
    }

    /// What does not come soon is left out, long before the page would have to be there.
    @Test func whatIsSlowIsLeftOut() async throws {
        let bench = try Bench(partTime: .seconds(3))
        let said = Said()
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        try await bench.answer("onboarding", [Endpoint(OnboardingAPI.getPortal) { _, _ in Portal() }])
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.getPortalSuccess) { _, _ in
                    if (try? await Task.sleep(for: .seconds(60))) != nil { said.add("answered") }
                    return PortalSuccess()
                }
            ])
        let page = try await Browser(bench, session: "good").get("/portal")
        #expect(page.status == 200 && page.text.contains("Not shown") && page.text.contains("touchpoints"))
        #expect(said.texts.isEmpty, "the page came before what is slow")
    }
}
