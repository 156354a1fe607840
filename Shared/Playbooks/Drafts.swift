import Foundation
import PlaybooksWire
import RPC
import Records
import Wire

/// What people enter into an activity, shared by all who work on it (G-51).
extension RunWork {
    /// Refuses with ABORTED, naming who changed what, when others have changed inputs since the etag that the caller has
    /// seen: any input before it is completed, those that the caller changes as well while it is only kept.
    func checkDraft(_ place: Int, etag: String, _ values: [EnteredValue], completes: Bool) throws {
        guard !etag.isEmpty else { return }
        guard let seen = Int(etag) else { throw Problem.staleEtag }
        let own = Set(values.map(\.input))
        let caller = context.write.caller.subject
        let changed = activities[place].entered.filter { entry in
            entry.revision > seen && entry.by != caller && (completes || own.contains(entry.input))
                && values.first { $0.input == entry.input }?.value != entry.value
        }
        guard !changed.isEmpty else { return }
        let labels = Dictionary(
            inputs(of: place).map { ($0.key, $0.label?.text) }, uniquingKeysWith: { first, _ in first })
        let said = try changed.map { entry in
            let who = try playbooks.people.name(entry.by, context) ?? entry.by
            let what = labels[entry.input].flatMap { $0 } ?? Text(en: entry.input, ko: entry.input)
            return Text(en: "\(what.en) by \(who)", ko: "\(what.ko)(\(who))")
        }
        let text = Text(
            en: "The draft has changed meanwhile: \(said.map(\.en).joined(separator: ", ")). Look at it and try again.",
            ko: "그사이 초안이 변경되었습니다: \(said.map(\.ko).joined(separator: ", ")). 내용을 확인하고 다시 시도해 주세요.")
        throw Problem(
            .aborted, text, reason: "DRAFT_CHANGED",
            violations: changed.map { .init(field: "values.\($0.input)", text: text, rule: "G-51") },
            metadata: ["by": Set(changed.map(\.by)).sorted().joined(separator: " ")])
    }

    /// Keeps values in the draft. INVALID_ARGUMENT for an input that the form has not, and for a value it cannot hold.
    mutating func enter(_ values: [EnteredValue], at place: Int) throws {
        let known = Dictionary(inputs(of: place).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        for value in values {
            guard let input = known[value.input] else {
                throw Problem.invalid(
                    field: "values.\(value.input)",
                    Text(en: "The form has no such field.", ko: "양식에 이러한 필드가 없습니다."))
            }
            if let fault = try InputText(input).fault(in: value.value, schema(of: input)) {
                throw Problem.invalid(field: "values.\(value.input)", fault)
            }
            keep(value, input, at: place)
        }
    }

    private mutating func keep(_ value: EnteredValue, _ input: ActivityInput, at place: Int) {
        let index = activities[place].entered.firstIndex { $0.input == value.input }
        let old = index.map { activities[place].entered[$0].value } ?? ""
        guard old != value.value else { return }
        let entry = ActivityRow.Entry(
            input: value.input, value: value.value, by: context.write.caller.subject, at: now.microseconds,
            revision: activities[place].revision + 1)
        if let index { self[place].entered[index] = entry } else { self[place].entered.append(entry) }
        note(place, "entered", field: input.key, from: old, to: value.value)
    }

    /// The mandatory inputs that are empty, all at once.
    func checkMandatory(_ place: Int) throws {
        let values = activities[place].values
        let missing = inputs(of: place).filter { input in
            let value = values[input.key] ?? ""
            return input.mandatory && (value.isEmpty || value == "[]")
        }
        guard !missing.isEmpty else { return }
        throw Problem.invalid(
            missing.map { input in
                let label = input.label?.text ?? Text(en: input.key, ko: input.key)
                return .init(
                    field: "values.\(input.key)",
                    text: Text(en: "\(label.en) is mandatory.", ko: "\(label.ko, .topic) 필수입니다."),
                    rule: "PLAYBOOK_INPUT")
            })
    }

    /// What the form asks for, with what the dictionary says of inputs that are fields of the parent record.
    func inputs(of place: Int) -> [ActivityInput] {
        plan.steps[place].inputs.map { input in
            guard let field = schema(of: input) else { return input }
            var shown = input
            if (shown.label?.en ?? "").isEmpty { shown.label = LocalText(field.label) }
            if shown.type.isEmpty { shown.type = field.type.rawValue }
            if shown.reference.isEmpty { shown.reference = field.reference ?? "" }
            if shown.choices.isEmpty {
                shown.choices = field.choices.map { choice in
                    var made = InputChoice()
                    made.value = choice.value.text
                    made.label = LocalText(choice.label)
                    return made
                }
            }
            return shown
        }
    }

    /// The field of the parent record that an input sets.
    func schema(of input: ActivityInput) -> FieldSchema? {
        input.field.isEmpty ? nil : playbooks.tables[run.table]?.schema.field(input.field)
    }
}

/// Whether a text is a value of an input.
struct InputText {
    private let input: ActivityInput
    /// Most bytes of one value.
    private static let limit = 65_536

    init(_ input: ActivityInput) { self.input = input }

    /// Why `text` is none; nil for one that is. A field of the parent record says it itself.
    func fault(in text: String, _ field: FieldSchema?) throws(Problem) -> Text? {
        guard text.utf8.count <= Self.limit else { return Text(en: "The value is too long.", ko: "값이 너무 깁니다.") }
        guard !text.isEmpty else { return nil }
        if let field {
            let value = try field.value(ofText: text, in: "values")
            return Validation.fault(value, field)
        }
        let isRight =
            switch input.type {
            case "boolean": text == "true" || text == "false"
            case "date": CivilDate(text) != nil
            case "integer": Int64(text) != nil
            case "reference": Validation.isUUID(text)
            case "choice": input.choices.contains { $0.value == text }
            case "rows": InputRows(text)?.fit(input.columns) == true
            case "list_of_references": (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) != nil
            default: true
            }
        guard !isRight else { return nil }
        let label = input.label?.text ?? Text(en: input.key, ko: input.key)
        return Text(en: "\(label.en) is not valid.", ko: "\(label.ko) 값이 올바르지 않습니다.")
    }
}

/// The rows of an input of the type "rows".
public struct InputRows: Sendable {
    /// For each row the texts of its columns.
    public let rows: [[String: String]]
    /// Most rows of one input.
    private static let limit = 200

    /// Reads the JSON of a value; nil when it is none, or has too many rows. An empty text has no rows.
    public init?(_ text: String) {
        guard !text.isEmpty else {
            rows = []
            return
        }
        guard let rows = try? JSONDecoder().decode([[String: String]].self, from: Data(text.utf8)),
            rows.count <= Self.limit
        else { return nil }
        self.rows = rows
    }

    /// Whether every row has what is mandatory, and nothing else than columns.
    func fit(_ columns: [InputColumn]) -> Bool {
        let known = Set(columns.map(\.key))
        return rows.allSatisfy { row in
            known.isSuperset(of: row.keys) && columns.allSatisfy { !$0.mandatory || row[$0.key]?.isEmpty == false }
        }
    }
}

extension Problem {
    /// The etag is none of an activity or a run, or of one that has changed since.
    static var staleEtag: Problem {
        .aborted(
            Text(
                en: "The record has changed meanwhile. Read it again and repeat.",
                ko: "그사이 레코드가 변경되었습니다. 다시 조회한 후 시도하세요."),
            reason: "ETAG_MISMATCH")
    }
}
