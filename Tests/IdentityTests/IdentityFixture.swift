import Foundation
import JWTKit
import Synchronization
import Tenancy

@testable import Identity

/// A folder with keys, an issuer, a verifier and a clock that stands still until it is set.
final class IdentityFixture: Sendable {
    static let start: Int64 = 1_750_000_000
    static let ann = "0a6f2c1e-0000-4000-8000-00000000000a"
    static let account = "0c6f2c1e-0000-4000-8000-00000000000c"
    static let contact = "0d6f2c1e-0000-4000-8000-00000000000d"

    let folder: URL
    let issuer: Issuer
    let verifier: Verifier
    /// The ES256 key of the key set, id `es`.
    let es256: ES256PrivateKey
    /// Sentences the verifier reported.
    let reports: Reports
    let clock: Clock

    final class Clock: Sendable {
        private let seconds = Mutex<Int64>(IdentityFixture.start)
        var now: Int64 {
            get { seconds.withLock { $0 } }
            set { seconds.withLock { $0 = newValue } }
        }
    }

    final class Reports: Sendable {
        private let sentences = Mutex<[String]>([])
        func add(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
        var all: [String] { sentences.withLock { $0 } }
    }

    var keyFile: String { folder.appending(path: "key.json").path }
    var keySetFile: String { folder.appending(path: "jwks.json").path }

    init(
        mayActAsService: Bool = true, trustsRoles: Bool = false, keyFileInterval: Duration = .zero,
        rememberedTokens: Int = 8, people: (any People)? = nil
    ) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "identity-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let keyFile = folder.appending(path: "key.json").path
        let keySetFile = folder.appending(path: "jwks.json").path
        try Issuer.generateKey(keyFile: keyFile, keySetFile: keySetFile)
        es256 = ES256PrivateKey()
        try IdentityFixture.add(es256, id: "es", to: keySetFile)
        let clock = Clock()
        let reports = Reports()
        issuer = try await Issuer(keyFile: keyFile, now: { clock.now })
        var options = VerifierOptions()
        options.keyFileInterval = keyFileInterval
        options.rememberedTokens = rememberedTokens
        verifier = try await Verifier(
            issuers: [
                TrustedIssuer(
                    name: "ale", keySetFile: keySetFile, mayActAsService: mayActAsService,
                    isTrustedForRoles: trustsRoles)
            ],
            options: options, people: people, now: { clock.now }, report: { reports.add($0) })
        self.clock = clock
        self.reports = reports
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The id of the issuer's key.
    var keyID: String {
        get throws {
            let data = try Data(contentsOf: URL(filePath: keyFile))
            return try JSONDecoder().decode(JSONKey.self, from: data).kid ?? ""
        }
    }

    static func add(_ key: ES256PrivateKey, id: String, to path: String) throws {
        guard let parameters = key.publicKey.parameters else { throw KeyError("no parameters") }
        var document = try JSONDecoder().decode(JSONKeySet.self, from: Data(contentsOf: URL(filePath: path)))
        document.keys.append(
            JSONKey(
                kty: "EC", crv: "P-256", alg: "ES256", kid: id, x: urlSafe(parameters.x), y: urlSafe(parameters.y)))
        try JSONEncoder().encode(document).write(to: URL(filePath: path), options: .atomic)
    }

    static func urlSafe(_ text: String) -> String {
        text.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    static func person(roles: Set<String> = ["sn_acct_lc.agent"]) -> Caller {
        Caller(
            subject: ann, kind: .person, domain: DomainPath("/provider/") ?? .root, roles: RoleSet.close(roles),
            locale: "ko")
    }

    static func customer() -> Caller {
        Caller(
            subject: ann, kind: .customer, domain: DomainPath("/provider/d0000001/") ?? .root,
            roles: RoleSet.close(["sn_acct_lc.ale_success_customer"]), account: account, contact: contact)
    }

    /// The claim of a customer with two accounts.
    static let twoAccounts = [
        ["account": account, "domain": "/provider/d0000001/", "contact": contact],
        ["account": "0c6f2c1e-0000-4000-8000-0000000000cc", "domain": "/provider/d0000002/"],
    ]

    /// The customer whom ``twoAccounts`` describes.
    static func customerOfTwo() throws -> Caller {
        let memberships = twoAccounts.map {
            Membership(
                account: $0["account"] ?? "", domain: DomainPath($0["domain"] ?? "") ?? .root, contact: $0["contact"])
        }
        guard
            let caller = Caller(
                subject: ann, roles: RoleSet.close(["sn_customerservice.customer"]), memberships: memberships)
        else { throw KeyError("no accounts") }
        return caller
    }

    /// A good set of claims, to be spoiled one at a time.
    func claims() -> [String: Any] {
        [
            "iss": "ale", "sub": IdentityFixture.ann, "aud": "ale", "exp": IdentityFixture.start + 600,
            "nbf": IdentityFixture.start, "iat": IdentityFixture.start, "domain": "/provider/",
            "roles": ["sn_acct_lc.agent"],
            "locale": "en",
        ]
    }

    /// Header and claims as text, joined by a dot.
    static func content(_ header: [String: Any], _ claims: [String: Any]) throws -> String {
        Base64URL.encode(try JSONSerialization.data(withJSONObject: header)) + "."
            + Base64URL.encode(try JSONSerialization.data(withJSONObject: claims))
    }

    /// A token signed with the fixture's ES256 key.
    func es256Token(_ claims: [String: Any], header: [String: Any] = ["alg": "ES256", "kid": "es"]) async throws
        -> String
    {
        let content = try IdentityFixture.content(header, claims)
        let algorithm = try await JWTKeyCollection().add(ecdsa: es256).getKey()
        return content + "." + Base64URL.encode(try algorithm.sign(Array(content.utf8)))
    }

    /// A token signed with the issuer's Ed25519 key, whatever the header says.
    func edToken(_ claims: [String: Any], header: [String: Any]) async throws -> String {
        let data = try Data(contentsOf: URL(filePath: keyFile))
        let key = try JSONDecoder().decode(JSONKey.self, from: data)
        let algorithm = try await JWTKeyCollection().add(eddsa: EdDSA.PrivateKey(d: key.d ?? "", curve: .ed25519))
            .getKey()
        let content = try IdentityFixture.content(header, claims)
        return content + "." + Base64URL.encode(try algorithm.sign(Array(content.utf8)))
    }
}
