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

    /// What a form posts to show that it came from a page of this browser: nothing another site could know, and another value
    /// for each session.
    static func proof(of secret: String) -> String {
        let key = SymmetricKey(data: Data(secret.utf8))
        return encoded(Data(HMAC<SHA256>.authenticationCode(for: Data("csrf".utf8), using: key)))
    }

    /// Whether two texts are the same, in a time that does not say where they differ.
    static func areSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
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

    private static func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
