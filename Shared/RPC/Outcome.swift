import Wire

/// Calls whose failures travel as values, so that several run beside each other.
public enum Outcome {
    /// What a call answers, or why it does not.
    public static func of<Answer: Sendable>(
        _ ask: @Sendable () async throws(Problem) -> Answer
    ) async -> Result<Answer, Problem> {
        do throws(Problem) {
            return .success(try await ask())
        } catch {
            return .failure(error)
        }
    }

    /// The same call for several things at once, of which there are few; their answers in the order of the things. A failure
    /// of one is that of all.
    public static func each<Item: Sendable, Answer: Sendable>(
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
