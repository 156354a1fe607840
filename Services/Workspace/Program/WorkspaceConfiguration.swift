import Foundation
import Logging
import Platform

/// What the workspace is configured by. Its README lists the keys.
struct WorkspaceConfiguration: Sendable {
    /// Where it listens.
    var host: String
    var port: Int
    /// Its address as people have it, https but for this machine: `https://workspace.example`. What is not below it is
    /// nowhere redirected to.
    var url: String
    /// Whether a server in front says in `X-Forwarded-For` who asks.
    var isBehindProxy: Bool
    /// How many requests one address may send in a minute.
    var requestsPerMinute: Int
    /// Where NATS is, and the workspace's own user there.
    var natsURL: String
    var natsUser: String?
    var natsPassword: String?
    var logLevel: Logger.Level
    var logFormat: LogFormat
    /// Written when the program is ready, removed when it stops; nil for none.
    var readyFile: String?
    /// How long a stopping program may take to finish what it has begun, in seconds.
    var drainSeconds: Int

    /// Reads every key.
    init(_ settings: Settings) throws {
        host = settings.string("ale.workspace.host", default: "127.0.0.1")
        port = try settings.int("ale.workspace.port", default: 8_080, in: 1...65_535)
        url = try Self.address(settings.string("ale.workspace.url", default: "http://127.0.0.1:\(port)"))
        isBehindProxy = try settings.bool("ale.workspace.behind.proxy", default: false)
        requestsPerMinute = try settings.int("ale.workspace.requests.per.minute", default: 1_200, in: 1...1_000_000)
        natsURL = settings.string("ale.nats.url", default: "nats://127.0.0.1:4222")
        natsUser = settings.optional("ale.nats.user")
        natsPassword = try settings.secret("ale.nats.password")
        logLevel = try settings.choice("ale.log.level", default: Logger.Level.info)
        logFormat = try settings.choice("ale.log.format", default: .json)
        readyFile = settings.optional("ale.ready.file")
        drainSeconds = try settings.int("ale.drain.seconds", default: 20, in: 1...300)
    }

    /// Sessions go over it: https, or http on this machine, as onboarding takes it.
    private static func address(_ text: String) throws(ConfigurationError) -> String {
        let url = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.query == nil, parts.fragment == nil,
            parts.scheme == "https" || parts.scheme == "http" && ["127.0.0.1", "localhost", "[::1]"].contains(host)
        else {
            throw ConfigurationError(
                "ALE_WORKSPACE_URL is \(text); it must be the https address of the workspace, or http on this machine.")
        }
        return url
    }

    /// Whether people reach it over TLS, so that cookies are sent over nothing else.
    var isSecure: Bool { url.hasPrefix("https://") }
}
