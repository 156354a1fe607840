import CustomerSuccessWire
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// A trigger fires once for each record and edge under any order, repetition and loss of events, and a back-test lists exactly
/// what then happens when the same history is played.
@Suite struct TriggerHistoryTests {
    /// A made-up history of some engagements.
    private struct History {
        /// One change of it.
        struct Step {
            let record: Int
            let second: Int64
            let health: String
            let stage: String
            /// Whether the record is deleted, so that the next step begins another.
            let isEnd: Bool
        }

        let steps: [Step]

        init(_ generator: inout some RandomNumberGenerator) {
            steps = (0..<60).map { place in
                Step(
                    record: Int.random(in: 0..<6, using: &generator), second: Int64(place + 1) * 13,
                    health: ["red", "yellow", "green"].randomElement(using: &generator) ?? "red",
                    stage: ["adoption", "renew"].randomElement(using: &generator) ?? "renew",
                    isEnd: Int.random(in: 0..<8, using: &generator) == 0)
            }
        }

        /// What a trigger on `isMet` has to launch at: record and second, by edge.
        func edges(_ starts: String, _ isMet: (Step) -> Bool) -> [String] {
            var sides: [Int: Bool] = [:]
            var found: [String] = []
            for step in steps {
                let was = sides[step.record] ?? false
                let isNow = !step.isEnd && isMet(step)
                sides[step.record] = isNow
                guard was != isNow, starts == "both" || starts == (isNow ? "entering" : "leaving") else { continue }
                found.append("\(step.record) \(step.second) \(isNow ? "entering" : "leaving")")
            }
            return found.sorted()
        }
    }

    /// Writes a history; answers the events that are delivered, and which of its records each record is.
    private func play(
        _ history: History, on stage: Stage, _ generator: inout SeededGenerator
    ) -> (events: [JournalStandIn.Written], places: [String: Int]) {
        var ids: [Int: String] = [:]
        var places: [String: Int] = [:]
        var events: [JournalStandIn.Written] = []
        for step in history.steps {
            let at = Stage.morning.later(step.second)
            if step.isEnd, ids[step.record] == nil { continue }
            let id = ids[step.record] ?? uuid()
            (ids[step.record], places[id]) = (step.isEnd ? nil : id, step.record)
            let written =
                step.isEnd
                ? stage.journal.delete(id, at: at)
                : stage.journal.write(id, at: at) { ($0.perceivedHealth, $0.stage) = (step.health, step.stage) }
            // A third is lost, a third comes more than once.
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: break
            case 1: events += [written, written, written]
            default: events.append(written)
            }
        }
        return (events, places)
    }

    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func eachEdgeFiresOnceWhateverBecomesOfEvents(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let clock = TestClock(instant: Stage.morning)
        let stage = try await Stage(clock: clock)
        let history = History(&generator)
        let conditions: [(text: String, starts: String, isMet: (History.Step) -> Bool)] = [
            ("perceived_health = red", "entering", { $0.health == "red" }),
            ("perceived_health = red AND stage = renew", "both", { $0.health == "red" && $0.stage == "renew" }),
            ("NOT perceived_health = green", "leaving", { $0.health != "green" }),
        ]
        var triggers: [PlayTrigger] = []
        for condition in conditions {
            // Whether plays can be launched is not what this is about.
            triggers.append(try await stage.active(condition.text, on: condition.starts) { $0.dailyLimit = 1 })
        }
        let (written, places) = play(history, on: stage, &generator)
        var events = written
        events.shuffle(using: &generator)
        let first = events.prefix(events.count / 2)
        for event in first { try await stage.hear(event) }
        clock.set(instant: Stage.morning.later(400))
        try await stage.triggers.lookAtJournals()
        for event in events.dropFirst(first.count) { try await stage.hear(event) }
        clock.set(instant: Stage.morning.later(4_000))
        try await stage.triggers.lookAtJournals()
        for event in events.suffix(5) { try await stage.hear(event) }
        #expect(try await stage.triggers.lookAtJournals() == 0, "it is looked at without harm")
        for (trigger, condition) in zip(triggers, conditions) {
            let expected = history.edges(condition.starts, condition.isMet)
            let fired = try await stage.firings(of: trigger.id).map { firing in
                let record = try #require(places[firing.sourceRecord ?? ""])
                let second = ((firing.occurredAt?.microseconds ?? 0) - Stage.morning.microseconds) / 1_000_000
                return "\(record) \(second) \(firing.edge ?? "")"
            }
            #expect(fired.sorted() == expected, "\(condition.text)")
            #expect(expected.count > 3)
            // A back-test says the same.
            var request = BackTestPlayTriggerRequest()
            (request.id, request.days) = (trigger.id, 2)
            let tested = try await stage.backTest(request)
            let launches = try tested.launches.map { launch in
                let record = try #require(places[launch.sourceRecord])
                let second = ((launch.at?.microseconds ?? 0) - Stage.morning.microseconds) / 1_000_000
                return "\(record) \(second) \(launch.edge)"
            }
            #expect(launches.sorted() == expected, "\(condition.text)")
            #expect(tested.count == expected.count && !tested.cut && tested.gone == 0)
        }
    }

    // MARK: Time

    /// What time changes is found when a day begins, once, with or without an event, and as a back-test says.
    @Test func theBeginningOfADayIsAnEdge() async throws {
        let clock = TestClock(instant: Stage.morning)
        let stage = try await Stage(clock: clock)
        let soon = "renewal_date <= days_from_now(90) AND renewal_date >= today()"
        let trigger = try await stage.active(soon)
        let both = try await stage.active(soon, on: "both")
        let day = Stage.morning.day
        func write(_ days: Int, _ id: String, at second: Int64) -> JournalStandIn.Written {
            stage.journal.write(id, at: Stage.morning.later(second)) {
                $0.renewalDate = day.adding(days: days).description
            }
        }
        // One comes near by itself in two days, one is moved near, one is moved away before its day.
        let (near, moved, away) = (uuid(), uuid(), uuid())
        for event in [write(92, near, at: 1), write(300, moved, at: 2), write(91, away, at: 3)] {
            try await stage.hear(event)
        }
        try await stage.hear(write(10, moved, at: 100))
        _ = write(400, away, at: 200)
        for ahead in 1...4 {
            clock.set(instant: .midnight(of: day.adding(days: ahead)).later(30))
            for _ in 0..<2 { try await stage.triggers.lookAtDays() }
            try await stage.triggers.lookAtJournals()
        }
        // Changed after midnight and before anybody looked: the day began with what stood there.
        let late = uuid()
        _ = write(95, late, at: 4 * 86_400 + 10)
        clock.set(instant: .midnight(of: day.adding(days: 5)).later(60))
        _ = stage.journal.write(late, at: .midnight(of: day.adding(days: 5)).later(40)) { $0.renewalDate = nil }
        try await stage.triggers.lookAtDays()
        let fired = try await stage.firings(of: trigger.id)
        #expect(fired.map(\.sourceRecord) == [moved, near, late])
        #expect(fired[1].occurredAt == .midnight(of: day.adding(days: 2)))
        // The renewal of the one that was moved passes.
        clock.set(instant: .midnight(of: day.adding(days: 11)).later(60))
        try await stage.triggers.lookAtDays()
        try await stage.triggers.lookAtJournals()
        for known in [trigger, both] {
            var request = BackTestPlayTriggerRequest()
            (request.id, request.days) = (known.id, 12)
            let tested = try await stage.backTest(request)
            let expected = try await stage.firings(of: known.id)
            #expect(
                Set(tested.launches.map { "\($0.sourceRecord) \($0.edge) \($0.at?.rfc3339 ?? "")" })
                    == Set(expected.map { "\($0.sourceRecord ?? "") \($0.edge ?? "") \($0.occurredAt?.rfc3339 ?? "")" })
            )
        }
        #expect(try await stage.firings(of: both.id).contains { $0.edge == "leaving" && $0.sourceRecord == moved })
    }

    /// One whose person may not look any more keeps no other from looking, and is not tried for ever.
    @Test func aScheduleThatMayNotLookStopsNoOther() async throws {
        let clock = TestClock(instant: Stage.morning)
        let stage = try await Stage(clock: clock)
        for health in ["green", "red", "yellow"] {
            _ = try await stage.active("perceived_health = \(health)", on: "schedule") { $0.schedule = "0 * * * *" }
            stage.journal.write(uuid(), at: Stage.morning.later(1)) { $0.perceivedHealth = health }
        }
        stage.journal.refuse(filter: "green")
        clock.set(instant: Stage.morning.later(2 * 3_600 + 5))
        #expect(try await stage.triggers.lookAtSchedules() == 2)
        stage.journal.refuse(filter: "nothing")
        #expect(try await stage.triggers.lookAtSchedules() == 0)
        clock.set(instant: Stage.morning.later(3 * 3_600 + 5))
        #expect(try await stage.triggers.lookAtSchedules() == 3)
    }

    @Test func aScheduleLaunchesForEachRecordThatMeetsIt() async throws {
        let clock = TestClock(instant: Stage.morning)
        let stage = try await Stage(clock: clock)
        let trigger = try await stage.active("perceived_health = red", on: "schedule") { $0.schedule = "0 * * * *" }
        let (red, green) = (uuid(), uuid())
        stage.journal.write(red, at: Stage.morning.later(1)) { $0.perceivedHealth = "red" }
        stage.journal.write(green, at: Stage.morning.later(1)) { $0.perceivedHealth = "green" }
        #expect(try await stage.triggers.lookAtSchedules() == 0, "it is not due yet")
        clock.set(instant: Stage.morning.later(2 * 3_600 + 5))
        #expect(try await stage.triggers.lookAtSchedules() == 1, "what was missed is not made up for")
        #expect(try await stage.triggers.lookAtSchedules() == 0)
        clock.set(instant: Stage.morning.later(3 * 3_600 + 5))
        #expect(try await stage.triggers.lookAtSchedules() == 1)
        let fired = try await stage.ended(2, of: trigger.id)
        #expect(Set(fired.map(\.sourceRecord)) == [red] && fired.allSatisfy { $0.edge == "schedule" })
        var request = BackTestPlayTriggerRequest()
        (request.id, request.days) = (trigger.id, 1)
        #expect(try await stage.backTest(request).launches.map(\.sourceRecord) == [red, red, red])
    }

    // MARK: Back-tests

    /// A draft is tried as well; what it would do is listed and not done, in the caller's domain and rights.
    @Test func aDraftIsTriedWithoutLaunching() async throws {
        let clock = TestClock(instant: Stage.morning)
        let stage = try await Stage(clock: clock)
        let engagement = uuid()
        for (second, health) in ["green", "red", "green", "red"].enumerated() {
            stage.journal.write(engagement, at: Stage.morning.later(Int64(second) - 86_400), by: "u\(second)") {
                $0.perceivedHealth = health
            }
        }
        stage.journal.write(uuid(), at: Stage.morning.later(-500), in: "/other/") { $0.perceivedHealth = "red" }
        var request = BackTestPlayTriggerRequest()
        var draft = PlayTrigger()
        (draft.sourceTable, draft.condition, draft.startsOn) = ("engagement", "perceived_health = red", "entering")
        (request.playTrigger, request.days) = (draft, 30)
        let tested = try await stage.backTest(request)
        #expect(tested.launches.map(\.by) == ["u3", "u1"] && tested.changes == 4)
        #expect(tested.launches.allSatisfy { $0.sourceRecord == engagement && $0.edge == "entering" })
        request.days = 0
        #expect(try await stage.backTest(request).count == 2)
        let elsewhere = try await stage.backTest(
            request, as: .holding(playAdministrator, domain: "/provider/d0000007/"))
        #expect(elsewhere.count == 0)
        #expect(try await stage.admin.run("SELECT 1 FROM play_launcher.play_firing").isEmpty)
        request.days = 366
        let far = await problem { () async throws(Problem) in try await stage.backTest(request) }
        #expect(far?.violations.first?.field == "days")
        request.days = 1
        let agent = await problem { () async throws(Problem) in
            try await stage.backTest(request, as: .holding(successAgent))
        }
        #expect(agent?.code == .permissionDenied)
        draft.condition = "perceived_health = pink"
        request.playTrigger = draft
        let wrong = await problem { () async throws(Problem) in try await stage.backTest(request) }
        #expect(wrong?.reason == TriggerRule.condition)
    }

    /// What more there is than can be looked at is said.
    @Test func aBackTestSaysWhenItWasCut() async throws {
        let clock = TestClock(instant: Stage.morning)
        let stage = try await Stage(clock: clock)
        let engagement = uuid()
        for second in 0..<40 {
            stage.journal.write(engagement, at: Stage.morning.later(Int64(second) - 100)) {
                $0.perceivedHealth = second % 2 == 0 ? "red" : "green"
            }
        }
        var draft = PlayTrigger()
        (draft.sourceTable, draft.condition, draft.startsOn) = ("engagement", "perceived_health = red", "entering")
        (draft.domain, draft.actsAs) = ("/provider/", uuid())
        let test = BackTest(
            trigger: try draft.compiled(roles: ["admin"]), since: Stage.morning.later(-1_000), until: Stage.morning,
            deadline: .after(.seconds(60)),
            journal: TriggerJournal(
                client: stage.client, schema: Engagement.schema, fields: ["perceived_health"],
                credential: stage.issuer.credential(for: PlayLauncher.name)))
        let cut = try await test.run(changes: 10, records: 10, rest: .seconds(1))
        #expect(cut.isCut && cut.changes == 14 && cut.launches.count == 7)
        #expect(cut.since == Stage.morning.later(40 - 100 - 14))
        let whole = try await test.run(changes: 100, records: 10, rest: .seconds(1))
        #expect(!whole.isCut && whole.launches.count == 20)
    }
}

/// Numbers that are the same for the same seed.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
