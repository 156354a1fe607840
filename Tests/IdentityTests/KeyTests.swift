import Foundation
import JWTKit
import RPC
import Tenancy
import Testing

@testable import Identity

@Suite struct KeyTests {
    @Test func rotationKeepsOldTokensUntilTheKeyIsRemoved() async throws {
        let fixture = try await IdentityFixture()
        let old = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 600)
        let oldID = try fixture.keyID
        _ = try await fixture.verifier.authenticate(old)
        try Issuer.generateKey(keyFile: fixture.keyFile, keySetFile: fixture.keySetFile)
        #expect(try fixture.keyID != oldID)
        let clock = fixture.clock
        let next = try await Issuer(keyFile: fixture.keyFile, now: { clock.now })
        let new = try next.token(for: IdentityFixture.person(), lifetimeSeconds: 600)
        _ = try await fixture.verifier.authenticate(new)
        _ = try await fixture.verifier.authenticate(old)
        // The old key goes: what it signed is refused from now on, remembered or not.
        let path = URL(filePath: fixture.keySetFile)
        var document = try JSONDecoder().decode(JSONKeySet.self, from: Data(contentsOf: path))
        document.keys.removeAll { $0.kid == oldID }
        try JSONEncoder().encode(document).write(to: path, options: .atomic)
        await #expect(throws: Problem.self) { try await fixture.verifier.authenticate(old) }
        _ = try await fixture.verifier.authenticate(new)
    }

    @Test func aFileThatCannotBeReadChangesNothing() async throws {
        let fixture = try await IdentityFixture()
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 600)
        let path = URL(filePath: fixture.keySetFile)
        let good = try Data(contentsOf: path)
        for bad in [Data("{\"keys\":[".utf8), Data("{\"keys\":[]}".utf8), Data(repeating: 32, count: 100_000)] {
            try bad.write(to: path, options: .atomic)
            _ = try await fixture.verifier.authenticate(token)
        }
        try FileManager.default.removeItem(at: path)
        _ = try await fixture.verifier.authenticate(token)
        #expect(fixture.reports.all.count >= 4)
        try good.write(to: path, options: .atomic)
        _ = try await fixture.verifier.authenticate(token)
    }

    @Test func theFileIsLeftAloneWithinTheInterval() async throws {
        let fixture = try await IdentityFixture(keyFileInterval: .seconds(3_600))
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 600)
        try FileManager.default.removeItem(atPath: fixture.keySetFile)
        _ = try await fixture.verifier.authenticate(token)
        #expect(fixture.reports.all.isEmpty)
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"x\",\"e\":\"AQAB\"}]}",
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"alg\":\"HS256\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":\"AAAA\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}",
    ])
    func aKeySetWithoutAUsableKeyStopsTheStart(_ json: String) async throws {
        await #expect(throws: KeyError.self) { try await KeySet.read(Data(json.utf8), name: "test") }
    }

    @Test func keySetsWithMistakesStopTheStart() async throws {
        let fixture = try await IdentityFixture()
        let good = try JSONDecoder().decode(JSONKeySet.self, from: Data(contentsOf: URL(filePath: fixture.keySetFile)))
        func read(_ change: (inout JSONKeySet) -> Void) async throws -> KeySet {
            var document = good
            change(&document)
            return try await KeySet.read(JSONEncoder().encode(document), name: "test")
        }
        #expect(try await read { _ in }.keys.count == 2)
        await #expect(throws: KeyError.self, "a private key") { try await read { $0.keys[0].d = "AAAA" } }
        await #expect(throws: KeyError.self, "no id") { try await read { $0.keys[0].kid = nil } }
        await #expect(throws: KeyError.self, "an id twice") { try await read { $0.keys.append($0.keys[0]) } }
        // Keys for something else are passed over.
        #expect(try await read { $0.keys[0].use = "enc" }.keys.count == 1)
        #expect(try await read { $0.keys[0].alg = "ES256" }.keys.count == 1)
        for operations in [[], ["sign"], ["encrypt", "wrapKey"]] {
            #expect(try await read { $0.keys[0].keyOps = operations }.keys.count == 1)
        }
        #expect(try await read { $0.keys[0].keyOps = ["sign", "verify"] }.keys.count == 2)
        #expect(
            try await read {
                $0.keys[0].keyOps = ["verify"]
                $0.keys[0].use = "enc"
            }.keys.count == 1)
        await #expect(throws: KeyError.self) {
            try await Verifier(issuers: [TrustedIssuer(name: "ale", keySetFile: "/nonexistent/jwks.json")])
        }
        await #expect(throws: KeyError.self) { try await Verifier(issuers: []) }
        let named = #"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AA","key_ops":["sign"]}"#
        #expect(try JSONDecoder().decode(JSONKey.self, from: Data(named.utf8)).mayVerify == false)
        await #expect(throws: KeyError.self) { try await Issuer(keyFile: fixture.keySetFile) }
    }

    @Test func thePrivateKeyIsTheOwnersAlone() async throws {
        let fixture = try await IdentityFixture()
        for _ in 0..<2 {
            let attributes = try FileManager.default.attributesOfItem(atPath: fixture.keyFile)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            try Issuer.generateKey(keyFile: fixture.keyFile, keySetFile: fixture.keySetFile)
        }
        let published = try String(contentsOf: URL(filePath: fixture.keySetFile), encoding: .utf8)
        #expect(!published.contains("\"d\""))
    }

    @Test func oldKeysAreDroppedInTheEnd() async throws {
        let fixture = try await IdentityFixture()
        for _ in 0..<24 { try Issuer.generateKey(keyFile: fixture.keyFile, keySetFile: fixture.keySetFile) }
        let document = try JSONDecoder().decode(
            JSONKeySet.self, from: Data(contentsOf: URL(filePath: fixture.keySetFile)))
        #expect(document.keys.count == 16)
        #expect(document.keys[0].kid == (try fixture.keyID))
    }
}

@Suite struct TokenMemoryTests {
    @Test func memoryIsBoundedAndKeepsWhatIsUsed() {
        var memory = TokenMemory(capacity: 10)
        let entry = TokenMemory.Entry(
            proof: TokenProof(
                caller: IdentityFixture.person(), namesRoles: true, namesDomain: true),
            times: .init(expires: 2, issued: 1, longest: 60),
            stamp: .init(issuer: "ale", generation: 0))
        memory.remember("kept", entry)
        for number in 0..<1_000 {
            memory.remember("token \(number)", entry)
            #expect(memory.count <= 20)
            #expect(memory.entry(of: "kept") == entry)
        }
        #expect(memory.entry(of: "token 1") == nil)
        #expect(memory.entry(of: "token 999") == entry)
    }

    @Test func manyCallersAtOnce() async throws {
        let fixture = try await IdentityFixture(keyFileInterval: .zero, rememberedTokens: 4)
        let tokens = try (1...16).map {
            try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: Int64($0) * 60)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for round in 0..<200 {
                group.addTask { _ = try await fixture.verifier.authenticate(tokens[round % tokens.count]) }
            }
            try await group.waitForAll()
        }
    }
}

@Suite struct Base64URLTests {
    @Test func agreesWithFoundation() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
            let text = Base64URL.encode(bytes)
            #expect(text == IdentityFixture.urlSafe(Data(bytes).base64EncodedString()))
            #expect(Base64URL.decode(Array(text.utf8)) == bytes)
        }
    }

    @Test(arguments: ["A", "AAAAA", "AB", "AAB", "AA==", "A+A/", "AA A", "é"])
    func refusesAllButTheOneSpelling(_ text: String) {
        #expect(Base64URL.decode(Array(text.utf8)) == nil)
    }
}

@Suite struct IssuerTests {
    @Test func tokensNameOnlyTheWidestRoles() async throws {
        let fixture = try await IdentityFixture()
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        let payload = try #require(Base64URL.decode(Array(token.split(separator: ".")[1].utf8)))
        let claims = try JSONDecoder().decode(Claims.self, from: Data(payload))
        #expect(claims.roles == ["sn_acct_lc.agent"])
        #expect(token.utf8.count < 600)
    }

    @Test func aServiceKeepsItsTokenForAWhile() async throws {
        let fixture = try await IdentityFixture()
        let tokens = ServiceTokens(
            issuer: fixture.issuer, service: "notifier", roles: ["sn_acct_lc.ale_success_viewer"])
        let token = try tokens.token()
        fixture.clock.now += 1
        #expect(try tokens.token() == token)
        let caller = try await fixture.verifier.authenticate(token)
        #expect(caller.subject == "service:notifier" && caller.domain == .root)
        #expect(caller.has("sn_acct_lc.touchpoint_read") && !caller.has("admin"))
    }
}
