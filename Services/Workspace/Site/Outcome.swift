import RPC
import Wire

/// Calls whose failures travel as values, so that several run beside each other.
enum Outcome {
    /// What a call answers, or why it does not.
    static func of<Answer: Sendable>(
        _ ask: @Sendable () async throws(Problem) -> Answer
    ) async -> Result<Answer, Problem> {
        do throws(Problem) {
            return .success(try await ask())
        } catch {
            return .failure(error)
        }
    }

    /// The same call for several things at once, of which a page has few; their answers in the order of the things. A failure
    /// of one is that of all.
    static func each<Item: Sendable, Answer: Sendable>(
        _ items: [Item], _ ask: @escaping @Sendable (Item) async throws(Problem) -> Answer
    ) async throws(Problem) -> [Answer] {
        let found = await withTaskGroup(of: (place: Int, result: Result<Answer, Problem>).self) { group in
            for (place, item) in items.enumerated() {
                group.addTask { (place, await Outcome.of { () async throws(Problem) in try await ask(item) }) }
            }
            return await group.reduce(into: [Int: Result<Answer, Problem>]()) { $0[$1.place] = $1.result }
        }
        var answers: [Answer] = []
        for place in items.indices {
            if let result = found[place] { answers.append(try result.get()) }
        }
        return answers
    }
}

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
