import Foundation
import HTTPTypes
import Hummingbird
import OnboardingWire
import RPC
import Synchronization
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// What holds for every address of the site, whichever pages it has.
@Suite struct SafetyTests {
    /// Pages for people who are not signed in.
    private static let open: Set = [
        "/", "/assets/{name}", "/forgotten", "/health", "/invitation", "/invitation/open", "/reset", "/reset/open",
        "/sign-in", "/sign-in/back/{issuer}", "/sign-in/with",
    ]

    /// Every address that is read, or written to, with the same value in the place of each variable part.
    private static func addresses(
        _ bench: Bench, _ value: String = "", _ method: HTTPRequest.Method = .get
    ) -> [(pattern: String, path: String)] {
        bench.site.router().routes.filter { $0.method == method }.map { route in
            let pattern = "\(route.path)"
            let rooted = pattern.hasPrefix("/") ? pattern : "/\(pattern)"
            return (rooted, rooted.replacing(#/{[^}]*}/#, with: value))
        }
    }

    private static func bench(_ person: SignedIn = .ann(), _ said: Said? = nil) async throws -> Bench {
        let bench = try Bench(elsewhere: .notFound, agreeing: said)
        try await bench.answer("onboarding", StandIn.sessions(person))
        return bench
    }

    /// What is in a browser after sign-out shows nothing: no page is stored, and each asks who looks before it shows anything.
    @Test func aPageShowsNothingAfterSignOut() async throws {
        let bench = try await Self.bench()
        let addresses = Self.addresses(bench, UUID().uuidString.lowercased()).filter { !Self.open.contains($0.pattern) }
        #expect(addresses.count > 20)
        for (pattern, path) in addresses {
            // The stream of a live page goes on for as long as somebody listens.
            if pattern != "/live" {
                let signedIn = try await Browser(bench, session: "good").get(path)
                #expect(signedIn.headers[.cacheControl] == "no-store", "\(pattern)")
            }
            for left in [Browser(bench), Browser(bench, session: "ended")] {
                let seen = try await left.get(path)
                #expect(seen.status == 303 && seen.location.hasPrefix("/sign-in?back="), "\(pattern)")
                #expect(seen.headers[.cacheControl] == "no-store" && !seen.text.contains("Ann"), "\(pattern)")
            }
        }
    }

    /// What is another tenant's is answered like what is not there, whatever page it is asked of.
    @Test(arguments: [[], ["account"]]) func whatIsNotOnesOwnIsLikeNothing(accounts: [String]) async throws {
        let bench = try await Self.bench(.ann(accounts: accounts))
        let browser = Browser(bench, session: "good")
        let (foreign, none) = ("018f0000-0000-7000-8000-0000000000aa", "018f0000-0000-7000-8000-0000000000bb")
        var missing = 0
        for ((pattern, path), (_, other)) in zip(Self.addresses(bench, foreign), Self.addresses(bench, none)) {
            guard path != other, !Self.open.contains(pattern) else { continue }
            let (first, second) = (try await browser.get(path), try await browser.get(other))
            #expect(first.status == second.status && first.location == second.location.replacing(none, with: foreign))
            #expect(first.plain.replacing(foreign, with: none) == second.plain, "\(pattern)")
            if first.status == 404 { missing += 1 } else { #expect([200, 303].contains(first.status), "\(pattern)") }
        }
        #expect(missing > 12)
    }

    // MARK: What is posted

    /// Whatever is posted without the proof of a page of this browser, or with another's, does nothing.
    @Test(arguments: ["", "forged"]) func whatAnotherSitePostsDoesNothing(proof: String) async throws {
        let said = Said()
        let bench = try await Self.bench(.ann(), said)
        let addresses = Self.addresses(bench, UUID().uuidString.lowercased(), .post)
        #expect(addresses.count > 60)
        let fields = "csrf=\(proof)&text=a&to=closed&do=save&language=en&email=a&password=b"
        let file = """
            --XyZ\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\(proof)\r\n--XyZ\r\nContent-Disposition: form-data; \
            name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\na,b\r\n--XyZ--\r\n
            """
        for (pattern, path) in addresses {
            for (type, body) in [
                ("application/x-www-form-urlencoded", fields), ("multipart/form-data; boundary=XyZ", file),
            ] {
                let browser = Browser(bench, session: Self.open.contains(pattern) ? nil : "good")
                let seen = try await browser.send(.post, path, ["Content-Type": type], body)
                // An address that takes a file first reads what it belongs to, and takes no other form.
                #expect([403, 404, 422].contains(seen.status), "\(pattern) \(seen.status) \(seen.location)")
            }
        }
        let asked = Set(said.texts.map { String($0.prefix { $0 != " " }.split(separator: ".").last ?? "") })
        #expect(asked.isSubset(of: ["get", "portal_case", "portal_task"]), "\(asked)")
    }

    /// Writing to what is another tenant's is answered like writing to what is not there.
    @Test(arguments: [[], ["account"]]) func whatIsNotOnesOwnIsWrittenToLikeNothing(accounts: [String]) async throws {
        let bench = try await Self.bench(.ann(accounts: accounts))
        let browser = Browser(bench, session: "good")
        let (foreign, none) = ("018f0000-0000-7000-8000-0000000000aa", "018f0000-0000-7000-8000-0000000000bb")
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let fields = [
            ("csrf", csrf), ("text", "a"), ("to", "closed"), ("do", "save"), ("etag", "1"), ("date", "2027-01-04"),
        ]
        var missing = 0
        for ((pattern, path), (_, other)) in zip(
            Self.addresses(bench, foreign, .post), Self.addresses(bench, none, .post))
        {
            guard path != other, !Self.open.contains(pattern) else { continue }
            let (first, second) = (try await browser.post(path, fields), try await browser.post(other, fields))
            #expect(first.status == second.status, "\(pattern)")
            #expect(first.location == second.location.replacing(none, with: foreign), "\(pattern)")
            #expect(first.plain.replacing(foreign, with: none) == second.plain, "\(pattern)")
            #expect(first.status < 500, "\(pattern) \(first.status)")
            if first.status == 404 { missing += 1 }
        }
        #expect(missing > 40)
    }

    /// Nothing that is posted or asked for leads to another site.
    @Test(arguments: ["//evil.example", "https://evil.example", "/\\evil.example"])
    func nothingLeadsToAnotherSite(evil: String) async throws {
        let bench = try await Self.bench()
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.createInvitation) { _, _ in SignInLink() },
                Endpoint(OnboardingAPI.readKnowledge) { _, _ in KnowledgeText() },
            ])
        let browser = Browser(bench, session: "good")
        let csrf = Secrets.proof(of: StandIn.token("good"))
        for path in ["/language", "/people/\(UUID().uuidString.lowercased())/invite"] {
            let done = try await browser.post(path, [("csrf", csrf), ("back", evil), ("language", "en")])
            #expect(done.status == 303 && !done.location.contains("evil"), "\(path)")
        }
        let query = Fields.encoded(evil)
        for path in ["/sign-in?back=\(query)", "/articles/\(UUID().uuidString.lowercased())?back=\(query)"] {
            let seen = try await browser.get(path)
            #expect(!seen.location.contains("evil"))
            #expect(!seen.text.contains("href=\"\(evil)\""), "\(path)")
        }
    }

    // MARK: Pages that ask by themselves

    private final class Renewals: Sendable {
        let passive = Mutex<[Bool]>([])

        func endpoint(expires: Int64) -> Endpoint {
            Endpoint(OnboardingAPI.renewSession, access: .anonymous) { _, request in
                self.passive.withLock { $0.append(request.passive) }
                return .ann(expires: expires)
            }
        }
    }

    /// A page that is open, and what it asks for by itself, keeps no session from idling; what somebody does, does.
    @Test func aPageThatAsksByItselfIsNoUse() async throws {
        let bench = try Bench(elsewhere: .notFound)
        let renewals = Renewals()
        try await bench.answer("onboarding", [renewals.endpoint(expires: 600)])
        let browser = Browser(bench, session: "good")
        _ = try await browser.get("/search", ["X-Passive": "1"])
        _ = try await browser.get("/live?topic=onboarding_case.\(UUID().uuidString.lowercased())")
        #expect(renewals.passive.withLock { $0 } == [true])
        // The token that it brought is not used for what somebody does.
        _ = try await browser.get("/search")
        #expect(renewals.passive.withLock { $0 } == [true, false])
        // The other way round there is nothing to renew.
        _ = try await browser.get("/search", ["X-Passive": "1"])
        _ = try await browser.get("/search")
        #expect(renewals.passive.withLock { $0 } == [true, false])
    }

    @Test func aTokenOfUseIsNotReplacedByAPassiveOne() async throws {
        let bench = try Bench()
        let renewals = Renewals()
        // Tokens that end so soon are renewed each time.
        try await bench.answer("onboarding", [renewals.endpoint(expires: 10)])
        let sessions = bench.site.sessions
        for isPassive in [false, true, false, true] {
            _ = try await sessions.person(StandIn.token("good"), isPassive: isPassive)
        }
        #expect(renewals.passive.withLock { $0 } == [false, true, false, true])
    }
}
