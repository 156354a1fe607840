import CPostgres
import Glibc

/// Hears NOTIFY on its own connection and thread; used to wake relays.
///
/// A notification is a hint, never the message: those sent while the connection was down are lost. So `.connected` is
/// told after every (re)connection, and whoever listens looks into its table then.
public final class Listener: Sendable {
    /// What a listener hears.
    public enum Event: Sendable, Equatable {
        /// LISTEN is in force from here on: look for what came before.
        case connected
        /// A NOTIFY of a transaction that has committed.
        case notification(channel: String, payload: String)
        /// The connection is lost, or could not be made; it is tried again.
        case disconnected(PostgresError)
    }

    private let thread = SessionThread()

    /// Starts listening. `onEvent` is called on the listener's thread, one event at a time, and must be quick.
    /// - Parameter checkEvery: how long silence lasts before the connection is tried with a statement.
    public init(
        connectionString: String, channels: [String], applicationName: String = "listener",
        checkEvery: Duration = .seconds(30), onEvent: @escaping @Sendable (Event) -> Void
    ) throws(PostgresError) {
        try checkConnectionString(connectionString)
        let settings = ConnectionSettings.session(connectionString, applicationName, timeout: .seconds(5))
        thread.start(
            "pg-listen", settings,
            session: { connection, wakeUp throws(PostgresError) in
                for channel in channels {
                    _ = try connection.execute("LISTEN \(identifier: channel)", timeout: .seconds(5))
                }
                onEvent(.connected)
                while true {
                    for (channel, payload) in try connection.notifications() {
                        onEvent(.notification(channel: channel, payload: payload))
                    }
                    let check = Deadline.after(checkEvery)
                    if wakeUp.wait(socket: PQsocket(connection.handle), until: check) { return }
                    if check.hasPassed { _ = try connection.execute("SELECT 1", timeout: .seconds(5)) }
                }
            }, lost: { onEvent(.disconnected($0)) })
    }

    deinit { thread.requestStop() }

    /// Stops listening; no event comes after it returned.
    public func close() async { await thread.stop() }
}

extension Connection {
    /// Takes in what the server has sent and answers the notifications among it.
    func notifications() throws(PostgresError) -> [(channel: String, payload: String)] {
        guard PQconsumeInput(handle) == 1 else { throw lost() }
        var found: [(channel: String, payload: String)] = []
        while let notification = PQnotifies(handle) {
            found.append((String(cString: notification.pointee.relname), String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
        guard PQstatus(handle) == CONNECTION_OK else { throw lost() }
        return found
    }
}
