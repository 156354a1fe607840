import Synchronization
import TestKit
import Testing
import Wire

@testable import RPC

@Suite(.timeLimit(.minutes(15))) struct OverloadTests {
    @Test(arguments: Depth.allCases) func refusedEarlyWhileInFlightIsBounded(_ depth: Depth) async throws {
        let echo = method()
        let valve = Valve()
        let (inside, most) = (Counter(), Counter())
        let endpoint = Endpoint(echo) { _, request in
            let now = inside.add()
            most.raise(to: now)
            await valve.wait()
            inside.add(-1)
            return request
        }
        try await depth.serve([endpoint], limits: AdmissionLimits(requests: 16, domainShare: 1)) { service, transport in
            let client = Client(transport, deadline: .seconds(50))
            let outcomes = await withTaskGroup(of: Problem.Code?.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do throws(Problem) {
                            _ = try await client.call(echo, request("\(number)"), as: .kim, deadline: .seconds(60))
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                var outcomes: [Problem.Code?] = []
                // Those refused come back while the others still hold their places.
                for await outcome in group {
                    outcomes.append(outcome)
                    if outcomes.count == 84 {
                        #expect(service.requestsInFlight == 16)
                        #expect(outcomes.allSatisfy { $0 == .resourceExhausted })
                        valve.open()
                    }
                }
                return outcomes
            }
            #expect(outcomes.count { $0 == nil } == 16)
            #expect(outcomes.count { $0 == .resourceExhausted } == 84)
            #expect(most.value == 16)
            #expect(service.figures["Echo"]?.refused == 84)
            // And afterwards all is well.
            let after = try await client.call(echo, request("after"), as: .kim)
            #expect(after.id == "after")
        }
    }

    @Test(arguments: Depth.allCases) func oneDomainLeavesRoomForOthers(_ depth: Depth) async throws {
        let echo = method()
        let valve = Valve()
        let inside = Counter()
        let endpoint = Endpoint(echo) { (call, request: GetRequest) async throws(Problem) in
            guard call.caller.domain.path == "/busy/" else { return request }
            inside.add()
            await valve.wait()
            return request
        }
        try await depth.serve([endpoint], limits: AdmissionLimits(requests: 8)) { service, transport in
            let client = Client(transport, deadline: .seconds(50))
            let busy = Credential.token("busy:park")
            let refused = Counter()
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        do throws(Problem) {
                            _ = try await client.call(echo, request("b"), as: busy, deadline: .seconds(60))
                        } catch {
                            if error.reason == "DOMAIN_OVERLOADED" { refused.add() }
                        }
                    }
                }
                try await waitUntil { refused.value == 16 && inside.value == 4 }
                #expect(service.requestsInFlight == 4)
                for _ in 0..<20 {
                    do throws(Problem) {
                        let answer = try await client.call(echo, request("calm"), as: .token("calm:choi"))
                        #expect(answer.id == "calm")
                    } catch {
                        Issue.record("\(error)")
                    }
                }
                valve.open()
            }
            #expect(refused.value == 16)
        }
    }
}

@Suite(.timeLimit(.minutes(15))) struct DrainTests {
    /// Two instances under load; one is drained. Every call is answered, and well.
    @Test(arguments: Depth.allCases) func losesNothing(_ depth: Depth) async throws {
        let echo = method()
        try await depth.run { transport, client in
            let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
                try? await Task.sleep(for: .milliseconds(Int.random(in: 0...3)))
                return request
            }
            func instance() throws -> Service {
                try Service(
                    .init(name: "echo-service", version: "1.0.0", description: ""), endpoints: [endpoint],
                    transport: transport, authenticator: Tokens(), logger: .silent)
            }
            let (leaving, staying) = (try instance(), try instance())
            try await leaving.start()
            try await staying.start()
            let answered = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<16 {
                    group.addTask {
                        for number in 0..<150 {
                            let id = "\(lane)-\(number)"
                            let answer = try await Client(client).call(
                                echo, request(id), as: .kim, deadline: .seconds(60))
                            #expect(answer.id == id)
                            answered.add()
                        }
                    }
                }
                try await waitUntil { answered.value > 300 }
                await leaving.drain(limit: .seconds(60))
                #expect(leaving.requestsInFlight == 0)
                let atDrain = leaving.figures["Echo"]?.requests ?? 0
                #expect(atDrain > 0)
                try await group.waitForAll()
                #expect(leaving.figures["Echo"]?.requests == atDrain)
            }
            #expect(answered.value == 16 * 150)
            #expect(leaving.figures["Echo"]?.errors == 0)
            await staying.drain(limit: .seconds(50))
        }
    }

    @Test(arguments: Depth.allCases) func waitsForWhatIsInFlight(_ depth: Depth) async throws {
        let echo = method()
        let valve = Valve()
        let endpoint = Endpoint(echo) { _, request in
            await valve.wait()
            return request
        }
        try await depth.serve([endpoint]) { service, transport in
            let call = Task { try await Client(transport).call(echo, request("a"), as: .kim, deadline: .seconds(60)) }
            try await waitUntil { service.requestsInFlight == 1 }
            let drained = Counter()
            async let drain: Void = {
                await service.drain(limit: .seconds(60))
                drained.add()
            }()
            // The instance is gone for new calls long before the old one has ended.
            try await waitUntil {
                let answer = try? await transport.request([], to: echo.subject, headers: [:], timeout: .seconds(1))
                return answer == nil
            }
            #expect(drained.value == 0)
            valve.open()
            await drain
            let answer = try await call.value
            #expect(answer.id == "a")
        }
    }

    @Test(arguments: Depth.allCases) func isBounded(_ depth: Depth) async throws {
        let echo = method()
        let cancelled = Counter()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            do {
                try await Task.sleep(for: .seconds(600))
            } catch {
                cancelled.add()
            }
            return request
        }
        try await depth.serve([endpoint]) { service, transport in
            let call = Task { try await Client(transport).call(echo, request("a"), as: .kim, deadline: .seconds(60)) }
            try await waitUntil { service.requestsInFlight == 1 }
            let started = ContinuousClock.now
            await service.drain(limit: .milliseconds(100))
            #expect(started.duration(to: .now) < .seconds(30))
            let problem = await #expect(throws: Problem.self) { try await call.value }
            #expect(problem?.code == .unavailable)
            #expect(problem?.reason == "DRAINING")
            try await waitUntil { cancelled.value > 0 }
        }
    }
}
