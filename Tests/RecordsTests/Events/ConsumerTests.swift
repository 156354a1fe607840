import Glibc
import NATS
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

/// Handlers that fail, instances that die, leaders that change.
@Suite(.serialized, .timeLimit(.minutes(15))) struct ConsumerTests {
    struct NotYet: Error {}

    /// A handler that fails at first holds back what is behind it, and then everything has its effect in order.
    @Test func aFailingHandlerIsRetried() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        let attempts = Counter()
        helpers.add(
            events.consume("effects", leadership) { event in
                guard event.action == "created" else { return }
                attempts.add(1)
                if attempts.value <= 3 { throw NotYet() }
            })
        let made = try await events.bench.create("first")
        for number in 0..<5 { try await events.bench.change(made.id) { $0.subject = "change \(number)" } }
        #expect(try await events.verdict() == EventBench.allWell)
        #expect(attempts.value == 4)
        #expect(try await events.bench.count("customer_success.inbox WHERE consumer = 'effects'") == 6)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// Events that waited for their consumer take effect some dozens to a transaction, each once and in order; one that
    /// fails takes none of the others with it.
    @Test(arguments: [false, true]) func whatHasComeTogetherTakesEffectTogether(oneFails: Bool) async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        let made = try await events.bench.create("first")
        for number in 0..<99 { try await events.bench.change(made.id) { $0.subject = "change \(number)" } }
        try await events.waitUntilSent()
        let failures = Counter()
        helpers.add(
            events.consume("effects", leadership) { event in
                guard oneFails, event.revision == 37, failures.value < 3 else { return }
                failures.add(1)
                throw NotYet()
            })
        #expect(try await events.verdict() == EventBench.allWell)
        #expect(try await events.bench.count("customer_success.effect") == 100)
        #expect(try await events.bench.count("customer_success.inbox WHERE consumer = 'effects'") == 100)
        let transactions = try await events.bench.count("(SELECT DISTINCT xmin::text FROM customer_success.effect) t")
        // All in company, but for those that came with the one that failed.
        #expect(oneFails ? (25...60).contains(transactions) : transactions <= 10)
        #expect(failures.value == (oneFails ? 3 : 0))
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// An instance dies in the middle of a batch it has fetched: the next one goes on where it stood, at once and in
    /// order, and does not begin with what is newer.
    @Test func theNextInstanceGoesOnInOrder() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        try await EventTests.write(events.bench, records: 3, writers: 1, changes: 300)
        try await events.waitUntilSent()
        // Each instance dies after a few events, having fetched many; each has a connection of its own.
        for _ in 0..<4 {
            let instance = try await events.another()
            let handled = Counter()
            let task = instance.consume("effects", leadership) { _ in
                handled.add(1)
                if handled.value > 40 { throw NotYet() }
            }
            try await waitUntil("forty events") { handled.value > 40 }
            task.cancel()
            await task.value
            await instance.disconnect()
        }
        helpers.add(events.consume("effects", leadership))
        #expect(try await events.verdict() == EventBench.allWell)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// Two instances: one leads, and when it dies the other takes over. Nothing is sent or done twice.
    @Test func theOtherInstanceTakesOver() async throws {
        let events = try await EventBench.make()
        let bench = events.bench
        let first = try events.leadership()
        try await waitUntil("the first leads") { first.isLeader }
        let second = try events.leadership()
        var firsts = Helpers()
        var seconds = Helpers()
        let other = try await events.another()
        firsts.add(events.relay(first))
        firsts.add(events.consume("effects", first))
        seconds.add(other.relay(second))
        seconds.add(other.consume("effects", second))
        async let writing: Void = EventTests.write(bench, records: 5, writers: 4, changes: 100)
        try await waitUntil("progress") { try await bench.count("customer_success.effect") > 50 }
        #expect(first.isLeader && !second.isLeader)
        // The connection that holds the lock is cut, as by a crash.
        try await bench.psql(
            """
            SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND granted AND d.datname = current_database()
                AND pid IN (SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'leader%')
            """)
        await first.resign()
        await firsts.end()
        await events.disconnect()
        try await waitUntil("the second leads") { second.isLeader }
        try await writing
        #expect(try await other.verdict() == EventBench.allWell)
        #expect(try await bench.count("customer_success.effect") == 5 + 400)
        await seconds.end()
        await second.resign()
        try await other.close()
    }

    /// A former leader that was frozen takes a few events away with the fetch it was about to send. They come again in
    /// their place, and not behind those that follow, a minute later.
    @Test func whatWentToAnotherReaderKeepsItsPlace() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        let mayGoOn = Counter()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        let begun = Counter()
        helpers.add(
            events.consume("effects", leadership) { _ in
                begun.add(1)
                while mayGoOn.value == 0 { usleep(1_000) }
            })
        let made = try await events.bench.create("first")
        try await waitUntil("the first event is at work") { begun.value == 1 }
        for number in 0..<20 { try await events.bench.change(made.id) { $0.subject = "change \(number)" } }
        try await events.waitUntilSent()
        let other = try await EventBench.connect(events.nats)
        let taken = try await JetStream(other).consumer("effects", on: EventStream.name).fetch(
            batch: 5, timeout: .seconds(5))
        #expect(taken.count == 5)
        mayGoOn.add(1)
        #expect(try await events.verdict() == EventBench.allWell)
        await other.close()
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// What a former leader has in hand when another takes over has no effect of its own any more: neither on events nor
    /// on what is marked as sent.
    @Test func aFormerLeadersWorkHasNoEffect() async throws {
        let events = try await EventBench.make()
        let first = try events.leadership()
        try await waitUntil("the first leads") { first.isLeader }
        let old = try #require(first.fence)
        await first.resign()
        let second = try events.leadership()
        try await waitUntil("the second leads") { second.isLeader }
        let held = await Fence.$current.withValue(old) { () -> Problem? in
            do throws(Problem) {
                _ = try await events.bench.create("late")
                return nil
            } catch {
                return error
            }
        }
        #expect(held?.code == .unavailable)
        let removal = await Fence.$current.withValue(old) {
            await #expect(throws: PostgresError.self) { _ = try await Retention(events.bench.database).removeExpired() }
        }
        #expect(removal?.kind == .leadershipLost)
        #expect(try await events.bench.count("customer_success.touchpoint") == 0)
        await second.resign()
        try await events.close()
    }

    /// Who loses the lead while an event is retried, and leads again before the next attempt, goes on under the new fence.
    @Test func whoLeadsAgainGoesOn() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        let attempts = Counter()
        helpers.add(
            events.consume("effects", leadership) { _ in
                guard attempts.add() == 1 else { return }
                let old = leadership.fence
                let limit = ContinuousClock.now + .seconds(100)
                while leadership.fence == nil || leadership.fence == old, ContinuousClock.now < limit { usleep(5_000) }
                throw NotYet()
            })
        _ = try await events.bench.create("first")
        try await waitUntil("the first attempt") { attempts.value == 1 }
        try await events.bench.psql(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'leader%'
            """)
        #expect(try await events.verdict() == EventBench.allWell)
        #expect(attempts.value > 1)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// Without the lock nobody relays and nobody consumes.
    @Test func followersRest() async throws {
        let events = try await EventBench.make()
        let leader = try events.leadership()
        try await waitUntil("one leads") { leader.isLeader }
        let follower = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(follower))
        helpers.add(events.consume("effects", follower))
        _ = try await events.bench.create("waiting")
        try await Task.sleep(for: .seconds(1))
        #expect(try await events.bench.count("customer_success.outbox WHERE sent_at IS NULL") == 1)
        #expect(try await events.bench.count("customer_success.effect") == 0)
        await leader.resign()
        #expect(try await events.verdict() == EventBench.allWell)
        await helpers.end()
        await follower.resign()
        try await events.close()
    }
}
