import Ground
import Logging
import NATS
import Postgres
import RPC
import Tenancy
import Wire

/// Feeds events to one handler, in order, each one's effect once.
///
/// One instance of a service consumes for a handler at a time. Events that have come together take effect in one
/// transaction: a service that is behind catches up at a fraction of what each by itself would cost. When one of them
/// fails, each is handled by itself. An event that fails is retried and again with growing pauses: those behind it wait,
/// so that order holds and nothing is lost.
public struct EventConsumer: Sendable {
    private let handler: EventHandler
    private let database: Database
    private let jetStream: JetStream
    private let leadership: Leadership

    /// A consumer for `handler`. Only the leader of the service's instances consumes.
    public init(
        _ handler: EventHandler, _ database: Database, _ jetStream: JetStream, _ leadership: Leadership
    ) {
        self.handler = handler
        self.database = database
        self.jetStream = jetStream
        self.leadership = leadership
    }

    /// The durable consumer as this instance reads it.
    private struct Reading {
        let consumer: PullConsumer
        /// The number of the delivery that comes next.
        var next: UInt64 = 1
    }

    /// Consumes until the task is cancelled.
    public func run() async {
        var reading: Reading?
        var returns = 0
        while !Task.isCancelled {
            let known = database.streamReturns.count.load(ordering: .relaxed)
            if known != returns { (reading, returns) = (nil, known) }
            guard let fence = leadership.fence else {
                reading = nil
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            do {
                reading = try await Fence.$current.withValue(fence) { try await read(on: reading) }
            } catch let error as NATSError {
                if case .timeout = error { continue }
                reading = nil
                database.log.debug("no events for now", metadata: ["consumer": "\(handler.name)", "cause": "\(error)"])
                try? await Task.sleep(for: .milliseconds(200))
            } catch {
                reading = nil
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Handles what is there. Answers how to go on; nil when the consumer has to be made anew.
    ///
    /// A delivery that is missing went to somebody else: to an instance that led before and was frozen until now, or to
    /// a fetch that was given up. It would come again behind those that follow, so nothing more of these is taken.
    private func read(on reading: Reading?) async throws -> Reading? {
        var reading = try await prepared(reading)
        guard leads else { return nil }
        let messages = try await reading.consumer.fetch(batch: 100, timeout: .seconds(2))
        var first = messages.startIndex
        while first < messages.endIndex {
            let company = messages[first...].prefix(Self.company)
            let inOrder = company.enumerated().prefix { reading.next + UInt64($0) == $1.consumerSequence }.count
            guard inOrder > 0, leads, await handle(company.prefix(inOrder)) else { return nil }
            reading.next += UInt64(inOrder)
            first += inOrder
        }
        return reading
    }

    /// Most events of one transaction.
    private static let company = 25

    /// Whether this instance still leads as it did when it began to read. Who lost it and leads again does so under another
    /// fence, and what is done under the former one would be refused for ever.
    private var leads: Bool { leadership.fence.map { $0 == Fence.current } ?? false }

    private func prepared(_ reading: Reading?) async throws -> Reading {
        if let reading { return reading }
        let stream = try await jetStream.streamInfo(EventStream.name)
        let returned = try await returned()
        var configuration = ConsumerConfiguration(name: handler.name, filterSubject: handler.subject)
        configuration.acknowledgementWait = .seconds(60)
        configuration.maximumPending = 200
        // What was delivered to an instance that is gone would come again only after its wait, behind newer events.
        // Made anew behind the last acknowledged event, the consumer goes on in order and at once; should it be lost
        // in between, it begins with the oldest, and the inbox knows what was seen.
        configuration.description = "return \(returned.times)"
        if let known = try await known() {
            configuration.start = Self.start(known, last: stream.lastSequence, returned)
            try await jetStream.deleteConsumer(handler.name, on: EventStream.name)
        }
        try await jetStream.ensureConsumer(configuration, on: EventStream.name)
        return Reading(consumer: try jetStream.consumer(handler.name, on: EventStream.name))
    }

    /// How often the stream went back, and up to which place it was whole when it last did.
    private func returned() async throws -> (times: Int, wholeUntil: UInt64) {
        let rows = try await database.pool.run(
            """
            SELECT returns, whole_until FROM \(identifier: database.schema).relay WHERE stream = \(EventStream.name)
            """, settings: Scope.domain(.root).settings, readOnly: true)
        guard let row = rows.first else { return (0, 0) }
        return (try row.int(RelayColumn.returns), UInt64(try row.int64(RelayColumn.wholeUntil)))
    }

    /// Where a consumer goes on: behind what it has acknowledged, unless the stream went back since. The server may then
    /// remember more than it has, and pass over what is sent again; the inbox knows what was seen.
    static func start(
        _ known: ConsumerInfo, last: UInt64, _ returned: (times: Int, wholeUntil: UInt64)
    ) -> ConsumerConfiguration.Start {
        let seen = (known.description?.split(separator: " ").last).flatMap { Int($0) } ?? 0
        let missed = returned.times - seen
        if known.acknowledgedSequence > last || missed > 1 { return .all }
        return .sequence(
            (missed == 1 ? min(known.acknowledgedSequence, returned.wholeUntil) : known.acknowledgedSequence) + 1)
    }

    /// The durable consumer as the server knows it; nil when there is none.
    private func known() async throws -> ConsumerInfo? {
        do throws(NATSError) {
            return try await jetStream.consumerInfo(handler.name, on: EventStream.name)
        } catch  where error.isConsumerNotFound {
            return nil
        }
    }

    /// Whether the events had their effect; false when the task was cancelled or the lock lost meanwhile.
    private func handle(_ messages: ArraySlice<JetStreamMessage>) async -> Bool {
        let taken = messages.compactMap { message in wanted(message).map { (message: message, arrived: $0) } }
        if taken.count > 1, (try? await handler.take(taken.map(\.arrived), in: database)) != nil {
            for (message, _) in taken { try? message.ack() }
            return true
        }
        for (message, arrived) in taken {
            guard leads, await handle(message, arrived) else { return false }
        }
        return true
    }

    /// The event of a message; nil, and the message is done with, when it is none that the handler waits for.
    private func wanted(_ message: JetStreamMessage) -> EventHandler.Arrived? {
        // What is not what its subject says was not written by the relay of a service.
        guard var event = try? RecordEvent.decode(protobuf: message.message.payload),
            let domain = DomainPath(event.domain), Self.belongs(event, of: domain, to: message.message.subject)
        else {
            database.log.error("an event cannot be read", metadata: ["subject": "\(message.message.subject)"])
            try? message.term()
            return nil
        }
        // Events from before there was the field are of the service whose subjects are listened to.
        event.service = handler.service
        guard handler.isWanted(event) else {
            try? message.ack()
            return nil
        }
        return EventHandler.Arrived(event, in: domain, trace: message.message.headers["traceparent"])
    }

    /// Whether an event had its effect, however often it takes.
    private func handle(_ message: JetStreamMessage, _ arrived: EventHandler.Arrived) async -> Bool {
        var pause: Duration = .milliseconds(50)
        while !Task.isCancelled {
            do {
                try await handler.take([arrived], in: database)
                try? message.ack()
                return true
            } catch {
                database.log.warning(
                    "an event failed and is retried",
                    metadata: [
                        "consumer": "\(handler.name)", "event": "\(arrived.event.eventID)", "cause": "\(error)",
                    ])
                try? message.inProgress()
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(10))
                guard leads else { return false }
            }
        }
        return false
    }

    private static func belongs(_ event: RecordEvent, of domain: DomainPath, to subject: String) -> Bool {
        subject.hasPrefix("ale.v1.events.\(domain.subjectToken).")
            && subject.hasSuffix(".\(event.table).\(event.action)")
            && (event.service.isEmpty || subject.hasSuffix(".\(event.service).\(event.table).\(event.action)"))
    }
}
