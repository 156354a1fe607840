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
            let deadline = ContinuousClock.now + .seconds(10)
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
        await isHeld.wait(atMost: .seconds(10))
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
}
