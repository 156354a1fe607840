import Foundation
import Identity
import JourneyKit
import NATS
import RPC
import TestKit

/// The whole system as processes, in a folder and on ports of its own: what `Tools/stack.sh` starts for everybody.
public final class ScenarioStack: Sendable {
    /// The five services.
    public static let services = ["onboarding", "import-validation", "customer-success", "play-launcher", "notifier"]

    /// How many there are of what there can be several of.
    public struct Layout: Sendable {
        /// nats-servers; more than one are a cluster.
        public var servers = 1
        /// Instances of each service.
        public var instances = 1

        /// One of each.
        public static let single = Layout()
        /// Three nats-servers, and two instances of each service.
        public static let cluster = Layout(servers: 3, instances: 2)

        /// The names of its nats-servers.
        public var natsServers: [String] { (1...servers).map { $0 == 1 ? "nats" : "nats-\($0)" } }
        /// Everything that can be killed.
        public var processes: [String] { natsServers + ["postgres"] + serviceInstances }

        /// The names of the instances of all services.
        public var serviceInstances: [String] { rows.flatMap(\.self) }
        /// The first instance of each service, then the second of each, and so on.
        var rows: [[String]] {
            (1...instances).map { number in services.map { number == 1 ? $0 : "\($0)-\(number)" } }
        }
    }

    /// Where everything of it lies.
    public let folder: String
    /// What it is made of.
    public let layout: Layout
    /// The connection of an outside client.
    public let connection: Connection
    /// Signs as the operator.
    public let issuer: Issuer
    /// The first administrator's token.
    public let administrator: String

    private init(
        folder: String, layout: Layout, connection: Connection, issuer: Issuer, administrator: String
    ) {
        self.folder = folder
        self.layout = layout
        self.connection = connection
        self.issuer = issuer
        self.administrator = administrator
    }

    /// The repository.
    public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The workbooks that are not the project's own; nil where the folder is absent.
    public static var sharedData: String? {
        let path = URL(fileURLWithPath: root).deletingLastPathComponent().appendingPathComponent("shared/data").path
        return FileManager.default.fileExists(atPath: "\(path)/northwind-contracts.xlsx") ? path : nil
    }

    /// Starts everything anew, with no data.
    public static func start(_ layout: Layout = .single) async throws -> ScenarioStack {
        let folder = "\(ScratchFolder.parent)/ale-scenario-\(UUID().uuidString.prefix(8).lowercased())"
        do {
            try await run("start", folder, layout)
            let issuer = try await Issuer(keyFile: "\(folder)/keys/operator.key")
            let administrator = try await onboarding(
                ["token", "--user", "administrator@provider.example"], folder, layout)
            return ScenarioStack(
                folder: folder, layout: layout, connection: try await connect(folder, as: "client"), issuer: issuer,
                administrator: administrator)
        } catch {
            _ = try? await run("clean", folder, layout)
            throw error
        }
    }

    /// Starts what does not run; what the command printed.
    @discardableResult
    public func restart() async throws -> String { try await Self.run("start", folder, layout) }

    /// Throws unless everything runs and answers.
    public func check() async throws { try await Self.run("status", folder, layout) }

    /// What a command of `onboarding` prints, run as the operator does.
    public func onboarding(_ arguments: String...) async throws -> String {
        try await Self.onboarding(arguments, folder, layout)
    }

    private static func onboarding(
        _ arguments: [String], _ folder: String, _ layout: Layout
    ) async throws -> String {
        try await Command.run("\(root)/Tools/onboarding.sh", arguments, environment: environment(folder, layout))
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Ends everything and removes the folder.
    func stop() async {
        await connection.close()
        _ = try? await Self.run("clean", folder, layout)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs `body` with a fresh stack and takes it down whatever happens.
    public static func with<T>(
        _ layout: Layout = .single, _ body: (ScenarioStack) async throws -> T
    ) async throws -> T {
        let stack = try await start(layout)
        do {
            let value = try await body(stack)
            await stack.stop()
            return value
        } catch {
            await stack.keepLogs()
            await stack.stop()
            throw error
        }
    }

    /// Copies the ends of the logs into the test's output, so that a failure can be understood.
    public func keepLogs() async {
        for service in layout.serviceInstances {
            guard let log = try? String(contentsOfFile: "\(folder)/log/\(service).log", encoding: .utf8) else {
                continue
            }
            print("--- \(service)\n" + log.split(separator: "\n").suffix(15).joined(separator: "\n"))
        }
    }

    /// An outside client with the stack's operator key.
    public func world(patience: Duration = .seconds(60)) -> JourneyWorld {
        JourneyWorld(
            client: Client(NATSTransport(connection), deadline: .seconds(30)), issuer: issuer,
            administrator: administrator, patience: patience)
    }

    /// Where caught e-mails are.
    public var mailDirectory: String { "\(folder)/mail" }

    /// Signals one process, a service, `nats` or `postgres`; without a signal it is killed without warning.
    public func kill(_ name: String, _ signal: Int32 = SIGKILL) throws {
        guard let pid = pid(name) else { throw JourneyFailure("\(name) does not run") }
        _ = Glibc.kill(pid, signal)
    }

    /// The number of a process, as its file tells it.
    public func pid(_ name: String) -> pid_t? {
        let path = name == "postgres" ? "\(postgresHome)/data/postmaster.pid" : "\(folder)/run/\(name).pid"
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        return text?.split(whereSeparator: \.isWhitespace).first.flatMap { pid_t($0) }
    }

    /// The folder of the Postgres cluster.
    public var postgresHome: String {
        let path = try? String(contentsOfFile: "\(folder)/postgres.path", encoding: .utf8)
        return path?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "\(folder)/postgres"
    }

    /// A setting of a service, as the stack wrote it.
    public func setting(_ name: String, of service: String) throws -> String {
        let text = try String(contentsOfFile: "\(folder)/env/\(service).env", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(name)=") }) else {
            throw JourneyFailure("\(service) has no \(name)")
        }
        return line.dropFirst(name.count + 1).trimmingCharacters(in: CharacterSet(charactersIn: "'"))
    }

    /// A connection as a NATS user, by any of the servers.
    public static func connect(_ folder: String, as user: String) async throws -> Connection {
        let ports = try ports(folder).filter { $0.key.hasPrefix("NATS_PORT") && !$0.value.isEmpty }
        var options = ConnectionOptions(urls: ports.values.map { "nats://127.0.0.1:\($0)" }, name: "scenario")
        let password = try String(contentsOfFile: "\(folder)/secrets/nats-\(user).password", encoding: .utf8)
        options.credentials = .password(user: user, password: password)
        options.inboxPrefix = "_INBOX.\(user)"
        return try await Connection.connect(options)
    }

    private static func ports(_ folder: String) throws -> [String: String] {
        let lines = try String(contentsOfFile: "\(folder)/ports", encoding: .utf8).split(separator: "\n")
        let pairs = lines.map { $0.split(separator: "=", omittingEmptySubsequences: false).map(String.init) }
        return Dictionary(pairs.map { ($0[0], $0.last ?? "") }) { $1 }
    }

    /// Runs SQL as the superuser, whom no scope binds: the columns of each row. `variables` are those of psql.
    @discardableResult
    public func sql(_ statements: String, variables: [String: String] = [:]) async throws -> [[String]] {
        let password = try String(contentsOfFile: "\(folder)/secrets/postgres-postgres.password", encoding: .utf8)
        let port = try Self.ports(folder)["POSTGRES_PORT"] ?? ""
        let output = try await Command.run(
            "/usr/lib/postgresql/15/bin/psql",
            ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-d", "ale"]
                + variables.flatMap { ["-v", "\($0.key)=\($0.value)"] },
            environment: ["PGPASSWORD": password, "PGOPTIONS": "-c client_min_messages=warning"],
            input: statements)
        return output.split(separator: "\n").map {
            $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Runs a command of `Tools/stack.sh` for the folder, with the programs that were built beside this one.
    @discardableResult
    private static func run(_ command: String, _ folder: String, _ layout: Layout) async throws -> String {
        try await Command.run("\(root)/Tools/stack.sh", [command], environment: environment(folder, layout))
    }

    /// The variables that tell `Tools/stack.sh` which stack is meant.
    public static func environment(_ folder: String, _ layout: Layout) -> [String: String] {
        [
            "ALE_LOCAL": folder, "ALE_BIN": Bundle.main.bundleURL.path, "ALE_STACK_SERVERS": "\(layout.servers)",
            "ALE_STACK_INSTANCES": "\(layout.instances)",
        ]
    }
}
