import Testing

@testable import Events
@testable import NATS

/// What a relay does about what it sees of the stream, without a server.
@Suite struct RelayStepTests {
    private func stream(_ created: String, first: UInt64 = 1, last: UInt64) -> StreamInfo {
        StreamInfo(
            configuration: StreamConfiguration(name: "S", subjects: ["s"]), created: created, messages: 0, bytes: 0,
            firstSequence: first, lastSequence: last, consumers: 0)
    }

    @Test func aFirstStreamIsRemembered() {
        #expect(RelayStep(knowing: nil, seeing: stream("a", last: 7)) == .remember)
    }

    @Test func anotherStreamGetsEverything() {
        let known = RelayPosition(created: "a", sequence: 7, event: "e")
        #expect(RelayStep(knowing: known, seeing: stream("b", last: 0)) == .sendEverythingAgain)
        #expect(RelayStep(knowing: known, seeing: stream("b", last: 9)) == .sendEverythingAgain)
    }

    @Test func whatLiesWhereItWasPutIsLookedAt() {
        let known = RelayPosition(created: "a", sequence: 7, event: "e")
        #expect(RelayStep(knowing: known, seeing: stream("a", last: 7)) == .compare(sequence: 7))
        // Shorter than it was, or longer again by what others have written since: both may have lost it.
        #expect(RelayStep(knowing: known, seeing: stream("a", last: 3)) == .compare(sequence: 7))
        #expect(RelayStep(knowing: known, seeing: stream("a", last: 70)) == .compare(sequence: 7))
    }

    @Test func whatIsTooOldForTheStreamIsNotMissed() {
        let known = RelayPosition(created: "a", sequence: 7, event: "e")
        #expect(RelayStep(knowing: known, seeing: stream("a", first: 8, last: 7)) == .publish)
        #expect(RelayStep(knowing: known, seeing: stream("a", first: 7, last: 9)) == .compare(sequence: 7))
        #expect(RelayStep(knowing: RelayPosition(created: "a"), seeing: stream("a", last: 9)) == .publish)
    }

    /// Every beginning is found, whatever lies between the events, and with few looks.
    @Test func theWholeBeginningIsFound() {
        for written in [[1, 2, 3, 4, 5], [5, 9, 40, 41, 1_000], [1_000], [1, 500_000, 1_000_000]] as [[UInt64]] {
            for whole in [0] + written.dropLast() {
                var search = WholeBeginning(broken: written.last ?? 0)
                var found: UInt64 = 0
                var looks = 0
                while let looked = search.next {
                    looks += 1
                    let last = written.last { $0 > search.whole && $0 <= looked }
                    guard let last else {
                        search.isIntact(upTo: looked)
                        continue
                    }
                    if last <= whole {
                        search.isIntact(upTo: looked)
                        found = last
                    } else {
                        search.isMissing(at: last)
                    }
                }
                #expect(found == whole, "of \(written)")
                #expect(looks <= 21)
            }
        }
    }

    @Test func aConsumerGoesOnOrBeginsAgain() {
        func known(_ acknowledged: UInt64, _ description: String?) -> ConsumerInfo {
            ConsumerInfo(
                stream: "S", name: "c", created: "", pending: 0, unacknowledged: 0, redelivered: 0, waiting: 0,
                deliveredSequence: acknowledged, acknowledgedSequence: acknowledged, description: description)
        }
        typealias Returned = (times: Int, wholeUntil: UInt64)
        func start(_ consumer: ConsumerInfo, last: UInt64, _ returned: Returned) -> ConsumerConfiguration.Start {
            EventConsumer.start(consumer, last: last, returned)
        }
        #expect(start(known(7, nil), last: 9, (0, 0)) == .sequence(8))
        #expect(start(known(7, "return 2"), last: 9, (2, 3)) == .sequence(8), "it knows of the last return")
        #expect(start(known(7, "return 1"), last: 9, (2, 3)) == .sequence(4))
        #expect(start(known(2, "return 1"), last: 9, (2, 3)) == .sequence(3), "it had not come as far")
        #expect(start(known(7, nil), last: 9, (2, 3)) == .all, "two returns: the first may have gone further back")
        #expect(start(known(7, nil), last: 6, (0, 0)) == .all, "the stream has less than it acknowledged")
    }
}
