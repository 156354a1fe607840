import Flows
import PlayLauncherWire
import RPC
import Records
import Roles
import Wire
import WireCatalog

/// What has a trigger launch.
enum TriggerStart: Sendable {
    /// A record comes to meet its condition, or ceases to.
    case edges
    /// A time has come, for each record that meets it.
    case times(TriggerClock)
    /// So many microseconds have passed since the last run over a record that meets it has ended.
    case pause(Int64)
    /// Events were heard as the schedule of this flow says, the last of them about a record that meets it.
    case events(FlowMachine, types: [String])
    /// The schedule of a play that was not looked at.
    case unsettled

    /// What the schedule of a flow has a trigger do.
    init(_ flow: CompiledFlow, since: Timestamp) throws(Problem) {
        switch flow.schedule?.kind {
        case .cron(let fields): self = .times(.cron(TriggerSchedule(fields)))
        case .every(let span): self = .times(.every(span * 1_000, since: since))
        case .after(let span): self = .pause(span * 1_000)
        case .events(let types): self = .events(FlowMachine(flow), types: types)
        case nil:
            throw .failedPrecondition(
                rule: TriggerRule.schedule,
                Text(
                    en: "The flow of this play says nothing of when it begins, so that the trigger cannot go by that.",
                    ko: "이 플레이의 플로우에는 트리거가 따를 일정이 없습니다."),
                field: PlayTrigger.path(.startsOn))
        }
    }

    /// Refuses events that tell of nothing the trigger is about: one at least is of a record of its table, or comes from a flow
    /// that was launched from such a record and says no values of it; and those that `roles` may not read.
    func check(over schema: RecordSchema, names fields: [String], for roles: Set<String>) throws(Problem) {
        guard case .events(_, let types) = self else { return }
        let records = types.map { Listening.record(ofType: $0) }
        let isOwn = records.contains { $0.map { $0 == (schema.service, schema.table) } ?? schema.launchesPlays }
        guard isOwn else {
            throw .failedPrecondition(
                rule: TriggerRule.table,
                Text(
                    en: "None of the events of the play's schedule is about \(schema.label.en).",
                    ko: "플레이의 일정에 있는 이벤트 중 \(schema.label.ko)에 관한 것이 없습니다."),
                field: PlayTrigger.path(.sourceTable))
        }
        guard fields.isEmpty || !records.contains(where: { $0 == nil }) else {
            throw .failedPrecondition(
                rule: TriggerRule.condition,
                Text(
                    en: "Events that flows emit say nothing of a record: the condition has to be '*'.",
                    ko: "플로우가 보내는 이벤트에는 레코드 값이 없습니다. 조건을 '*'로 지정하세요."),
                field: PlayTrigger.path(.condition))
        }
        guard Self.mayRead(types, roles) else { throw .permissionDenied() }
    }

    /// Whether `roles` read the records that events of these types are about.
    static func mayRead(_ types: [String], _ roles: Set<String>) -> Bool {
        types.allSatisfy { type in
            Listening.record(ofType: type).map { Access.allows(roles, .read, on: $0.table) } ?? true
        }
    }
}
