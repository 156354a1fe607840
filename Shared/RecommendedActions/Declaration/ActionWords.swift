import RecommendedActionsWire
import Wire

/// How the definitions of recommended actions are called.
enum ActionWords {
    /// The table that access rows name.
    static let table = "action_definition"
    static let label = Text(en: "Action definition", ko: "권장 작업 정의")
    /// The rule that refusals name.
    static let rule = "G-132"
}

/// The columns beside those that all definitions have.
enum ActionColumn: String, CaseIterable {
    case content, kind, active, names
}

/// What a definition is.
enum ActionKind: String, CaseIterable, Sendable {
    case context, rule, recommendation, guidance
    case fieldRecommendation = "field_recommendation"
    case decisionTree = "decision_tree"

    /// The kinds of cards.
    static let shown: Set<ActionKind> = [.guidance, .fieldRecommendation, .decisionTree]
}

/// The fields of definitions, as errors name them.
enum ActionField: String {
    case active, answers, argument, article, cases, condition, context, en, field, flow, generator, guidance, key, ko,
        label,
        links, next, recommendation, recommendations, rule, shows, step, steps, table, text
    case decisionTree = "decision_tree"
    case fieldRecommendation = "field_recommendation"
}

extension ActionDefinition {
    /// The kinds of the parts that it holds; a definition that can be stored holds one.
    var parts: [ActionKind] {
        let held: [(ActionKind, Bool)] = [
            (.context, context != nil), (.rule, rule != nil), (.recommendation, recommendation != nil),
            (.guidance, guidance != nil), (.fieldRecommendation, fieldRecommendation != nil),
            (.decisionTree, decisionTree != nil),
        ]
        return held.filter(\.1).map(\.0)
    }

    /// Whether it takes part; so it does unless it says otherwise.
    var isActive: Bool { active ?? true }

    /// The keys of the definitions that it names.
    var named: [String] {
        [rule?.context, recommendation?.shows].compactMap(\.self) + (rule?.recommendations ?? [])
    }
}

extension ActionText {
    /// A text in both languages.
    public init(_ text: Text) {
        self.init()
        (en, ko) = (text.en, text.ko)
    }

    /// The text as the rest of the program has it; English where there is no Korean.
    var text: Text { Text(en: en, ko: ko.isEmpty ? en : ko) }
}
