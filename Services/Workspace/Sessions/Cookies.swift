import Hummingbird

/// The cookies of the workspace. Scripts can read neither, and other sites do not send them with what they post.
struct CookieJar: Sendable {
    /// Whether people reach the workspace over TLS: cookies go over nothing else then, and belong to this host alone.
    let isSecure: Bool

    /// Holds the session token.
    var session: String { prefix + "ale_session" }
    /// Binds forms to a browser before somebody has signed in.
    var visit: String { prefix + "ale_visit" }
    /// Keeps the sign-in with another issuer in the browser that began it.
    var federated: String { prefix + "ale_federated" }

    /// Keeps the language that was chosen; nothing secret.
    static let language = "ale_language"
    /// How long that is kept.
    static let year = 31_536_000

    private var prefix: String { isSecure ? "__Host-" : "" }

    /// A cookie that ends with the browser, or after `seconds`.
    func make(_ name: String, _ value: String, seconds: Int? = nil) -> Cookie {
        Cookie(
            name: name, value: value, maxAge: seconds, path: "/", secure: isSecure, httpOnly: true, sameSite: .lax)
    }

    /// A cookie that takes the one of that name away.
    func end(_ name: String) -> Cookie { make(name, "", seconds: 0) }
}
