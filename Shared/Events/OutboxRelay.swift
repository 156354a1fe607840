import Ground
import Logging
import NATS
import Postgres
import Tenancy
import Wire

/// Sends the events of an outbox to the stream, oldest first, and marks them as sent.
///
/// One instance of a service relays at a time, so that the order of a record's events holds; the others wait for its
/// lock. When the stream is not the one written to before, everything in the outbox is sent again; when it went back,
/// what it lost. Consumers know by their inbox what they have seen.
public struct OutboxRelay: Sendable {
    private let database: Database
    private let jetStream: JetStream
    private let leadership: Leadership
    private let place: StreamPlace
    /// The types of the service's records, by table.
    private let types: [String: any RecordMessage.Type]
    private let pace: Duration
    private let batch = 500
    /// What the headers of an event take of a message at most.
    private static let headerRoom = 4_096

    /// A relay for `database`, whose events are about `records`. Only the leader of the service's instances relays.
    /// - Parameters:
    ///   - jetStream: over a connection with ``options(_:)``.
    ///   - pace: how long lies between the beginnings of two batches. The first event after a while goes at once; what
    ///     happens within the pace goes together, which costs a service that is busy a fraction of sending each by itself.
    public init(
        _ database: Database, _ jetStream: JetStream, _ leadership: Leadership, records: [any RecordMessage.Type],
        pace: Duration = .milliseconds(25)
    ) {
        self.pace = pace
        types = Dictionary(records.map { ($0.schema.table, $0) }, uniquingKeysWith: { first, _ in first })
        self.database = database
        self.jetStream = jetStream
        self.leadership = leadership
        place = StreamPlace(database: database, jetStream: jetStream)
    }

    /// The options of the connection that a relay publishes over. Its messages come many at once and are sent together. And nothing is kept
    /// for the time after a reconnection: the stream may be another one then, which is to have the oldest events first.
    public static func options(_ options: ConnectionOptions) -> ConnectionOptions {
        var options = options
        options.gathersMessages = true
        options.reconnectBufferBytes = 0
        return options
    }

    /// Relays until the task is cancelled. Failures are logged and retried, never skipped.
    public func run() async {
        var pause: Duration = .milliseconds(50)
        var known: Known?
        while !Task.isCancelled {
            guard let fence = leadership.fence else {
                known = nil
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            do {
                let before = known
                let ready = try await Fence.$current.withValue(fence) { try await look(before) }
                known = ready
                // A stream that is held takes nothing. It is opened soon.
                guard !ready.isHeld else {
                    try? await Task.sleep(for: .milliseconds(100))
                    continue
                }
                let next = ContinuousClock.now + pace
                let sent = try await Fence.$current.withValue(fence) { try await sendBatch(ready) }
                pause = .milliseconds(50)
                if (1..<batch).contains(sent) { try? await Task.sleep(until: next, clock: .continuous) }
                if sent < batch { await database.outboxSignal.wait(atMost: EventStream.look) }
            } catch is Stale {
                continue
            } catch {
                known = nil
                database.log.warning("events wait in the outbox", metadata: ["cause": "\(error)"])
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    /// What is known of the stream, and until when it may be relied on.
    private struct Known: Sendable {
        let created: String
        let isHeld: Bool
        /// The domains of whose events there are copies in JSON.
        let copied: Set<String>
        let looked: ContinuousClock.Instant
        let reconnections: UInt64
    }

    private func isFresh(_ known: Known) -> Bool {
        known.looked.duration(to: .now) < EventStream.freshness && jetStream.connection.isConnected
            && jetStream.connection.reconnections == known.reconnections
    }

    /// Looks at the stream, unless that was just done: also while there is much to send, since a new stream takes events
    /// as willingly as the old one.
    private func look(_ known: Known?) async throws -> Known {
        if let known, !known.isHeld, isFresh(known), known.looked.duration(to: .now) < EventStream.look { return known }
        let reconnections = jetStream.connection.reconnections
        let looked = ContinuousClock.now
        let stream = try await place.make()
        return Known(
            created: stream.created, isHeld: EventStream.isHeld(stream.configuration),
            copied: EventStream.copiedDomains(stream.configuration), looked: looked, reconnections: reconnections)
    }

    private func sendBatch(_ known: Known) async throws -> Int {
        let schema = database.schema
        let limit = batch
        let rows = try await database.pool.run(
            """
            SELECT seq, event_id, subject, record, trace, created_at, payload, stream_sequence \
            FROM \(identifier: schema).outbox WHERE sent_at IS NULL ORDER BY seq LIMIT \(limit)
            """,
            // A plan made while the outbox was small would go on reading all of it when it no longer is.
            settings: Scope.domain(.root).settings + [("enable_seqscan", "off")], readOnly: true)
        guard !rows.isEmpty else { return 0 }
        let events = try rows.map { row in
            EventMessage(
                place: try row.int64(OutboxColumn.place), id: try row.string(OutboxColumn.id),
                subject: try row.string(OutboxColumn.subject),
                record: try row.string(OutboxColumn.record), trace: try row.optionalString(OutboxColumn.trace),
                time: Timestamp(microseconds: try row.timestamp(OutboxColumn.time)),
                payload: try row.bytes(OutboxColumn.payload),
                lost: try row.optionalInt64(OutboxColumn.sequence), types: types)
        }
        let outcome = await publish(events, known)
        if !outcome.stored.isEmpty { try await place.mark(outcome.stored, created: known.created) }
        if outcome.isStale { throw Stale() }
        guard outcome.stored.count == events.count else {
            throw Incomplete(unsent: events.count - outcome.stored.count)
        }
        return events.count
    }

    private struct Incomplete: Error {
        let unsent: Int
    }

    /// What is known of the stream is too old to go on; nothing is wrong.
    private struct Stale: Error {}

    /// Publishes a batch in waves: events of one record one after the other, different records together. Ends before
    /// the wave that would begin on old knowledge.
    private func publish(
        _ events: [EventMessage], _ known: Known
    ) async -> (stored: [StreamPlace.Stored], isStale: Bool) {
        var stored: [StreamPlace.Stored] = []
        var rest = events[...]
        var failed: Set<String> = []
        while !rest.isEmpty {
            guard isFresh(known) else { return (stored, true) }
            var wave: [EventMessage] = []
            var seen: Set<String> = []
            while let next = rest.first, seen.insert(next.record).inserted {
                rest = rest.dropFirst()
                if !failed.contains(next.record) { wave.append(next) }
            }
            let results = zip(wave, await store(wave, known))
            for (event, sequence) in results {
                if let sequence {
                    stored.append(.init(place: event.place, event: event.id, sequence: sequence))
                } else {
                    failed.insert(event.record)
                }
            }
        }
        return (stored, false)
    }

    /// Publishes events of different records together, and a copy behind each whose domain has copies. Answers where each
    /// lies, the later of the two; nil for what was not stored.
    private func store(_ events: [EventMessage], _ known: Known) async -> [UInt64?] {
        let source = "/ale/\(database.service)"
        let limit = jetStream.connection.maximumPayload - Self.headerRoom
        var publications: [OutboundMessage] = []
        var counts: [Int] = []
        for event in events {
            publications.append(
                OutboundMessage(
                    event.subject, headers: event.headers(source: source), payload: event.payload,
                    messageID: event.messageID))
            let copy = known.copied.contains(event.domain) ? event.copy(source: source, limit: limit) : nil
            if let copy {
                publications.append(
                    OutboundMessage(copy.subject, headers: copy.headers, payload: copy.payload, messageID: copy.id))
            }
            counts.append(copy == nil ? 1 : 2)
        }
        // Asked for each: who was frozen in the middle of a batch must not go on with it behind what is newer.
        var answers = await jetStream.publish(publications) { leadership.isLeader }[...]
        return zip(events, counts).map { event, count in
            defer { answers = answers.dropFirst(count) }
            return latest(answers.prefix(count), of: event)
        }
    }

    /// The last place of an event and its copy; nil when one of them was not stored, or by another stream.
    private func latest(_ answers: ArraySlice<Result<PublishAck, NATSError>>, of event: EventMessage) -> UInt64? {
        var latest: UInt64 = 0
        for answer in answers {
            switch answer {
            case .success(let stored) where stored.stream == EventStream.name: latest = max(latest, stored.sequence)
            case .success: return nil
            case .failure(let error):
                database.log.debug("event not stored", metadata: ["event": "\(event.id)", "cause": "\(error)"])
                return nil
            }
        }
        return latest
    }
}
