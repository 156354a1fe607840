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

/// What triggers do: each edge of a record launches once, in the name of the user and with that one's rights alone.
@Suite struct FiringTests {
    private static let red = "perceived_health = red"

    private func stage() async throws -> Stage { try await Stage(clock: TestClock(instant: Stage.morning)) }

    private func write(
        _ health: String, _ id: String, _ stage: Stage, at second: Int64, in domain: String = StandIn.domain,
        following cause: String? = nil
    ) -> JournalStandIn.Written {
        stage.journal.write(id, at: Stage.morning.later(second), in: domain, following: cause) {
            $0.perceivedHealth = health
        }
    }

    @Test func anEdgeLaunchesThePlayAsTheUser() async throws {
        let stage = try await stage()
        let (actor, subject, engagement) = (stage.actor(), "Review \(uuid())", uuid())
        let trigger = try await stage.active(Self.red, as: actor, subject: subject)
        try await stage.hear(write("green", engagement, stage, at: 1))
        #expect(try await stage.firings(of: trigger.id).isEmpty)
        let event = write("red", engagement, stage, at: 2)
        for _ in 0..<3 { try await stage.hear(event) }
        // Red it stays.
        try await stage.hear(
            stage.journal.write(engagement, at: Stage.morning.later(3)) { $0.title = "Changed" })
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(firing.state == "launched" && firing.edge == "entering", "\(firing.message ?? "")")
        #expect(firing.sourceRecord == engagement && firing.occurredAt == Stage.morning.later(2))
        let run = try await stage.end(of: try #require(firing.flowRun))
        #expect(run.state == "completed" && run.requestedBy == actor && run.sourceRecord == engagement)
        let calls = stage.owner.creations(subject)
        #expect(calls.count == 1 && calls.first?.caller.subject == actor)
        #expect(calls.first?.caller.actor == "service:play-launcher" || calls.first?.caller.actor == "play-launcher")
        // It leaves and comes again: that is another edge.
        try await stage.hear(write("yellow", engagement, stage, at: 4))
        try await stage.hear(write("red", engagement, stage, at: 5))
        #expect(try await stage.ended(2, of: trigger.id).count == 2)
    }

    /// A launcher that was killed between the launch and the note of it launches once more, and finds the same run.
    @Test func aRepeatedLaunchIsTheSame() async throws {
        let stage = try await stage()
        let trigger = try await stage.active(Self.red, subject: "Review \(uuid())")
        try await stage.hear(write("red", uuid(), stage, at: 1))
        let first = try #require(try await stage.ended(1, of: trigger.id).first)
        let run = try await stage.end(of: try #require(first.flowRun))
        _ = try await stage.admin.run(
            "UPDATE play_launcher.play_firing SET state = 'waiting', flow_run = NULL WHERE id = \(first.id)::uuid")
        _ = try await stage.admin.run(
            """
            INSERT INTO play_launcher.firing_work (firing, domain, turn) \
            VALUES (\(first.id)::uuid, \(first.domain), \(trigger.id))
            """)
        let again = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(again.state == "launched" && again.flowRun == run.id)
        let runs = try await stage.admin.run("SELECT 1 FROM play_launcher.flow_run")
        #expect(runs.count == 1)
    }

    @Test func leavingIsAnEdgeAsWell() async throws {
        let stage = try await stage()
        let leaving = try await stage.active(Self.red, on: "leaving")
        let both = try await stage.active(Self.red, on: "both")
        let engagement = uuid()
        for (second, health) in ["red", "green", "red"].enumerated() {
            try await stage.hear(write(health, engagement, stage, at: Int64(second + 1)))
        }
        #expect(try await stage.ended(1, of: leaving.id).map(\.edge) == ["leaving"])
        #expect(try await stage.ended(3, of: both.id).map(\.edge) == ["entering", "leaving", "entering"])
    }

    /// A record that is deleted leaves the condition as well. No play runs over a record that is gone: the firing says so. Where
    /// it belonged to an engagement, the play is launched from there.
    @Test func aDeletionLeavesTheCondition() async throws {
        let stage = try await stage()
        let leaving = try await stage.active(Self.red, on: "leaving")
        let (heard, lost, green) = (uuid(), uuid(), uuid())
        for (second, record) in [heard, lost].enumerated() {
            try await stage.hear(write("red", record, stage, at: Int64(second + 1)))
        }
        try await stage.hear(write("green", green, stage, at: 3))
        for record in [heard, lost, green] { stage.owner.remove(record) }
        try await stage.hear(stage.journal.delete(heard, at: Stage.morning.later(4)))
        // Whose event is lost the journal knows of.
        stage.journal.delete(lost, at: Stage.morning.later(5))
        try await stage.hear(stage.journal.delete(green, at: Stage.morning.later(6)))
        (stage.database.clock as? TestClock)?.advance(seconds: 600)
        #expect(try await stage.triggers.lookAtJournals() == 1)
        let firings = try await stage.ended(2, of: leaving.id)
        #expect(firings.map(\.sourceRecord) == [heard, lost])
        for firing in firings {
            #expect(firing.edge == "leaving" && firing.state == "refused" && firing.flowRun == nil)
            #expect(firing.message?.contains("not found") == true, "\(firing.message ?? "")")
        }
        var request = BackTestPlayTriggerRequest()
        (request.id, request.days) = (leaving.id, 1)
        let tested = try await stage.backTest(request)
        #expect(Set(tested.launches.map(\.sourceRecord)) == [heard, lost] && tested.gone == 0)
        var firing = PlayFiring()
        (firing.sourceTable, firing.sourceRecord, firing.engagement) = ("success_milestone", uuid(), heard)
        let source = try await TriggerSource(client: stage.client).read(
            firing, as: stage.issuer.credential(for: PlayLauncher.name))
        #expect(source.table == "engagement" && source.record == heard)
    }

    /// What happened before a trigger was turned on, and after it was turned off, launches nothing.
    @Test func onlyWhatHappensWhileItIsActiveCounts() async throws {
        let stage = try await stage()
        let early = write("red", uuid(), stage, at: -5)
        let trigger = try await stage.active(Self.red)
        try await stage.hear(early)
        _ = try await stage.deactivate(trigger.id)
        try await stage.hear(write("red", uuid(), stage, at: 5))
        #expect(try await stage.firings(of: trigger.id).isEmpty)
    }

    /// No trigger crosses a tenant: not by the record's domain, nor by the journal.
    @Test func noTriggerCrossesATenant() async throws {
        let stage = try await stage()
        let trigger = try await stage.active(Self.red)
        try await stage.hear(write("red", uuid(), stage, at: 1, in: "/other/d0000009/"))
        (stage.database.clock as? TestClock)?.advance(seconds: 600)
        #expect(try await stage.triggers.lookAtJournals() == 0)
        #expect(try await stage.firings(of: trigger.id).isEmpty)
        // The same for one that lies beside the record.
        let below = Caller.holding(playAdministrator, domain: "/provider/d0000002/")
        var draft = try await stage.trigger(Self.red, as: stage.actor(domain: "/provider/d0000002/"))
        draft.title = "Beside"
        let beside = try await stage.create(draft, as: below)
        _ = try await stage.activate(beside.id, as: below)
        try await stage.hear(write("red", uuid(), stage, at: 700))
        #expect(try await stage.ended(1, of: trigger.id).count == 1)
        #expect(try await stage.firings(of: beside.id).isEmpty)
        let firing = try #require(try await stage.firings(of: trigger.id).first)
        var get = GetRequest()
        get.id = firing.id
        let outside = await stage.problem(
            PlayLauncherAPI.getPlayFiring, get, as: .holding("admin", domain: "/provider/d0000002/"))
        #expect(outside?.code == .notFound)
    }

    @Test func rightsAreLookedAtAtEachLaunch() async throws {
        let stage = try await stage()
        let actor = stage.actor()
        let trigger = try await stage.active(Self.red, as: actor)
        stage.people[actor]?.roles = ["sn_acct_lc.ale_success_viewer"]
        try await stage.hear(write("red", uuid(), stage, at: 1))
        let refused = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(refused.state == "refused" && refused.flowRun == nil)
        #expect(refused.message?.contains("may not launch") == true)
        stage.people[actor]?.isActive = false
        try await stage.hear(write("red", uuid(), stage, at: 2))
        #expect(try await stage.ended(2, of: trigger.id).allSatisfy { $0.state == "refused" })
    }

    /// Nothing begins on a record that has ended (G-128), and more than the limit of a day is not launched.
    @Test func whatCannotBeginIsRefusedWithItsReason() async throws {
        let stage = try await stage()
        let trigger = try await stage.active(Self.red) { $0.dailyLimit = 2 }
        let closed = uuid()
        stage.owner.end(closed, "closed")
        try await stage.hear(write("red", closed, stage, at: 1))
        let refused = try #require(try await stage.ended(1, of: trigger.id).first)
        #expect(refused.state == "refused" && refused.message?.contains("closed or canceled") == true)
        for second in 2..<5 { try await stage.hear(write("red", uuid(), stage, at: Int64(second))) }
        let found = try await stage.ended(4, of: trigger.id)
        #expect(found.count { $0.state == "launched" } == 2)
        #expect(found.last?.message?.contains("24 hours") == true)
        // A day later it goes on.
        (stage.database.clock as? TestClock)?.advance(seconds: 86_500)
        try await stage.hear(write("red", uuid(), stage, at: 86_501))
        #expect(try await stage.ended(5, of: trigger.id).last?.state == "launched")
    }

    /// What a triggered play changes does not trigger it again, directly or by way of another trigger.
    @Test func noTriggerIsMetByWhatItBringsAbout() async throws {
        let stage = try await stage()
        let red = try await stage.active(Self.red)
        let green = try await stage.active("perceived_health = green")
        let engagement = uuid()
        try await stage.hear(write("red", engagement, stage, at: 1))
        let first = try #require(try await stage.ended(1, of: red.id).first)
        // The play of the first sets it to green, which is another trigger's: that one launches.
        try await stage.hear(write("green", engagement, stage, at: 2, following: first.id))
        let second = try #require(try await stage.ended(1, of: green.id).first)
        #expect(second.causedBy == "\(red.id) \(green.id)")
        // The play of that one sets it to red again.
        try await stage.hear(write("red", engagement, stage, at: 3, following: second.id))
        // So does the first itself, of another record; the event is lost, and the journal knows it.
        _ = write("red", uuid(), stage, at: 4, following: first.id)
        (stage.database.clock as? TestClock)?.advance(seconds: 600)
        #expect(try await stage.triggers.lookAtJournals() == 0)
        #expect(try await stage.firings(of: red.id).count == 1)
        #expect(try await stage.firings(of: green.id).count == 1)
    }

    /// The calls of a triggered run bear the firing in their trace, whatever they lead to.
    @Test func theTraceOfARunBearsItsFiring() async throws {
        let stage = try await stage()
        let trigger = try await stage.active(Self.red)
        try await stage.hear(write("red", uuid(), stage, at: 1))
        let firing = try #require(try await stage.ended(1, of: trigger.id).first)
        let rows = try await stage.admin.run(
            "SELECT trace FROM play_launcher.flow_execution WHERE run = \(try #require(firing.flowRun))::uuid")
        let trace = try #require(try rows.first?.optionalString(at: 0))
        #expect(TraceContext.cause(inHeader: trace) == firing.id)
        #expect(TraceContext.following(from: uuid()) == nil, "an id that was made is no name of anything")
        let journaled = try await stage.admin.run(
            "SELECT cause FROM play_launcher.journal WHERE record = \(try #require(firing.flowRun))::uuid AND kind = 'created'"
        )
        #expect(try journaled.first?.optionalString(at: 0) == firing.id)
    }

    /// Records that belong to an engagement launch from it.
    @Test func aMilestoneLaunchesFromItsEngagement() async throws {
        let stage = try await stage()
        var firing = PlayFiring()
        (firing.sourceTable, firing.sourceRecord) = ("engagement", uuid())
        let source = try await TriggerSource(client: stage.client).read(
            firing, as: stage.issuer.credential(for: PlayLauncher.name))
        #expect(source.table == "engagement" && source.record == firing.sourceRecord)
        #expect(TriggerTables.types["success_milestone"] != nil && TriggerTables.types["location"] == nil)
    }
}
