/// How to connect. The defaults suit a service inside one data centre.
public struct ConnectionOptions: Sendable {
    /// How the server learns who connects.
    public enum Credentials: Sendable {
        /// The server asks for nothing.
        case none
        /// User name and password.
        case password(user: String, password: String)
        /// A shared token.
        case token(String)
        /// A `.creds` file with a user's JWT and its seed.
        case file(path: String)
    }

    /// TLS. When it is set, or a URL begins with `tls:`, a server without TLS is refused, never spoken to in the clear.
    public struct TLS: Sendable {
        /// PEM file of the authorities to trust; nil: those of the operating system.
        public var authorities: String?
        /// PEM files of the client's own certificate and key.
        public var certificate: (chain: String, key: String)?
        /// The name that the server's certificate must carry, when it is not the URL's host.
        public var serverName: String?

        /// TLS that trusts the operating system's authorities unless told otherwise.
        public init(
            authorities: String? = nil, certificate: (chain: String, key: String)? = nil, serverName: String? = nil
        ) {
            self.authorities = authorities
            self.certificate = certificate
            self.serverName = serverName
        }
    }

    /// Servers of one cluster, as `nats://host:port`. At least one.
    public var urls: [String]
    /// The name under which the connection is listed by the server.
    public var name: String
    /// How the server learns who connects.
    public var credentials: Credentials
    /// TLS, when wanted.
    public var tls: TLS?
    /// The longest time to reach one server.
    public var connectTimeout: Duration = .seconds(3)
    /// The wait between two attempts to reconnect. Attempts never end.
    public var reconnectWait: Duration = .milliseconds(250)
    /// How often the server is asked whether it is still there. One that leaves two such questions open is given up: it is
    /// frozen, or the way to it is cut without a word.
    public var pingInterval: Duration = .seconds(5)
    /// How many bytes published during a reconnection are kept; beyond it, publishing throws `.disconnected`. With 0
    /// nothing is kept.
    public var reconnectBufferBytes = 8 * 1_024 * 1_024
    /// The longest time one write to the socket may block.
    public var writeDeadline: Duration = .seconds(5)
    /// How many requests may wait for an answer at once; beyond it, a request throws `.tooManyRequests`.
    public var maximumRequestsInFlight = 65_536
    /// The first token of the subjects that answers come back on; a user's permissions may be limited to its own.
    public var inboxPrefix = "_INBOX"
    /// Whether requests in flight fail with `.disconnected` when the connection is lost, instead of waiting for their
    /// deadline. The server forgets whom an answer was for, so waiting seldom helps.
    public var failsRequestsOnDisconnect = true
    /// How many threads of the process deliver the messages of all its subscriptions together; nil gives every
    /// subscription a thread of its own. Shared threads suit handlers that never block.
    public var sharedDeliveryThreads: Int?
    /// Whether what is published waits up to a millisecond, so that what is published meanwhile is sent with it: for a
    /// connection whose messages come many at once. Without it each is sent by itself, as soon as it is published.
    public var gathersMessages = false
    /// Called on a thread of libnats for each event; it must be quick. See also `Connection.events()`.
    public var onEvent: (@Sendable (ConnectionEvent) -> Void)?

    /// Options for the servers, with defaults for the rest.
    public init(
        urls: [String], name: String, credentials: Credentials = .none, tls: TLS? = nil,
        onEvent: (@Sendable (ConnectionEvent) -> Void)? = nil
    ) {
        self.urls = urls
        self.name = name
        self.credentials = credentials
        self.tls = tls
        self.onEvent = onEvent
    }
}

/// What happens to a connection by itself.
public enum ConnectionEvent: Sendable, Hashable {
    /// The connection was lost; the library reconnects.
    case disconnected
    /// The connection is back, subscriptions included.
    case reconnected
    /// The connection is closed for good. The last event.
    case closed
    /// The server is about to shut down; clients should go elsewhere.
    case lameDuck
    /// The server refused a publication or a subscription, which libnats had reported as done. The server's text,
    /// and the subject when the text names one.
    case permissionViolation(subject: String?, text: String)
    /// A subscription received more than it may hold, and messages were dropped.
    case slowConsumer(subject: String)
    /// Any other error of the library.
    case error(String)
}
