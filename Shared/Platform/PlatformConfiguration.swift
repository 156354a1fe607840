import Logging
import NATS
import Postgres

/// How log lines look.
public enum LogFormat: String, CaseIterable, Sendable {
    case json, plain
}

/// What every service is configured by. Each service's README lists the keys.
public struct PlatformConfiguration: Sendable {
    /// Where NATS is: `nats://127.0.0.1:4222`, several separated by commas.
    public var natsURL: String
    /// The service's own NATS user and its password.
    public var natsUser: String?
    public var natsPassword: String?
    /// The NATS user that makes the stream of events, and its password; nil for services that do not make it.
    public var eventsUser: String?
    public var eventsPassword: String?
    /// How many servers of a NATS cluster keep the stream of events, for the service that makes it.
    public var eventsReplicas: Int
    /// The outside systems that read events, for the service that makes the stream.
    public var eventsReadersFile: String?
    /// Where Postgres is: one host, or several separated by commas, of which the one that takes writes is used.
    public var postgresHost: String
    /// One port for all hosts, or one for each.
    public var postgresPorts: [Int]
    public var postgresDatabase: String
    /// The service's own login, or the owner of its schema for `migrate`.
    public var postgresUser: String
    public var postgresPassword: String?
    public var postgresPoolSize: Int
    /// Public keys that tokens are checked with.
    public var keySetFile: String
    /// Private key for tokens of the service itself.
    public var serviceKeyFile: String?
    /// Name in the `iss` claim of accepted tokens.
    public var issuer: String
    /// A file with the further issuers whose tokens are accepted; nil for none.
    public var issuersFile: String?
    public var logLevel: Logger.Level
    public var logFormat: LogFormat
    /// Written when the service is ready, removed when it stops; nil for none.
    public var readyFile: String?
    /// How many requests may be in work at once; more are refused.
    public var maximumInFlight: Int
    /// How long a stopping service may take to finish what it has begun, in seconds.
    public var drainSeconds: Int

    /// Reads every key; `service` names the default users.
    public init(_ settings: Settings, service: String) throws {
        let schema = String(service.map { $0 == "-" ? "_" : $0 })
        natsURL = settings.string("ale.nats.url", default: "nats://127.0.0.1:4222")
        natsUser = settings.optional("ale.nats.user")
        natsPassword = try settings.secret("ale.nats.password")
        eventsUser = settings.optional("ale.events.user")
        eventsPassword = try settings.secret("ale.events.password")
        eventsReadersFile = settings.optional("ale.events.readers.file")
        // JetStream itself takes no more than five.
        eventsReplicas = try settings.int("ale.events.replicas", default: 1, in: 1...5)
        postgresHost = settings.string("ale.postgres.host", default: "127.0.0.1")
        postgresPorts = try settings.ints("ale.postgres.port", default: [5_432], in: 1...65_535)
        postgresDatabase = settings.string("ale.postgres.database", default: "ale")
        postgresUser = settings.string("ale.postgres.user", default: "ale_\(schema)")
        postgresPassword = try settings.secret("ale.postgres.password")
        postgresPoolSize = try settings.int("ale.postgres.pool.size", default: 8, in: 1...100)
        keySetFile = settings.string("ale.jwks.file", default: "")
        serviceKeyFile = settings.optional("ale.service.key.file")
        issuer = settings.string("ale.issuer", default: "ale")
        issuersFile = settings.optional("ale.issuers.file")
        logLevel = try settings.choice("ale.log.level", default: Logger.Level.info)
        logFormat = try settings.choice("ale.log.format", default: .json)
        readyFile = settings.optional("ale.ready.file")
        maximumInFlight = try settings.int("ale.maximum.in.flight", default: 1_024, in: 1...65_536)
        drainSeconds = try settings.int("ale.drain.seconds", default: 20, in: 1...300)
        guard postgresPorts.count == 1 || postgresPorts.count == postgresHosts.count else {
            throw ConfigurationError(
                """
                ALE_POSTGRES_PORT has \(postgresPorts.count) ports and ALE_POSTGRES_HOST \(postgresHosts.count) hosts; \
                give one port for all, or one for each.
                """)
        }
    }

    private var postgresHosts: [String] {
        postgresHost.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// The servers as people write them: `db-1:5432,db-2:5432`.
    var postgresAddress: String {
        postgresHosts.enumerated().map { index, host in
            "\(host):\(postgresPorts.count == 1 ? postgresPorts[0] : postgresPorts[index])"
        }.joined(separator: ",")
    }

    /// Every key that ``init(_:service:)`` and ``Settings/attachmentBounds()`` read, as variables. Tests hold the READMEs against it.
    public static let variables = [
        "ALE_CONFIG_FILE", "ALE_NATS_URL", "ALE_NATS_USER", "ALE_NATS_PASSWORD", "ALE_EVENTS_USER",
        "ALE_EVENTS_PASSWORD", "ALE_EVENTS_READERS_FILE", "ALE_EVENTS_REPLICAS",
        "ALE_POSTGRES_HOST", "ALE_POSTGRES_PORT", "ALE_POSTGRES_DATABASE", "ALE_POSTGRES_USER",
        "ALE_POSTGRES_PASSWORD", "ALE_POSTGRES_POOL_SIZE", "ALE_JWKS_FILE", "ALE_SERVICE_KEY_FILE", "ALE_ISSUER",
        "ALE_ISSUERS_FILE", "ALE_LOG_LEVEL", "ALE_LOG_FORMAT", "ALE_READY_FILE", "ALE_MAXIMUM_IN_FLIGHT",
        "ALE_DRAIN_SECONDS", "ALE_ATTACHMENT_LIMIT_BYTES", "ALE_ATTACHMENT_KINDS",
    ]

    /// The connection string for libpq. Only a server that takes writes will do: not a standby, nor one that was made
    /// read-only, so that after a failover the new primary is found.
    func connectionString(applicationName: String) -> String {
        var parts = [
            "host=\(Self.quoted(postgresHost))", "port=\(postgresPorts.map(String.init).joined(separator: ","))",
            "dbname=\(Self.quoted(postgresDatabase))",
            "user=\(Self.quoted(postgresUser))", "target_session_attrs=read-write",
            "application_name=\(Self.quoted(applicationName))",
            "connect_timeout=5",
        ]
        if let postgresPassword { parts.append("password=\(Self.quoted(postgresPassword))") }
        return parts.joined(separator: " ")
    }

    private static func quoted(_ value: String) -> String {
        var text = "'"
        for character in value {
            if character == "'" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return text + "'"
    }
}
