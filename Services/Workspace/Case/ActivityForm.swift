import Foundation
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

    /// The form with what is entered so far; a row is added to the table `adding`. A table that names records of a kind that the
    /// stage has made has a row for each of them.
    init(
        _ activity: PlaybookActivity, _ visit: Visit, _ known: FormNames, _ made: [CreatedRecord] = [],
        adding: String = "", typed: Bool = false
    ) {
        self.activity = activity
        let known = known.adding(made)
        let values = Dictionary(
            activity.values.map { ($0.input, $0.value) }, uniquingKeysWith: { first, _ in first })
        fields = activity.inputs.map { input in
            let name = Self.name(input.key)
            var value = values[input.key] ?? input.default
            if typed, input.type == "rows" { value = Self.rows(input, visit.form) }
            value = Self.naming(made, in: value, of: input)
            let kind = Self.kind(input, value, known, adding: name == adding, visit)
            return Forms.Field(
                name, Self.text(input.label, visit), kind, value: value, key: input.key, isRequired: input.mandatory)
        }
    }

    /// The name of an input in the form.
    static func name(_ key: String) -> String { "input-\(key)" }

    /// What was posted, for every input that the activity has. What is only named is looked for in the `account` of the work.
    static func entered(
        _ activity: PlaybookActivity, _ visit: Visit, account: () async throws(Problem) -> String?
    ) async throws(Problem) -> [EnteredValue] {
        let form = visit.form
        let isNamed = form.pairs.contains {
            $0.name.hasSuffix("-text") && Self.isNamed(String($0.name.dropLast("-text".count)), form)
        }
        var known = FormNames([], of: nil)
        if isNamed { known = FormNames([], of: try await account()) }
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
                    name, in: input.reference, filter: known.narrowed(input.referenceFilter, input.reference),
                    blame: EnterPlaybookActivityRequest.Field.values.path(input.key))
            case "boolean": entered.value = form[name] == "true" ? "true" : "false"
            case "list_of_references", "list_of_users":
                entered.value = JSONTexts.text(form.all(name).filter { !$0.isEmpty })
            case "rows": entered.value = rows(input, isNamed ? try await named(input, known, visit) : form)
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

    /// The rows with what was only named in their references, as without a script, by the one record that is called so.
    private static func named(
        _ input: ActivityInput, _ known: FormNames, _ visit: Visit
    ) async throws(Problem) -> Fields {
        var form = visit.form
        let path = EnterPlaybookActivityRequest.Field.values.path(input.key)
        for column in input.columns where column.type == "reference" {
            for row in 0..<rowLimit {
                let name = cell(input.key, row, column.key)
                guard isNamed(name, form) else { continue }
                let id = try await Lookup(visit).chosen(
                    name, in: column.reference, filter: known.narrowed(column.referenceFilter, column.reference),
                    blame: "\(path)[\(row)].\(column.key)")
                form = form.with(name, id)
            }
        }
        return form
    }

    /// Whether a reference was named and not chosen.
    private static func isNamed(_ name: String, _ form: Fields) -> Bool {
        form[name].isEmpty && !form["\(name)-text"].isEmpty
    }

    /// The rows of a table with one more for each record of `made` that its reference could name and that none names.
    private static func naming(_ made: [CreatedRecord], in value: String, of input: ActivityInput) -> String {
        guard input.type == "rows", let column = input.columns.first(where: { $0.type == "reference" && $0.mandatory })
        else { return value }
        let rows = (try? JSONTexts.rows(value)) ?? []
        let named = Set(rows.compactMap { $0[column.key] })
        let missing = made.filter { $0.table == column.reference && !$0.id.isEmpty && !named.contains($0.id) }
        return missing.isEmpty ? value : JSONTexts.text(rows + missing.map { [column.key: $0.id] })
    }

    private static func cell(_ key: String, _ row: Int, _ column: String) -> String { "\(name(key))-\(row)-\(column)" }

    private static func text(_ text: LocalText?, _ visit: Visit) -> String {
        guard let text else { return "" }
        return visit.reader.language == .ko && !text.ko.isEmpty ? text.ko : text.en
    }

    private static func kind(
        _ input: ActivityInput, _ value: String, _ known: FormNames, adding: Bool, _ visit: Visit
    ) -> Forms.Kind {
        switch input.type {
        case "text", "journal": return .long
        case "date": return .date
        case "boolean": return .boolean
        case "choice": return .choice(input.choices.map { Forms.Option($0.value, text($0.label, visit)) })
        case "list_of_references": return .several(known.options(of: input, in: input.reference, value))
        case "list_of_users": return .several(known.options(of: input, in: User.schema.table, value))
        case "reference": return reference(input.reference, input.referenceFilter, value, known)
        case "rows":
            let rows = (try? JSONTexts.rows(value)) ?? []
            let shown = rows + Array(repeating: [String: String](), count: adding || rows.isEmpty ? 1 : 0)
            return .rows(
                shown.prefix(rowLimit).enumerated().map { place, row in
                    input.columns.map { column in
                        let value = row[column.key] ?? ""
                        let kind: Forms.Kind =
                            column.type == "reference"
                            ? reference(column.reference, column.referenceFilter, value, known) : simple(column.type)
                        return Forms.Field(
                            cell(input.key, place, column.key), text(column.label, visit), kind, value: value,
                            // A row that nobody has begun keeps nobody from going on.
                            key: column.key, isRequired: column.mandatory && (input.mandatory || !row.isEmpty))
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
        _ table: String, _ filter: String, _ value: String, _ known: FormNames
    ) -> Forms.Kind {
        let filter = known.narrowed(filter, table)
        let choose = "/choose/\(Fields.encoded(table))" + (filter.isEmpty ? "" : "?filter=\(Fields.encoded(filter))")
        return .reference(shown: known.names[value] ?? value, choose: choose)
    }
}

/// What people call the records that forms of activities name, and what their lists offer: as the answer of the page says it, so
/// that nothing more is asked for.
struct FormNames: Sendable {
    /// Names by ids.
    let names: [String: String]
    /// The account that the work is for.
    private let account: String
    private let offered: [[String]: [Forms.Option]]

    init(_ records: [FormRecords], of account: String?) {
        self.account = account ?? ""
        var names: [String: String] = [:]
        var offered: [[String]: [Forms.Option]] = [:]
        for group in records {
            let known = group.records.filter { !$0.name.isEmpty }
            for record in known { names[record.id] = record.name }
            if group.offered { offered[[group.table, group.filter]] = known.map { Forms.Option($0.id, $0.name) } }
        }
        (self.names, self.offered) = (names, offered)
    }

    /// What may be chosen of a table: of what belongs to accounts that of the account alone, as lists are offered (ADR 0059).
    fileprivate func narrowed(_ filter: String, _ table: String) -> String {
        let field = CustomerContact.Field.account
        guard !account.isEmpty, table != User.schema.table,
            Dictionaries.schema(table)?.field(field.rawValue)?.referencedTable == CustomerAccount.schema.table
        else { return filter }
        let own = FilterText.equal(field, account)
        return filter.isEmpty ? own : "(\(filter)) AND \(own)"
    }

    private init(account: String, names: [String: String], offered: [[String]: [Forms.Option]]) {
        (self.account, self.names, self.offered) = (account, names, offered)
    }

    /// The same with records that were just made, by their numbers where nobody knows their names yet.
    fileprivate func adding(_ made: [CreatedRecord]) -> FormNames {
        let numbered = made.filter { !$0.number.isEmpty }.map { ($0.id, $0.number) }
        return FormNames(
            account: account, names: names.merging(numbered) { known, _ in known }, offered: offered)
    }

    /// What a list can be chosen from, with what is chosen already.
    fileprivate func options(of input: ActivityInput, in reference: String, _ value: String) -> [Forms.Option] {
        let options = reference.components(separatedBy: " | ").flatMap { offered[[$0, input.referenceFilter]] ?? [] }
        let known = Set(options.map(\.value))
        let others = Forms.list(value).filter { !known.contains($0) }
        return options + others.map { Forms.Option($0, names[$0] ?? $0) }
    }
}
