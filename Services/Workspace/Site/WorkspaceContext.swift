import Hummingbird
import Logging

/// What is known of a request beside itself.
struct WorkspaceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The network address of the peer; empty where it has none.
    let peer: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? ""
    }

    /// A context without a connection, for tests.
    init(peer: String, logger: Logger) {
        coreContext = .init(source: Unconnected(logger: logger))
        self.peer = peer
    }

    private struct Unconnected: RequestContextSource {
        let logger: Logger
    }
}
