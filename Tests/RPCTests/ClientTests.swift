import RPC
import Synchronization
import TestKit
import Testing
import Wire

@Suite(.timeLimit(.minutes(15))) struct ClientTests {
    @Test(arguments: Depth.allCases) func repeatsUntilSomebodyListens(_ depth: Depth) async throws {
        let echo = method()
        try await depth.run { transport, client in
            let service = try Service(
                .init(name: "late", version: "1.0.0", description: ""),
                endpoints: [Endpoint(echo) { _, request in request }],
                transport: transport, authenticator: Tokens(), logger: .silent)
            let call = Task {
                try await Client(client).call(
                    echo, request("a"), as: .kim, deadline: .seconds(50),
                    retry: .exponential(attempts: 1_000, pause: .milliseconds(2)))
            }
            try await Task.sleep(for: .milliseconds(20))
            try await service.start()
            let answer1 = try await call.value
            #expect(answer1.id == "a")
            await service.drain(limit: .seconds(50))
        }
    }

    /// Calls a handler that is unavailable twice, and counts.
    private func attempts(
        _ problem: Problem, requestID: String?, retry: RetryPolicy, deadline: Duration = .seconds(50)
    ) async throws -> (calls: Int, code: Problem.Code?) {
        let echo = method()
        let calls = Counter()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            if calls.add() <= 2 { throw problem }
            return request
        }
        let code = Mutex<Problem.Code?>(nil)
        try await Depth.memory.serve([endpoint]) { _, transport in
            do throws(Problem) {
                _ = try await Client(transport).call(
                    echo, request("a"), as: .kim, deadline: deadline, requestID: requestID, retry: retry)
            } catch {
                code.withLock { $0 = error.code }
            }
        }
        return (calls.value, code.withLock { $0 })
    }

    @Test func repeatsOnlyWhatIsHarmless() async throws {
        let quick = RetryPolicy.exponential(attempts: 5, pause: .milliseconds(1))
        #expect(try await attempts(.unavailable(), requestID: "r", retry: quick) == (3, nil))
        #expect(try await attempts(.unavailable(), requestID: nil, retry: quick) == (1, .unavailable))
        #expect(try await attempts(.unavailable(), requestID: "r", retry: .none) == (1, .unavailable))
        let two = RetryPolicy.exponential(attempts: 2, pause: .milliseconds(1))
        #expect(try await attempts(.unavailable(), requestID: "r", retry: two) == (2, .unavailable))
        #expect(try await attempts(.aborted(Text(en: "", ko: "")), requestID: "r", retry: quick) == (1, .aborted))
    }

    /// No repetition when the pause, of a second at least, would pass the deadline: the caller hears what the call met.
    @Test func doesNotWaitBeyondTheDeadline() async throws {
        let slow = RetryPolicy.exponential(attempts: 5, pause: .seconds(2))
        for _ in 0..<50 {
            let (calls, code) = try await attempts(
                .unavailable(), requestID: "r", retry: slow, deadline: .milliseconds(500))
            #expect(calls <= 1)
            // A machine under load may not have come so far in half a second: it gets another chance.
            if code == .unavailable { return }
            #expect(code == .deadlineExceeded)
        }
        Issue.record("the call never came to its answer")
    }

    @Test func credentials() async throws {
        let echo = method()
        let endpoint = Endpoint(echo) { call, _ in request(call.caller.subject) }
        try await Depth.memory.serve([endpoint]) { _, transport in
            let minted = Counter()
            let own = Credential.provider {
                minted.add()
                return "provider:service"
            }
            let client = Client(transport, credential: own, deadline: .seconds(50))
            let answer2 = try await client.call(echo, GetRequest())
            #expect(answer2.id == "service")
            let answer3 = try await client.call(echo, GetRequest(), as: .kim)
            #expect(answer3.id == "kim")
            let context = CallContext(deadline: .after(.seconds(50)), trace: .generate(), bearer: "provider:caller")
            let inside = try await context.run { () async throws(Problem) in try await client.call(echo, GetRequest()) }
            #expect(inside.id == "caller")
            #expect(minted.value == 1)
            let failing = Credential.provider { () async throws(Problem) in throw .unavailable(reason: "NO_KEYS") }
            let problem = await #expect(throws: Problem.self) { try await client.call(echo, GetRequest(), as: failing) }
            #expect(problem?.reason == "NO_KEYS")
        }
    }

    @Test(arguments: Depth.allCases) func foreignErrorsAndAnswers(_ depth: Depth) async throws {
        let echo = method()
        try await depth.run { service, transport in
            let answers = Mutex<[(Headers, [UInt8])]>([
                (["Nats-Service-Error": "broken", "Nats-Service-Error-Code": "500"], []),
                (["Nats-Service-Error": "gone", "Nats-Service-Error-Code": "5"], Array("not a status".utf8)),
                ([:], [0xFF]),
            ])
            let subscription = try await service.subscribe(echo.subject, queue: nil) { delivery in
                let (headers, payload) = answers.withLock { $0.removeFirst() }
                try? service.publish(payload, to: delivery.reply ?? "", headers: headers)
            }
            try await service.flush(limit: .seconds(50))
            for (code, text) in [(Problem.Code.unknown, "broken"), (.notFound, "gone"), (.internalError, nil)]
                as [(_, String?)]
            {
                let problem = await #expect(throws: Problem.self) {
                    try await Client(transport).call(echo, GetRequest(), as: .kim)
                }
                #expect(problem?.code == code)
                if let text { #expect(problem?.text.en == text) }
            }
            try await subscription.drain(limit: .seconds(50))
        }
    }

    @Test(arguments: Depth.allCases) func headersThatCannotBeSent(_ depth: Depth) async throws {
        let echo = method()
        try await depth.serve([Endpoint(echo) { _, request in request }]) { _, transport in
            let problem = await #expect(throws: Problem.self) {
                try await Client(transport).call(
                    echo, GetRequest(), as: .kim, requestID: "a\r\nAuthorization: Bearer x:y")
            }
            #expect(problem?.code == .invalidArgument)
            #expect(problem?.violations.first?.field == "Request-Id")
        }
    }

    @Test func aClosedConnectionIsUnavailable() async throws {
        let transport = InMemoryTransport()
        transport.close()
        let problem = await #expect(throws: Problem.self) {
            try await Client(transport).call(method(), GetRequest(), as: .kim)
        }
        #expect(problem?.code == .unavailable)
        let service = try Service(
            .init(name: "a", version: "1.0.0", description: ""),
            endpoints: [Endpoint(method()) { _, request in request }],
            transport: transport, authenticator: Tokens(), logger: .silent)
        let start = await #expect(throws: Problem.self) { try await service.start() }
        #expect(start?.reason == "START_FAILED")
    }
}
