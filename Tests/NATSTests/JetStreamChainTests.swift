import TestKit
import Testing

@testable import NATS

/// Messages that the server answers together: what is said of each is what became of it.
@Suite struct JetStreamChainTests {
    private func open(_ name: String) async throws -> (Connection, JetStream) {
        let nats = try await JetStreamTests.server.value.connect()
        let jetStream = JetStream(nats)
        var configuration = StreamConfiguration(name: name, subjects: ["\(name).>"])
        configuration.duplicateWindow = .seconds(60)
        _ = try await jetStream.createStream(configuration)
        return (nats, jetStream)
    }

    private func message(_ number: Int, _ subject: String) -> OutboundMessage {
        OutboundMessage(subject, headers: ["X": "\(number)"], payload: [1], messageID: "\(number)")
    }

    @Test func eachIsWhereItIsSaidToBe() async throws {
        let (nats, jetStream) = try await open("chained")
        let count = JetStream.chain * 3 + 7
        let stored = await jetStream.publishChained((0..<count).map { message($0, "chained.a") }) { true }
        #expect(try stored.map { try $0.get().sequence } == (1...count).map { UInt64($0) })
        for number in [0, 1, JetStream.chain - 1, JetStream.chain, count - 1] {
            #expect(try await jetStream.messageID(at: UInt64(number + 1), in: "chained") == "\(number)")
        }
        #expect(await jetStream.publishChained([]) { true }.isEmpty)
        let alone = await jetStream.publishChained([message(-1, "chained.a")]) { true }
        #expect(try alone[0].get().sequence == UInt64(count + 1))
        await nats.close()
    }

    /// Whatever the server does with a chain, publishing once more by itself what is not known stores all of it once.
    @Test func aBrokenChainIsToldAndNothingIsStoredTwice() async throws {
        let (nats, jetStream) = try await open("broken")
        let messages = (0..<JetStream.chain * 2).map { message($0, "broken.a") }
        // One in the midst of the second chain is there already.
        let early = try await jetStream.publish(
            "broken.a", payload: [1], messageID: "\(JetStream.chain + JetStream.chain / 2)")
        #expect(early.sequence == 1)
        let answers = await jetStream.publishChained(messages) { true }
        let (whole, broken) = (answers.prefix(JetStream.chain), answers.dropFirst(JetStream.chain))
        #expect(try whole.map { try $0.get().sequence } == (2...JetStream.chain + 1).map { UInt64($0) })
        #expect(
            broken.allSatisfy { if case .failure(let error) = $0 { error.isBrokenChain } else { false } })
        let again = await jetStream.publish(Array(messages.suffix(JetStream.chain))) { true }
        for (message, answer) in zip(messages.suffix(JetStream.chain), again) {
            let place = try answer.get().sequence
            #expect(try await jetStream.messageID(at: place, in: "broken") == message.messageID)
        }
        #expect(try await jetStream.streamInfo("broken").messages == UInt64(JetStream.chain * 2))
        // All of it once more: the last is known to be there, which says nothing of those before it.
        let repeated = await jetStream.publishChained(Array(messages.prefix(JetStream.chain))) { true }
        #expect(repeated.allSatisfy { if case .failure(let error) = $0 { error.isBrokenChain } else { false } })
        #expect(try await jetStream.streamInfo("broken").messages == UInt64(JetStream.chain * 2))
        await nats.close()
    }

    /// Four at once, as four services are: a place that is told is right, however the chains fare.
    @Test func chainsOfSeveralAreNotMistakenForEachOther() async throws {
        let (nats, jetStream) = try await open("several")
        let told = try await withThrowingTaskGroup(of: [(String, UInt64)].self) { group in
            for sender in 0..<4 {
                group.addTask {
                    let own = try await JetStreamTests.server.value.connect()
                    let messages = (0..<JetStream.chain * 8).map { self.message(sender * 10_000 + $0, "several.a") }
                    var places: [(String, UInt64)] = []
                    let answers = await JetStream(own).publishChained(messages) { true }
                    let unknown = zip(messages, answers).compactMap { message, answer in
                        if case .success(let ack) = answer {
                            places.append((message.messageID, ack.sequence))
                            return nil as OutboundMessage?
                        }
                        return message
                    }
                    for (message, answer) in zip(unknown, await JetStream(own).publish(unknown) { true }) {
                        places.append((message.messageID, try answer.get().sequence))
                    }
                    await own.close()
                    return places
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let count = JetStream.chain * 8 * 4
        #expect(Set(told.map(\.1)) == Set((1...count).map { UInt64($0) }))
        #expect(try await jetStream.streamInfo("several").messages == UInt64(count))
        for (id, place) in told { #expect(try await jetStream.messageID(at: place, in: "several") == id) }
        await nats.close()
    }

    @Test func aChainThatMayNotGoOnIsNotKnown() async throws {
        let (nats, jetStream) = try await open("halted")
        var asked = 0
        let answers = await jetStream.publishChained((0..<10).map { message($0, "halted.a") }) {
            asked += 1
            return asked <= 4
        }
        #expect(answers.allSatisfy { $0 == .failure(.cancelled) })
        let nobody = await jetStream.publishChained((0..<3).map { message($0, "nobody.a") }) { true }
        #expect(nobody.allSatisfy { if case .failure(let error) = $0 { error.isStreamNotFound } else { false } })
        await nats.close()
    }
}
