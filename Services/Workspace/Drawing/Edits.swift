import RPC
import Wire

/// Fields of a form between two people: what each was when the form was drawn, what was typed, and what somebody else has saved
/// meanwhile. Only what was changed is written; where both have changed a field, whoever typed chooses, and nothing is lost.
struct Edits: Sendable {
    private let visit: Visit
    /// The names of fields that hold lists.
    private let lists: Set<String>
    /// What was typed in fields that are more than one of the form: tables of rows, what was looked for by its name.
    private let own: [String: String]

    init(_ visit: Visit, lists: Set<String> = [], own: [String: String] = [:]) {
        self.visit = visit
        self.lists = lists
        self.own = own
    }

    /// Whether the form says what its fields were.
    var isKnown: Bool { visit.form.pairs.contains { $0.name.hasPrefix(Self.was) } }

    /// Whether a field is to be written: it was changed, and its own value was chosen where there was a choice.
    func isChanged(_ name: String) -> Bool {
        guard isKnown else { return true }
        return typed(name) != Self.plain(visit.form["\(Self.was)\(name)"])
            && visit.form["\(Self.keep)\(name)"] != Self.theirs
    }

    /// What somebody else has saved in a field, where that was chosen; nil where it was not.
    func theirs(_ name: String) -> String? {
        visit.form["\(Self.keep)\(name)"] == Self.theirs ? visit.form["\(Self.was)\(name)"] : nil
    }

    /// What stands in the form: a box that is not ticked says nothing.
    func typed(_ name: String) -> String {
        own[name]
            ?? (lists.contains(name) ? JSONTexts.text(Forms.many(name, visit.form)) : Self.plain(visit.form[name]))
    }

    /// Whether somebody else has saved something else in a field that was changed here.
    func isContested(_ name: String, now: String) -> Bool {
        isChanged(name) && Self.plain(visit.form["\(Self.was)\(name)"]) != Self.plain(now)
            && typed(name) != Self.plain(now)
    }

    /// What the field shows when the form is drawn again: what was typed, else what it is now.
    func merged(_ name: String, now: String) -> String {
        isChanged(name) ? lists.contains(name) || own[name] != nil ? typed(name) : visit.form[name] : now
    }

    /// The hidden fields that say what each was, or is by now; and the choices where somebody else was there before.
    func values(_ fields: [Forms.Field], now: [String: String], isConflict: Bool) -> Values {
        let contested = fields.filter { isConflict && isContested($0.name, now: now[$0.name] ?? $0.value) }
        return [
            "was": fields.map { ["name": $0.name, "value": now[$0.name] ?? $0.value] as Values },
            "conflicts": contested.map { field -> Values in
                [
                    "name": field.name, "label": field.label,
                    "mine": shown(typed(field.name), field, isMine: true),
                    "theirs": shown(now[field.name] ?? field.value, field, isMine: false),
                ]
            },
        ]
    }

    /// A value as people read it.
    private func shown(_ value: String, _ field: Forms.Field, isMine: Bool) -> String {
        let empty = visit.say("(empty)", "(비어 있음)")
        switch field.kind {
        case .choice(let options), .several(let options):
            return options.first { $0.value == value }?.label ?? (value.isEmpty ? empty : value)
        case .many(let options, _):
            let names = Forms.list(value).map { id in options.first { $0.value == id }?.label ?? id }
            return names.isEmpty ? empty : names.joined(separator: ", ")
        case .rows(let rows):
            let columns = rows.first?.map(\.key) ?? []
            let all = ((try? JSONTexts.rows(value)) ?? []).map { row in
                columns.compactMap { row[$0] }.joined(separator: " · ")
            }
            return all.isEmpty ? empty : all.joined(separator: "; ")
        case .boolean: return ListQuery.flag(value == "true", visit.reader)
        case .date: return CivilDate(value).map { visit.reader.text($0) } ?? (value.isEmpty ? empty : value)
        case .reference(let shown, _):
            let text = isMine ? visit.form["\(field.name)-text"] : shown
            return text.isEmpty ? empty : text
        default: return value.isEmpty ? empty : value
        }
    }

    private static let was = "was-"
    private static let keep = "keep-"
    private static let theirs = "theirs"

    /// Without what a browser does to line breaks; a flag that is not set says nothing.
    private static func plain(_ text: String) -> String {
        let text = text.replacing("\r\n", with: "\n")
        return text == "false" ? "" : text
    }
}

extension Problem {
    /// Whether somebody else has saved the record meanwhile.
    var isStale: Bool { code == .aborted }
}
