import Foundation
import NATS
import TestKit

/// A nats-server with the users of the deployment: the configuration that `deploy/nats/config.sh` prints.
struct NATSUsers {
    let server: NATSServer
    /// Passwords and the list of systems.
    let secrets: String

    static let services = ["onboarding", "import-validation", "customer-success", "play-launcher", "notifier"]

    static func start() async throws -> NATSUsers {
        let secrets = "/tmp/nats-users-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
        _ = try await Command.run(
            "/bin/sh", ["-c", ". '\(Checkout.path("deploy/lib.sh"))'; make_secrets '\(secrets)'"])
        // JetStream is in the configuration.
        let server = try await NATSServer.start(
            config: try await configuration(secrets), jetStream: false)
        return NATSUsers(server: server, secrets: secrets)
    }

    /// Lets a system in, or takes it away, as an operator does while everything runs.
    func system(_ arguments: [String]) async throws {
        _ = try await Command.run(Checkout.path("deploy/nats/system.sh"), [secrets] + arguments)
        let text = try await Self.configuration(secrets)
        try text.write(toFile: server.directory + "/server.conf", atomically: true, encoding: .utf8)
        // Twice: see Tools/stack/nats.sh.
        for _ in 1...2 {
            let before = reloads
            server.signal(SIGHUP)
            let deadline = ContinuousClock.now + .seconds(10)
            while reloads == before {
                guard ContinuousClock.now < deadline else { throw ProgramFailure(description: server.log) }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private var reloads: Int { server.log.split(separator: "Reloaded server configuration").count }

    private static func configuration(_ secrets: String) async throws -> String {
        try await Command.run(
            Checkout.path("deploy/nats/config.sh"), [secrets, "127.0.0.1:-1", "127.0.0.1:-1", secrets + "/store"])
    }

    func password(_ user: String) throws -> String {
        try String(contentsOfFile: "\(secrets)/nats-\(user).password", encoding: .utf8)
    }

    /// A connection of one of the users, with its own inbox.
    func connect(
        _ user: String, onEvent: (@Sendable (ConnectionEvent) -> Void)? = nil
    ) async throws -> Connection {
        var options = ConnectionOptions(
            urls: [server.url], name: user, credentials: .password(user: user, password: try password(user)),
            onEvent: onEvent)
        options.inboxPrefix = "_INBOX.\(user)"
        return try await Connection.connect(options)
    }

    /// The subjects that a user may publish to, as they stand in the configuration.
    func publishable(_ user: String) async throws -> [String] {
        let text = try await Self.configuration(secrets)
        guard let start = text.range(of: "user: \"\(user)\""),
            let open = text.range(of: "publish: { allow: [", range: start.upperBound..<text.endIndex),
            let end = text.range(of: "] }", range: open.upperBound..<text.endIndex)
        else { throw ProgramFailure(description: "no user \(user)") }
        let lines = text[open.upperBound..<end.lowerBound].split(separator: "\n").filter {
            !$0.trimmingCharacters(in: .whitespaces).hasPrefix("#")
        }
        return lines.joined().split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }.map {
            String($0.element)
        }
    }

    func stop() async throws {
        try await server.stop()
        try FileManager.default.removeItem(atPath: secrets)
    }
}
