import Ground
import NATS
import Postgres
import Tenancy

/// A service's place in the stream of events: remembered in its schema, compared with the stream, and put right.
struct StreamPlace: Sendable {
    let database: Database
    let jetStream: JetStream

    /// Where an event of the outbox was stored.
    struct Stored: Sendable {
        let place: Int64
        let event: String
        let sequence: UInt64
    }

    /// Marks events as sent and remembers the last place, if the stream is still the one it was.
    func mark(_ stored: [Stored], created: String) async throws {
        guard let last = stored.max(by: { $0.sequence < $1.sequence }) else { return }
        let schema = database.schema
        let places = stored.map(\.place)
        let sequences = stored.map { Int64($0.sequence) }
        _ = try await database.pool.run(
            """
            WITH sent AS (UPDATE \(identifier: schema).outbox SET sent_at = now(), stream_sequence = s.sequence \
            FROM unnest(\(places)::bigint[], \(sequences)::bigint[]) AS s (place, sequence) WHERE seq = s.place) \
            UPDATE \(identifier: schema).relay SET sequence = \(Int64(last.sequence)), event_id = \(last.event) \
            WHERE stream = \(EventStream.name) AND created = \(created) AND sequence <= \(Int64(last.sequence))
            """,
            // Each is looked up by its place, however small the server takes the outbox for.
            settings: Scope.domain(.root).settings + [("enable_seqscan", "off")])
    }

    /// Compares the stream with what is remembered and does what follows from it: afterwards what is marked as sent lies
    /// in the stream, or is too old for it. Throws when there is no stream.
    func make() async throws -> StreamInfo {
        let stream = try await jetStream.streamInfo(EventStream.name)
        let known = try await position()
        switch RelayStep(knowing: known, seeing: stream) {
        case .remember: try await remember(stream.created, sendAgain: false)
        case .sendEverythingAgain: try await remember(stream.created, sendAgain: true)
        case .publish: break
        case .compare(let sequence):
            let message = try await jetStream.messageID(at: sequence, in: EventStream.name)
            if !EventMessage.isMessage(message, of: known?.event ?? "") { try await goBack(from: sequence) }
        }
        return stream
    }

    /// What is remembered; nil when there was no stream yet.
    private func position() async throws -> RelayPosition? {
        let rows = try await database.pool.run(
            """
            SELECT created, sequence, event_id FROM \(identifier: database.schema).relay \
            WHERE stream = \(EventStream.name)
            """, settings: Scope.domain(.root).settings, readOnly: true)
        guard let row = rows.first else { return nil }
        return RelayPosition(
            created: try row.string(RelayColumn.created), sequence: UInt64(try row.int64(RelayColumn.sequence)),
            event: try row.optionalString(RelayColumn.event))
    }

    private func remember(_ created: String, sendAgain: Bool) async throws {
        let schema = database.schema
        // Marking a large outbox takes its time.
        try await database.pool.transaction(settings: Scope.domain(.root).settings, timeout: .seconds(600)) { tx in
            if sendAgain {
                tx.send(
                    """
                    UPDATE \(identifier: schema).outbox SET sent_at = NULL, stream_sequence = NULL \
                    WHERE sent_at IS NOT NULL OR stream_sequence IS NOT NULL
                    """)
            }
            tx.send(
                """
                INSERT INTO \(identifier: schema).relay (stream, created) VALUES (\(EventStream.name), \(created)) \
                ON CONFLICT (stream) DO UPDATE SET created = excluded.created, sequence = 0, event_id = NULL
                """)
        }
    }

    /// The stream went back. Marks what it lost as unsent, and lets the consumers begin again where it is whole.
    private func goBack(from sequence: UInt64) async throws {
        let last = try await lastIntact(below: sequence)
        let whole = last.map { Int64($0.sequence) } ?? 0
        database.log.warning(
            "the stream of events went back; what it lost is sent again",
            metadata: ["from": "\(sequence)", "to": "\(whole)"])
        let schema = database.schema
        let event = last?.event
        // Of events sent by an earlier version the place is not known: they were sent before all others.
        let lost: SQL = whole == 0 ? "sent_at IS NOT NULL" : "stream_sequence > \(whole)"
        try await database.pool.transaction(settings: Scope.domain(.root).settings, timeout: .seconds(600)) { tx in
            tx.send(
                """
                UPDATE \(identifier: schema).outbox SET sent_at = NULL, stream_sequence = - (SELECT returns + 1 \
                FROM \(identifier: schema).relay WHERE stream = \(EventStream.name)) WHERE \(lost)
                """)
            tx.send(
                """
                UPDATE \(identifier: schema).relay SET sequence = \(whole), event_id = \(event.sqlValue)::uuid, \
                returns = returns + 1, whole_until = \(whole) WHERE stream = \(EventStream.name)
                """)
        }
        database.streamReturns.count.add(1, ordering: .relaxed)
    }

    /// The last event of ours that lies where it was put.
    private func lastIntact(below broken: UInt64) async throws -> Stored? {
        var search = WholeBeginning(broken: broken)
        var last: Stored?
        while let looked = search.next {
            guard let written = try await lastWritten(after: search.whole, upTo: looked) else {
                search.isIntact(upTo: looked)
                continue
            }
            let message = try await jetStream.messageID(at: written.sequence, in: EventStream.name)
            if EventMessage.isMessage(message, of: written.event) {
                search.isIntact(upTo: looked)
                last = written
            } else {
                search.isMissing(at: written.sequence)
            }
        }
        return last
    }

    private func lastWritten(after whole: UInt64, upTo looked: UInt64) async throws -> Stored? {
        let rows = try await database.pool.run(
            """
            SELECT seq, event_id, stream_sequence FROM \(identifier: database.schema).outbox \
            WHERE stream_sequence > \(Int64(whole)) AND stream_sequence <= \(Int64(looked)) \
            ORDER BY stream_sequence DESC LIMIT 1
            """,
            // No index is kept for what happens once in a blue moon.
            settings: Scope.domain(.root).settings, readOnly: true, timeout: .seconds(60))
        guard let row = rows.first else { return nil }
        return Stored(
            place: try row.int64(OutboxColumn.place), event: try row.string(OutboxColumn.id),
            sequence: UInt64(try row.int64(OutboxColumn.sequence)))
    }
}
