/// Finds the rounds of `reduce` and `foreach` in a jq expression while it is scanned, so that each can be counted.
///
/// Both are written `reduce TERM as PATTERN (INIT; UPDATE)`: the bracket is the first that opens at the depth of the word
/// behind `as`, for those of a pattern are others, and the update begins behind its first semicolon.
struct JQLoops {
    private enum Stage { case term, pattern, start, update }

    private struct Loop {
        /// How many brackets are open around it.
        let depth: Int
        var stage = Stage.term
    }

    private var loops: [Loop] = []
    /// Where updates begin.
    private var places: [Int] = []

    mutating func read(_ word: String, depth: Int) {
        if word == "reduce" || word == "foreach" {
            loops.append(Loop(depth: depth))
        } else if word == "as", let last = last(depth, .term) {
            loops[last].stage = .pattern
        }
    }

    mutating func open(_ bracket: UInt8, depth: Int) {
        guard bracket == UInt8(ascii: "("), let last = last(depth, .pattern) else { return }
        loops[last].stage = .start
    }

    mutating func part(depth: Int, at place: Int) {
        guard let last = last(depth - 1, .start) else { return }
        loops[last].stage = .update
        places.append(place)
    }

    /// A bracket has closed: loops whose own it was, and those inside it, are over.
    mutating func close(depth: Int) {
        loops.removeAll { $0.depth > depth || $0.depth == depth && ($0.stage == .start || $0.stage == .update) }
    }

    private func last(_ depth: Int, _ stage: Stage) -> Int? {
        guard let last = loops.lastIndex(where: { $0.depth == depth }), loops[last].stage == stage else { return nil }
        return last
    }

    /// What is set into the expression: a count before each update.
    var insertions: [JQInsertion] { places.map { JQInsertion(place: $0, text: " __tick | ", rank: 0) } }
}
