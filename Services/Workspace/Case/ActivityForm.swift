import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// The form of one activity of a playbook, and what somebody has entered into it.
struct ActivityForm: Sendable {
    /// The most rows of a table that a form shows.
    private static let rowLimit = 50

    let activity: PlaybookActivity
    let fields: [Forms.Field]

    /// The form with what is entered so far. What references name is read with the rights of whoever looks; a row is added to
    /// the table `adding`.
    init(_ activity: PlaybookActivity, _ visit: Visit, adding: String = "", typed: Bool = false) async throws(Problem) {
        self.activity = activity
        let values = Dictionary(
            activity.values.map { ($0.input, $0.value) }, uniquingKeysWith: { first, _ in first })
        async let named = Outcome.of { () async throws(Problem) in
            try await Self.names(activity.inputs, values, visit)
        }
        let choices = try await Outcome.each(activity.inputs) { (input) async throws(Problem) in
            try await Self.options(input, visit)
        }
        let names = try await named.get()
        var fields: [Forms.Field] = []
        for (input, options) in zip(activity.inputs, choices) {
            let name = Self.name(input.key)
            var value = values[input.key] ?? input.default
            if typed, input.type == "rows" { value = Self.rows(input, visit.form) }
            let kind = Self.kind(input, value, names, options, adding: name == adding, visit)
            fields.append(
                Forms.Field(
                    name, Self.text(input.label, visit), kind, value: value, key: input.key, isRequired: input.mandatory
                ))
        }
        self.fields = fields
    }

    /// The name of an input in the form.
    static func name(_ key: String) -> String { "input-\(key)" }

    /// What was posted, for every input that the activity has.
    static func entered(_ activity: PlaybookActivity, _ visit: Visit) async throws(Problem) -> [EnteredValue] {
        let form = visit.form
        var all: [EnteredValue] = []
        for input in activity.inputs {
            var entered = EnteredValue()
            entered.input = input.key
            let name = name(input.key)
            if let theirs = Edits(visit).theirs(name) {
                entered.value = theirs
                all.append(entered)
                continue
            }
            switch input.type {
            case "reference":
                entered.value = try await Lookup(visit).chosen(
                    name, in: input.reference, filter: input.referenceFilter,
                    blame: EnterPlaybookActivityRequest.Field.values.path(input.key))
            case "boolean": entered.value = form[name] == "true" ? "true" : "false"
            case "list_of_references", "list_of_users":
                entered.value = JSONTexts.text(form.all(name).filter { !$0.isEmpty })
            case "rows": entered.value = rows(input, form)
            default: entered.value = form[name]
            }
            all.append(entered)
        }
        return all
    }

    /// The rows that were posted, without those that nobody has filled in.
    private static func rows(_ input: ActivityInput, _ form: Fields) -> String {
        let rows = (0..<rowLimit).map { row in
            Dictionary(
                input.columns.map { ($0.key, form[cell(input.key, row, $0.key)]) },
                uniquingKeysWith: { first, _ in first }
            ).filter { !$0.value.isEmpty }
        }
        return JSONTexts.text(rows.filter { !$0.isEmpty })
    }

    private static func cell(_ key: String, _ row: Int, _ column: String) -> String { "\(name(key))-\(row)-\(column)" }

    private static func text(_ text: LocalText?, _ visit: Visit) -> String {
        guard let text else { return "" }
        return visit.reader.language == .ko && !text.ko.isEmpty ? text.ko : text.en
    }

    private static func kind(
        _ input: ActivityInput, _ value: String, _ names: [String: String], _ options: [Forms.Option], adding: Bool,
        _ visit: Visit
    ) -> Forms.Kind {
        switch input.type {
        case "text", "journal": return .long
        case "date": return .date
        case "boolean": return .boolean
        case "choice": return .choice(input.choices.map { Forms.Option($0.value, text($0.label, visit)) })
        case "list_of_references", "list_of_users": return .several(options)
        case "reference": return reference(input.reference, input.referenceFilter, value, names)
        case "rows":
            let rows = (try? JSONTexts.rows(value)) ?? []
            let shown = rows + Array(repeating: [String: String](), count: adding || rows.isEmpty ? 1 : 0)
            return .rows(
                shown.prefix(rowLimit).enumerated().map { place, row in
                    input.columns.map { column in
                        let value = row[column.key] ?? ""
                        let kind: Forms.Kind =
                            column.type == "reference"
                            ? reference(column.reference, column.referenceFilter, value, names) : simple(column.type)
                        return Forms.Field(
                            cell(input.key, place, column.key), text(column.label, visit), kind, value: value,
                            key: column.key, isRequired: column.mandatory)
                    }
                })
        default: return simple(input.type)
        }
    }

    private static func simple(_ type: String) -> Forms.Kind {
        switch type {
        case "text": .long
        case "date": .date
        case "boolean": .boolean
        case "integer": .text("number")
        case "email": .text("email")
        default: .text("text")
        }
    }

    private static func reference(
        _ table: String, _ filter: String, _ value: String, _ names: [String: String]
    ) -> Forms.Kind {
        let choose = "/choose/\(Fields.encoded(table))" + (filter.isEmpty ? "" : "?filter=\(Fields.encoded(filter))")
        return .reference(shown: names[value] ?? value, choose: choose)
    }

    /// What a list can be chosen from.
    private static func options(_ input: ActivityInput, _ visit: Visit) async throws(Problem) -> [Forms.Option] {
        guard input.type == "list_of_references" || input.type == "list_of_users" else { return [] }
        let table = input.type == "list_of_users" ? User.schema.table : input.reference
        let found = try await Lookup(visit).find("", in: table, filter: input.referenceFilter, limit: Lookup.limit)
        return found.map { Forms.Option($0.id, $0.text) }
    }

    /// What is called how, of the references that are entered: one request for each table.
    private static func names(
        _ inputs: [ActivityInput], _ values: [String: String], _ visit: Visit
    ) async throws(Problem) -> [String: String] {
        var ids: [String: [String]] = [:]
        for input in inputs {
            let value = values[input.key] ?? ""
            if input.type == "reference" { ids[input.reference, default: []].append(value) }
            guard input.type == "rows", let rows = try? JSONTexts.rows(value) else { continue }
            for column in input.columns where column.type == "reference" {
                ids[column.reference, default: []] += rows.compactMap { $0[column.key] }
            }
        }
        let found = try await Outcome.each(ids.sorted { $0.key < $1.key }) { (asked) async throws(Problem) in
            try await Lookup(visit).names(of: asked.value, in: asked.key)
        }
        return found.reduce(into: [:]) { names, some in names.merge(some) { first, _ in first } }
    }
}
