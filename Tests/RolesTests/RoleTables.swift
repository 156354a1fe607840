import Foundation

/// The tables of the repository and, where it is beside the repository, of the specification.
enum RoleTables {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let folder = root.appending(path: "Shared/Roles")
    static let specification = root.deletingLastPathComponent().appending(path: "shared/spec")

    /// Rows by column name. The tables quote nothing.
    static func read(_ name: String) throws -> [[String: String]] {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        let header = lines[0].map(String.init)
        return lines.dropFirst().map { cells in
            Dictionary(uniqueKeysWithValues: zip(header, cells.map(String.init)))
        }
    }

    /// The names of a cell.
    static func names(_ cell: String?) -> [String] {
        (cell ?? "").split(separator: ",").map { String($0).trimmingCharacters(in: .whitespaces) }
    }
}
