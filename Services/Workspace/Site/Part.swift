import RPC
import Wire

/// A part of a page that has an answer of its own. Without it the page is drawn all the same; whether the reader may not see the
/// part or it cannot be had is not the same.
struct Part<Value: Sendable>: Sendable {
    /// What is shown; nil for nothing.
    let value: Value?
    /// Whether it would be there if a service were.
    let isAway: Bool

    /// Asks for the part. Whoever may not read it, or where there is nothing, simply has none.
    static func of(_ ask: @Sendable () async throws(Problem) -> Value) async -> Part {
        do throws(Problem) {
            return Part(value: try await ask(), isAway: false)
        } catch {
            return Part(value: nil, isAway: ![.permissionDenied, .notFound].contains(error.code))
        }
    }
}

extension Visit {
    /// What the page says of parts that cannot be had now; empty where there are none.
    func missing(_ parts: [(isAway: Bool, name: String)]) -> String {
        let names = parts.filter(\.isAway).map(\.name).joined(separator: ", ")
        return names.isEmpty
            ? ""
            : say(
                "Not shown, because a part of the system is away: \(names).", "시스템 일부를 사용할 수 없어 표시하지 못했습니다: \(names).")
    }
}
