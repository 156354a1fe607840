import Postgres
import RPC
import Records
import Synchronization
import TestKit
import Testing

@testable import Work

/// Work in the rows of a table, done by several instances: here queues with a pace of their own.
@Suite(.timeLimit(.minutes(15))) struct LeasedQueueTests {
    /// An instance was frozen over its work for so long that another has taken the row and put it back. It does not take
    /// the row again under the work it still has in hand, which could then record an end that is out of date.
    @Test func aRowIsNotTakenTwiceByOneInstance() async throws {
        let bench = try await Bench()
        try await bench.add(1)
        let (deeds, gate) = (Deeds(), Gate())
        let ends = Mutex<[Bool]>([])
        let instance = Instance(bench.queue()) { lease in
            deeds.begin(lease.row)
            defer { deeds.end(lease.row) }
            try await gate.pass()
            let isRecorded = (try? await bench.complete(lease)) != nil
            ends.withLock { $0.append(isRecorded) }
        }
        try await waitUntil("begun") { deeds.most == 1 }
        try await bench.psql("UPDATE work_shop.work SET owner = NULL, lease_until = NULL")
        // Several looks later.
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await bench.count("work_shop.work WHERE owner IS NOT NULL") == 0)
        gate.open()
        try await waitUntil("done") { ends.withLock { $0.count } == 2 }
        #expect(ends.withLock { $0 } == [false, true], "the first end was out of date")
        await instance.stop()
        await bench.close()
    }

    /// A row that waits for its time is taken at once when somebody says so.
    @Test func aRowIsHastened() async throws {
        let bench = try await Bench()
        try await bench.add(1)
        let deeds = Deeds()
        let queue = bench.queue()
        let instance = Instance(queue) { lease in
            deeds.begin(lease.row)
            defer { deeds.end(lease.row) }
            guard deeds.order.count > 1 else {
                return try await bench.asking { tx in lease.retry(after: .seconds(3_600), in: tx) }
            }
            try await bench.complete(lease)
        }
        try await waitUntil("it waits") {
            try await bench.count("work_shop.work WHERE due_at > now() + interval '30 minutes'") == 1
        }
        let row = try #require(deeds.order.first)
        try await bench.asking { tx in queue.hasten(row, in: tx) }
        try await waitUntil("done") { try await bench.count("work_shop.work") == 0 }
        #expect(deeds.begun == [row: 2])
        await instance.stop()
        await bench.close()
    }

    @Test func eachRowIsWorkedOnByOneInstanceAtATime() async throws {
        let bench = try await Bench()
        try await bench.add(60)
        let deeds = Deeds()
        let instances = (1...3).map { _ in
            Instance(bench.queue(limit: 4)) { lease in
                deeds.begin(lease.row)
                defer { deeds.end(lease.row) }
                try await Task.sleep(for: .milliseconds(2))
                try await bench.complete(lease)
            }
        }
        try await waitUntil("everything done") { try await bench.count("work_shop.work") == 0 }
        for instance in instances { await instance.stop() }
        #expect(deeds.begun.count == 60)
        #expect(deeds.begun.values.allSatisfy { $0 == 1 })
        #expect(deeds.mostOfOne == 1)
        await bench.close()
    }

    @Test func aSilentInstanceLosesTheRowAndALivingOneKeepsIt() async throws {
        let bench = try await Bench()
        try await bench.add(1)
        func leaseEnd() async throws -> Double {
            Double(try await bench.psql("SELECT extract(epoch FROM lease_until) FROM work_shop.work")) ?? 0
        }
        let first = Deeds()
        // Gives no sign of life, as if it were dead, and has no room to take the row again.
        let dead = Instance(bench.queue(limit: 1, lease: .milliseconds(400))) { lease in
            first.begin(lease.row)
            try await Task.sleep(for: never)
        }
        try await waitUntil("the row taken") { !first.begun.isEmpty }
        let deadline = try await leaseEnd()
        let second = Deeds()
        // A lease that no machine is too slow to renew in time.
        let lease = 60.0
        let heir = Instance(bench.queue(lease: .seconds(lease), signOfLife: .milliseconds(50))) { lease in
            second.begin(lease.row)
            try await Task.sleep(for: never)
        }
        try await waitUntil("the row taken over") { !second.begun.isEmpty }
        #expect(try await leaseEnd() - lease >= deadline, "not before the lease of the first had run out")
        #expect(first.begun == second.begun)

        let third = Deeds()
        let envious = Instance(bench.queue()) { lease in third.begin(lease.row) }
        for sign in 1...3 {
            let before = try await leaseEnd()
            try await waitUntil("sign of life \(sign)") { try await leaseEnd() > before }
        }
        #expect(third.begun.isEmpty, "the row is still the living one's")
        for instance in [dead, heir, envious] { await instance.stop() }
        await bench.close()
    }

    /// Work whose row is another's by now is not carried on.
    @Test func whatWasTakenOverIsCancelled() async throws {
        let bench = try await Bench()
        try await bench.add(2)
        let (deeds, ended, gate) = (Deeds(), Deeds(), Gate())
        let instance = Instance(bench.queue(signOfLife: .milliseconds(30))) { lease in
            deeds.begin(lease.row)
            do { try await gate.pass() } catch { return ended.begin(lease.row) }
            try await bench.complete(lease)
        }
        try await waitUntil("both taken") { deeds.most == 2 }
        let lost = try #require(deeds.order.first)
        try await bench.psql("UPDATE work_shop.work SET owner = gen_random_uuid() WHERE id = '\(lost)'")
        try await waitUntil("the work ended") { ended.order == [lost] }
        gate.open()
        try await waitUntil("the other one done") { try await bench.count("work_shop.work") == 1 }
        await instance.stop()
        #expect(ended.order == [lost])
        #expect(try await bench.count("work_shop.work WHERE owner IS NOT NULL") == 1, "the row is the other's still")
        await bench.close()
    }

    @Test func aRowWhoseWorkFailsIsRetried() async throws {
        let bench = try await Bench()
        try await bench.add(1)
        let deeds = Deeds()
        let takings = Mutex<[Int]>([])
        let begun = ContinuousClock.now
        let instance = Instance(bench.queue(lease: .milliseconds(150), signOfLife: .milliseconds(30))) { lease in
            deeds.begin(lease.row)
            defer { deeds.end(lease.row) }
            takings.withLock { $0.append(lease.takings) }
            if deeds.begun[lease.row] != 3 { throw Problem.unavailable() }
            try await bench.complete(lease)
        }
        try await waitUntil("done in the end") { try await bench.count("work_shop.work") == 0 }
        #expect(deeds.begun.values.map { $0 } == [3])
        #expect(takings.withLock { $0 } == [1, 2, 3], "takings are counted")
        #expect(ContinuousClock.now - begun >= .milliseconds(300), "a lease lies between two attempts")
        await instance.stop()
        await bench.close()
    }

    @Test func whoStopsLetsGo() async throws {
        let bench = try await Bench()
        try await bench.add(2)
        let deeds = Deeds()
        let stopping = Instance(bench.queue()) { lease in
            deeds.begin(lease.row)
            try await Task.sleep(for: never)
        }
        try await waitUntil("both taken") { deeds.begun.count == 2 }
        #expect(try await bench.count("work_shop.work WHERE owner IS NOT NULL AND lease_until > now()") == 2)
        await stopping.stop()
        #expect(try await bench.count("work_shop.work WHERE owner IS NULL AND lease_until IS NULL") == 2)
        let heir = Instance(bench.queue()) { lease in try await bench.complete(lease) }
        try await waitUntil("done by the next") { try await bench.count("work_shop.work") == 0 }
        await heir.stop()
        await bench.close()
    }

    @Test func noMoreThanTheLimitAtOnce() async throws {
        let bench = try await Bench()
        try await bench.add(12)
        let (deeds, gate) = (Deeds(), Gate())
        let instance = Instance(bench.queue(limit: 3)) { lease in
            deeds.begin(lease.row)
            defer { deeds.end(lease.row) }
            try await gate.pass()
            try await bench.complete(lease)
        }
        try await waitUntil("as many as may") { deeds.most == 3 }
        // Several looks later.
        try await Task.sleep(for: .milliseconds(200))
        #expect(try await bench.count("work_shop.work WHERE owner IS NOT NULL") == 3)
        gate.open()
        try await waitUntil("everything done") { try await bench.count("work_shop.work") == 0 }
        #expect(deeds.begun.count == 12)
        #expect(deeds.most == 3)
        await instance.stop()
        await bench.close()
    }

    @Test func aNewRowIsTakenWhenTheQueueIsWoken() async throws {
        let bench = try await Bench()
        let deeds = Deeds()
        // Looks again of its own only after ten minutes.
        let queue = bench.queue(look: never)
        let instance = Instance(queue) { lease in
            deeds.begin(lease.row)
            try await bench.complete(lease)
        }
        for number in 1...3 {
            try await bench.add(1)
            queue.wake.notify()
            try await waitUntil("row \(number)") { deeds.begun.count == number }
        }
        await instance.stop()
        await bench.close()
    }

    @Test func onlyOpenRowsThatAreDueAreTaken() async throws {
        let bench = try await Bench()
        try await bench.psql(
            """
            INSERT INTO work_shop.work (id, state, due_at) VALUES
                ('00000000-0000-0000-0000-000000000001', 'done', now()),
                ('00000000-0000-0000-0000-000000000002', 'open', now() + interval '1 hour'),
                ('00000000-0000-0000-0000-000000000003', 'open', now() + interval '400 milliseconds')
            """)
        let deeds = Deeds()
        let instance = Instance(bench.queue()) { lease in
            deeds.begin(lease.row)
            try await bench.complete(lease)
        }
        try await waitUntil("the third is due") { !deeds.begun.isEmpty }
        #expect(deeds.begun == ["00000000-0000-0000-0000-000000000003": 1])
        #expect(try await bench.count("work_shop.work WHERE owner IS NULL") == 2)
        await instance.stop()
        await bench.close()
    }

    /// A row that is added with its lease is worked on without being looked for, by who added it and nobody else; one that
    /// was not added after all leaves its room.
    @Test func aRowComesWithItsLease() async throws {
        let bench = try await Bench()
        let (deeds, other) = (Deeds(), Deeds())
        func worker(_ deeds: Deeds) -> @Sendable (Lease) async throws -> Void {
            { lease in
                deeds.begin(lease.row)
                defer { deeds.end(lease.row) }
                try await bench.complete(lease)
            }
        }
        // It looks for rows once, at its beginning.
        let queue = bench.queue(limit: 1, look: never)
        #expect(queue.claim(RecordID.make(at: bench.clock.now)) == nil, "the queue does not run yet")
        let instance = Instance(queue, worker(deeds))
        let id = RecordID.make(at: bench.clock.now)
        try await waitUntil("it runs") { queue.isRunning }
        let claim = try #require(queue.claim(id))
        #expect(queue.claim(RecordID.make(at: bench.clock.now)) == nil, "there is room for one")
        queue.abandon(claim)
        let again = try #require(queue.claim(id))
        try await bench.asking { tx in
            tx.send("INSERT INTO work_shop.work (id) VALUES (\(id))")
            queue.add(again, in: tx)
        }
        let second = Instance(bench.queue(), worker(other))
        try await Task.sleep(for: .milliseconds(100))
        #expect(try await bench.count("work_shop.work WHERE owner IS NOT NULL AND takings = 1") == 1)
        queue.begin(again)
        try await waitUntil("done") { try await bench.count("work_shop.work") == 0 }
        #expect(deeds.begun == [id: 1] && other.begun.isEmpty)
        await instance.stop()
        await second.stop()
        #expect(queue.claim(id) == nil, "the queue has stopped")
        await bench.close()
    }

    /// Who was killed between adding a row with its lease and beginning its work leaves it to others when the lease runs out.
    @Test func aRowWhoseWorkDoesNotBeginIsTaken() async throws {
        let bench = try await Bench()
        let queue = bench.queue(lease: .milliseconds(300), look: never)
        let first = Instance(queue) { _ in }
        let id = RecordID.make(at: bench.clock.now)
        try await waitUntil("it runs") { queue.isRunning }
        let claim = try #require(queue.claim(id))
        try await bench.asking { tx in
            tx.send("INSERT INTO work_shop.work (id) VALUES (\(id))")
            queue.add(claim, in: tx)
        }
        let deeds = Deeds()
        let second = Instance(bench.queue()) { lease in
            deeds.begin(lease.row)
            defer { deeds.end(lease.row) }
            #expect(lease.takings == 2)
            try await bench.complete(lease)
        }
        try await waitUntil("taken") { try await bench.count("work_shop.work") == 0 }
        #expect(deeds.begun == [id: 1])
        await first.stop()
        await second.stop()
        await bench.close()
    }

    /// However many rows come with their lease, those that wait get their turn.
    @Test func rowsThatComeWithTheirLeaseLeaveRoom() async throws {
        let bench = try await Bench()
        let (deeds, gate) = (Deeds(), Gate())
        let queue = bench.queue(limit: 4)
        let claimed = Mutex<Set<String>>([])
        let instance = Instance(queue) { lease in
            deeds.begin(lease.row)
            defer { deeds.end(lease.row) }
            if claimed.withLock({ $0.contains(lease.row) }) { try await gate.pass() }
            try await bench.complete(lease)
        }
        try await waitUntil("it runs") { queue.isRunning }
        var claims: [Lease] = []
        while let claim = queue.claim(RecordID.make(at: bench.clock.now)) { claims.append(claim) }
        #expect(claims.count == 3)
        for claim in claims {
            try await bench.asking { tx in
                tx.send("INSERT INTO work_shop.work (id) VALUES (\(claim.row))")
                queue.add(claim, in: tx)
            }
            _ = claimed.withLock { $0.insert(claim.row) }
            queue.begin(claim)
        }
        try await bench.add(5)
        try await waitUntil("those that wait are done") { try await bench.count("work_shop.work") == 3 }
        gate.open()
        try await waitUntil("done") { try await bench.count("work_shop.work") == 0 }
        await instance.stop()
        await bench.close()
    }
}
