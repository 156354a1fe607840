import NATS

/// The stream that carries the events of all services.
public enum EventStream {
    /// Its name.
    public static let name = "ALE_EVENTS"
    /// What it takes.
    public static let subjects = ["ale.v1.events.>"]
    /// How long it keeps an event.
    public static let maximumAge: Duration = .seconds(60 * 60 * 24 * 30)

    /// Makes sure the stream exists. Any service may be the first.
    public static func ensure(_ jetStream: JetStream) async throws(NATSError) -> StreamInfo {
        var configuration = StreamConfiguration(name: name, subjects: subjects)
        configuration.description = "What happened, from the outboxes of all services; can be rebuilt from them."
        configuration.maximumAge = maximumAge
        configuration.duplicateWindow = .seconds(600)
        return try await jetStream.ensureStream(configuration)
    }
}
