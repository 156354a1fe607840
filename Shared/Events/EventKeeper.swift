import Ground
import Logging
import NATS
import Postgres
import Tenancy

/// Makes the stream of events and the consumers of outside systems, and keeps them as they should be.
///
/// One service has one, over a connection of its own on which nothing is answered: who may change the stream must not
/// be somebody whose answers go where a caller says.
///
/// A stream made in the place of one that is gone is *held* at first: it takes no events. Otherwise a relay that has
/// not noticed yet would write the newest events to it before the oldest are there again. See ``RelayStep``.
public struct EventKeeper: Sendable {
    private let database: Database
    private let jetStream: JetStream
    private let numReplicas: Int
    private let readersFile: String?

    /// A keeper; `database` remembers whether there was a stream before, `numReplicas` is the stream's, and `readersFile`
    /// names the file of the outside systems (see ``run()``).
    public init(_ database: Database, _ jetStream: JetStream, numReplicas: Int = 1, readersFile: String? = nil) {
        self.database = database
        self.jetStream = jetStream
        self.numReplicas = numReplicas
        self.readersFile = readersFile
    }

    /// Looks twice a second until the task is cancelled. For the leader; two at a time do no harm.
    public func run() async {
        var state = State()
        var pause: Duration = .milliseconds(50)
        while !Task.isCancelled {
            do {
                try await keep(&state)
                pause = .milliseconds(500)
            } catch {
                database.log.warning("the stream of events is not kept for now", metadata: ["cause": "\(error)"])
                pause = min(pause * 2, .seconds(5))
            }
            try? await Task.sleep(for: pause)
        }
    }

    /// What was seen of the stream.
    private struct State {
        /// When this stream was created, and since when it is known to be held.
        var held: (created: String, since: ContinuousClock.Instant)?
        /// The consumers that were made, for which readers and on which stream.
        var made: (created: String, readers: Set<EventReader>)?
    }

    private func keep(_ state: inout State) async throws {
        // Without the file nobody's consumer is deleted: it may be missing by mistake.
        let readers = try readersFile.flatMap(EventReader.load)
        let wanted = readers.map { Set($0.filter { $0.form == .json }.map(\.domain.subjectToken)) }
        let kept: StreamInfo
        if let stream = try await stream() {
            if EventStream.isHeld(stream.configuration) {
                if state.held?.created != stream.created { state.held = (stream.created, .now) }
                guard let since = state.held?.since, since.duration(to: .now) >= EventStream.hold else { return }
            }
            kept = try await EventStream.keep(
                stream, jetStream, numReplicas: numReplicas,
                copied: wanted ?? EventStream.copiedDomains(stream.configuration))
        } else if try await knewAnother() {
            try await EventStream.makeHeld(jetStream, numReplicas: numReplicas)
            database.log.warning("the stream of events was gone and is made anew")
            return
        } else {
            kept = try await EventStream.ensure(jetStream, numReplicas: numReplicas, copied: wanted ?? [])
        }
        if let readers { try await keepConsumers(Set(readers), on: kept.created, &state) }
    }

    /// The stream; nil when there is none.
    private func stream() async throws(NATSError) -> StreamInfo? {
        do throws(NATSError) {
            return try await jetStream.streamInfo(EventStream.name)
        } catch  where error.isStreamNotFound {
            return nil
        }
    }

    /// Whether there was a stream before, which relays may take the new one for.
    private func knewAnother() async throws -> Bool {
        let rows = try await database.pool.run(
            "SELECT FROM \(identifier: database.schema).relay WHERE stream = \(EventStream.name)",
            settings: Scope.domain(.root).settings, readOnly: true)
        return !rows.isEmpty
    }

    /// Makes the consumers of outside systems that are missing, and deletes those of systems that are gone. A consumer
    /// that an operator deletes by hand comes back with the next change, or with the next leader.
    private func keepConsumers(_ readers: Set<EventReader>, on created: String, _ state: inout State) async throws {
        if let made = state.made, made.created == created, made.readers == readers { return }
        let names = Set(readers.map(\.consumer))
        for stray in try await jetStream.consumerNames(on: EventStream.name)
        where stray.hasPrefix(EventReader.prefix) && !names.contains(stray) {
            try await jetStream.deleteConsumer(stray, on: EventStream.name)
        }
        for reader in readers { try await make(reader) }
        state.made = (created, readers)
    }

    private func make(_ reader: EventReader) async throws(NATSError) {
        do throws(NATSError) {
            try await jetStream.ensureConsumer(reader.configuration, on: EventStream.name)
        } catch .jetStream {
            // The same domain in another form: what a consumer gives cannot be changed.
            try await jetStream.deleteConsumer(reader.consumer, on: EventStream.name)
            try await jetStream.ensureConsumer(reader.configuration, on: EventStream.name)
        }
    }
}
