import Logging
import Synchronization

/// Keeps what is logged.
public final class RecordingLog: Sendable {
    private let kept = Mutex<[String]>([])

    /// A log without lines.
    public init() {}

    /// What was logged, oldest first: `error the key set cannot be read cause=…`, metadata in the order of their names.
    public var lines: [String] { kept.withLock { $0 } }

    /// A logger that writes here what is at `level` or above.
    public func logger(_ level: Logger.Level = .debug) -> Logger {
        Logger(label: "test") { _ in Handler(log: self, logLevel: level) }
    }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let facts = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
            log.kept.withLock { $0.append("\(event.level) \(event.message) \(facts)") }
        }
    }
}
