import Logging
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import Ground
@testable import RPC

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
        var turns = Turns(alone: 3, besideOthers: 1)
        let begin = (1...5).map { turns.arrive($0, of: one, at: start) }
        #expect(begin == [true, true, true, false, false])
        #expect(turns.leave(one, at: start) == [4])
        #expect(turns.leave(one, at: start) == [5])
        #expect(turns.leave(one, at: start).isEmpty)
    }

    @Test func inCompanyEachHasAFewAndWaitsForItselfOnly() {
        var turns = Turns(alone: 8, besideOthers: 2)
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
        var turns = Turns(alone: 4, besideOthers: 1)
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
        var turns = Turns(alone: 1, besideOthers: 1)
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

@Suite(.timeLimit(.minutes(15))) struct TurnKeeperTests {
    private let busy: DomainPath
    private let calm: DomainPath

    init() throws {
        busy = try #require(DomainPath("/busy/"))
        calm = try #require(DomainPath("/calm/"))
    }

    private func entered(_ keeper: TurnKeeper, _ domain: DomainPath) async throws -> Bool {
        try await keeper.take(domain) { true }
    }

    /// A busy domain has few at work while somebody else is there; all have their turn in the end.
    @Test func aBusyDomainWaitsForItself() async throws {
        let keeper = TurnKeeper(Turns(alone: 8, besideOthers: 2, company: .seconds(60)))
        let gate = Signal()
        let inside = Inside()
        #expect(try await entered(keeper, calm))
        try await withThrowingTaskGroup { group in
            for _ in 0..<40 {
                group.addTask {
                    try await keeper.take(self.busy) {
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

    /// Who is not wanted any more, as at the deadline of a request, never begins and is in nobody's way.
    @Test func whoGivesUpHandsTheTurnOn() async throws {
        let keeper = TurnKeeper(Turns(alone: 1, besideOthers: 1))
        let gate = Signal()
        let entered = Signal()
        let begun = Inside()
        let first = Task {
            try await keeper.take(busy) {
                entered.notify()
                await gate.wait(atMost: .seconds(30))
            }
        }
        await entered.wait(atMost: .seconds(30))
        let unwanted = Task { try await keeper.take(busy) { begun.enter() } }
        try await waitUntil("it waits") { keeper.waiting == 1 }
        unwanted.cancel()
        let canceled = try await problem { try await unwanted.value }
        #expect(canceled.code == .canceled && keeper.waiting == 0)
        let last = Task { try await self.entered(keeper, busy) }
        try await waitUntil("it waits") { keeper.waiting == 1 }
        gate.notify()
        try await first.value
        #expect(try await last.value)
        #expect(begun.all == 0)
        // And nothing is left of it all.
        #expect(try await self.entered(keeper, busy))
    }

    /// A request whose deadline comes before its turn is answered then, and never done.
    @Test func aRequestEndsAtItsDeadlineInTheLine() async throws {
        let keeper = TurnKeeper(Turns(alone: 1, besideOthers: 1))
        let method = Wire.Method<GetRequest, GetRequest>(
            service: "turns", subject: "ale.v1.turns.take", name: "Take", summary: "Takes a turn.")
        let begun = Inside()
        let busy = busy
        let endpoint = Endpoint(method) { _, request async throws(Problem) in
            do {
                return try await keeper.take(busy) {
                    begun.enter()
                    return request
                }
            } catch {
                throw error as? Problem ?? .internalError(cause: "\(error)")
            }
        }
        let transport = InMemoryTransport()
        let service = try Service(
            .init(name: "turns", version: "1.0.0", description: "Turns."), endpoints: [endpoint],
            transport: transport, authenticator: Somebody(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await service.start()
        let client = Client(transport, credential: .token("t"))
        let late = try await keeper.take(busy) {
            try await problem { _ = try await client.call(method, GetRequest(), deadline: .milliseconds(50)) }
        }
        #expect(late.code == .deadlineExceeded)
        try await waitUntil("its end") { service.requestsInFlight == 0 }
        #expect(begun.all == 0 && keeper.waiting == 0)
        await service.drain(limit: .seconds(1))
    }

    private struct Somebody: Authenticator {
        func authenticate(_ bearer: String?) async throws(Problem) -> Caller { .service("test", domain: .root) }
    }
}
