/// A text that is set into an expression before it is compiled.
struct JQInsertion {
    let place: Int
    let text: String
    /// Of those at the same place the lesser comes first.
    let rank: Int

    /// The expression with all of them.
    static func all(_ insertions: [JQInsertion], into bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var at = 0
        for insertion in insertions.sorted(by: { ($0.place, $0.rank) < ($1.place, $1.rank) }) {
            text += bytes[at..<insertion.place] + Array(insertion.text.utf8)
            at = insertion.place
        }
        return String(decoding: text + bytes[at...], as: UTF8.self)
    }
}

/// Finds the lists and objects that a jq expression makes while it is scanned, so that each is weighed (see ``JQPrelude``).
///
/// A bracket behind something that has a value is a path, `.a[0]`; those behind `as` are a pattern, but for what stands in
/// parentheses inside it.
struct JQWeighing {
    private struct Bracket {
        /// Where it opened; nil for one that makes nothing.
        let start: Int?
        let isPattern: Bool
    }

    private var brackets: [Bracket] = []
    /// Whether what was read last has a value.
    var isOperand = false
    /// Whether a pattern comes next.
    var expectsPattern = false
    private(set) var insertions: [JQInsertion] = []

    mutating func open(_ bracket: UInt8, at place: Int) {
        let isParenthesis = bracket == UInt8(ascii: "(")
        let isPattern = !isParenthesis && (expectsPattern || brackets.last?.isPattern == true)
        let isPath = bracket == UInt8(ascii: "[") && isOperand
        brackets.append(Bracket(start: isParenthesis || isPattern || isPath ? nil : place, isPattern: isPattern))
        (isOperand, expectsPattern) = (false, false)
    }

    /// A bracket has closed, the one before `place`; what is empty is not weighed.
    mutating func close(before place: Int, in bytes: [UInt8]) {
        isOperand = true
        guard let start = brackets.popLast()?.start,
            bytes[(start + 1)..<(place - 1)].contains(where: { $0 > 0x20 })
        else { return }
        insertions.append(JQInsertion(place: start, text: "(", rank: 2))
        insertions.append(JQInsertion(place: place, text: "|__sized)", rank: 1))
    }
}
