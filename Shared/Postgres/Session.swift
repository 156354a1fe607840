import CPostgres
import Glibc

/// A flag that wakes a thread out of `poll`.
final class WakeUp: @unchecked Sendable {
    // The two ends of a pipe, made to be used from any thread; closed with the last owner.
    private let readEnd: Int32
    private let writeEnd: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        let code = pipe(&ends)
        precondition(code == 0, "pipe: \(errno)")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Raises the flag for good: nothing ever reads the byte.
    func wake() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Waits until woken, the socket has something, or the deadline. True when woken; the flag stays up.
    func wait(socket: Int32? = nil, until deadline: PostgresDeadline) -> Bool {
        var entries = [pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)]
        if let socket { entries.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0)) }
        let ready = poll(&entries, nfds_t(entries.count), deadline.pollMilliseconds)
        return ready > 0 && entries[0].revents != 0
    }
}

/// A thread with a connection of its own that is opened again whenever it is lost, until it is stopped.
final class SessionThread: @unchecked Sendable {
    // `isStopped` and `waiters` are guarded by the monitor; the rest is immutable.
    let wakeUp = WakeUp()
    private let monitor = Monitor()
    private var isEnded = false
    private var isStopped = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - session: works with a connection until the wake-up is raised; throws when it is lost.
    ///   - lost: told about each failure, of connecting too.
    func start(
        _ name: String, _ settings: ConnectionSettings,
        session: @escaping @Sendable (PostgresConnection, WakeUp) throws(PostgresError) -> Void,
        lost: @escaping @Sendable (PostgresError) -> Void
    ) {
        startThread(name) { [self] in
            var retry = ConnectRetry()
            while !stopped {
                do throws(PostgresError) {
                    let connection = try PostgresConnection(settings)
                    retry = ConnectRetry()
                    try session(connection, wakeUp)
                } catch {
                    lost(error)
                    if wakeUp.wait(until: .after(retry.next())) { break }
                }
            }
            end()
        }
    }

    private var stopped: Bool { monitor.withLock { isStopped } }

    func requestStop() {
        monitor.withLock { isStopped = true }
        wakeUp.wake()
    }

    /// Stops and waits for the thread's end; bounded by the deadline of its one statement.
    func stop() async {
        requestStop()
        await withCheckedContinuation { continuation in
            let isDone = monitor.withLock {
                if !isEnded { waiters.append(continuation) }
                return isEnded
            }
            if isDone { continuation.resume() }
        }
    }

    private func end() {
        let waiting = monitor.withLock {
            isEnded = true
            defer { waiters.removeAll() }
            return waiters
        }
        for waiter in waiting { waiter.resume() }
    }
}

extension ConnectionSettings {
    /// For a connection that does one small thing: a leader, a migrator.
    static func session(_ connectionString: String, _ applicationName: String, timeout: Duration) -> Self {
        ConnectionSettings(
            servers: ServerList(connectionString), applicationName: applicationName, connectTimeout: .seconds(5),
            defaultTimeout: timeout, idleInTransaction: .zero, statementCacheSize: 16)
    }
}

extension PostgresConnection {
    /// One statement outside of a transaction.
    func execute(_ sql: SQL, timeout: Duration) throws(PostgresError) -> Rows {
        var limit = Limit(deadline: .after(timeout))
        try enqueue(sql, .keep)
        guard let rows = try roundTrip(&limit).first else { throw .decoding("the statement gave no result") }
        return rows
    }
}
