import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// What has moved in an engagement, and its files, on its page (ADR 0070, G-121).
@Suite struct EngagementMoveTests {
    private func page(_ world: World, _ id: String, as caller: Caller? = nil) async throws -> EngagementPage {
        var request = GetEngagementPageRequest()
        request.id = id
        return try await world.call(CustomerSuccessAPI.getEngagementPage, request, as: caller)
    }

    /// An engagement whose risk was raised, whose outcome was measured, whose health then fell, and where a talk was held and the
    /// risk closed since.
    private func moved(_ world: World) async throws -> Engagement {
        let engagement = try await world.make(Engagement.self) { $0.perceivedHealth = "green" }
        let objective = try await world.make(SuccessObjective.self) { $0.engagement = engagement.id }
        let outcome = try await world.make(SuccessOutcome.self) {
            $0.successObjective = objective.id
            ($0.baseValue, $0.targetValue, $0.unit) = ("400", "0", "tickets")
        }
        _ = try await world.measure([world.value("400", of: outcome, daysAgo: 1)])
        let risk = try await world.make(RiskSignal.self) { $0.engagement = engagement.id }
        _ = try await world.measure([world.value("100", of: outcome)])
        _ = try await world.set(engagement, "perceived_health", .string("red"))
        let talk = try await world.make(Touchpoint.self) {
            $0.engagement = engagement.id
            $0.meetingDate = world.day(-1)
        }
        _ = try await world.close(try await world.set(talk, "state", .string("in_progress")))
        _ = try await world.close(try await world.set(risk, "state", .string("active")))
        try await reach(world.make(SuccessMilestone.self) { $0.successObjective = objective.id }, -2, in: world)
        return engagement
    }

    private func reach(_ milestone: SuccessMilestone, _ days: Int, in world: World) async throws {
        var reached = SuccessMilestone()
        (reached.id, reached.state, reached.reachedOn) = (milestone.id, "reached", world.day(days))
        _ = try await world.update(reached)
    }

    @Test func itSaysWhatMovedWhenAndByWhom() async throws {
        let world = try await World()
        let engagement = try await moved(world)
        let moves = try await page(world, engagement.id).moves
        // The clock of the test stands still: of one moment all are equally new.
        #expect(
            moves.map(\.kind).sorted() == ["closed", "health", "held", "measured", "measured", "raised", "reached"])
        let health = try #require(moves.first { $0.kind == "health" })
        #expect(health.before == "green" && health.after == "red" && health.item?.id == engagement.id)
        let measured = try #require(moves.first { $0.kind == "measured" && !$0.before.isEmpty })
        #expect(measured.before == "400" && measured.after == "100" && measured.unit == "tickets")
        #expect(measured.item?.table == "success_outcome" && measured.item?.title == "Tickets a week")
        #expect(moves.allSatisfy { $0.by == world.manager && $0.byName == "Jeremy Hess" })
        #expect(moves.dropLast().allSatisfy { $0.at != nil } && moves.dropLast(2).allSatisfy { $0.day == world.day(0) })
        let reached = try #require(moves.last)
        #expect(reached.kind == "reached" && reached.day == world.day(-2) && reached.at == nil)
        // Of another engagement nothing moves here.
        let other = try await world.make(Engagement.self)
        #expect(try await page(world, other.id).moves.isEmpty)
    }

    /// G-18: customers learn what was measured, held and reached, and neither of the health nor of risks, nor who did it.
    @Test func customersSeeWhatIsTheirs() async throws {
        let world = try await World()
        let engagement = try await moved(world)
        let shown = try await page(world, engagement.id, as: world.customer)
        #expect(shown.moves.map(\.kind) == ["measured", "measured", "held", "reached"])
        #expect(shown.moves.allSatisfy { $0.by.isEmpty && $0.byName.isEmpty })
        #expect(shown.moves[2].day == world.day(-1) && shown.moves[2].at == nil)
        #expect(shown.riskSignals?.items.isEmpty == true && shown.internalPlays?.items.isEmpty == true)
    }

    /// Whoever reads engagements alone sees their health move, and nothing of what they may not read.
    @Test func whatMovedFollowsTheRolesOfItsRecords() async throws {
        let world = try await World()
        let engagement = try await moved(world)
        var reader = world.agent
        reader.roles = RoleCatalog.close(["sn_acct_lc.engagement_read"])
        let shown = try await page(world, engagement.id, as: reader)
        #expect(shown.moves.map(\.kind) == ["health"])
        #expect(shown.riskSignals?.totalSize == 0 && shown.internalPlays?.totalSize == 0)
    }

    /// Of much that moved the newest is shown, twenty at most.
    @Test func onlyTheNewestAreShown() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        for health in [
            "green", "red", "green", "red", "yellow", "green", "red", "green", "red", "yellow", "green", "red",
        ] {
            _ = try await world.set(engagement, "perceived_health", .string(health))
        }
        for _ in 0..<12 {
            let risk = try await world.make(RiskSignal.self) { $0.engagement = engagement.id }
            _ = try await world.close(try await world.set(risk, "state", .string("active")))
        }
        let shown = try await page(world, engagement.id)
        #expect(shown.moves.count == 20)
        #expect(shown.riskSignals?.totalSize == 0 && shown.riskSignals?.allSize == 12)
    }

    // MARK: Files

    private func attach<R: Sample>(
        _ name: String, to record: R, isShown: Bool, in world: World, as caller: Caller? = nil
    ) async throws -> Wire.Attachment {
        var begin = BeginAttachmentRequest()
        (begin.id, begin.fileName, begin.sizeBytes, begin.visibleToCustomer) = (record.id, name, 1, isShown)
        let file: Wire.Attachment = try await world.call(World.method(R.self, "begin_attachment"), begin, as: caller)
        var append = AppendAttachmentRequest()
        (append.id, append.attachment, append.content) = (record.id, file.id, [65])
        let _: Wire.Attachment = try await world.call(World.method(R.self, "append_attachment"), append, as: caller)
        var complete = CompleteAttachmentRequest()
        (complete.id, complete.attachment) = (record.id, file.id)
        return try await world.call(World.method(R.self, "complete_attachment"), complete, as: caller)
    }

    /// G-121: the files of an engagement and of its touchpoints are in one place; customers find those that are shown to them.
    @Test func filesAreInOnePlace() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        let talk = try await world.make(Touchpoint.self) { $0.engagement = engagement.id }
        _ = try await attach("notes.txt", to: engagement, isShown: false, in: world)
        _ = try await attach("plan.txt", to: engagement, isShown: true, in: world)
        _ = try await attach("report.txt", to: talk, isShown: true, in: world)
        _ = try await attach("draft.txt", to: talk, isShown: false, in: world)
        let other = try await world.make(Touchpoint.self)
        _ = try await attach("elsewhere.txt", to: other, isShown: true, in: world)
        func files(_ caller: Caller) async throws -> [String] {
            try await page(world, engagement.id, as: caller).files.map {
                [$0.attachment?.fileName, $0.touchpoint?.number].compactMap { $0 }.joined(separator: " ")
            }
        }
        let number = try #require(talk.number)
        #expect(
            try await files(world.agent) == ["draft.txt \(number)", "report.txt \(number)", "plan.txt", "notes.txt"])
        #expect(try await files(world.customer) == ["report.txt \(number)", "plan.txt"])
        var reader = world.agent
        reader.roles = RoleCatalog.close(["sn_acct_lc.engagement_read"])
        #expect(try await files(reader) == ["plan.txt", "notes.txt"])
        // Whoever only reads attaches nothing, and no customer does (D-289).
        for caller in [reader, world.customer] {
            let problem = try await refusal {
                _ = try await attach("mine.txt", to: engagement, isShown: true, in: world, as: caller)
            }
            #expect(problem.code == .permissionDenied)
        }
    }

    // MARK: Objectives

    /// An objective says what its outcomes are to reach, what is next of it, and what is done unplanned for its engagement.
    @Test func anObjectiveSaysWhatIsNext() async throws {
        let world = try await World()
        let objective = try await world.make(SuccessObjective.self)
        let outcome = try await world.make(SuccessOutcome.self) {
            $0.successObjective = objective.id
            ($0.baseValue, $0.targetValue, $0.currentValue, $0.unit) = ("10", "20", "15", "h")
            $0.plannedStop = world.day(9)
        }
        let initiative = try await world.make(SuccessInitiative.self) {
            $0.successOutcome = outcome.id
            $0.dueDate = world.day(-3)
        }
        let milestone = try await world.make(SuccessMilestone.self) {
            $0.successObjective = objective.id
            $0.targetDate = world.day(4)
        }
        let early = try await world.make(SuccessMilestone.self) {
            $0.successObjective = objective.id
            $0.targetDate = world.day(1)
        }
        try await reach(early, -1, in: world)
        let done = try await world.make(SuccessCase.self) { $0.engagement = objective.engagement }
        _ = try await world.close(done, "cancel")
        let open = try await world.make(SuccessCase.self) { $0.engagement = objective.engagement }
        var request = GetObjectivePageRequest()
        request.id = objective.id
        let page = try await world.call(CustomerSuccessAPI.getObjectivePage, request)
        let shown = try #require(page.outcomes.first)
        #expect(shown.baseValue == "10" && shown.targetValue == "20" && shown.currentValue == "15" && shown.unit == "h")
        #expect(page.timeline.map(\.id) == [initiative.id, milestone.id, outcome.id])
        #expect(page.successCases?.items.map(\.id) == [open.id] && page.successCases?.allSize == 2)
    }
}
