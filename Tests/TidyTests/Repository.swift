import Foundation

/// One text file of the repository.
struct SourceFile: Sendable {
    /// Path from the root of the repository: `Shared/Wire/Arena.swift`.
    let path: String
    let text: String

    /// The lines without their ends; a final newline makes no further line.
    var lines: [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// Written by a generator: nobody edits it, so that limits made for people do not apply.
    var isGenerated: Bool {
        path.contains("/Generated/") || ["Shared/CProto/", "proto/ale/"].contains { path.hasPrefix($0) }
    }

    /// The parts of the path: `["Shared", "Wire", "Arena.swift"]`.
    var folders: [Substring] { path.split(separator: "/") }
}

/// The repository these tests belong to, read from the disk; nothing is run and nothing is built.
enum Repository {
    /// The folder of Package.swift, through symbolic links.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file, but for what builds and the local stack leave behind.
    static let files: [SourceFile] = readAll()

    private static let byPath = Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.text) })

    /// Swift sources written by people.
    static let swift = files.filter { $0.path.hasSuffix(".swift") && !$0.isGenerated }

    /// The complete protos, made of those in `proto/source`.
    static let completeProtos = files.filter { $0.path.hasPrefix("proto/ale/") && $0.path.hasSuffix(".proto") }

    /// The code of the Swift sources, line by line, comments and literals blanked: made once for all checks.
    private static let code = Dictionary(uniqueKeysWithValues: swift.map { ($0.path, SwiftText($0.text).lines) })

    /// The code of a file line by line, without comments and the text of literals.
    static func code(of file: SourceFile) -> [String] {
        guard let lines = code[file.path], text(file.path) == file.text else { return SwiftText(file.text).lines }
        return lines
    }

    /// The text of a file; nil when there is no such file.
    static func text(_ path: String) -> String? {
        byPath[path]
    }

    private static let textEndings: Set<String> = [
        "swift", "c", "h", "proto", "sql", "md", "sh", "py", "yaml", "yml", "json", "tsv", "txt", "modulemap",
        "mustache", "html", "js", "conf",
    ]
    private static let textNames: Set<String> = ["Makefile", "Containerfile", "run", ".gitignore", ".editorconfig"]

    private static func readAll() -> [SourceFile] {
        guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return [] }
        var found: [SourceFile] = []
        let prefix = root.path + "/"
        for case let url as URL in walk {
            let name = url.lastPathComponent
            if isLeftOut(name) {
                walk.skipDescendants()
                continue
            }
            guard textEndings.contains(url.pathExtension) || textNames.contains(name),
                let text = try? String(contentsOf: url, encoding: .utf8)
            else { continue }
            found.append(SourceFile(path: String(url.path.dropFirst(prefix.count)), text: text))
        }
        return found.sorted { $0.path < $1.path }
    }

    private static func isLeftOut(_ name: String) -> Bool {
        let folders = [".git", ".swiftpm", "__pycache__", "Package.resolved"]
        return folders.contains(name)
            || [".build", ".local"].contains { name == $0 || name.hasPrefix($0 + "-") || name.hasPrefix($0 + "_") }
    }
}

/// Something that is not as it should be, and where.
struct Finding: CustomStringConvertible, Equatable {
    let path: String
    let line: Int?
    let message: String

    init(_ path: String, line: Int? = nil, _ message: String) {
        self.path = path
        self.line = line
        self.message = message
    }

    var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(message)" }
}

extension [Finding] {
    /// One line each, for the message of a failed expectation.
    var report: String { "\n" + map(\.description).joined(separator: "\n") }
}
