import Foundation
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import TestKit
import Testing
import Wire

@testable import HTTPS
@testable import OnboardingService

/// Sign-in with another issuer, a real one from PyPI.
@Suite(
    .timeLimit(.minutes(15)),
    .enabled(if: IssuerServer.isPrepared, "no Python environment under .local/venv: Tools/bootstrap.sh makes it"))
struct FederatedSignInTests {
    /// Where codes of an issuer go.
    private static func back(_ issuer: String) -> String {
        "\(SignInStage.workspace)/sign-in/back/\(OtherIssuer.mark(of: issuer))"
    }

    private func stage(_ server: IssuerServer, domains: [String]? = nil) async throws -> SignInStage {
        let issuer = OtherIssuer(
            issuer: server.url, name: "Example", clientID: "ale", clientSecretFile: nil, emailDomains: domains,
            authoritiesFile: server.certificate, clientSecret: "secret of the client")
        return try await SignInStage(issuers: [issuer])
    }

    private func begin(
        _ stage: SignInStage, _ server: IssuerServer, back: String? = nil
    ) async throws(Problem) -> BegunFederatedSignIn {
        var request = BeginFederatedSignInRequest()
        (request.issuer, request.redirectUri, request.address) = (server.url, back ?? Self.back(server.url), uuid())
        return try await stage.call(OnboardingAPI.beginFederatedSignIn, request)
    }

    private func complete(_ stage: SignInStage, _ state: String, _ code: String) async throws(Problem) -> SignedIn {
        var request = CompleteFederatedSignInRequest()
        (request.state, request.code, request.device, request.address) = (state, code, "Firefox", uuid())
        return try await stage.call(OnboardingAPI.completeFederatedSignIn, request)
    }

    /// All of it, as the person `subject` of the issuer.
    private func signIn(_ stage: SignInStage, _ server: IssuerServer, as subject: String) async throws -> SignedIn {
        let begun = try await begin(stage, server)
        let answer = try await server.authorize(begun.authorizationUrl, as: subject)
        #expect(answer["state"] == begun.state)
        return try await complete(stage, begun.state, answer["code"] ?? "")
    }

    @Test func aPersonSignsInByTheVerifiedAddress() async throws {
        let server = try await IssuerServer.start()
        let stage = try await stage(server)
        let user = try await stage.addUser()
        try await server.know("s1", email: (user.email ?? "").uppercased())
        let signedIn = try await signIn(stage, server, as: "s1")
        #expect(signedIn.user == user.id && !signedIn.sessionToken.isEmpty)
        #expect(try await stage.caller(signedIn.accessToken).subject == user.id)
        #expect(try await stage.renew(signedIn.sessionToken).user == user.id)
        #expect(try await stage.sessions(as: stage.caller(of: user)).first?.method == server.url)
        // Linked from now on: another address there is the same person, and another person with this address is not.
        try await server.know("s1", email: "changed@elsewhere.example")
        #expect(try await signIn(stage, server, as: "s1").user == user.id)
        try await server.know("s2", email: user.email ?? "")
        #expect(await refusal { try await signIn(stage, server, as: "s2") }?.reason == "SIGN_IN_REFUSED")
    }

    /// Nobody is created, and whoever may not sign in with a password may not so either.
    @Test func othersAreRefusedAlike() async throws {
        let server = try await IssuerServer.start()
        let stage = try await stage(server, domains: ["people.example"])
        let inactive = try await stage.addUser { $0.active = false }
        let withoutRole = try await stage.addUser([])
        let unverified = try await stage.addUser()
        let elsewhere = try await stage.addUser { $0.email = "\(uuid())@provider.example" }
        try await server.know("nobody", email: "nobody@people.example")
        try await server.know("inactive", email: inactive.email ?? "")
        try await server.know("poor", email: withoutRole.email ?? "")
        try await server.know("unverified", email: unverified.email ?? "", isVerified: false)
        // The issuer may not speak for this domain.
        try await server.know("elsewhere", email: elsewhere.email ?? "")
        let before = try await stage.server.admin.run("SELECT 1 FROM onboarding.\"user\"").count
        for subject in ["nobody", "inactive", "poor", "unverified", "elsewhere"] {
            let met = await refusal { try await signIn(stage, server, as: subject) }
            #expect(met?.code == .unauthenticated && met?.reason == "SIGN_IN_REFUSED", "\(subject) \(met as Any)")
        }
        #expect(try await stage.server.admin.run("SELECT 1 FROM onboarding.\"user\"").count == before)
    }

    /// What was begun is good once, for ten minutes, with the code that came of it.
    @Test func whatWasBegunIsGoodOnce() async throws {
        let server = try await IssuerServer.start()
        let stage = try await stage(server)
        let user = try await stage.addUser()
        try await server.know("s1", email: user.email ?? "")
        func tried(_ state: String, _ code: String) async -> String? {
            await refusal { try await complete(stage, state, code) }?.reason
        }
        let first = try await begin(stage, server)
        let code = try await server.authorize(first.authorizationUrl, as: "s1")["code"] ?? ""
        #expect(await tried(Secret().text, code) == "SIGN_IN_REFUSED")
        #expect(await tried("", "") == "SIGN_IN_REFUSED")
        // A code that came of something else: the verifier of PKCE is another.
        let second = try await begin(stage, server)
        #expect(await tried(second.state, code) == "SIGN_IN_REFUSED")
        #expect(await tried(first.state, "guessed") == "SIGN_IN_REFUSED")
        #expect(await tried(first.state, code) == "SIGN_IN_REFUSED")
        let late = try await begin(stage, server)
        let lateCode = try await server.authorize(late.authorizationUrl, as: "s1")["code"] ?? ""
        stage.clock.advance(seconds: 600)
        #expect(await tried(late.state, lateCode) == "SIGN_IN_REFUSED")
    }

    /// As the page of deployment says how to find it: sha256sum of the issuer, the first 16 digits.
    @Test func theMarkOfAnIssuerIsWhatItsOperatorFinds() {
        #expect(OtherIssuer.mark(of: "https://login.example") == "ced4229bf4ad3faa")
    }

    @Test func codesGoToTheWorkspaceAlone() async throws {
        let server = try await IssuerServer.start()
        let stage = try await stage(server)
        let elsewhere = [
            "https://evil.example", "https://workspace.example.evil.example", "https://workspace.example@evil.example",
            "http://workspace.example", "https://workspace.example/a#b", "", "/sign-in",
            "https://workspace.example/\\evil.example", "https://workspace.example/../x",
            "https://workspace.example/a b",
        ].map { "\($0)/\(OtherIssuer.mark(of: server.url))" }
        let ofNoIssuer = ["https://workspace.example", "https://workspace.example/sign-in/back"]
        for uri in elsewhere + ofNoIssuer + [Self.back("https://login.example")] {
            let met = await refusal { try await begin(stage, server, back: uri) }
            #expect(met?.violations.first?.field == "redirect_uri", "\(uri)")
        }
        let begun = try await begin(stage, server)
        let parts = try #require(URLComponents(string: begun.authorizationUrl))
        let asked = Dictionary(uniqueKeysWithValues: (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") })
        #expect(asked["redirect_uri"] == Self.back(server.url) && asked["code_challenge_method"] == "S256")
        #expect(asked["response_type"] == "code" && asked["state"] == begun.state && asked["nonce"]?.count == 43)
        #expect(asked["code_challenge"]?.count == 43 && asked["scope"] == "openid email")
        let listed = try await stage.call(OnboardingAPI.listSignInIssuers, ListSignInIssuersRequest())
        #expect(listed.issuers.map(\.issuer) == [server.url] && listed.issuers.map(\.name) == ["Example"])
    }

    /// An issuer that is not there, or that nobody vouches for, says so; one that is not configured is none.
    @Test func anIssuerThatIsAway() async throws {
        let server = try await IssuerServer.start()
        for (url, authorities) in [("https://localhost:1", server.certificate), (server.url, nil)] {
            let issuer = OtherIssuer(
                issuer: url, name: "Example", clientID: "ale", clientSecretFile: nil, emailDomains: nil,
                authoritiesFile: authorities, clientSecret: nil)
            let stage = try await SignInStage(issuers: [issuer])
            var request = BeginFederatedSignInRequest()
            (request.issuer, request.redirectUri) = (url, Self.back(url))
            let met = await refusal { try await stage.call(OnboardingAPI.beginFederatedSignIn, request) }
            #expect(met?.code == .unavailable && met?.reason == "ISSUER_UNREACHED")
            request.issuer = "https://unknown.example"
            let unknown = await refusal { try await stage.call(OnboardingAPI.beginFederatedSignIn, request) }
            #expect(unknown?.violations.first?.field == "issuer")
        }
    }
}
