import RPC
import Wire

/// A condition over the fields of a record, put together by choosing: each time one more comparison behind what stands there.
struct ConditionBuilder: Sendable {
    /// A field that can be chosen.
    struct Choice: Sendable {
        let name: String
        let label: String
        let type: FieldType
        var choices: [Wire.Choice] = []

        init(_ name: String, _ label: String, _ type: FieldType) {
            (self.name, self.label, self.type) = (name, label, type)
        }

        init(_ field: FieldSchema, _ language: Language) {
            self.init(field.name, field.label(language), field.type)
            choices = field.choices
        }
    }

    /// The names of its fields in a form, and of its button.
    enum Part: String {
        case field = "build_field"
        case comparison = "build_is"
        case value = "build_value"
    }

    /// What the button says.
    static let action = "build"

    let choices: [Choice]
    let visit: Visit

    /// Over what people may compare of a table.
    init(over schema: RecordSchema?, more: [Choice] = [], _ visit: Visit) {
        let types: Set<FieldType> = [.journal, .attachment, .json]
        choices =
            (schema?.fields ?? []).filter { !types.contains($0.type) && $0.name != "etag" }.map {
                Choice($0, visit.reader.language)
            } + more
        self.visit = visit
    }

    private static let comparisons: [(String, Text)] = [
        ("=", Text(en: "is", ko: "같음")), ("!=", Text(en: "is not", ko: "같지 않음")),
        (":", Text(en: "contains", ko: "포함")), ("<", Text(en: "is less than, or before", ko: "보다 작음 또는 이전")),
        ("<=", Text(en: "is at most", ko: "이하")), (">", Text(en: "is more than, or after", ko: "보다 큼 또는 이후")),
        (">=", Text(en: "is at least", ko: "이상")), ("filled", Text(en: "is filled in", ko: "값 있음")),
        ("empty", Text(en: "is empty", ko: "값 없음")),
    ]

    /// The three fields, with what was chosen when that could not be put in.
    func fields(refused: Problem?) -> [Values] {
        let forms = Forms(visit)
        let options = choices.map { Forms.Option($0.name, $0.label) }
        let fields = [
            Forms.Field(
                Part.field.rawValue, visit.say("Field", "필드"), .choice(options),
                help: options.isEmpty
                    ? visit.say(
                        "Choose the table above and press the button: its fields are here then.",
                        "위에서 테이블을 선택하고 버튼을 누르면 필드가 표시됩니다.") : ""),
            Forms.Field(
                Part.comparison.rawValue, visit.say("Comparison", "비교"),
                .choice(Self.comparisons.map { Forms.Option($0.0, visit.reader($0.1)) })),
            Forms.Field(Part.value.rawValue, visit.say("Value", "값"), .text("text")),
        ]
        return fields.map { forms.values($0, refused: refused) }
    }

    /// The condition with what was chosen behind it.
    func added(to condition: String) throws(Problem) -> String {
        guard let choice = choices.first(where: { $0.name == visit.form[Part.field] }) else {
            throw Self.missing(.field, Text(en: "Choose a field.", ko: "필드를 선택하세요."))
        }
        let (comparison, value) = (visit.form[Part.comparison], visit.form[Part.value])
        let name = choice.name
        let clause: String
        switch comparison {
        case "filled": clause = "\(name):*"
        case "empty": clause = "NOT \(name):*"
        default:
            guard !value.isEmpty else {
                throw Self.missing(.value, Text(en: "Say what it is compared with.", ko: "비교할 값을 입력하세요."))
            }
            let known = Self.comparisons.contains { $0.0 == comparison }
            clause = "\(name) \(known ? comparison : "=") \(Self.literal(value, choice))"
        }
        // An AND holds what stands before it together, be it several comparisons with OR.
        return condition.isEmpty ? clause : "\(condition) AND \(clause)"
    }

    /// A value as a filter has it; a choice may be typed as people read it.
    private static func literal(_ value: String, _ field: Choice) -> String {
        let known = field.choices.first { choice in
            [choice.label(.en), choice.label(.ko)].contains { $0.lowercased() == value.lowercased() }
        }
        let text = known?.value.string ?? known?.value.int.map { "\($0)" } ?? value
        switch field.type {
        case .boolean: return ["true", "yes", "예"].contains(text.lowercased()) ? "true" : "false"
        case .integer, .decimal, .currency: return Double(text) != nil ? text : FilterText.quoted(text)
        case .choice where Int(text) != nil: return text
        default: return text.hasSuffix("()") ? text : FilterText.quoted(text)
        }
    }

    private static func missing(_ part: Part, _ text: Text) -> Problem {
        .invalid([Problem.Violation(field: part.rawValue, text: text)])
    }
}
