import Foundation
import JourneyKit
import PlayLauncherWire
import RPC
import Wire

/// Runs that wait, and steps that call nobody: what flows cost beyond their calls.
struct FlowBench {
    /// Runs that wait.
    private static let waiting = 100_000
    /// Of these, how many wake at once.
    private static let woken = 1_000
    /// By how much the runner may grow with all of them, in megabytes.
    private static let growth = 10.0
    /// Within how long those that wake have to be on their way again, in seconds.
    private static let wakeTime = 5.0
    /// Steps each second that call nobody.
    private static let stepAim = 1_000.0
    private static let rounds = 5

    private let stack: BenchStack
    private let client: Client
    private let administrator: Credential
    private let manager: Credential
    private let engagement: String

    private init(_ stack: BenchStack) async throws {
        let journey = Journey(stack.world())
        try await journey.meetPeople()
        try await journey.openAccount()
        try await journey.seeCaseAndTasks()
        try await journey.goLive()
        try await journey.createEngagement()
        self.stack = stack
        client = Client(NATSTransport(stack.connection))
        administrator = try journey.credential(.playAdministrator)
        manager = try journey.credential(.successManager)
        engagement = journey.engagement.id
    }

    /// 100,000 waiting runs: what the runner holds of them, and how soon those that are due go on.
    static func measureWaiting(_ stack: BenchStack) async throws {
        let bench = try await FlowBench(stack)
        let entry = try await bench.publish("bench-waits", "  - one: {wait: PT100H}\n  - two: {wait: PT100H}\n")
        let run = try await bench.launch(entry)
        try await bench.wait(for: "a run that waits") {
            try await bench.count("flow_run WHERE id = '\(run)' AND state = 'waiting'") == 1
        }
        try await bench.settle()
        let before = try bench.memory()
        try await bench.multiply(run)
        // Looks for due runs, signs of life and statistics go on meanwhile.
        try await Task.sleep(for: .seconds(20))
        let grown = try bench.memory() - before
        Figure.bound("runner, \(waiting) waiting runs: memory", grown, unit: "MB more", under: growth).printed()
        let start = ContinuousClock.now
        try await bench.wake(but: run)
        try await bench.wait(for: "runs that go on") {
            try await bench.count("flow_step WHERE key = 'do/one#1' AND state = 'done'") >= woken
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        Figure.bound("\(woken) of \(waiting) waiting runs wake", seconds, unit: "s", under: wakeTime).printed()
    }

    /// Runs of steps that call nobody, from the launch to their stored end.
    static func measureSteps(_ stack: BenchStack) async throws {
        let bench = try await FlowBench(stack)
        let entry = try await bench.publish(
            "bench-steps",
            """
              - begin: {wait: PT0S}
              - loop:
                  for: {each: n, in: '[range(1000)]'}
                  do:
                    - add: {set: {sum: '${ (.sum // 0) + $n }', last: '${ $n }'}}
                    - choose: {switch: [even: {when: '.last % 2 == 0', then: keep}, odd: {then: continue}]}
                    - double: {set: {sum: '${ .sum * 1 }', last: '${ .last }'}}
                    - keep: {set: .}

            """)
        // The wait, by which the runner carries the loop out, the loop, and of each element four steps or three.
        let steps = 2.0 + 1_000 * 3.5
        var rates: [Double] = []
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            let run = try await bench.launch(entry)
            try await bench.wait(for: "a run that is over") {
                try await bench.count("flow_run WHERE id = '\(run)' AND state = 'completed'") == 1
            }
            rates.append(steps / (start.duration(to: .now) / .seconds(1)))
        }
        let sorted = rates.sorted()
        let median = sorted[sorted.count / 2]
        print(
            String(
                format: "steps that call nobody: %.0f/s (%.0f to %.0f), aim ≥ %.0f: %@", median, sorted[0],
                sorted[sorted.count - 1], stepAim, median >= stepAim ? "met" : "missed"))
    }

    // MARK: Flows

    private func publish(_ name: String, _ tasks: String) async throws -> String {
        var definition = CreateFlowDefinitionRequest()
        definition.flowDefinition = FlowDefinition()
        definition.flowDefinition?.definition =
            "document: {dsl: '1.0.0', namespace: ale, name: \(name), version: '1.0.0', title: \(name)}\ndo:\n\(tasks)"
        var record = DefinitionRecord()
        record.flow = try await client.call(PlayLauncherAPI.createFlowDefinition, definition, as: administrator).id
        (record.title, record.category, record.state) = (name, "onboarding", "published")
        var request = CreateDefinitionRecordRequest()
        request.definitionRecord = record
        return try await client.call(PlayLauncherAPI.createDefinitionRecord, request, as: administrator).id
    }

    private func launch(_ entry: String) async throws -> String {
        var request = LaunchPlayRequest()
        (request.definitionRecord, request.sourceTable, request.sourceRecord) = (entry, "engagement", engagement)
        return try await client.call(PlayLauncherAPI.launchPlay, request, as: manager).id
    }

    // MARK: Runs

    /// As many runs as that one, each with its own id.
    private func multiply(_ run: String) async throws {
        try await change(
            """
            SET session_replication_role = replica;
            CREATE TEMPORARY TABLE copied AS SELECT gen_random_uuid() AS id FROM generate_series(2, \(Self.waiting));
            INSERT INTO play_launcher.flow_run
            SELECT (jsonb_populate_record(run, jsonb_build_object('id', copied.id))).*
            FROM play_launcher.flow_run run, copied WHERE run.id = '\(run)';
            INSERT INTO play_launcher.flow_execution
            SELECT (jsonb_populate_record(execution, jsonb_build_object('run', copied.id,
                'machines', replace(execution.machines, '\(run)', copied.id::text)))).*
            FROM play_launcher.flow_execution execution, copied WHERE execution.run = '\(run)';
            INSERT INTO play_launcher.flow_step (run, key, domain, kind, state, began_at, at)
            SELECT copied.id, step.key, step.domain, step.kind, step.state, step.began_at, step.at
            FROM play_launcher.flow_step step, copied WHERE step.run = '\(run)';
            ANALYZE play_launcher.flow_run, play_launcher.flow_execution, play_launcher.flow_step;
            """)
    }

    /// The first wait of some runs is over now.
    private func wake(but run: String) async throws {
        try await change(
            """
            UPDATE play_launcher.flow_execution SET due_at = now(), machines = regexp_replace(machines,
                '"until":[0-9]+', '"until":' || (extract(epoch FROM now()) * 1000)::bigint)
            WHERE run IN (SELECT run FROM play_launcher.flow_execution WHERE run <> '\(run)' LIMIT \(Self.woken))
            """)
    }

    private func change(_ statements: String) async throws { _ = try await stack.psql(["-c", statements]) }

    private func count(_ rows: String) async throws -> Int {
        let text = try await stack.psql(["-Atc", "SELECT count(*) FROM play_launcher.\(rows)"])
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    private func wait(for what: String, _ isSo: () async throws -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < limit {
            if try await isSo() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw JourneyFailure("there was nothing of \(what)")
    }

    /// Gives the service time to let go of what the launch has taken.
    private func settle() async throws { try await Task.sleep(for: .seconds(5)) }

    /// What the runner's process holds, in megabytes.
    private func memory() throws -> Double { BenchStack.memory(try stack.pid("play-launcher"), "VmRSS") / 1_024 }
}
