import Filters
import PlaybooksWire
import RPC
import Records
import Wire

/// What people may close of what activities have made (G-53).
extension Playbooks {
    /// What the end of a record changes by itself: a condition is about the record before.
    private static let ending: [KnownField] = [.state, .stage, .progress, .active, .closedAt, .closedBy]

    /// Refuses to close a record that an activity has made, while the condition under which its playbook closes it does
    /// not hold; FAILED_PRECONDITION names the activity. `record` is as the request leaves it, `old` as it was. What the
    /// playbook closes by itself is not asked about: the summary of a stage closes what is still open (G-66).
    func checkClosing(
        _ record: any RecordMessage, from old: any RecordMessage, _ context: RuleContext
    ) throws {
        var looked = record
        let schema = type(of: record).schema
        for field in Self.ending {
            if let index = schema.index(of: field.rawValue) { looked[fieldAt: index] = old[fieldAt: index] }
        }
        try checkClosing(looked, context)
    }

    /// Answers the services that keep what activities have made.
    func checkClosing(_ request: CheckPlaybookClosingRequest, _ context: RuleContext) throws -> Empty {
        guard context.write.caller.kind == .service else { throw Problem.permissionDenied() }
        guard let table = remote[request.table] else {
            throw Problem.invalid(
                field: CheckPlaybookClosingRequest.Field.table,
                Text(en: "There is no such table.", ko: "이러한 테이블이 없습니다."))
        }
        try checkClosing(table.decode(request.record), context)
        return Empty()
    }

    private func checkClosing(_ record: any RecordMessage, _ context: RuleContext) throws {
        guard let maker = try maker(of: record.id, context.transaction),
            let run = try RunRow.find(maker.run, in: database.schema, context.transaction)
        else { return }
        let work = try shown(run, context)
        guard let place = work.place(ofActivity: maker.activity), !work.activities[place].state.isEnded,
            try !work.allowsClosing(place, record)
        else { return }
        let step = work.plan.steps[place]
        let label = step.plan.label?.text ?? step.kind.label
        let text = Text(
            en: "\(label.en) cannot be closed yet: the closed condition of its playbook does not hold.",
            ko: "플레이북의 종결 조건이 충족되지 않아 ‘\(label.ko)’ 활동의 레코드를 아직 종결할 수 없습니다.")
        throw Problem(
            .failedPrecondition, text, reason: "CLOSED_CONDITION",
            violations: [.init(field: type(of: record).path(.state), text: text, rule: "G-53")],
            metadata: ["condition": step.plan.creates?.closedCondition ?? ""])
    }
}
