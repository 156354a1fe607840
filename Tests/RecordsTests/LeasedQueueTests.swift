import Postgres
import RPC
import Synchronization
import Testing

@testable import Records

/// Work in the rows of a table, done by several instances: here queues with a name and a pace of their own.
@Suite(.timeLimit(.minutes(2))) struct LeasedQueueTests {
    /// Long beyond the test: whatever depends on it must not happen, or the test ends by its limit.
    private static let never: Duration = .seconds(600)

    /// A database with a table of work in it.
    private static func makeBench() async throws -> Workbench {
        let bench = try await Workbench.make(poolSize: 6)
        try await bench.psql(
            """
            CREATE TABLE customer_success.work (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(), state text NOT NULL DEFAULT 'open',
                due_at timestamptz NOT NULL DEFAULT now(), owner uuid, lease_until timestamptz);
            GRANT ALL ON customer_success.work TO ale_customer_success;
            """)
        return bench
    }

    private static func queue(
        _ bench: Workbench, limit: Int = 16, lease: Duration = never, signOfLife: Duration = never,
        look: Duration = .milliseconds(20)
    ) -> LeasedQueue {
        LeasedQueue(
            bench.database, table: "work", key: "id", open: "state = 'open'", limit: limit,
            pace: .init(lease: lease, signOfLife: signOfLife, look: look))
    }

    /// Ends a row as services do: only when it is still this instance's.
    private static func end(_ row: String, of queue: LeasedQueue, _ bench: Workbench) async throws {
        let owner = queue.owner
        try await bench.asking { tx in
            tx.send("DELETE FROM customer_success.work WHERE id = \(row) AND owner = \(owner)", expecting: 1)
        }
    }

    private static func add(_ count: Int, _ bench: Workbench) async throws {
        try await bench.psql("INSERT INTO customer_success.work SELECT FROM generate_series(1, \(count))")
    }

    /// What is being done, and was.
    private final class Work: Sendable {
        private let state = Mutex((running: [String: Int](), begun: [String: Int](), mostOfOne: 0, most: 0))

        func begin(_ row: String) {
            state.withLock { state in
                state.running[row, default: 0] += 1
                state.begun[row, default: 0] += 1
                state.mostOfOne = max(state.mostOfOne, state.running[row] ?? 0)
                state.most = max(state.most, state.running.values.reduce(0, +))
            }
        }

        func end(_ row: String) { state.withLock { $0.running[row, default: 1] -= 1 } }

        /// How often each row was begun.
        var begun: [String: Int] { state.withLock { $0.begun } }
        /// Most instances on one row at a time.
        var mostOfOne: Int { state.withLock { $0.mostOfOne } }
        /// Most rows at a time.
        var most: Int { state.withLock { $0.most } }
    }

    /// An instance was frozen over its work for so long that another has taken the row and put it back. It does not take
    /// the row again under the work it still has in hand, which could then record an end that is out of date.
    @Test func aRowIsNotTakenTwiceByOneInstance() async throws {
        let bench = try await Self.makeBench()
        try await Self.add(1, bench)
        let work = Work()
        let queue = Self.queue(bench)
        let mayGoOn = Counter()
        let ends = Mutex<[Bool]>([])
        let running = Task {
            await queue.run { row in
                work.begin(row)
                defer { work.end(row) }
                while mayGoOn.value == 0 { try await Task.sleep(for: .milliseconds(2)) }
                let isRecorded = (try? await Self.end(row, of: queue, bench)) != nil
                ends.withLock { $0.append(isRecorded) }
            }
        }
        try await waitUntil("begun") { work.most == 1 }
        try await bench.psql("UPDATE customer_success.work SET owner = NULL, lease_until = NULL")
        // Several looks later.
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await bench.count("customer_success.work WHERE owner IS NOT NULL") == 0)
        mayGoOn.add(1)
        try await waitUntil("done") { ends.withLock { $0.count } == 2 }
        #expect(ends.withLock { $0 } == [false, true], "the first end was out of date")
        running.cancel()
        await running.value
        await bench.close()
    }

    @Test func eachRowIsWorkedOnByOneInstanceAtATime() async throws {
        let bench = try await Self.makeBench()
        try await Self.add(60, bench)
        let work = Work()
        let instances = (1...3).map { _ in
            let queue = Self.queue(bench, limit: 4)
            return Task {
                await queue.run { row in
                    work.begin(row)
                    defer { work.end(row) }
                    try await Task.sleep(for: .milliseconds(2))
                    try await Self.end(row, of: queue, bench)
                }
            }
        }
        try await waitUntil("everything done") { try await bench.count("customer_success.work") == 0 }
        for instance in instances {
            instance.cancel()
            await instance.value
        }
        #expect(work.begun.count == 60)
        #expect(work.begun.values.allSatisfy { $0 == 1 })
        #expect(work.mostOfOne == 1)
        await bench.close()
    }

    @Test func aSilentInstanceLosesTheRowAndALivingOneKeepsIt() async throws {
        let bench = try await Self.makeBench()
        try await Self.add(1, bench)
        let first = Work()
        // Gives no sign of life, as if it were dead, and has no room to take the row again.
        let silent = Self.queue(bench, limit: 1, lease: .milliseconds(400))
        let dead = Task {
            await silent.run { row in
                first.begin(row)
                try await Task.sleep(for: Self.never)
            }
        }
        try await waitUntil("the row taken") { !first.begun.isEmpty }
        let taken = ContinuousClock.now
        let second = Work()
        let living = Self.queue(bench, lease: .milliseconds(400), signOfLife: .milliseconds(50))
        let heir = Task {
            await living.run { row in
                second.begin(row)
                try await Task.sleep(for: Self.never)
            }
        }
        try await waitUntil("the row taken over") { !second.begun.isEmpty }
        // Taken a little before it was seen to be, so a little less than the lease may have passed.
        #expect(ContinuousClock.now - taken > .milliseconds(200))
        #expect(first.begun == second.begun)

        let third = Work()
        let late = Self.queue(bench)
        let envious = Task { await late.run { row in third.begin(row) } }
        try await Task.sleep(for: .milliseconds(1_200))
        #expect(third.begun.isEmpty, "three leases have passed, and the row is still the living one's")
        for instance in [dead, heir, envious] {
            instance.cancel()
            await instance.value
        }
        await bench.close()
    }

    @Test func aRowWhoseWorkFailsIsTriedAgain() async throws {
        let bench = try await Self.makeBench()
        try await Self.add(1, bench)
        let work = Work()
        let queue = Self.queue(bench, lease: .milliseconds(150), signOfLife: .milliseconds(30))
        let begun = ContinuousClock.now
        let instance = Task {
            await queue.run { row in
                work.begin(row)
                defer { work.end(row) }
                if work.begun[row] != 3 { throw Problem.unavailable() }
                try await Self.end(row, of: queue, bench)
            }
        }
        try await waitUntil("done in the end") { try await bench.count("customer_success.work") == 0 }
        #expect(work.begun.values.map { $0 } == [3])
        #expect(ContinuousClock.now - begun >= .milliseconds(300), "a lease lies between two attempts")
        instance.cancel()
        await instance.value
        await bench.close()
    }

    @Test func whoStopsLetsGo() async throws {
        let bench = try await Self.makeBench()
        try await Self.add(2, bench)
        let work = Work()
        let stopping = Self.queue(bench)
        let instance = Task {
            await stopping.run { row in
                work.begin(row)
                try await Task.sleep(for: Self.never)
            }
        }
        try await waitUntil("both taken") { work.begun.count == 2 }
        #expect(try await bench.count("customer_success.work WHERE owner IS NOT NULL AND lease_until > now()") == 2)
        instance.cancel()
        await instance.value
        #expect(try await bench.count("customer_success.work WHERE owner IS NULL AND lease_until IS NULL") == 2)
        let next = Self.queue(bench)
        let heir = Task { await next.run { row in try await Self.end(row, of: next, bench) } }
        try await waitUntil("done by the next") { try await bench.count("customer_success.work") == 0 }
        heir.cancel()
        await heir.value
        await bench.close()
    }

    @Test func noMoreThanTheLimitAtOnce() async throws {
        let bench = try await Self.makeBench()
        try await Self.add(12, bench)
        let work = Work()
        let queue = Self.queue(bench, limit: 3)
        let instance = Task {
            await queue.run { row in
                work.begin(row)
                defer { work.end(row) }
                try await Task.sleep(for: .milliseconds(30))
                try await Self.end(row, of: queue, bench)
            }
        }
        try await waitUntil("everything done") { try await bench.count("customer_success.work") == 0 }
        #expect(work.begun.count == 12)
        #expect(work.most == 3)
        instance.cancel()
        await instance.value
        await bench.close()
    }

    @Test func aNewRowIsTakenWhenTheQueueIsWoken() async throws {
        let bench = try await Self.makeBench()
        let work = Work()
        let queue = Self.queue(bench, look: Self.never)
        let instance = Task {
            await queue.run { row in
                work.begin(row)
                try await Self.end(row, of: queue, bench)
            }
        }
        for number in 1...3 {
            try await Self.add(1, bench)
            // Looks again of its own only after ten minutes.
            queue.wake.notify()
            try await waitUntil("row \(number)") { work.begun.count == number }
        }
        instance.cancel()
        await instance.value
        await bench.close()
    }

    @Test func onlyOpenRowsThatAreDueAreTaken() async throws {
        let bench = try await Self.makeBench()
        try await bench.psql(
            """
            INSERT INTO customer_success.work (id, state, due_at) VALUES
                ('00000000-0000-0000-0000-000000000001', 'done', now()),
                ('00000000-0000-0000-0000-000000000002', 'open', now() + interval '1 hour'),
                ('00000000-0000-0000-0000-000000000003', 'open', now() + interval '400 milliseconds')
            """)
        let work = Work()
        let queue = Self.queue(bench)
        let instance = Task {
            await queue.run { row in
                work.begin(row)
                try await Self.end(row, of: queue, bench)
            }
        }
        try await waitUntil("the third is due") { !work.begun.isEmpty }
        #expect(work.begun == ["00000000-0000-0000-0000-000000000003": 1])
        #expect(try await bench.count("customer_success.work WHERE owner IS NULL") == 2)
        instance.cancel()
        await instance.value
        await bench.close()
    }
}
