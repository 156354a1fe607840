import RPC
import Testing
import Wire

/// What an answer says beside its body.
@Suite(.timeLimit(.minutes(15))) struct WarningTests {
    private static let open = Warning(rule: "G-91", field: "engagement.initial_onboarding", message: "Not closed yet.")
    private static let other = Warning(rule: "G-92", field: "engagement.account", message: "이미 활성 참여가 있습니다. 100%")

    @Test func theHeaderIsASCII() {
        #expect(Self.open.headerValue == "G-91 engagement.initial_onboarding Not closed yet.")
        let value = Self.other.headerValue
        #expect(value.hasPrefix("G-92 engagement.account %EC%9D%B4%EB%AF%B8 ") && value.hasSuffix(" 100%25"))
        #expect(value.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        let unruly = Warning(rule: "G-1", field: "a.b", message: "one,\ntwo\u{1}\u{7f} ~")
        #expect(unruly.headerValue == "G-1 a.b one%2C%0Atwo%01%7F ~")
        for warning in [Self.open, Self.other, unruly] {
            #expect(Warning(headerValue: warning.headerValue) == warning)
        }
    }

    @Test func whatIsNotEncodedWellStandsForItself() {
        #expect(Warning(headerValue: "G-1 a.b 50% %zz %4 %+1 %41 %")?.message == "50% %zz %4 %+1 A %")
        #expect(Warning(headerValue: "G-1 a.b") == nil)
        #expect(Warning(headerValue: "") == nil)
    }

    @Test(arguments: Depth.allCases) func callersReadThem(_ depth: Depth) async throws {
        let echo = method()
        let endpoint = Endpoint(echo) { (call, request: GetRequest) async throws(Problem) in
            if request.id == "refused" {
                call.warn([Self.open])
                throw .aborted(Text(en: "No.", ko: "아니요."))
            }
            call.warn(request.id == "many" ? (1...40).map { .init(rule: "G-\($0)", field: "a.b", message: "x") } : [])
            if request.id == "two" { call.warn([Self.open, Self.other]) }
            return request
        }
        try await depth.serve([endpoint]) { _, transport in
            let client = Client(transport, credential: .kim, deadline: .seconds(50))
            // All of them in one header, however its client keeps headers; an error has none.
            let bodies = [
                (#"{"id":"two"}"#, ["\(Self.open.headerValue), \(Self.other.headerValue)"]), (#"{"id":"none"}"#, []),
                (#"{"id":"refused"}"#, []),
            ]
            for (body, expected) in bodies {
                let answer = try await transport.request(
                    Array(body.utf8), to: echo.subject, headers: ["Authorization": "Bearer provider:kim"],
                    timeout: .seconds(50))
                #expect(answer.headers.values("Ale-Warning") == expected)
            }
            let two = try await client.callWithWarnings(echo, request("two"))
            #expect(two.answer.id == "two" && two.warnings == [Self.open, Self.other])
            #expect(try await client.callWithWarnings(echo, request("none")).warnings.isEmpty)
            #expect(try await client.call(echo, request("two")).id == "two")
            let many = try await client.callWithWarnings(echo, request("many")).warnings
            #expect(many.map(\.rule) == (1...16).map { "G-\($0)" }, "an answer's headers are bounded")
        }
    }

    /// A proxy or another service may use the name once for each.
    @Test(arguments: Depth.allCases) func aHeaderMayBeSplit(_ depth: Depth) async throws {
        try await depth.run { service, transport in
            let echo = method()
            var headers = Headers()
            headers.add("Ale-Warning", Self.open.headerValue)
            headers.add("ale-warning", "\(Self.other.headerValue),\(Self.open.headerValue)")
            let sent = headers
            let subscription = try await service.subscribe(echo.subject, queue: nil) { delivery in
                try? service.publish([], to: delivery.reply ?? "", headers: sent)
            }
            try await service.flush(limit: .seconds(50))
            let warnings = try await Client(transport, credential: .kim).callWithWarnings(echo, request("x")).warnings
            #expect(warnings.map(\.rule).sorted() == ["G-91", "G-91", "G-92"] && warnings.contains(Self.other))
            try await subscription.drain(limit: .seconds(50))
        }
    }

    /// What was done is no error because there is no room left for advice.
    @Test(arguments: Depth.allCases) func withoutRoomTheyAreLeftOut(_ depth: Depth) async throws {
        let echo = method()
        let endpoint = Endpoint(echo) { (call, asked: GetRequest) async throws(Problem) in
            call.warn([Self.open])
            return request(String(repeating: "x", count: Int(asked.id) ?? 0))
        }
        try await depth.serve([endpoint]) { _, transport in
            let client = Client(transport, credential: .kim, deadline: .seconds(50))
            let limit = transport.maximumMessageBytes
            let full = try await client.callWithWarnings(echo, request("\(limit - 16)"))
            #expect(full.answer.id.utf8.count == limit - 16 && full.warnings.isEmpty)
            let roomy = try await client.callWithWarnings(echo, request("\(limit - 200)"))
            #expect(roomy.warnings == [Self.open])
        }
    }
}
