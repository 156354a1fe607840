import CustomerSuccessWire
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
        case let it as SuccessMilestone: try await close(SuccessObjective.self, it.successObjective)
        case let it as SuccessInitiative: try await close(SuccessOutcome.self, it.successOutcome)
        case let it as SuccessTask: try await close(SuccessCase.self, it.parent)
        case let it as InternalPlayTask: try await close(InternalPlay.self, it.internalPlay)
        default: Issue.record("\(R.schema.table) begins under nothing")
        }
    }

    static let work: [any Sample.Type] = [
        SuccessObjective.self, SuccessCase.self, Touchpoint.self, InternalPlay.self, RiskSignal.self,
        SuccessOutcome.self, SuccessMilestone.self, SuccessInitiative.self, SuccessTask.self, InternalPlayTask.self,
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
        if World.verbs(of: type).contains("add_work_note") {
            _ = try await world.write("add_work_note", "For the record.", on: ended)
        }
        _ = try await world.set(ended, "description", .string("As it was"))
    }

    /// The engagement that `record` belongs to by way of what it begins under.
    private func engagement<R: Record>(above record: R, in world: World) async throws -> Engagement {
        var top: String?
        switch record {
        case let it as SuccessOutcome:
            top = try await world.get(SuccessObjective.self, try #require(it.successObjective)).engagement
        case let it as SuccessMilestone: top = it.engagement
        case let it as SuccessInitiative:
            let outcome = try await world.get(SuccessOutcome.self, try #require(it.successOutcome))
            return try await engagement(above: outcome, in: world)
        case let it as SuccessTask:
            let parent = try #require(it.parent)
            top =
                it.parentTable == "touchpoint"
                ? try await world.get(Touchpoint.self, parent).engagement
                : try await world.get(SuccessCase.self, parent).engagement
        case let it as InternalPlayTask:
            top = try await world.get(InternalPlay.self, try #require(it.internalPlay)).engagement
        case let it as RiskSignalSolution:
            top = try await world.get(RiskSignal.self, try #require(it.riskSignal)).engagement
        default: Issue.record("\(R.schema.table) has nothing above its parent")
        }
        return try await world.get(Engagement.self, try #require(top))
    }

    static let deepWork: [any Sample.Type] = [
        SuccessOutcome.self, SuccessMilestone.self, SuccessInitiative.self, SuccessTask.self, InternalPlayTask.self,
    ]

    /// What is open under an engagement that has ended can be finished, but nothing begins under that either.
    @Test(arguments: deepWork.indices, ["close", "cancel"])
    func nothingBeginsFurtherBelow(row: Int, verb: String) async throws {
        let world = try await World()
        try await checkBelow(try await Self.deepWork[row].draft(in: world), verb, in: world)
    }

    @Test func nothingBeginsUnderATouchpointOfWhatHasEnded() async throws {
        let world = try await World()
        var draft = try await SuccessTask.draft(in: world)
        draft.parent = try await world.make(Touchpoint.self).id
        try await checkBelow(draft, "cancel", in: world)
    }

    private func checkBelow<R: Sample>(_ draft: R, _ verb: String, in world: World) async throws {
        let made = try await world.create(draft)
        let open = try await world.create(draft)
        let ended = try await world.close(made, "cancel", notes: "Not now.")
        let top = try await begun(try await engagement(above: made, in: world), in: world)
        let over = try await world.close(top, verb, code: verb == "close" ? "missed" : "", notes: "Ended.")
        let problem = try await breaks("G-128") { _ = try await world.create(draft) }
        #expect(
            problem.code == .failedPrecondition && problem.text.en.contains("belongs to something closed or canceled"),
            "\(problem.text)")
        try await breaks("G-128") { _ = try await world.act("reopen", ended) }
        if World.verbs(of: R.self).contains("batch_create") {
            try await breaks("G-128") { try await world.createMany([draft], as: world.agent) }
        }
        _ = try await world.close(open, "cancel", notes: "With the rest.")
        _ = try await world.act("reopen", over)
        _ = try await world.act("reopen", ended)
        _ = try await world.create(draft)
    }

    /// A risk that nothing solves any more gets no solutions.
    @Test func noSolutionForARiskOfWhatHasEnded() async throws {
        let world = try await World()
        let draft = try await RiskSignalSolution.draft(in: world)
        let top = try await begun(try await engagement(above: draft, in: world), in: world)
        _ = try await world.close(top, "cancel", notes: "Ended.")
        try await breaks("G-128", field: "risk_signal_solution.risk_signal") { _ = try await world.create(draft) }
    }

    /// A risk begins under its engagement; the case beside it says where it comes from. Without an engagement it begins
    /// under the case (G-03).
    @Test func risksOfCasesThatHaveEnded() async throws {
        let world = try await World()
        var draft = try await RiskSignal.draft(in: world)
        draft.scope = "onboarding"
        draft.onboardingCase = world.onboarding
        #expect(try await world.create(draft).onboardingCase == world.onboarding)
        draft.engagement = nil
        let alone = draft
        try await breaks("G-128", field: "risk_signal.onboarding_case") { _ = try await world.create(alone) }
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
    @Test(.timeLimit(.minutes(15))) func creationsRaceTheClosing() async throws {
        let world = try await World()
        let engagement = try await begun(try await world.make(Engagement.self), in: world)
        var draft = try await Touchpoint.draft(in: world)
        draft.engagement = engagement.id
        try await race(draft, engagement, in: world)
    }

    /// The same for what begins two steps below.
    @Test(.timeLimit(.minutes(15))) func creationsFurtherBelowRaceTheClosing() async throws {
        let world = try await World()
        let draft = try await SuccessTask.draft(in: world)
        let parent = try await world.get(SuccessCase.self, try #require(draft.parent))
        let engagement = try await world.get(Engagement.self, try #require(parent.engagement))
        try await race(draft, try await begun(engagement, in: world), in: world)
    }

    private func race<R: Sample>(_ sent: R, _ engagement: Engagement, in world: World) async throws {
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
