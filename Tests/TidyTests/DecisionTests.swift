import Testing

/// docs/decisions.md is the index of the decisions that code cites as `G-nn`: each is there, and once.
@Suite struct DecisionTests {
    private static let index = "docs/decisions.md"

    /// The ids a text cites: `G-`, and two or three digits that nothing goes on.
    static func cited(in text: some StringProtocol) -> Set<String> {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        return Set(words.map { String($0) }.filter { isDecision($0) })
    }

    /// The ids that have a line of the index, in its order.
    static func listed(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|")
            guard cells.count >= 3, let word = cells[0].split(separator: " ").first.map({ String($0) }) else {
                return nil
            }
            return isDecision(word) ? word : nil
        }
    }

    private static func isDecision(_ word: String) -> Bool {
        let digits = word.dropFirst(2)
        return word.hasPrefix("G-") && (2...3).contains(digits.count) && digits.allSatisfy(\.isNumber)
    }

    @Test func everyCitedDecisionIsInTheIndex() throws {
        let listed = Set(Self.listed(in: try #require(Repository.text(Self.index))))
        let missing = Repository.files.filter { $0.path != Self.index && !$0.isGenerated }.flatMap { file in
            Self.cited(in: file.text).subtracting(listed).sorted().map { "\(file.path): \($0)" }
        }
        #expect(missing.isEmpty, "cited, and not in \(Self.index): \(missing.joined(separator: ", "))")
    }

    @Test func aDecisionHasOneLine() throws {
        let listed = Self.listed(in: try #require(Repository.text(Self.index)))
        // None is left out: the numbers follow each other from the first to the last.
        let numbers = listed.compactMap { Int($0.dropFirst(2)) }
        #expect(numbers.count == listed.count && Set(numbers) == Set(1...(numbers.max() ?? 1)) && numbers.count > 100)
        let twice = Dictionary(grouping: listed) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        #expect(twice.isEmpty, "listed more than once")
    }

    @Test func theCheckCatches() {
        #expect(Self.cited(in: "As G-12, G-131 and (G-101); not G-1, G-1234 or G-nn") == ["G-12", "G-131", "G-101"])
        #expect(Self.listed(in: "| G-12 | a | b |\n| question | decision |\nG-13") == ["G-12"])
    }
}
