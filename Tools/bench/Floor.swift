import Foundation
import JourneyKit

/// The program `floor`, answering requests beside the service: what the C libraries alone need for the same statements.
final class Floor {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    var pid: pid_t { process.processIdentifier }

    /// - Parameters:
    ///   - batches: statements of one line each; the answers are waited for behind each batch.
    ///   - outbox: a table whose events it relays.
    init(
        _ stack: BenchStack, subject: String, connections: Int, batches: [[String]], outbox: String? = nil
    ) throws {
        let file = "\(stack.folder)/floor-\(subject).sql"
        let script = batches.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
        try (script + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        process.executableURL = URL(fileURLWithPath: "\(BenchStack.programs)/floor")
        process.arguments =
            [
                "serve", stack.natsURL, "customer-success",
                try BenchStack.secret(stack.folder, "nats-customer-success"),
                try stack.connectionString("ale_customer_success"), subject, "\(connections)", file,
            ] + (outbox.map { [$0] } ?? [])
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = output.fileHandleForReading.availableData
        guard String(decoding: line, as: UTF8.self).hasPrefix("ready") else {
            throw JourneyFailure("the floor did not start")
        }
    }

    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
