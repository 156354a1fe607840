import NATS
import Records
import TestKit
import Testing

@testable import Events

/// The stream of events is made as it should be, kept so, and otherwise left alone.
@Suite(.timeLimit(.minutes(15))) struct EventStreamTests {
    @Test func aStreamThatIsAsItShouldBeIsNotChanged() async throws {
        let nats = try await NATSServer.start()
        let connection = try await EventBench.connect(nats)
        let jetStream = JetStream(connection)
        let changes = Counter()
        let subscription = try connection.subscribe("$JS.API.STREAM.UPDATE.*") { _ in changes.add(1) }
        let made = try await EventStream.ensure(jetStream)
        for _ in 1...3 { #expect(try await EventStream.ensure(jetStream) == made) }
        try await connection.flush(timeout: .seconds(50))
        #expect(changes.value == 0)

        var other = made.configuration
        other.maximumAge = .seconds(3_600)
        _ = try await jetStream.updateStream(other)
        #expect(try await EventStream.ensure(jetStream).configuration == made.configuration)
        try await waitUntil("the change and its undoing were seen") { changes.value == 2 }
        try await subscription.drain(timeout: .seconds(50))
        await connection.close()
        try await nats.stop()
    }

    /// A stream that went between a look and what was to be done about it is not made as it was: relays would take it for
    /// the one before, and write the newest events to it ahead of the oldest.
    @Test func aStreamThatIsGoneIsNotMadeByKeepingIt() async throws {
        let nats = try await NATSServer.start()
        let connection = try await EventBench.connect(nats)
        let jetStream = JetStream(connection)
        let seen = try await EventStream.ensure(jetStream)
        #expect(try await EventStream.keep(seen, jetStream, numReplicas: 1, copied: []) == seen)
        let copying = try await EventStream.keep(seen, jetStream, numReplicas: 1, copied: ["provider"])
        #expect(EventStream.copiedDomains(copying.configuration) == ["provider"])
        try await jetStream.deleteStream(EventStream.name)
        await #expect {
            _ = try await EventStream.keep(copying, jetStream, numReplicas: 1, copied: [])
        } throws: { error in
            (error as? NATSError)?.isStreamNotFound == true
        }
        await #expect {
            _ = try await jetStream.streamInfo(EventStream.name)
        } throws: { error in
            (error as? NATSError)?.isStreamNotFound == true
        }
        await connection.close()
        try await nats.stop()
    }

    /// A server without a cluster refuses more than one replica: proof that it is asked for them.
    @Test func asManyReplicasAreAskedForAsAreSet() async throws {
        let nats = try await NATSServer.start()
        let connection = try await EventBench.connect(nats)
        let jetStream = JetStream(connection)
        await #expect {
            try await EventStream.ensure(jetStream, numReplicas: 3)
        } throws: { error in
            guard case .jetStream(_, let code, _) = error as? NATSError else { return false }
            return code == 10_074
        }
        #expect(try await EventStream.ensure(jetStream).configuration.numReplicas == 1)
        await connection.close()
        try await nats.stop()
    }
}
