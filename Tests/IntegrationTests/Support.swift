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
