import Ground
import Postgres
import RPC
import Tenancy
import Wire

/// What a service does about events of others, or of its own.
public struct EventHandler: Sendable {
    let name: String
    /// Whose events they are.
    let service: String
    let subject: String
    let isWanted: @Sendable (RecordEvent) -> Bool
    let prepare: (@Sendable (RecordEvent) async throws -> Void)?
    let apply: @Sendable (RecordEvent, WriteContext, Transaction) throws -> Void

    /// Handles the events `service.record.action`; `*` stands for any record, and for any action.
    /// - Parameters:
    ///   - name: the durable consumer's name, unique in the system: `import-validation-case-created`.
    ///   - wanted: which events have an effect at all; the others cost no transaction.
    ///   - prepare: asks others for what the effect needs, before its transaction. May run more than once.
    ///   - apply: the effect, in the transaction that also marks the event as seen: it happens once.
    public init(
        _ name: String, service: String, record: String, action: String = "*",
        wanted isWanted: @escaping @Sendable (RecordEvent) -> Bool = { _ in true },
        prepare: (@Sendable (RecordEvent) async throws -> Void)? = nil,
        apply: @escaping @Sendable (RecordEvent, WriteContext, Transaction) throws -> Void
    ) {
        self.name = name
        self.service = service
        subject = "ale.v1.events.*.\(service).\(record).\(action)"
        self.isWanted = isWanted
        self.prepare = prepare
        self.apply = apply
    }

    /// Whether `event`, of a record of `service`, is one of those it waits for.
    public func takes(_ event: RecordEvent, of service: String) -> Bool {
        ["*", event.action].contains { action in
            ["*", event.table].contains { subject == "ale.v1.events.*.\(service).\($0).\(action)" }
        } && isWanted(event)
    }

    /// Has an event take effect: what it needs of others first, then the effect and the row that marks the event as seen
    /// in one transaction. An event that was seen before has no effect.
    public func take(_ event: RecordEvent, in database: Database, trace: String? = nil) async throws {
        guard let domain = DomainPath(event.domain) else {
            throw Problem.internalError(cause: "an event of the domain \(event.domain)")
        }
        try await take([Arrived(event, in: domain, trace: trace)], in: database)
    }

    /// An event that has come, and the trace of what it tells of.
    struct Arrived: Sendable {
        let event: RecordEvent
        let domain: DomainPath
        let trace: String?

        init(_ event: RecordEvent, in domain: DomainPath, trace: String?) {
            (self.event, self.domain, self.trace) = (event, domain, trace)
        }
    }

    /// Has events take effect in their order and in one transaction: all or none, each under the scope of its own domain.
    func take(_ events: [Arrived], in database: Database) async throws {
        for arrived in events { try await prepare?(arrived.event) }
        let apply = apply
        try await database.transaction(as: .service(database.service, domain: .root)) { tx in
            var unseen = try remember(events, database, tx)
            for arrived in events where unseen.remove(arrived.event.eventID.lowercased()) != nil {
                let context = WriteContext.system(
                    database.service, domain: arrived.domain, now: database.clock.now, trace: arrived.trace)
                tx.sendScope(context.caller.scope)
                try apply(arrived.event, context, tx)
            }
        }
    }

    /// Marks events as seen. Returns which were not before.
    private func remember(_ events: [Arrived], _ database: Database, _ tx: Transaction) throws -> Set<String> {
        let schema = database.schema
        let ids = events.map { $0.event.eventID.lowercased() }
        let rows = try tx.query(
            """
            INSERT INTO \(identifier: schema).inbox (consumer, event_id, domain) \
            SELECT \(name)::text, id, domain FROM unnest(\(ids)::uuid[], \(events.map(\.domain.path))::text[]) AS e (id, domain) \
            ON CONFLICT DO NOTHING RETURNING event_id
            """)
        let unseen = Set(try rows.map { try $0.string(InboxColumn.event) })
        let seen = ids.filter { !unseen.contains($0) }
        if !seen.isEmpty {
            // Remembered anew, for they may come once more (see ``Retention``); a day's difference does not matter.
            tx.send(
                """
                UPDATE \(identifier: schema).inbox SET at = now() WHERE consumer = \(name) \
                AND event_id = ANY(\(seen)::uuid[]) AND at < now() - interval '1 day'
                """)
        }
        return unseen
    }
}
