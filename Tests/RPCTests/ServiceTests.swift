import RPC
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

/// What callers see, in memory and over a real server.
@Suite(.timeLimit(.minutes(15))) struct ServiceTests {
    @Test(arguments: Depth.allCases) func answers(_ depth: Depth) async throws {
        let echo = method()
        let seen = Mutex<Call?>(nil)
        let endpoint = Endpoint(echo, roles: "agent") { call, request in
            seen.withLock { $0 = call }
            return request
        }
        try await depth.serve([endpoint]) { service, transport in
            let client = Client(transport, deadline: .seconds(50))
            let answer = try await client.call(echo, request("한국어"), as: .kim, deadline: .seconds(30), requestID: "r-1")
            #expect(answer.id == "한국어")
            let call = try #require(seen.withLock { $0 })
            #expect(call.caller.subject == "kim")
            #expect(call.caller.domain.path == "/provider/")
            #expect(call.requestID == "r-1")
            #expect(call.bearer == "provider:kim")
            #expect(call.subject == echo.subject)
            #expect(call.peer.hasPrefix("_INBOX"))
            #expect(call.deadline.remaining <= .seconds(30))
            let answer1 = try await client.call(echo, GetRequest(), as: .kim)
            #expect(answer1.id.isEmpty)
            #expect(service.figures["Echo"]?.requests == 2)
            #expect(service.figures["Echo"]?.errors == 0)
        }
    }

    @Test(arguments: Depth.allCases) func everyCodeComesBack(_ depth: Depth) async throws {
        let echo = method()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            let code = Int32(request.id).flatMap(Problem.Code.init(rawValue:)) ?? .unknown
            throw Problem(
                code, Text(en: "Sentence.", ko: "문장."), reason: "BR-01",
                violations: [.init(field: "a.b", text: Text(en: "Field.", ko: "항목."), rule: "BR-01")],
                metadata: ["limit": "1"], cause: "hidden")
        }
        try await depth.serve([endpoint]) { service, transport in
            let client = Client(transport, deadline: .seconds(50))
            for code in Problem.Code.allCases.dropFirst() {
                let problem = await #expect(throws: Problem.self) {
                    try await client.call(echo, request("\(code.rawValue)"), as: .token("provider:lee:ko"))
                }
                #expect(problem?.code == code)
                #expect(problem?.cause == nil)
                guard !code.isFault else {
                    #expect(problem?.violations.isEmpty == true)
                    #expect(problem?.metadata["trace_id"]?.count == 32)
                    continue
                }
                #expect(problem?.text.en == "문장.")
                #expect(problem?.reason == "BR-01")
                #expect(problem?.violations == [.init(field: "a.b", text: Text(en: "항목.", ko: "항목."), rule: "BR-01")])
                #expect(problem?.metadata == ["limit": "1"])
            }
            // The last is counted behind its answer.
            try await waitUntil { service.figures["Echo"]?.errors == Problem.Code.allCases.count - 1 }
        }
    }

    @Test(arguments: Depth.allCases) func nobodyListens(_ depth: Depth) async throws {
        try await depth.run { _, transport in
            let started = ContinuousClock.now
            let problem = await #expect(throws: Problem.self) {
                try await Client(transport).call(method(), request("a"), as: .kim, deadline: .seconds(60))
            }
            #expect(problem?.code == .unavailable)
            #expect(problem?.reason == "NO_RESPONDERS")
            #expect(started.duration(to: .now) < .seconds(30))
        }
    }

    @Test(arguments: Depth.allCases) func whoIsNotKnownIsRefused(_ depth: Depth) async throws {
        let (closed, open) = (method("Closed"), method("Open"))
        let ran = Counter()
        let endpoints = [
            Endpoint(closed) { _, request in
                ran.add()
                return request
            },
            Endpoint(open, access: .anonymous) { (call, _) async throws(Problem) in
                guard call.caller == .anonymous, call.caller.roles.isEmpty else { throw .internalError(cause: "known") }
                return RPCTests.request(call.caller.domain.path)
            },
        ]
        try await depth.serve(endpoints) { _, transport in
            let client = Client(transport, deadline: .seconds(50))
            for credential in [Credential.anonymous, .token("nonsense"), .token("bad domain:kim")] {
                let problem = await #expect(throws: Problem.self) {
                    try await client.call(closed, request("a"), as: credential)
                }
                #expect(problem?.code == .unauthenticated)
                #expect(problem?.reason == "TOKEN")
            }
            #expect(ran.value == 0)
            var two: Headers = ["Authorization": "Bearer provider:kim"]
            two.add("Authorization", "Bearer provider:lee")
            let answer = try await transport.request([], to: closed.subject, headers: two, timeout: .seconds(50))
            #expect(answer.headers["Nats-Service-Error-Code"] == "16")
            #expect(try Status.decode(protobuf: answer.payload).reason == "TOKEN_AMBIGUOUS")
            #expect(ran.value == 0)
            let answer2 = try await client.call(open, request("a"), as: .anonymous)
            #expect(answer2.id == "/-/")
        }
    }

    @Test(arguments: Depth.allCases) func jsonIsAnsweredInJSON(_ depth: Depth) async throws {
        let echo = method()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            if request.id == "none" { throw .notFound(Text(en: "There is none.", ko: "없습니다.")) }
            return request
        }
        try await depth.serve([endpoint]) { _, transport in
            func ask(_ payload: String, _ headers: Headers) async throws -> (Delivery, String) {
                var headers = headers
                headers["authorization"] = "bearer provider:kim"
                let answer = try await transport.request(
                    Array(payload.utf8), to: echo.subject, headers: headers, timeout: .seconds(50))
                return (answer, String(decoding: answer.payload, as: UTF8.self))
            }
            for beginning in ["\n", "\u{FEFF}", " \r\n\t"] {
                let (answer, text) = try await ask(beginning + #"{"id":"7"}"#, [:])
                #expect(text.filter { !$0.isWhitespace } == #"{"id":"7"}"#)
                #expect(answer.headers["Content-Type"] == "application/json")
            }
            for (nonsense, type) in [
                ("[{}]", "application/json"), ("id=7", "Application/JSON;charset=utf-8"), ("[]", ""),
            ] {
                let headers: Headers = type.isEmpty ? [:] : ["Content-Type": type]
                let (refused, sentence) = try await ask(nonsense, headers)
                #expect(refused.headers["Nats-Service-Error-Code"] == "3")
                #expect(refused.headers["Content-Type"] == "application/json")
                #expect(sentence.contains("JSON object"), "\(sentence)")
            }
            let (good, text) = try await ask(#"{"id":"7"}"#, [:])
            #expect(text.filter { !$0.isWhitespace } == #"{"id":"7"}"#)
            #expect(good.headers["Content-Type"] == "application/json")
            #expect(good.headers["Nats-Service-Error-Code"] == nil)
            let (empty, nothing) = try await ask("", ["Content-Type": "application/json"])
            #expect(nothing.hasPrefix("{"))
            #expect(empty.headers["Content-Type"] == "application/json")
            #expect(try await ask("", [:]).0.payload.isEmpty)
            let (bad, status) = try await ask(#"{"id":"none"}"#, ["Accept-Language": "ko-KR"])
            #expect(bad.headers["Nats-Service-Error-Code"] == "5")
            #expect(bad.headers["Nats-Service-Error"] == "NOT_FOUND: There is none.")
            #expect(bad.headers["Content-Type"] == "application/json")
            let decoded = try Status.decode(json: Array(status.utf8))
            #expect(decoded.code == 5)
            #expect(decoded.message == "없습니다.")
        }
    }

    @Test(arguments: Depth.allCases) func malformedRequestsNameTheField(_ depth: Depth) async throws {
        let echo = method()
        let endpoint = Endpoint(echo) { _, request in request }
        try await depth.serve([endpoint]) { _, transport in
            for (payload, field) in [
                (Array(#"{"id":{}}"#.utf8), "id"), ([UInt8(0x0A), 0x05, 0x61], nil), (Array("{".utf8), nil),
                ([0xFF, 0xFF, 0xFF], nil), (Array(#"{"nonsense":1}"#.utf8), "nonsense"),
            ] as [([UInt8], String?)] {
                let answer = try await transport.request(
                    payload, to: echo.subject, headers: ["Authorization": "Bearer provider:kim"], timeout: .seconds(50))
                #expect(answer.headers["Nats-Service-Error-Code"] == "3", "\(payload)")
                let json = payload.first == UInt8(ascii: "{")
                let status =
                    json ? try Status.decode(json: answer.payload) : try Status.decode(protobuf: answer.payload)
                #expect(status.reason == "MALFORMED_REQUEST")
                if let field { #expect(status.fieldViolations.map(\.field) == [field]) }
            }
        }
    }

    @Test(arguments: Depth.allCases) func answersThatAreTooLargeAreErrors(_ depth: Depth) async throws {
        let echo = method()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            let text = String(repeating: "x", count: 2 << 20)
            guard request.id == "problem" else { return RPCTests.request(text) }
            throw .invalid(field: "id", Text(en: text, ko: text))
        }
        try await depth.serve([endpoint]) { _, transport in
            let client = Client(transport, deadline: .seconds(50))
            let problem = await #expect(throws: Problem.self) { try await client.call(echo, request("a"), as: .kim) }
            #expect(problem?.code == .resourceExhausted)
            #expect(problem?.reason == "RESPONSE_TOO_LARGE")
            #expect(problem?.metadata["limit"] == "1048576")
            let huge = await #expect(throws: Problem.self) { try await client.call(echo, request("problem"), as: .kim) }
            #expect(huge?.code == .invalidArgument)
            let long = request(String(repeating: "x", count: 2 << 20))
            let tooLarge = await #expect(throws: Problem.self) { try await client.call(echo, long, as: .kim) }
            #expect(tooLarge?.code == .invalidArgument)
            #expect(tooLarge?.reason == "REQUEST_TOO_LARGE")
        }
    }

    @Test(arguments: Depth.allCases) func faultsAreLoggedWithTheirCause(_ depth: Depth) async throws {
        let echo = method()
        let book = RecordingLog()
        let endpoint = Endpoint(echo) { (_, _: GetRequest) async throws(Problem) -> GetRequest in
            throw .internalError(cause: "relation does not exist")
        }
        try await depth.serve([endpoint], logger: book.logger()) { _, transport in
            let problem = await #expect(throws: Problem.self) {
                try await Client(transport).call(echo, request("personal data"), as: .kim)
            }
            let trace = try #require(problem?.metadata["trace_id"])
            try await waitUntil { book.lines.contains { $0.hasPrefix("debug request ") } }
            let line = try #require(book.lines.first { $0.hasPrefix("error request failed") })
            #expect(line.contains("cause=relation does not exist"))
            #expect(line.contains("trace_id=\(trace)"))
            #expect(line.contains("caller=kim"))
            #expect(!book.lines.contains { $0.contains("personal data") || $0.contains("provider:kim") })
        }
    }

    @Test func definitionsAreChecked() {
        func make(_ name: String, _ version: String, _ endpoints: [Endpoint]) throws {
            _ = try Service(
                .init(name: name, version: version, description: ""), endpoints: endpoints,
                transport: InMemoryTransport(), authenticator: Tokens(), logger: .silent)
        }
        let endpoint = Endpoint(method()) { _, request in request }
        #expect(throws: Never.self) { try make("a-b_C1", "1.0.0-rc.1+5", [endpoint]) }
        for (name, version) in [
            ("", "1.0.0"), ("a.b", "1.0.0"), ("a b", "1.0.0"), ("a", "1.0"), ("a", "01.0.0"), ("a*", "1.0.0"),
        ] {
            #expect(throws: Problem.self) { try make(name, version, []) }
        }
        #expect(throws: Problem.self) { try make("a", "1.0.0", [endpoint, endpoint]) }
        let unnamed = Endpoint(method("with space")) { _, request in request }
        #expect(throws: Problem.self) { try make("a", "1.0.0", [unnamed]) }
    }
}
