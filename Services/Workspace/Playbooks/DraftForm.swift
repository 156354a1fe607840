import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// The form of one part of a draft, between two designers: only what was changed is written, and where both have changed a field,
/// whoever comes second chooses.
struct DraftForm: Sendable {
    /// Most rows of a table that a form shows.
    private static let rowLimit = 200
    /// The name under which the form says which part it is about.
    static let place = "at"

    let world: DraftWorld
    let place: DraftPlace
    let groups: [DraftGroup<Playbook>]
    private let edits: Edits

    private var visit: Visit { world.visit }
    private var fields: [DraftField<Playbook>] { groups.flatMap(\.fields) }

    /// The form of a part; `found` are records that were looked for by their names.
    init(_ place: DraftPlace, _ world: DraftWorld, isActivated: Bool, found: [String: String] = [:]) {
        (self.place, self.world) = (place, world)
        groups = world.groups(place, isActivated: isActivated)
        var own = found
        for field in groups.flatMap(\.fields) {
            if !field.columns.isEmpty { own[field.name] = Self.rows(field, world.visit.form) }
            if field.isList { own[field.name] = JSONTexts.text(world.visit.form.all(field.name)) }
        }
        edits = Edits(world.visit, own: own)
    }

    private static func cell(_ name: String, _ row: Int, _ column: String) -> String { "\(name)-\(row)-\(column)" }

    /// The rows that were posted, without those that nobody has filled in.
    private static func rows(_ field: DraftField<Playbook>, _ form: Fields) -> String {
        let rows = (0..<rowLimit).map { row in
            Dictionary(
                field.columns.map { ($0.key, form[cell(field.name, row, $0.key)]) },
                uniquingKeysWith: { first, _ in first }
            ).filter { !$0.value.isEmpty }
        }
        return JSONTexts.text(rows.filter { !$0.isEmpty })
    }

    // MARK: Writing

    /// Refuses what somebody else has changed as well since the form was drawn.
    func check(_ playbook: Playbook) throws(Problem) {
        guard fields.contains(where: { edits.isContested($0.name, now: $0.get(playbook)) }) else { return }
        throw Problem(
            .aborted,
            Text(
                en: "Somebody else has saved this part of the draft meanwhile.", ko: "다른 사용자가 초안의 이 부분을 먼저 저장했습니다."),
            reason: "DRAFT_CHANGED")
    }

    /// Writes what was changed into a playbook.
    func apply(to playbook: inout Playbook) {
        for field in fields where edits.isChanged(field.name) { field.set(&playbook, edits.typed(field.name)) }
    }

    // MARK: Drawing

    /// What the form shows beside what is stored.
    struct Shown: Sendable {
        var refused: Problem?
        /// What was typed stands in it.
        var isTyped = false
        /// The table that gets one more row.
        var adding = ""
        /// A condition that was put together, in the place of what was typed.
        var built = ""
        /// What the check has found in this part.
        var faults: [PlaybookFault] = []
    }

    /// The form as templates take it.
    func values(_ playbook: Playbook, action: String, _ shown: Shown) -> Values {
        let isStale = shown.refused?.isStale == true
        let names = Set(fields.map(\.name))
        var wrong: [String: String] = [:]
        for fault in shown.faults {
            let name = DraftPlace.field(fault.field, of: names)
            wrong[name] = [wrong[name], PlaybookPages.text(fault.message, "", visit)].compactMap { $0 }.joined(
                separator: " ")
        }
        for violation in shown.refused?.violations ?? [] {
            wrong[Self.field(violation.field, of: names)] = violation.text(world.language)
        }
        let forms = Forms(visit)
        let drawn = fields.map { field in self.field(field, playbook, shown, isStale: isStale) }
        let was =
            shown.isTyped && !isStale
            ? Dictionary(visit.form.under("was-").map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
            : Dictionary(fields.map { ($0.name, $0.get(playbook)) }, uniquingKeysWith: { first, _ in first })
        var values = edits.values(drawn, now: was, isConflict: isStale)
        values["groups"] = groups.map { group -> Values in
            let own = group.fields.compactMap { field in drawn.first { $0.name == field.name } }
            let isSaid = own.contains { !$0.value.isEmpty || wrong[$0.name] != nil }
            return [
                "title": visit.reader(group.title), "open": group.isOpen || isSaid,
                "fields": own.map { field -> Values in
                    forms.values(field, refused: nil).merging(["wrong": wrong[field.name] ?? ""]) { _, own in own }
                },
                "build": group.built.isEmpty ? [Values]() : builder.fields(refused: shown.refused),
            ]
        }
        (values["action"], values["at"], values["id"]) = (action, place.text, place.form)
        values["redrawn"] = shown.isTyped
        if let refused = shown.refused { values["problem"] = forms.problem(refused, drawn, isMerged: refused.isStale) }
        return values
    }

    /// The field of the form that the path of a violation ends with, behind lane and activity.
    private static func field(_ path: String, of names: Set<String>) -> String {
        if ConditionBuilder.Part(rawValue: path) != nil { return path }
        let parts = path.split(separator: ".").map { String($0) }
        for start in parts.indices {
            let name = DraftPlace.field(parts[start...].joined(separator: "."), of: names)
            if !name.isEmpty { return name }
        }
        return ""
    }

    private func field(
        _ field: DraftField<Playbook>, _ playbook: Playbook, _ shown: Shown, isStale: Bool
    ) -> Forms.Field {
        let stored = field.get(playbook)
        var value = stored
        if isStale {
            value = edits.merged(field.name, now: stored)
        } else if shown.isTyped {
            value = edits.typed(field.name)
        }
        if !shown.built.isEmpty, groups.contains(where: { $0.built == field.name }) { value = shown.built }
        var kind = field.kind(value)
        if case .rows = kind { kind = .rows(rows(field, value, isAdding: shown.adding == field.name)) }
        if case .reference(let name, let choose) = kind, shown.isTyped, value == edits.typed(field.name) {
            let typed = visit.form["\(field.name)-text"]
            kind = .reference(shown: typed.isEmpty ? name : typed, choose: choose)
        }
        return Forms.Field(
            field.name, visit.reader(field.label), kind, value: value, help: visit.reader(field.help))
    }

    private func rows(_ field: DraftField<Playbook>, _ value: String, isAdding: Bool) -> [[Forms.Field]] {
        let stored = (try? JSONTexts.rows(value)) ?? []
        let empty = Array(repeating: [String: String](), count: isAdding || stored.isEmpty ? 1 : 0)
        return (stored + empty).prefix(Self.rowLimit).enumerated().map { place, row in
            field.columns.map { column in
                let value = row[column.key] ?? ""
                return Forms.Field(
                    Self.cell(field.name, place, column.key), visit.reader(column.label), column.kind(value),
                    value: value, key: column.key)
            }
        }
    }

    // MARK: Conditions

    /// What a condition of this part can be put together of.
    private var builder: ConditionBuilder {
        guard case .activity(let key) = place else { return ConditionBuilder(over: world.parent, visit) }
        let entered = world.playbook.lanes.flatMap(\.activities).filter { $0.key != key }.flatMap { activity in
            activity.inputs.filter { $0.type != "rows" }.map { input in
                let names = [
                    PlaybookPages.text(activity.label, activity.key, visit),
                    PlaybookPages.text(input.label, world.label(of: input), visit),
                ]
                return ConditionBuilder.Choice(
                    "\(activity.key).\(input.key)", names.joined(separator: " › "), world.type(of: input))
            }
        }
        return ConditionBuilder(over: world.parent, more: entered, visit)
    }

    /// The condition of this part with what was chosen behind it.
    func built() throws(Problem) -> String {
        guard let name = groups.lazy.map(\.built).first(where: { !$0.isEmpty }) else { return "" }
        return try builder.added(to: edits.typed(name))
    }
}

extension DraftWorld {
    /// What people call an input without a name of its own: the field of the record that it sets.
    func label(of input: ActivityInput) -> String {
        parent?.field(input.field)?.label(language) ?? input.key
    }

    func type(of input: ActivityInput) -> FieldType {
        parent?.field(input.field)?.type ?? FieldType(rawValue: input.type) ?? .string
    }
}
