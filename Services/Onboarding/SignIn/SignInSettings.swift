import Foundation
import Platform

/// How long sessions and tokens live, and where the workspace is.
struct SignInSettings: Sendable {
    /// A session ends when it has not renewed a token for so long.
    var idleSeconds: Int64 = 12 * 3_600
    /// A session ends so long after it began, whatever is done with it.
    var sessionSeconds: Int64 = 30 * 86_400
    /// How long an access token lives.
    var tokenSeconds: Int64 = 300
    /// How long a link in an e-mail is good.
    var linkSeconds: Int64 = 86_400
    /// Calls without a token in a second, of all who have never signed in.
    var strangersPerSecond = 50
    /// The address of the workspace, without a `/` at its end.
    var workspace = "http://127.0.0.1:8080"

    init() {}

    init(_ settings: Settings) throws(ConfigurationError) {
        idleSeconds = Int64(try settings.int("ale.session.idle.minutes", default: 720, in: 5...43_200)) * 60
        sessionSeconds = Int64(try settings.int("ale.session.days", default: 30, in: 1...366)) * 86_400
        tokenSeconds = Int64(try settings.int("ale.access.token.seconds", default: 300, in: 60...900))
        strangersPerSecond = try settings.int("ale.sign.in.strangers", default: 50, in: 1...10_000)
        workspace = try Self.workspace(settings.string("ale.workspace.url", default: workspace))
    }

    /// Links are read by people: https, or http on this machine.
    private static func workspace(_ text: String) throws(ConfigurationError) -> String {
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
}
