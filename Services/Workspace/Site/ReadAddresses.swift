import Hummingbird
import Synchronization

/// The addresses of pages that are read, by their patterns: what was posted leads back to the one above it.
final class ReadAddresses: Sendable {
    private let patterns = Mutex<[[String]]>([])

    /// Takes a pattern, such as `/tasks/:id`. A file is no page.
    func add(_ pattern: String) {
        guard !pattern.hasSuffix("/:file"), !pattern.hasSuffix("/{file}") else { return }
        let parts = Self.parts(pattern)
        patterns.withLock { $0.append(parts) }
    }

    /// The nearest page above a path: `/tasks/1` of `/tasks/1/move`; `/` where there is none.
    func above(_ path: String) -> String {
        var parts = Self.parts(path)
        let known = patterns.withLock { $0 }
        while !parts.isEmpty, !known.contains(where: { Self.isMet($0, by: parts) }) { parts.removeLast() }
        return "/" + parts.joined(separator: "/")
    }

    private static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map { String($0) }
    }

    private static func isMet(_ pattern: [String], by parts: [String]) -> Bool {
        pattern.count == parts.count
            && zip(pattern, parts).allSatisfy { part, said in
                part == said || part.hasPrefix(":") || part.hasPrefix("{")
            }
    }
}

extension Site {
    /// What a page says of what was just done, and in which language it is read: not a part of what it shows.
    private static let passing: Set = ["language", "done", "undo", "saved", "advice"]

    /// The address of the page that a request leads to, for what leads back to it.
    func back(_ request: Request) -> String {
        guard request.method == .get || request.method == .head else { return readable.above(request.uri.path) }
        let query = (request.uri.query ?? "").split(separator: "&").filter { part in
            !Self.passing.contains(String(part.prefix { $0 != "=" }))
        }
        let address = query.isEmpty ? request.uri.path : "\(request.uri.path)?\(query.joined(separator: "&"))"
        // One that is too long to lead back to leads to the page without what it is narrowed to.
        return LocalPath.checked(address, or: request.uri.path)
    }
}
