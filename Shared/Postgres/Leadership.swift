import CPostgres
import Synchronization

/// Elects one leader among all instances by an advisory lock of the session, held on a connection of its own.
///
/// The lock ends with the connection. An instance cut off from the server learns of it at its next check, and
/// `isLeader` is false from the moment a check is overdue. Between the server's forgetting and that moment two may
/// believe to lead: a leader's work must bear being done twice.
public final class Leadership: Sendable {
    private struct State {
        var holds = false
        var confirmed = Deadline.now
    }

    private final class Held: Sendable {
        let state = Mutex(State())
    }

    private let held = Held()
    private let thread = SessionThread()
    private let lease: Duration

    /// Starts standing for election.
    /// - Parameters:
    ///   - name: what is led, the same in all instances.
    ///   - checkEvery: how often a follower tries and a leader makes sure.
    ///   - onChange: called on the leadership's thread, with true when it begins and false when it ends.
    public init(
        connectionString: String, name: String, checkEvery: Duration = .seconds(1),
        onChange: @escaping @Sendable (Bool) -> Void = { _ in }
    ) throws(PostgresError) {
        try checkConnectionString(connectionString)
        lease = checkEvery * 3
        let settings = ConnectionSettings.session(connectionString, "leader \(name)", timeout: checkEvery * 2)
        let held = held
        let lose: @Sendable () -> Void = {
            let didHold = held.state.withLock { state in
                defer { state.holds = false }
                return state.holds
            }
            if didHold { onChange(false) }
        }
        thread.start(
            "pg-leader", settings,
            session: { connection, wakeUp throws(PostgresError) in
                var isLeader = false
                repeat {
                    let asked = Deadline.now
                    if isLeader {
                        _ = try connection.execute("SELECT 1", timeout: checkEvery * 2)
                    } else {
                        let rows = try connection.execute(
                            "SELECT pg_try_advisory_lock(hashtextextended(\(name), 0)) AS granted",
                            timeout: checkEvery * 2)
                        isLeader = try rows[0].bool("granted")
                    }
                    if isLeader {
                        let isNew = held.state.withLock { state in
                            defer { state = State(holds: true, confirmed: asked) }
                            return !state.holds
                        }
                        if isNew { onChange(true) }
                    }
                } while !wakeUp.wait(socket: PQsocket(connection.handle), until: .after(checkEvery))
                // Told before the connection, and with it the lock, is let go.
                lose()
            }, lost: { _ in lose() })
    }

    deinit { thread.requestStop() }

    /// Whether this instance leads: it holds the lock, and that was confirmed not long ago.
    public var isLeader: Bool {
        let state = held.state.withLock { $0 }
        return state.holds && state.confirmed.adding(lease) > .now
    }

    /// Steps down and lets another lead.
    public func resign() async { await thread.stop() }
}
