import NATS
import Records
import TestKit
import Testing

@testable import Events

/// A relay whose events are acknowledged together, beside somebody who publishes to the same stream all the time.
@Suite(.timeLimit(.minutes(15))) struct RelayChainTests {
    @Test func eachEventLiesWhereItIsSaidToBe() async throws {
        let events = try await EventBench.make()
        let count = 1_500
        try await events.bench.psql(
            """
            INSERT INTO customer_success.outbox (event_id, domain, subject, record, payload)
            SELECT gen_random_uuid(), '/provider/', 'ale.v1.events.provider.customer-success.touchpoint.created',
                gen_random_uuid(), '' FROM generate_series(1, \(count))
            """)
        _ = try await EventStream.ensure(events.jetStream)
        let other = try await EventBench.connect(events.nats)
        let noise = Task {
            var number = 0
            while !Task.isCancelled {
                number += 1
                _ = try? await JetStream(other).publish(
                    "ale.v1.events.provider.notifier.x.created", payload: [], messageID: "noise \(number)")
            }
        }
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        try await events.waitUntilSent()
        noise.cancel()
        await noise.value
        await helpers.end()
        await leadership.resign()
        var told: [String: UInt64] = [:]
        let rows = try await events.bench.psql(
            "SELECT event_id || ' ' || stream_sequence FROM customer_success.outbox")
        for row in rows.split(separator: "\n") {
            let parts = row.split(separator: " ")
            told[String(parts[0])] = UInt64(parts[1])
        }
        var found: [String: UInt64] = [:]
        for message in try await events.messages() {
            guard let id = message.message.headers["ce-id"] else { continue }
            #expect(found[id] == nil, "\(id) is there twice")
            found[id] = message.streamSequence
        }
        #expect(told.count == count && found == told)
        await other.close()
        try await events.close()
    }
}
