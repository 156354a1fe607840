import Foundation
import JWTKit
import RPC
import Roles
import Tenancy
import Testing

@testable import Identity

/// The closure of roles, under a name the fixture can use without its module.
enum RoleSet {
    static func close(_ roles: Set<String>) -> Set<String> { RoleCatalog.close(roles) }
}

@Suite struct VerifierAcceptsTests {
    @Test func aPersonOfTheBuiltInIssuer() async throws {
        let fixture = try await IdentityFixture()
        let person = IdentityFixture.person()
        let token = try fixture.issuer.token(for: person, lifetimeSeconds: 60)
        #expect(try await fixture.verifier.authenticate(token) == person)
        #expect(person.has("sn_ti_core.read"))
    }

    @Test func aCustomerWithAccountAndContact() async throws {
        let fixture = try await IdentityFixture()
        let token = try fixture.issuer.token(for: IdentityFixture.customer(), lifetimeSeconds: 60)
        let caller = try await fixture.verifier.authenticate(token)
        #expect(caller == IdentityFixture.customer())
        #expect(caller.kind == .customer)
    }

    @Test func aServiceAndAServiceActingForAPerson() async throws {
        let fixture = try await IdentityFixture()
        let own = try await fixture.verifier.authenticate(fixture.issuer.serviceToken("play-launcher"))
        #expect(own.kind == .service && own.subject == "service:play-launcher" && own.roles == ["admin"])
        #expect(own.domain == .root && own.actor == nil)
        let delegated = try await fixture.verifier.authenticate(
            fixture.issuer.delegatedToken(for: IdentityFixture.customer(), by: "play-launcher"))
        #expect(delegated.kind == .customer && delegated.actor == "service:play-launcher")
        #expect(delegated.roles == IdentityFixture.customer().roles && delegated.account == IdentityFixture.account)
    }

    @Test func aTokenSignedWithES256() async throws {
        let fixture = try await IdentityFixture()
        let caller = try await fixture.verifier.authenticate(fixture.es256Token(fixture.claims()))
        #expect(caller.subject == IdentityFixture.ann && caller.kind == .person && caller.locale == "en")
    }

    /// Another library's view of our tokens: jwt-kit verifies what the issuer signs, with the published key set.
    @Test func jwtKitVerifiesOurTokens() async throws {
        struct Payload: JWTPayload {
            var sub: String
            var aud: AudienceClaim
            var exp: ExpirationClaim
            func verify(using algorithm: some JWTAlgorithm) throws { try aud.verifyIntendedAudience(includes: "ale") }
        }
        let fixture = try await IdentityFixture()
        let keys = JWTKeyCollection()
        try await keys.add(jwksJSON: String(contentsOf: URL(filePath: fixture.keySetFile), encoding: .utf8))
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        let payload = try await keys.verify(token, as: Payload.self)
        #expect(payload.sub == IdentityFixture.ann)
        #expect(Int64(payload.exp.value.timeIntervalSince1970) == IdentityFixture.start + 60)
    }

    @Test func rolesAreClosedAndUnknownNamesIgnored() async throws {
        let fixture = try await IdentityFixture()
        var claims = fixture.claims()
        claims["roles"] = ["sn_acct_lc.touchpoint_write", "sn_admin", "Onboarding manager", "other-system.boss", ""]
        let caller = try await fixture.verifier.authenticate(fixture.es256Token(claims))
        #expect(caller.roles == ["sn_acct_lc.touchpoint_write", "sn_acct_lc.touchpoint_read"])
    }

    @Test func optionalClaimsMayBeMissing() async throws {
        let fixture = try await IdentityFixture()
        var claims = fixture.claims()
        claims["nbf"] = nil
        claims["locale"] = nil
        claims["aud"] = ["other", "ale"]
        claims["roles"] = [String]()
        #expect(try await fixture.verifier.authenticate(fixture.es256Token(claims)).locale == "en")
        claims["locale"] = "ko-KR"
        #expect(try await fixture.verifier.authenticate(fixture.es256Token(claims)).locale == "ko")
    }
}

@Suite struct VerifierRefusesTests {
    /// The verifier's answer: nil when it accepts.
    private func refusal(_ verifier: Verifier, _ token: String?) async -> Problem? {
        do {
            _ = try await verifier.authenticate(token)
            return nil
        } catch { return error }
    }

    private func expectRefusal(
        _ problem: Problem?, _ reason: String, _ cause: String? = nil, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(problem?.code == .unauthenticated, sourceLocation: location)
        #expect(problem?.reason == reason, "\(problem?.cause ?? "accepted")", sourceLocation: location)
        // One sentence for all, and nothing of the cause in what is sent.
        #expect(problem?.text == Problem.unauthenticated().text, sourceLocation: location)
        #expect(problem?.metadata.isEmpty == true, sourceLocation: location)
        if let cause {
            #expect(problem?.cause?.contains(cause) == true, "\(problem?.cause ?? "")", sourceLocation: location)
        }
    }

    @Test(arguments: [
        nil, "", ".", "..", "...", "a.b.c", "a.b", "not a token", "eyJhbGciOiJFZERTQSJ9.e30.", "é.é.é",
        String(repeating: "a", count: 8_192),
    ])
    func whatIsNoToken(_ token: String?) async throws {
        let fixture = try await IdentityFixture()
        expectRefusal(
            await refusal(fixture.verifier, token), token?.isEmpty ?? true ? "TOKEN_MISSING" : "TOKEN_INVALID")
    }

    @Test func tooLongATokenEvenWhenSigned() async throws {
        let fixture = try await IdentityFixture()
        var claims = fixture.claims()
        claims["padding"] = String(repeating: "x", count: 7_000)
        expectRefusal(
            await refusal(fixture.verifier, try await fixture.es256Token(claims)), "TOKEN_INVALID", "too long")
        claims["padding"] = String(repeating: "x", count: 3_000)
        #expect(await refusal(fixture.verifier, try await fixture.es256Token(claims)) == nil)
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", ""])
    func theAlgorithmNone(_ algorithm: String) async throws {
        let fixture = try await IdentityFixture()
        for kid in [try fixture.keyID, "es"] {
            let content = try IdentityFixture.content(["alg": algorithm, "kid": kid], fixture.claims())
            expectRefusal(await refusal(fixture.verifier, content + "."), "TOKEN_INVALID")
            let signed = try await fixture.es256Token(fixture.claims(), header: ["alg": algorithm, "kid": kid])
            expectRefusal(await refusal(fixture.verifier, signed), "TOKEN_INVALID", "algorithm")
        }
    }

    /// The classic: HMAC with the public key as the secret.
    @Test(arguments: ["HS256", "HS384", "HS512"])
    func anHMACWithThePublicKey(_ algorithm: String) async throws {
        let fixture = try await IdentityFixture()
        let document = try JSONDecoder().decode(
            JSONKeySet.self, from: Data(contentsOf: URL(filePath: fixture.keySetFile)))
        for key in document.keys {
            let raw = Base64URL.decode(Array((key.x ?? "").utf8)) ?? []
            for secret in [Data(raw), Data((key.x ?? "").utf8), Data(fixture.es256.publicKey.pemRepresentation.utf8)] {
                let hmac = try await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
                    .getKey()
                let content = try IdentityFixture.content(["alg": algorithm, "kid": key.kid ?? ""], fixture.claims())
                let token = content + "." + Base64URL.encode(try hmac.sign(Array(content.utf8)))
                expectRefusal(await refusal(fixture.verifier, token), "TOKEN_INVALID", "algorithm")
            }
        }
    }

    @Test func oneAlgorithmUnderTheKeyOfAnother() async throws {
        let fixture = try await IdentityFixture()
        let claims = fixture.claims()
        let swapped = [
            try await fixture.es256Token(claims, header: ["alg": "ES256", "kid": fixture.keyID]),
            try await fixture.es256Token(claims, header: ["alg": "EdDSA", "kid": fixture.keyID]),
            try await fixture.es256Token(claims, header: ["alg": "EdDSA", "kid": "es"]),
            try await fixture.edToken(claims, header: ["alg": "EdDSA", "kid": "es"]),
            try await fixture.edToken(claims, header: ["alg": "ES256", "kid": "es"]),
            try await fixture.edToken(claims, header: ["alg": "ES256", "kid": fixture.keyID]),
        ]
        for token in swapped { expectRefusal(await refusal(fixture.verifier, token), "TOKEN_INVALID") }
    }

    @Test func headersThatPointElsewhere() async throws {
        let fixture = try await IdentityFixture()
        let good: [String: Any] = ["alg": "ES256", "kid": "es"]
        func token(_ change: [String: Any]) async throws -> String {
            try await fixture.es256Token(fixture.claims(), header: good.merging(change) { $1 })
        }
        #expect(await refusal(fixture.verifier, try await token([:])) == nil)
        expectRefusal(
            await refusal(fixture.verifier, try await token(["kid": "nobody"])), "TOKEN_INVALID", "unknown key")
        expectRefusal(
            await refusal(fixture.verifier, try await token(["crit": ["exp"]])), "TOKEN_INVALID", "extensions")
        expectRefusal(await refusal(fixture.verifier, try await token(["typ": "JWE"])), "TOKEN_INVALID", "no JWT")
        let noKey = try await fixture.es256Token(fixture.claims(), header: ["alg": "ES256"])
        expectRefusal(await refusal(fixture.verifier, noKey), "TOKEN_INVALID", "unknown key")
        // A key brought along is not looked at: the signature must be of the key set's.
        let own = ES256PrivateKey()
        let content = try IdentityFixture.content(
            ["alg": "ES256", "kid": "es", "jwk": ["kty": "EC", "crv": "P-256"], "jku": "https://example.org/keys"],
            fixture.claims())
        let signature = try await JWTKeyCollection().add(ecdsa: own).getKey().sign(Array(content.utf8))
        let brought = content + "." + Base64URL.encode(signature)
        expectRefusal(await refusal(fixture.verifier, brought), "TOKEN_INVALID", "wrong signature")
    }

    @Test func forgedAndDamagedTokens() async throws {
        let fixture = try await IdentityFixture()
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        #expect(await refusal(fixture.verifier, token) == nil)
        let parts = token.split(separator: ".").map(String.init)
        var claims = fixture.claims()
        claims["roles"] = ["admin"]
        let promoted =
            parts[0] + "." + Base64URL.encode(try JSONSerialization.data(withJSONObject: claims)) + "." + parts[2]
        expectRefusal(await refusal(fixture.verifier, promoted), "TOKEN_INVALID", "wrong signature")
        // Every single character counts, in each of the parts.
        for index in stride(from: 0, to: token.utf8.count, by: 7) {
            var bytes = Array(token.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            expectRefusal(await refusal(fixture.verifier, String(decoding: bytes, as: UTF8.self)), "TOKEN_INVALID")
        }
        for end in [1, 10, token.utf8.count / 2, token.utf8.count - 1] {
            expectRefusal(await refusal(fixture.verifier, String(token.prefix(end))), "TOKEN_INVALID")
        }
        expectRefusal(await refusal(fixture.verifier, token + "A"), "TOKEN_INVALID")
        expectRefusal(await refusal(fixture.verifier, token + "="), "TOKEN_INVALID")
        expectRefusal(await refusal(fixture.verifier, token + ".x"), "TOKEN_INVALID")
    }

    @Test(arguments: ["iss", "sub", "aud", "exp", "iat"])
    func aMissingClaim(_ name: String) async throws {
        let fixture = try await IdentityFixture()
        var claims = fixture.claims()
        claims[name] = nil
        expectRefusal(await refusal(fixture.verifier, try await fixture.es256Token(claims)), "TOKEN_INVALID")
        claims[name] = NSNull()
        expectRefusal(await refusal(fixture.verifier, try await fixture.es256Token(claims)), "TOKEN_INVALID")
    }

    /// One claim that is wrong: its name, a value as JSON, the reason.
    static let wrong: [(String, String, String)] = [
        ("iss", "\"somebody\"", "TOKEN_INVALID"), ("aud", "\"other\"", "TOKEN_INVALID"), ("aud", "[]", "TOKEN_INVALID"),
        ("aud", "[\"other\"]", "TOKEN_INVALID"), ("sub", "\"\"", "TOKEN_INVALID"),
        ("sub", "\"admin\"", "TOKEN_INVALID"),
        ("sub", "\"0A6F2C1E-0000-4000-8000-00000000000A\"", "TOKEN_INVALID"), ("sub", "\"service:\"", "TOKEN_INVALID"),
        ("sub", "\"service:x y\"", "TOKEN_INVALID"), ("sub", "7", "TOKEN_INVALID"),
        ("domain", "\"\"", "TOKEN_INVALID"), ("domain", "\"provider\"", "TOKEN_INVALID"),
        ("domain", "\"/provider\"", "TOKEN_INVALID"),
        ("domain", "\"/Provider/\"", "TOKEN_INVALID"), ("domain", "\"/a/../\"", "TOKEN_INVALID"),
        ("domain", "\"//\"", "TOKEN_INVALID"),
        ("domain", "\"/%/\"", "TOKEN_INVALID"), ("roles", "\"admin\"", "TOKEN_INVALID"),
        ("roles", "[1]", "TOKEN_INVALID"),
        ("exp", "1749999970", "TOKEN_INVALID"), ("exp", "1e300", "TOKEN_INVALID"), ("exp", "-1", "TOKEN_INVALID"),
        ("exp", "\"1750000600\"", "TOKEN_INVALID"), ("exp", "1760000000", "TOKEN_INVALID"),
        ("nbf", "1750000031", "TOKEN_NOT_YET_VALID"), ("iat", "1750000031", "TOKEN_NOT_YET_VALID"),
        ("act", "{\"sub\":\"0a6f2c1e-0000-4000-8000-00000000000a\"}", "TOKEN_INVALID"), ("act", "{}", "TOKEN_INVALID"),
        ("contact", "\"0d6f2c1e-0000-4000-8000-00000000000d\"", "TOKEN_INVALID"),
        ("account", "\"0c6f2c1e-0000-4000-8000-00000000000c\"", "TOKEN_INVALID"),
        ("roles", "[\"sn_customerservice.customer\"]", "TOKEN_INVALID"),
        ("roles", "[\"sn_acct_lc.ale_success_customer\"]", "TOKEN_INVALID"),
        ("roles", "[\"sn_acct_lc.agent\", \"sn_customerservice.customer\"]", "TOKEN_INVALID"),
    ]

    @Test(arguments: wrong)
    func aWrongClaim(_ name: String, _ json: String, _ reason: String) async throws {
        let fixture = try await IdentityFixture()
        var claims = fixture.claims()
        claims[name] = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        expectRefusal(await refusal(fixture.verifier, try await fixture.es256Token(claims)), reason)
    }

    @Test func customersWithTooMuchOrTooLittle() async throws {
        let fixture = try await IdentityFixture()
        var good = fixture.claims()
        good["roles"] = ["sn_customerservice.customer"]
        good["account"] = IdentityFixture.account
        good["domain"] = "/provider/d0000001/"
        #expect(await refusal(fixture.verifier, try await fixture.es256Token(good)) == nil)
        let changes: [[String: Any]] = [
            ["account": ""], ["account": "*"], ["contact": "x"], ["domain": "/"], ["sub": "service:x"],
            // The provider's domain is no account's: a customer there would see all of them.
            ["domain": "/provider/"], ["domain": "/other/"],
            ["roles": ["sn_customerservice.customer", "sn_acct_lc.agent"]], ["roles": ["admin"]],
            ["accounts": [["account": IdentityFixture.account, "domain": "/provider/d0000001/"]]],
        ]
        for change in changes {
            let token = try await fixture.es256Token(good.merging(change) { $1 })
            expectRefusal(await refusal(fixture.verifier, token), "TOKEN_INVALID")
        }
        good["domain"] = nil
        expectRefusal(await refusal(fixture.verifier, try await fixture.es256Token(good)), "TOKEN_INVALID")
    }

    /// G-126: a list of accounts, each with its domain and the contact the person is there.
    @Test func aCustomerOfSeveralAccounts() async throws {
        let fixture = try await IdentityFixture()
        let caller = try IdentityFixture.customerOfTwo()
        let token = try fixture.issuer.token(for: caller, lifetimeSeconds: 60)
        #expect(try await fixture.verifier.authenticate(token) == caller)
        let delegated = try await fixture.verifier.authenticate(fixture.issuer.delegatedToken(for: caller, by: "x"))
        #expect(delegated.memberships == caller.memberships && delegated.actor == "service:x")
        // Another issuer may leave out the domain, or name that of any of the accounts.
        var claims = fixture.claims()
        claims["roles"] = ["sn_customerservice.customer"]
        claims["accounts"] = IdentityFixture.twoAccounts
        for domain in [nil, "/provider/d0000001/", "/provider/d0000002/"] {
            claims["domain"] = domain
            let found = try await fixture.verifier.authenticate(try await fixture.es256Token(claims))
            #expect(found.memberships == caller.memberships && found.domain.path == "/provider/d0000001/")
        }
        // One of a list is one.
        claims["accounts"] = [IdentityFixture.twoAccounts[0]]
        claims["domain"] = nil
        let one = try await fixture.verifier.authenticate(try await fixture.es256Token(claims))
        #expect(one.memberships == [caller.memberships[0]])
        // As many as there may be still fit into a token.
        let many = try (1...Membership.limit).map { number in
            Membership(
                account: uuid(number), domain: try #require(DomainPath("/provider/d\(1_000_000 + number)/")),
                contact: uuid(number))
        }
        let crowd = try #require(Caller(subject: IdentityFixture.ann, roles: [], memberships: many))
        let long = try fixture.issuer.token(for: crowd, lifetimeSeconds: 60)
        #expect(try await fixture.verifier.authenticate(long) == crowd)
    }

    private func uuid(_ number: Int) -> String { "0c6f2c1e-0000-4000-8000-0000000000\(10 + number)" }

    @Test func listsOfAccountsThatAreWrong() async throws {
        let fixture = try await IdentityFixture()
        let first: [String: Any] = IdentityFixture.twoAccounts[0]
        let second: [String: Any] = IdentityFixture.twoAccounts[1]
        func with(_ change: [String: Any]) -> [Any] { [first, second.merging(change) { $1 }] }
        let wrong: [(String, [String: Any])] = [
            ("one account twice", ["accounts": with(["account": IdentityFixture.account])]),
            ("two accounts of one domain", ["accounts": with(["domain": "/provider/d0000001/"])]),
            ("the provider's domain", ["accounts": with(["domain": "/provider/"])]),
            ("the root", ["accounts": with(["domain": "/"])]), ("no path", ["accounts": with(["domain": "x"])]),
            ("no domain", ["accounts": [first, ["account": second["account"] ?? ""]]]),
            ("no account", ["accounts": [first, ["domain": "/provider/d0000002/"]]]),
            ("no id", ["accounts": with(["account": "*"])]), ("no contact's id", ["accounts": with(["contact": "x"])]),
            ("no list", ["accounts": "x"]), ("no accounts", ["accounts": [] as [Any]]),
            ("a domain of none", ["domain": "/provider/d0000003/"]), ("the domain above", ["domain": "/provider/"]),
            ("an account beside them", ["account": IdentityFixture.account, "domain": "/provider/d0000001/"]),
            ("a contact beside them", ["contact": IdentityFixture.contact]),
            ("a provider's role", ["roles": ["sn_customerservice.customer", "sn_acct_lc.agent"]]),
            ("an administrator", ["roles": ["admin"]]), ("a service", ["sub": "service:x"]),
            (
                "too many",
                [
                    "accounts": (0...Membership.limit).map {
                        ["account": uuid($0), "domain": "/provider/d\(1_000_000 + $0)/"]
                    }
                ]
            ),
        ]
        for (what, change) in wrong {
            var claims = fixture.claims()
            claims["roles"] = ["sn_customerservice.customer"]
            claims["accounts"] = IdentityFixture.twoAccounts
            claims["domain"] = nil
            let token = try await fixture.es256Token(claims.merging(change) { $1 })
            #expect(await refusal(fixture.verifier, token)?.reason == "TOKEN_INVALID", "\(what)")
        }
    }

    /// What no service would admit is not minted either.
    @Test func whoCannotBeIsNotMinted() async throws {
        let fixture = try await IdentityFixture()
        let provider = try #require(DomainPath("/provider/"))
        let own = try #require(DomainPath("/provider/d0000001/"))
        func caller(
            _ kind: Caller.Kind, _ domain: DomainPath, _ role: String, account: String? = nil, contact: String? = nil
        ) -> Caller {
            Caller(
                subject: IdentityFixture.ann, kind: kind, domain: domain, roles: RoleSet.close([role]),
                account: account, contact: contact)
        }
        let external = "sn_acct_lc.ale_success_customer"
        let account = IdentityFixture.account
        for wrong in [
            caller(.customer, provider, external, account: account, contact: IdentityFixture.contact),
            caller(.customer, .root, external, account: account), caller(.customer, own, external),
            caller(.customer, own, "sn_acct_lc.agent", account: account), caller(.customer, own, "admin"),
            caller(.customer, own, external, account: "x"), caller(.person, own, external),
            caller(.person, provider, external), caller(.service, provider, "admin"),
        ] {
            #expect(Issuer.fault(of: wrong) != nil)
            #expect(throws: Problem.self) { try fixture.issuer.token(for: wrong, lifetimeSeconds: 60) }
        }
        #expect(Issuer.fault(of: caller(.customer, own, external, account: account)) == nil)
    }

    @Test func servicesOfAnIssuerThatHasOnlyPeople() async throws {
        let fixture = try await IdentityFixture(mayActAsService: false)
        #expect(
            await refusal(
                fixture.verifier, try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)) == nil)
        expectRefusal(
            await refusal(fixture.verifier, try fixture.issuer.serviceToken("x")), "TOKEN_INVALID", "services")
        let delegated = try fixture.issuer.delegatedToken(for: IdentityFixture.person(), by: "x")
        expectRefusal(await refusal(fixture.verifier, delegated), "TOKEN_INVALID", "services")
    }

    /// A token is refused once it has expired, also when it was verified and remembered before.
    @Test func timePasses() async throws {
        let fixture = try await IdentityFixture()
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        #expect(await refusal(fixture.verifier, token) == nil)
        fixture.clock.now += 89
        #expect(await refusal(fixture.verifier, token) == nil)
        fixture.clock.now += 1
        expectRefusal(await refusal(fixture.verifier, token), "TOKEN_EXPIRED")
        fixture.clock.now = IdentityFixture.start - 31
        expectRefusal(await refusal(fixture.verifier, token), "TOKEN_NOT_YET_VALID")
    }
}
