import OnboardingWire
import RPC
import Synchronization
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// With whom one can sign in is remembered for some seconds, and what could not be read is asked for again.
@Suite struct KnownIssuersTests {
    @Test func theyAreRememberedForSomeSeconds() async throws {
        let seconds = Mutex<Int64>(1_000)
        let bench = try Bench(now: { Timestamp(seconds: seconds.withLock { $0 }) })
        let asked = Mutex(0)
        let isAway = Mutex(true)
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.listSignInIssuers, access: .anonymous) { _, _ async throws(Problem) in
                    asked.withLock { $0 += 1 }
                    guard !isAway.withLock({ $0 }) else { throw .internalError(cause: "away") }
                    var (answer, issuer) = (ListSignInIssuersResponse(), SignInIssuer())
                    (issuer.issuer, issuer.name) = ("https://issuer.example", "Example Works")
                    answer.issuers = [issuer]
                    return answer
                }
            ])
        let browser = Browser(bench)
        #expect(try await !browser.get("/sign-in").text.contains("Example Works"))
        isAway.withLock { $0 = false }
        for _ in 0..<2 { #expect(try await browser.get("/sign-in").text.contains("Example Works")) }
        #expect(asked.withLock { $0 } == 2)
        seconds.withLock { $0 += 21 }
        #expect(try await browser.get("/sign-in").text.contains("Example Works"))
        #expect(asked.withLock { $0 } == 3)
    }
}
