import Testing
import Wire

@testable import RPC

@Suite struct DeadlineTests {
    @Test(arguments: [
        ("100m", Duration.milliseconds(100)), ("5S", .seconds(5)), ("1M", .seconds(60)), ("1H", .seconds(3600)),
        ("7u", .microseconds(7)), ("9n", .nanoseconds(9)), ("0S", .zero), ("99999999m", .milliseconds(99_999_999)),
    ])
    func reads(_ header: String, _ duration: Duration) {
        #expect(Deadline.duration(header: header) == duration)
    }

    @Test(arguments: [
        "", "S", "5", "5s", "-5S", "+5S", "5 S", "5.0S", "123456789S", "٣S", "5SS", "99999999999999999999H",
    ])
    func refuses(_ header: String) {
        #expect(Deadline(header: header) == nil)
    }

    @Test func isCutToTheLimit() throws {
        let deadline = try #require(Deadline(header: "2H"))
        #expect(deadline.remaining <= Deadline.limit)
        #expect(deadline.remaining > Deadline.limit - .seconds(30))
    }

    @Test func headerRoundTripNeverGrows() throws {
        let deadline = Deadline.after(.seconds(50))
        let passedOn = try #require(Deadline.duration(header: deadline.header))
        #expect(passedOn <= .seconds(50))
        #expect(passedOn > .seconds(20))
        let longest = try #require(Deadline.duration(header: Deadline.after(.seconds(600)).header))
        #expect(longest <= Deadline.limit)
    }

    @Test func past() {
        let past = Deadline.after(.seconds(-1))
        #expect(past.isPast)
        #expect(past.remaining == .zero)
        #expect(past.header == "0u")
        #expect(past < .after(.seconds(1)))
        #expect(!Deadline.after(.seconds(50)).isPast)
    }
}

@Suite struct TraceContextTests {
    static let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func reads() throws {
        let trace = try #require(TraceContext(header: Self.header, state: "a=b"))
        #expect(trace.header == Self.header)
        let child = trace.child()
        #expect(child.traceID == trace.traceID)
        #expect(child.spanID != trace.spanID)
        #expect(child.flags == 1)
        #expect(child.state == "a=b")
    }

    @Test func readsVersionsToCome() throws {
        #expect(TraceContext(header: "cc" + Self.header.dropFirst(2) + "-what-the-future-brings")?.flags == 1)
        #expect(TraceContext(header: Self.header + "-more") == nil)
    }

    @Test(arguments: [
        "", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-+1",
    ])
    func refuses(_ header: String) {
        #expect(TraceContext(header: header) == nil)
    }

    @Test func generated() throws {
        for _ in 0..<1000 {
            let trace = TraceContext.generate()
            #expect(TraceContext(header: trace.header) == trace)
        }
        #expect(TraceContext.generate().traceID != TraceContext.generate().traceID)
    }

    @Test func longStateIsDropped() throws {
        let state = String(repeating: "a", count: 513)
        #expect(try #require(TraceContext(header: Self.header, state: state)).state == nil)
    }
}

@Suite struct LanguageTests {
    @Test(arguments: [
        ("ko", "ko"), ("ko-KR,en;q=0.8", "ko"), ("en-US", "en"), ("de, KO;q=0.5", "ko"), ("de", nil), ("", nil),
        (nil, nil),
        ("korean", nil),
    ])
    func preferred(_ header: String?, _ language: String?) {
        #expect(CallLanguage.preferred(header) == language)
    }
}

@Suite struct AuthorizationTests {
    /// Values of the header, the token they prove, and whether they contradict each other (RFC 9110, 5.3).
    @Test(
        arguments: [
            ([], nil, false), (["Bearer a"], "a", false), (["bearer   a"], "a", false), (["", "Bearer a"], "a", false),
            (["Bearer a", "Bearer a"], "a", false), (["Bearer a", ""], "a", false), (["Bearer "], nil, false),
            (["Basic eDp5", "Bearer a"], "a", false), (["Basic eDp5"], nil, false),
            (["Bearer a", "Bearer b"], nil, true),
            (["a"], nil, false),
        ] as [([String], String?, Bool)])
    func tokens(_ values: [String], _ token: String?, _ isAmbiguous: Bool) {
        var headers = Headers()
        for value in values { headers.add("authorization", value) }
        let authorization = Authorization(headers)
        #expect(authorization.bearer == token)
        #expect(authorization.isAmbiguous == isAmbiguous)
    }
}

@Suite struct PayloadFormatTests {
    @Test(arguments: [
        ("{}", nil, PayloadFormat.json), ("", nil, .protobuf), ("", "application/json", .json),
        ("", "Application/JSON; charset=utf-8", .json), ("", "text/plain", .protobuf),
        ("\n\u{1}a", "application/json", .json), (" \t\r\n{}", nil, .json), ("\n{\"pageSize\": 3}", nil, .json),
        ("\u{FEFF}{}", nil, .json), ("[]", nil, .json), ("  ", nil, .protobuf), ("\n\u{1}a", nil, .protobuf),
        ("\n{" + String(repeating: "x", count: 123), nil, .protobuf), (" {", nil, .protobuf),
        ("\n{\"a\":1}", "application/protobuf", .protobuf), ("[]", "application/json", .json),
        ("x", "APPLICATION/JSON ; Charset=\"UTF-8\"", .json), ("{}", "application/problem+json", .json),
        ("\"", nil, .protobuf),
    ])
    func format(_ payload: String, _ type: String?, _ expected: PayloadFormat) {
        #expect(PayloadFormat(payload: Array(payload.utf8), contentType: type) == expected)
    }
}

@Suite struct PageTokenTests {
    static let binding = PageToken.Binding(
        method: "ListContracts", filter: "a = 1", order: "name", domain: "/provider/")

    @Test(
        arguments: [
            [], ["a"], [nil], ["", nil, "name with \u{0} and 한국어", "0190-…"], [String](repeating: "x", count: 16),
        ] as [[String?]])
    func roundTrip(_ position: [String?]) throws {
        let text = PageToken(position: position).text(for: Self.binding)
        #expect(text.utf8.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "=") })
        #expect(try PageToken.read(text, for: Self.binding) == PageToken(position: position))
    }

    @Test func emptyIsTheFirstPage() throws {
        #expect(try PageToken.read("", for: Self.binding) == nil)
    }

    @Test(arguments: [
        PageToken.Binding(method: "ListContacts", filter: "a = 1", order: "name", domain: "/provider/"),
        PageToken.Binding(method: "ListContracts", filter: "a = 2", order: "name", domain: "/provider/"),
        PageToken.Binding(method: "ListContracts", filter: "a = 1", order: "id", domain: "/provider/"),
        PageToken.Binding(method: "ListContracts", filter: "a = 1", order: "name", domain: "/provider/d1/"),
        PageToken.Binding(method: "ListContracts", filter: "a = 1n", order: "ame", domain: "/provider/"),
    ])
    func otherListsAreRefused(_ other: PageToken.Binding) {
        let text = PageToken(position: ["a"]).text(for: Self.binding)
        let problem = #expect(throws: Problem.self) { try PageToken.read(text, for: other) }
        #expect(problem?.code == .invalidArgument)
        #expect(problem?.violations.first?.field == "page_token")
    }

    @Test func damageIsRefused() throws {
        let text = PageToken(position: ["abc", nil]).text(for: Self.binding)
        for place in text.indices {
            var damaged = text
            damaged.replaceSubrange(place...place, with: text[place] == "A" ? "B" : "A")
            // The last character may carry bits that decoding ignores.
            if place == text.indices.last { continue }
            #expect(throws: Problem.self, "\(damaged)") { try PageToken.read(damaged, for: Self.binding) }
        }
        for garbage in ["A", "====", "한국어", String(text.dropLast(4)), String(repeating: "A", count: 9000), "!!!!"] {
            #expect(throws: Problem.self, "\(garbage)") { try PageToken.read(garbage, for: Self.binding) }
        }
    }
}
