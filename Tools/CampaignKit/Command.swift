import Foundation
import JourneyKit
import TestKit

/// Runs other programs and waits for them.
///
/// Not by Foundation's `Process`: it copies whole directory entries out of a buffer that ends within the last of them, which
/// ends the caller now and then.
public enum Command {
    /// What the program printed, on both outputs. Throws a ``JourneyFailure`` with it when the program ended otherwise
    /// than with 0.
    @discardableResult
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil
    ) async throws -> String {
        let name = UUID().uuidString
        let (output, given) = ("/tmp/ale-output-\(name)", "/tmp/ale-input-\(name)")
        defer { for path in [output, given] { try? FileManager.default.removeItem(atPath: path) } }
        var command = ["/usr/bin/env"] + environment.map { "\($0)=\($1)" } + [program] + arguments
        if let input {
            // A pipe could fill up before the program reads it: a file does not.
            try Data(input.utf8).write(to: URL(fileURLWithPath: given))
            command = ["/bin/sh", "-c", "exec \"$@\" <\"$0\"", given] + command
        }
        let words = command
        let status = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try ChildProcess.run(words, log: output) })
            }
        }
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        guard status == 0 else { throw JourneyFailure("\(program) ended with \(status): \(text)") }
        return text
    }
}
