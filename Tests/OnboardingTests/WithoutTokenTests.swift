import OnboardingWire
import RPC
import Records
import ServiceTestKit
import TestKit
import Testing
import Wire

@testable import OnboardingService

/// The methods that work without a token are those that are named, and bounded.
@Suite(.timeLimit(.minutes(15))) struct WithoutTokenTests {
    @Test func theyAreNamed() async throws {
        let database = try await Server.shared.value.database
        let endpoints = Onboarding.endpoints(
            database, Onboarding.replicas(database, try await Server.shared.value.client),
            Onboarding.playbooks(database)
        ).endpoints
        let open = endpoints.filter { $0.access == .anonymous }.map {
            $0.subject.replacing("ale.v1.onboarding.", with: "")
        }
        #expect(Set(open) == WithoutToken.methods && open.count == WithoutToken.methods.count)
        #expect(endpoints.count > 100)
    }

    /// Strangers wait for each other; who has proved to be somebody does not wait for them.
    @Test func strangersShareABound() async throws {
        let stage = try await SignInStage { $0.strangersPerSecond = 1 }
        var reasons: [String?] = []
        for _ in 0..<40 { reasons.append(await refusal { try await stage.renew("none") }?.reason) }
        #expect(reasons.filter { $0 == "TOO_MANY_STRANGERS" }.count >= 3, "\(reasons)")
        let user = try await stage.addUser()
        let link = try await stage.invite(user.id)
        let secret = try await stage.secret(of: link)
        try await waitUntil { await refusal { try await stage.accept(secret) } == nil }
        for _ in 0..<20 { #expect(await refusal { try await stage.renew("none") }?.reason == "SESSION_ENDED") }
    }

    /// Malformed and hostile requests are refused, each without a fault and without a word of who exists.
    @Test(arguments: [
        "sessions.sign_in", "sessions.renew", "sessions.sign_out", "sessions.begin_federated",
        "sessions.complete_federated", "invitations.open", "invitations.accept", "passwords.forget",
        "passwords.reset",
    ])
    func hostileRequestsAreRefused(_ method: String) async throws {
        let stage = try await SignInStage()
        let user = try await stage.addMember()
        let email = user.email ?? ""
        let long = String(repeating: "가", count: 50_000)
        let texts = ["", "'; DROP TABLE onboarding.session; --", "\\u0000", long, "%00", email, user.id, "*", "../.."]
        for text in texts {
            let fields = [
                "email", "password", "secret", "sessionToken", "state", "code", "issuer", "redirectUri", "device",
                "address",
            ].map { "\"\($0)\": \"\(text)\"" }
            for field in fields {
                let known = fieldsOf(method).filter { field.hasPrefix("\"\($0)\"") }
                guard !known.isEmpty else { continue }
                let met = await refusal {
                    try await stage.server.client.call(
                        json: Array("{\(field)}".utf8), to: "ale.v1.onboarding.\(method)", as: .anonymous,
                        deadline: .seconds(20))
                }
                if let met {
                    #expect(!met.code.isFault, "\(method) \(field.prefix(60)) \(met)")
                    #expect(!"\(met.text.en) \(met.violations)".contains("Una User"))
                    #expect(met.code != .notFound && met.code != .permissionDenied)
                }
            }
        }
        #expect(try await stage.signIn(user).user == user.id)
    }

    private func fieldsOf(_ method: String) -> [String] {
        switch method {
        case "sessions.sign_in": ["email", "password", "device", "address"]
        case "sessions.renew", "sessions.sign_out": ["sessionToken"]
        case "sessions.begin_federated": ["issuer", "redirectUri", "address"]
        case "sessions.complete_federated": ["state", "code", "device", "address"]
        case "invitations.open": ["secret"]
        case "invitations.accept", "passwords.reset": ["secret", "password"]
        default: ["email", "address"]
        }
    }
}
