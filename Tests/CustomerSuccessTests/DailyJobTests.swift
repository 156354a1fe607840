import Logging
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Testing
import Wire

@testable import CustomerSuccessService
@testable import Platform

/// When daily jobs run, on a clock that the test sets, and without sleeping.
@Suite struct DailyJobTests {
    /// Lets the loop of a job look at the calendar once at a time.
    private final class Steps: Sendable {
        private let arrived = Signal()
        private let go = Signal()

        /// What the loop does between two looks.
        @Sendable func pause() async {
            arrived.notify()
            await go.wait(atMost: .seconds(60))
        }

        /// Waits until the loop has looked.
        func look() async { await arrived.wait(atMost: .seconds(20)) }

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

    private struct Loop {
        let clock: TestClock
        let steps = Steps()
        let runs = Runs()
        let database: Database

        init(_ server: Server, at instant: String) throws {
            let clock = TestClock(Server.today)
            self.clock = clock
            database = Database(
                service: CustomerSuccess.name, pool: server.database.pool, clock: clock, log: server.database.log)
            try set(instant)
        }

        func set(_ instant: String) throws {
            clock.set(instant: try #require(Timestamp(rfc3339: instant), "\(instant)"))
        }

        /// The job; `during` happens in each run.
        func job(_ during: @escaping @Sendable (Int) throws(Problem) -> Void = { _ in }) -> Background {
            let job = DailyJob("test") { [clock, runs] _ async throws(Problem) in
                runs.note(clock.now.rfc3339)
                try during(runs.all.count)
                return 1
            }
            return job.background(database, pause: steps.pause)
        }

        /// Starts the job and waits for its first look.
        func start(_ during: @escaping @Sendable (Int) throws(Problem) -> Void = { _ in }) async -> Task<Void, Never> {
            let background = job(during)
            let task = Task { await background.run() }
            await steps.look()
            return task
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
        let loop = try Loop(try await Server.shared.value, at: instants[0])
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
        task.cancel()
        await task.value
    }

    /// Every hour of a leap year and the beginning of the next one.
    @Test func aWholeYearHasEachOfItsDaysOnce() async throws {
        let first = try #require(Timestamp(rfc3339: "2028-01-01T00:30:00Z"))
        let loop = try Loop(try await Server.shared.value, at: first.rfc3339)
        let task = await loop.start()
        for hour in 1..<(367 * 24) {
            loop.clock.set(instant: Timestamp(seconds: first.seconds + Int64(hour) * 3_600, nanos: 0))
            await loop.steps.next()
        }
        let days = loop.runs.all.map { $0.prefix(10) }
        #expect(days.count == 367 && Set(days).count == 367)
        #expect(days.contains("2028-02-29") && days.last == "2029-01-01")
        task.cancel()
        await task.value
    }

    @Test func aClockThatIsPutBackBringsNoDayTwice() async throws {
        let loop = try Loop(try await Server.shared.value, at: "2027-06-01T23:59:59Z")
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
        task.cancel()
        await task.value
    }

    @Test func whatFailsIsTriedAgain() async throws {
        let loop = try Loop(try await Server.shared.value, at: "2027-06-01T12:00:00Z")
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
        task.cancel()
        await task.value
    }

    /// A run that begins before midnight and ends behind it was yesterday's.
    @Test func aRunOverMidnightIsFollowedByTheNextDays() async throws {
        let loop = try Loop(try await Server.shared.value, at: "2027-12-31T23:59:58Z")
        let clock = loop.clock
        let after = try #require(Timestamp(rfc3339: "2028-01-01T00:10:00Z"))
        let task = await loop.start { count in
            if count == 1 { clock.set(instant: after) }
        }
        #expect(loop.runs.all == ["2027-12-31T23:59:58Z"])
        await loop.steps.next()
        await loop.steps.next()
        #expect(loop.runs.all == ["2027-12-31T23:59:58Z", "2028-01-01T00:10:00Z"])
        task.cancel()
        await task.value
    }

    @Test(.timeLimit(.minutes(1))) func cancellationEndsIt() async throws {
        let loop = try Loop(try await Server.shared.value, at: "2027-06-01T12:00:00Z")
        let task = await loop.start()
        task.cancel()
        await task.value
        // Also with the pause it has in the service, which is half a minute.
        let runs = Runs()
        let begun = Signal()
        let job = DailyJob("test") { _ async throws(Problem) in
            runs.note("run")
            begun.notify()
            return 0
        }
        let background = job.background(loop.database)
        let second = Task { await background.run() }
        await begun.wait(atMost: .seconds(20))
        let asked = ContinuousClock.now
        second.cancel()
        await second.value
        #expect(asked.duration(to: .now) < .seconds(10) && runs.all.count == 1)
    }

    /// An instance that loses the lead and has it back the same day has done the day's run.
    @Test func theLeadThatComesBackBringsNoSecondRun() async throws {
        let loop = try Loop(try await Server.shared.value, at: "2027-06-01T12:00:00Z")
        let (job, steps, runs) = (loop.job(), loop.steps, loop.runs)
        for (instant, count) in [
            ("2027-06-01T12:00:00Z", 1), ("2027-06-01T18:00:00Z", 1), ("2027-06-02T00:00:00Z", 2),
            ("2027-06-02T23:59:59Z", 2),
        ] {
            try loop.set(instant)
            let task = Task { await job.run() }
            await steps.look()
            #expect(runs.all.count == count, "\(instant)")
            task.cancel()
            await task.value
        }
    }

    // MARK: Time zones

    /// A database set to another zone moves no day: what jobs write is of the day in UTC.
    @Test(arguments: ["America/New_York", "Pacific/Kiritimati"])
    func theZoneOfTheDatabaseDoesNotMatter(zone: String) async throws {
        let server = try await Server.start()
        let name = try #require(try await server.admin.run("SELECT current_database()").first?.string(at: 0))
        _ = try await server.admin.run("ALTER DATABASE \(identifier: name) SET timezone = '\(raw: zone)'")
        let pool = try Pool(
            PoolConfiguration(connectionString: server.connectionString("ale_customer_success"), size: 1))
        let clock = TestClock(Server.today)
        let database = Database(service: CustomerSuccess.name, pool: pool, clock: clock, log: server.database.log)
        #expect(try await pool.run("SHOW timezone").first?.string(at: 0) == "UTC")
        let world = try await World(server)
        _ = try await world.make(Engagement.self)
        let instants = ["2028-02-29T00:00:00Z", "2028-02-29T04:59:59Z", "2028-02-29T23:59:59Z"]
        for instant in instants {
            clock.set(instant: try #require(Timestamp(rfc3339: instant)))
            _ = try await ScorecardSnapshots(database).run()
            let days = try await server.admin.run("SELECT DISTINCT day::text FROM customer_success.scorecard_snapshot")
            #expect(try days.map { try $0.string(at: 0) } == ["2028-02-29"], "\(instant)")
        }
        await pool.close()
    }

    // MARK: Leaders

    /// Of two instances one runs it each day; when that one resigns, the other does.
    @Test(.timeLimit(.minutes(2))) func theLeaderRunsIt() async throws {
        let server = try await Server.shared.value
        let loop = try Loop(server, at: "2027-06-01T12:00:00Z")
        let name = "ale.daily-job-test-\(uuid())"
        let runs = loop.runs
        let looks = [Runs(), Runs()]
        let leaderships = try looks.map { _ in
            try Leadership(
                connectionString: server.connectionString("ale_customer_success"), schema: "customer_success",
                name: name)
        }
        let tasks = looks.indices.map { index in
            let job = DailyJob("test") { _ async throws(Problem) in
                runs.note("\(index)")
                return 0
            }
            let background = job.background(loop.database) { [look = looks[index]] in
                look.note("look")
                try? await Task.sleep(for: .milliseconds(5))
            }
            return Task { [leadership = leaderships[index]] in await whileLeading(leadership, background.run) }
        }
        /// Waits until there are `count` runs and the instance `leader` has looked some more.
        func expect(_ count: Int, by leader: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
            try await until { runs.all.count >= count }
            let seen = looks[leader].all.count
            try await until { looks[leader].all.count > seen + 10 }
            #expect(runs.all.count == count && runs.all.last == "\(leader)", sourceLocation: sourceLocation)
        }
        try await until { !runs.all.isEmpty }
        let leader = try #require(runs.all.first.flatMap { Int($0) })
        let other = 1 - leader
        try await expect(1, by: leader)
        try loop.set("2027-06-02T00:00:00Z")
        try await expect(2, by: leader)
        #expect(looks[other].all.isEmpty)
        await leaderships[leader].resign()
        // The day is not known to be done to the one that takes over: it is done once more, without harm.
        try await expect(3, by: other)
        try loop.set("2027-06-03T00:00:00Z")
        try await expect(4, by: other)
        let idle = looks[leader].all.count
        try await expect(4, by: other)
        #expect(looks[leader].all.count == idle)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        await leaderships[other].resign()
    }

    private func until(_ isTrue: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !isTrue() {
            guard ContinuousClock.now < deadline else { throw Problem.deadlineExceeded() }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
