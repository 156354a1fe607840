import RPC
import Wire

/// Says which articles somebody may read. A card tells nobody of an article that he or she is kept from (G-100).
public struct ArticleReading: Sendable {
    /// Those of some articles, by their keys, that the caller may read.
    let readable: @Sendable (Set<String>, Call) async throws(Problem) -> Set<String>

    /// Of the service that has the articles.
    public init(_ readable: @escaping @Sendable (Set<String>, Call) async throws(Problem) -> Set<String>) {
        self.readable = readable
    }

    /// Of another service: `read` reads one article as the caller. One that cannot be read, for whatever reason, is left
    /// out: a card without a link is better than none, and than one that says too much.
    public static func asking(_ read: @escaping @Sendable (String) async throws(Problem) -> Void) -> ArticleReading {
        ArticleReading { keys, _ async throws(Problem) in
            var readable: Set<String> = []
            for key in keys.sorted() {
                do throws(Problem) {
                    try await read(key)
                    readable.insert(key)
                } catch {
                    // Whoever does not answer now is not asked for every other one as well.
                    guard [.notFound, .permissionDenied].contains(error.code) else { return readable }
                }
            }
            return readable
        }
    }
}
