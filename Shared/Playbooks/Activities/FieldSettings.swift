import PlaybooksWire
import Wire

/// What an activity knows when it makes something: the parent record, and what all activities of the run entered.
struct RunFacts: Sendable {
    /// The text of a field of the parent record; empty when there is none.
    let field: @Sendable (String) -> String
    /// The text of an input, by "<activity>.<input>".
    let entered: [String: String]

    /// A name between braces, as expressions have it.
    static var placeholder: Regex<(Substring, Substring)> { /\{\{\s*([a-z0-9_.]+)\s*\}\}/ }

    /// The same with what the form of an activity shows at first, for what is said by its own inputs: its record is made
    /// when it starts, and whatever is entered comes later.
    func beginning(_ step: RunPlan.Step, over parent: (any RecordMessage)?) -> RunFacts {
        let own = step.shown([:], over: parent).map { ("\(step.plan.key).\($0.key)", $0.value) }
        return RunFacts(field: field, entered: entered.merging(own) { $1 })
    }

    /// The text of a field or an input.
    func text(_ name: String) -> String { name.contains(".") ? entered[name] ?? "" : field(name) }

    /// `expression` with its placeholders filled: `{{short_description}}`, `{{enter_info.type}}`.
    func filled(_ expression: String) -> String {
        expression.replacing(Self.placeholder) { match in text(String(match.1)) }
    }

    /// The fields of the record that `creation` describes, in text form; texts for people in `language`.
    func values(of creation: ActivityCreation, language: String) -> [String: String] {
        var values: [String: String] = [:]
        for setting in creation.fields {
            let said = setting.localized
            values[setting.field] =
                !setting.text.isEmpty
                ? setting.text
                : !setting.fromField.isEmpty
                    ? field(setting.fromField)
                    : !setting.expression.isEmpty
                        ? filled(setting.expression)
                        : filled((language == Language.ko.rawValue ? said?.ko : said?.en) ?? "")
        }
        return values.filter { !$0.value.isEmpty }
    }
}

extension LocalText {
    /// The text as the rest of the program has it; English where there is no Korean.
    public var text: Text { Text(en: en, ko: ko.isEmpty ? en : ko) }

    /// A text in both languages.
    public init(_ text: Text) {
        self.init()
        en = text.en
        ko = text.ko
    }
}
