import RPC
import Synchronization
import Tenancy
import Testing

@testable import Records

@Suite struct TurnsTests {
    private let one: DomainPath
    private let two: DomainPath
    private let start = ContinuousClock.now

    init() throws {
        one = try #require(DomainPath("/one/"))
        two = try #require(DomainPath("/two/"))
    }

    private func after(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test func aDomainAloneHasItAll() {
        var turns = Turns(alone: 3, inCompany: 1)
        let begin = (1...5).map { turns.arrive($0, of: one, at: start) }
        #expect(begin == [true, true, true, false, false])
        #expect(turns.leave(one, at: start) == [4])
        #expect(turns.leave(one, at: start) == [5])
        #expect(turns.leave(one, at: start).isEmpty)
    }

    @Test func inCompanyEachHasAFewAndWaitsForItselfOnly() {
        var turns = Turns(alone: 8, inCompany: 2)
        for id in 1...12 { _ = turns.arrive(UInt64(id), of: one, at: start) }
        // Whoever comes finds room at once, whatever waits elsewhere.
        let begin = (21...23).map { turns.arrive($0, of: two, at: after(1)) }
        #expect(begin == [true, true, false])
        // Eight are at work from before; nobody follows them until fewer than two are left.
        for _ in 1...6 { #expect(turns.leave(one, at: after(2)).isEmpty) }
        #expect(turns.leave(one, at: after(2)) == [9])
        #expect(turns.leave(two, at: after(2)) == [23])
    }

    @Test func whoIsAloneAgainHasItAllAgain() {
        var turns = Turns(alone: 4, inCompany: 1)
        _ = turns.arrive(1, of: two, at: start)
        let begin = (2...9).map { turns.arrive($0, of: one, at: after(10)) }
        #expect(begin == [true] + Array(repeating: false, count: 7))
        #expect(turns.leave(one, at: after(900)) == [3])
        #expect(turns.leave(one, at: after(1_001)) == [4, 5, 6, 7])
        // The pauses of somebody who asks one thing after another do not count as absence.
        _ = turns.arrive(10, of: two, at: after(1_100))
        #expect(turns.leave(one, at: after(2_000)).isEmpty)
    }

    @Test func aLongLineKeepsItsOrder() {
        var turns = Turns(alone: 1, inCompany: 1)
        for id in 0..<1_000 { _ = turns.arrive(UInt64(id), of: one, at: start) }
        let order = (1..<1_000).flatMap { _ in turns.leave(one, at: start) }
        #expect(order == (1..<1_000).map(UInt64.init))
        #expect(turns.leave(one, at: start).isEmpty)
        let begins = turns.arrive(1_000, of: one, at: start)
        #expect(begins)
    }
}

/// Counts who is inside at once.
private final class Inside: Sendable {
    private let counts = Mutex((now: 0, most: 0, all: 0))

    func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.all + 1) } }
    func leave() { counts.withLock { $0.now -= 1 } }
    var most: Int { counts.withLock { $0.most } }
    var all: Int { counts.withLock { $0.all } }
}

@Suite(.timeLimit(.minutes(1))) struct TurnKeeperTests {
    private let busy: DomainPath
    private let calm: DomainPath

    init() throws {
        busy = try #require(DomainPath("/busy/"))
        calm = try #require(DomainPath("/calm/"))
    }

    private func entered(_ keeper: TurnKeeper, _ domain: DomainPath) async throws -> Bool {
        try await keeper.take(domain, by: .after(.seconds(30))) { true }
    }

    /// A busy domain has few at work while somebody else is there; all have their turn in the end.
    @Test func aBusyDomainWaitsForItself() async throws {
        let keeper = TurnKeeper(Turns(alone: 8, inCompany: 2, company: .seconds(60)))
        let gate = Signal()
        let inside = Inside()
        #expect(try await entered(keeper, calm))
        try await withThrowingTaskGroup { group in
            for _ in 0..<40 {
                group.addTask {
                    try await keeper.take(self.busy, by: .after(.seconds(30))) {
                        inside.enter()
                        await gate.wait(atMost: .milliseconds(20))
                        inside.leave()
                    }
                }
            }
            try await waitUntil("a line") { keeper.waiting >= 30 }
            // Nobody waits for another domain.
            for _ in 0..<20 { #expect(try await entered(keeper, calm)) }
            try await group.waitForAll()
        }
        #expect(inside.most == 2 && inside.all == 40)
        #expect(keeper.waiting == 0)
    }

    /// Who waits longer than the deadline, or is not wanted any more, never begins and is in nobody's way.
    @Test func whoGivesUpHandsTheTurnOn() async throws {
        let keeper = TurnKeeper(Turns(alone: 1, inCompany: 1))
        let gate = Signal()
        let begun = Inside()
        let first = Task {
            try await keeper.take(busy, by: .after(.seconds(30))) { await gate.wait(atMost: .seconds(30)) }
        }
        try await waitUntil("the first has the turn") { !(try await self.isFree(keeper)) }
        let late = try await problem {
            try await keeper.take(busy, by: .after(.milliseconds(20))) { begun.enter() }
        }
        #expect(late.code == .deadlineExceeded)
        let unwanted = Task {
            try await keeper.take(busy, by: .after(.seconds(30))) { begun.enter() }
        }
        try await waitUntil("it waits") { keeper.waiting == 1 }
        unwanted.cancel()
        let canceled = try await problem { try await unwanted.value }
        #expect(canceled.code == .canceled)
        let last = Task { try await entered(keeper, busy) }
        try await waitUntil("it waits") { keeper.waiting == 1 }
        gate.notify()
        try await first.value
        #expect(try await last.value)
        #expect(begun.all == 0)
        #expect(try await entered(keeper, busy))
    }

    /// Whether a turn is free right now.
    private func isFree(_ keeper: TurnKeeper) async throws -> Bool {
        do {
            return try await keeper.take(busy, by: .after(.milliseconds(1))) { true }
        } catch is Problem {
            return false
        }
    }
}
