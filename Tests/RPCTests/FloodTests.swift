import RPC
import Synchronization
import TestKit
import Testing
import Wire

/// A domain that floods a service waits for itself, undecoded; who asks beside it finds the service free.
@Suite(.timeLimit(.minutes(5))) struct FloodTests {
    private static let busy = Credential.token("busy:park")
    private static let calm = Credential.token("calm:choi")
    private static let limits = AdmissionLimits(requests: 400, inCompany: 2, company: .seconds(600))

    /// Requests of the busy domain wait inside until the valve opens; all others are answered at once.
    private static func endpoint(
        _ echo: Method<GetRequest, GetRequest>, _ valve: Valve, _ inside: Counter
    ) -> Endpoint {
        Endpoint(echo) { (call, request: GetRequest) async throws(Problem) in
            guard call.caller.domain.path == "/busy/", request.id != "first" else { return request }
            inside.add()
            await valve.wait()
            return request
        }
    }

    /// Both domains ask: the first time their tokens become known, from the second on each is in company.
    private static func meet(_ client: Client, _ echo: Method<GetRequest, GetRequest>) async throws {
        for credential in [busy, calm, busy, calm] { _ = try await client.call(echo, request("first"), as: credential) }
    }

    @Test(arguments: Depth.allCases) func aFloodIsHeldBackBeforeItIsDecoded(_ depth: Depth) async throws {
        let echo = method()
        let (valve, inside, refused) = (Valve(), Counter(), Counter())
        let endpoint = Self.endpoint(echo, valve, inside)
        try await depth.serve([endpoint], limits: Self.limits) { service, transport in
            let client = Client(transport)
            try await Self.meet(client, echo)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        _ = try await client.call(echo, request("\(number)"), as: Self.busy, deadline: .seconds(60))
                    }
                }
                try await waitUntil { service.requestsInFlight == 30 && inside.value == 2 }
                // Nobody has looked at these: what is in them shows only when it is their turn.
                for _ in 0..<10 {
                    group.addTask {
                        let answer = try await transport.request(
                            [0xFF, 0xFF], to: echo.subject, headers: ["Authorization": "Bearer busy:park"],
                            timeout: .seconds(60))
                        if answer.headers["Nats-Service-Error-Code"] != nil { refused.add() }
                    }
                }
                try await waitUntil { service.requestsInFlight == 40 }
                for _ in 0..<20 { #expect(try await client.call(echo, request("calm"), as: Self.calm).id == "calm") }
                #expect(inside.value == 2 && refused.value == 0)
                valve.open()
                try await group.waitForAll()
            }
            #expect(inside.value == 30 && refused.value == 10)
            try await waitUntil { service.requestsInFlight == 0 }
        }
    }

    /// Who waits for somebody else does not keep the others of the domain waiting.
    @Test(arguments: Depth.allCases) func whoWaitsForAnotherServiceStepsAside(_ depth: Depth) async throws {
        let (echo, slow) = (method(), method("Slow"))
        let (valve, asked) = (Valve(), Counter())
        let hung = Endpoint(slow) { (_, request: GetRequest) async throws(Problem) in
            asked.add()
            await valve.wait()
            return request
        }
        try await depth.serve([hung]) { _, transport in
            let asking = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
                guard request.id == "ask" else { return request }
                return try await Client(transport).call(slow, request)
            }
            try await depth.serve([asking], limits: Self.limits) { service, transport in
                let client = Client(transport)
                try await Self.meet(client, echo)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<10 {
                        group.addTask {
                            _ = try await client.call(echo, request("ask"), as: Self.busy, deadline: .seconds(60))
                        }
                    }
                    try await waitUntil { asked.value == 10 }
                    let quick = try await client.call(echo, request("quick"), as: Self.busy, deadline: .seconds(50))
                    #expect(quick.id == "quick" && service.requestsInFlight >= 10)
                    valve.open()
                    try await group.waitForAll()
                }
            }
        }
    }

    /// A request whose deadline comes before its turn is answered then, never begun, and in nobody's way.
    @Test(arguments: Depth.allCases) func aDeadlineComesBeforeTheTurn(_ depth: Depth) async throws {
        let echo = method()
        let (valve, inside) = (Valve(), Counter())
        let endpoint = Self.endpoint(echo, valve, inside)
        try await depth.serve([endpoint], limits: Self.limits) { service, transport in
            let client = Client(transport)
            try await Self.meet(client, echo)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        _ = try await client.call(echo, request("in"), as: Self.busy, deadline: .seconds(60))
                    }
                }
                try await waitUntil { inside.value == 2 }
                for _ in 0..<5 {
                    let late = await #expect(throws: Problem.self) {
                        try await client.call(echo, request("late"), as: Self.busy, deadline: .milliseconds(50))
                    }
                    #expect(late?.code == .deadlineExceeded)
                }
                try await waitUntil { service.requestsInFlight == 2 }
                valve.open()
                try await group.waitForAll()
            }
            #expect(try await client.call(echo, request("after"), as: Self.busy).id == "after")
            #expect(inside.value == 3)
        }
    }

    /// A drain lets those that wait have their turn.
    @Test(arguments: Depth.allCases) func aDrainFinishesWhatWaits(_ depth: Depth) async throws {
        let echo = method()
        let (valve, inside) = (Valve(), Counter())
        let endpoint = Self.endpoint(echo, valve, inside)
        try await depth.serve([endpoint], limits: Self.limits) { service, transport in
            let client = Client(transport)
            try await Self.meet(client, echo)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let answer = try await client.call(
                            echo, request("\(number)"), as: Self.busy, deadline: .seconds(60))
                        #expect(answer.id == "\(number)")
                    }
                }
                try await waitUntil { service.requestsInFlight == 20 && inside.value == 2 }
                async let drain: Void = service.drain(limit: .seconds(50))
                valve.open()
                await drain
                try await group.waitForAll()
            }
            #expect(inside.value == 20 && service.requestsInFlight == 0)
        }
    }
}
