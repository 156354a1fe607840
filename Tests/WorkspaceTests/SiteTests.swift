import HTTPTypes
import OnboardingWire
import Platform
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// What holds for every page: who may see it, what a browser is told, and what is refused.
@Suite struct SiteTests {
    @Test func everyAnswerIsHardened() async throws {
        let browser = Browser(try Bench())
        for path in ["/sign-in", "/nothing-here", "/health", "/assets/none.css"] {
            let seen = try await browser.get(path)
            let policy = try #require(seen.headers[.contentSecurityPolicy])
            #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "\(path)")
            #expect(seen.headers[.xContentTypeOptions] == "nosniff")
            #expect(seen.headers[.cacheControl] == "no-store", "\(path)")
        }
    }

    @Test func noPageHoldsInlineScriptOrStyle() async throws {
        let seen = try await Browser(try Bench()).get("/sign-in")
        #expect(seen.status == 200)
        #expect(!seen.text.contains("style=") && !seen.text.contains(" onclick") && !seen.text.contains("<script>"))
    }

    @Test func filesOfTheDesignAreKeptForGood() async throws {
        let bench = try Bench()
        let browser = Browser(bench)
        let address = try #require(bench.site.assets.addresses["css"] as? String)
        let seen = try await browser.get(address)
        #expect(seen.status == 200 && seen.text.count > 1_000)
        #expect(seen.headers[.cacheControl]?.contains("immutable") == true)
        #expect(seen.headers[.contentType] == "text/css; charset=utf-8")
    }

    @Test func whoeverIsNotSignedInSignsInFirst() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        let seen = try await Browser(bench).get("/cases/ALEONB0001001?lane=a")
        #expect(seen.status == 303)
        #expect(seen.location == "/sign-in?back=%2Fcases%2FALEONB0001001%3Flane%3Da")
        // A session that has ended is none, and its cookie goes.
        let ended = Browser(bench, session: "ended")
        #expect(try await ended.get("/onboarding").location == "/sign-in?back=%2Fonboarding")
        #expect(ended.cookies["ale_session"] == nil)
    }

    @Test(arguments: [
        "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nSet-Cookie: b",
    ])
    func nothingLeadsElsewhere(back: String) {
        #expect(LocalPath.checked(back, or: "/home") == "/home")
        #expect(LocalPath.checked("/cases/1?lane=a", or: "/home") == "/cases/1?lane=a")
    }

    @Test(arguments: [
        ("a\"b\\c*", "\"a\\\"b\\\\c\\*\""), ("\"\u{301} OR true", "\"\\\"\u{301} OR true\""),
        ("\u{600}\"", "\"\u{600}\\\"\""), ("\u{600}\\", "\"\u{600}\\\\\""),
    ])
    func noTextLeavesItsPlaceInAFilter(text: String, quoted: String) {
        #expect(Array(FilterText.quoted(text).unicodeScalars) == Array(quoted.unicodeScalars))
    }

    @Test func aFormOfAnotherSiteIsRefused() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        let browser = Browser(bench, session: "good")
        let page = try await browser.get("/search")
        #expect(page.status == 200 && !page.csrf.isEmpty)
        let fields = [("language", "ko"), ("back", "/search")]
        #expect(try await browser.post("/language", fields).status == 403)
        #expect(try await browser.post("/language", fields + [("csrf", "x")]).status == 403)
        let proof = [("csrf", page.csrf)]
        #expect(try await browser.post("/language", fields + proof, ["Sec-Fetch-Site": "cross-site"]).status == 403)
        #expect(try await browser.post("/language", fields + proof, ["Origin": "https://evil.example"]).status == 403)
        // The proof of one session is none for another.
        #expect(try await Browser(bench).post("/language", fields + proof).status == 403)
        let done = try await browser.post("/language", fields + proof, ["Sec-Fetch-Site": "same-origin"])
        #expect(done.status == 303 && done.location == "/search")
        #expect(try await browser.get("/search").text.contains("lang=\"ko\""))
    }

    /// The menu of languages leads back to what was read, with what it was narrowed to, and of what was posted to the page above.
    @Test func anotherLanguageLeadsBackToTheSamePage() async throws {
        let bench = try Bench(agreeing: Said())
        try await bench.answer("onboarding", StandIn.sessions())
        let browser = Browser(bench, session: "good")
        func back(_ page: Bench.Seen) -> String? {
            page.text.firstMatch(of: #/name="back" value="([^"]*)"/#).map {
                String($0.output.1).replacing("&amp;", with: "&")
            }
        }
        let list = "/lists/onboarding_case?state=new&find=%EA%B0%80+b"
        #expect(back(try await browser.get("\(list)&done=saved&language=en&undo=%2Flists")) == list)
        let csrf = try await browser.get("/search").csrf
        let chosen = [("csrf", csrf), ("query", "state=new"), ("do", "set")]
        let refused = try await browser.post("/lists/onboarding_case", chosen)
        #expect(refused.status == 422 && back(refused) == "/lists/onboarding_case?state=new")
        // One that is too long to lead back to leads to the page.
        let long = "/search?text=\(String(repeating: "a", count: 3_000))"
        #expect(back(try await browser.get(long)) == "/search")
    }

    @Test func whatWasPostedLeadsToThePageAbove() {
        let known = ReadAddresses()
        for pattern in ["/tasks/:id", "/tasks/{id}/due-date", "/tasks/:id/files/:file", "/people"] {
            known.add(pattern)
        }
        for (path, above) in [
            ("/tasks/1/move", "/tasks/1"), ("/tasks/1/due-date/2/apply", "/tasks/1/due-date"),
            ("/tasks/1/files/2/remove", "/tasks/1"), ("/people/1/invite", "/people"), ("/nowhere/1", "/"),
        ] { #expect(known.above(path) == above) }
    }

    @Test func aFormHasABound() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        let browser = Browser(bench, session: "good")
        let long = String(repeating: "a", count: 600 * 1_024)
        #expect(try await browser.post("/language", [("language", long)]).status == 422)
    }

    @Test func anAddressMaySendSoManyRequests() async throws {
        let browser = Browser(try Bench(requestsPerMinute: 3))
        for _ in 0..<3 { #expect(try await browser.get("/health").status == 200) }
        #expect(try await browser.get("/health").status == 429)
    }

    /// A session is counted by itself, wherever its requests come from.
    @Test func aSessionMaySendSoManyRequests() async throws {
        let bench = try Bench(requestsPerMinute: 3, elsewhere: .notFound)
        try await bench.answer("onboarding", StandIn.sessions())
        func status(_ session: String, _ host: Int) async throws -> Int {
            var request = HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1", path: "/design")
            request.headerFields[.cookie] = "ale_session=\(StandIn.token(session))"
            return try await bench.send(request, peer: "192.0.2.\(host)").status
        }
        for host in 1...3 { #expect(try await status("good", host) == 200) }
        #expect(try await status("good", 4) == 429)
        // Another one is not slowed down by it.
        #expect(try await status("other", 4) == 303)
    }

    @Test func addressesOfOneNetworkAreCountedTogether() async throws {
        let bench = try Bench(requestsPerMinute: 3)
        func status(_ peer: String) async throws -> Int {
            let request = HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1", path: "/health")
            return try await bench.send(request, peer: peer).status
        }
        for host in 1...3 { #expect(try await status("2001:db8::\(host)") == 200) }
        #expect(try await status("2001:db8::ffff:0:0:4") == 429)
        #expect(try await status("2001:db8:0:1::1") == 200)
        for host in 1...4 { #expect(try await status("192.0.2.\(host)") == 200) }
    }

    @Test(arguments: [
        ("2001:DB8:0:0:1:2:3:4", "2001:db8:0:0::/64"), ("[2001:db8::1]:443", "2001:db8:0:0::/64"),
        ("fe80::1%eth0", "fe80:0:0:0::/64"), ("::ffff:192.0.2.1", "192.0.2.1"), ("192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"), ("", ""),
    ])
    func anAddressIsCountedByItsNetwork(address: String, network: String) {
        #expect(NetworkAddress.counted(address) == network)
    }

    /// What cannot be a token is not asked about, and its cookie goes.
    @Test(arguments: [
        "good", StandIn.token("good") + "-", StandIn.token("g.d"), StandIn.token("good").replacing("-", with: "+"),
    ])
    func whatCannotBeATokenIsNone(cookie: String) async throws {
        let bench = try Bench()
        let asked = Counter()
        let renew = Endpoint(OnboardingAPI.renewSession, access: .anonymous) { _, _ async throws(Problem) in
            asked.add()
            return .ann()
        }
        try await bench.answer("onboarding", [renew])
        let seen = try await Browser(bench).get("/onboarding", ["Cookie": "ale_session=\(cookie)"])
        #expect(seen.status == 303 && seen.location == "/sign-in?back=%2Fonboarding")
        #expect(seen.headers[values: .setCookie].contains { $0.hasPrefix("ale_session=") && $0.contains("Max-Age=0") })
        #expect(asked.value == 0)
        #expect(Secrets.isToken(StandIn.token("good")) && Secrets.isToken(Secrets.random()))
    }

    @Test func aLimitFillsAgain() {
        let limit = RateLimit(perMinute: 2, remembered: 2)
        let start = ContinuousClock.now
        #expect(limit.admits("a", at: start) && limit.admits("a", at: start) && !limit.admits("a", at: start))
        #expect(limit.admits("b", at: start))
        #expect(limit.admits("a", at: start + .seconds(31)))
        // A third name makes no more of them be kept than two.
        #expect(limit.admits("c", at: start + .seconds(31)))
    }

    @Test(arguments: [
        "http://workspace.example", "http://127.0.0.1.evil.example", "workspace.example", "ftp://workspace.example",
        "https://", "https://somebody@workspace.example", "https://workspace.example?a=b",
    ])
    func onlyThisMachineIsReachedWithoutTLS(address: String) throws {
        #expect(throws: ConfigurationError.self) {
            try WorkspaceConfiguration(Settings(values: ["ALE_WORKSPACE_URL": address]))
        }
        for (good, url) in [
            ("https://workspace.example/", "https://workspace.example"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            #expect(try WorkspaceConfiguration(Settings(values: ["ALE_WORKSPACE_URL": good])).url == url)
        }
        #expect(try WorkspaceConfiguration(Settings(values: [:])).url == "http://127.0.0.1:8080")
    }

    @Test func cookiesAreForThisSiteAlone() async throws {
        let plain = try await Browser(try Bench()).get("/sign-in")
        let cookie = try #require(plain.headers[values: .setCookie].first { $0.hasPrefix("ale_visit=") })
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"))
        let secure = try await Browser(try Bench(address: "https://workspace.example")).get("/sign-in")
        let other = try #require(secure.headers[values: .setCookie].first { $0.hasPrefix("__Host-ale_visit=") })
        #expect(other.contains("Secure"))
        #expect(secure.headers[.strictTransportSecurity] != nil && plain.headers[.strictTransportSecurity] == nil)
    }

    @Test func aPageSaysWhenAServiceIsAwayAndWorksAgain() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        let browser = Browser(bench, session: "good")
        let away = try await browser.get("/onboarding")
        #expect(away.status == 503)
        #expect(away.text.contains("</html>") && away.text.contains("href=\"/onboarding\""))
        // It asks for itself again; what was posted does not.
        #expect(away.text.contains("data-again"))
        let narrowed = try await browser.get("/onboarding?card=stale_cases&done=saved")
        #expect(narrowed.text.contains("href=\"/onboarding?card=stale_cases\""))
        let posted = try await browser.post("/tasks/1/move", [("csrf", away.csrf), ("to", "closed")])
        #expect(posted.status == 503 && !posted.text.contains("data-again"))
        #expect(posted.text.contains("href=\"/tasks/1\"") && !posted.text.contains("href=\"/tasks/1/move\""))
        try await bench.answer(
            "onboarding",
            [Endpoint(OnboardingAPI.getOnboardingLandingPage) { _, _ in OnboardingLandingPage() }])
        #expect(try await browser.get("/onboarding").status == 200)
    }

    @Test func whatIsNotSeenAndWhatIsNotThereLookTheSame() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingCasePage) { _, request async throws(Problem) in
                    throw .notFound(OnboardingCase.schema.label, id: request.id)
                }
            ])
        let browser = Browser(bench, session: "good")
        let other = try await browser.get("/cases/ALEONB0001001")
        let none = try await browser.get("/cases/nothing")
        let nowhere = try await browser.get("/nowhere")
        #expect(other.status == 404 && none.status == 404 && nowhere.status == 404)
        #expect(!other.text.contains("ALEONB0001001 was not found"))
        #expect(Self.body(other.text) == Self.body(none.text))
    }

    /// What stands in the page, without what differs from one address to the next.
    private static func body(_ text: String) -> String {
        text.replacing(#/(?:name="(?:back|csrf)" value|data-csrf)="[^"]*"/#, with: "")
    }
}
