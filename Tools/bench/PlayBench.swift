import CampaignKit
import Foundation
import JourneyKit
import PlayLauncherWire
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import TestKit
import Wire

/// Success plays, beside durable workflows of DBOS for Python (three recorded inserts each) on the same Postgres: carried
/// out per second with 1, 16 and 64 in flight, in turns, so that a change of the machine's mood touches both.
struct PlayBench {
    private static let play = "Setup Next Quarterly Business Review"
    private static let rounds = 5
    private static let seconds = 3.0
    /// From the launch of a play until its record is there, alone.
    private static let aim = 50.0

    private let stack: BenchStack
    private let client: Client
    private let manager: Credential
    private let request: LaunchPlayRequest
    private let watch: RunWatch

    static func measure(_ stack: BenchStack) async throws {
        let journey = Journey(stack.world())
        try await journey.meetPeople()
        try await journey.openAccount()
        try await journey.seeCaseAndTasks()
        try await journey.goLive()
        try await journey.createEngagement()
        try await PlayBench(stack, journey).measure()
    }

    private init(_ stack: BenchStack, _ journey: Journey) async throws {
        self.stack = stack
        client = Client(NATSTransport(stack.connection))
        manager = try journey.credential(.successManager)
        var offer = ListPlayCategoriesRequest()
        offer.sourceTable = "engagement"
        let categories = try await client.call(PlayLauncherAPI.listPlayCategories, offer, as: manager).categories
        let entries = categories.flatMap { $0.entries + $0.subcategories.flatMap(\.entries) }
        guard let entry = entries.first(where: { $0.title == Self.play }) else {
            throw JourneyFailure("the launcher does not offer \(Self.play)")
        }
        var request = LaunchPlayRequest()
        request.definitionRecord = entry.definitionRecord
        request.sourceTable = "engagement"
        request.sourceRecord = journey.engagement.id
        request.answers = #"{"meeting_date": "2027-03-15"}"#
        self.request = request
        watch = try RunWatch(try stack.connectionString("ale_play_launcher"))
    }

    private func measure() async throws {
        let dbos = try await WorkflowFloor.prepared(stack)
        if dbos == nil { print("DBOS cannot be installed here: success plays are measured alone.") }
        // The first fills caches and plans.
        _ = try await carriedOut(inFlight: 16)
        for inFlight in [1, 16, 64] {
            var (plays, workflows, latencies): ([Double], [Double], Latencies) = ([], [], .init())
            for _ in 0..<Self.rounds {
                let round = try await carriedOut(inFlight: inFlight)
                plays.append(round.perSecond)
                latencies.add(round.latencies)
                if let dbos { workflows.append(try await dbos.perSecond(inFlight: inFlight, seconds: Self.seconds)) }
            }
            print(Self.line("success plays, \(inFlight) in flight", plays, against: workflows))
            // Each line at once, also into a pipe or a file.
            fflush(nil)
            guard inFlight == 1 else { continue }
            // Of all rounds together: one of them has too few for its hundredth to be more than its slowest.
            let latency = latencies.percentile(99)
            print(
                String(
                    format: "launch of a play to its record alone, of %ld: median %.1f ms, p99 %.1f, aim < %.0f: %@",
                    latencies.samples.count, latencies.percentile(50), latency, Self.aim,
                    latency < Self.aim ? "met" : "missed"))
        }
        try await printCost()
        await watch.close()
    }

    private static func line(_ name: String, _ values: [Double], against floor: [Double]) -> String {
        func text(_ values: [Double]) -> String {
            String(format: "%.1f/s (%.1f to %.1f)", median(values), values.min() ?? 0, values.max() ?? 0)
        }
        guard !floor.isEmpty else { return "\(name): \(text(values))" }
        let ratio = median(values) / median(floor)
        return "\(name): \(text(values)), DBOS \(text(floor)), ratio \(String(format: "%.2f", ratio)), aim ≥ 1: "
            + (ratio >= 1 ? "met" : "missed")
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }

    /// Plays that were carried out to their end, per second, and how long it took until their record was there.
    private func carriedOut(inFlight: Int) async throws -> (perSecond: Double, latencies: Latencies) {
        watch.begin()
        let start = ContinuousClock.now
        let end = start + .milliseconds(Int(Self.seconds * 1_000))
        let launches = try await withThrowingTaskGroup(of: [String: Timestamp].self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    var launches: [String: Timestamp] = [:]
                    while ContinuousClock.now < end {
                        let launched = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
                        let run = try await client.call(PlayLauncherAPI.launchPlay, request, as: manager).id
                        launches[run] = launched
                        try await watch.ended(run)
                    }
                    return launches
                }
            }
            return try await group.reduce(into: [:]) { all, own in all.merge(own) { first, _ in first } }
        }
        let took = start.duration(to: .now)
        return (Double(launches.count) / (took / .seconds(1)), try await watch.latencies(of: launches))
    }

    /// What a play costs: processor time of each program, commits, write-ahead log.
    private func printCost() async throws {
        try await toldOfAll()
        let services = ["play-launcher", "customer-success", "notifier", "onboarding"]
        let before = try await spent(services)
        let count = 200
        for _ in 0..<count {
            try await watch.ended(try await client.call(PlayLauncherAPI.launchPlay, request, as: manager).id)
        }
        try await toldOfAll()
        let after = try await spent(services)
        let costs = zip(services.map { "\($0) ms" } + ["commits", "KB of log"], zip(before, after)).map { name, pair in
            String(format: "%.1f %@", (pair.1 - pair.0) / Double(count), name)
        }
        print("a success play costs \(costs.joined(separator: ", "))")
    }

    /// Waits until people have been told of every run: the notifier and its mails end behind them.
    private func toldOfAll() async throws {
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            let told = try await stack.psql([
                "-Atc",
                """
                SELECT NOT EXISTS (SELECT FROM notifier.mail_queue) AND (SELECT count(*) FROM play_launcher.flow_run \
                WHERE state = 'completed') = (SELECT count(*) FROM notifier.success_launcher_notifier \
                WHERE status = 'completed')
                """,
            ])
            if told.hasPrefix("t") { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw JourneyFailure("the notifier did not tell of all runs")
    }

    /// Milliseconds of each service, commits, kilobytes of the log.
    private func spent(_ services: [String]) async throws -> [Double] {
        let times = try services.map { service in
            ProcessTimes([service: try stack.pid(service)]).milliseconds()[service] ?? .nan
        }
        // What the watch asks meanwhile is committed as well.
        let looks = Double(watch.looks)
        let database = try await stack.psql([
            "-Atc",
            """
            SELECT xact_commit, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') / 1024.0 FROM pg_stat_database \
            WHERE datname = 'ale'
            """,
        ])
        let counts = database.split(whereSeparator: { "|\n".contains($0) }).compactMap { Double($0) }
        return times + zip(counts, [looks, 0]).map { $0 - $1 }
    }
}

/// Sees in the database, for all who wait, which runs have ended: one look for all of them, and none before the first of
/// them can have ended, so that looking takes nothing from what is looked at. DBOS is asked nothing meanwhile.
private final class RunWatch: Sendable {
    /// DBOS knows at once when a workflow of its own process has ended: to be told later is no part of a play.
    private static let pause: Duration = .milliseconds(1)
    /// How much of the time of the quickest run passes before a run is looked at.
    private static let untouched = 0.7

    private struct Waiting {
        let since: ContinuousClock.Instant
        let end: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiting: [String: Waiting] = [:]
        /// The quickest run since ``RunWatch/begin()``.
        var quickest: Duration?
    }

    private let pool: Pool
    private let state = Mutex(State())
    private let count = Atomic<Int>(0)
    private let looking: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// How often it has asked the database.
    var looks: Int { count.load(ordering: .relaxed) }

    init(_ connectionString: String) throws {
        pool = try Pool(PoolConfiguration(connectionString: connectionString, size: 1))
        looking.withLock { task in
            task = Task { [self] in
                while !Task.isCancelled {
                    try? await look()
                    try? await Task.sleep(for: Self.pause)
                }
            }
        }
    }

    /// Runs from here on take another time than those before.
    func begin() { state.withLock { $0.quickest = nil } }

    /// Returns when the run is over.
    func ended(_ run: String) async throws {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiting[run] = Waiting(since: .now, end: continuation) }
        }
    }

    /// How long it took from each launch until the record of the run was there, as its step was recorded.
    func latencies(of launches: [String: Timestamp]) async throws -> Latencies {
        let rows = try await pool.run(
            """
            SELECT run, min(at) FROM play_launcher.flow_step WHERE run = ANY(\(Array(launches.keys))::uuid[]) \
            AND kind = 'call' AND state = 'done' GROUP BY run
            """, settings: Self.settings, readOnly: true)
        var latencies = Latencies()
        for row in rows {
            guard let launched = launches[try row.string(at: 0)] else { continue }
            latencies.add(.microseconds(try row.timestamp(at: 1) - launched.microseconds))
        }
        return latencies
    }

    func close() async {
        looking.withLock { $0 }?.cancel()
        await pool.close()
    }

    private static var settings: [(name: String, value: String)] {
        Caller.service("play-launcher", domain: .root).scope.settings
    }

    private func look() async throws {
        let now = ContinuousClock.now
        let known = state.withLock { state in
            let early = (state.quickest ?? .zero) * Self.untouched
            return state.waiting.filter { $0.value.since + early <= now }.keys
        }
        guard !known.isEmpty else { return }
        count.add(1, ordering: .relaxed)
        let rows = try await pool.run(
            """
            SELECT id FROM play_launcher.flow_run WHERE id = ANY(\(Array(known))::uuid[]) \
            AND state IN ('completed', 'failed')
            """, settings: Self.settings, readOnly: true)
        for row in rows {
            let run = try row.string(at: 0)
            let found = state.withLock { state -> Waiting? in
                guard let found = state.waiting.removeValue(forKey: run) else { return nil }
                state.quickest = min(state.quickest ?? .seconds(1), found.since.duration(to: .now))
                return found
            }
            found?.end.resume()
        }
    }
}

/// Workflows of DBOS for Python in a database of their own on the stack's Postgres.
private struct WorkflowFloor {
    private static let environment = "\(BenchStack.root)/.local/dbos"
    private let database: String

    /// Nil where DBOS cannot be installed.
    static func prepared(_ stack: BenchStack) async throws -> WorkflowFloor? {
        let python = "\(environment)/bin/python3"
        if (try? await Command.run(python, ["-c", "import dbos"])) == nil {
            guard (try? await Command.run("/usr/bin/env", ["python3", "-m", "venv", environment])) != nil,
                (try? await Command.run(python, ["-m", "pip", "install", "-q", "dbos==3.4.0", "psycopg[binary]"]))
                    != nil
            else { return nil }
        }
        try await stack.psql(["-c", "CREATE DATABASE dbos"])
        return WorkflowFloor(database: try stack.url(ofDatabase: "dbos"))
    }

    func perSecond(inFlight: Int, seconds: Double) async throws -> Double {
        let output = try await Command.run(
            "\(Self.environment)/bin/python3",
            ["\(BenchStack.root)/Tools/bench/dbos_plays.py", database, String(inFlight), String(seconds)])
        guard let rate = output.split(separator: "\n").last?.split(separator: " ").first.flatMap({ Double($0) }) else {
            throw JourneyFailure("DBOS said: \(output)")
        }
        return rate
    }
}
