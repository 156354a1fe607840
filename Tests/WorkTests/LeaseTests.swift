import Platform
import Postgres
import RPC
import Synchronization
import TestKit
import Testing
import Wire

@testable import Work

/// What is said of a row by its lease, in the caller's transaction.
@Suite(.timeLimit(.minutes(15))) struct LeaseTests {
    private struct Undone: Error {}

    /// A row taken by an instance that does nothing more with it.
    private static func taken(_ bench: Bench, signOfLife: Duration = never) async throws -> (Lease, Instance) {
        let found = Mutex<Lease?>(nil)
        let instance = Instance(bench.queue(limit: 1, signOfLife: signOfLife)) { lease in
            found.withLock { $0 = lease }
            try await Task.sleep(for: never)
        }
        try await waitUntil("taken") { found.withLock { $0 } != nil }
        return (try #require(found.withLock { $0 }), instance)
    }

    @Test(arguments: ["complete", "retry", "release"])
    func whatIsRolledBackLeavesTheRowLeased(_ end: String) async throws {
        let bench = try await Bench()
        try await bench.add(1)
        let (lease, instance) = try await Self.taken(bench)
        @Sendable func ending(_ tx: Transaction) {
            switch end {
            case "complete": lease.complete(in: tx)
            case "retry": lease.retry(after: .seconds(600), in: tx)
            default: lease.release(in: tx)
            }
        }
        func row() async throws -> String {
            try await bench.psql("SELECT owner, lease_until, due_at, takings FROM work_shop.work")
        }
        let before = try await row()
        await #expect(throws: Problem.self) {
            try await bench.asking { tx in
                ending(tx)
                try tx.flush()
                throw Undone()
            }
        }
        #expect(try await row() == before)
        // The row is this instance's as before, and the same can be said again.
        try await bench.asking { tx in
            try lease.hold(in: tx)
            ending(tx)
        }
        #expect(try await bench.count("work_shop.work WHERE owner IS NOT NULL") == 0)
        #expect(try await bench.count("work_shop.work") == (end == "complete" ? 0 : 1))
        // And only once: it is nobody's any more.
        await #expect(throws: Problem.self) { try await bench.asking(ending) }
        await #expect(throws: Problem.self) { try await bench.asking { tx in try lease.hold(in: tx) } }
        await instance.stop()
        await bench.close()
    }

    /// Not before its time: after a pause, or at a moment when that is later. By the clock of the database, the queue's.
    @Test func whatIsRetriedIsTakenAtItsTime() async throws {
        let bench = try await Bench()
        let pausing = "00000000-0000-0000-0000-000000000001"
        try await bench.psql("INSERT INTO work_shop.work (id) VALUES ('\(pausing)'), (gen_random_uuid())")
        let later = Timestamp(microseconds: SystemClock().now.microseconds + 1_500_000)
        let times = Mutex<[String: [Double]]>([:])
        let instance = Instance(bench.queue()) { lease in
            let now = try await bench.asking { tx in
                try tx.query("SELECT extract(epoch FROM clock_timestamp())::float8").first?.double(at: 0) ?? 0
            }
            times.withLock { $0[lease.row, default: []].append(now) }
            try await bench.asking { tx in
                if lease.takings > 1 {
                    lease.complete(in: tx)
                } else if lease.row == pausing {
                    lease.retry(after: .seconds(1), notBefore: Timestamp(seconds: 0, nanos: 0), in: tx)
                } else {
                    lease.retry(notBefore: later, in: tx)
                }
            }
        }
        try await waitUntil("both done") { try await bench.count("work_shop.work") == 0 }
        await instance.stop()
        let visits = times.withLock { $0 }
        #expect(visits.count == 2 && visits.values.allSatisfy { $0.count == 2 })
        for (row, times) in visits {
            let due = row == pausing ? times[0] + 1 : Double(later.microseconds) / 1e6
            #expect(times[1] >= due, "\(row)")
        }
        await bench.close()
    }

    @Test func whatIsReleasedIsTakenAgainUnlessItIsNoWorkAnyMore() async throws {
        let bench = try await Bench()
        try await bench.add(2)
        let deeds = Deeds()
        let instance = Instance(bench.queue()) { lease in
            deeds.begin(lease.row)
            let isSecond = deeds.begun[lease.row] == 2
            try await bench.asking { tx in
                if isSecond { tx.send("UPDATE work_shop.work SET state = 'done' WHERE \(lease.held)", expecting: 1) }
                lease.release(in: tx)
            }
        }
        try await waitUntil("both done") { try await bench.count("work_shop.work WHERE state = 'done'") == 2 }
        // Several looks later.
        try await Task.sleep(for: .milliseconds(200))
        await instance.stop()
        #expect(deeds.begun.values.map { $0 } == [2, 2])
        await bench.close()
    }

    /// While a transaction of the work holds the row nobody takes it, though its lease runs out.
    @Test func aHeldRowIsNotTakenOver() async throws {
        let bench = try await Bench()
        try await bench.add(1)
        let (lease, instance) = try await Self.taken(bench)
        let (holding, release) = try await Self.hold(lease, bench)
        try await bench.psql("UPDATE work_shop.work SET lease_until = now() - interval '1 minute'")
        let deeds = Deeds()
        let envious = Instance(bench.queue()) { lease in deeds.begin(lease.row) }
        // Several looks later.
        try await Task.sleep(for: .milliseconds(300))
        #expect(deeds.begun.isEmpty)
        await release()
        try await holding.value
        #expect(try await bench.count("work_shop.work") == 0)
        for instance in [envious, instance] { await instance.stop() }
        #expect(deeds.begun.isEmpty)
        await bench.close()
    }

    /// Signs of life do not wait for a transaction that holds the row, however long it takes.
    @Test func aHeldRowIsRenewed() async throws {
        let bench = try await Bench()
        try await bench.add(1)
        let (lease, instance) = try await Self.taken(bench, signOfLife: .milliseconds(30))
        let (holding, release) = try await Self.hold(lease, bench)
        let held = "work_shop.work WHERE lease_until < now()"
        try await bench.psql("UPDATE work_shop.work SET lease_until = now() - interval '1 minute'")
        try await waitUntil("renewed") { try await bench.count(held) == 0 }
        await release()
        try await holding.value
        await instance.stop()
        await bench.close()
    }

    /// A transaction that holds the row, and then ends it, once it is released.
    private static func hold(
        _ lease: Lease, _ bench: Bench
    ) async throws -> (Task<Void, any Error>, release: @Sendable () async -> Void) {
        let other = try Pool(
            PoolConfiguration(connectionString: bench.server.connectionString(database: bench.name), size: 1))
        _ = try await other.run("SELECT pg_advisory_lock(1)")
        let holding = Task {
            try await bench.asking(within: .seconds(200)) { tx in
                try lease.hold(in: tx)
                _ = try tx.query("SELECT pg_advisory_xact_lock(1)")
                lease.complete(in: tx)
            }
        }
        try await waitUntil("the row held") {
            try await bench.count(
                """
                pg_locks WHERE locktype = 'advisory' AND NOT granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """) == 1
        }
        // The lock goes with the session.
        return (holding, { await other.close() })
    }
}
