import Foundation
import RPC
import ServiceTestKit
import Tenancy
import Testing

@testable import Identity

private let provider = DomainPath("/provider/") ?? .root
private let agent = "sn_acct_lc.agent"

/// What is asked for on the word of a token that nobody has to have signed.
@Suite struct StrangerTests {
    @Test func inventedIssuersAreAskedForSoOftenOnly() async throws {
        let registry = PeopleRegistry()
        let fixture = try await IdentityFixture(people: registry)
        let file = fixture.folder.appending(path: "system.key").path
        let known = KnownPerson(
            domain: provider, isSystem: true, publicKey: try SystemKey.generate(keyFile: file), roles: [agent])
        registry[IdentityFixture.ann] = known
        let clock = fixture.clock
        let own = try await Issuer(keyFile: file, name: IdentityFixture.ann, now: { clock.now })
        let token = try own.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        _ = try await fixture.verifier.verify(token)
        let before = registry.questions
        let began = ContinuousClock.now
        var refused = 0
        for number in 0..<1_000 {
            let id = "0f6f2c1e-0000-4000-8000-" + String(repeating: "0", count: 8) + String(number + 1_000)
            let claims = #"{"iss":"\#(id)","sub":"\#(id)","aud":"ale","exp":1,"iat":0}"#
            let forged = "e30." + Base64URL.encode(Array(claims.utf8)) + ".x"
            let problem = await #expect(throws: Problem.self) { try await fixture.verifier.verify(forged) }
            if problem?.code == .unavailable { refused += 1 }
        }
        let seconds = Int(began.duration(to: .now).components.seconds) + 1
        let allowed = VerifierOptions().strangersPerSecond * (seconds + 1)
        #expect(registry.questions - before == 1_000 - refused)
        #expect(registry.questions - before <= allowed)
        // Whose signature was seen is not kept waiting.
        _ = try await fixture.verifier.verify(token)
        let next = try own.token(for: IdentityFixture.person(roles: []), lifetimeSeconds: 50)
        _ = try await fixture.verifier.verify(next)
    }
}
