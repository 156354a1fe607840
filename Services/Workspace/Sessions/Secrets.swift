import Crypto
import Foundation

/// Random values and proofs that bind a form to the browser it was drawn for.
enum Secrets {
    /// 256 random bits as text that an address and a cookie take.
    static func random() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { encoded(Data($0)) }
    }

    /// Whether a text can be a session token: 256 bits in base64url.
    static func isToken(_ text: String) -> Bool {
        text.utf8.count == 43
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// What a form posts to show that it came from a page of this browser: nothing another site could know. It follows from
    /// the session, under a mask that is another one each time: a text that stayed the same could be guessed, bit by bit, from how
    /// well pages are compressed.
    static func proof(of secret: String) -> String {
        let mask = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        return encoded(Data(mask + zip(mask, code(of: secret)).map { $0 ^ $1 }))
    }

    /// Whether a text is such a proof.
    static func isProof(_ text: String, of secret: String) -> Bool {
        guard let bytes = decoded(text), bytes.count == 64 else { return false }
        let code = zip(bytes.prefix(32), bytes.suffix(32)).map { $0 ^ $1 }
        return areSame(code, Array(Self.code(of: secret)))
    }

    private static func code(of secret: String) -> Data {
        let key = SymmetricKey(data: Data(secret.utf8))
        return Data(HMAC<SHA256>.authenticationCode(for: Data("csrf".utf8), using: key))
    }

    /// Whether two texts are the same, in a time that does not say where they differ.
    static func areSame(_ left: String, _ right: String) -> Bool { areSame(Array(left.utf8), Array(right.utf8)) }

    /// Whether two values are the same, in a time that does not say where they differ.
    static func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The SHA-256 of a text, under which a session is remembered.
    static func digest(_ text: String) -> Data { Data(SHA256.hash(data: Data(text.utf8))) }

    /// The beginning of the SHA-256 of a file, for addresses that change with what they lead to; of an issuer, for the address
    /// that its codes go to.
    static func mark(of content: Data) -> String {
        SHA256.hash(data: content).prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// The bytes of a text in base64url; nil for a text that is none, such as one with blanks in it.
    private static func decoded(_ text: String) -> Data? {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }

    private static func encoded(_ data: Data) -> String {
        data.base64EncodedString(options: [.base64URLAlphabet, .omitPaddingCharacter])
    }
}
