import PlayLauncherWire
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What a trigger would have done, worked out from the journal of its table by the same edges as what it does.
extension PlayTriggers {
    /// Days of one back-test unless it says another number, and the most.
    private static let days: (standard: Int32, most: Int32) = (90, 365)
    /// Most changes that are looked at; fewer where the values between them have to be kept.
    private static let (changes, changesOverTime) = (300_000, 100_000)
    /// Most records that the beginning of days is looked at for.
    private static let records = 20_000
    /// Time that is kept for the answer.
    private static let rest: Duration = .milliseconds(1_500)

    func backTest(
        _ request: BackTestPlayTriggerRequest, _ call: Call
    ) async throws(Problem) -> BackTestPlayTriggerResponse {
        guard (0...Self.days.most).contains(request.days) else {
            throw .invalid(
                field: BackTestPlayTriggerRequest.Field.days,
                Text(
                    en: "A back-test looks 1 to \(Self.days.most) days back.",
                    ko: "1~\(grouped: Int(Self.days.most))일 전까지 확인할 수 있습니다."))
        }
        let days = request.days == 0 ? Self.days.standard : request.days
        let now = database.clock.now
        let since = Timestamp(seconds: now.seconds - Int64(days) * 86_400)
        let trigger = try await tried(request, since: since, call)
        var test = BackTest(
            trigger: trigger, since: since, until: now, deadline: call.deadline,
            journal: TriggerJournal(
                client: client, schema: try TriggerTables.schema(of: trigger.table), fields: trigger.condition.fields,
                credential: nil))
        if !trigger.id.isEmpty {
            test.own = { [self] causes async throws(Problem) in
                let firings = firings
                return try await asService { tx in try firings.following(trigger.id, among: causes, in: tx) }
            }
        }
        let changes = trigger.clock != nil || trigger.condition.isTimed ? Self.changesOverTime : Self.changes
        let outcome = try await test.run(changes: changes, records: Self.records, rest: Self.rest)
        var response = BackTestPlayTriggerResponse()
        response.launches = outcome.launches.newest.map { launch in
            var shown = BackTestedLaunch()
            (shown.sourceTable, shown.sourceRecord) = (trigger.table, launch.record)
            (shown.edge, shown.at, shown.by) = (launch.edge.rawValue, launch.at, launch.by)
            return shown
        }
        response.count = Int64(outcome.launches.count)
        response.beyondLimit = Int64(outcome.launches.beyond(trigger.dailyLimit))
        (response.changes, response.gone) = (Int64(outcome.changes), Int64(outcome.gone))
        (response.cut, response.since) = (outcome.isCut, outcome.since)
        return response
    }

    /// The trigger that is tried: a saved one, with what the request says of it, or one that is not saved.
    private func tried(
        _ request: BackTestPlayTriggerRequest, since: Timestamp, _ call: Call
    ) async throws(Problem) -> CompiledTrigger {
        try Access.requireProvider(.read, on: PlayTrigger.schema.table, call.caller)
        var trigger = PlayTrigger()
        if request.id.isEmpty {
            trigger.domain = call.caller.domain.path
        } else {
            trigger = try await known(request.id, .read, call)
        }
        let given = request.playTrigger ?? PlayTrigger()
        for field in PlayTrigger.said where !given[field: field].isEmpty { trigger[field: field] = given[field: field] }
        if trigger.actsAs == nil { trigger.actsAs = call.caller.subject }
        trigger.active = false
        guard Access.allows(call.caller.roles, .read, on: trigger.sourceTable ?? "") else {
            _ = try TriggerTables.schema(of: trigger.sourceTable ?? "")
            throw .permissionDenied()
        }
        guard trigger.startsOn == PlayTrigger.StartsOn.flow else {
            return try trigger.compiled(roles: call.caller.roles)
        }
        let plan = try await plays.plan(trigger.definitionRecord ?? "", version: trigger.flowDefinition ?? "", call)
        let compiled = try trigger.compiled(roles: call.caller.roles, by: plan.flow, since: since)
        guard compiled.clock != nil else {
            throw .failedPrecondition(
                rule: TriggerRule.schedule,
                Text(
                    en:
                        "Only schedules by 'cron' and 'every' are back-tested: how long runs take and which events were "
                        + "told is not known of the past.",
                    ko: "'cron'과 'every' 일정만 과거 기록으로 확인할 수 있습니다. 실행에 걸린 시간과 과거의 이벤트는 알 수 없습니다."),
                field: PlayTrigger.path(.startsOn))
        }
        return compiled
    }
}
