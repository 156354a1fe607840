import CustomerSuccessWire
import Korean
import OnboardingWire
import RPC
import Records
import Wire

/// Where a record can go: buttons of its page, and what they do.
struct RecordMoves<R: RecordMessage>: Sendable {
    /// What a button asks for that is no state.
    private enum Goal {
        static var me: String { "me" }
        static var nobody: String { "nobody" }
        static var reopen: String { "reopen" }
    }

    /// Verbs that end a record, by the state that they lead to.
    private static var ending: [String: String] { ["closed": "close", "canceled": "cancel"] }

    let visit: Visit
    let rights: RecordRights

    /// The buttons of a record: those that only move it, and those that end it and say why.
    func values(_ record: R, refused: Problem?) -> Values {
        let state = record.single(.state)
        let moves = rights.moves(from: state)
        let isEnded = rights.isEnded(state)
        var buttons: [Values] = []
        func button(_ value: String, _ label: String, isMain: Bool = false) {
            buttons.append(["value": value, "label": label, "main": isMain])
        }
        if isEnded {
            if rights.may(.write, "reopen") { button(Goal.reopen, visit.say("Open again", "다시 열기")) }
        } else {
            if record.single(.active) != "false", rights.may(.write, "assign_to_me"), let person = visit.person,
                record.single(.assignedTo) != person.user
            {
                button(Goal.me, visit.say("Assign to me", "나에게 할당"))
            }
            let plain = moves.filter { !isEnding($0) }
            for to in plain { button(to, label(to), isMain: to == plain.first) }
        }
        for action in actions(record) { button(action.verb, visit.reader(action.label)) }
        return [
            "buttons": buttons,
            "endings": isEnded ? [Values]() : moves.filter(isEnding).map { ending($0, refused) },
        ]
    }

    /// What can be done with the record besides, that has a method of its own.
    private func actions(_ record: R) -> [RecordAction] {
        RecordAction.all(of: R.schema).filter { action in
            rights.may(.write, action.verb) && (record.single(action.field) == action.value) == action.isValue
        }
    }

    private func isEnding(_ state: String) -> Bool {
        Self.ending[state].map { rights.may(.write, $0) } ?? false
    }

    private func label(_ state: String) -> String {
        let label = R.schema.field(.state)?.label(of: state, .en) ?? state
        let korean = R.schema.field(.state)?.label(of: state, .ko) ?? state
        return visit.reader(Text(en: "Set to \(label)", ko: "‘\(korean)’ 상태로 변경"))
    }

    /// The form that closes or cancels a record, with what has to be said for it.
    private func ending(_ state: String, _ refused: Problem?) -> Values {
        let verb = Self.ending[state] ?? ""
        let isClosing = verb == "close"
        let isTyped = refused != nil && visit.form["to"] == state
        var fields: [Forms.Field] = []
        if let code = R.schema.field(SuccessInitiative.Field.closeCode.rawValue), code.type == .choice {
            let options = code.choices.map {
                Forms.Option(ListQuery.text($0.value), $0.label(visit.reader.language))
            }
            fields.append(
                Forms.Field(
                    "\(state)-code", code.label(visit.reader.language), .choice(options), key: code.name,
                    isRequired: isClosing && rights.table.closingNeeds.contains(code.name)))
        }
        if let notes = R.schema.field(.closeNotes) {
            fields.append(
                Forms.Field(
                    "\(state)-notes", notes.label(visit.reader.language), .long, key: notes.name,
                    isRequired: isClosing && rights.table.closingNeeds.contains(notes.name)))
        }
        let forms = Forms(visit, showsTyped: isTyped)
        return [
            "value": state, "label": isClosing ? visit.say("Close", "종결") : visit.say("Cancel it", "취소 처리"),
            "open": isTyped, "fields": fields.map { forms.values($0, refused: isTyped ? refused : nil) },
        ]
    }

    // MARK: What they do

    /// Moves the record. Answers it as it is since, and the address that takes the move back; empty where none does.
    func act(_ record: R, _ href: String) async throws(Problem) -> (after: R, undo: String) {
        let after = try await moved(record)
        let before = record.single(.state)
        let back: String =
            switch Work.goal(visit) {
            case Goal.me: record.single(.assignedTo).isEmpty ? Goal.nobody : ""
            case Goal.nobody, Goal.reopen: ""
            case let verb where R.schema.verbs.contains(verb):
                RecordAction.all(of: R.schema).first { $0.verb == verb }?.back ?? ""
            case let to where rights.isEnded(to): rights.may(.write, "reopen") ? Goal.reopen : ""
            default: rights.moves(from: after.single(.state)).contains(before) ? before : ""
            }
        return (after, back.isEmpty ? "" : "\(href)/move?to=\(back)&etag=\(Fields.encoded(after.etag))")
    }

    private func moved(_ record: R) async throws(Problem) -> R {
        let (goal, etag, calls) = (Work.goal(visit), Work.etag(visit), RecordCalls<R>(visit))
        // Whoever takes a record does so whatever else was changed meanwhile.
        if goal == Goal.me { return try await calls.act("assign_to_me", record.id, etag: "") }
        if RecordAction.all(of: R.schema).contains(where: { $0.verb == goal }) {
            return try await calls.act(goal, record.id, etag: etag)
        }
        if goal == Goal.reopen { return try await calls.act("reopen", record.id, etag: etag) }
        if let verb = Self.ending[goal], R.schema.verbs.contains(verb) {
            var request = CloseRequest()
            (request.id, request.etag) = (record.id, etag)
            request.closeNotes = visit.form["\(goal)-notes"]
            request.closeCode = visit.form["\(goal)-code"]
            return try await calls.end(verb, request)
        }
        let name = (goal == Goal.nobody ? KnownField.assignedTo : .state).rawValue
        guard let index = R.schema.index(of: name) else { throw RecordTypes.nowhere() }
        var changed = R()
        (changed.id, changed.etag) = (record.id, etag)
        if goal != Goal.nobody {
            do throws(WireError) {
                try changed.setField(at: index, to: .string(goal))
            } catch {
                throw RecordTypes.nowhere()
            }
        }
        return try await calls.update(changed, FieldMask(paths: [name]))
    }
}
