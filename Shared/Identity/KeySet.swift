import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A key or key set that cannot be used: wrong configuration, which stops the start.
public struct KeyError: Error, Sendable, CustomStringConvertible {
    /// The sentence for the operator. It names the file and never holds key material.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// One key in the form of RFC 7517 and RFC 8037.
struct JSONKey: Codable {
    var kty: String
    var crv: String?
    var alg: String?
    var kid: String?
    var use: String?
    var x: String?
    var y: String?
    /// The private part. Never in a key set.
    var d: String?
}

/// The document of a JWKS file.
struct JSONKeySet: Codable {
    var keys: [JSONKey]
}

/// The public keys of one issuer, by their ids.
struct KeySet: Sendable {
    /// A key with the one algorithm it is used with. The header of a token never chooses.
    struct Key: Sendable {
        let algorithm: String
        let verifier: any JWTAlgorithm
    }

    /// The largest JWKS file that is read, in bytes.
    static let maximumBytes = 65_536
    /// The most keys a file may hold.
    static let maximumKeys = 32

    let keys: [String: Key]
    /// The one key of an outside system, whose tokens need not name it; nil for sets of an issuer.
    var only: Key?

    /// Reads a JWKS document. Keys of other types or uses are passed over; a private key, an id that is missing or
    /// occurs twice, a malformed key and a set without any usable key are errors.
    static func read(_ bytes: Data, name: String) async throws(KeyError) -> KeySet {
        guard bytes.count <= maximumBytes else { throw KeyError("\(name): larger than \(maximumBytes) bytes") }
        guard let document = try? JSONDecoder().decode(JSONKeySet.self, from: bytes) else {
            throw KeyError("\(name): not a JSON Web Key Set")
        }
        guard document.keys.count <= maximumKeys else { throw KeyError("\(name): more than \(maximumKeys) keys") }
        var keys: [String: Key] = [:]
        for key in document.keys {
            guard key.d == nil else { throw KeyError("\(name): holds a private key") }
            guard key.use == nil || key.use == "sig", let algorithm = algorithm(of: key) else { continue }
            guard let kid = key.kid, !kid.isEmpty, kid.utf8.count <= 128 else {
                throw KeyError("\(name): a key has no id")
            }
            guard keys[kid] == nil else { throw KeyError("\(name): the key id \(kid) occurs twice") }
            keys[kid] = Key(algorithm: algorithm, verifier: try await verifier(of: key, algorithm, name: name))
        }
        guard !keys.isEmpty else { throw KeyError("\(name): no key for EdDSA (Ed25519) or ES256 (P-256)") }
        return KeySet(keys: keys)
    }

    /// Reads the one public key of an outside system, a JSON Web Key.
    static func read(system text: String) async throws(KeyError) -> KeySet {
        let (key, algorithm) = try SystemKey.parse(text)
        let only = Key(algorithm: algorithm, verifier: try await verifier(of: key, algorithm, name: "the public key"))
        return KeySet(keys: key.kid.map { [$0: only] } ?? [:], only: only)
    }

    /// The algorithm a key is for, by its type and curve; nil when it is none of ours or says to be for another.
    static func algorithm(of key: JSONKey) -> String? {
        let algorithm: String? =
            switch (key.kty, key.crv) {
            case ("OKP", "Ed25519"): "EdDSA"
            case ("EC", "P-256"): "ES256"
            default: nil
            }
        return key.alg == nil || key.alg == algorithm ? algorithm : nil
    }

    private static func verifier(
        of key: JSONKey, _ algorithm: String, name: String
    ) async throws(KeyError) -> any JWTAlgorithm {
        let collection = JWTKeyCollection()
        do {
            if algorithm == "EdDSA" {
                return try await collection.add(eddsa: EdDSA.PublicKey(x: key.x ?? "", curve: .ed25519)).getKey()
            }
            return try await collection.add(ecdsa: ES256PublicKey(parameters: (key.x ?? "", key.y ?? ""))).getKey()
        } catch {
            throw KeyError("\(name): the key \(key.kid ?? "") is malformed")
        }
    }
}
