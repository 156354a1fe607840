import TestKit
import Testing

@testable import NATS

/// Streams and pull consumers against one server. Each test has a stream of its own.
@Suite struct JetStreamTests {
    static let server = Task { try await NATSServer.start() }

    private func open(_ name: String, window: Duration = .seconds(60)) async throws -> (Connection, JetStream) {
        let nats = try await Self.server.value.connect()
        let jetStream = JetStream(nats)
        var configuration = StreamConfiguration(name: name, subjects: ["\(name).>"])
        configuration.duplicateWindow = window
        _ = try await jetStream.createStream(configuration)
        return (nats, jetStream)
    }

    @Test func aMessageIDIsStoredOnce() async throws {
        let (nats, jetStream) = try await open("dedupe")
        let first = try await jetStream.publish("dedupe.a", payload: [1], messageID: "id-1")
        let again = try await jetStream.publish("dedupe.a", payload: [1], messageID: "id-1")
        let other = try await jetStream.publish("dedupe.a", payload: [1], messageID: "id-2")
        #expect(first == PublishAck(stream: "dedupe", sequence: 1, isDuplicate: false))
        #expect(again == PublishAck(stream: "dedupe", sequence: 1, isDuplicate: true))
        #expect(other.sequence == 2)
        let info = try await jetStream.streamInfo("dedupe")
        #expect(info.messages == 2 && info.firstSequence == 1 && info.lastSequence == 2)
        #expect(info.configuration.duplicateWindow == .seconds(60))
        #expect(info.configuration.subjects == ["dedupe.>"])
        await nats.close()
    }

    @Test func manyPublicationsWaitForFewSlots() async throws {
        let (nats, _) = try await open("many")
        let jetStream = JetStream(nats, maximumPendingPublishes: 16)
        let sequences = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for number in 0..<1_000 {
                group.addTask { try await jetStream.publish("many.a", payload: [], messageID: "\(number)").sequence }
            }
            return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
        }
        #expect(sequences == Set(1...1_000))
        await nats.close()
    }

    @Test func aPullSaysWhatTheServerReads() throws {
        func text(_ batch: Int, _ wait: Duration?) -> String {
            String(decoding: PullConsumer.request(batch, wait), as: UTF8.self)
        }
        #expect(text(100, nil) == #"{"batch":100,"no_wait":true}"#)
        #expect(text(1, .milliseconds(1_500)) == #"{"batch":1,"expires":1500000000}"#)
    }

    @Test func publicationsOfOneWaitAreStoredInTheirOrder() async throws {
        let (nats, jetStream) = try await open("together")
        func publication(_ number: Int, _ subject: String = "together.a") -> OutboundMessage {
            OutboundMessage(subject, headers: ["X": "\(number)"], payload: [1], messageID: "\(number)")
        }
        let stored = try await jetStream.publish((0..<1_000).map { publication($0) }) { true }.map { try $0.get() }
        #expect(stored.map(\.sequence) == Array(1...1_000))
        // Each has an outcome of its own.
        let mixed = await jetStream.publish([publication(1), publication(-1, "nobody.a"), publication(1_001)]) { true }
        #expect(try mixed[0].get().isDuplicate)
        #expect(throws: NATSError.self) { try mixed[1].get() }
        #expect(try mixed[2].get().sequence == 1_001)
        #expect(await jetStream.publish([]) { true }.isEmpty)
        await nats.close()
    }

    @Test func whatMayNotGoOnIsNotSent() async throws {
        let (nats, jetStream) = try await open("fenced")
        let publications = (0..<10).map { OutboundMessage("fenced.a", headers: [:], payload: [], messageID: "\($0)") }
        var asked = 0
        let answers = await jetStream.publish(publications) {
            asked += 1
            return asked <= 4
        }
        #expect(answers.prefix(4).allSatisfy { (try? $0.get()) != nil })
        #expect(answers.dropFirst(4).allSatisfy { $0 == .failure(.cancelled) })
        #expect(try await jetStream.streamInfo("fenced").messages == 4)
        await nats.close()
    }

    @Test func aCancellationEndsAllOfOneWait() async throws {
        let (nats, _) = try await open("ended")
        // Somebody listens and never answers.
        try nats.subscribe("silent.a") { _ in }
        let jetStream = JetStream(nats, timeout: .seconds(60))
        let publications = (0..<10).map { OutboundMessage("silent.a", headers: [:], payload: [], messageID: "\($0)") }
        let task = Task { await jetStream.publish(publications) { true } }
        try await waitUntil("all wait") { nats.requestsInFlight == 10 }
        task.cancel()
        #expect(await task.value == Array(repeating: .failure(.cancelled), count: 10))
        #expect(nats.requestsInFlight == 0)
        await nats.close()
    }

    @Test func pulledMessagesAreAcknowledgedOneByOne() async throws {
        let (nats, jetStream) = try await open("pull")
        for number in 0..<25 {
            _ = try await jetStream.publish("pull.\(number % 2)", headers: ["X": "\(number)"], payload: [UInt8(number)])
        }
        var configuration = ConsumerConfiguration(name: "reader", filterSubject: "pull.0")
        configuration.start = .sequence(3)
        try await jetStream.ensureConsumer(configuration, on: "pull")
        let reader = try jetStream.consumer("reader", on: "pull")
        let first = try await reader.fetch(batch: 5, timeout: .seconds(60))
        #expect(first.map { $0.message.payload } == [[2], [4], [6], [8], [10]])
        #expect(first.map(\.streamSequence) == [3, 5, 7, 9, 11])
        #expect(first[0].stream == "pull" && first[0].consumer == "reader" && first[0].deliveries == 1)
        #expect(first[0].message.headers["x"] == "2" && first[0].message.subject == "pull.0")
        #expect(first[0].pending == 11 && first[0].timestampNanoseconds > 0)
        for message in first { try message.ack() }
        let rest = try await reader.fetch(batch: 100, timeout: .seconds(60))
        #expect(rest.count == 7)
        for message in rest { try message.ack() }
        #expect(try await reader.fetch(batch: 10, timeout: .zero).isEmpty)
        try await waitUntil { try await jetStream.consumerInfo("reader", on: "pull").unacknowledged == 0 }
        let info = try await jetStream.consumerInfo("reader", on: "pull")
        #expect(info.pending == 0 && info.acknowledgedSequence == 25)
        await nats.close()
    }

    @Test func aFetchWaitsForTheFirstMessage() async throws {
        let (nats, jetStream) = try await open("wait")
        try await jetStream.ensureConsumer(ConsumerConfiguration(name: "reader"), on: "wait")
        let reader = try jetStream.consumer("reader", on: "wait")
        let start = ContinuousClock.now
        #expect(try await reader.fetch(batch: 10, timeout: .milliseconds(200)).isEmpty)
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        async let fetched = reader.fetch(batch: 10, timeout: .seconds(300))
        try await waitUntil { try await jetStream.consumerInfo("reader", on: "wait").waiting == 1 }
        _ = try await jetStream.publish("wait.a", payload: [7])
        #expect(try await fetched.map { $0.message.payload } == [[7]])
        #expect(ContinuousClock.now - start < .seconds(60))
        await nats.close()
    }

    /// A reader that has read everything asks once for the next message, and not first whether there is one, nor afterwards
    /// whether there are more: it waits for events, which come one by one.
    @Test func aMessageThatComesAloneCostsOnePull() async throws {
        let (nats, jetStream) = try await open("alone")
        try await jetStream.ensureConsumer(ConsumerConfiguration(name: "reader"), on: "alone")
        let reader = try jetStream.consumer("reader", on: "alone")
        let pulls = Counter()
        let counting = try nats.subscribe("$JS.API.CONSUMER.MSG.NEXT.alone.reader") { _ in pulls.add(1) }
        #expect(try await reader.fetch(batch: 10, timeout: .milliseconds(1)).isEmpty)
        let before = pulls.value
        for number in 0..<10 {
            async let fetched = reader.fetch(batch: 10, timeout: .seconds(300))
            try await waitUntil { try await jetStream.consumerInfo("reader", on: "alone").waiting == 1 }
            _ = try await jetStream.publish("alone.a", payload: [UInt8(number)])
            let messages = try await fetched
            #expect(messages.map { $0.message.payload } == [[UInt8(number)]])
            try messages.first?.ack()
        }
        #expect(pulls.value - before == 10)
        // Several that wait are read together all the same.
        for number in 0..<5 { _ = try await jetStream.publish("alone.a", payload: [UInt8(number)]) }
        #expect(try await reader.fetch(batch: 10, timeout: .seconds(60)).count == 5)
        counting.unsubscribe()
        await nats.close()
    }

    @Test func whatIsNotAcknowledgedComesAgain() async throws {
        let (nats, jetStream) = try await open("again")
        var configuration = ConsumerConfiguration(name: "reader")
        configuration.acknowledgementWait = .seconds(3)
        try await jetStream.ensureConsumer(configuration, on: "again")
        let reader = try jetStream.consumer("reader", on: "again")
        _ = try await jetStream.publish("again.a", payload: [1])
        #expect(try await reader.fetch(batch: 1, timeout: .seconds(60)).map(\.deliveries) == [1])
        let second = try await reader.fetch(batch: 1, timeout: .seconds(60))
        #expect(second.map(\.deliveries) == [2])
        try second[0].inProgress()
        try second[0].term()
        #expect(try await reader.fetch(batch: 1, timeout: .seconds(6)).isEmpty)
        await nats.close()
    }

    @Test func aCancelledFetchLosesNoMessage() async throws {
        let (nats, jetStream) = try await open("cancel")
        var configuration = ConsumerConfiguration(name: "reader")
        configuration.acknowledgementWait = .seconds(300)
        try await jetStream.ensureConsumer(configuration, on: "cancel")
        let reader = try jetStream.consumer("reader", on: "cancel")
        let task = Task { try await reader.fetch(batch: 1, timeout: .seconds(300)) }
        try await waitUntil { try await jetStream.consumerInfo("reader", on: "cancel").waiting == 1 }
        task.cancel()
        await #expect(throws: NATSError.cancelled) { _ = try await task.value }
        _ = try await jetStream.publish("cancel.a", payload: [1])
        // The acknowledgement wait is five minutes; it comes at once because the late message was given back.
        let start = ContinuousClock.now
        #expect(try await reader.fetch(batch: 1, timeout: .seconds(300)).count == 1)
        #expect(ContinuousClock.now - start < .seconds(60))
        await nats.close()
    }

    /// What comes when nobody waits is given back to its own consumer alone: a reply tells whose it is.
    @Test func aReplyTellsWhoseItIs() {
        func origin(_ reply: String) -> [Substring]? {
            JetStreamMessage.metadata(in: reply).map { Array($0.prefix(2)) }
        }
        #expect(origin("$JS.ACK.events.reader.1.1.1.1.0") == ["events", "reader"])
        #expect(origin("$JS.ACK.domain.account.events.reader.1.1.1.1.0") == ["events", "reader"])
        for reply in [
            "$JS.ACK.x", "$JS.ACK.events.reader.1", "_INBOX.events.reader.1.1.1.1.0", "", "$JS.API.a.b.c.d.e.f.g",
        ] {
            #expect(origin(reply) == nil, "\(reply)")
        }
    }

    @Test func aStreamMadeAnewIsNoticed() async throws {
        let (nats, jetStream) = try await open("anew")
        try await jetStream.ensureConsumer(ConsumerConfiguration(name: "reader"), on: "anew")
        let before = try await jetStream.streamInfo("anew")
        try await jetStream.deleteStream("anew")
        await #expect { try await jetStream.streamInfo("anew") } throws: {
            ($0 as? NATSError)?.isStreamNotFound == true
        }
        await #expect {
            try await jetStream.publish("anew.a", payload: [])
        } throws: { ($0 as? NATSError)?.isStreamNotFound == true }
        let reader = try jetStream.consumer("reader", on: "anew")
        await #expect {
            try await reader.fetch(batch: 1, timeout: .seconds(60))
        } throws: { ($0 as? NATSError)?.isStreamNotFound == true }
        let after = try await jetStream.ensureStream(before.configuration)
        #expect(after.created != before.created)
        #expect(after.configuration == before.configuration)
        await #expect {
            try await reader.fetch(batch: 1, timeout: .seconds(60))
        } throws: { ($0 as? NATSError)?.isConsumerNotFound == true }
        await nats.close()
    }

    @Test func deletingTheConsumerEndsAWaitingFetch() async throws {
        let (nats, jetStream) = try await open("gone")
        try await jetStream.ensureConsumer(ConsumerConfiguration(name: "reader"), on: "gone")
        let reader = try jetStream.consumer("reader", on: "gone")
        let task = Task { try await reader.fetch(batch: 1, timeout: .seconds(300)) }
        try await waitUntil { try await jetStream.consumerInfo("reader", on: "gone").waiting == 1 }
        try await jetStream.deleteConsumer("reader", on: "gone")
        await #expect(throws: NATSError.jetStream(code: 409, errCode: 0, description: "Consumer Deleted")) {
            _ = try await task.value
        }
        await nats.close()
    }

    @Test func aStreamsConfigurationCanChange() async throws {
        let (nats, jetStream) = try await open("change")
        var configuration = try await jetStream.streamInfo("change").configuration
        configuration.maximumMessages = 2
        configuration.maximumAge = .seconds(3_600)
        configuration.description = "two at most"
        let changed = try await jetStream.ensureStream(configuration)
        #expect(changed.configuration == configuration)
        for number in 0..<5 { _ = try await jetStream.publish("change.a", payload: [UInt8(number)]) }
        let info = try await jetStream.streamInfo("change")
        #expect(info.messages == 2 && info.firstSequence == 4)
        await nats.close()
    }

    @Test(arguments: ["", "a b", "a.b", "a*", "a>", "ä"])
    func namesThatWouldChangeTheSubjectAreRefused(name: String) async throws {
        let nats = try await Self.server.value.connect()
        let jetStream = JetStream(nats)
        await #expect(throws: NATSError.invalidSubject(name)) { try await jetStream.streamInfo(name) }
        #expect(throws: NATSError.invalidSubject(name)) { try jetStream.consumer(name, on: "a") }
        await nats.close()
    }
}
