import Testing

@testable import Flows

@Suite struct JQTests {
    static func run(_ source: String, _ input: JSONValue = .null, _ variables: [String: JSONValue] = [:]) throws
        -> JSONValue
    {
        let jq = try JQ([JQExpression(source, variables: variables.keys.sorted())])
        return try jq.evaluate(0, input: input, variables: variables)
    }

    @Test(arguments: [
        (".a.b", "7"), ("{a: 1, name: .a.b, \"x y\": 2}", #"{"a":1,"name":7,"x y":2}"#), ("[.l[] | . * 2]", "[2,4,6]"),
        ("\"n=\\(.a.b + 1)!\"", "\"n=8!\""), ("if .a.b > 5 then \"big\" else \"small\" end", "\"big\""),
        ("$x + 1 # a comment", "42"), (".missing // \"none\"", "\"none\""), ("[range(3)]", "[0,1,2]"),
        ("[range(1; 4)]", "[1,2,3]"), ("[range(0; 10; 4)]", "[0,4,8]"), ("[range(5; 0; -2)]", "[5,3,1]"),
        (".l | add", "6"), ("try error(\"x\") catch .", "\"x\""), ("{$x}", #"{"x":41}"#), (".s | length", "2"),
        (".s + \"!\"", "\"한글!\""), ("[.l[] as $y | $y + $x]", "[42,43,44]"), ("{(.s): 1} | keys", "[\"한글\"]"),
        ("{range: 1, now: 2} | .now", "2"), (".l | map(select(. > 1))", "[2,3]"), ("null", "null"),
        ("[3,1] - [1]", "[3]"), (".l | contains([2])", "true"), ("-(.a.b)", "-7"),
        ("@json \"v \\(.l)\"", "\"v [1,2,3]\""), ("[limit(2; .l[])]", "[1,2]"),
        ("\"a,b\" | split(\",\")", #"["a","b"]"#),
        ("0 | todate", "\"1970-01-01T00:00:00Z\""),
    ])
    func expressionsGiveTheirValue(source: String, expected: String) throws {
        let input: JSONValue = ["a": ["b": 7], "l": [1, 2, 3], "s": "한글"]
        #expect(try Self.run(source, input, ["x": 41]).text == expected)
    }

    @Test(arguments: [
        "now", "input", "[inputs]", "debug", "env", "env.PATH", "$ENV.PATH", "halt", "input_filename", "repeat(.)",
        "[recurse(.a)]", "while(true; .)", "until(false; .)", "def f: f; f", "reduce .[] as $x (0; . + $x)",
        "foreach .[] as $x (0; .)", "import \"a\" as a; 1", "$__in", "$__loc__", ".a = 1", ".a |= 2", ".a += 1",
        ".a //= 1", "setpath([9999999]; 1)", "[-1] | implode", "gsub(\"\"; \"a\")", "localtime", "\"\\(now)\"",
        "@base64d", "a::b", "1) | (2", "(1", "1]", "\"abc", "{a: (1}", "stderr", "paths", "path(.a)", "capture(\"a\")",
        "sub(\"a\"; \"b\")", "getpath([\"a\"]) | input_line_number",
        "combinations", "1 \u{0}", "__plus(1; 2)", "_plus(1; 2)",
    ])
    func whatFlowsMayNotUseIsRefused(source: String) {
        #expect {
            try JQ([JQExpression("."), JQExpression(source, variables: ["x"]), JQExpression(".a")])
        } throws: { error in
            guard case .refused(1, let reason) = error as? JQError else { return false }
            return !reason.isEmpty
        }
    }

    @Test(arguments: [".a +", "if . then 1", "$unknown", "length(1; 2)", "{a b}", ".[", "| 1", "break $x"])
    func whatDoesNotCompileIsRefusedByIndex(source: String) {
        let fine = (0..<20).map { JQExpression(".a\($0)") }
        #expect {
            try JQ(fine + [JQExpression(source)] + fine)
        } throws: { error in
            guard case .refused(20, let reason) = error as? JQError else { return false }
            return !reason.isEmpty && !reason.contains("Unix shell") && !reason.contains("__in")
        }
    }

    @Test(arguments: [
        (".[]", "[1,2]"), ("empty", "1"), ("error(\"stop\")", "1"), (".a", "1"), ("[range(10001)] | length", "1"),
        ("[range(0; 1; 0.00001)] | length", "1"), ("\"x\" * 1000000000", "1"), ("tonumber", "\"nan\""), (". / 0", "1"),
        ("todate", "1e300"), ("strftime(\"%Y\")", "-1e300"), ("split(\"a\"; \"g\")", "\"banana\""), ("..", "[1]"),
        ("del(.[] | error(\"x\"))", "[1,2]"), ("first(.[]), last(.[])", "[1,2]"), ("mktime", "[1e300]"),
        ("[range(2000)] as $a | $a - $a", "1"), ("[range(2000)] as $a | $a | contains($a)", "1"),
        ("test(\"(\")", "\"a\""), ("test(\"(a|aa)+$b\")", #""\#(String(repeating: "a", count: 20_000))""#),
        (". + .", #""\#(String(repeating: "y", count: 600_000))""#),
    ])
    func failuresOfAnExpressionAreErrors(source: String, input: String) throws {
        let jq = try JQ([JQExpression(source)])
        let value = try JSONValue(parsing: input)
        #expect(throws: JQError.self) { try jq.evaluate(0, input: value) }
        // The state can be used again afterwards.
        #expect(throws: JQError.self) { try jq.evaluate(0, input: value) }
    }

    @Test func aResultThatIsTooLargeIsRefused() throws {
        let jq = try JQ(
            [JQExpression("[range(100)]"), JQExpression("\"\\(.)\(String(repeating: "z", count: 100))\"")],
            limits: JSONLimits(bytes: 50, depth: 8, values: 50))
        #expect(throws: JQError.unfit("the result has more than 50 values")) { try jq.evaluate(0, input: .null) }
        #expect(throws: JQError.unfit("the result is longer than 50 bytes")) { try jq.evaluate(1, input: .null) }
        let nested = try JQ([JQExpression("[[[[[[[[[[1]]]]]]]]]]")], limits: JSONLimits(depth: 8))
        #expect(throws: JQError.unfit("the result is nested deeper than 8")) { try nested.evaluate(0, input: .null) }
    }

    @Test func anExpressionOfManyRunsManyTimesFromManyTasks() async throws {
        let jq = try JQ((0..<50).map { JQExpression(". + $k + \($0)", variables: ["k"]) })
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<50 {
                group.addTask {
                    (0..<50).allSatisfy { round in
                        let value = try? jq.evaluate(
                            index, input: .number(Double(round)), variables: ["k": .number(1000)])
                        return value == .number(Double(round + 1000 + index))
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
