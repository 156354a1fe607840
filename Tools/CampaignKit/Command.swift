import Foundation
import JourneyKit

/// Runs other programs and waits for them.
public enum Command {
    /// What the program printed, on both outputs. Throws a ``JourneyFailure`` with it when the program ended otherwise
    /// than with 0.
    @discardableResult
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil
    ) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let path = "/tmp/ale-output-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let output = FileHandle(forWritingAtPath: path)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = try standardInput(input)
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        guard status == 0 else { throw JourneyFailure("\(program) ended with \(status): \(text)") }
        return text
    }

    /// A pipe could fill up before the program reads it: a file does not.
    private static func standardInput(_ text: String?) throws -> FileHandle {
        guard let text else { return FileHandle.nullDevice }
        let path = "/tmp/ale-input-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    }
}
