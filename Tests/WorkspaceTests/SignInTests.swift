import Foundation
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Signing in and out, and what a session is worth.
@Suite struct SignInTests {
    private func bench() async throws -> Bench {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.signIn, access: .anonymous) { _, request async throws(Problem) in
                    guard request.password == " secret word " else {
                        throw .unauthenticated(reason: "SIGN_IN_REFUSED")
                    }
                    var signedIn = SignedIn.ann()
                    signedIn.sessionToken = StandIn.token("good")
                    return signedIn
                },
                Endpoint(OnboardingAPI.signOut, access: .anonymous) { _, _ in Empty() },
            ])
        return bench
    }

    private func signIn(_ browser: Browser, _ password: String, back: String = "") async throws -> Bench.Seen {
        let page = try await browser.get("/sign-in")
        return try await browser.post(
            "/sign-in",
            [("csrf", page.csrf), ("email", "ann@provider.example"), ("password", password), ("back", back)])
    }

    @Test func somebodySignsInAndOut() async throws {
        let browser = Browser(try await bench())
        let done = try await signIn(browser, " secret word ", back: "/cases/1")
        #expect(done.status == 303 && done.location == "/cases/1")
        #expect(browser.cookies["ale_session"] == StandIn.token("good"))
        #expect(browser.cookies["ale_visit"] == nil)
        #expect(try await browser.get("/sign-in").status == 303)
        let page = try await browser.get("/search")
        #expect(page.text.contains("Ann Agent"))
        let out = try await browser.post("/sign-out", [("csrf", page.csrf)])
        #expect(out.location.hasPrefix("/sign-in"))
        #expect(browser.cookies["ale_session"] == nil)
        #expect(try await browser.get("/search").status == 303)
    }

    /// A request beside the one that signs out renews the session before onboarding has ended it.
    @Test func nothingIsRememberedOfWhoHasSignedOut() async throws {
        let bench = try Bench()
        let sessions = bench.site.sessions
        let signOut = Endpoint(OnboardingAPI.signOut, access: .anonymous) { _, request async throws(Problem) in
            sessions.remember(Person(.ann()), request.sessionToken)
            return Empty()
        }
        try await bench.answer("onboarding", StandIn.sessions() + [signOut])
        let browser = Browser(bench, session: "good")
        let page = try await browser.get("/search")
        #expect(sessions.count == 1)
        #expect(try await browser.post("/sign-out", [("csrf", page.csrf)]).status == 303)
        #expect(sessions.count == 0)
    }

    @Test func whatARenewalBringsThatWasForgottenIsNotRemembered() async throws {
        let bench = try Bench()
        let sessions = bench.site.sessions
        let renew = Endpoint(OnboardingAPI.renewSession, access: .anonymous) { _, request async throws(Problem) in
            sessions.forget(request.sessionToken)
            return .ann()
        }
        try await bench.answer("onboarding", [renew])
        #expect(try await sessions.person(StandIn.token("good"))?.name == "Ann Agent")
        #expect(sessions.count == 0)
    }

    @Test func whatIsRefusedStaysOnThePage() async throws {
        let browser = Browser(try await bench())
        let seen = try await signIn(browser, "wrong")
        #expect(seen.status == 401)
        #expect(seen.text.contains("ann@provider.example") && !seen.text.contains("wrong\""))
        #expect(browser.cookies["ale_session"] == nil)
    }

    @Test func signInLeadsToNoOtherSite() async throws {
        let browser = Browser(try await bench())
        let seen = try await signIn(browser, " secret word ", back: "//evil.example")
        #expect(seen.location == "/onboarding")
    }

    @Test func anAccessTokenIsRenewedOnceForAll() async throws {
        let bench = try Bench()
        let renewals = Counter()
        try await bench.answer("onboarding", StandIn.sessions(renewals: renewals))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 { group.addTask { _ = try? await bench.site.sessions.person(StandIn.token("good")) } }
        }
        #expect(renewals.value == 1)
        #expect(try await bench.site.sessions.person(StandIn.token("good"))?.name == "Ann Agent")
        #expect(renewals.value == 1)
        #expect(try await bench.site.sessions.person(StandIn.token("other")) == nil)
    }

    @Test func aTokenThatEndsSoonIsRenewed() async throws {
        let bench = try Bench()
        let renewals = Counter()
        try await bench.answer("onboarding", StandIn.sessions(.ann(expires: 10), renewals: renewals))
        _ = try await bench.site.sessions.person(StandIn.token("good"))
        _ = try await bench.site.sessions.person(StandIn.token("good"))
        #expect(renewals.value == 2)
    }

    @Test func soManySessionsAreRemembered() async throws {
        let bench = try Bench()
        let store = SessionStore(bench.site.client, limit: 8, now: { Bench.now })
        for number in 0..<50 { store.remember(Person(.ann(expires: Int64(100 + number))), "session \(number)") }
        #expect(store.count <= 8)
    }

    @Test func aSessionThatOnboardingCannotBeAskedForIsNotEnded() async throws {
        let browser = Browser(try Bench(), session: "good")
        #expect(try await browser.get("/onboarding").status == 503)
        #expect(browser.cookies["ale_session"] == StandIn.token("good"))
    }

    @Test func whoeverSignsInWithAnIssuerIsCountedByTheAddress() async throws {
        let bench = try Bench()
        let said = Said()
        try await bench.answer("onboarding", StandIn.sessions() + [StandIn.begin(said)])
        let away = try await Browser(bench).get("/sign-in/with?issuer=\(StandIn.issuer)")
        #expect(away.status == 303 && away.location == "https://login.example/authorize")
        #expect(said.texts.first == "192.0.2.1")
    }

    /// What comes back is taken at the address of the issuer that was begun with alone.
    @Test func anIssuerDoesNotPassForAnother() async throws {
        let bench = try Bench()
        let (said, completed) = (Said(), Counter())
        let complete = Endpoint(OnboardingAPI.completeFederatedSignIn, access: .anonymous) {
            _, _ async throws(Problem) in
            completed.add()
            var signedIn = SignedIn.ann()
            signedIn.sessionToken = StandIn.token("good")
            return signedIn
        }
        try await bench.answer("onboarding", StandIn.sessions() + [StandIn.begin(said), complete])
        let browser = Browser(bench)
        _ = try await browser.get("/sign-in/with?issuer=\(StandIn.issuer)&back=%2Fcases%2F1")
        let path = "/sign-in/back/ced4229bf4ad3faa"
        #expect(said.texts.last == "http://127.0.0.1:8080\(path)")
        let other = "/sign-in/back/\(Secrets.mark(of: Data("https://other.example".utf8)))"
        for wrong in [
            "\(other)?state=state&code=c", "\(path)?state=other&code=c",
            "\(path)?state=state&code=c&iss=https://other.example",
        ] { #expect(try await browser.get(wrong).status == 403, "\(wrong)") }
        #expect(try await browser.get("/sign-in/back?state=state&code=c").status == 404)
        #expect(completed.value == 0)
        let done = try await browser.get("\(path)?state=state&code=c&iss=\(StandIn.issuer)")
        #expect(done.status == 303 && done.location == "/cases/1")
        #expect(browser.cookies["ale_session"] == StandIn.token("good"))
    }
}
