import OnboardingWire
import RPC
import Wire

/// Forms as the template `field` takes them: what is entered so far, and what is wrong with it.
struct Forms: Sendable {
    /// A choice of a list.
    struct Option: Sendable {
        let value: String
        let label: String

        init(_ value: String, _ label: String) {
            self.value = value
            self.label = label
        }
    }

    /// How a field is entered.
    enum Kind: Sendable {
        /// One line; the type of the input: `text`, `number`, `email`, `password`.
        case text(String)
        case long
        /// What is written for a machine: JSON, a script.
        case code
        case date
        case boolean
        case choice([Option])
        case several([Option])
        /// One record of a table; what it is called, and the address that finds others.
        case reference(shown: String, choose: String)
        /// Records of a table: those that are chosen, and the address that finds one more.
        case many([Option], choose: String)
        /// A table of rows: each cell is a field.
        case rows([[Field]])
        /// Rows that are put in order.
        case ordered(OrderedRows)
        /// What goes along and nobody sees.
        case hidden
        /// Not to be changed.
        case fixed

        /// Whether its label stands above its only input.
        var isLabeled: Bool {
            switch self {
            case .boolean, .hidden: false
            default: isSingle
            }
        }

        /// Whether the field has one value, under its own name.
        var isSingle: Bool {
            switch self {
            case .text, .long, .code, .date, .boolean, .choice, .reference, .hidden: true
            case .several, .many, .rows, .ordered, .fixed: false
            }
        }
    }

    /// One field.
    struct Field: Sendable {
        /// Its name in the form.
        var name: String
        /// The last part of the path by which an error blames it.
        var key: String
        var label: String
        var kind: Kind
        var value: String
        var isRequired: Bool
        var help: String
        var autocomplete: String

        init(
            _ name: String, _ label: String, _ kind: Kind, value: String = "", key: String? = nil,
            isRequired: Bool = false, help: String = "", autocomplete: String = ""
        ) {
            self.name = name
            self.key = key ?? name
            self.label = label
            self.kind = kind
            self.value = value
            self.isRequired = isRequired
            self.help = help
            self.autocomplete = autocomplete
        }

        init(
            _ field: some RequestField, _ label: String, _ kind: Kind, isRequired: Bool = false,
            autocomplete: String = ""
        ) {
            self.init(field.rawValue, label, kind, isRequired: isRequired, autocomplete: autocomplete)
        }
    }

    private let visit: Visit
    private let showsTyped: Bool

    /// The fields of a form. What was posted stands in them when it `showsTyped`, as it does when the services refused it.
    init(_ visit: Visit, showsTyped: Bool = false) {
        self.visit = visit
        self.showsTyped = showsTyped
    }

    /// A field with what was typed when the services refused it, else with its value.
    func values(_ field: Field, refused: Problem?) -> Values {
        let isTyped = showsTyped || refused != nil
        let typed = isTyped ? visit.form[field.name] : field.value
        let fault = refused?.fault(field.key, visit.reader.language) ?? ""
        var values: Values = [
            "name": field.name, "label": field.label, "value": typed, "required": field.isRequired, "help": field.help,
            "wrong": fault, "autocomplete": field.autocomplete, "single": field.kind.isLabeled,
            "code": false,
        ]
        switch field.kind {
        case .text(let type):
            values["isText"] = true
            values["type"] = type
            if type == "password" { values["value"] = "" }
        case .long: values["isLong"] = true
        case .code:
            values["isLong"] = true
            values["code"] = true
        case .date: values["isDate"] = true
        case .boolean:
            values["isBoolean"] = true
            values["chosen"] = typed == "true"
        case .choice(let options):
            values["isChoice"] = true
            values["choices"] = chosen(options, [typed])
        case .several(let options):
            values["isSeveral"] = true
            let all = isTyped ? Set(visit.form.all(field.name)) : Set(Self.list(field.value))
            values["choices"] = chosen(options, all)
        case .reference(let shown, let choose):
            values["isReference"] = true
            values["choose"] = choose
            values["text"] = isTyped ? visit.form["\(field.name)-text"] : shown
        case .many(let options, let choose):
            values["isMany"] = true
            values["choose"] = choose
            values["choices"] = chosen(options, isTyped ? visit.form.all(field.name) : Self.list(field.value))
            values["added"] = isTyped ? visit.form[Self.adding(field.name)] : ""
            values["text"] = isTyped ? visit.form["\(Self.adding(field.name))-text"] : ""
        case .rows(let rows):
            values["isRows"] = true
            values["rows"] = rows.map { row -> Values in
                ["cells": row.map { self.values($0, refused: refused) }]
            }
        case .ordered(let list):
            values["isOrdered"] = true
            (values["add"], values["addition"]) = (list.add, list.addition(field.name))
            values["rows"] = list.values(field.name) {
                refused?.fault($0, visit.reader.language) ?? ""
            } _: {
                self.values($0, refused: refused)
            }
        case .hidden: values["isHidden"] = true
        case .fixed: values["isFixed"] = true
        }
        return values
    }

    /// The fields with those that stand in their rows, and the rows, each called by the way to it.
    static func whole(_ fields: [Field], within way: [String] = []) -> [Field] {
        fields.flatMap { field -> [Field] in
            var named = field
            named.label = (way + [field.label]).joined(separator: " › ")
            guard case .ordered(let list) = field.kind else { return [named] }
            return [named]
                + list.rows.enumerated().flatMap { place, row -> [Field] in
                    let id = "\(field.name)-\(place)"
                    let inner = whole(row.cells, within: way + [row.title])
                    guard !inner.contains(where: { $0.name == id }) else { return inner }
                    return [Field(id, (way + [row.title]).joined(separator: " › "), .fixed)] + inner
                }
        }
    }

    /// The name under which one more record of a list is chosen.
    static func adding(_ name: String) -> String { "\(name)-add" }

    /// What was chosen for a list: the records that are ticked, and the one that is added, by its id or what it was called.
    static func many(_ name: String, _ form: Fields) -> [String] {
        let (added, text) = (form[adding(name)], form["\(adding(name))-text"])
        return (form.all(name) + [text.isEmpty || added.isEmpty ? text : added]).filter { !$0.isEmpty }
    }

    /// What the services refused, above the form; each wrong field is a link to it.
    /// A form that was drawn anew with what somebody else has saved meanwhile (`isMerged`) says that, since there is nothing to read again.
    func problem(_ problem: Problem, _ fields: [Field], isMerged: Bool = false) -> Values {
        let byKey = Dictionary(fields.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let language = visit.reader.language
        let wrong = problem.violations.map { violation -> Values in
            let (field, text) = (byKey[Problem.name(of: violation.field)], violation.text(language))
            // Many say themselves what they are about.
            let label = field.flatMap { text.contains($0.label) ? nil : "\($0.label): " } ?? ""
            return ["field": field?.name ?? "content", "text": label + text]
        }
        // The sum of one fault is that fault.
        let isOne = problem.violations.count == 1 && problem.violations.first?.text(language) == problem.text(language)
        let sum = visit.say("One field needs another look.", "필드 1개를 확인하세요.")
        if isMerged {
            let merged = visit.say(
                "Somebody else has saved this meanwhile. It stands below as it is now, with what you have changed: save it again.",
                "다른 사용자가 먼저 저장했습니다. 아래에 최신 내용과 입력한 내용이 함께 있으니 다시 저장하세요.")
            return ["text": merged, "fields": wrong]
        }
        return ["text": isOne ? sum : problem.text(language), "fields": wrong]
    }

    private func chosen(_ options: [Option], _ chosen: some Sequence<String>) -> [Values] {
        let chosen = Set(chosen)
        return options.map { ["value": $0.value, "label": $0.label, "chosen": chosen.contains($0.value)] }
    }

    /// The values of a list in text form: JSON, as playbooks keep it.
    static func list(_ text: String) -> [String] {
        (try? JSONTexts.strings(text)) ?? (text.isEmpty ? [] : [text])
    }
}
