import RPC
import Synchronization
import Wire

/// What services have advised about something that was done all the same, while one request was answered (`Ale-Warning`, and what
/// batches say of their records).
final class Advice: Sendable {
    /// Most sentences that a page shows.
    private static let most = 8

    private let said = Mutex<[String]>([])

    /// The sentences, each once, in the language of who asked.
    var sentences: [String] { said.withLock { $0 } }

    /// Keeps what an answer warns of.
    func add(_ warnings: [Warning]) {
        guard !warnings.isEmpty else { return }
        said.withLock { said in
            for warning in warnings where said.count < Self.most && !said.contains(warning.message) {
                said.append(warning.message)
            }
        }
    }
}

extension Advice: Undoable {
    var count: Int { sentences.count }
    var isEmpty: Bool { sentences.isEmpty }
    var size: Int { sentences.reduce(0) { $0 + $1.utf8.count } }
}

extension Site {
    /// The address that something leads to after it was done, with the name of what was advised about it: the page shows it, to
    /// nobody else, and for minutes. No text of a page is in an address.
    func advised(_ path: String, _ visit: Visit) -> String {
        guard !visit.isRead, let kept = undos.keep(visit.ask.advice, of: visit.person) else { return path }
        let place = path.prefix { $0 != "#" }
        return "\(place)\(place.contains("?") ? "&" : "?")advice=\(kept)\(path.dropFirst(place.count))"
    }

    /// What a page says that was advised, when its address names it.
    func advice(_ visit: Visit) -> [String] {
        let name = visit.query["advice"]
        return name.isEmpty ? [] : undos.look(name, of: visit.person, as: Advice.self)?.sentences ?? []
    }
}
