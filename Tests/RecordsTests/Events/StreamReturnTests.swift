import Foundation
import NATS
import Postgres
import Records
import Tenancy
import TestKit
import Testing
import Wire

/// A stream that went back: a volume restored from an older copy, a power cut before the server's data was on disk.
@Suite(.serialized, .timeLimit(.minutes(15))) struct StreamReturnTests {
    /// What ``NATSServer`` keeps of its stream, in a copy made while the server stands still.
    private struct Copy {
        let place: String
        let copy: String

        /// `part` is a path in the folder of the server.
        init(of nats: NATSServer, part: String = "store") async throws {
            place = nats.directory + "/" + part
            copy = nats.directory + "/copy"
            try await nats.kill(SIGTERM)
            try FileManager.default.copyItem(atPath: place, toPath: copy)
            try await nats.restart()
        }

        func restore(to nats: NATSServer) async throws {
            try await nats.kill()
            try FileManager.default.removeItem(atPath: place)
            try FileManager.default.copyItem(atPath: copy, toPath: place)
            try await nats.restart()
        }
    }

    private static let stream = "store/jetstream/$G/streams/" + EventStream.name

    /// Every event of the outbox is in the stream, and those of a record in order.
    private func expectAll(_ events: EventBench) async throws {
        try await waitUntil("everything is in the stream") { try await events.missingInStream() == 0 }
        #expect(try await events.disorderInStream() == [])
    }

    /// The stream went back once, and was not made anew.
    private func expectReturn(_ events: EventBench) async throws {
        let relay = try await events.bench.psql("SELECT returns, whole_until, sequence FROM customer_success.relay")
        #expect(relay.hasPrefix("1|"), "\(relay)")
    }

    @Test func whatARestoredStreamLostIsSentAgain() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        try await EventTests.write(events.bench, records: 5, writers: 2, changes: 30)
        try await events.waitUntilSent()
        let copy = try await Copy(of: events.nats)
        try await EventTests.write(events.bench, records: 5, writers: 2, changes: 30)
        #expect(try await events.verdict() == EventBench.allWell)
        try await copy.restore(to: events.nats)
        try await EventTests.write(events.bench, records: 5, writers: 2, changes: 30)
        #expect(try await events.verdict() == EventBench.allWell)
        try await expectAll(events)
        try await expectReturn(events)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// Others were quicker: the stream is longer again than it was when the relay looks, and still lacks what it had.
    @Test func aStreamThatOthersHaveFilledIsNotTakenForWhole() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        for number in 0..<20 { _ = try await events.bench.create("early \(number)") }
        try await events.waitUntilSent()
        let copy = try await Copy(of: events.nats)
        for number in 0..<20 { _ = try await events.bench.create("late \(number)") }
        try await events.waitUntilSent()
        await helpers.end()
        try await copy.restore(to: events.nats)
        let subject = "ale.v1.events.provider.another.record.created"
        // For a moment after its start the server has no stream.
        try await waitUntil("the server takes events") {
            (try? await events.jetStream.publish(subject, payload: [], messageID: "other")) != nil
        }
        for number in 1..<100 {
            _ = try await events.jetStream.publish(subject, payload: [], messageID: "other \(number)")
        }
        helpers = Helpers()
        helpers.add(events.relay(leadership))
        try await expectAll(events)
        try await expectReturn(events)
        // Only what was lost: twenty, beside the twenty that were there and the hundred of others.
        #expect(try await events.jetStream.streamInfo(EventStream.name).messages == 140)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// The server remembers the ids of messages for ten minutes, also of one that it no longer has.
    @Test func whatTheServerTakesForADuplicateIsStoredAllTheSame() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        for number in 0..<10 { _ = try await events.bench.create("event \(number)") }
        try await events.waitUntilSent()
        let last = try await events.jetStream.streamInfo(EventStream.name).lastSequence
        _ = try await events.connection.request(
            "$JS.API.STREAM.MSG.DELETE.\(EventStream.name)", payload: Array("{\"seq\": \(last)}".utf8),
            timeout: .seconds(5))
        #expect(try await events.missingInStream() == 1)
        try await expectAll(events)
        // Once, and not again with every look.
        try await events.waitUntilSent()
        let messages = try await events.jetStream.streamInfo(EventStream.name).messages
        try await Task.sleep(for: .seconds(3))
        #expect(try await events.jetStream.streamInfo(EventStream.name).messages == messages)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// Messages went back and the consumers did not: the server would pass over what takes the places of the lost ones.
    @Test func consumersThatAreAheadOfTheStreamBeginAgain() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        let task = events.consume("effects", leadership)
        for number in 0..<20 { _ = try await events.bench.create("early \(number)") }
        #expect(try await events.verdict() == EventBench.allWell)
        let copy = try await Copy(of: events.nats, part: Self.stream + "/msgs")
        for number in 0..<20 { _ = try await events.bench.create("late \(number)") }
        #expect(try await events.verdict() == EventBench.allWell)
        // The last effects are lost as well: what the consumer acknowledged is to come again.
        task.cancel()
        await task.value
        try await copy.restore(to: events.nats)
        helpers.add(events.consume("effects", leadership))
        for number in 0..<5 { _ = try await events.bench.create("new \(number)") }
        #expect(try await events.verdict() == EventBench.allWell)
        try await expectAll(events)
        try await expectReturn(events)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// The stream is wiped while it is being rebuilt and while records are changed: in the new one the events of each
    /// record stand in the order in which they happened.
    @Test func orderHoldsWhenTheStreamIsWipedDuringItsRebuilding() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        let bench = events.bench
        // Few records with many changes each: the relay takes long for a batch.
        try await EventTests.write(bench, records: 3, writers: 2, changes: 400)
        try await events.waitUntilSent()
        let ids = try await bench.psql("SELECT DISTINCT record FROM customer_success.outbox").split(separator: "\n")
        let writer = Task {
            var number = 0
            while !Task.isCancelled {
                let text = "later \(number)"
                _ = try? await bench.change(String(ids[number % ids.count])) { $0.description = text }
                number += 1
            }
        }
        for _ in 0..<2 {
            try await events.jetStream.deleteStream(EventStream.name)
            try await waitUntil("the rebuilding has begun") {
                ((try? await events.jetStream.streamInfo(EventStream.name))?.messages ?? 0) > 100
            }
        }
        writer.cancel()
        await writer.value
        try await expectAll(events)
        #expect(try await events.verdict() == EventBench.allWell)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }
}
