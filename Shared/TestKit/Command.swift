import Foundation

/// Runs other programs and waits for them.
///
/// Not by Foundation's `Process`: it copies whole directory entries out of a buffer that ends within the last of them, which
/// ends the caller now and then.
public enum Command {
    /// How a program ended, and what it printed.
    public struct Result: Sendable {
        /// As a shell would say it; 124 when it took too long.
        public let status: Int32
        /// What it printed.
        public let output: String
        /// What it printed as errors.
        public let errors: String
    }

    /// A program ended otherwise than with 0.
    public struct Failure: Error, CustomStringConvertible {
        /// Which one, how, and what it printed.
        public let description: String
    }

    /// What the program printed, on both outputs; it blocks no thread of the cooperative pool. Throws a ``Failure`` with it
    /// when the program ended otherwise than with 0.
    @discardableResult
    public static func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], input: String? = nil
    ) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Swift.Result {
                        let result = try result([program] + arguments, environment: environment, input: input)
                        guard result.status == 0 else {
                            throw Failure(
                                description: "\(program) ended with \(result.status): \(result.output)\(result.errors)")
                        }
                        return result.output + result.errors
                    })
            }
        }
    }

    /// Runs a program, found by PATH when it has no slash, to its end, or ends it after `seconds`. It blocks its thread.
    /// Files stand for pipes, so that neither side can wait for the other.
    public static func result(
        _ command: [String], environment: [String: String] = [:], input: String? = nil, directory: String = ".",
        seconds: Int = 3_600
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (given, output, errors) = ("\(folder.path)/in", "\(folder.path)/out", "\(folder.path)/errors")
        try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: given))
        let words =
            [
                "/bin/sh", "-c", "exec \"$@\" <\"$0/in\" 2>\"$0/errors\"", folder.path, "timeout", "-k", "5",
                "\(seconds)",
            ]
            + ["env", "-C", directory] + environment.map { "\($0)=\($1)" } + command
        let status = try ChildProcess.run(words, log: output)
        func text(_ path: String) throws -> String {
            FileManager.default.fileExists(atPath: path)
                ? String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self) : ""
        }
        return Result(status: status, output: try text(output), errors: try text(errors))
    }
}
