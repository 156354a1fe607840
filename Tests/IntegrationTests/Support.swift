import Foundation

/// The checkout these tests belong to, through symbolic links.
enum Checkout {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Path of a file of the repository.
    static func path(_ relative: String) -> String { root.appendingPathComponent(relative).path }
}

/// The schema of a service without tables of its own: a folder that nobody else puts anything into.
enum NoMigrations {
    static let folder: String = {
        let path = NSTemporaryDirectory() + "no-migrations-\(getpid())"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }()
}

/// A program ended badly.
struct ProgramFailure: Error, CustomStringConvertible {
    let description: String
}

/// Runs a program and answers what it printed; throws with its output when it fails. It may take as long as its own
/// limits let it.
func run(_ program: String, _ arguments: [String]) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(with: Result { try runBlocking(program, arguments) })
        }
    }
}

private func runBlocking(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw ProgramFailure(description: "\(program) ended with \(process.terminationStatus):\n\(text)")
    }
    return text
}
