import Foundation
import Korean
import PlaybooksWire
import RPC
import Records
import Wire

/// What people enter into an activity, shared by all who work on it (G-51).
extension RunWork {
    /// Refuses with ABORTED, naming who changed what, when others have changed inputs since the etag that the caller has
    /// seen: any input before it is completed, those that the caller changes as well while it is only kept. A draft that
    /// was emptied since, because its activity was begun anew, is another one.
    func checkDraft(_ place: Int, etag: String, _ values: [EnteredValue], completes: Bool) throws {
        guard !etag.isEmpty else { return }
        guard let seen = activities[place].revision(seen: etag) else { throw Problem.staleEtag }
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
            violations: changed.map {
                .init(field: EnterPlaybookActivityRequest.Field.values.path($0.input), text: text, rule: "G-51")
            },
            metadata: ["by": Set(changed.map(\.by)).sorted().joined(separator: " ")])
    }

    /// Refuses values for an activity that is not worked on: of what is done, nothing says any more what was entered but what
    /// was done with it.
    func checkTakes(_ values: [EnteredValue], at place: Int) throws {
        guard !activities[place].state.isBegun else { return }
        let label = plan.steps[place].plan.label?.text ?? plan.steps[place].kind.label
        let text = Text(
            en: "\(label.en) is not being worked on: nothing can be entered there.",
            ko: "‘\(label.ko)’ 활동은 진행 중이 아니므로 값을 입력할 수 없습니다.")
        throw Problem.invalid(
            values.map {
                .init(
                    field: EnterPlaybookActivityRequest.Field.values.path($0.input), text: text, rule: "PLAYBOOK_INPUT")
            })
    }

    /// Keeps values in the draft. INVALID_ARGUMENT for an input that the form has not, for a value it cannot hold, and for
    /// more than fits into an answer.
    mutating func enter(_ values: [EnteredValue], at place: Int) throws {
        let known = Dictionary(inputs(of: place).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let before = activities[place].enteredBytes
        for value in values {
            guard let input = known[value.input] else {
                throw Problem.invalid(
                    field: EnterPlaybookActivityRequest.Field.values.path(value.input),
                    Text(en: "The form has no such field.", ko: "양식에 이러한 필드가 없습니다."))
            }
            let text = InputText(input, over: playbooks.tables[run.table]?.schema)
            if let fault = try text.fault(in: value.value) ?? referenceFault(in: value.value, of: input) {
                let problem = Problem.invalid(
                    field: input.path + fault.path, fault.text)
                throw fault.missing.map { problem.missing($0.id, of: $0.table) } ?? problem
            }
            if let fault = dueFault(in: value.value, of: input) {
                throw Problem.invalid(field: input.path, fault, rule: "DUE_ORIGIN")
            }
            keep(value, input, at: place)
        }
        // What is too large already may become smaller.
        if activities[place].enteredBytes > before { try checkSize(place) }
    }

    /// Most bytes that are entered into one activity, and into all of a run: so much of them fits into an answer.
    private static let (activityBytes, runBytes) = (128 << 10, 384 << 10)

    private func checkSize(_ place: Int) throws(Problem) {
        let most = Self.activityBytes
        guard activities[place].enteredBytes <= most else {
            throw .invalid(
                field: EnterPlaybookActivityRequest.Field.values,
                Text(
                    en: "What is entered into an activity has at most \(most) bytes.",
                    ko: "한 활동에 입력한 내용의 크기는 모두 합해 \(bytes: most) 이하여야 합니다."))
        }
        let all = Self.runBytes
        guard activities.map(\.enteredBytes).reduce(0, +) <= all else {
            throw .invalid(
                field: EnterPlaybookActivityRequest.Field.values,
                Text(
                    en: "What is entered into the activities of a run has at most \(all) bytes.",
                    ko: "한 실행의 활동에 입력한 내용의 크기는 모두 합해 \(bytes: all) 이하여야 합니다."))
        }
    }

    private mutating func keep(_ value: EnteredValue, _ input: ActivityInput, at place: Int) {
        let index = activities[place].entered.firstIndex { $0.input == value.input }
        let old = shown(place)[input.key] ?? ""
        guard old != value.value else { return }
        let entry = ActivityRow.Entry(
            input: value.input, value: value.value, by: context.write.caller.subject, at: now.microseconds,
            revision: activities[place].revision + 1)
        if let index { self[place].entered[index] = entry } else { self[place].entered.append(entry) }
        note(place, .entered, field: input.key, from: old, to: value.value)
    }

    /// The mandatory inputs that are empty, all at once.
    func checkMandatory(_ place: Int) throws {
        let values = shown(place)
        let missing = inputs(of: place).filter { input in
            let value = values[input.key] ?? ""
            return input.mandatory && (value.isEmpty || value == "[]")
        }
        guard !missing.isEmpty else { return }
        throw Problem.invalid(
            missing.map { input in
                let label = input.shownLabel
                return .init(
                    field: input.path,
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

extension ActivityInput {
    /// How an error names the value of the input.
    var path: String { EnterPlaybookActivityRequest.Field.values.path(key) }

    /// What a sentence calls the input; its key is for programs, and the path of the problem has it.
    var shownLabel: Text { label?.text ?? Text(en: "This entry", ko: "이 입력 항목") }
}
