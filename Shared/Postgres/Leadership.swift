import CPostgres
import Synchronization

/// Elects one leader among all instances by an advisory lock of the session, held on a connection of its own.
///
/// The lock ends with the connection, and the server ends that when no check has come for five of their intervals: so
/// does a leader that is frozen, or cut off without a word, lose it. An instance that cannot check learns that it may
/// no longer lead before: `isLeader` is false from the moment a check is overdue by three intervals.
///
/// Whoever was frozen goes on in the middle of its work, behind every such question. What it then still writes is held
/// back by its ``Fence``. What it does outside of the database must bear being done twice.
public final class Leadership: Sendable {
    private struct State {
        var fence: Fence?
        var confirmed = PostgresDeadline.now
    }

    /// The server does not end a session sooner: on a busy machine a check of short intervals may be late.
    private static let shortestSilence: Duration = .seconds(2)

    private final class Held: Sendable {
        let state = Mutex(State())
    }

    private let held = Held()
    private let thread = SessionThread()
    private let lease: Duration

    /// Starts standing for election.
    /// - Parameters:
    ///   - schema: has the table `leader`, with the columns `name` (its key) and `number`.
    ///   - name: what is led, the same in all instances.
    ///   - checkEvery: how often a follower tries and a leader makes sure.
    ///   - onChange: called on the leadership's thread, with true when it begins and false when it ends.
    public init(
        connectionString: String, schema: String, name: String, checkEvery: Duration = .seconds(1),
        onChange: @escaping @Sendable (Bool) -> Void = { _ in }
    ) throws(PostgresError) {
        try checkConnectionString(connectionString)
        lease = checkEvery * 3
        var settings = ConnectionSettings.session(connectionString, "leader \(name)", timeout: checkEvery * 2)
        settings.idleSession = max(checkEvery * 5, Self.shortestSilence)
        let held = held
        let lose: @Sendable () -> Void = {
            let didHold = held.state.withLock { state in
                defer { state.fence = nil }
                return state.fence != nil
            }
            if didHold { onChange(false) }
        }
        thread.start(
            "pg-leader", settings,
            session: { connection, wakeUp throws(PostgresError) in
                var fence: Fence?
                repeat {
                    let asked = PostgresDeadline.now
                    if fence != nil {
                        _ = try connection.execute("SELECT 1", timeout: checkEvery * 2)
                    } else if try connection.tryLead(name, timeout: checkEvery * 2) {
                        fence = try Fence(raisedBy: connection, schema: schema, name: name, timeout: checkEvery * 2)
                    }
                    if let fence {
                        let isNew = held.state.withLock { state in
                            defer { state = State(fence: fence, confirmed: asked) }
                            return state.fence == nil
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
    public var isLeader: Bool { fence != nil }

    /// What the leader's work is done under, as ``Fence/current``; nil while this instance does not lead.
    public var fence: Fence? {
        let state = held.state.withLock { $0 }
        return state.confirmed.adding(lease) > .now ? state.fence : nil
    }

    /// Steps down and lets another lead.
    public func resign() async { await thread.stop() }
}

extension PostgresConnection {
    /// Whether the session got the lock of the leader `name`.
    fileprivate func tryLead(_ name: String, timeout: Duration) throws(PostgresError) -> Bool {
        let rows = try execute(
            "SELECT pg_try_advisory_lock(hashtextextended(\(name), 0))", timeout: timeout)
        return try rows[0].bool(UnnamedColumn.isLocked)
    }
}
