import NATS

/// The stream that carries the events of all services.
public enum EventStream {
    /// Its name.
    public static let name = "ALE_EVENTS"
    /// What it takes, beside the copies in JSON of the domains that have them.
    public static let subjects = ["ale.v1.events.>"]
    /// What it takes while it is held: nothing that anybody publishes.
    public static let heldSubjects = ["ale.v1.held"]
    /// How long it keeps an event.
    public static let maximumAge: Duration = .seconds(60 * 60 * 24 * 30)
    /// How often a relay looks at the stream.
    static let look: Duration = .seconds(1)
    /// How old a relay's knowledge of the stream may be when it publishes.
    static let freshness: Duration = .seconds(2)
    /// How long a stream that was made anew is held: by then every relay has learned of it, with time to spare.
    public static let hold: Duration = .seconds(4)

    /// Makes sure that the stream exists and is as it should be, with copies in JSON for some domains, which are given as
    /// tokens. `numReplicas` is the number of servers of a NATS cluster that keep it (`ALE_EVENTS_REPLICAS`).
    @discardableResult
    public static func ensure(
        _ jetStream: JetStream, numReplicas: Int = 1, copied: Set<String> = []
    ) async throws(NATSError) -> StreamInfo {
        try await jetStream.ensureStream(configuration(numReplicas: numReplicas, copied: copied))
    }

    /// Puts right the stream that was seen as `known`, and never makes one: one that is gone since is to be made anew, held.
    /// Throws `isStreamNotFound` when that is noticed.
    static func keep(
        _ known: StreamInfo, _ jetStream: JetStream, numReplicas: Int, copied: Set<String>
    ) async throws(NATSError) -> StreamInfo {
        let wanted = configuration(numReplicas: numReplicas, copied: copied)
        return known.configuration == wanted ? known : try await jetStream.updateStream(wanted)
    }

    /// Makes the stream, held.
    static func makeHeld(_ jetStream: JetStream, numReplicas: Int) async throws(NATSError) {
        var held = configuration(numReplicas: numReplicas, copied: [])
        held.subjects = heldSubjects
        _ = try await jetStream.createStream(held)
    }

    private static func configuration(numReplicas: Int, copied: Set<String>) -> StreamConfiguration {
        let copies = copied.sorted().map { "\(copyPrefix)\($0).>" }
        var configuration = StreamConfiguration(name: name, subjects: subjects + copies)
        configuration.description = "What happened, from the outboxes of all services; can be rebuilt from them."
        configuration.maximumAge = maximumAge
        configuration.duplicateWindow = .seconds(600)
        configuration.numReplicas = numReplicas
        return configuration
    }

    private static let copyPrefix = "ale.v1.json."

    /// Whether the stream is held.
    static func isHeld(_ configuration: StreamConfiguration) -> Bool { configuration.subjects == heldSubjects }

    /// The domains, as tokens, of whose events the stream takes copies in JSON.
    static func copiedDomains(_ configuration: StreamConfiguration) -> Set<String> {
        Set(
            configuration.subjects.compactMap { subject in
                guard subject.hasPrefix(copyPrefix), subject.hasSuffix(".>") else { return nil }
                return String(subject.dropFirst(copyPrefix.count).dropLast(2))
            })
    }
}
