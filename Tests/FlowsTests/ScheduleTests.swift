import Testing

@testable import Flows

/// When a flow says that it begins by itself: what is read of it, what is refused with its place, and which events are enough.
@Suite struct ScheduleTests {
    private static let now = FlowInstant(milliseconds: 1_800_000_000_000)

    private static func flow(_ schedule: String) throws -> CompiledFlow {
        try FlowSource.compile(yaml: FeatureTests.head + "schedule: \(schedule)\ndo: [a: {set: $input}]")
    }

    @Test func aScheduleIsOneOfFour() throws {
        #expect(try FlowSource.compile(yaml: FeatureTests.head + "do: [a: {set: $input}]").schedule == nil)
        let cron = try #require(Self.flow("{cron: '0 6 * * 1'}").schedule)
        #expect(cron.kind == .cron(try #require(CronFields("0 6 * * 1"))) && cron.text == "cron: 0 6 * * 1")
        let every = try #require(Self.flow("{every: {hours: 2}}").schedule)
        #expect(every.kind == .every(7_200_000) && every.text == #"every: {"hours":2}"#)
        let after = try #require(Self.flow("{after: PT5M}").schedule)
        #expect(after.kind == .after(300_000) && after.text == "after: PT5M")
        let on = try Self.flow("{on: {any: [{with: {type: b.c}}, {with: {type: a}}]}}")
        #expect(on.schedule?.kind == .events(["a", "b.c"]) && on.schedule?.text == "on: a, b.c")
        // What begins a run is nothing that a run listens to.
        #expect(on.eventTypes.isEmpty && !on.gathers)
    }

    @Test(arguments: [
        ("{cron: '0 25 * * *'}", 2, 18, "Minute, hour"), ("{cron: '0 0 31 2 *'}", 2, 18, "Minute, hour"),
        ("{every: PT59S}", 2, 19, "At least a minute"), ("{after: P400D}", 2, 19, "up to 366 days"),
        ("{every: '${ .n }'}", 2, 19, "A duration"), ("{}", 2, 11, "one of every, cron, after, on"),
        ("{every: PT1H, cron: '0 6 * * 1'}", 2, 11, "one of every, cron, after, on"),
        ("{at: noon}", 2, 12, "Unknown key 'at'"), ("{on: {}}", 2, 16, "one of one, any, all"),
        ("{on: {any: [{with: {type: a}}], until: {one: {with: {type: b}}}}}", 2, 51, "'until an event'"),
        ("{on: {one: {with: {type: a, data: '${ .x | }'}}}}", 2, 45, "The expression is refused"),
    ])
    func whatIsNoScheduleIsRefusedWithItsPlace(_ text: String, _ line: Int, _ column: Int, _ why: String) throws {
        let refused = try problem(FeatureTests.head + "schedule: \(text)\ndo: [a: {set: {}}]")
        #expect(refused.line == line && refused.column == column, "\(refused)")
        #expect(refused.text.en.contains(why), "\(refused.text.en)")
    }

    /// The events of each run that a schedule begins, by their data.
    private static func runs(_ on: String, _ events: [JSONValue]) throws -> [[JSONValue]] {
        let machine = FlowMachine(try flow("{on: \(on)}"))
        var (gatherings, runs) = ([String: FlowGathering](), [[JSONValue]]())
        for event in events {
            guard let key = machine.correlation(of: event, now: now)?.text else { continue }
            let stored = try #require(FlowGathering(json: (gatherings[key] ?? FlowGathering()).json))
            guard let next = machine.gather(event, behind: stored, now: now) else { continue }
            gatherings[key] = next.isEnough ? nil : next.gathering
            if next.isEnough { runs.append(next.gathering.events.map { $0["data"] ?? .null }) }
        }
        return runs
    }

    @Test(arguments: [
        (
            "{one: {with: {type: a}}}",
            [ListenTests.event("b", 1), ListenTests.event("a", 2), ListenTests.event("a", 3)],
            "[[2],[3]]"
        ),
        (
            "{one: {with: {type: a, data: '${ .t > 38 }'}}}",
            [ListenTests.event("a", ["t": 37]), ListenTests.event("a", ["t": 39])], #"[[{"t":39}]]"#
        ),
        (
            "{all: [{with: {type: a}}, {with: {type: b}}]}",
            [
                ListenTests.event("a", 1), ListenTests.event("a", 2), ListenTests.event("b", 3),
                ListenTests.event("b", 4),
            ],
            "[[1,3]]"
        ),
        (
            "{any: [{with: {type: a}}, {with: {type: b}}], until: 'length == 2'}",
            [ListenTests.event("a", 1), ListenTests.event("b", 2), ListenTests.event("a", 3)], "[[1,2]]"
        ),
        // What `correlate` tells apart is gathered apart.
        (
            "{all: [{with: {type: a}, correlate: {o: {from: .data.o}}}, {with: {type: b}, correlate: {o: {from: .data.o}}}]}",
            [
                ListenTests.event("a", ["o": 1]), ListenTests.event("a", ["o": 2]), ListenTests.event("b", ["o": 2]),
                ListenTests.event("b", ["o": 1]),
            ], #"[[{"o":2},{"o":2}],[{"o":1},{"o":1}]]"#
        ),
        // An expression that fails takes nothing.
        ("{one: {with: {type: a, data: '${ .t.u > 38 }'}}}", [ListenTests.event("a", "text")], "[]"),
    ])
    func aScheduleTakesTheEventsItNames(_ on: String, _ events: [JSONValue], _ runs: String) throws {
        #expect(JSONValue.array(try Self.runs(on, events).map(JSONValue.array)).text == runs)
    }

    /// A `listen` compares with the first event that it has heard as well, where nothing is expected.
    @Test func whatIsHeardTogetherBelongsTogether() throws {
        let correlated = "correlate: {o: {from: .data.o}}"
        let end = try ListenTests.hear(
            "do: [l: {listen: {to: {all: [{with: {type: a}, \(correlated)}, {with: {type: b}, \(correlated)}]}}}]",
            [
                ListenTests.event("a", ["o": 1]), ListenTests.event("b", ["o": 2]), ListenTests.event("b", ["o": 1]),
            ])
        #expect(end == .completed([["o": 1], ["o": 1]]))
    }
}
