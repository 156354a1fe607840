import CampaignKit
import Foundation
import Identity
import JourneyKit
import NATS
import Postgres
import RPC
import TestKit

/// The stack the figures are taken from: release programs, started by `Tools/stack.sh` in a folder of their own.
final class BenchStack: Sendable {
    let folder: String
    let connection: Connection
    let issuer: Issuer
    /// The first administrator's token.
    let administrator: String
    /// Ports and folders as the stack wrote them.
    let natsURL: String
    private let postgresPort: String

    /// The repository.
    static let root = FileManager.default.currentDirectoryPath

    /// Lets `body` measure on a stack of its own, started with further `settings`, which is gone afterwards, however it ends.
    static func using(
        _ name: String, settings: [String: String] = [:], _ body: @Sendable (BenchStack) async throws -> Void
    ) async throws {
        let stack = try await start(name, settings)
        do {
            try await body(stack)
        } catch {
            await stack.stop()
            throw error
        }
        await stack.stop()
    }

    /// Starts a stack of its own in a folder that bears `name`.
    private static func start(_ name: String, _ settings: [String: String]) async throws -> BenchStack {
        let folder = "/tmp/ale-bench-\(getpid())-\(name)"
        let environment = environment(folder).merging(settings) { own, _ in own }
        try await Command.run("\(root)/Tools/stack.sh", ["start"], environment: environment)
        let administrator = try await Command.run(
            "\(root)/Tools/onboarding.sh", ["token", "--user", "administrator@provider.example"],
            environment: environment)
        let connection = try await connect(folder)
        return BenchStack(
            folder: folder, connection: connection, issuer: try await Issuer(keyFile: "\(folder)/keys/operator.key"),
            administrator: administrator, natsURL: try url(folder), postgresPort: try port("POSTGRES_PORT", in: folder))
    }

    /// A connection as the outside client of the stack in `folder`.
    static func connect(_ folder: String) async throws -> Connection {
        var options = ConnectionOptions(urls: [try url(folder)], name: "bench")
        options.credentials = .password(user: "client", password: try secret(folder, "nats-client"))
        options.inboxPrefix = "_INBOX.client"
        return try await Connection.connect(options)
    }

    private static func url(_ folder: String) throws -> String {
        "nats://127.0.0.1:\(try port("NATS_PORT", in: folder))"
    }

    /// A port as the stack wrote it down.
    static func port(_ name: String, in folder: String) throws -> String {
        let ports = try String(contentsOfFile: "\(folder)/ports", encoding: .utf8)
        guard let line = ports.split(separator: "\n").first(where: { $0.hasPrefix("\(name)=") }) else {
            throw JourneyFailure("the stack wrote no \(name)")
        }
        return String(line.dropFirst(name.utf8.count + 1))
    }

    private init(
        folder: String, connection: Connection, issuer: Issuer, administrator: String, natsURL: String,
        postgresPort: String
    ) {
        self.folder = folder
        self.connection = connection
        self.issuer = issuer
        self.administrator = administrator
        self.natsURL = natsURL
        self.postgresPort = postgresPort
    }

    private func stop() async {
        await connection.close()
        _ = try? await Command.run(
            "\(Self.root)/Tools/stack.sh", ["clean"], environment: Self.environment(folder))
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func environment(_ folder: String) -> [String: String] {
        ["ALE_LOCAL": folder, "ALE_BIN": programs]
    }

    /// Where the programs are: beside this one.
    static var programs: String { Bundle.main.bundleURL.path }

    static func secret(_ folder: String, _ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/secrets/\(name).password", encoding: .utf8)
    }

    func world() -> JourneyWorld {
        JourneyWorld(
            client: Client(NATSTransport(connection)), issuer: issuer, administrator: administrator,
            patience: .seconds(180))
    }

    /// A connection string for the login of a service.
    func connectionString(_ role: String) throws -> String {
        let password = try Self.secret(folder, "postgres-\(role)")
        return "host=127.0.0.1 port=\(postgresPort) dbname=ale user=\(role) password=\(password)"
    }

    /// How others than libpq name a database of the stack's server, as the superuser.
    func url(ofDatabase name: String) throws -> String {
        let password = try Self.secret(folder, "postgres-postgres").trimmingCharacters(in: .whitespacesAndNewlines)
        return "postgresql://postgres:\(password)@127.0.0.1:\(postgresPort)/\(name)"
    }

    /// Runs psql as the superuser, whom no scope binds.
    @discardableResult
    func psql(_ arguments: [String]) async throws -> String {
        let connection = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", postgresPort, "-U", "postgres"]
        return try await Command.run(
            "/usr/lib/postgresql/15/bin/psql", connection + ["-d", "ale"] + arguments,
            environment: ["PGPASSWORD": try Self.secret(folder, "postgres-postgres")])
    }

    /// A port of the stack.
    func port(_ name: String) throws -> Int {
        guard let port = Int(try Self.port(name, in: folder)) else { throw JourneyFailure("\(name) is no number") }
        return port
    }

    /// The process of a service.
    func pid(_ service: String) throws -> pid_t {
        let text = try String(contentsOfFile: "\(folder)/run/\(service).pid", encoding: .utf8)
        guard let pid = text.split(whereSeparator: \.isWhitespace).first.flatMap({ pid_t($0) }) else {
            throw JourneyFailure("no process for \(service)")
        }
        return pid
    }

    /// The process that starts all others of Postgres.
    func postmaster() throws -> pid_t {
        let place = (try? String(contentsOfFile: "\(folder)/postgres.path", encoding: .utf8)) ?? "\(folder)/postgres"
        let file = place.trimmingCharacters(in: .whitespacesAndNewlines) + "/data/postmaster.pid"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        guard let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) }) else {
            throw JourneyFailure("no process for Postgres")
        }
        return pid
    }

    /// A line of /proc/PID/status in kilobytes.
    static func memory(_ pid: pid_t, _ field: String) -> Double {
        let status = Processes.text("\(pid)/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(field):") } ?? ""
        return Double(line.filter(\.isNumber)) ?? 0
    }
}
