import Tenancy
import Testing
import Wire

@testable import RPC

@Suite struct TurnsTests {
    private let one: Admission.Holder
    private let two: Admission.Holder
    private let start = ContinuousClock.now

    init() throws {
        one = .domain(try #require(DomainPath("/one/")))
        two = .domain(try #require(DomainPath("/two/")))
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

@Suite(.timeLimit(.minutes(1))) struct TurnsOfAServiceTests {
    /// A busy domain has few at work while somebody else is there; all are answered in the end, one by one or not.
    @Test(arguments: Depth.allCases) func aBusyDomainWaitsForItself(_ depth: Depth) async throws {
        let echo = method()
        let valve = Valve()
        let inside = Counter()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            guard request.id == "long" else { return request }
            inside.add()
            await valve.wait()
            inside.add(-1)
            return request
        }
        let limits = AdmissionLimits(atWork: 8, atWorkInCompany: 2)
        try await depth.serve([endpoint], limits: limits) { service, transport in
            let client = Client(transport)
            let (busy, calm) = (Credential.token("busy:park"), Credential.token("calm:choi"))
            // Tokens are strangers once.
            _ = try await client.call(echo, request("calm"), as: calm)
            _ = try await client.call(echo, request("busy"), as: busy)
            _ = try await client.call(echo, request("calm"), as: calm)
            let answered = Counter()
            await withTaskGroup { group in
                for _ in 0..<40 {
                    group.addTask {
                        if (try? await client.call(echo, request("long"), as: busy, deadline: .seconds(30))) != nil {
                            answered.add()
                        }
                    }
                }
                #expect(await eventually { service.requestsInFlight == 40 })
                #expect(await eventually { inside.value == 2 })
                let answer = try? await client.call(echo, request("calm"), as: calm)
                #expect(answer?.id == "calm")
                valve.open()
            }
            #expect(answered.value == 40)
            #expect(service.requestsInFlight == 0)
        }
    }

    /// Who waits longer than the deadline is answered, and never begun.
    @Test(arguments: Depth.allCases) func aDeadlineBeforeTheTurnBeginsNothing(_ depth: Depth) async throws {
        let echo = method()
        let valve = Valve()
        let begun = Counter()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            begun.add()
            await valve.wait()
            return request
        }
        try await depth.serve([endpoint], limits: AdmissionLimits(atWork: 1)) { service, transport in
            let client = Client(transport)
            await withTaskGroup { group in
                group.addTask { _ = try? await client.call(echo, request("first"), as: .kim, deadline: .seconds(30)) }
                #expect(await eventually { begun.value == 1 })
                do throws(Problem) {
                    _ = try await client.call(echo, request("second"), as: .kim, deadline: .milliseconds(100))
                    Issue.record("the second was answered before its turn")
                } catch {
                    #expect(error.code == .deadlineExceeded)
                }
                // The service's own clock of the request starts a little later than the client's.
                #expect(await eventually { service.inFlight.remaining.contains { $0.isAnswered } })
                valve.open()
            }
            #expect(await eventually { service.requestsInFlight == 0 })
            #expect(begun.value == 1)
        }
    }
}
