import Crypto
import Identity

/// What proves a session or a link: 256 random bits, told once. The database has the hash alone, which suffices since
/// nobody guesses so many bits.
struct Secret: Sendable {
    /// Base64url, 43 characters.
    let text: String

    /// A new one, from the system's generator.
    init() {
        var generator = SystemRandomNumberGenerator()
        text = Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// One that somebody shows; nil for what cannot be one.
    init?(shown text: String) {
        guard text.utf8.count == 43 else { return nil }
        self.text = text
    }

    var hash: String { Self.hash(text) }

    /// SHA-256 in base64url.
    static func hash(_ text: String) -> String { Base64URL.encode(SHA256.hash(data: Array(text.utf8))) }
}
