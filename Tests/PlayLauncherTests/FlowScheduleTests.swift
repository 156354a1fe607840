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

/// Triggers that go by the schedule of the flow of their play: each occasion launches once, as the user, whoever is restarted when.
@Suite(.timeLimit(.minutes(15))) struct FlowScheduleTests {
    private func stage() async throws -> (Stage, TestClock) {
        let clock = TestClock(instant: Stage.morning)
        return (try await Stage(clock: clock), clock)
    }

    /// A published play with this schedule, which makes a touchpoint of this subject (an expression of jq).
    private func play(
        _ stage: Stage, _ schedule: String, _ subject: String = "\"Due\""
    ) async throws -> DefinitionRecord {
        let name = "due-\(uuid().prefix(8))"
        var creation = CreateFlowDefinitionRequest()
        creation.flowDefinition = FlowDefinition()
        creation.flowDefinition?.definition = """
            document: {dsl: '1.0.0', namespace: ale, name: \(name), version: '1.0.0', title: \(name)}
            \(schedule.isEmpty ? "" : "schedule: \(schedule)")
            do:
              - make:
                  call: rpc
                  with:
                    method: customer-success.touchpoints.create
                    request: {touchpoint: {subject: '${ \(subject) }'}}
            """
        let admin = Caller.holding(playAdministrator)
        let flow = try await stage.call(PlayLauncherAPI.createFlowDefinition, creation, as: admin)
        var record = DefinitionRecord()
        (record.flow, record.title, record.category) = (flow.id, name, "success_support")
        record.state = DefinitionRecord.State.published
        var entry = CreateDefinitionRecordRequest()
        entry.definitionRecord = record
        return try await stage.call(PlayLauncherAPI.createDefinitionRecord, entry, as: admin)
    }

    private func active(
        _ stage: Stage, _ schedule: String, _ subject: String = "\"Due\"",
        when condition: String = "perceived_health = red", as caller: Caller = .holding(playAdministrator),
        domain: String = "/provider/"
    ) async throws -> PlayTrigger {
        let entry = try await play(stage, schedule, subject).id
        let actor = stage.actor(domain: domain)
        let draft = try await stage.trigger(condition, on: PlayTrigger.StartsOn.flow, as: actor) {
            ($0.definitionRecord, $0.answers) = (entry, "{}")
        }
        return try await stage.activate(try await stage.create(draft, as: caller).id, as: caller)
    }

    private func write(_ health: String, _ id: String, _ stage: Stage, at second: Int64) -> JournalStandIn.Written {
        stage.journal.write(id, at: Stage.morning.later(second)) { $0.perceivedHealth = health }
    }

    /// Another instance, as one that was just started.
    private func next(_ stage: Stage) async throws -> PlayLauncher.Parts {
        let parts = PlayLauncher.make(stage.database, stage.client, stage.issuer, stage.people)
        try await parts.triggers.refresh()
        return parts
    }

    private func backTest(_ trigger: PlayTrigger, _ stage: Stage) async throws(Problem) -> [String] {
        var request = BackTestPlayTriggerRequest()
        (request.id, request.days) = (trigger.id, 1)
        return try await stage.backTest(request).launches.map { "\($0.sourceRecord) \($0.at?.seconds ?? 0)" }.sorted()
    }

    private func fired(_ trigger: PlayTrigger, _ stage: Stage) async throws -> [String] {
        try await stage.firings(of: trigger.id).map { "\($0.sourceRecord ?? "") \($0.occurredAt?.seconds ?? 0)" }
            .sorted()
    }

    // MARK: What it is

    /// A schedule begins nothing alone, and who looks at the flow or the play is told so.
    @Test func aScheduleStartsNothingAlone() async throws {
        let (stage, clock) = try await stage()
        let record = try await play(stage, "{cron: '0 * * * *'}")
        var list = ListRequest()
        list.filter = "id = \"\(record.flow ?? "")\""
        let flow = try await stage.call(PlayLauncherAPI.listFlowDefinitions, list, as: .holding(playAdministrator))
        #expect(flow.flowDefinitions.map(\.schedule) == ["cron: 0 * * * *"])
        var describe = DescribePlayRequest()
        describe.definitionRecord = record.id
        let play = try await stage.call(PlayLauncherAPI.describePlay, describe, as: .holding(successAgent))
        #expect(play.schedule.contains("cron: 0 * * * *") && play.schedule.contains("begins nothing alone"))
        // A trigger that is off, and one that goes by another schedule, start nothing either.
        var off = try await stage.trigger("perceived_health = red", on: "flow", as: stage.actor())
        (off.definitionRecord, off.answers) = (record.id, "{}")
        _ = try await stage.create(off)
        _ = write("red", uuid(), stage, at: -10)
        clock.set(instant: Stage.morning.later(7_200))
        _ = await stage.triggers.lookAround(nil)
        #expect(try await stage.admin.run("SELECT 1 FROM play_launcher.play_firing").isEmpty)
        #expect(try await stage.admin.run("SELECT 1 FROM play_launcher.flow_run").isEmpty)
    }

    @Test func whatDoesNotFitIsRefused() async throws {
        let (stage, _) = try await stage()
        func refusal(
            _ schedule: String, _ condition: String = "*", table: String = "engagement", role: String = successAgent
        ) async throws -> Problem? {
            let entry = try await play(stage, schedule).id
            let actor = stage.actor(role)
            let draft = try await stage.trigger(condition, on: "flow", as: actor, table: table) {
                ($0.definitionRecord, $0.answers) = (entry, "{}")
            }
            let made = try await stage.create(draft)
            return await problem { () async throws(Problem) in try await stage.activate(made.id) }
        }
        let own = "{on: {one: {with: {type: customer-success.engagement.updated}}}}"
        #expect(try await refusal(own) == nil)
        #expect(try await refusal("")?.reason == TriggerRule.schedule)
        #expect(try await refusal(own, table: "touchpoint")?.reason == TriggerRule.table)
        // Of a record that its user may not read.
        let grants =
            "{on: {any: [{with: {type: customer-success.engagement.updated}}, {with: {type: onboarding.role_grant.created}}]}}"
        #expect(try await refusal(grants)?.code == .permissionDenied)
        // What a flow emits says nothing of a record, and has none where no play is launched from the table.
        let emitted = "{on: {one: {with: {type: review.held}}}}"
        #expect(try await refusal(emitted) == nil)
        #expect(try await refusal(emitted, "perceived_health = red")?.reason == TriggerRule.condition)
        #expect(try await refusal(emitted, table: "success_milestone")?.reason == TriggerRule.table)
        // It has no schedule of its own beside.
        let both = try await stage.trigger("*", on: "flow", as: stage.actor()) { $0.schedule = "0 6 * * *" }
        let twice = await problem { () async throws(Problem) in try await stage.create(both) }
        #expect(twice?.reason == TriggerRule.schedule)
        // An event that nobody sends is refused with the flow.
        let unknown = await refused({
            _ = try await play(stage, "{on: {one: {with: {type: customer-success.nothing.updated}}}}")
        })
        #expect(unknown?.reason == "G-76")
    }

    private func refused(_ body: () async throws -> Void) async -> Problem? {
        do {
            try await body()
            return nil
        } catch {
            return error as? Problem
        }
    }

    // MARK: By the clock

    @Test(arguments: [
        ("{cron: '30 * * * *'}", [5_400, 9_000] as [Int64]), ("{every: PT50M}", [3_000, 6_000, 9_000]),
    ])
    func aFlowStartsByTheClock(_ schedule: String, _ times: [Int64]) async throws {
        let (stage, clock) = try await stage()
        let trigger = try await active(stage, schedule)
        let (red, green) = (uuid(), uuid())
        _ = write("red", red, stage, at: 1)
        _ = write("green", green, stage, at: 1)
        #expect(try await stage.triggers.lookAtSchedules() == 0, "it is not due yet")
        for time in times {
            clock.set(instant: Stage.morning.later(time + 5))
            // Whoever leads then: one that has just begun, and one that was there.
            #expect(try await next(stage).triggers.lookAtSchedules() == 1)
            #expect(try await stage.triggers.lookAtSchedules() == 0)
        }
        let expected = times.map { "\(red) \(Stage.morning.later($0).seconds)" }
        // What nobody looked at in time is not made up for, and would have been all the same.
        #expect(try await fired(trigger, stage) == expected.sorted())
        let tested = try await backTest(trigger, stage)
        #expect(tested.filter { expected.contains($0) } == expected.sorted())
        let run = try #require(try await stage.ended(times.count, of: trigger.id).first?.flowRun)
        #expect(try await stage.end(of: run).state == "completed")
    }

    /// The next run over a record comes so long after the last has ended; while one is under way none is due.
    @Test func aPauseIsCountedFromTheEndOfTheRunBefore() async throws {
        let (stage, clock) = try await stage()
        let subject = "Paused \(uuid())"
        let trigger = try await active(stage, "{after: PT10M}", "\"\(subject)\"")
        let red = uuid()
        _ = write("red", red, stage, at: 1)
        _ = write("green", uuid(), stage, at: 1)
        stage.owner.hold(subject)
        func look(at second: Int64) async throws -> Int {
            clock.set(instant: Stage.morning.later(second))
            let first = try await next(stage).triggers.lookAtPauses()
            return try await first + stage.triggers.lookAtPauses()
        }
        #expect(try await look(at: 595) == 0)
        #expect(try await look(at: 660) == 1, "ten minutes after the record was made")
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(firing.edge == "schedule" && firing.occurredAt == Stage.morning.later(601))
        #expect(try await look(at: 3_000) == 0, "it is under way")
        stage.owner.letGo(subject)
        let run = try await stage.end(of: try #require(firing.flowRun))
        #expect(run.completedAt == Stage.morning.later(3_000))
        #expect(try await look(at: 3_590) == 0)
        #expect(try await look(at: 3_661) == 1)
        let second = try #require(try await stage.ended(2, of: trigger.id).last)
        #expect(second.occurredAt == Stage.morning.later(3_600))
        _ = try await stage.end(of: try #require(second.flowRun))
        // One that was refused has ended as well.
        stage.owner.end(red, "closed")
        #expect(try await look(at: 4_300) == 1)
        #expect(try await stage.ended(3, of: trigger.id).last?.state == "refused")
        #expect(try await look(at: 4_890) == 0)
        #expect(try await look(at: 4_960) == 1)
        let may = await problem { () async throws(Problem) in try await stage.backTest(.of(trigger)) }
        #expect(may?.reason == TriggerRule.schedule, "how long runs take is not known beforehand")
    }

    // MARK: By events

    private static let updated = "customer-success.engagement.updated"

    @Test func anEventLaunchesOnceWithWhatWasHeard() async throws {
        let (stage, clock) = try await stage()
        let subject = "Heard \(uuid())"
        let trigger = try await active(
            stage, "{on: {one: {with: {type: \(Self.updated)}}}}", "\"\(subject) \" + .events[0].subject")
        let red = uuid()
        // The first is not updated, the second does not meet the condition.
        try await stage.hear(write("red", red, stage, at: 1))
        try await stage.hear(write("green", red, stage, at: 2))
        #expect(try await stage.firings(of: trigger.id).isEmpty)
        let event = write("red", red, stage, at: 3)
        let restarted = try await next(stage)
        for _ in 0..<2 {
            try await stage.hear(event)
            for handler in restarted.events.handlers where handler.takes(event.event, of: "customer-success") {
                try await handler.take(event.event, in: stage.database, trace: event.trace)
            }
        }
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(firing.edge == "event" && firing.sourceRecord == red && firing.events?.contains(red) == true)
        let run = try await stage.end(of: try #require(firing.flowRun))
        #expect(run.state == "completed" && run.requestedBy == trigger.actsAs)
        #expect(stage.owner.creations("\(subject) \(red)").count == 1)
        // What its play brings about is not heard.
        try await stage.hear(
            stage.journal.write(red, at: Stage.morning.later(4), following: firing.id) { $0.title = "Changed" })
        // Nor what happens elsewhere, or after it was turned off.
        try await stage.hear(
            stage.journal.write(uuid(), at: Stage.morning.later(5), in: "/other/") { $0.perceivedHealth = "red" })
        clock.advance(seconds: 10)
        _ = try await stage.deactivate(trigger.id)
        try await stage.hear(stage.journal.write(red, at: Stage.morning.later(11)) { $0.title = "Off" })
        #expect(try await stage.firings(of: trigger.id).count == 1)
        // Somebody who launches the play has heard nothing.
        let refused = await problem { () async throws(Problem) in try await stage.backTest(.of(trigger)) }
        #expect(refused?.reason == TriggerRule.schedule)
    }

    /// Events of which all are needed are gathered, over restarts, and those of two customers apart.
    @Test func eventsAreGatheredByWhatTheyBelongTo() async throws {
        let (stage, _) = try await stage()
        let trigger = try await active(
            stage,
            "{on: {all: [{with: {type: customer-success.engagement.created}}, {with: {type: \(Self.updated)}}]}}",
            ".events | map(.type) | join(\" \")", when: "*")
        let (one, other) = (uuid(), uuid())
        let elsewhere = "/provider/d0000002/"
        try await stage.hear(write("red", one, stage, at: 1))
        // Of another customer, whose events are no part of it.
        let first = stage.journal.write(other, at: Stage.morning.later(2), in: elsewhere) { $0.title = "One" }
        _ = first
        try await stage.hear(stage.journal.write(other, at: Stage.morning.later(3), in: elsewhere) { $0.title = "Two" })
        #expect(try await stage.firings(of: trigger.id).isEmpty)
        let restarted = try await next(stage)
        let last = write("green", one, stage, at: 4)
        for handler in restarted.events.handlers where handler.takes(last.event, of: "customer-success") {
            try await handler.take(last.event, in: stage.database, trace: last.trace)
        }
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(firing.sourceRecord == one && firing.events?.contains(other) == false)
        let gathered = try await stage.admin.run("SELECT domain FROM play_launcher.trigger_gathering")
        #expect(try gathered.map { try $0.string(at: 0) } == [elsewhere])
        // Turned on again it begins anew.
        _ = try await stage.deactivate(trigger.id)
        _ = try await stage.activate(trigger.id)
        #expect(try await stage.admin.run("SELECT 1 FROM play_launcher.trigger_gathering").isEmpty)
    }

    /// What a flow emits is about the record that it was launched from.
    @Test func anEmittedEventIsAboutTheRecordOfItsRun() async throws {
        let (stage, _) = try await stage()
        let type = "review.held\(uuid().prefix(6))"
        let trigger = try await active(stage, "{on: {one: {with: {type: \(type)}}}}", ".events[0].data.by", when: "*")
        let title = try await stage.define(
            "emits-\(uuid().prefix(8))", inside: "  - tell: {emit: {event: {with: {type: \(type), data: {by: me}}}}}\n")
        let engagement = uuid()
        let run = try await stage.launch(title, from: engagement, as: try person(successAgent))
        _ = try await stage.end(of: run.id)
        let emitted = try #require(try await stage.events(of: run.id).first { $0.event.action == "emitted" })
        for _ in 0..<2 {
            for handler in stage.events.handlers where handler.takes(emitted.event, of: "play-launcher") {
                try await handler.take(emitted.event, in: stage.database, trace: nil)
            }
        }
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(firing.sourceRecord == engagement && firing.sourceTable == "engagement")
        #expect(try await stage.end(of: try #require(firing.flowRun)).state == "completed")
        #expect(stage.owner.creations("me").count == 1)
    }
}

extension BackTestPlayTriggerRequest {
    /// Of a saved trigger, over a day.
    fileprivate static func of(_ trigger: PlayTrigger) -> BackTestPlayTriggerRequest {
        var request = BackTestPlayTriggerRequest()
        (request.id, request.days) = (trigger.id, 1)
        return request
    }
}
