import Filters
import PlaybooksWire
import RPC
import Records
import Wire

/// What activities make.
extension PlaybookCheck {
    /// What the machine fills in by itself, where the table has such a field.
    private static let filled: [KnownField] = [.assignedTo, .dueDate, .playbookActivity]

    /// Looks at the record that an activity makes, as a version would say it.
    mutating func look(at activity: PlannedActivity, _ kind: ActivityKind, _ place: FaultPlace) throws {
        guard let creation = activity.creates, !creation.table.isEmpty else {
            if kind.makesRecord { fault(place.at(.table), "It is not said what is made.", "생성할 테이블을 지정하세요.") }
            return
        }
        guard kind.makesRecord else {
            return fault(place, "Activities of this kind make no record.", "레코드를 생성하지 않는 활동입니다.")
        }
        try responsibility(creation.responsibility, place.at(.responsibility))
        guard let table = world.made(creation.table) else {
            return fault(
                place.at(.table), "Activities cannot make records of this table.", "이 테이블의 레코드는 활동으로 생성할 수 없습니다.")
        }
        let above = (parent?.filterFields ?? []).map { $0.named("parent.\($0.name)") }
        for (name, text) in [
            (DefinitionField.closedCondition, creation.closedCondition),
            (.canceledCondition, creation.canceledCondition),
        ] {
            condition(text, over: parent == nil ? nil : table.filterFields + above, place.at(name))
        }
        var set: Set<String> = []
        for (index, setting) in creation.fields.enumerated() {
            let inner = place.at(.fields).element(index)
            guard set.insert(setting.field).inserted else {
                fault(inner.at(.field), "The field is set twice.", "필드 값이 두 번 지정되었습니다.")
                continue
            }
            guard let field = table.schema.field(setting.field) else {
                fault(inner.at(.field), "The record has no such field.", "레코드에 이러한 필드가 없습니다.")
                continue
            }
            guard !field.outputOnly else {
                fault(inner.at(.field), "Only the system writes this field.", "시스템만 변경할 수 있는 필드입니다.")
                continue
            }
            look(at: setting, of: field, inner)
            if let known = table.known[field.name], !setting.text.isEmpty, !known.contains(setting.text) {
                let names = known.sorted().joined(separator: ", ")
                fault(
                    inner.at(.text), "Possible for \(field.label.en) are \(names).",
                    "‘\(field.label.ko)’ 필드에 사용할 수 없는 값입니다. 가능한 값: \(names)")
            }
        }
        lookForUnfilled(table.schema, set, creation, place.at(.fields))
    }

    private mutating func lookForUnfilled(
        _ schema: RecordSchema, _ set: Set<String>, _ creation: ActivityCreation, _ place: FaultPlace
    ) {
        for field in schema.fields where field.mandatory && !field.outputOnly && field.defaultValue == .null {
            let known = KnownField(rawValue: field.name)
            guard !set.contains(field.name), !Self.filled.contains(where: { $0 == known }) else { continue }
            if known == .responsibility, !creation.responsibility.isEmpty { continue }
            fault(
                place, "\(field.label.en) is mandatory and not filled.",
                "\(field.label.ko, .topic) 필수이지만 값이 지정되지 않았습니다.")
        }
    }

    private mutating func look(at setting: FieldSetting, of field: FieldSchema, _ place: FaultPlace) {
        let localized = !(setting.localized?.en ?? "").isEmpty || !(setting.localized?.ko ?? "").isEmpty
        let said = [!setting.text.isEmpty, localized, !setting.fromField.isEmpty, !setting.expression.isEmpty]
        guard said.filter({ $0 }).count == 1 else {
            return fault(
                place, "Exactly one of text, localized, from_field and expression is said.",
                "'text', 'localized', 'from_field', 'expression' 중 하나만 지정해야 합니다.")
        }
        value(setting.text, of: field, place.at(.text))
        let isText = field.storage == .string && (field.type == .string || field.type == .text)
        if localized {
            if !isText { fault(place.at(.localized), "The field is no text for people.", "텍스트 필드가 아닙니다.") }
            label(setting.localized, place.at(.localized))
            for (name, text) in [
                (DefinitionField.en, setting.localized?.en ?? ""), (.ko, setting.localized?.ko ?? ""),
            ] {
                value(text, of: field, place.at(.localized).at(name))
                _ = placeholders(text, place.at(.localized).at(name))
            }
        }
        if !setting.expression.isEmpty, let names = placeholders(setting.expression, place.at(.expression)) {
            // What is not text is taken over whole.
            if !isText, names.count != 1 || setting.expression.prefix(2) != "{{" || setting.expression.suffix(2) != "}}"
            {
                fault(
                    place.at(.expression), "The field takes a single placeholder and nothing around it.",
                    "이 필드에는 자리 표시자 하나만 사용할 수 있습니다.")
            }
        }
        if !setting.fromField.isEmpty { look(at: setting.fromField, for: field, place.at(.fromField)) }
    }

    /// A field of the parent record whose value another field takes over.
    private mutating func look(at name: String, for field: FieldSchema, _ place: FaultPlace) {
        guard let parent else { return }
        if name == KnownField.id.rawValue {
            if !field.referencedTables.contains(playbook.table) {
                fault(place, "The field does not refer to the parent record.", "상위 레코드를 참조하는 필드가 아닙니다.")
            }
            return
        }
        guard let source = parent.schema.field(name) else {
            return fault(place, "The parent record has no such field.", "상위 레코드에 이러한 필드가 없습니다.")
        }
        let texts: Set<FieldType> = [.string, .text]
        let isAlike = source.type == field.type || texts.contains(field.type) && source.storage == .string
        let fits =
            isAlike && source.storage == field.storage
            && (field.reference == nil || field.reference == source.reference)
            && (field.choices.isEmpty
                || source.choices.allSatisfy { choice in field.choices.contains { $0.value == choice.value } })
        guard !fits else { return }
        fault(
            place, "\(field.label.en) does not take the values of \(source.label.en).",
            "‘\(field.label.ko)’ 필드에는 ‘\(source.label.ko)’ 값을 사용할 수 없습니다.")
    }

    /// The names between `{{` and `}}`; nil when one is unknown, or they do not fit together.
    private mutating func placeholders(_ text: String, _ place: FaultPlace) -> [String]? {
        var names: [String] = []
        let rest = text.replacing(RunFacts.placeholder) { match in
            names.append(String(match.1))
            return ""
        }
        guard !rest.contains("{{"), !rest.contains("}}") else {
            fault(place, "A placeholder is written {{name}}.", "자리 표시자는 {{이름}} 형식이어야 합니다.")
            return nil
        }
        guard let parent else { return names }
        let inputs = Set(inputFields.map(\.name))
        for name in names where parent.schema.index(of: name) == nil && !inputs.contains(name) {
            fault(place, "There is nothing called \(name).", "\(name) 이름의 필드나 입력이 없습니다.")
            return nil
        }
        return names
    }
}
