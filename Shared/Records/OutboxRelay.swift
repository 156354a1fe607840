import Logging
import NATS
import Postgres
import Tenancy

/// Sends the events of an outbox to the stream, oldest first, and marks them as sent.
///
/// One instance of a service relays at a time, so that the order of a record's events holds; the others wait for its
/// lock. When the stream is gone or is not the one written to before, everything in the outbox is sent again:
/// consumers know by their inbox what they have seen.
public struct OutboxRelay: Sendable {
    private let database: Database
    private let jetStream: JetStream
    private let leadership: Leadership
    private let replicas: Int
    private let batch = 500

    /// A relay for `database`. Only the leader of the service's instances relays. `replicas` is the stream's.
    public init(_ database: Database, _ jetStream: JetStream, _ leadership: Leadership, replicas: Int = 1) {
        self.database = database
        self.jetStream = jetStream
        self.leadership = leadership
        self.replicas = replicas
    }

    /// Relays until the task is cancelled. Failures are logged and tried again, never skipped.
    public func run() async {
        var pause: Duration = .milliseconds(50)
        var isPrepared = false
        var looked = ContinuousClock.now
        while !Task.isCancelled {
            guard let fence = leadership.fence else {
                isPrepared = false
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            do {
                // Looked at also while there is much to send: a new stream takes events as willingly as the old one.
                if !isPrepared || looked.duration(to: .now) > .seconds(1) {
                    try await Fence.$current.withValue(fence) { try await prepare() }
                    isPrepared = true
                    looked = .now
                }
                let sent = try await Fence.$current.withValue(fence) { try await sendBatch() }
                pause = .milliseconds(50)
                if sent < batch { await database.outboxSignal.wait(atMost: .seconds(1)) }
            } catch {
                isPrepared = false
                database.log.warning("events wait in the outbox", metadata: ["cause": "\(error)"])
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    /// Makes sure of the stream, and marks everything as unsent when it is a new one.
    private func prepare() async throws {
        let created = try await EventStream.ensure(jetStream, replicas: replicas).created
        let schema = database.schema
        // Marking a large outbox takes its time.
        try await database.pool.transaction(settings: Scope.domain(.root).settings, timeout: .seconds(600)) { tx in
            let rows = try tx.query(
                "SELECT created FROM \(identifier: schema).relay WHERE stream = \(EventStream.name)")
            let known = try rows.first?.string(at: 0)
            guard known != created else { return }
            if known != nil {
                tx.send("UPDATE \(identifier: schema).outbox SET sent_at = NULL WHERE sent_at IS NOT NULL")
            }
            tx.send(
                """
                INSERT INTO \(identifier: schema).relay (stream, created) VALUES (\(EventStream.name), \(created)) \
                ON CONFLICT (stream) DO UPDATE SET created = excluded.created
                """)
        }
    }

    private struct Event: Sendable {
        let sequence: Int64
        let id: String
        let subject: String
        let record: String
        let trace: String?
        let payload: [UInt8]
    }

    private func sendBatch() async throws -> Int {
        let schema = database.schema
        let limit = batch
        let settings = Scope.domain(.root).settings
        let rows = try await database.pool.run(
            """
            SELECT seq, event_id, subject, record, trace, payload FROM \(identifier: schema).outbox \
            WHERE sent_at IS NULL ORDER BY seq LIMIT \(limit)
            """,
            // A plan made while the outbox was small would go on reading all of it when it no longer is.
            settings: settings + [("enable_seqscan", "off")], readOnly: true)
        guard !rows.isEmpty else { return 0 }
        let events = try rows.map { row in
            Event(
                sequence: try row.int64(at: 0), id: try row.string(at: 1), subject: try row.string(at: 2),
                record: try row.string(at: 3), trace: try row.optionalString(at: 4), payload: try row.bytes(at: 5))
        }
        let sent = await publish(events)
        if !sent.isEmpty {
            _ = try await database.pool.run(
                "UPDATE \(identifier: schema).outbox SET sent_at = now() WHERE seq = ANY(\(sent)::bigint[])",
                settings: settings)
        }
        guard sent.count == events.count else { throw Incomplete(unsent: events.count - sent.count) }
        return events.count
    }

    private struct Incomplete: Error {
        let unsent: Int
    }

    /// Publishes a batch in waves: events of one record one after the other, different records together.
    private func publish(_ events: [Event]) async -> [Int64] {
        var sent: [Int64] = []
        var rest = events[...]
        var failed: Set<String> = []
        while !rest.isEmpty {
            var wave: [Event] = []
            var seen: Set<String> = []
            while let next = rest.first, seen.insert(next.record).inserted {
                rest = rest.dropFirst()
                if !failed.contains(next.record) { wave.append(next) }
            }
            let results = await withTaskGroup(of: (Event, Bool).self) { group in
                for event in wave { group.addTask { (event, await self.publish(event)) } }
                var results: [(Event, Bool)] = []
                for await result in group { results.append(result) }
                return results
            }
            for (event, isStored) in results {
                if isStored { sent.append(event.sequence) } else { failed.insert(event.record) }
            }
        }
        return sent
    }

    private func publish(_ event: Event) async -> Bool {
        // Asked for each: who was frozen in the middle of a batch must not go on with it behind what is newer.
        guard leadership.isLeader else { return false }
        var headers = Headers()
        headers.add("ce-specversion", "1.0")
        headers.add("ce-id", event.id)
        headers.add("ce-source", "/ale/\(database.service)")
        headers.add("ce-type", event.subject.split(separator: ".").suffix(3).joined(separator: "."))
        headers.add("ce-subject", event.record)
        headers.add("content-type", "application/protobuf")
        if let trace = event.trace { headers.add("traceparent", trace) }
        do {
            let acknowledgement = try await jetStream.publish(
                event.subject, headers: headers, payload: event.payload, messageID: event.id)
            return acknowledgement.stream == EventStream.name
        } catch {
            database.log.debug("event not stored", metadata: ["event": "\(event.id)", "cause": "\(error)"])
            return false
        }
    }
}
