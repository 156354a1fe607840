/// Reading of `input.schema`.
extension FlowSchema {
    /// The schema of a flow's input: `format: json` (optional) and `document` with an object schema.
    static func compile(input node: YAMLTree) throws(FlowProblem) -> FlowSchema {
        let schema = try compile(any: node)
        guard schema.kind == .object else {
            let document = try node.require("document", in: try node.members(["format", "document"]))
            throw document.problem("The input is an object.", "입력은 객체여야 합니다.")
        }
        return schema
    }

    /// The schema of a value: `format: json` (optional) and `document`.
    static func compile(any node: YAMLTree) throws(FlowProblem) -> FlowSchema {
        let parts = try node.members(["format", "document"], at: .schema)
        if let format = parts["format"], try format.text() != "json" {
            throw format.problem("Only 'format: json' is available.", "'format: json'만 사용할 수 있습니다.")
        }
        return try compile(try node.require("document", in: parts), depth: 0)
    }

    private static let known = [
        "type", "format", "title", "x-title-ko", "description", "x-description-ko", "enum", "oneOf", "default",
        "x-default-ko",
        "minLength", "maxLength", "minimum", "maximum", "x-reference", "x-prefill", "properties", "required",
        "additionalProperties", "items",
    ]

    private static func compile(_ node: YAMLTree, depth: Int) throws(FlowProblem) -> FlowSchema {
        guard depth <= 4 else { throw node.problem("The schema is nested too deeply.", "스키마의 중첩이 너무 깊습니다.") }
        let parts = try node.members(known)
        var schema = FlowSchema()
        schema.kind = try kind(parts)
        schema.label = try text(parts["title"], parts["x-title-ko"])
        schema.isLabeled = parts["title"] != nil && parts["x-title-ko"] != nil
        schema.hint = try text(parts["description"], parts["x-description-ko"])
        schema.choices = try choices(parts)
        schema.minimumLength = try parts["minLength"]?.integer(in: 0...100_000)
        schema.maximumLength = try parts["maxLength"]?.integer(in: 1...100_000)
        schema.minimum = try number(parts["minimum"])
        schema.maximum = try number(parts["maximum"])
        schema.reference = try name(parts["x-reference"])
        schema.prefill = try name(parts["x-prefill"])
        if let items = parts["items"] { schema.items = [try compile(items, depth: depth + 1)] }
        if let properties = parts["properties"] {
            guard schema.kind == .object, case .mapping(let members) = properties.value, members.count <= 100 else {
                throw properties.problem(
                    "An object with at most 100 properties is expected.", "속성이 100개 이하인 객체가 필요합니다.")
            }
            for member in members {
                guard member.key.isVariableName else {
                    throw member.value.problem(
                        "A property's name has letters, digits and '_'.", "속성 이름은 영문자, 숫자, '_'로 구성됩니다.")
                }
                schema.members.append(
                    Member(name: member.key, schema: try compile(member.value, depth: depth + 1)))
            }
        }
        schema.required = try required(parts["required"], schema.members)
        if let open = parts["additionalProperties"] {
            guard case .scalar(.bool(let isOpen)) = open.value else {
                throw open.problem("true or false is expected.", "true 또는 false가 필요합니다.")
            }
            schema.isOpen = isOpen
        }
        schema.defaultValue = try checkedDefault(parts["default"], of: schema)
        if let korean = parts["x-default-ko"] {
            guard schema.defaultValue?.string != nil else {
                throw korean.problem("The English default is missing.", "영어 기본값이 없습니다.")
            }
            schema.koreanDefault = try checkedDefault(korean, of: schema)
        }
        return schema
    }

    private static func kind(_ parts: [String: YAMLTree]) throws(FlowProblem) -> Kind {
        guard let node = parts["type"] else { return .any }
        let text = try node.text()
        guard let kind = Kind(rawValue: text), kind != .any, kind != .date else {
            throw node.problem(
                "A type is one of object, array, string, integer, number, boolean.",
                "유형은 'object', 'array', 'string', 'integer', 'number', 'boolean' 중 하나입니다.")
        }
        guard let format = parts["format"] else { return kind }
        guard kind == .string, try format.text() == "date" else {
            throw format.problem("Only strings have a format, and only 'date'.", "문자열에만 'date' 형식을 지정할 수 있습니다.")
        }
        return .date
    }

    private static func text(_ en: YAMLTree?, _ ko: YAMLTree?) throws(FlowProblem) -> FlowText? {
        guard let en else {
            if let ko { throw ko.problem("The English text is missing.", "영어 텍스트가 없습니다.") }
            return nil
        }
        let english = try en.text(maximum: 500)
        return FlowText(en: english, ko: try ko?.text(maximum: 500) ?? english)
    }

    private static func number(_ node: YAMLTree?) throws(FlowProblem) -> Double? {
        guard let node else { return nil }
        guard case .scalar(.number(let number)) = node.value else {
            throw node.problem("A number is expected.", "숫자가 필요합니다.")
        }
        return number
    }

    private static func name(_ node: YAMLTree?) throws(FlowProblem) -> String? {
        guard let node else { return nil }
        let text = try node.text(maximum: 63)
        guard text.isVariableName else { throw node.problem("A name is expected.", "이름이 필요합니다.") }
        return text
    }

    /// Choices by `enum` (the values alone) or by `oneOf` (`const` with `title`).
    private static func choices(_ parts: [String: YAMLTree]) throws(FlowProblem) -> [Choice] {
        guard let node = parts["enum"] ?? parts["oneOf"] else { return [] }
        guard case .sequence(let entries) = node.value, (1...200).contains(entries.count) else {
            throw node.problem("A list of 1 to 200 choices is expected.", "1~200개의 선택 항목 목록이 필요합니다.")
        }
        var choices: [Choice] = []
        for entry in entries {
            if parts["enum"] != nil {
                guard case .scalar(let value) = entry.value else {
                    throw entry.problem("A choice is a text or a number.", "선택 항목은 텍스트 또는 숫자입니다.")
                }
                let name = value.string ?? value.text
                choices.append(Choice(value: value, label: FlowText(en: name, ko: name)))
            } else {
                let members = try entry.members(["const", "title", "x-title-ko"])
                let value = try entry.require("const", in: members).json
                let name = value.string ?? value.text
                choices.append(
                    Choice(
                        value: value,
                        label: try text(members["title"], members["x-title-ko"]) ?? FlowText(en: name, ko: name)))
            }
        }
        return choices
    }

    private static func required(_ node: YAMLTree?, _ members: [Member]) throws(FlowProblem) -> Set<String> {
        guard let node else { return [] }
        guard case .sequence(let entries) = node.value else {
            throw node.problem("A list of names is expected.", "이름 목록이 필요합니다.")
        }
        var names: Set<String> = []
        for entry in entries {
            let name = try entry.text()
            guard members.contains(where: { $0.name == name }) else {
                throw entry.problem("There is no property '\(name.prefix(63))'.", "'\(name.prefix(63))' 속성이 없습니다.")
            }
            names.insert(name)
        }
        return names
    }

    private static func checkedDefault(
        _ node: YAMLTree?, of schema: FlowSchema
    ) throws(FlowProblem) -> JSONValue? {
        guard let node else { return nil }
        var violations: [FlowViolation] = []
        _ = schema.check(node.json, at: "", into: &violations)
        if let violation = violations.first {
            throw node.problem("The default does not fit: \(violation.text.en)", "기본값이 맞지 않습니다: \(violation.text.ko)")
        }
        return node.json
    }
}
