import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import Platform
@testable import Work

/// When daily jobs run, on a clock that the test sets, and without sleeping.
@Suite struct DailyJobTests {
    /// Lets the loop of a job look at the calendar once at a time.
    private final class Steps: Sendable {
        private let arrived = Signal()
        private let go = Signal()

        /// What the loop does between two looks.
        @Sendable func pause() async {
            arrived.notify()
            await go.wait(atMost: .seconds(300))
        }

        /// Waits until the loop has looked.
        func look() async { await arrived.wait(atMost: .seconds(100)) }

        func next() async {
            go.notify()
            await look()
        }
    }

    /// What a job did: the instants of its runs.
    private final class Runs: Sendable {
        private let runs = Mutex<[String]>([])
        var all: [String] { runs.withLock { $0 } }
        func note(_ run: String) { runs.withLock { $0.append(run) } }
    }

    private struct Loop: Sendable {
        let bench: Bench
        let steps = Steps()
        let runs = Runs()

        init(at instant: String) async throws { bench = try await Bench(at: instant) }

        var clock: TestClock { bench.clock }

        func set(_ instant: String) throws {
            clock.set(instant: try #require(Timestamp(rfc3339: instant), "\(instant)"))
        }

        /// Starts the job and waits for its first look; `during` happens in each run.
        func start(
            _ name: String = "test", _ during: @escaping @Sendable (Int) throws(Problem) -> Void = { _ in }
        ) async -> Task<Void, Never> {
            let job = DailyJob(name) { [clock, runs] _ async throws(Problem) in
                runs.note(clock.now.rfc3339)
                try during(runs.all.count)
                return 1
            }
            let task = Task { [bench, steps] in await job.keep(bench.database, pause: steps.pause) }
            await steps.look()
            return task
        }

        func end(_ task: Task<Void, Never>) async {
            task.cancel()
            await task.value
            await bench.close()
        }
    }

    /// Instants in order, with the seconds around those at which clocks somewhere are changed.
    static let stretches: [[String]] = [
        // Europe goes forward at 2027-03-28T01:00:00Z and back at 2027-10-31T01:00:00Z.
        [
            "2027-03-27T22:59:59Z", "2027-03-27T23:00:00Z", "2027-03-27T23:59:59Z", "2027-03-28T00:00:00Z",
            "2027-03-28T00:59:59Z", "2027-03-28T01:00:00Z", "2027-03-28T01:00:01Z", "2027-03-28T02:00:00Z",
            "2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z", "2027-03-28T23:59:59Z", "2027-03-29T00:00:00Z",
        ],
        [
            "2027-10-30T22:00:00Z", "2027-10-30T23:59:59Z", "2027-10-31T00:00:01Z", "2027-10-31T00:59:59Z",
            "2027-10-31T01:00:00Z", "2027-10-31T01:00:01Z", "2027-10-31T02:00:00Z", "2027-10-31T22:59:59Z",
            "2027-10-31T23:00:00Z", "2027-11-01T00:00:00Z",
        ],
        // New York goes forward at 2027-03-14T07:00:00Z and back at 2027-11-07T06:00:00Z.
        [
            "2027-03-14T04:59:59Z", "2027-03-14T05:00:00Z", "2027-03-14T06:59:59Z", "2027-03-14T07:00:00Z",
            "2027-03-14T07:00:01Z", "2027-03-15T03:59:59Z", "2027-03-15T04:00:00Z", "2027-03-15T05:00:00Z",
        ],
        [
            "2027-11-07T03:59:59Z", "2027-11-07T04:00:00Z", "2027-11-07T05:59:59Z", "2027-11-07T06:00:00Z",
            "2027-11-07T06:00:01Z", "2027-11-08T04:59:59Z", "2027-11-08T05:00:00Z",
        ],
        // Lord Howe by half an hour, Samoa once by a whole day.
        ["2027-04-03T14:59:59Z", "2027-04-03T15:00:00Z", "2027-04-03T15:30:00Z", "2027-04-04T00:00:00Z"],
        ["2011-12-29T12:00:00Z", "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z", "2011-12-31T00:00:00Z"],
        // Leap days, and years without.
        [
            "2028-02-28T23:59:59Z", "2028-02-29T00:00:00Z", "2028-02-29T12:00:00Z", "2028-02-29T23:59:59Z",
            "2028-03-01T00:00:00Z", "2028-03-01T23:59:59Z",
        ],
        ["2027-02-28T00:00:00Z", "2027-02-28T23:59:59Z", "2027-03-01T00:00:00Z", "2100-02-28T23:59:59Z"],
        ["2099-12-31T23:59:59Z", "2100-01-01T00:00:00Z"],
        // The end of a year, and days on which nothing looked.
        ["2027-12-31T23:59:59Z", "2028-01-01T00:00:00Z", "2028-01-01T00:00:01Z", "2028-01-04T00:00:00Z"],
    ]

    /// At the start and then once for each day in UTC, whatever any local clock does.
    @Test(arguments: stretches)
    func itRunsOncePerDay(instants: [String]) async throws {
        let loop = try await Loop(at: instants[0])
        let task = await loop.start()
        for instant in instants.dropFirst() {
            try loop.set(instant)
            await loop.steps.next()
            // Looking again at the same moment changes nothing.
            await loop.steps.next()
        }
        // The first instant of each date, as it is written.
        let expected = instants.reduce(into: [String]()) { found, instant in
            if found.last?.prefix(10) != instant.prefix(10) { found.append(instant) }
        }
        #expect(loop.runs.all == expected)
        await loop.end(task)
    }

    /// Every hour of a leap year and the beginning of the next one.
    @Test func aWholeYearHasEachOfItsDaysOnce() async throws {
        let first = try #require(Timestamp(rfc3339: "2028-01-01T00:30:00Z"))
        let loop = try await Loop(at: first.rfc3339)
        let task = await loop.start()
        for hour in 1..<(367 * 24) {
            loop.clock.set(instant: Timestamp(seconds: first.seconds + Int64(hour) * 3_600, nanos: 0))
            await loop.steps.next()
        }
        let days = loop.runs.all.map { $0.prefix(10) }
        #expect(days.count == 367 && Set(days).count == 367)
        #expect(days.contains("2028-02-29") && days.last == "2029-01-01")
        await loop.end(task)
    }

    @Test func aClockThatIsPutBackBringsNoDayTwice() async throws {
        let loop = try await Loop(at: "2027-06-01T23:59:59Z")
        let task = await loop.start()
        let steps = [
            ("2027-06-02T00:00:02Z", 2), ("2027-06-01T23:59:57Z", 2), ("2027-06-01T23:59:59Z", 2),
            ("2027-06-02T00:00:00Z", 2), ("2027-06-02T00:00:03Z", 2), ("2027-06-03T00:00:00Z", 3),
            // A clock that was wrong by years is believed once it is right.
            ("2061-01-01T00:00:00Z", 4), ("2027-06-03T00:01:00Z", 5), ("2027-06-03T00:01:30Z", 5),
            ("2027-06-04T00:00:00Z", 6),
        ]
        for (instant, count) in steps {
            try loop.set(instant)
            await loop.steps.next()
            #expect(loop.runs.all.count == count, "\(instant)")
        }
        await loop.end(task)
    }

    @Test func whatFailsIsRetried() async throws {
        let loop = try await Loop(at: "2027-06-01T12:00:00Z")
        let task = await loop.start { count throws(Problem) in
            if count < 3 { throw .unavailable() }
        }
        for expected in [2, 3, 3, 3] {
            await loop.steps.next()
            #expect(loop.runs.all.count == expected)
        }
        try loop.set("2027-06-02T00:00:00Z")
        await loop.steps.next()
        #expect(loop.runs.all.count == 4)
        await loop.end(task)
    }

    /// A record that fails keeps none of the others back: they are done, and the job says that it is not.
    @Test func theOthersAreDoneWhenOneFails() async throws {
        let bench = try await Bench()
        try await bench.psql("INSERT INTO work_shop.thing VALUES ('one'), ('two'), ('three'), ('four')")
        let seen = Runs()
        let job = DailyJob("test", bench.database) { _ in
            "SELECT name AS id FROM work_shop.thing WHERE domain = '/' ORDER BY name"
        } each: { name, context in
            seen.note(name)
            let domain = "/\(name)/"
            context.transaction.send("UPDATE work_shop.thing SET domain = \(domain) WHERE name = \(name)")
            if name == "one" || name == "three" { throw Problem.internalError(cause: name) }
            return true
        }
        let problem = await #expect(throws: Problem.self) { _ = try await job.run(in: .root) }
        #expect(problem?.cause == "one")
        #expect(seen.all == ["four", "one", "three", "two"])
        let open = try await bench.psql("SELECT name FROM work_shop.thing WHERE domain = '/' ORDER BY name")
        #expect(open == "one\nthree", "the work on those that failed is undone")
        await bench.close()
    }

    /// A run that begins before midnight and ends behind it was yesterday's.
    @Test func aRunOverMidnightIsFollowedByTheNextDays() async throws {
        let loop = try await Loop(at: "2027-12-31T23:59:58Z")
        let clock = loop.clock
        let after = try #require(Timestamp(rfc3339: "2028-01-01T00:10:00Z"))
        let task = await loop.start { count in
            if count == 1 { clock.set(instant: after) }
        }
        #expect(loop.runs.all == ["2027-12-31T23:59:58Z"])
        await loop.steps.next()
        await loop.steps.next()
        #expect(loop.runs.all == ["2027-12-31T23:59:58Z", "2028-01-01T00:10:00Z"])
        await loop.end(task)
    }

    @Test(.timeLimit(.minutes(15))) func cancellationEndsIt() async throws {
        let loop = try await Loop(at: "2027-06-01T12:00:00Z")
        let task = await loop.start()
        task.cancel()
        await task.value
        // Also with the pause it has in the service, which is half a minute.
        let runs = Runs()
        let begun = Signal()
        let job = DailyJob("other") { _ async throws(Problem) in
            runs.note("run")
            begun.notify()
            return 0
        }
        let background = job.background(loop.bench.database)
        #expect(background.name == "other" && background.isSingle)
        let second = Task { await background.run() }
        await begun.wait(atMost: .seconds(20))
        let asked = ContinuousClock.now
        second.cancel()
        await second.value
        #expect(asked.duration(to: .now) < .seconds(20) && runs.all.count == 1)
        await loop.bench.close()
    }

    /// A restart, or the lead that goes and comes back, brings no second run of a day; a day that was missed is not made
    /// up for, but the first one after it is not missed.
    @Test func aDayThatIsDoneIsDone() async throws {
        let loop = try await Loop(at: "2027-06-01T12:00:00Z")
        for (instant, count) in [
            ("2027-06-01T12:00:00Z", 1), ("2027-06-01T18:00:00Z", 1), ("2027-06-02T00:00:00Z", 2),
            ("2027-06-02T23:59:59Z", 2), ("2027-06-09T07:00:00Z", 3), ("2027-06-09T07:00:01Z", 3),
        ] {
            try loop.set(instant)
            let task = await loop.start()
            #expect(loop.runs.all.count == count, "\(instant)")
            task.cancel()
            await task.value
        }
        // Each job has days of its own.
        let task = await loop.start("other")
        #expect(loop.runs.all.count == 4)
        #expect(
            try await loop.bench.psql("SELECT job || ' ' || day FROM work_shop.daily_run ORDER BY job")
                == "other 2027-06-09\ntest 2027-06-09")
        await loop.end(task)
    }

    // MARK: Leaders

    /// Of two instances one runs it each day; when that one resigns, the other does, from the next day on.
    @Test(.timeLimit(.minutes(15))) func theLeaderRunsIt() async throws {
        let loop = try await Loop(at: "2027-06-01T12:00:00Z")
        let (bench, runs) = (loop.bench, loop.runs)
        let (looks, ends) = ([Runs(), Runs()], [Runs(), Runs()])
        let leaderships = try looks.map { _ in
            try Leadership(
                connectionString: bench.server.connectionString(database: bench.name, user: "ale_work_shop"),
                schema: "work_shop", name: "ale.daily-job-test-\(bench.name)")
        }
        let tasks = looks.indices.map { index in
            let job = DailyJob("test") { _ async throws(Problem) in
                // As all work does: who led until just now and has not noticed yet is refused by the fence.
                let service = Caller.service(bench.database.service, domain: .root)
                try await bench.database.transaction(as: service, deadline: .patient) { _ = try $0.query("SELECT 1") }
                runs.note("\(index)")
                return 0
            }
            return Task { [leadership = leaderships[index], look = looks[index], end = ends[index]] in
                await whileLeading(leadership) {
                    await job.keep(bench.database) {
                        look.note("look")
                        try? await Task.sleep(for: .milliseconds(5))
                    }
                    end.note("end")
                }
            }
        }
        /// Waits until the instance `leader` has looked some more; then there are `count` runs, the last by `instance`.
        func expect(
            _ count: Int, by instance: Int, leader: Int, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            try await waitUntil("\(count) runs") { runs.all.count >= count }
            let seen = looks[leader].all.count
            try await waitUntil("looks of the leader") { looks[leader].all.count > seen + 10 }
            #expect(
                runs.all.count == count && runs.all.last == "\(instance)", "\(runs.all)", sourceLocation: sourceLocation
            )
        }
        try await waitUntil("a first run") { !runs.all.isEmpty }
        let leader = try #require(runs.all.first.flatMap { Int($0) })
        let other = 1 - leader
        try await expect(1, by: leader, leader: leader)
        try loop.set("2027-06-02T00:00:00Z")
        try await expect(2, by: leader, leader: leader)
        #expect(looks[other].all.isEmpty)
        await leaderships[leader].resign()
        // The one that takes over finds the day done.
        try await expect(2, by: leader, leader: other)
        try loop.set("2027-06-03T00:00:00Z")
        try await expect(3, by: other, leader: other)
        // It may have been in the middle of a look when it resigned.
        try await waitUntil("the end of the one that resigned") { !ends[leader].all.isEmpty }
        let idle = looks[leader].all.count
        try await expect(3, by: other, leader: other)
        #expect(looks[leader].all.count == idle)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        await leaderships[other].resign()
        await bench.close()
    }
}
