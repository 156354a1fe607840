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

    /// The oldest events that were not sent.
    static func unsent(_ schema: String, limit: Int) -> SQL {
        """
        SELECT seq, event_id, subject, record, trace, created_at, payload, stream_sequence \
        FROM \(identifier: schema).outbox WHERE sent_at IS NULL ORDER BY seq LIMIT \(limit)
        """
    }

    /// They are read in the order of their index and no further. A plan made while the outbox was small would go on reading
    /// all of it when it no longer is; one that reads the index first and then the rows would go through all that were sent
    /// since the last cleaning, time and again, and take longer with every event.
    static let walking = ["enable_seqscan", "enable_bitmapscan", "enable_sort"].map { (name: $0, value: "off") }

    private func sendBatch(_ known: Known) async throws -> Int {
        let rows = try await database.pool.run(
            Self.unsent(database.schema, limit: batch), settings: Scope.domain(.root).settings + Self.walking,
            readOnly: true)
        guard !rows.isEmpty else { return 0 }
        var last: EventMessage.Subject?
        let events = try rows.map { row in
            // Events that follow each other mostly go to the same subject.
            let text = try row.string(OutboxColumn.subject)
            let subject = last.flatMap { $0.text == text ? $0 : nil } ?? EventMessage.Subject(text, types: types)
            last = subject
            return EventMessage(
                place: try row.int64(OutboxColumn.place), id: try row.string(OutboxColumn.id), subject: subject,
                record: try row.string(OutboxColumn.record), trace: try row.optionalString(OutboxColumn.trace),
                time: Timestamp(microseconds: try row.timestamp(OutboxColumn.time)),
                payload: try row.bytes(OutboxColumn.payload), lost: try row.optionalInt64(OutboxColumn.sequence))
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
            var places = await store(wave, known, inChains: true)
            // What others have come between is asked for one by one, as long as what is known of the stream holds.
            let broken = wave.indices.filter { places[$0] == .broken }
            if !broken.isEmpty, isFresh(known) {
                let again = await store(broken.map { wave[$0] }, known, inChains: false)
                for (index, place) in zip(broken, again) { places[index] = place }
            }
            for (event, place) in zip(wave, places) {
                if case .stored(let sequence) = place {
                    stored.append(.init(place: event.place, event: event.id, sequence: sequence))
                } else {
                    failed.insert(event.record)
                }
            }
        }
        return (stored, stored.count < events.count && !isFresh(known))
    }

    /// What became of an event.
    private enum Place: Equatable {
        /// It lies there, or its copy does.
        case stored(UInt64)
        /// Not known, for its chain is broken.
        case broken
        case failed
    }

    /// Publishes events of different records together, and a copy behind each whose domain has copies. Answers where each
    /// lies, the later of the two.
    private func store(_ events: [EventMessage], _ known: Known, inChains: Bool) async -> [Place] {
        let source = "/ale/\(database.service)"
        let limit = jetStream.connection.maximumPayload - Self.headerRoom
        var publications: [OutboundMessage] = []
        var counts: [Int] = []
        for event in events {
            publications.append(
                OutboundMessage(
                    event.subject.text, headers: event.headers(source: source), payload: event.payload,
                    messageID: event.messageID))
            let copy = known.copied.contains(event.subject.domain) ? event.copy(source: source, limit: limit) : nil
            if let copy {
                publications.append(
                    OutboundMessage(copy.subject, headers: copy.headers, payload: copy.payload, messageID: copy.id))
            }
            counts.append(copy == nil ? 1 : 2)
        }
        // Asked for each: who was frozen in the middle of a batch must not go on with it behind what is newer, nor in a
        // stream that was made meanwhile.
        let mayGoOn = { leadership.isLeader && isFresh(known) }
        var answers: ArraySlice<Result<PublishAck, NATSError>>
        if inChains {
            answers = await jetStream.publishChained(publications, while: mayGoOn)[...]
        } else {
            answers = await jetStream.publish(publications, while: mayGoOn)[...]
        }
        return zip(events, counts).map { event, count in
            defer { answers = answers.dropFirst(count) }
            return latest(answers.prefix(count), of: event)
        }
    }

    /// The last place of an event and its copy, when both were stored, and by our stream.
    private func latest(_ answers: ArraySlice<Result<PublishAck, NATSError>>, of event: EventMessage) -> Place {
        var latest: UInt64 = 0
        for answer in answers {
            switch answer {
            case .success(let stored) where stored.stream == EventStream.name: latest = max(latest, stored.sequence)
            case .success: return .failed
            case .failure(let error) where error.isBrokenChain: return .broken
            case .failure(let error):
                database.log.debug("event not stored", metadata: ["event": "\(event.id)", "cause": "\(error)"])
                return .failed
            }
        }
        return .stored(latest)
    }
}
