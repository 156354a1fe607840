import Korean
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

    var href: String { ListPages.href(query.table.schema.table) }
    var language: Language { visit.reader.language }

    /// Everything that narrows the list; the typed filter is open when it is wrong.
    func values(problem: Problem?) -> Values {
        let conditions = query.conditions
        let typed =
            [ListQuery.Part.filter.rawValue, ListQuery.Part.find.rawValue] + conditions.flatMap(\.names)
        return [
            "conditions": conditions.map(chip),
            "clear": conditions.isEmpty ? "" : "\(href)?\(query.text(without: typed))",
            "menus": offered.compactMap(menu), "more": more.isEmpty ? "" : more as any Sendable,
            "find": query.table.words.isEmpty
                ? ""
                : ["action": href, "kept": query.kept(without: ["find"]), "text": query[.find]] as Values,
            "typed": [
                "action": href, "kept": query.kept(without: typed), "text": query.filter, "open": problem != nil,
            ] as Values,
            "arrange": [
                "action": href, "kept": query.kept(without: ["column"]), "columns": columns(),
            ] as Values,
            "exports": exports(), "exportsNote": exportsNote,
        ]
    }

    /// A condition as a sentence, and the address without it.
    private func chip(_ condition: ListQuery.Condition) -> Values {
        let shown = condition.shown.map { names[$0] ?? $0 }
        let (any, all) = (shown.joined(separator: " or "), shown.joined(separator: " 또는 "))
        let text =
            condition.isPart
            ? Text(en: "\(condition.label) contains \(any)", ko: "\(condition.label): \(all) 포함")
            : Text(en: "\(condition.label) is \(any)", ko: "\(condition.label): \(all)")
        return ["text": visit.reader(text), "href": "\(href)?\(query.text(without: condition.names))"]
    }

    private func columns() -> [Values] {
        let chosen = Set(query.columns.map(\.name))
        return query.table.choosable(for: query.isCustomer).map { field in
            ["value": field.name, "label": field.label(language), "chosen": chosen.contains(field.name)]
        }
    }

    private func exports() -> [Values] {
        [("xlsx", "Excel"), ("csv", "CSV")].map { format, label in
            ["label": label, "href": "\(href)/export?\(query.text(with: [("format", format)]))"]
        }
    }

    /// How much of a list is exported that is written page by page.
    private var exportsNote: String {
        guard !query.table.schema.verbs.contains("export") else { return "" }
        let most = ListFile.most
        return visit.reader(Text(en: "Up to \(grouped: most) rows", ko: "최대 \(grouped: most)행"))
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

    /// What can be done with the rows that are chosen: usual values at once, any other field with a value that is asked for.
    func bulk() -> Values {
        let usual = query.table.settable.compactMap { query.table.field($0, for: query.isCustomer) }
        var sets = usual.map { field -> Values in
            [
                "label": field.label(language),
                "options": field.choices.map { choice -> Values in
                    [
                        "value": "\(field.name)=\(ListQuery.text(choice.value))",
                        "label": "\(field.label(language)): \(choice.label(language))",
                    ]
                },
            ]
        }
        let fields = query.table.editable
        if !fields.isEmpty {
            sets.append([
                "label": visit.say("Any value of", "값을 입력할 필드"),
                "options": fields.map { ["value": $0.name, "label": "\($0.label(language))…"] as Values },
            ])
        }
        let assignee = query.table.isReassignable ? query.table.schema.field(.assignedTo) : nil
        return [
            "action": href, "query": query.text(),
            "choose": assignee.map { Self.choose(User.schema.table, $0) } ?? "", "sets": sets,
        ]
    }
}
