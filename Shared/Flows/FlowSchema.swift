import Korean

/// What a value must look like: the part of JSON Schema that flows use for their input.
public struct FlowSchema: Sendable {
    /// Kinds of values; `date` is a string with `format: date`, `any` has no `type`.
    public enum Kind: String, Sendable {
        case any, object, array, string, date, integer, number, boolean

        var korean: String {
            switch self {
            case .any: "아무"
            case .object: "객체"
            case .array: "목록"
            case .string: "텍스트"
            case .date: "날짜"
            case .integer: "정수"
            case .number: "숫자"
            case .boolean: "참/거짓"
            }
        }
    }

    /// One allowed value with its label.
    public struct Choice: Sendable, Hashable {
        /// The value sent.
        public let value: JSONValue
        /// What people read; the value itself when the definition gives no label.
        public let label: FlowText
    }

    struct Member: Sendable {
        let name: String
        let schema: FlowSchema
    }

    var kind: Kind = .any
    var label: FlowText?
    /// Whether the label is said in both languages.
    var isLabeled = false
    var hint: FlowText?
    var choices: [Choice] = []
    var defaultValue: JSONValue?
    /// The default for whoever reads Korean, where it is a text (`x-default-ko`).
    var koreanDefault: JSONValue?
    var minimumLength: Int?
    var maximumLength: Int?
    var minimum: Double?
    var maximum: Double?
    var reference: String?
    var prefill: String?
    var members: [Member] = []
    var required: Set<String> = []
    /// Whether members that are not listed are let through.
    var isOpen = true
    /// Schema of the elements of an array: none or one.
    var items: [FlowSchema] = []
}

/// One question of the wizard that launches a play.
public struct FlowQuestion: Sendable, Hashable {
    /// Name of the answer.
    public let name: String
    /// Kind of answer.
    public let kind: FlowSchema.Kind
    /// The question; nil when the definition gives none.
    public let label: FlowText?
    /// Whether the definition says it in both languages.
    public let isLabeled: Bool
    /// Further explanation.
    public let hint: FlowText?
    /// Whether it must be answered.
    public let isMandatory: Bool
    /// Allowed answers; empty when any is.
    public let choices: [FlowSchema.Choice]
    /// Answer taken when none is given; `null` for none.
    public let defaultValue: JSONValue
    /// The same for whoever reads Korean.
    public let koreanDefault: JSONValue
    /// Table whose record's id is asked for, such as `customer_contact`; of a list, whose records' ids.
    public let reference: String?
    /// Name of the member of `source` that the page should fill in beforehand.
    public let prefill: String?
}

/// One thing wrong with an input.
public struct FlowViolation: Sendable, Hashable {
    /// Path of the value: `answers.meeting_date`; for answers alone `meeting_date`.
    public let field: String
    /// What is wrong, for people.
    public let text: FlowText
}

extension CompiledFlow {
    /// Checks the input of a run and fills in defaults, texts among them in `language`. An empty list of violations
    /// means it can be started.
    public func validate(input value: JSONValue, language: String = "en") -> (
        input: JSONValue, violations: [FlowViolation]
    ) {
        var violations: [FlowViolation] = []
        let filled = input.check(value, at: "", language, into: &violations)
        return (filled, violations)
    }

    /// Checks the answers of the wizard alone and fills in defaults, texts among them in `language`.
    public func validate(
        answers value: JSONValue, language: String = "en"
    ) -> (answers: JSONValue, violations: [FlowViolation]) {
        var violations: [FlowViolation] = []
        guard let schema = input.members.first(where: { $0.name == "answers" })?.schema else { return (value, []) }
        let filled = schema.check(value, at: "", language, into: &violations)
        return (filled, violations)
    }
}

extension FlowSchema {
    var questions: [FlowQuestion] {
        members.map { member in
            FlowQuestion(
                name: member.name, kind: member.schema.kind,
                label: member.schema.label, isLabeled: member.schema.isLabeled, hint: member.schema.hint,
                isMandatory: required.contains(member.name), choices: member.schema.choices,
                defaultValue: member.schema.standard("en") ?? .null,
                koreanDefault: member.schema.standard("ko") ?? .null,
                reference: member.schema.reference ?? member.schema.items.first?.reference,
                prefill: member.schema.prefill)
        }
    }

    /// The default in a language; nil without one.
    private func standard(_ language: String) -> JSONValue? {
        language == "ko" ? koreanDefault ?? defaultValue : defaultValue
    }

    /// Checks a value, adds what is wrong, and returns it with defaults filled in and empty members left out.
    func check(
        _ value: JSONValue, at path: String, _ language: String = "en", into violations: inout [FlowViolation]
    ) -> JSONValue {
        func wrong(_ en: String, _ ko: String) {
            violations.append(FlowViolation(field: path, text: FlowText(en: en, ko: ko)))
        }
        if !choices.isEmpty, !choices.contains(where: { $0.value == value }) {
            wrong("Choose one of the offered values.", "목록의 값 중 하나를 선택하세요.")
            return value
        }
        switch (kind, value) {
        case (.any, _), (.boolean, .bool): return value
        case (.object, .object(let given)): return .object(check(members: given, at: path, language, into: &violations))
        case (.array, .array(let elements)):
            guard let schema = items.first else { return value }
            return .array(
                elements.enumerated().map { schema.check($1, at: "\(path)[\($0)]", language, into: &violations) })
        case (.integer, .number(let number)), (.number, .number(let number)):
            if kind == .integer, number.rounded() != number { wrong("Enter a whole number.", "정수를 입력하세요.") }
            if let minimum, number < minimum {
                wrong("At least \(JSONValue.format(minimum)).", "\(JSONValue.format(minimum)) 이상이어야 합니다.")
            }
            if let maximum, number > maximum {
                wrong("At most \(JSONValue.format(maximum)).", "\(JSONValue.format(maximum)) 이하여야 합니다.")
            }
            return value
        case (.date, .string(let text)):
            if !FlowTime.isDate(text) {
                wrong("Enter a date as YYYY-MM-DD.", "날짜를 YYYY-MM-DD 형식(예: 2026-11-28)으로 입력하세요.")
            }
            return value
        case (.string, .string(let text)):
            let length = text.unicodeScalars.count
            if let minimumLength, length < minimumLength {
                wrong("Enter at least \(minimumLength) characters.", "\(grouped: minimumLength)자 이상 입력하세요.")
            }
            if let maximumLength, length > maximumLength {
                wrong("Enter at most \(maximumLength) characters.", "\(grouped: maximumLength)자 이하로 입력하세요.")
            }
            return value
        default:
            wrong("A value of the kind '\(kind.rawValue)' is expected.", "\(kind.korean) 유형의 값을 입력하세요.")
            return value
        }
    }

    private func check(
        members given: [String: JSONValue], at path: String, _ language: String, into violations: inout [FlowViolation]
    ) -> [String: JSONValue] {
        func join(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        var result: [String: JSONValue] = [:]
        for member in members {
            let value = given[member.name] ?? .null
            // A page sends an empty text for a field left blank.
            let isEmpty = value.isNull || (value == .string("") && member.schema.kind != .any)
            if !isEmpty {
                result[member.name] = member.schema.check(value, at: join(member.name), language, into: &violations)
            } else if let standard = member.schema.standard(language) {
                result[member.name] = standard
            } else if required.contains(member.name) {
                // What has no name for people is said by the path alone.
                let text = member.schema.label.map {
                    FlowText(en: "\($0.en) is required.", ko: "\($0.ko): 필수 항목입니다.")
                }
                violations.append(
                    FlowViolation(
                        field: join(member.name),
                        text: text ?? FlowText(en: "An answer is required.", ko: "필수 항목입니다.")))
            } else if member.schema.kind == .object, !member.schema.members.isEmpty {
                // An object that was left out may still have defaults and mandatory members inside.
                result[member.name] = member.schema.check([:], at: join(member.name), language, into: &violations)
            }
        }
        let known = Set(members.map(\.name))
        for name in given.keys.sorted() where !known.contains(name) {
            if isOpen {
                result[name] = given[name]
            } else {
                violations.append(
                    FlowViolation(
                        field: join(name),
                        text: FlowText(en: "There is no such question.", ko: "해당 입력 항목이 없습니다.")))
            }
        }
        return result
    }
}
