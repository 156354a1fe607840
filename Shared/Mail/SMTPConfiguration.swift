/// Where mails are handed over and how.
public struct SMTPConfiguration: Sendable {
    /// How the connection is protected. There is no default and no fall-back: with ``startTLS`` a server that offers no
    /// TLS gets no mail.
    public enum Security: String, Sendable, CaseIterable {
        /// Plain text; only for a server on the same machine or network.
        case none
        /// Plain text first, then TLS; required.
        case startTLS = "starttls"
        /// TLS from the first byte.
        case implicitTLS = "tls"
    }

    /// Host name or address.
    public let host: String
    /// Port, usually 25, 587 (STARTTLS) or 465 (TLS).
    public let port: Int
    /// Protection of the connection.
    public let security: Security
    /// User name and password, when the server asks for them.
    public let credentials: Credentials?
    /// Name this machine gives itself.
    public let helloName: String
    /// File with the certificates to trust instead of the system's.
    public let caFile: String?
    /// Milliseconds to connect.
    public let connectTimeout: Int
    /// Milliseconds for one mail, waiting in line included.
    public let messageTimeout: Int
    /// Most mails waiting in line.
    public let queueLimit: Int

    /// User name and password.
    public struct Credentials: Sendable, CustomStringConvertible {
        let user: String
        let password: String

        /// Credentials; never shown in logs.
        public init(user: String, password: String) {
            self.user = user
            self.password = password
        }

        public var description: String { "(credentials)" }
    }

    /// Checks a configuration. Credentials over an unprotected connection are refused.
    public init(
        host: String, port: Int, security: Security, credentials: Credentials? = nil, helloName: String = "localhost",
        caFile: String? = nil, connectTimeout: Int = 10_000, messageTimeout: Int = 60_000, queueLimit: Int = 1_000
    ) throws(MailError) {
        func isHost(_ text: String) -> Bool {
            (1...253).contains(text.utf8.count)
                && text.utf8.allSatisfy { $0.isLetterOrDigit || "-.:".utf8.contains($0) }
        }
        guard isHost(host) else { throw .invalid(part: "host", reason: "not a host name or address") }
        guard isHost(helloName) else { throw .invalid(part: "helloName", reason: "not a host name") }
        guard (1...65_535).contains(port) else { throw .invalid(part: "port", reason: "not a port") }
        guard (1...600_000).contains(connectTimeout), (1...600_000).contains(messageTimeout) else {
            throw .invalid(part: "timeout", reason: "not between 1 ms and 10 minutes")
        }
        guard (1...100_000).contains(queueLimit) else { throw .invalid(part: "queueLimit", reason: "out of range") }
        guard credentials == nil || security != .none else {
            throw .invalid(part: "security", reason: "a password is not sent over an unprotected connection")
        }
        self.host = host
        self.port = port
        self.security = security
        self.credentials = credentials
        self.helloName = helloName
        self.caFile = caFile
        self.connectTimeout = connectTimeout
        self.messageTimeout = messageTimeout
        self.queueLimit = queueLimit
    }

    /// Address for libcurl.
    var url: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(security == .implicitTLS ? "smtps" : "smtp")://\(shown):\(port)/\(helloName)"
    }
}

/// What became of a mail for one recipient.
public struct MailDelivery: Sendable, Hashable {
    /// Outcome.
    public enum Outcome: Sendable, Hashable {
        /// The server has taken responsibility for it.
        case accepted
        /// The server never came to deal with it: no connection, no name, no agreement on TLS or on who signs in, or the
        /// conversation ended before it answered to the sender. Nothing was tried; try again later.
        case unreached(code: Int, reason: String)
        /// Not now: 4xx, or time ran out. Try again later.
        case transient(code: Int, reason: String)
        /// Never: 5xx about the recipient, the sender or the mail.
        case permanent(code: Int, reason: String)
    }

    /// The recipient.
    public let recipient: MailAddress
    /// What became of it. Code 0 stands for failures without a reply of the server.
    public let outcome: Outcome
}
