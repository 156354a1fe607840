import JourneyKit
import NATS

/// The stream of events against the outboxes it comes from.
struct StreamAudit: Sendable {
    private static let stream = "ALE_EVENTS"
    private static let batch = 500

    let stack: ScenarioStack

    /// Events that are not in the stream, or came in before an older one of the same record.
    func findings() async throws -> [String] {
        var findings: [String] = []
        let sequences = try await sequences()
        for service in ScenarioStack.services {
            let schema = service.replacingOccurrences(of: "-", with: "_")
            let events = try await stack.sql(
                "SELECT event_id, record, sent_at IS NULL FROM \(schema).outbox ORDER BY seq")
            let unsent = events.count { $0[2] == "t" }
            if unsent > 0 { findings.append("\(unsent) events of \(service) are not sent") }
            let missing = events.filter { sequences[$0[0]] == nil }
            if !missing.isEmpty {
                findings.append("\(missing.count) events of \(service) are not in the stream, \(missing[0][0])")
            }
            var last: [String: UInt64] = [:]
            for event in events {
                guard let sequence = sequences[event[0]] else { continue }
                if sequence < last[event[1], default: 0] {
                    findings.append("event \(event[0]) of \(service) stands before an older one of its record")
                }
                last[event[1]] = sequence
            }
        }
        return findings
    }

    /// Where each event first stands in the stream, by its id.
    private func sequences() async throws -> [String: UInt64] {
        let connection = try await ScenarioStack.connect(stack.folder, as: "admin")
        do {
            let sequences = try await read(JetStream(connection))
            await connection.close()
            return sequences
        } catch {
            await connection.close()
            throw error
        }
    }

    private func read(_ jetStream: JetStream) async throws -> [String: UInt64] {
        let name = "audit-\(UInt64.random(in: 0...UInt64.max))"
        var sequences: [String: UInt64] = [:]
        let total = try await jetStream.ensureConsumer(ConsumerConfiguration(name: name), on: Self.stream).pending
        let consumer = try jetStream.consumer(name, on: Self.stream)
        var count: UInt64 = 0
        while count < total {
            let messages = try await consumer.fetch(batch: Self.batch, timeout: .seconds(5))
            guard !messages.isEmpty else { throw JourneyFailure("\(count) of \(total) events could be read") }
            for message in messages {
                if let id = message.messageID, sequences[id] == nil { sequences[id] = message.streamSequence }
                try message.ack()
            }
            count += UInt64(messages.count)
        }
        try await jetStream.deleteConsumer(name, on: Self.stream)
        return sequences
    }
}
