import Postgres
import RPC
import Records
import Tenancy
import Wire

extension ServiceBench {
    /// Calls a method as `caller`.
    public func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as caller: Caller, deadline: Duration? = nil
    ) async throws(Problem) -> Response {
        try await client.call(method, request, as: try credential(caller), deadline: deadline)
    }

    /// The problem that a call meets; nil when it succeeds.
    public func problem<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as caller: Caller
    ) async -> Problem? {
        await ServiceTestKit.problem { () async throws(Problem) in try await call(method, request, as: caller) }
    }

    /// Calls a method by its subject, in JSON.
    public func call(json: String, to subject: String, as caller: Caller) async throws(Problem) -> String {
        let answer = try await client.call(
            json: Array(json.utf8), to: subject, as: try credential(caller), deadline: .seconds(30))
        return String(decoding: answer, as: UTF8.self)
    }

    // MARK: Events

    /// Has the event of a record take effect in every handler that waits for it, as the consumers do.
    public func hear<R: RecordMessage>(
        _ record: R, _ action: String, revision: Int64 = 1, from service: String = "onboarding"
    ) async throws {
        var event = RecordEvent()
        event.eventID = uuid()
        event.service = service
        event.table = R.schema.table
        event.action = action
        event.id = record.id
        event.domain = record.domain
        event.revision = revision
        event.record = try record.encodeProtobuf()
        try await hear(event, from: service)
    }

    /// Has an event take effect in every handler that waits for it; there must be one.
    public func hear(_ event: RecordEvent, from service: String = "onboarding") async throws {
        let waiting = handlers.filter { $0.takes(event, of: service) }
        guard !waiting.isEmpty else {
            throw Problem.internalError(cause: "nobody waits for \(event.table).\(event.action) of \(service)")
        }
        for handler in waiting { try await handler.take(event, in: database) }
    }

    /// The events that were written of a record, oldest first.
    public func events(of record: String) async throws -> [WrittenEvent] {
        let rows = try await admin.run(
            """
            SELECT subject, domain, payload FROM \(identifier: database.schema).outbox \
            WHERE record = \(record) ORDER BY seq
            """)
        return try rows.map { row in
            WrittenEvent(
                subject: try row.string(at: 0), domain: try row.string(at: 1),
                event: try RecordEvent.decode(protobuf: try row.bytes(at: 2)))
        }
    }
}

/// An event as a service wrote it, on its way to the stream.
public struct WrittenEvent: Sendable {
    /// Where it goes.
    public let subject: String
    /// Whose row it is.
    public let domain: String
    /// What it says.
    public let event: RecordEvent
}

/// The problem that `body` meets; nil when it succeeds.
public func problem<T: Sendable>(of body: () async throws(Problem) -> T) async -> Problem? {
    do throws(Problem) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
