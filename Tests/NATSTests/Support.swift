import NATS
import Synchronization
import TestKit

extension NATSServer {
    /// Connects to this server.
    func connect(_ change: (inout ConnectionOptions) -> Void = { _ in }) async throws -> Connection {
        var options = ConnectionOptions(urls: [url], name: "nats-tests")
        options.reconnectWait = .milliseconds(50)
        change(&options)
        return try await Connection.connect(options)
    }
}
