import Wire

/// What names the choices of a field in a workbook: the value itself, or its label in either language, as texts that look
/// alike are alike (G-59). The check of an import and its publication both ask here.
public struct ChoiceNames: Sendable, Hashable {
    /// The choices, in the order of the dictionary.
    public let choices: [Choice]
    private let values: [String: FieldValue]

    /// The names of `choices`. Where two of them share one, a value goes before labels, and the first before the others.
    public init(_ choices: [Choice]) {
        self.choices = choices
        let names =
            choices.map { (Self.text($0.value), $0.value) }
            + choices.flatMap { [($0.label.en, $0.value), ($0.label.ko, $0.value)] }
        values = Dictionary(names.map { ($0.alike, $1) }) { first, _ in first }
    }

    /// The value that `text` names; nil when it names none.
    public subscript(text: String) -> FieldValue? { values[text.alike] }

    /// How a value is written where it is stored as text.
    public static func text(_ value: FieldValue) -> String { value.int.map(String.init) ?? value.string ?? "" }
}
