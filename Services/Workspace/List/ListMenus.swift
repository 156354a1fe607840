import OnboardingWire
import RPC
import Records
import Wire

/// What stands around a list: the conditions as chips, menus that narrow it, the views that were kept, and what can be done with
/// the rows that are chosen.
struct ListMenus: Sendable {
    let query: ListQuery
    /// What records are called.
    let names: [String: String]
    let visit: Visit

    private var href: String { ListPages.href(query.table.schema.table) }
    private var language: Language { visit.reader.language }

    /// Everything that narrows the list; the typed filter is open when it is wrong.
    func values(problem: Problem?) -> Values {
        let names = query.conditions.map(\.name)
        let typed = [ListQuery.Part.filter.rawValue, ListQuery.Part.find.rawValue] + names
        return [
            "conditions": query.conditions.map(chip),
            "clear": names.isEmpty ? "" : "\(href)?\(query.text(without: typed))",
            "menus": query.table.filters.compactMap(menu),
            "find": query.table.words.isEmpty
                ? ""
                : ["action": href, "kept": query.kept(without: ["find"]), "text": query[.find]] as Values,
            "typed": [
                "action": href, "kept": query.kept(without: typed), "text": query.filter, "open": problem != nil,
            ] as Values,
            "arrange": [
                "action": href, "kept": query.kept(without: ["column"]), "columns": columns(),
            ] as Values,
            "exports": exports(),
        ]
    }

    /// A condition as a sentence, and the address without it.
    private func chip(_ condition: ListQuery.Condition) -> Values {
        let shown = condition.shown.map { names[$0] ?? $0 }
        let text = Text(
            en: "\(condition.label) is \(shown.joined(separator: " or "))",
            ko: "\(condition.label): \(shown.joined(separator: " 또는 "))")
        return ["text": visit.reader(text), "href": "\(href)?\(query.text(without: [condition.name]))"]
    }

    private func columns() -> [Values] {
        let chosen = Set(query.columns.map(\.name))
        return query.table.choosable(for: query.isCustomer).map { field in
            ["value": field.name, "label": field.label(language), "chosen": chosen.contains(field.name)]
        }
    }

    private func exports() -> [Values] {
        guard query.table.schema.verbs.contains("export") else { return [] }
        return [("xlsx", "Excel"), ("csv", "CSV")].map { format, label in
            ["label": label, "href": "\(href)/export?\(query.text(with: [("format", format)]))"]
        }
    }

    // MARK: Menus

    /// A menu of what a field can be.
    private func menu(_ name: String) -> Values? {
        guard let field = query.table.field(name, for: query.isCustomer) else { return nil }
        let chosen = query.values(name)
        var options: [(value: String, label: String)] = []
        var menu: Values = ["choose": "", "field": name]
        switch field.type {
        case .choice: options = field.choices.map { (ListQuery.text($0.value), $0.label(language)) }
        case .boolean: options = [true, false].map { ("\($0)", ListQuery.flag($0, visit.reader)) }
        case .date: options = ListQuery.When.allCases.map { ($0.rawValue, visit.reader($0.label)) }
        case .datetime: options = ListQuery.Since.allCases.map { ($0.rawValue, visit.reader($0.label)) }
        case .reference:
            guard let table = field.referencedTable, !query.isCustomer else { return nil }
            if table == User.schema.table {
                options = [(ListQuery.me, visit.say("Me", "나")), (ListQuery.nobody, visit.say("Nobody", "없음"))]
            }
            let others = chosen.filter { value in !value.isEmpty && !options.contains { $0.value == value } }
            options += others.prefix(20).map { ($0, names[$0] ?? $0) }
            menu["choose"] = Self.choose(table, field)
        default: return nil
        }
        menu["label"] = field.label(language)
        menu["action"] = href
        menu["kept"] = query.kept(without: [name])
        menu["options"] = options.map { option -> Values in
            ["value": option.value, "label": option.label, "chosen": chosen.contains(option.value)]
        }
        return menu
    }

    /// The address that finds what a reference can be.
    private static func choose(_ table: String, _ field: FieldSchema) -> String {
        let filter = field.side == .provider ? "?filter=\(Fields.encoded("NOT \(User.Field.account.rawValue):*"))" : ""
        return "/choose/\(Fields.encoded(table))\(filter)"
    }

    // MARK: Views

    /// The views that everybody has, then those that the person has kept.
    func views(_ kept: [SavedView]) -> Values {
        let here = query.text()
        var usual: [(String, String)] = [(visit.say("Everything", "전체"), "")]
        if !query.isCustomer {
            let (open, schema) = ("active=true", query.table.schema)
            var narrowed: [(String, String)] = []
            if schema.field(.active) != nil {
                if schema.field(.assignedTo) != nil {
                    narrowed.append((visit.say("Mine", "내 담당"), "\(open)&assigned_to=me"))
                }
                narrowed.append((visit.say("All open", "진행 중 전체"), open))
                if schema.field(query.table.order)?.type == .date {
                    narrowed.append((visit.say("Overdue", "기한 지남"), "\(open)&\(query.table.order)=overdue"))
                }
            }
            usual = narrowed + usual
        }
        let own = kept.map { view -> Values in
            [
                "label": view.name, "href": "\(href)?\(view.query)", "current": view.query == here,
                "remove": "\(href)/views/\(Fields.encoded(view.id))/remove", "query": here,
                "kept": view.query,
            ]
        }
        return [
            "all": usual.map { label, text -> Values in
                ["label": label, "href": "\(href)?\(text)", "current": text == here, "remove": ""]
            } + own, "save": "\(href)/views", "query": here,
        ]
    }

    // MARK: Chosen rows

    /// What can be done with the rows that are chosen.
    func bulk() -> Values {
        let fields = query.table.settable.compactMap { query.table.field($0, for: query.isCustomer) }
        return [
            "action": href, "query": query.text(),
            "choose": query.table.schema.verbs.contains("batch_reassign")
                ? query.table.schema.field(OnboardingCase.Field.assignedTo.rawValue).map {
                    Self.choose(User.schema.table, $0)
                } ?? "" : "",
            "sets": fields.map { field -> Values in
                [
                    "label": field.label(language),
                    "options": field.choices.map { choice -> Values in
                        [
                            "value": "\(field.name)=\(ListQuery.text(choice.value))",
                            "label": "\(field.label(language)): \(choice.label(language))",
                        ]
                    },
                ]
            },
        ]
    }
}
