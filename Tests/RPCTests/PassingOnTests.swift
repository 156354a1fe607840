import Synchronization
import TestKit
import Testing
import Wire

@testable import RPC

/// Deadlines, traces, tokens and languages over two hops.
@Suite(.timeLimit(.minutes(15))) struct PassingOnTests {
    /// `inner` answers with what it was given; `outer` calls it.
    private func hops(
        _ transport: @escaping @Sendable () -> any Transport, _ outer: Method<GetRequest, GetRequest>,
        inner: Method<GetRequest, GetRequest>, ask deadline: Duration? = nil
    ) -> [Endpoint] {
        [
            Endpoint(outer) { (_, request: GetRequest) async throws(Problem) in
                try await Client(transport()).call(inner, request, deadline: deadline)
            },
            Endpoint(inner) { (call, _: GetRequest) async throws(Problem) in
                let milliseconds = call.deadline.remaining / .milliseconds(1)
                return request(
                    [
                        call.caller.subject, call.trace.traceID, call.trace.state ?? "", call.language,
                        String(Int(milliseconds)),
                    ].joined(separator: " "))
            },
        ]
    }

    @Test(arguments: Depth.allCases) func everythingIsPassedOn(_ depth: Depth) async throws {
        let (outer, inner) = (method("Outer"), method("Inner"))
        let shared = Mutex<any Transport>(InMemoryTransport())
        let endpoints = hops({ shared.withLock { $0 } }, outer, inner: inner, ask: .seconds(58))
        try await depth.serve(endpoints) { _, transport in
            shared.withLock { $0 = transport }
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let answer = try await transport.request(
                [], to: outer.subject,
                headers: [
                    "Authorization": "Bearer provider:kim:ko", "grpc-timeout": "40S",
                    "traceparent": "00-\(trace)-00f067aa0ba902b7-01", "tracestate": "v=1",
                ], timeout: .seconds(50))
            let words = try GetRequest.decode(protobuf: answer.payload).id.split(separator: " ")
            #expect(words.dropLast() == ["kim", trace[...], "v=1", "ko"])
            // The callee asked for 58 seconds and got what was left of 40.
            let left = try #require(words.last.flatMap { Int($0) })
            #expect(left <= 40_000 && left > 0)
        }
    }

    /// An error that is passed on says in the caller's language what it said, and in English in its header.
    @Test(arguments: Depth.allCases) func anErrorPassedOnKeepsBothLanguages(_ depth: Depth) async throws {
        let (outer, inner) = (method("Outer"), method("Inner"))
        let shared = Mutex<any Transport>(InMemoryTransport())
        let endpoints = [
            Endpoint(outer) { (_, request: GetRequest) async throws(Problem) in
                try await Client(shared.withLock { $0 }).call(inner, request)
            },
            Endpoint(inner) { (_, _: GetRequest) async throws(Problem) -> GetRequest in
                throw .failedPrecondition(rule: "G-66", Text(en: "‘Notes’ are missing.", ko: "‘메모’가 없습니다."))
            },
        ]
        try await depth.serve(endpoints) { _, transport in
            shared.withLock { $0 = transport }
            for (language, said) in [("ko", "‘메모’가 없습니다."), ("en", "‘Notes’ are missing.")] {
                let answer = try await transport.request(
                    [], to: outer.subject, headers: ["Authorization": "Bearer provider:kim:\(language)"],
                    timeout: .seconds(50))
                #expect(answer.headers["Nats-Service-Error"] == "FAILED_PRECONDITION: 'Notes' are missing.")
                #expect(try Status.decode(protobuf: answer.payload).message == said)
            }
        }
    }

    @Test(arguments: Depth.allCases) func aMalformedTimeoutIsRefused(_ depth: Depth) async throws {
        let echo = method()
        try await depth.serve([Endpoint(echo) { _, request in request }]) { _, transport in
            let answer = try await transport.request(
                [], to: echo.subject, headers: ["Authorization": "Bearer provider:kim", "grpc-timeout": "soon"],
                timeout: .seconds(50))
            #expect(answer.headers["Nats-Service-Error-Code"] == "3")
            let status = try Status.decode(protobuf: answer.payload)
            #expect(status.fieldViolations.map(\.field) == ["grpc-timeout"])
        }
    }

    @Test(arguments: Depth.allCases) func theHandlerEndsAtTheDeadline(_ depth: Depth) async throws {
        let echo = method()
        let cancelled = Counter()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            do {
                try await Task.sleep(for: .seconds(600))
            } catch {
                cancelled.add()
                throw .canceled()
            }
            return request
        }
        try await depth.serve([endpoint]) { service, transport in
            // The service answers by itself: the transport is asked to wait far longer than the deadline.
            let started = ContinuousClock.now
            let answer = try await transport.request(
                [], to: echo.subject, headers: ["Authorization": "Bearer provider:kim", "grpc-timeout": "3S"],
                timeout: .seconds(120))
            let took = started.duration(to: .now)
            #expect(took >= .seconds(3) && took < .seconds(60))
            #expect(answer.headers["Nats-Service-Error-Code"] == "4")
            try await waitUntil { cancelled.value > 0 && service.requestsInFlight == 0 }
            #expect(service.figures["Echo"]?.lastError == "DEADLINE_EXCEEDED")
            // And a client gives up by itself.
            let problem = await #expect(throws: Problem.self) {
                try await Client(transport).call(echo, GetRequest(), as: .kim, deadline: .milliseconds(50))
            }
            #expect(problem?.code == .deadlineExceeded)
        }
    }

    @Test(arguments: Depth.allCases) func aShorterDeadlineOvertakesALongerOne(_ depth: Depth) async throws {
        let echo = method()
        let valve = Valve()
        let endpoint = Endpoint(echo) { _, request in
            await valve.wait()
            return request
        }
        try await depth.serve([endpoint]) { service, transport in
            let long = Task {
                try await Client(transport).call(echo, request("long"), as: .kim, deadline: .seconds(60))
            }
            try await waitUntil { service.requestsInFlight == 1 }
            let answer = try await transport.request(
                [], to: echo.subject, headers: ["Authorization": "Bearer provider:kim", "grpc-timeout": "3S"],
                timeout: .seconds(120))
            #expect(answer.headers["Nats-Service-Error-Code"] == "4")
            // The handler that ignores its cancellation keeps its place until it ends.
            #expect(service.requestsInFlight == 2)
            valve.open()
            let answer1 = try await long.value
            #expect(answer1.id == "long")
            try await waitUntil { service.requestsInFlight == 0 }
        }
    }

    @Test(arguments: Depth.allCases) func cancellationReachesTheClient(_ depth: Depth) async throws {
        let echo = method()
        let valve = Valve()
        let endpoint = Endpoint(echo) { _, request in
            await valve.wait()
            return request
        }
        try await depth.serve([endpoint]) { service, transport in
            let task = Task { () async -> Problem? in
                do throws(Problem) {
                    _ = try await Client(transport).call(echo, GetRequest(), as: .kim, deadline: .seconds(60))
                    return nil
                } catch {
                    return error
                }
            }
            try await waitUntil { service.requestsInFlight == 1 }
            task.cancel()
            #expect(await task.value?.code == .canceled)
            valve.open()
        }
    }

    @Test func noTimeLeftMeansNoCall() async throws {
        let echo = method()
        let ran = Counter()
        let endpoint = Endpoint(echo) { _, request in
            ran.add()
            return request
        }
        try await Depth.memory.serve([endpoint]) { _, transport in
            let context = CallContext(deadline: .after(.zero), trace: .generate(), bearer: "provider:kim")
            let problem = await #expect(throws: Problem.self) {
                try await context.run { () async throws(Problem) in
                    try await Client(transport).call(echo, GetRequest(), deadline: .seconds(5))
                }
            }
            #expect(problem?.code == .deadlineExceeded)
            #expect(ran.value == 0)
        }
    }
}
