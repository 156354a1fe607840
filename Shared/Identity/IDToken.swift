import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an OpenID Connect issuer says of somebody who has just signed in there (OpenID Connect Core 1.0, section 2).
///
/// It is signed with RS256, as that standard has every issuer do. No access token of this system may be: see ``Verifier``.
public struct IDToken: Sendable {
    /// The person, by an id that only this issuer gives.
    public let subject: String
    /// An e-mail address, if the issuer has verified that it is the person's.
    public let verifiedEmail: String?

    private struct Contents: Decodable {
        let iss: String
        let sub: String
        let aud: Claims.Audience
        let azp: String?
        let exp: Double
        let iat: Double
        let nonce: String?
        let email: String?
        let isVerified: Verified?

        enum CodingKeys: String, CodingKey {
            case iss, sub, aud, azp, exp, iat, nonce, email
            case isVerified = "email_verified"
        }
    }

    /// A truth value, which some issuers write as a text.
    private struct Verified: Decodable {
        let value: Bool

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                self.value = value
            } else {
                value = try container.decode(String.self) == "true"
            }
        }
    }

    /// How far clocks may differ, in seconds.
    private static let leeway = 60.0
    /// How old a token may be that was made for this sign-in, in seconds.
    private static let oldest = 600.0

    /// Reads a token that the issuer made for `audience` and this sign-in, which the nonce names.
    /// - Parameter now: seconds since 1970.
    /// - Throws: ``IDTokenFault``, for the log.
    public init(
        _ text: String, keys: IDTokenKeys, issuer: String, audience: String, nonce: String, now: Int64
    ) throws(IDTokenFault) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard text.utf8.count <= Verifier.maximumTokenBytes * 2, parts.count == 3,
            let headerBytes = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]),
            let header = try? JSONDecoder().decode(TokenHeader.self, from: Data(headerBytes)), header.crit == nil
        else { throw IDTokenFault("not a token") }
        guard header.alg == "RS256" else { throw IDTokenFault("the algorithm is not RS256") }
        guard let key = keys.key(header.kid) else { throw IDTokenFault("unknown key", isKeyUnknown: true) }
        let signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
        guard (try? key.verify(signature, signs: signed)) == true else { throw IDTokenFault("wrong signature") }
        guard let contents = try? JSONDecoder().decode(Contents.self, from: Data(payload)) else {
            throw IDTokenFault("not the claims of an ID token")
        }
        guard contents.iss == issuer else { throw IDTokenFault("another issuer") }
        guard contents.aud.values.contains(audience), contents.azp == nil || contents.azp == audience,
            contents.aud.values.count == 1 || contents.azp != nil
        else { throw IDTokenFault("for somebody else") }
        let now = Double(now)
        guard now < contents.exp + Self.leeway, contents.iat <= now + Self.leeway,
            contents.iat >= now - Self.oldest - Self.leeway
        else { throw IDTokenFault("of another time") }
        guard contents.nonce == nonce else { throw IDTokenFault("of another sign-in") }
        guard (1...255).contains(contents.sub.utf8.count) else { throw IDTokenFault("no subject") }
        subject = contents.sub
        verifiedEmail = contents.isVerified?.value == true ? contents.email : nil
    }
}

/// Why an ID token is not believed. Holds nothing of the token.
public struct IDTokenFault: Error, Sendable, CustomStringConvertible {
    /// For the log.
    public let description: String
    /// Whether the keys of the issuer may have changed since they were fetched.
    public let isKeyUnknown: Bool

    init(_ description: String, isKeyUnknown: Bool = false) {
        self.description = description
        self.isKeyUnknown = isKeyUnknown
    }
}

/// The RSA keys with which an OpenID Connect issuer signs ID tokens.
public struct IDTokenKeys: Sendable {
    private struct RSAKeyText: Decodable {
        let kty: String
        let kid: String?
        let alg: String?
        let use: String?
        let n: String?
        let e: String?
    }

    private struct Document: Decodable {
        let keys: [RSAKeyText]
    }

    private let keys: [String: any JWTAlgorithm]

    /// Reads the issuer's JSON Web Key Set; other keys, and RSA keys of fewer than 2,048 bits, are passed over.
    /// - Throws: ``KeyError`` when nothing is left.
    public init(_ bytes: [UInt8]) async throws(KeyError) {
        guard bytes.count <= KeySet.maximumBytes,
            let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
            document.keys.count <= KeySet.maximumKeys
        else { throw KeyError("the issuer's keys are not a JSON Web Key Set") }
        var keys: [String: any JWTAlgorithm] = [:]
        for key in document.keys where key.kty == "RSA" && key.use ?? "sig" == "sig" && key.alg ?? "RS256" == "RS256" {
            guard let modulus = key.n, let exponent = key.e,
                let rsa = try? Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent),
                let verifier = try? await JWTKeyCollection().add(rsa: rsa, digestAlgorithm: .sha256).getKey()
            else { continue }
            keys[key.kid ?? ""] = verifier
        }
        guard !keys.isEmpty else { throw KeyError("the issuer has no RSA key of at least 2,048 bits") }
        self.keys = keys
    }

    /// The key that a token names; the only one for a token that names none.
    func key(_ id: String?) -> (any JWTAlgorithm)? {
        guard let id else { return keys.count == 1 ? keys.first?.value : nil }
        return keys[id]
    }
}
