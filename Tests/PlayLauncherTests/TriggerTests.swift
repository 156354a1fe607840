import CustomerSuccessWire
import Identity
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// What a trigger is: who makes one, what it must say, and what turning it on takes.
@Suite struct TriggerTests {
    private static let red = "perceived_health = red"

    @Test func aTriggerIsOffUntilItIsActivated() async throws {
        let stage = try await Stage.shared.value
        var draft = try await stage.trigger(Self.red, as: stage.actor())
        draft.active = true
        let made = try await stage.create(draft)
        #expect(made.active == false && made.activatedAt == nil && made.dailyLimit == 100)
        let active = try await stage.activate(made.id)
        #expect(active.active == true && active.activatedAt != nil && active.activatedBy != nil)
        let again = await problem { () async throws(Problem) in try await stage.activate(made.id) }
        #expect(again?.reason == TriggerRule.active)
        #expect(try await stage.deactivate(made.id).active == false)
        let off = await problem { () async throws(Problem) in try await stage.deactivate(made.id) }
        #expect(off?.reason == TriggerRule.active)
    }

    /// What is wrong with a condition is told with the place, when it is saved.
    @Test(arguments: [
        ("perceived_healt = red", "condition", "position 0"), ("perceived_health = blue", "condition", "position 19"),
        ("perceived_health = ", "condition", "position"), ("", "condition", ""),
        // Every record meets it.
        ("*", "condition", "Name a field"),
    ])
    func aWrongConditionIsRefusedWithItsPlace(_ condition: String, _ field: String, _ place: String) async throws {
        let stage = try await Stage.shared.value
        let draft = try await stage.trigger(condition, as: stage.actor())
        let refused = await problem { () async throws(Problem) in try await stage.create(draft) }
        #expect(refused?.code == .invalidArgument)
        #expect(refused?.violations.first?.field == "play_trigger.\(field)")
        #expect(place.isEmpty || refused?.violations.first?.text.en.contains(place) == true, "\(refused as Any)")
    }

    @Test func aTableThatNoPlayIsLaunchedFromIsRefused() async throws {
        let stage = try await Stage.shared.value
        let draft = try await stage.trigger("name = x", as: stage.actor(), table: "location")
        let refused = await problem { () async throws(Problem) in try await stage.create(draft) }
        #expect(refused?.reason == TriggerRule.table)
        // Records that belong to an engagement are looked at as well.
        let milestone = try await stage.trigger("title = x", as: stage.actor(), table: "success_milestone")
        #expect(try await stage.create(milestone).id.isEmpty == false)
        // An outcome that is reached, and a product that is used too little.
        for (table, condition) in [
            ("success_outcome", "reached = true"), ("product_usage", "name = logins AND value < 50"),
        ] {
            let measured = try await stage.trigger(condition, as: stage.actor(), table: table)
            #expect(try await stage.create(measured).sourceTable == table)
        }
    }

    @Test func aScheduleStandsWhereItIsUsedAlone() async throws {
        let stage = try await Stage.shared.value
        for (start, schedule) in [("schedule", "0 25 * * *"), ("schedule", nil), ("entering", "0 6 * * *")] {
            let draft = try await stage.trigger(Self.red, on: start, as: stage.actor()) { $0.schedule = schedule }
            let refused = await problem { () async throws(Problem) in try await stage.create(draft) }
            #expect(refused?.reason == TriggerRule.schedule, "\(start) \(schedule as Any)")
        }
        let due = try await stage.trigger(Self.red, on: "schedule", as: stage.actor()) { $0.schedule = "0 6 * * *" }
        #expect(try await stage.create(due).schedule == "0 6 * * *")
    }

    @Test func anActiveTriggerIsNeitherChangedNorDeleted() async throws {
        let stage = try await Stage.shared.value
        let active = try await stage.active(Self.red)
        var request = UpdatePlayTriggerRequest()
        var changed = PlayTrigger()
        (changed.id, changed.condition) = (active.id, "perceived_health = green")
        request.playTrigger = changed
        let admin = Caller.holding(playAdministrator)
        let refused = await stage.problem(PlayLauncherAPI.updatePlayTrigger, request, as: admin)
        #expect(refused?.reason == TriggerRule.active)
        var deletion = DeleteRequest()
        deletion.id = active.id
        let kept = await stage.problem(PlayLauncherAPI.deletePlayTrigger, deletion, as: admin)
        #expect(kept?.reason == TriggerRule.active)
        _ = try await stage.deactivate(active.id)
        _ = try await stage.call(PlayLauncherAPI.updatePlayTrigger, request, as: admin)
        _ = try await stage.call(PlayLauncherAPI.deletePlayTrigger, deletion, as: admin)
    }

    // MARK: Turning on

    private func refusal(
        as subject: String, _ stage: Stage, _ body: (inout PlayTrigger) -> Void = { _ in }
    ) async throws -> Problem? {
        let made = try await stage.create(try await stage.trigger(Self.red, as: subject, body))
        return await problem { () async throws(Problem) in try await stage.activate(made.id) }
    }

    /// It acts as an active user of its domain who may launch plays, and do what this one does.
    @Test func whomATriggerActsAsIsLookedAt() async throws {
        let stage = try await Stage.shared.value
        #expect(try await refusal(as: "nobody", stage)?.reason == TriggerRule.person)
        #expect(try await refusal(as: stage.actor(domain: "/provider/d0000001/"), stage)?.reason == TriggerRule.person)
        let viewer = stage.actor("sn_acct_lc.ale_success_viewer")
        #expect(try await refusal(as: viewer, stage)?.reason == TriggerRule.person)
        let left = stage.actor()
        stage.people[left]?.isActive = false
        #expect(try await refusal(as: left, stage)?.reason == TriggerRule.person)
        // May launch, and not make touchpoints.
        #expect(try await refusal(as: stage.actor("sn_acct_lc.agent"), stage)?.reason == "PLAY_RIGHTS")
        #expect(try await refusal(as: stage.actor(), stage) == nil)
    }

    @Test func thePlayAndItsAnswersAreLookedAt() async throws {
        let stage = try await Stage.shared.value
        let incomplete = try await refusal(as: stage.actor(), stage) { $0.answers = #"{"subject": "x"}"# }
        #expect(incomplete?.violations.first?.field == "play_trigger.answers.meeting_date")
        let broken = try await refusal(as: stage.actor(), stage) { $0.answers = "[1]" }
        #expect(broken?.reason == TriggerRule.answers)
        let other = try await stage.entry("Initiate a new onboarding journey").id
        let elsewhere = try await refusal(as: stage.actor(), stage) { $0.definitionRecord = other }
        #expect(elsewhere?.reason == "G-75")
        // What its owner keeps no journal of is never seen to change.
        let computed = try await refusal(as: stage.actor(), stage) { $0.condition = "contract_value > 5" }
        #expect(computed?.code == .invalidArgument)
    }

    /// Who turns triggers on has nothing done that they may not do. What starts plays of above, as whom and with which answers,
    /// is not shown below.
    @Test func triggersAreTurnedByTheirDomain() async throws {
        let stage = try await Stage.shared.value
        let made = try await stage.create(try await stage.trigger(Self.red, as: stage.actor()))
        let below = Caller.holding(playAdministrator, domain: "/provider/d0000001/")
        var get = GetRequest()
        get.id = made.id
        #expect(await stage.problem(PlayLauncherAPI.getPlayTrigger, get, as: below)?.code == .notFound)
        var list = ListRequest()
        list.filter = "source_table = engagement"
        let seen = try await stage.call(PlayLauncherAPI.listPlayTriggers, list, as: below).playTriggers
        #expect(!seen.contains { $0.id == made.id })
        for caller in [below, Caller.holding(playAdministrator, domain: "/other/")] {
            let refused = await problem { () async throws(Problem) in try await stage.activate(made.id, as: caller) }
            #expect(refused?.code == .notFound)
        }
        let agent = Caller.holding(successAgent)
        let denied = await problem { () async throws(Problem) in try await stage.activate(made.id, as: agent) }
        #expect(denied?.code == .permissionDenied)
        let unmade = try await stage.trigger(Self.red, as: stage.actor())
        let refused = await problem { () async throws(Problem) in try await stage.create(unmade, as: agent) }
        #expect(refused?.code == .permissionDenied)
    }
}
