import NATS
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

/// From the outbox over JetStream to the effect, with everything on the way failing.
@Suite(.serialized, .timeLimit(.minutes(15))) struct EventTests {
    /// Eight writers change a few records at once; each event has its effect once and in order.
    @Test func orderHoldsUnderConcurrentWriters() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        try await Self.write(events.bench, records: 4, writers: 8, changes: 25)
        #expect(try await events.verdict() == EventBench.allWell)
        #expect(try await events.bench.count("customer_success.effect") == 4 + 8 * 25)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// The first event after a while goes at once, and what happens within the pace goes together.
    @Test func whatHappensWithinThePaceGoesTogether() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        let outbox = "customer_success.outbox"
        var helpers = Helpers()
        helpers.add(events.relay(leadership, pace: .seconds(5)))
        _ = try await events.bench.create("at once")
        try await waitUntil("the first is sent") {
            try await events.bench.count("\(outbox) WHERE sent_at IS NOT NULL") == 1
        }
        for number in 0..<20 { _ = try await events.bench.create("event \(number)") }
        try await waitUntil("sent") { try await events.bench.count("\(outbox) WHERE sent_at IS NULL") == 0 }
        // A batch is marked by one statement. On a machine that creates slowly it may be a few of them, not twenty.
        let batches = try await events.bench.count("(SELECT DISTINCT sent_at FROM \(outbox)) batches")
        #expect((2...5).contains(batches), "\(batches) batches")
        #expect(try await events.missingInStream() == 0)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// The same event under another message id: JetStream takes it for new, the inbox does not.
    @Test func whatComesTwiceHappensOnce() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        _ = try await events.bench.create("once")
        #expect(try await events.verdict() == EventBench.allWell)
        let row = try await events.bench.psql(
            "SELECT subject || ' ' || encode(payload, 'hex') FROM customer_success.outbox")
        let parts = row.split(separator: " ").map(String.init)
        for number in 0..<5 {
            let stored = try await events.jetStream.publish(
                parts[0], payload: bytes(hex: parts[1]), messageID: "again \(number)")
            #expect(!stored.isDuplicate)
        }
        // A later event behind them: when it has come, they have.
        _ = try await events.bench.create("later")
        #expect(try await events.verdict() == EventBench.allWell)
        #expect(try await events.bench.count("customer_success.effect") == 2)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// What nobody can read must not stop what comes behind it.
    @Test func anUnreadableEventIsPassedOver() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        _ = try await events.bench.create("before")
        #expect(try await events.verdict() == EventBench.allWell)
        _ = try await events.jetStream.publish(
            "ale.v1.events.provider.customer-success.touchpoint.created", payload: [0xFF, 0xFF, 0xFF])
        _ = try await events.bench.create("after")
        #expect(try await events.verdict() == EventBench.allWell)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// The stream is deleted again and again while writers are at work: it is made anew and filled from the outbox.
    @Test func theStreamIsRebuiltUnderLoad() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        let bench = events.bench
        async let writing: Void = Self.write(bench, records: 20, writers: 4, changes: 150)
        for _ in 0..<3 {
            let seen = try await bench.count("customer_success.effect")
            // The writers may be done before the stream has been deleted often enough.
            let next = min(seen + 30, 20 + 4 * 150)
            try await waitUntil("progress") { try await bench.count("customer_success.effect") >= next }
            try? await events.jetStream.deleteStream(EventStream.name)
        }
        try await writing
        let verdict = try await events.verdict()
        #expect(verdict.hasPrefix("doubled 0,"), "\(verdict)")
        let total = try await bench.count("customer_success.outbox")
        #expect(total == 20 + 4 * 150)
        #expect(try await bench.count("customer_success.effect") == total)
        // The new stream holds everything there ever was.
        try await waitUntil("everything is in the stream") {
            // Between its deletion and its rebuilding there is no stream to ask.
            (try? await events.jetStream.streamInfo(EventStream.name))?.messages == UInt64(total)
        }
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// Somebody else may make the stream anew before the relay looks; a busy relay must notice all the same.
    @Test func aStreamMadeAnewByAnotherIsFilledWhileBusy() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        let bench = events.bench
        for number in 0..<50 { _ = try await bench.create("old \(number)") }
        try await events.waitUntilSent()
        let writer = Task {
            var number = 0
            while !Task.isCancelled {
                _ = try? await bench.create("new \(number)")
                number += 1
            }
        }
        try await events.jetStream.deleteStream(EventStream.name)
        _ = try await EventStream.ensure(events.jetStream)
        // Never idle, and yet the fifty come.
        try await waitUntil("the old ones are in the new stream") {
            // The count first: what is sent after it is in the stream besides.
            let sent = try await bench.count("customer_success.outbox WHERE sent_at IS NOT NULL")
            let stream = try await events.jetStream.streamInfo(EventStream.name)
            return sent > 60 && Int(stream.messages) >= sent
        }
        writer.cancel()
        await writer.value
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// The server dies under the relay and comes back: nothing is lost, nothing comes twice.
    @Test func theServerIsKilledAndComesBack() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        let bench = events.bench
        async let writing: Void = Self.write(bench, records: 10, writers: 4, changes: 60)
        for _ in 0..<2 {
            let seen = try await bench.count("customer_success.effect")
            try await waitUntil("progress") { try await bench.count("customer_success.effect") > seen + 20 }
            try await events.nats.kill()
            try await Task.sleep(for: .milliseconds(200))
            try await events.nats.restart()
        }
        try await writing
        #expect(try await events.verdict() == EventBench.allWell)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// Touches `records` records from several tasks at once, `changes` times each.
    static func write(_ bench: Workbench, records: Int, writers: Int, changes: Int) async throws {
        var made: [String] = []
        for _ in 0..<records { made.append(try await bench.create("record \(UInt64.random(in: 0...UInt64.max))").id) }
        let ids = made
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for number in 0..<changes {
                        try await bench.change(ids[(writer + number) % ids.count]) {
                            $0.description = "by \(writer), \(number)"
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
