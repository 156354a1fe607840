import HTTPTypes

/// Names of headers that have no constant of their own.
enum HTTPFieldName {
    /// Who asked a server in front.
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")
    /// Asks for a part of a page.
    static let fragment = HTTPField.Name("X-Fragment")
    /// Says that a page asks by itself.
    static let passive = HTTPField.Name("X-Passive")
    /// What went wrong, for a script: percent-encoded.
    static let problem = HTTPField.Name("X-Problem")
    /// From where a browser sends a request.
    static let fetchSite = HTTPField.Name("Sec-Fetch-Site")
    /// Opens pages apart from those that opened them.
    static let openerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")
    /// Keeps other sites from using what is served.
    static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")
    /// What a page may use of the machine.
    static let permissions = HTTPField.Name("Permissions-Policy")
    /// What another site is told of the address of a page.
    static let referrer = HTTPField.Name("Referrer-Policy")
    /// For browsers that do not know `frame-ancestors`.
    static let frames = HTTPField.Name("X-Frame-Options")
}
