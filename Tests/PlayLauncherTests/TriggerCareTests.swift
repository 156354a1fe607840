import CustomerSuccessWire
import Identity
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// What triggers are looked after by: rounds that go on whatever fails, what was met launches as it was, and nothing is lost or
/// kept for ever.
@Suite(.timeLimit(.minutes(15))) struct TriggerCareTests {
    private static let red = "perceived_health = red"

    private func stage() async throws -> (Stage, TestClock) {
        let clock = TestClock(instant: Stage.morning)
        return (try await Stage(clock: clock), clock)
    }

    private func write(_ health: String, _ id: String, _ stage: Stage, at second: Int64) -> JournalStandIn.Written {
        stage.journal.write(id, at: Stage.morning.later(second)) { $0.perceivedHealth = health }
    }

    /// Has a firing be launched once more.
    private func wait(_ firing: PlayFiring, _ stage: Stage) async throws {
        _ = try await stage.admin.run(
            "UPDATE play_launcher.play_firing SET state = 'waiting', flow_run = NULL WHERE id = \(firing.id)::uuid")
        _ = try await stage.admin.run(
            """
            INSERT INTO play_launcher.firing_work (firing, domain, turn) \
            VALUES (\(firing.id)::uuid, \(firing.domain), \(firing.playTrigger ?? ""))
            """)
    }

    // MARK: Rounds

    /// One round finds what is due by a schedule, what a day has brought and what events were lost of, each for itself: a table
    /// whose owner does not answer, and a trigger whose user may not look, keep no other waiting.
    @Test func aRoundGoesOnWhateverFails() async throws {
        let (stage, clock) = try await stage()
        let lost = try await stage.active(Self.red)
        let day = try await stage.active("renewal_date = today()")
        let due = try await stage.active("perceived_health = green", on: "schedule") { $0.schedule = "0 * * * *" }
        _ = try await stage.active("perceived_health = yellow", on: "schedule") { $0.schedule = "0 * * * *" }
        stage.journal.refuse(filter: "yellow")
        // Nobody answers for accounts here.
        for condition in ["name = x", "name = x AND created_at < now()"] {
            var away = try await stage.trigger(condition, as: stage.actor(), table: "customer_account")
            away = try await stage.create(away)
            _ = try await stage.admin.run(
                """
                UPDATE play_launcher.play_trigger SET active = TRUE, activated_by = 'somebody', \
                activated_at = \(Stage.morning.sqlValue) WHERE id = \(away.id)::uuid
                """)
        }
        let (red, green, near) = (uuid(), uuid(), uuid())
        _ = write("red", red, stage, at: 10)
        _ = write("green", green, stage, at: 11)
        stage.journal.write(near, at: Stage.morning.later(12)) {
            $0.renewalDate = Stage.morning.day.adding(days: 1).description
        }
        clock.set(instant: .midnight(of: Stage.morning.day.adding(days: 1)).later(300))
        let read = await stage.triggers.lookAround(nil)
        #expect(read == clock.now)
        #expect(try await stage.firings(of: lost.id).map(\.sourceRecord) == [red])
        #expect(try await stage.firings(of: day.id).map(\.sourceRecord) == [near])
        #expect(try await stage.firings(of: due.id).map(\.sourceRecord) == [green])
        // Journals are read now and then, the others each time.
        clock.advance(seconds: 20)
        #expect(await stage.triggers.lookAround(read) == read)
        clock.advance(seconds: 600)
        #expect(await stage.triggers.lookAround(read) == clock.now)
    }

    /// A look at more records than one round has time for goes on in the next, behind what it has seen.
    @Test func aLookAtADayGoesOnWhereItWasLeft() async throws {
        let (stage, clock) = try await stage()
        let trigger = try await stage.active("renewal_date = today()")
        let records = Set((0..<20).map { _ in uuid() })
        for record in records {
            stage.journal.write(record, at: Stage.morning.later(1)) {
                $0.renewalDate = Stage.morning.day.adding(days: 1).description
            }
        }
        clock.set(instant: .midnight(of: Stage.morning.day.adding(days: 1)).later(60))
        // The stand-in gives seven records a page.
        var found: [Int] = []
        for _ in 0..<4 { found.append(try await stage.triggers.lookAtDays(pages: 1)) }
        #expect(found == [7, 7, 6, 0])
        #expect(Set(try await stage.firings(of: trigger.id).compactMap(\.sourceRecord)) == records)
    }

    /// An hour in which very much happened is read in smaller pieces.
    @Test func aFullHourIsReadInPieces() async throws {
        let (stage, clock) = try await stage()
        let trigger = try await stage.active(Self.red)
        let engagement = uuid()
        // More than four pages of seven, and in one second more than that.
        for second in 0..<60 {
            _ = write(second % 2 == 0 ? "green" : "red", engagement, stage, at: Int64(second + 1))
        }
        for place in 0..<40 {
            stage.journal.write(
                engagement, at: Timestamp(microseconds: Stage.morning.later(90).microseconds + Int64(place))
            ) {
                $0.perceivedHealth = place % 2 == 0 ? "green" : "red"
            }
        }
        clock.set(instant: Stage.morning.later(3_000))
        _ = try await stage.triggers.lookAtJournals(pages: 4)
        let fired = try await stage.admin.run(
            "SELECT count(*) FROM play_launcher.play_firing WHERE play_trigger = \(trigger.id)::uuid")
        #expect(try fired.first?.int64(at: 0) == 30 + 20)
    }

    /// Who leads next goes on where the last one was: what left a condition while nobody led is found, and found once.
    @Test func theNextLeaderGoesOn() async throws {
        let (stage, clock) = try await stage()
        let trigger = try await stage.active(Self.red, on: "leaving")
        let (early, late) = (uuid(), uuid())
        for record in [early, late] { _ = write("red", record, stage, at: 1) }
        _ = write("green", early, stage, at: 10)
        clock.advance(seconds: 300)
        #expect(try await stage.triggers.lookAtJournals() == 1)
        _ = write("green", late, stage, at: 400)
        clock.advance(seconds: 900)
        let next = PlayTriggers(stage.database, stage.client, stage.issuer, stage.people, stage.triggers.plays)
        _ = await next.lookAround(nil)
        #expect(try await stage.triggers.lookAtJournals() == 0)
        let fired = try await stage.firings(of: trigger.id)
        #expect(fired.map(\.sourceRecord) == [early, late] && fired.allSatisfy { $0.edge == "leaving" })
    }

    /// Another instance learns which triggers are active, also when one goes off and another on at one instant.
    @Test func instancesKnowTheSameTriggers() async throws {
        let (stage, clock) = try await stage()
        let first = try await stage.create(try await stage.trigger(Self.red, as: stage.actor()))
        let second = try await stage.create(try await stage.trigger("perceived_health = green", as: stage.actor()))
        let other = PlayTriggers(stage.database, stage.client, stage.issuer, stage.people, stage.triggers.plays)
        _ = try await stage.activate(first.id)
        try await other.refresh()
        #expect(other.index.triggers.map(\.id) == [first.id])
        clock.advance(seconds: 5)
        _ = try await stage.deactivate(first.id)
        clock.advance(seconds: -5)
        _ = try await stage.activate(second.id)
        try await other.refresh()
        #expect(other.index.triggers.map(\.id) == [second.id])
    }

    // MARK: As it was met

    /// What met a trigger before it was changed does not launch what it is now, wherever it waits.
    @Test func whatWasMetBeforeAChangeDoesNotLaunch() async throws {
        let (stage, clock) = try await stage()
        let trigger = try await stage.active(Self.red)
        try await stage.hear(write("red", uuid(), stage, at: 1))
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        clock.advance(seconds: 100)
        _ = try await stage.deactivate(trigger.id)
        _ = try await stage.activate(trigger.id)
        try await wait(firing, stage)
        let refused = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(refused.state == "refused" && refused.message?.contains("deactivated before") == true)
        #expect(refused.messageKo?.contains("비활성화") == true)
        // One whose event is handled late, by an instance that still knows it as it was.
        let late = Firings.Occurrence(
            trigger: trigger.id, edge: .entering, table: "engagement", record: uuid(),
            domain: try #require(DomainPath(StandIn.domain)), at: Stage.morning.later(50), cause: nil)
        let noted = try await stage.triggers.asService { [triggers = stage.triggers] tx in
            try triggers.firings.note([late], now: Stage.morning.later(101), in: tx)
        }
        #expect(noted == 0)
    }

    private func publish(_ name: String, _ version: String, _ stage: Stage) async throws -> FlowDefinition {
        var request = CreateFlowDefinitionRequest()
        request.flowDefinition = FlowDefinition()
        request.flowDefinition?.definition =
            "document: {dsl: '1.0.0', namespace: ale, name: \(name), version: '\(version)', title: \(name)}\ndo:\n  - one: {set: {a: 1}}\n"
        return try await stage.call(PlayLauncherAPI.createFlowDefinition, request, as: .holding(playAdministrator))
    }

    /// Whoever saves a new version, or has the play go by another flow, does not have it done in the name of the trigger's user:
    /// the rights to that were looked at for the version that was there.
    @Test func aTriggerLaunchesWhatWasLookedAt() async throws {
        let (stage, _) = try await stage()
        let (name, other) = ("pinned-\(uuid().prefix(8))", "other-\(uuid().prefix(8))")
        let first = try await publish(name, "1.0.0", stage)
        var record = DefinitionRecord()
        (record.flow, record.title, record.category) = (first.id, name, "success_support")
        record.state = DefinitionRecord.State.published
        var creation = CreateDefinitionRecordRequest()
        creation.definitionRecord = record
        let admin = Caller.holding(playAdministrator)
        record = try await stage.call(PlayLauncherAPI.createDefinitionRecord, creation, as: admin)
        let entry = record.id
        let trigger = try await stage.active(Self.red) { ($0.definitionRecord, $0.answers) = (entry, "{}") }
        #expect(trigger.flowDefinition == first.id)
        _ = try await publish(name, "2.0.0", stage)
        try await stage.hear(write("red", uuid(), stage, at: 1))
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(try await stage.end(of: try #require(firing.flowRun)).flowVersion == "1.0.0")
        // Activated again, it launches the new one.
        _ = try await stage.deactivate(trigger.id)
        _ = try await stage.activate(trigger.id)
        try await stage.hear(write("red", uuid(), stage, at: 2))
        let second = try #require(try await stage.ended(2, of: trigger.id).last)
        #expect(try await stage.end(of: try #require(second.flowRun)).flowVersion == "2.0.0")
        var update = UpdateDefinitionRecordRequest()
        (record.flow, update.updateMask) = (try await publish(other, "1.0.0", stage).id, ["flow"])
        update.definitionRecord = record
        _ = try await stage.call(PlayLauncherAPI.updateDefinitionRecord, update, as: admin)
        try await stage.hear(write("red", uuid(), stage, at: 3))
        let refused = try #require(try await stage.ended(3, of: trigger.id).last)
        #expect(refused.state == "refused" && refused.message?.contains("another flow") == true)
    }

    /// What a trigger has launched is known when it is gone; what still waits for it is refused.
    @Test func whatWasLaunchedOutlivesItsTrigger() async throws {
        let (stage, _) = try await stage()
        let trigger = try await stage.active(Self.red)
        let engagement = uuid()
        try await stage.hear(write("red", engagement, stage, at: 1))
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        _ = try await stage.deactivate(trigger.id)
        var request = DeleteRequest()
        request.id = trigger.id
        _ = try await stage.call(PlayLauncherAPI.deletePlayTrigger, request, as: .holding(playAdministrator))
        var get = GetRequest()
        get.id = firing.id
        var left = try await stage.call(PlayLauncherAPI.getPlayFiring, get, as: .holding(playAdministrator))
        #expect(left.playTrigger == nil && left.flowRun == firing.flowRun && left.causedBy == trigger.id)
        // The chain that it stands for still keeps what it brings about from meeting its triggers.
        let cause = firing.id
        let chain = try await stage.triggers.asService { [triggers = stage.triggers] tx in
            try triggers.firings.following(trigger.id, among: [cause], in: tx)
        }
        #expect(chain == [cause])
        try await wait(firing, stage)
        let limit = ContinuousClock.now + .seconds(30)
        repeat {
            left = try await stage.call(PlayLauncherAPI.getPlayFiring, get, as: .holding(playAdministrator))
            try await Task.sleep(for: .milliseconds(20))
        } while left.state == "waiting" && ContinuousClock.now < limit
        #expect(left.state == "refused")
    }

    /// What triggers did long ago is forgotten, and nothing else.
    @Test func firingsAreKeptForAWhile() async throws {
        let (stage, clock) = try await stage()
        let trigger = try await stage.active(Self.red)
        for second in 1...2 { try await stage.hear(write("red", uuid(), stage, at: Int64(second))) }
        let known = try await stage.ended(2, of: trigger.id)
        clock.set(instant: Stage.morning.later(399 * 86_400))
        let retention = FiringRetention(database: stage.database)
        #expect(try await retention.removeExpired() == 0)
        let old = Stage.morning.later(-2 * 86_400)
        _ = try await stage.admin.run(
            "UPDATE play_launcher.play_firing SET updated_at = \(old.sqlValue) WHERE id = \(known[0].id)::uuid")
        #expect(try await retention.removeExpired() == 1)
        #expect(try await stage.firings(of: trigger.id).map(\.id) == [known[1].id])
    }

    /// A cause is only believed of those who launch: an event whose trace was made up by a caller never has one, so that of a
    /// change that says it follows from a firing the trigger is met like by any other.
    @Test func aFiringOfAnotherTenantIsNoExcuse() async throws {
        let (stage, _) = try await stage()
        let trigger = try await stage.active(Self.red)
        try await stage.hear(write("red", uuid(), stage, at: 1))
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        let trace = try #require(TraceContext.following(from: firing.id))
        let admin = Caller.holding(playAdministrator)
        let draft = try await stage.trigger("perceived_health = green", as: stage.actor())
        let made = try await CallContext(deadline: .after(.seconds(30)), trace: trace).run { () async throws(Problem) in
            try await stage.create(draft, as: admin)
        }
        let rows = try await stage.admin.run(
            "SELECT trace FROM play_launcher.outbox WHERE record = \(made.id)::uuid")
        let told = try #require(try rows.first?.optionalString(at: 0))
        #expect(TraceContext.cause(inHeader: told) == nil)
    }

    // MARK: Schedules

    /// A schedule judges records as they were when it was due, as its back-test does.
    @Test func aScheduleJudgesWhatWasDue() async throws {
        let (stage, clock) = try await stage()
        let trigger = try await stage.active(Self.red, on: "schedule") { $0.schedule = "0 * * * *" }
        let (left, came, new, stays) = (uuid(), uuid(), uuid(), uuid())
        for record in [left, stays] { _ = write("red", record, stage, at: 5) }
        _ = write("green", came, stage, at: 5)
        let due = Timestamp(seconds: Stage.morning.seconds / 3_600 * 3_600 + 3_600)
        let second = due.seconds - Stage.morning.seconds
        // All of this between the time it was due and the look.
        _ = write("green", left, stage, at: second + 3)
        _ = write("red", came, stage, at: second + 4)
        _ = write("red", new, stage, at: second + 5)
        clock.set(instant: due.later(15))
        #expect(try await stage.triggers.lookAtSchedules() == 2)
        let fired = try await stage.firings(of: trigger.id)
        #expect(Set(fired.compactMap(\.sourceRecord)) == [left, stays] && fired.allSatisfy { $0.occurredAt == due })
        var request = BackTestPlayTriggerRequest()
        (request.id, request.days) = (trigger.id, 1)
        #expect(Set(try await stage.backTest(request).launches.map(\.sourceRecord)) == [left, stays])
    }

    /// A schedule whose limit is reached writes nothing down until there is room again.
    @Test func aScheduleStopsAtItsLimit() async throws {
        let (stage, clock) = try await stage()
        let trigger = try await stage.active(Self.red, on: "schedule") {
            ($0.schedule, $0.dailyLimit) = ("0 * * * *", 1)
        }
        for second in 1...3 { _ = write("red", uuid(), stage, at: Int64(second)) }
        clock.advance(seconds: 3_700)
        _ = try await stage.triggers.lookAtSchedules()
        let first = try await stage.ended(3, of: trigger.id)
        #expect(first.count { $0.state == "launched" } == 1)
        clock.advance(seconds: 3_600)
        #expect(try await stage.triggers.lookAtSchedules() == 0)
        clock.advance(seconds: 86_400)
        #expect(try await stage.triggers.lookAtSchedules() == 3)
    }

    // MARK: Back-tests

    /// Every minute, over all records: counted, and not kept; what does not fit into the time is said.
    @Test func aBackTestOfManyTimesIsBounded() async throws {
        let (stage, _) = try await stage()
        for _ in 0..<20 {
            stage.journal.write(uuid(), at: Stage.morning.later(-3 * 86_400)) { $0.perceivedHealth = "red" }
        }
        var request = BackTestPlayTriggerRequest()
        var draft = PlayTrigger()
        (draft.sourceTable, draft.condition, draft.schedule) = ("engagement", Self.red, "* * * * *")
        (draft.startsOn, draft.dailyLimit) = (PlayTrigger.StartsOn.schedule, 100)
        (request.playTrigger, request.days) = (draft, 1)
        let tested = try await stage.backTest(request)
        #expect(tested.count == 20 * 1_440 && tested.launches.count == 1_000 && !tested.cut)
        #expect(tested.beyondLimit == tested.count - 100 - 20, "of two days in UTC: midnight belongs to the second")
        let times = tested.launches.compactMap { $0.at?.seconds }
        #expect(times == times.sorted(by: >) && times.first == Stage.morning.seconds)
        // More times than are looked at: the newest are.
        request.days = 30
        let long = try await stage.backTest(request)
        #expect(long.cut && long.launches.first?.at == Stage.morning)
        #expect(long.since == Stage.morning.later(-10_000 * 60))
        // No time is left for it.
        (draft.domain, draft.actsAs) = ("/provider/", uuid())
        let test = BackTest(
            trigger: try draft.compiled(roles: ["admin"]), since: Stage.morning.later(-86_400), until: Stage.morning,
            deadline: .after(.milliseconds(1_100)),
            journal: TriggerJournal(
                client: stage.client, schema: Engagement.schema, fields: ["perceived_health"],
                credential: stage.issuer.credential(for: PlayLauncher.name)))
        let cut = try await test.run(changes: 1_000, records: 1_000, rest: .seconds(60))
        #expect(cut.isCut && cut.since == Stage.morning && cut.launches.count < 20 * 1_440)
    }

    /// What became of records that are gone cannot be judged, and is counted.
    @Test func recordsThatAreGoneAreCounted() async throws {
        let (stage, _) = try await stage()
        let (gone, there) = (uuid(), uuid())
        for record in [gone, there] {
            for (second, health) in ["green", "red"].enumerated() {
                _ = write(health, record, stage, at: Int64(second) - 100)
            }
        }
        stage.journal.remove(gone)
        var request = BackTestPlayTriggerRequest()
        var draft = PlayTrigger()
        (draft.sourceTable, draft.condition, draft.startsOn) = ("engagement", Self.red, "entering")
        (request.playTrigger, request.days) = (draft, 1)
        let tested = try await stage.backTest(request)
        #expect(tested.launches.map(\.sourceRecord) == [there] && tested.gone == 2)
    }
}
