import Filters
import Flows
import PlayLauncherWire
import RPC
import Records
import Tenancy
import Wire

extension PlayTrigger: Record {
    /// Seen from above alone: whom it acts as, and with which answers, is not for tenants below to read.
    public static let storage = Storage<PlayTrigger>(domain: .caller, unsearched: [.condition, .answers])

    public static let rules: [Rule<PlayTrigger>] = [
        .drafting(TriggerRule.active) { change, context in
            // Off until somebody says otherwise, and never changed while it is on.
            if change.isCreation { change.new.active = false }
        },
        .check(
            TriggerRule.active, field: .active,
            Text(
                en: "The trigger is active. Deactivate it, change it, and activate it again.",
                ko: "활성 상태인 트리거입니다. 비활성화한 후 변경하고 다시 활성화하세요.")
        ) { change, _ in
            guard let old = change.old, old.active == true, change.new.active == true else { return true }
            return PlayTrigger.said.allSatisfy { old[field: $0] == change.new[field: $0] }
        },
        Rule(TriggerRule.condition) { change, context in
            guard change.isCreation || said.contains(where: { change.changes($0) }) else { return }
            _ = try change.new.compiled(roles: context.write.caller.roles)
        },
        .afterDeletion(TriggerRule.active) { change, _ in
            guard change.new.active == true else { return }
            throw Problem.failedPrecondition(
                rule: TriggerRule.active,
                Text(
                    en: "The trigger is active. Deactivate it before it is deleted.",
                    ko: "활성 상태인 트리거입니다. 삭제하기 전에 비활성화하세요."),
                field: PlayTrigger.path(.active))
        },
    ]

    /// What people say of a trigger.
    static let said: [Field] = [
        .title, .sourceTable, .condition, .startsOn, .schedule, .definitionRecord, .answers, .actsAs, .dailyLimit,
    ]

    /// The trigger, ready to look at records; INVALID_ARGUMENT says what is wrong with which field, of a condition at which
    /// place. Its condition may name what `roles` may read. One that goes by the schedule of its play does so by that of `flow`;
    /// what that counts from is when it was turned on, and `since` where it was not.
    func compiled(
        roles: Set<String>, by flow: CompiledFlow? = nil, since: Timestamp = Timestamp()
    ) throws(Problem) -> CompiledTrigger {
        let schema = try TriggerTables.schema(of: sourceTable ?? "")
        let condition: TriggerCondition
        do throws(FilterError) {
            condition = try TriggerCondition(
                self.condition ?? "", over: schema, TriggerTables.fields(of: schema, for: roles), subject: actsAs ?? "")
        } catch {
            throw .invalid(
                field: Self.path(.condition), Text(en: error.english, ko: error.korean), rule: TriggerRule.condition)
        }
        guard [StartsOn.schedule, StartsOn.flow].contains(startsOn) || !condition.fields.isEmpty else {
            throw .invalid(
                field: Self.path(.condition),
                Text(
                    en: "A condition that every record meets is never entered or left. Name a field.",
                    ko: "모든 레코드가 충족하는 조건에는 변화가 없습니다. 필드를 하나 이상 지정하세요."),
                rule: TriggerRule.condition)
        }
        let start = try start(flow, since)
        try start.check(over: schema, names: condition.fields, for: roles)
        guard let place = DomainPath(domain) else {
            throw .internalError(cause: "trigger \(id) has the domain \(domain)")
        }
        return CompiledTrigger(
            id: id, domain: place, table: schema.table, startsOn: startsOn ?? StartsOn.entering, condition: condition,
            start: start, actsAs: actsAs ?? "", activatedAt: active == true ? activatedAt?.kept : nil,
            dailyLimit: Int(dailyLimit ?? 100))
    }

    private func start(_ flow: CompiledFlow?, _ since: Timestamp) throws(Problem) -> TriggerStart {
        let isScheduled = startsOn == StartsOn.schedule
        let schedule = isScheduled ? TriggerSchedule(self.schedule ?? "") : nil
        guard (schedule != nil) == isScheduled, isScheduled || (self.schedule ?? "").isEmpty else {
            throw .invalid(
                field: Self.path(.schedule),
                Text(
                    en:
                        "A trigger that starts on a schedule of its own, and no other, has one: minute, hour, day, month and "
                        + "day of the week in UTC, such as '0 6 * * 1' for Mondays at six.",
                    ko: "‘일정’에 시작하는 트리거에만 일정을 지정합니다. 분, 시, 일, 월, 요일을 협정 세계시 기준으로 입력하세요. 예: '0 6 * * 1'(매주 월요일 6시)"),
                rule: TriggerRule.schedule)
        }
        if let schedule { return .times(.cron(schedule)) }
        guard startsOn == StartsOn.flow else { return .edges }
        guard let flow else { return .unsettled }
        return try TriggerStart(flow, since: activatedAt?.kept ?? since)
    }
}

extension PlayFiring: Record {
    public static let storage = Storage<PlayFiring>(
        domain: .preset, unsearched: [.message, .messageKo, .causedBy, .events])
    public static let rules: [Rule<PlayFiring>] = []

    /// The ids of the triggers behind it.
    var chain: [String] { (causedBy ?? "").split(separator: " ").map(String.init) }
}
