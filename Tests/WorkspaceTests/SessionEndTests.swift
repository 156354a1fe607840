import OnboardingWire
import RPC
import Synchronization
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// A session that is ended from another browser is over there at once, though its access token would do for minutes.
@Suite(.timeLimit(.minutes(15))) struct SessionEndTests {
    /// Sessions that have ended, by the names that ``StandIn/token(_:)`` gives them.
    private final class Ended: Sendable {
        let names = Mutex<Set<String>>([])

        var endpoints: [Endpoint] {
            [
                Endpoint(OnboardingAPI.renewSession, access: .anonymous) { _, request async throws(Problem) in
                    let name = String(request.sessionToken.prefix { $0 != "-" })
                    guard !self.names.withLock({ $0.contains(name) }) else {
                        throw .unauthenticated(reason: "SESSION_ENDED")
                    }
                    var ann = SignedIn.ann()
                    ann.session = name
                    if name == "ben" { ann.user = "018f0000-0000-7000-8000-0000000000be" }
                    return ann
                },
                Endpoint(OnboardingAPI.listSignInIssuers, access: .anonymous) { _, _ in ListSignInIssuersResponse() },
                Endpoint(OnboardingAPI.endSession) { _, request in
                    self.names.withLock { _ = $0.insert(request.session) }
                    return Empty()
                },
                Endpoint(OnboardingAPI.changePassword) { _, _ in
                    self.names.withLock { $0.formUnion(["there", "ben"]) }
                    return Empty()
                },
            ]
        }
    }

    /// What is posted behind the end of a session is not done, and signing in leads to the page that it was posted from.
    @Test func whatIsPostedTooLateLeadsBackToItsPage() async throws {
        let bench = try Bench()
        let ended = Ended()
        try await bench.answer("onboarding", ended.endpoints)
        let browser = Browser(bench, session: "there")
        let page = try await browser.get("/person")
        _ = ended.names.withLock { $0.insert("there") }
        bench.site.sessions.forget(StandIn.token("there"))
        let done = try await browser.post("/person/password", [("csrf", page.csrf)])
        #expect(done.status == 303 && done.location == "/sign-in?back=%2Fperson")
    }

    /// What onboarding tells of a session that a script has ended, or that has ended with a role of its person.
    private static func tell(_ bench: Bench, _ session: String) throws {
        var event = RecordEvent()
        (event.service, event.table, event.action, event.id) = ("onboarding", "session", "ended", session)
        bench.live.take("ale.v1.events.provider.onboarding.session.ended", try event.encodeProtobuf())
    }

    /// It is over here as soon as that is heard: the frame of pages that ask nothing, and the streams that are open.
    @Test func whatOnboardingEndsIsOverAtOnce() async throws {
        let bench = try Bench()
        let ended = Ended()
        try await bench.answer("onboarding", ended.endpoints)
        let (there, ben) = (Browser(bench, session: "there"), Browser(bench, session: "ben"))
        for browser in [there, ben] { #expect(try await browser.get("/design").status == 200) }
        async let stream = there.get("/live?topic=work")
        try await waitUntil("the stream") { bench.live.count == 1 }
        ended.names.withLock { $0 = ["there", "ben"] }
        try Self.tell(bench, "there")
        // The stream ends, which it would not by itself.
        #expect(try await stream.status == 200)
        #expect(try await there.get("/design").location.hasPrefix("/sign-in?back="))
        // Of Ben nothing was told; what may have been missed is asked for.
        #expect(try await ben.get("/design").status == 200)
        bench.live.mayHaveMissed()
        #expect(try await ben.get("/design").location.hasPrefix("/sign-in?back="))
    }

    /// A renewal that was answered before the end, and comes in behind it, is good for nothing that is asked later.
    @Test func aRenewalThatWasUnderWayIsNotRemembered() async throws {
        let (bench, renewals) = (try Bench(), Counter())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.renewSession, access: .anonymous) { _, _ async throws(Problem) in
                    renewals.add()
                    try? Self.tell(bench, "another")
                    return .ann()
                }
            ])
        let browser = Browser(bench, session: "good")
        for _ in 0..<2 { #expect(try await browser.get("/design").status == 200) }
        #expect(renewals.value == 2)
    }

    @Test(arguments: ["/person/sessions/there/end", "/person/password"])
    func whatIsEndedFromElsewhereShowsNothingAnyMore(path: String) async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", Ended().endpoints)
        let here = Browser(bench, session: "here")
        let (there, ben) = (Browser(bench, session: "there"), Browser(bench, session: "ben"))
        let page = try await here.get("/search")
        for other in [there, ben] { #expect(try await other.get("/search").status == 200) }
        let done = try await here.post(path, [("csrf", page.csrf), ("current", "old"), ("new", "another")])
        #expect(done.status == 303 && done.location.hasPrefix("/person?done="))
        #expect(try await there.get("/search").location.hasPrefix("/sign-in?back="))
        #expect(try await here.get("/search").status == 200)
        // What is known of others is not touched: nobody is asked about Ben before his token ends.
        #expect(try await ben.get("/search").status == 200)
    }
}
