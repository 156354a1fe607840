import NATS

/// The stream that carries the events of all services.
public enum EventStream {
    /// Its name.
    public static let name = "ALE_EVENTS"
    /// What it takes.
    public static let subjects = ["ale.v1.events.>"]
    /// How long it keeps an event.
    public static let maximumAge: Duration = .seconds(60 * 60 * 24 * 30)

    /// Makes sure that the stream exists and is as it should be. Any service may be the first; all must be told the same
    /// number of `replicas`, the servers of a NATS cluster that keep it (`ALE_EVENTS_REPLICAS`), or each would undo what
    /// another did.
    public static func ensure(_ jetStream: JetStream, replicas: Int = 1) async throws(NATSError) -> StreamInfo {
        var configuration = StreamConfiguration(name: name, subjects: subjects)
        configuration.description = "What happened, from the outboxes of all services; can be rebuilt from them."
        configuration.maximumAge = maximumAge
        configuration.duplicateWindow = .seconds(600)
        configuration.replicas = replicas
        return try await jetStream.ensureStream(configuration)
    }
}
