import Foundation
import Testing

@testable import Flows

/// Values that hold others many times over: small in memory, and endless for whoever goes through them.
@Suite(.timeLimit(.minutes(15))) struct JQWeightTests {
    private static let child = "FLOWS_WEIGHT_CHILD"
    private static let doubled = "reduce range(40) as $i (1; [., .])"

    /// What would keep libjq at work for years, or take all memory there is.
    static let heavy: [String] = [
        "\(doubled) | tojson", "\(doubled) | \"\\(.)\"",
        "\(doubled) | . == [1]", "\(doubled) | [., .] | sort", "\(doubled) | . + 1", "\(doubled) | error(.)",
        "reduce range(40) as $i (1; {a: ., b: .}) | tojson",
        "reduce range(40) as $i ([1]; . as $x | setpath([0]; $x) | setpath([1]; $x))",
        "reduce range(40) as $i ([1, 1]; . as $x | .[] |= $x)", "reduce range(40) as $i ([1]; [.] + [.])",
        "reduce range(40) as $i ({a: 1}; . * {b: {c: ., d: .}})",
        "reduce range(40) as $i ([1, 1]; . as $x | walk(if type == \"number\" then $x else . end))",
        "[1] | until(false; [., .])", "[[1] | recurse([., .]; true)] | length", "[while(true; [., .])]",
        "reduce range(18) as $i (1; [., .]) | . as $x | [range(10000)] | sort_by($x)",
        "[range(10000)] | map(\"\") | join(\"x\" * 1000000)",
        (0..<40).map { _ in "[., .]" }.joined(separator: " | ") + " | tojson",
        "\(String(repeating: "[", count: 30)).\(String(repeating: ", .]", count: 30)) | \(doubled) | length",
        "\"\\([[., .], [., .]] | \(doubled) | tojson)\"", ". as {\"a\\(\(doubled) | tojson)\": $x} | $x",
    ]

    @Test func whatHoldsItselfManyTimesIsRefused() async throws {
        guard ProcessInfo.processInfo.environment[Self.child] == nil else { return try Self.evaluate() }
        // In a process of its own, with little memory: what is wrong here takes it down.
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [
            "-c",
            """
            ulimit -v 12000000; exec timeout 500 "$0" --testing-library swift-testing \
            --filter 'FlowsTests.JQWeightTests/whatHoldsItselfManyTimesIsRefused'
            """, CommandLine.arguments[0],
        ]
        process.environment = ProcessInfo.processInfo.environment.merging([Self.child: "1"]) { $1 }
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(said.suffix(4_000))")
    }

    private static func evaluate() throws {
        for source in heavy {
            let jq = try JQ([JQExpression(source)])
            let start = ContinuousClock.now
            #expect(throws: JQError.self, "\(source)") { try jq.evaluate(0, input: [1]) }
            #expect(start.duration(to: .now) < .seconds(60), "\(source)")
        }
    }

    /// A machine that is busy with others ends nothing.
    @Test func onlyWhatComputesUsesUpItsTime() {
        let waiting = JQTime()
        Thread.sleep(forTimeInterval: 2.5)
        #expect(!waiting.isOver)
        let computing = JQTime()
        let begin = Self.processorSeconds()
        while !computing.isOver {}
        #expect(Self.processorSeconds() - begin < 4)
    }

    /// What this thread has computed so far.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// What grows by a little at a time is not in the way.
    @Test(arguments: [
        ("reduce range(2000) as $i ([]; . + [$i]) | length", "2000"),
        ("reduce range(2000) as $i ({}; .[\"k\\($i)\"] = {n: $i}) | length", "2000"),
        ("reduce range(5000) as $i ({}; .[\"k\\($i % 100)\"] += 1) | length", "100"),
        ("[range(10000)] | map({a: ., b: [.]}) | group_by(.a % 7) | length", "7"),
        ("[range(5000)] | map({key: tostring, value: .}) | from_entries | with_entries(.value += 1) | length", "5000"),
        ("[limit(5; .[]?)] | [.[0]?, {a: [1]}[\"a\"], [[1]][0]]", "[null,[1],[1]]"),
        (". as [$a, {b: $c}] | {$a, c: [$c]} | [.a, .c][1]", "[null]"), ("[ ] | length", "0"), ("{} | [.]", "[{}]"),
    ])
    func whatGrowsByLittleIsFine(_ source: String, _ expected: String) throws {
        #expect(try JQTests.run(source, .array([])).text == expected)
    }

    @Test(arguments: [
        ("[1]", "([1]|__sized)"), ("[]", "[]"), (".a[0]", ".a[0]"), ("[.a[1]][0]", "([.a[1]]|__sized)[0]"),
        ("{a: [1], $b}", "({a: ([1]|__sized), $b}|__sized)"), (". as [$x] | [$x]", ". as [$x] | ([$x]|__sized)"),
        (". as {a: [$x]} | $x[0]", ". as {a: [$x]} | $x[0]"),
        ("if . then [.] else .[0] end", "if . then ([.]|__sized) else .[0] end"),
        ("\"[1]\\([2])[\" | .[1:2]", "\"[1]\\(([2]|__sized))[\" | .[1:2]"), (".a?[0]", ".a?[0]"),
        ("keys[0]", "keys[0]"),
        (". as [$x] ?// {f: [$x]} | $x", ". as [$x] ?// {f: [$x]} | $x"),
        ("reduce .[] as [$x] ([]; [.])", "reduce .[] as [$x] ([]; __tick |  ([.]|__sized))"),
    ])
    func listsAndObjectsAreWeighed(_ source: String, _ weighed: String) {
        #expect(JQScanner.scan(source) == .fine(weighed))
    }
}
