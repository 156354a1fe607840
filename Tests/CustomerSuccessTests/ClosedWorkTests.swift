import Postgres
import RPC
import Records
import Testing
import Wire

@testable import CustomerSuccessService

/// Nothing begins, and nothing is taken up again, under what has ended (G-128).
@Suite struct ClosedWorkTests {
    /// The record in the state from which it can be closed.
    private func begun<R: StandardRecord>(_ record: R, in world: World) async throws -> R {
        let isJourney = ["engagement", "success_objective"].contains(R.schema.table)
        if isJourney { _ = try await world.set(record, "state", .string("define")) }
        return try await world.set(record, "state", .string("in_progress"))
    }

    /// The record that `record` begins under is closed or canceled.
    private func end<R: Record>(_ record: R, in world: World, _ verb: String) async throws {
        func close<P: Sample>(_ type: P.Type, _ id: String?) async throws {
            let parent = try await begun(try await world.get(type, try #require(id)), in: world)
            _ = try await world.close(parent, verb, code: verb == "close" ? "missed" : "", notes: "Ended.")
        }
        switch record {
        case let it as SuccessObjective: try await close(Engagement.self, it.engagement)
        case let it as SuccessCase: try await close(Engagement.self, it.engagement)
        case let it as Touchpoint: try await close(Engagement.self, it.engagement)
        case let it as InternalPlay: try await close(Engagement.self, it.engagement)
        case let it as RiskSignal: try await close(Engagement.self, it.engagement)
        case let it as SuccessOutcome: try await close(SuccessObjective.self, it.successObjective)
        case let it as SuccessInitiative: try await close(SuccessOutcome.self, it.successOutcome)
        case let it as SuccessTask: try await close(SuccessCase.self, it.parent)
        case let it as InternalPlayTask: try await close(InternalPlay.self, it.internalPlay)
        default: Issue.record("\(R.schema.table) begins under nothing")
        }
    }

    static let work: [any Sample.Type] = [
        SuccessObjective.self, SuccessCase.self, Touchpoint.self, InternalPlay.self, RiskSignal.self,
        SuccessOutcome.self, SuccessInitiative.self, SuccessTask.self, InternalPlayTask.self,
    ]

    @Test(arguments: work.indices, ["close", "cancel"])
    func nothingBeginsUnderWhatHasEnded(row: Int, verb: String) async throws {
        try await check(Self.work[row], verb)
    }

    private func check<R: Sample>(_ type: R.Type, _ verb: String) async throws {
        let world = try await World()
        let draft = try await R.draft(in: world)
        let made = try await world.create(draft)
        let open = R.schema.table == "risk_signal" ? try await world.set(made, "state", .string("active")) : made
        let ended = try await world.close(open, "cancel", notes: "Not now.")
        try await end(made, in: world, verb)
        let problem = try await breaks("G-128") { _ = try await world.create(draft) }
        #expect(problem.code == .failedPrecondition)
        try await breaks("G-128") { _ = try await world.act("reopen", ended) }
        if World.verbs(of: type).contains("batch_create") {
            try await breaks("G-128") { try await world.createMany([draft], as: world.agent) }
        }
        // What is there may still be spoken about, and its other fields be put right.
        _ = try await world.write("add_work_note", "For the record.", on: ended)
        _ = try await world.set(ended, "description", .string("As it was"))
    }

    /// A customer who raises a touchpoint on an engagement that has ended is told why it cannot be.
    @Test func aCustomerIsToldToo() async throws {
        let world = try await World()
        let engagement = try await begun(try await world.make(Engagement.self), in: world)
        _ = try await world.close(engagement)
        var draft = try await Touchpoint.draft(in: world)
        draft.engagement = engagement.id
        let sent = draft
        var reader = world.customer
        reader.locale = "ko"
        let customer = reader
        let problem = try await breaks("G-128", field: "touchpoint.engagement") {
            _ = try await world.create(sent, as: customer)
        }
        #expect(problem.text.ko.contains("종결"))
    }

    /// A contract may be linked to an engagement that has ended: that is no work.
    @Test func aLinkIsNoWork() async throws {
        let world = try await World()
        let engagement = try await begun(try await world.make(Engagement.self), in: world)
        _ = try await world.close(engagement)
        _ = try await world.make(EngagementContract.self) { $0.engagement = engagement.id }
    }

    /// Whoever creates holds the engagement open, or finds it closed: never both closed and begun under.
    @Test(.timeLimit(.minutes(1))) func creationsRaceTheClosing() async throws {
        let world = try await World()
        let engagement = try await begun(try await world.make(Engagement.self), in: world)
        var draft = try await Touchpoint.draft(in: world)
        draft.engagement = engagement.id
        let sent = draft
        let created = await withTaskGroup(of: String?.self) { group in
            for number in 0..<24 {
                group.addTask {
                    if number == 12 { return try? await world.close(engagement).state }
                    return try? await world.create(sent).id
                }
            }
            return await group.reduce(into: Set<String>()) { ids, id in if let id { ids.insert(id) } }
        }
        #expect(created.contains("closed"))
        // In the order in which they were written: each waits for the other's commit.
        let rows = try await world.server.admin.run(
            """
            SELECT record::text FROM customer_success.outbox WHERE record = ANY(\(created.subtracting(["closed"]).sorted())::uuid[]) \
            OR record = \(engagement.id) AND subject LIKE '%.closed' ORDER BY seq
            """)
        let order = try rows.map { try $0.string(at: 0) }
        #expect(order.last == engagement.id && Set(order.dropLast()) == created.subtracting(["closed"]))
        try await breaks("G-128") { _ = try await world.create(sent) }
    }
}
