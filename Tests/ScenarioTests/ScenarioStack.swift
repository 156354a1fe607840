import Foundation
import Identity
import JourneyKit
import NATS
import RPC
import Testing

/// The whole system as processes, in a folder and on ports of its own: what `Tools/stack.sh` starts for everybody.
final class ScenarioStack: Sendable {
    /// The processes that can be killed.
    static let services = ["onboarding", "import-validation", "customer-success", "play-launcher", "notifier"]

    let folder: String
    let connection: Connection
    let issuer: Issuer
    /// The first administrator's token.
    let administrator: String

    private init(folder: String, connection: Connection, issuer: Issuer, administrator: String) {
        self.folder = folder
        self.connection = connection
        self.issuer = issuer
        self.administrator = administrator
    }

    /// The repository.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The workbooks that are not the project's own; nil where the folder is absent.
    static var sharedData: String? {
        let path = URL(fileURLWithPath: root).deletingLastPathComponent().appendingPathComponent("shared/data").path
        return FileManager.default.fileExists(atPath: "\(path)/northwind-contracts.xlsx") ? path : nil
    }

    /// Starts everything anew, with no data.
    static func start() async throws -> ScenarioStack {
        let folder = "/tmp/ale-scenario-\(UUID().uuidString.prefix(8).lowercased())"
        do {
            try await run("stack.sh", ["start"], folder)
            let issuer = try await Issuer(keyFile: "\(folder)/keys/operator.key")
            let administrator = try await run(
                "onboarding.sh", ["token", "--user", "administrator@provider.example"], folder)
            return ScenarioStack(
                folder: folder, connection: try await connect(folder), issuer: issuer, administrator: administrator)
        } catch {
            _ = try? await run("stack.sh", ["clean"], folder)
            throw error
        }
    }

    /// Starts what does not run.
    func restart() async throws { try await Self.run("stack.sh", ["start"], folder) }

    /// What a command of `onboarding` prints, run as the operator does.
    func onboarding(_ arguments: String...) async throws -> String {
        try await Self.run("onboarding.sh", arguments, folder)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Ends everything and removes the folder.
    func stop() async {
        await connection.close()
        _ = try? await Self.run("stack.sh", ["clean"], folder)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs `body` with a fresh stack and takes it down whatever happens.
    static func with<T>(_ body: (ScenarioStack) async throws -> T) async throws -> T {
        let stack = try await start()
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
    private func keepLogs() async {
        for service in Self.services {
            guard let log = try? String(contentsOfFile: "\(folder)/log/\(service).log", encoding: .utf8) else {
                continue
            }
            print("--- \(service)\n" + log.split(separator: "\n").suffix(15).joined(separator: "\n"))
        }
    }

    /// An outside client with the stack's operator key.
    func world(patience: Duration = .seconds(60)) -> JourneyWorld {
        JourneyWorld(
            client: Client(NATSTransport(connection)), issuer: issuer, administrator: administrator, patience: patience)
    }

    /// Where caught e-mails are.
    var mailDirectory: String { "\(folder)/mail" }

    /// Signals one process, a service, `nats` or `postgres`; without a signal it is killed without warning.
    func kill(_ name: String, _ signal: Int32 = SIGKILL) throws {
        let process = pid(name)
        let pid = try #require(process, "\(name) does not run")
        _ = Glibc.kill(pid, signal)
    }

    private func pid(_ name: String) -> pid_t? {
        let path = name == "postgres" ? "\(postgresHome)/data/postmaster.pid" : "\(folder)/run/\(name).pid"
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        return text?.split(whereSeparator: \.isWhitespace).first.flatMap { pid_t($0) }
    }

    private var postgresHome: String {
        let path = try? String(contentsOfFile: "\(folder)/postgres.path", encoding: .utf8)
        return path?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "\(folder)/postgres"
    }

    /// A setting of a service, as the stack wrote it.
    func setting(_ name: String, of service: String) throws -> String {
        let text = try String(contentsOfFile: "\(folder)/env/\(service).env", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name)=") }
        let value = try #require(line, "\(service) has no \(name)").dropFirst(name.count + 1)
        return value.trimmingCharacters(in: CharacterSet(charactersIn: "'"))
    }

    private static func connect(_ folder: String) async throws -> Connection {
        let ports = try String(contentsOfFile: "\(folder)/ports", encoding: .utf8)
        let line = ports.split(separator: "\n").first { $0.hasPrefix("NATS_PORT=") }
        let port = try #require(line).dropFirst("NATS_PORT=".count)
        let password = try String(contentsOfFile: "\(folder)/secrets/nats-client.password", encoding: .utf8)
        var options = ConnectionOptions(urls: ["nats://127.0.0.1:\(port)"], name: "scenario")
        options.credentials = .password(user: "client", password: password)
        options.inboxPrefix = "_INBOX.client"
        return try await Connection.connect(options)
    }

    /// Runs a script of Tools for the folder, with the programs built for this test run; what it prints.
    @discardableResult
    private static func run(_ script: String, _ arguments: [String], _ folder: String) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(root)/Tools/\(script)")
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["ALE_LOCAL"] = folder
        environment["ALE_BIN"] = Bundle.main.bundleURL.path
        process.environment = environment
        let output = "\(folder)-\(UUID().uuidString).log"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: output) }
        let handle = FileHandle(forWritingAtPath: output)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        guard status == 0 else {
            throw JourneyFailure("\(script) \(arguments.first ?? "") ended with \(status):\n\(text)")
        }
        return text
    }
}
