import CustomerSuccessWire
import Platform
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService
@testable import PlayLauncherService

/// Triggers on what customer-success really writes: one firing for each record and edge, whoever writes at the same time by
/// whatever clock, in whatever order events come, and which of two instances hears them; and back-tests that list the same.
@Suite(.timeLimit(.minutes(15))) struct TriggerProofTests {
    /// What a trigger has to be met by, worked out from what became of each record, revision by revision.
    private func edges<R: RecordMessage>(
        _ told: [RecordEvent], _ start: String, _ isMet: (R) -> Bool
    ) throws -> [String] {
        var edges: [String] = []
        for (record, events) in Dictionary(grouping: told, by: \.id) {
            var was = false
            for event in events.sorted(by: { $0.revision < $1.revision }) {
                let held = try R.decode(protobuf: event.record)
                let isNow = event.action != "deleted" && isMet(held)
                defer { was = isNow }
                let edge = isNow ? "entering" : "leaving"
                guard was != isNow, start == "both" || start == edge else { continue }
                edges.append("\(record) \(edge) \(event.at?.microseconds ?? 0)")
            }
        }
        return edges.sorted()
    }

    private static let conditions: [(text: String, start: String, isMet: @Sendable (Engagement) -> Bool)] = [
        ("perceived_health = red", "entering", { $0.perceivedHealth == "red" }),
        ("perceived_health = red AND stage = renew", "both", { $0.perceivedHealth == "red" && $0.stage == "renew" }),
        (
            "NOT stage = renew OR perceived_health = green", "leaving",
            { $0.stage != "renew" || $0.perceivedHealth == "green" }
        ),
    ]

    /// Writers at work on the same records: each write changes one of two fields, so that they do not undo each other.
    private func write(_ records: [String], _ stage: TriggerStage) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<6 {
                group.addTask {
                    for _ in 0..<20 {
                        var request = UpdateEngagementRequest()
                        var changed = Engagement()
                        changed.id = records.randomElement() ?? ""
                        if writer % 2 == 0 {
                            changed.perceivedHealth = ["red", "yellow", "green"].randomElement()
                        } else {
                            changed.stage = ["renew", "adoption"].randomElement()
                        }
                        request.engagement = changed
                        request.updateMask = [writer % 2 == 0 ? "perceived_health" : "stage"]
                        _ = try await stage.call(CustomerSuccessAPI.updateEngagement, request)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func eachEdgeFiresOnce() async throws {
        let stage = try await TriggerStage()
        var triggers: [String] = []
        for condition in Self.conditions {
            triggers.append(try await stage.trigger(condition.text, on: condition.start, over: "engagement"))
        }
        var records: [String] = []
        for _ in 0..<4 { records.append(try await stage.engagement()) }
        try await write(records, stage)
        let told = try await stage.told(of: "engagement")
        #expect(told.count > 40)
        // A fifth is lost, some come more than once, to either instance, while both look at journals.
        var deliveries = told.filter { _ in Int.random(in: 0..<5) > 0 }
        deliveries = (deliveries + deliveries.shuffled().prefix(deliveries.count / 3)).shuffled()
        stage.clock.advance(seconds: 600)
        let all = deliveries
        try await withThrowingTaskGroup(of: Void.self) { group in
            for hand in 0..<4 {
                group.addTask {
                    for (place, delivery) in all.enumerated() where place % 4 == hand {
                        try await stage.hear(delivery.event, delivery.trace, by: Int.random(in: 0..<2))
                    }
                }
            }
            for instance in stage.instances { group.addTask { _ = try await instance.triggers.lookAtJournals() } }
            try await group.waitForAll()
        }
        stage.clock.advance(seconds: 600)
        for instance in stage.instances { _ = try await instance.triggers.lookAtJournals() }
        for (trigger, condition) in zip(triggers, Self.conditions) {
            let expected = try edges(told.map(\.event), condition.start, condition.isMet)
            #expect(try await stage.fired(trigger) == expected, "\(condition.text)")
            #expect(try await stage.tested(trigger) == expected, "\(condition.text)")
            #expect(!expected.isEmpty)
        }
    }

    /// A record that is deleted leaves the condition, once, whether its event comes or the journal is read, and a back-test says
    /// the same. The play would run over the record itself: the firing says that it is gone.
    @Test(arguments: [true, false]) func aDeletionIsAnEdge(isHeard: Bool) async throws {
        let stage = try await TriggerStage()
        let trigger = try await stage.trigger("channel = email", on: "leaving", over: "touchpoint")
        let engagement = try await stage.engagement()
        var creation = CreateTouchpointRequest()
        var draft = Touchpoint()
        (draft.engagement, draft.subject, draft.channel) = (engagement, "Weekly", "email")
        draft.description = "How it goes."
        creation.touchpoint = draft
        let made = try await stage.call(CustomerSuccessAPI.createTouchpoint, creation).id
        var deletion = DeleteRequest()
        deletion.id = made
        let admin = Caller.holding("admin")
        _ = try await stage.call(CustomerSuccessAPI.deleteTouchpoint, deletion, as: admin)
        stage.run()
        let told = try await stage.told(of: "touchpoint")
        for (event, trace) in told where isHeard { for _ in 0..<2 { try await stage.hear(event, trace, by: 0) } }
        stage.clock.advance(seconds: 600)
        for instance in stage.instances { _ = try await instance.triggers.lookAtJournals() }
        let firing = try #require(try await stage.ended(1, of: trigger).first)
        #expect(firing.state == PlayFiring.State.refused && firing.sourceRecord == made && firing.flowRun == nil)
        #expect(firing.message?.contains("not found") == true, "\(firing.message ?? "")")
        let expected = try edges(told.map(\.event), "leaving") { (touchpoint: Touchpoint) in
            touchpoint.channel == "email"
        }
        #expect(try await stage.fired(trigger) == expected && expected.count == 1)
        #expect(try await stage.tested(trigger) == expected)
    }

    /// Two instances launch together no more than the limit of a day allows.
    @Test func theDailyLimitIsThatOfAllInstances() async throws {
        let stage = try await TriggerStage()
        let trigger = try await stage.trigger("perceived_health = green", on: "entering", over: "engagement", limit: 3)
        for _ in 0..<8 { _ = try await stage.engagement() }
        stage.run()
        for (place, told) in try await stage.told(of: "engagement").enumerated() {
            try await stage.hear(told.event, told.trace, by: place % 2)
        }
        let firings = try await stage.ended(8, of: trigger)
        #expect(firings.count == 8 && firings.count { $0.state == PlayFiring.State.launched } == 3)
    }

    // MARK: Measured

    private func measure(_ values: [MeasuredValue], _ stage: TriggerStage) async throws {
        var request = WriteMeasurementsRequest()
        (request.source, request.values) = ("meter", values)
        let answer = try await stage.call(CustomerSuccessAPI.writeMeasurements, request)
        #expect(answer.refused == 0, "\(answer.results)")
    }

    private func value(_ text: String, minutesAgo: Int64, _ edit: (inout MeasuredValue) -> Void) -> MeasuredValue {
        var value = MeasuredValue()
        value.value = text
        value.measuredAt = Timestamp(seconds: SystemClock().now.seconds - 60 * minutesAgo - 5)
        edit(&value)
        return value
    }

    private func parts(_ values: [MeasuredValue]) -> [[MeasuredValue]] {
        stride(from: 0, to: values.count, by: 6).map { Array(values[$0..<min($0 + 6, values.count)]) }
    }

    /// What is measured of a product is met once for each edge, in whatever order values come, how often, and which events are
    /// lost.
    @Test func eachEdgeOfWhatIsMeasuredFiresOnce() async throws {
        let stage = try await TriggerStage()
        _ = try await stage.engagement()
        let trigger = try await stage.trigger(
            "name = \"active users\" AND value < 50", on: "both", over: "product_usage", limit: 1)
        let values = (1...40).map { minutes in
            value("\(Int.random(in: 20...80))", minutesAgo: Int64(minutes)) {
                ($0.soldProduct, $0.name) = (TriggerStage.account, minutes % 7 == 0 ? "logins" : "active users")
            }
        }
        // Later values come earlier, and half of them twice: only those that become the last one change anything.
        for part in parts((values + values.prefix(20)).shuffled()) {
            try await measure(part, stage)
        }
        let told = try await stage.told(of: "product_usage")
        for (event, trace) in (told + told).shuffled() where Int.random(in: 0..<3) > 0 {
            try await stage.hear(event, trace, by: Int.random(in: 0..<2))
        }
        stage.clock.advance(seconds: 600)
        for instance in stage.instances { _ = try await instance.triggers.lookAtJournals() }
        let expected = try edges(told.map(\.event), "both") { (usage: ProductUsage) in
            usage.name == "active users" && (Double(usage.value ?? "") ?? 100) < 50
        }
        #expect(try await stage.fired(trigger) == expected)
        #expect(try await stage.tested(trigger) == expected)
        #expect(!told.isEmpty)
    }

    /// An outcome that is reached and a product that is used too little start their plays from the engagement.
    @Test func aMeasurementLeadsToALaunch() async throws {
        let stage = try await TriggerStage()
        let engagement = try await stage.engagement()
        var objective = CreateSuccessObjectiveRequest()
        var lower = SuccessObjective()
        (lower.engagement, lower.title, lower.description) = (engagement, "Lower cost", "A tenth less.")
        objective.successObjective = lower
        let parent = try await stage.call(CustomerSuccessAPI.createSuccessObjective, objective).id
        var outcome = CreateSuccessOutcomeRequest()
        var draft = SuccessOutcome()
        (draft.successObjective, draft.title, draft.description) = (parent, "Tickets a week", "From ninety to eighty.")
        (draft.baseValue, draft.targetValue) = ("90", "80")
        outcome.successOutcome = draft
        let measured = try await stage.call(CustomerSuccessAPI.createSuccessOutcome, outcome).id
        let reached = try await stage.trigger("reached = true", on: "entering", over: "success_outcome")
        let little = try await stage.trigger(
            "name = \"active users\" AND value < 50", on: "entering", over: "product_usage")
        stage.run()
        func use(_ text: String, minutesAgo: Int64) -> MeasuredValue {
            value(text, minutesAgo: minutesAgo) { ($0.soldProduct, $0.name) = (TriggerStage.account, "active users") }
        }
        func tickets(_ text: String, minutesAgo: Int64) -> MeasuredValue {
            value(text, minutesAgo: minutesAgo) { $0.successOutcome = measured }
        }
        try await measure([use("120", minutesAgo: 30), tickets("85", minutesAgo: 30)], stage)
        try await measure([use("40", minutesAgo: 20), use("45", minutesAgo: 25), tickets("79", minutesAgo: 20)], stage)
        try await measure([use("30", minutesAgo: 10), tickets("78", minutesAgo: 10)], stage)
        for table in ["success_outcome", "product_usage"] {
            for (event, trace) in try await stage.told(of: table) { try await stage.hear(event, trace, by: 0) }
        }
        stage.clock.advance(seconds: 600)
        for trigger in [reached, little] {
            let firings = try await stage.ended(1, of: trigger)
            #expect(firings.count == 1 && firings.first?.state == "launched", "\(firings.first?.message ?? "")")
            var get = GetRequest()
            get.id = try #require(firings.first?.flowRun)
            let run = try await stage.call(PlayLauncherAPI.getFlowRun, get, as: stage.administrator)
            #expect(run.sourceTable == "engagement" && run.sourceRecord == engagement)
            #expect(run.requestedBy == stage.agent.subject)
            #expect(try await stage.tested(trigger) == stage.fired(trigger))
        }
    }
}
