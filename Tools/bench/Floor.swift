import Foundation
import JourneyKit
import TestKit

/// The program `floor`, answering requests beside the service: what the C libraries alone need for the same statements.
final class Floor {
    private let process: ChildProcess

    var pid: pid_t { process.pid }

    /// - Parameters:
    ///   - batches: statements of one line each; the answers are waited for behind each batch.
    ///   - outbox: a table whose events it relays.
    init(
        _ stack: BenchStack, subject: String, connections: Int, batches: [[String]], outbox: String? = nil
    ) async throws {
        let file = "\(stack.folder)/floor-\(subject).sql"
        let script = batches.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
        try (script + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let log = "\(stack.folder)/floor-\(subject).log"
        try? FileManager.default.removeItem(atPath: log)
        let process = try ChildProcess(
            "\(BenchStack.programs)/floor",
            [
                "serve", stack.natsURL, "customer-success",
                try BenchStack.secret(stack.folder, "nats-customer-success"),
                try stack.connectionString("ale_customer_success"), subject, "\(connections)", file,
            ] + (outbox.map { [$0] } ?? []), log: log)
        try await waitUntil("the floor answers", within: .seconds(30)) {
            guard process.isRunning else { throw JourneyFailure("the floor did not start") }
            return try String(contentsOfFile: log, encoding: .utf8).contains("ready")
        }
        self.process = process
    }

    func stop() { process.terminate(SIGTERM) }
}
