import CustomerSuccessWire
import Postgres
import RPC
import Records
import Synchronization
import Testing
import Wire

@testable import CustomerSuccessService

/// Rules that two writers could only break together: each runs into the same lock, and is let go at the same time.
@Suite struct ConcurrencyTests {
    /// Holds what `lock` locks until both bodies wait in the database, then lets them go. Returns their outcomes.
    private func race(
        _ server: Server, lock: SQL, _ first: @escaping @Sendable () async throws -> Void,
        _ second: @escaping @Sendable () async throws -> Void
    ) async throws -> [Problem?] {
        let isHeld = Signal()
        async let holding: Void = server.admin.transaction(timeout: .seconds(20)) { tx in
            _ = try tx.query(lock)
            isHeld.notify()
            let deadline = ContinuousClock.now + .seconds(50)
            while ContinuousClock.now < deadline {
                // Those who wait for each other are found by the server after a second; they have waited, too.
                let waiting = try tx.query(
                    """
                    SELECT count(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """)
                if try waiting.first?.int64(at: 0) == 2 { return }
                _ = try tx.query("SELECT pg_sleep(0.005), pg_stat_clear_snapshot()")
            }
            throw Problem.deadlineExceeded()
        }
        await isHeld.wait(atMost: .seconds(50))
        let outcomes = await withTaskGroup(of: Problem?.self) { group in
            for body in [first, second] {
                group.addTask {
                    do {
                        try await body()
                        return nil
                    } catch {
                        return error as? Problem ?? .internalError(cause: "\(error)")
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        try await holding
        return outcomes
    }

    /// One of the outcomes is a success, the other names `rule`.
    private func expectOne(_ outcomes: [Problem?], broke rule: String) {
        #expect(outcomes.count { $0 == nil } == 1, "\(outcomes)")
        let problem = outcomes.compactMap { $0 }.first
        #expect(problem?.violations.first?.rule == rule || problem?.reason == rule, "\(outcomes)")
    }

    @Test func twoWritersLinkTheSameContract() async throws {
        let world = try await World(Server.start())
        let engagement = try await world.make(Engagement.self)
        let link: @Sendable () async throws -> Void = {
            var draft = EngagementContract()
            draft.engagement = engagement.id
            draft.contract = world.contracts[0]
            _ = try await world.create(draft)
        }
        let outcomes = try await race(
            world.server, lock: "SELECT 1 FROM customer_success.engagement WHERE id = \(engagement.id) FOR UPDATE",
            link, link)
        expectOne(outcomes, broke: "BR-57")
        #expect(try await world.list(EngagementContract.self).totalSize == 1)
    }

    /// Different contracts of one engagement: both are linked, and the renewal date knows both.
    @Test func twoWritersLinkDifferentContracts() async throws {
        let world = try await World(Server.start())
        let engagement = try await world.make(Engagement.self)
        let outcomes = try await race(
            world.server, lock: "SELECT 1 FROM customer_success.engagement WHERE id = \(engagement.id) FOR UPDATE",
            {
                var draft = EngagementContract()
                draft.engagement = engagement.id
                draft.contract = world.contracts[1]
                _ = try await world.create(draft)
            },
            {
                var draft = EngagementContract()
                draft.engagement = engagement.id
                draft.contract = world.contracts[0]
                _ = try await world.create(draft)
            })
        #expect(outcomes == [nil, nil])
        let after = try await world.get(Engagement.self, engagement.id)
        #expect(after.renewalDate == world.day(100) && after.contractValue == "2001")
    }

    /// A is put below B and C below D, while B is below C and D below A: neither alone makes a cycle, and they touch no
    /// common row.
    @Test func twoWritersCloseACycleTogether() async throws {
        let world = try await World(Server.start())
        let a = try await world.make(Engagement.self)
        let c = try await world.make(Engagement.self)
        let b = try await world.make(Engagement.self) { $0.parent = c.id }
        let d = try await world.make(Engagement.self) { $0.parent = a.id }
        let outcomes = try await race(
            world.server, lock: "SELECT pg_advisory_xact_lock(hashtextextended('engagement.parent', 0))",
            { _ = try await world.set(a, "parent", .string(b.id)) },
            { _ = try await world.set(c, "parent", .string(d.id)) })
        expectOne(outcomes, broke: "BR-06")
    }

    /// Each below the other: they wait for each other's rows, one is started over, and finds the cycle.
    @Test func twoWritersPutEachBelowTheOther() async throws {
        let world = try await World(Server.start())
        let a = try await world.make(Engagement.self)
        let b = try await world.make(Engagement.self)
        let outcomes = try await race(
            world.server,
            lock: "SELECT 1 FROM customer_success.engagement WHERE id = ANY(\([a.id, b.id])) FOR UPDATE",
            { _ = try await world.set(a, "parent", .string(b.id)) },
            { _ = try await world.set(b, "parent", .string(a.id)) })
        expectOne(outcomes, broke: "BR-06")
    }

    @Test func twoWritersUseTheSameSolution() async throws {
        let world = try await World(Server.start())
        let play = try await world.make(InternalPlay.self)
        let risks = [try await world.make(RiskSignal.self), try await world.make(RiskSignal.self)]
        func solve(_ risk: RiskSignal) -> @Sendable () async throws -> Void {
            {
                var draft = RiskSignalSolution()
                draft.riskSignal = risk.id
                draft.solutionTable = "internal_play"
                draft.solutionRecord = play.id
                _ = try await world.create(draft)
            }
        }
        let outcomes = try await race(
            world.server, lock: "SELECT 1 FROM customer_success.internal_play WHERE id = \(play.id) FOR UPDATE",
            solve(risks[0]), solve(risks[1]))
        expectOne(outcomes, broke: "BR-54")
    }

    /// Nothing stands between the two but the constraint: many at once, one of them wins.
    @Test func manyWritersMakeTheSameSquadMember() async throws {
        let world = try await World(Server.start())
        let outcomes = await withTaskGroup(of: Problem?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do {
                        _ = try await world.make(SquadMember.self)
                        return nil
                    } catch {
                        return error as? Problem
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.compactMap { $0?.violations.first?.rule } == Array(repeating: "BR-55", count: 7))
    }

    /// An objective is moved while somebody adds an outcome to it: whichever is first, both end in the same account.
    @Test func aParentMovesWhileAChildIsMade() async throws {
        let world = try await World(Server.start())
        let objective = try await world.make(SuccessObjective.self)
        let neighbour = try await World(world.server)
        let target = try await neighbour.make(Engagement.self)
        let outcomes = try await race(
            world.server,
            lock: "SELECT 1 FROM customer_success.success_objective WHERE id = \(objective.id) FOR UPDATE",
            { _ = try await world.set(objective, "engagement", .string(target.id)) },
            { _ = try await world.make(SuccessOutcome.self) { $0.successObjective = objective.id } })
        for problem in outcomes.compactMap({ $0 }) { #expect(problem.violations.first?.rule == "BR-12") }
        let moved = try await world.get(SuccessObjective.self, objective.id)
        let outcome = try #require(try await world.list(SuccessOutcome.self).resources.first)
        #expect(outcome.account == moved.account && outcome.domain == moved.domain)
    }

    // MARK: Links that no foreign key holds

    /// How two writers meet at a record: what the other makes out of it.
    enum Link: CaseIterable {
        case task, risk, solution
    }

    private func link(_ link: Link, to record: SuccessCase, in world: World) async throws
        -> @Sendable () async throws -> Void
    {
        switch link {
        case .task:
            var draft = try await SuccessTask.draft(in: world)
            draft.parent = record.id
            return { [draft] in _ = try await world.create(draft) }
        case .risk:
            var draft = try await RiskSignal.draft(in: world)
            draft.table = "success_case"
            draft.sourceRecord = record.id
            return { [draft] in _ = try await world.create(draft) }
        case .solution:
            var draft = try await RiskSignalSolution.draft(in: world)
            draft.solutionTable = "success_case"
            draft.solutionRecord = record.id
            return { [draft] in _ = try await world.create(draft) }
        }
    }

    private func rows(_ link: Link, of record: SuccessCase, in world: World) async throws -> Int64? {
        switch link {
        case .task: try await world.list(SuccessTask.self, filter: "parent = \"\(record.id)\"").totalSize
        case .risk: try await world.list(RiskSignal.self, filter: "source_record = \"\(record.id)\"").totalSize
        case .solution:
            try await world.list(RiskSignalSolution.self, filter: "solution_record = \"\(record.id)\"").totalSize
        }
    }

    /// A record is deleted while another one is made that names it: one of the two happens, and nothing dangles.
    @Test(arguments: Link.allCases)
    func aRecordIsDeletedWhileSomethingIsTiedToIt(kind: Link) async throws {
        let world = try await World(Server.start())
        let record = try await world.make(SuccessCase.self)
        let tie = try await link(kind, to: record, in: world)
        let outcomes = try await race(
            world.server, lock: "SELECT 1 FROM customer_success.success_case WHERE id = \(record.id) FOR UPDATE",
            { try await world.delete(record) }, tie)
        #expect(outcomes.count { $0 == nil } == 1, "\(outcomes)")
        let found = try await world.list(SuccessCase.self, filter: "id = \"\(record.id)\"").totalSize
        #expect(try await rows(kind, of: record, in: world) == found)
        let reasons: Set = ["AIP-135", "NO_SUCH_REFERENCE", "G-97", "G-84"]
        #expect(reasons.contains(outcomes.compactMap { $0 }.first?.reason ?? ""), "\(outcomes)")
    }

    /// A record moves to another account while another one is made that names it: they never belong to two accounts.
    @Test(arguments: Link.allCases)
    func aRecordMovesWhileSomethingIsTiedToIt(kind: Link) async throws {
        let world = try await World(Server.start())
        let neighbour = try await World(world.server)
        let record = try await world.make(SuccessCase.self)
        let target = try await neighbour.make(Engagement.self)
        let tie = try await link(kind, to: record, in: world)
        let outcomes = try await race(
            world.server, lock: "SELECT 1 FROM customer_success.success_case WHERE id = \(record.id) FOR UPDATE",
            { _ = try await world.set(record, "engagement", .string(target.id)) }, tie)
        let moved = try await world.get(SuccessCase.self, record.id)
        if kind == .task {
            // A task follows its parent wherever it is by then.
            for problem in outcomes.compactMap({ $0 }) { #expect(problem.reason == "BR-29") }
            let task = try #require(
                try await world.list(SuccessTask.self, filter: "parent = \"\(record.id)\"").resources.first)
            #expect(task.account == moved.account && task.domain == moved.domain)
        } else {
            #expect(outcomes.count { $0 == nil } == 1, "\(outcomes)")
            let isTied = try await rows(kind, of: record, in: world) == 1
            #expect(isTied == (moved.account == world.account))
            let rules: Set = kind == .risk ? ["BR-29", "G-97"] : ["G-84"]
            #expect(rules.contains(outcomes.compactMap { $0 }.first?.reason ?? ""), "\(outcomes)")
        }
    }

    /// An engagement moves to another account while a contract of the old one is linked to it.
    @Test func anEngagementMovesWhileAContractIsLinked() async throws {
        let world = try await World(Server.start())
        let neighbour = try await World(world.server)
        let engagement = try await world.make(Engagement.self)
        let outcomes = try await race(
            world.server, lock: "SELECT 1 FROM customer_success.engagement WHERE id = \(engagement.id) FOR UPDATE",
            {
                var moved = Engagement()
                moved.id = engagement.id
                moved.account = neighbour.account
                moved.initialOnboarding = neighbour.onboarding
                _ = try await world.update(moved)
            },
            {
                var draft = EngagementContract()
                draft.engagement = engagement.id
                draft.contract = world.contracts[0]
                _ = try await world.create(draft)
            })
        let problem = try #require(outcomes.compactMap { $0 }.first)
        #expect(
            outcomes.count { $0 == nil } == 1 && ["BR-58", "NO_SUCH_REFERENCE"].contains(problem.reason), "\(outcomes)")
        let after = try await world.get(Engagement.self, engagement.id)
        #expect(try await world.list(EngagementContract.self).totalSize == (after.account == world.account ? 1 : 0))
    }

    /// An engagement moves to another account while an objective of it is made (BR-05).
    @Test func anEngagementMovesWhileAnObjectiveIsMade() async throws {
        let world = try await World(Server.start())
        let neighbour = try await World(world.server)
        let engagement = try await world.make(Engagement.self)
        let outcomes = try await race(
            world.server, lock: "SELECT 1 FROM customer_success.engagement WHERE id = \(engagement.id) FOR UPDATE",
            {
                var moved = Engagement()
                moved.id = engagement.id
                moved.account = neighbour.account
                moved.initialOnboarding = neighbour.onboarding
                _ = try await world.update(moved)
            }, { _ = try await world.make(SuccessObjective.self) { $0.engagement = engagement.id } })
        for problem in outcomes.compactMap({ $0 }) { #expect(problem.reason == "BR-05") }
        let after = try await world.get(Engagement.self, engagement.id)
        let objective = try #require(try await world.list(SuccessObjective.self).resources.first)
        #expect(objective.account == after.account && objective.domain == after.domain)
    }

    /// A member of the squad goes to another account while a record takes it into its own squad (G-10).
    @Test func aSquadMemberMovesWhileItIsTakenIn() async throws {
        let world = try await World(Server.start())
        let neighbour = try await World(world.server)
        let member = try await world.make(SquadMember.self)
        let record = try await world.make(SuccessCase.self)
        let outcomes = try await race(
            world.server, lock: "SELECT 1 FROM customer_success.squad_member WHERE id = \(member.id) FOR UPDATE",
            { _ = try await world.set(member, "account", .string(neighbour.account)) },
            { _ = try await world.set(record, "squad", .strings([member.id])) })
        let problem = try #require(outcomes.compactMap { $0 }.first)
        #expect(
            outcomes.count { $0 == nil } == 1 && ["G-10", "NO_SUCH_REFERENCE"].contains(problem.reason), "\(outcomes)")
        let account = try await world.get(SquadMember.self, member.id).account
        let squad = try await world.get(SuccessCase.self, record.id).squad
        #expect(squad.isEmpty == (account == neighbour.account))
    }
}
