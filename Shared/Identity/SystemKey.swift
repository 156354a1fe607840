import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The key with which an outside system signs its own tokens: a JSON Web Key (RFC 7517), Ed25519 or P-256.
public enum SystemKey {
    /// Whether `text` is the public half of such a key. One with its private part is refused: it would be published.
    public static func isUsable(_ text: String) -> Bool { (try? parse(text)) != nil }

    static func parse(_ text: String) throws(KeyError) -> (key: JSONKey, algorithm: String) {
        guard text.utf8.count <= 4_096, let key = try? JSONDecoder().decode(JSONKey.self, from: Data(text.utf8)) else {
            throw KeyError("not a JSON Web Key")
        }
        guard key.d == nil else { throw KeyError("a private key") }
        guard key.use == nil || key.use == "sig", let algorithm = KeySet.algorithm(of: key),
            (key.kid ?? "-").utf8.count <= 128, key.kid != ""
        else { throw KeyError("not a key for EdDSA (Ed25519) or ES256 (P-256)") }
        do {
            if algorithm == "EdDSA" {
                _ = try EdDSA.PublicKey(x: key.x ?? "", curve: .ed25519)
            } else {
                _ = try ES256PublicKey(parameters: (key.x ?? "", key.y ?? ""))
            }
        } catch {
            throw KeyError("the key is malformed")
        }
        return (key, algorithm)
    }

    /// Makes a key pair; the private key goes to `keyFile`, readable by its owner alone.
    /// - Returns: the public half, as a user's `public_key` has it.
    /// - Throws: ``KeyError`` when the file exists or cannot be written.
    public static func generate(keyFile: String) throws(KeyError) -> String {
        guard !FileManager.default.fileExists(atPath: keyFile) else {
            throw KeyError("\(keyFile) exists; a key is never written over")
        }
        let key = try Issuer.writeKeyPair(to: keyFile)
        guard let text = try? JSONEncoder().encode(key) else { throw KeyError("no key could be made") }
        return String(decoding: text, as: UTF8.self)
    }
}
