import Foundation
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
        "def f: f; f", "import \"a\" as a; 1", "$__in", "$__loc__", "localtime", "\"\\(now)\"", "fromstream(1)",
        "@base64d", "a::b", "1) | (2", "(1", "1]", "\"abc", "{a: (1}", "stderr",
        "getpath([\"a\"]) | input_line_number", "1 \u{0}", "__plus(1; 2)", "_plus(1; 2)", "__tick", "__inputs",
        String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
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
        ("[range(0; 1; 0.00001)] | length", "1"), ("\"x\" * 1000000000", "1"), (". / 0", "1"),
        ("todate", "1e300"), ("strftime(\"%Y\")", "-1e300"), ("..", "[1]"),
        ("del(.[] | error(\"x\"))", "[1,2]"), ("first(.[]), last(.[])", "[1,2]"), ("mktime", "[1e300]"),
        ("[range(2000)] as $a | $a - $a", "1"), ("[range(2000)] as $a | $a | contains($a)", "1"),
        ("test(\"(\")", "\"a\""), ("test(\"(a|aa)+$b\")", #""\#(String(repeating: "a", count: 20_000))""#),
        (". + .", #""\#(String(repeating: "y", count: 600_000))""#),
        ("until(false; .)", "1"), ("[while(true; .)]", "1"), ("[recurse(.)] | length", "1"),
        ("reduce range(10000) as $i (0; [.])", "1"), ("until(false; [[.]])", "1"), ("[recurse([.])] | length", "1"),
        ("(range(10000) as $i | .a) |= [.]", "{}"), ("reduce range(10000) as $i (0; reduce 1 as $j (.; {a: .}))", "1"),
        ("reduce range(10000) as $x (0; reduce range(10000) as $y (.; . + 1))", "1"),
        ("try until(false; .) catch until(false; .)", "1"),
        (".[1000000] = 1", "[]"), ("setpath([9999999]; 1)", "null"), ("setpath([range(201) | \"a\"]; 1)", "null"),
        ("[-1] | implode", "1"), ("[55296] | implode", "1"), ("[range(2000)] as $a | $a | indices($a)", "1"),
        // These never end by themselves, or not for years.
        ("gsub(\"\"; \"a\")", "\"abc\""), ("[range(10000) | range(10000) | range(10000)] | length", "1"),
        ("[path(range(10000) | range(10000) | range(10000) | empty)]", "1"),
    ])
    func failuresOfAnExpressionAreErrors(source: String, input: String) throws {
        let jq = try JQ([JQExpression(source)])
        let value = try JSONValue(parsing: input)
        #expect(throws: JQError.self) { try jq.evaluate(0, input: value) }
        // The state can be used again afterwards.
        #expect(throws: JQError.self) { try jq.evaluate(0, input: value) }
    }

    /// What stock jq 1.6 answers, expression by expression: the first line of the file is the input, `!` is an error.
    static let recorded: [(source: String, answer: String)] = lines.dropFirst().map { line in
        let parts = line.split(separator: "\t", maxSplits: 1)
        return (String(parts[0]), String(parts[1]))
    }
    private static let lines: [Substring] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("jq-1.6.tsv")
        return ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
    }()

    /// Stock jq compiles these, and flows refuse them when they are saved.
    private static let refused: Set = ["input_line_number?", "now | type", "$__loc__ | .line", "def f: 1; f"]

    @Test func expressionsDoAsStockJQ() throws {
        let input = try JSONValue(parsing: String(try #require(Self.lines.first)))
        #expect(Self.recorded.count > 250)
        let fine = Self.recorded.filter { !Self.refused.contains($0.source) }
        let jq = try JQ(fine.map { JQExpression("[\($0.source)\n]") })
        for (index, (source, answer)) in fine.enumerated() {
            let result = try? jq.evaluate(index, input: input)
            let expected = answer == "!" ? JSONValue?.none : try JSONValue(parsing: answer)
            #expect(result == expected, "\(source)")
        }
        for source in Self.refused { #expect(throws: JQError.self) { try JQ([JQExpression(source)]) } }
    }

    /// The answers are those of the program that is installed, where it is that of the file.
    @Test func theAnswersAreThoseOfStockJQ() throws {
        let input = String(try #require(Self.lines.first))
        guard try Self.stock(["--version"], "") == "jq-1.6" else { return }
        // All in one: a list of what each gives, or of nothing where it fails.
        let program = Self.recorded.filter { $0.source != "now | type" }
            .map { "try [[\($0.source)\n]] catch []" }.map { "(\($0))" }.joined(separator: ",\n")
        let answers = try #require(try Self.stock(["-c", program], input)).split(separator: "\n")
        let expected = Self.recorded.filter { $0.source != "now | type" }
        #expect(answers.count == expected.count)
        for (answer, expected) in zip(answers, expected) where !Self.refused.contains(expected.source) {
            #expect(answer == (expected.answer == "!" ? "[]" : "[\(expected.answer)]"), "\(expected.source)")
        }
    }

    /// What an installed jq prints; nil without one.
    private static func stock(_ arguments: [String], _ input: String) throws -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/jq")
        process.arguments = arguments
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/jq") else { return nil }
        let (stdin, stdout) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (stdin, stdout)
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).trimmed
    }

    /// Every function of stock jq 1.6 can be used, or is refused by its name.
    @Test func everyBuiltinIsKnown() {
        let all = """
            IN INDEX JOIN acos acosh add all any arrays ascii_downcase ascii_upcase asin asinh atan atan2 atanh booleans
            bsearch builtins capture cbrt ceil combinations contains copysign cos cosh debug del delpaths drem empty
            endswith env erf erfc error exp exp10 exp2 explode expm1 fabs fdim finites first flatten floor fma fmax fmin
            fmod format frexp from_entries fromdate fromdateiso8601 fromjson fromstream gamma get_jq_origin
            get_prog_origin get_search_list getpath gmtime group_by gsub halt halt_error has hypot implode in index
            indices infinite input input_filename input_line_number inputs inside isempty isfinite isinfinite isnan
            isnormal iterables j0 j1 jn join keys keys_unsorted last ldexp leaf_paths length lgamma lgamma_r limit
            localtime log log10 log1p log2 logb ltrimstr map map_values match max max_by min min_by mktime modf
            modulemeta nan nearbyint nextafter nexttoward normals not now nth nulls numbers objects path paths pow pow10
            range recurse recurse_down remainder repeat reverse rindex rint round rtrimstr scalars scalars_or_empty scalb
            scalbln scan select setpath significand sin sinh sort sort_by split splits sqrt startswith stderr
            strflocaltime strftime strings strptime sub tan tanh test tgamma to_entries todate todateiso8601 tojson
            tonumber tostream tostring transpose trunc truncate_stream type unique unique_by until utf8bytelength values
            walk while with_entries y0 y1 yn
            """.split(whereSeparator: \.isWhitespace).map(String.init)
        for name in all where !JQScanner.functions.contains(name) {
            guard case .refused(let reason) = JQScanner.scan(". | \(name)") else {
                return #expect(Bool(false), "\(name)")
            }
            #expect(reason.hasPrefix("'\(name)' is not available in flows"))
        }
    }

    @Test(arguments: [
        ("reduce .[] as $x (0; . + $x)", "reduce .[] as $x (0; __tick |  . + $x)"),
        (
            "reduce (.a | .[]) as [$x, {(\"k\"): $y}] (f(1; 2); g(3; 4); 5)",
            "reduce (.a | .[]) as [$x, {(\"k\"): $y}] (f(1; 2); __tick |  g(3; 4); 5)"
        ),
        (
            "reduce reduce 1 as $a (2; 3) as $b (4; 5)",
            "reduce reduce 1 as $a (2; __tick |  3) as $b (4; __tick |  5)"
        ),
        ("foreach .[] as $x (0; 1; 2)", "foreach .[] as $x (0; __tick |  1; 2)"),
        ("\"reduce (1; 2)\" as $x | limit(1; 2)", "\"reduce (1; 2)\" as $x | limit(1; 2)"),
        ("{reduce: 1} | .reduce as $x | limit(1; 2)", "({reduce: 1}|__sized) | .reduce as $x | limit(1; 2)"),
    ])
    func roundsOfLoopsAreCounted(source: String, counted: String) {
        let names = source.replacing("f(", with: "add(").replacing("g(", with: "any(")
        #expect(JQScanner.scan(names) == .fine(counted.replacing("f(", with: "add(").replacing("g(", with: "any(")))
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
