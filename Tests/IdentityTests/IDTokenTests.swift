import Foundation
import JWTKit
import Testing

@testable import Identity

/// What an OpenID Connect issuer says of somebody is believed only when all of it fits.
@Suite struct IDTokenTests {
    private static let issuer = "https://login.example"
    private static let now: Int64 = 1_800_000_000

    /// An RSA key of the issuer's, made once.
    private struct Signing: Sendable {
        let signer: any JWTAlgorithm
        let document: [UInt8]
        let keys: IDTokenKeys

        init(bits: Int = 2_048, kid: String = "one", alg: String = "RS256") async throws {
            let pem = try Self.pem(bits)
            let key = try Insecure.RSA.PrivateKey(pem: pem)
            let (modulus, exponent) = try key.publicKey.getKeyPrimitives()
            signer = try await JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256).getKey()
            let (n, e) = (Base64URL.encode(modulus), Base64URL.encode(exponent))
            document = Array(
                #"{"keys": [{"kty": "EC", "kid": "x"}, {"kty": "RSA", "kid": "\#(kid)", "alg": "\#(alg)", "n": "\#(n)", "e": "\#(e)"}]}"#
                    .utf8)
            keys = try await IDTokenKeys(document)
        }

        private static func pem(_ bits: Int) throws -> String {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["openssl", "genrsa", "-traditional", String(bits)]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
            try process.run()
            let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: bytes, as: UTF8.self)
        }

        func token(
            header: String = #"{"alg": "RS256", "kid": "one"}"#, _ claims: [String: any Sendable]
        ) throws -> String {
            let payload = try JSONSerialization.data(withJSONObject: claims)
            let content = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(payload)
            return content + "." + Base64URL.encode(try signer.sign(Array(content.utf8)))
        }
    }

    private static let signing = Task { try await Signing() }

    private static func claims(_ changes: [String: any Sendable] = [:]) -> [String: any Sendable] {
        let usual: [String: any Sendable] = [
            "iss": issuer, "sub": "248289761001", "aud": "ale", "nonce": "n", "iat": now - 5, "exp": now + 600,
            "email": "una@example.com", "email_verified": true,
        ]
        return usual.merging(changes) { $1 }
    }

    private static func read(_ token: String, _ keys: IDTokenKeys) throws(IDTokenFault) -> IDToken {
        try IDToken(token, keys: keys, issuer: issuer, audience: "ale", nonce: "n", now: now)
    }

    @Test func aTokenThatFitsIsBelieved() async throws {
        let signing = try await Self.signing.value
        let token = try Self.read(signing.token(Self.claims()), signing.keys)
        #expect(token.subject == "248289761001" && token.verifiedEmail == "una@example.com")
        let both = try Self.read(
            signing.token(Self.claims(["aud": ["ale", "other"], "azp": "ale", "email_verified": "true"])), signing.keys)
        #expect(both.verifiedEmail == "una@example.com")
    }

    /// An address that the issuer has not verified is nobody's.
    @Test(arguments: [false, "false", "yes"] as [any Sendable])
    func anUnverifiedAddressIsNone(_ said: any Sendable) async throws {
        let signing = try await Self.signing.value
        #expect(
            try Self.read(signing.token(Self.claims(["email_verified": said])), signing.keys).verifiedEmail == nil)
    }

    @Test(
        arguments: [
            (["iss": "https://evil.example"], "another issuer"), (["aud": "other"], "for somebody else"),
            (["aud": ["ale", "other"]], "for somebody else"), (["azp": "other"], "for somebody else"),
            (["nonce": "m"], "of another sign-in"), (["exp": 1_799_999_000], "of another time"),
            (["iat": 1_800_000_900], "of another time"), (["iat": 1_799_990_000], "of another time"),
            (["sub": ""], "no subject"), (["email_verified": 7], "not the claims of an ID token"),
        ] as [([String: any Sendable], String)])
    func whatDoesNotFitIsNot(_ changes: [String: any Sendable], _ fault: String) async throws {
        let signing = try await Self.signing.value
        let token = try signing.token(Self.claims(changes))
        let met = #expect(throws: IDTokenFault.self) { try Self.read(token, signing.keys) }
        #expect(met?.description == fault)
    }

    @Test func onlyRS256OfAKnownKeyCounts() async throws {
        let signing = try await Self.signing.value
        let other = try await Signing()
        let cases = [
            (try signing.token(header: #"{"alg": "none", "kid": "one"}"#, Self.claims()), "the algorithm is not RS256"),
            (
                try signing.token(header: #"{"alg": "HS256", "kid": "one"}"#, Self.claims()),
                "the algorithm is not RS256"
            ),
            (try signing.token(header: #"{"alg": "RS256", "kid": "two"}"#, Self.claims()), "unknown key"),
            (
                try signing.token(header: #"{"alg": "RS256", "kid": "one", "crit": ["x"]}"#, Self.claims()),
                "not a token"
            ),
            (try other.token(Self.claims()), "wrong signature"), ("a.b", "not a token"), ("", "not a token"),
        ]
        for (token, fault) in cases {
            let met = #expect(throws: IDTokenFault.self) { try Self.read(token, signing.keys) }
            #expect(met?.description == fault)
            #expect(met?.isKeyUnknown == (fault == "unknown key"))
        }
        // A key for another algorithm, or a short one, is none.
        await #expect(throws: KeyError.self) { try await Signing(alg: "RS512") }
        await #expect(throws: (any Error).self) { try await Signing(bits: 1_024) }
    }

    /// No access token of this system is signed so: a key of RSA in a key set of people is passed over.
    @Test func rs256IsForIDTokensAlone() async throws {
        let signing = try await Self.signing.value
        await #expect(throws: KeyError.self) { try await KeySet.read(Data(signing.document), name: "keys") }
    }
}
