import CPostgres
import Glibc

/// How a connection is made.
struct ConnectionSettings: Sendable {
    var servers: ServerList
    var applicationName: String
    var connectTimeout: Duration
    /// `statement_timeout` of the session; zero for none.
    var defaultTimeout: Duration
    /// `idle_in_transaction_session_timeout`; zero for none. Frees the locks of a body that never returns.
    var idleInTransaction: Duration
    /// `idle_session_timeout`; zero to leave the server's. Ends a session whose client gives no sign of life.
    var idleSession: Duration = .zero
    var statementCacheSize: Int
}

/// Until when one piece of work may wait, and whether the server was already asked to stop it.
struct Limit {
    var deadline: PostgresDeadline
    var cancelSent = false
}

/// One libpq connection in pipeline mode. Belongs to one thread: libpq hangs when two send and read at once.
///
/// Work is queued by `enqueue`, and `roundTrip` sends it all and reads all answers.
final class PostgresConnection {
    /// Statements queued before they are sent on their own; keeps what libpq holds in memory bounded.
    static let pipelineBound = 256
    /// How long the server may take to answer a cancel request before the connection is given up.
    static let cancelGrace: Duration = .seconds(2)

    // Non-optional: the initialiser throws without it. Freed in deinit.
    let handle: OpaquePointer
    var statements: StatementCache
    var parameters = ParameterBuffer()
    /// Whom the plans of the statements that are queued are for; empty for everybody.
    var planKey = ""
    /// What the answers not yet read belong to, in order.
    var expected: [Expectation] = []
    /// Set once nothing more can be done with the connection.
    private(set) var isBroken = false
    /// Set when a cancel request may still be under way and could hit an innocent statement.
    private(set) var mustRetire = false
    /// Set when the connection was given up because nothing answered.
    private(set) var isSilent = false
    /// How often this connection waited for the server to answer.
    private(set) var roundTrips = 0

    /// Connects, within the settings' timeout, and prepares the session: UTF-8, UTC, timeouts.
    init(_ settings: ConnectionSettings) throws(PostgresError) {
        statements = StatementCache(capacity: settings.statementCacheSize)
        handle = try settings.servers.connect(settings)
        ale_pg_silence_notices(handle)
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            throw PostgresError(.connectionFailure, lastMessage)
        }
        var limit = Limit(deadline: .after(settings.connectTimeout))
        var assignment: SQL = """
            SELECT set_config('TimeZone', 'UTC', false), set_config('statement_timeout', \
            \(milliseconds(settings.defaultTimeout)), false), set_config('idle_in_transaction_session_timeout', \
            \(milliseconds(settings.idleInTransaction)), false)
            """
        if settings.idleSession > .zero {
            assignment += ", set_config('idle_session_timeout', \(milliseconds(settings.idleSession)), false)"
        }
        try enqueue(assignment, .discard)
        _ = try roundTrip(&limit)
    }

    deinit { PQfinish(handle) }

    private func milliseconds(_ duration: Duration) -> String {
        duration > .zero ? String(duration.postgresMilliseconds) : "0"
    }

    /// Whether the connection may be used after nobody did for a while. Whatever the server said meanwhile (its last
    /// words, the end of the stream, rarely a changed setting) is reason enough for a new one.
    func isUsable() -> Bool {
        guard !isBroken, !mustRetire else { return false }
        var entry = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 0
    }

    var lastMessage: String { PostgresConnection.message(of: handle) }

    /// What libpq says of a connection, in one line.
    static func message(of handle: OpaquePointer) -> String {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Marks the connection as lost; what it is called with is thrown by the caller.
    func lost(_ error: PostgresError? = nil) -> PostgresError {
        isBroken = true
        expected.removeAll()
        return error ?? PostgresError(.connectionFailure, lastMessage)
    }

    /// The descriptor, for whoever waits for it or looks at its options.
    var socket: Int32 { PQsocket(handle) }

    func countRoundTrip() { roundTrips += 1 }

    /// The connection is not used again after this work.
    func retire() { mustRetire = true }

    // MARK: Waiting

    /// Waits until the socket can be read or written. When the deadline passes, the server is asked to stop once and
    /// given a little time to answer; then the connection is given up.
    @discardableResult
    func wait(_ events: Int32, _ limit: inout Limit) throws(PostgresError) -> Int16 {
        while true {
            var entry = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            let ready = poll(&entry, 1, limit.deadline.pollMilliseconds)
            if ready > 0 { return entry.revents }
            if ready < 0 {
                guard errno == EINTR else { throw lost(PostgresError(.connectionFailure, "poll: \(errno)")) }
                continue
            }
            guard limit.deadline.hasPassed else { continue }
            guard !limit.cancelSent else {
                isSilent = true
                throw lost(PostgresError(.timedOut, "the server answered neither in time nor to a cancel request"))
            }
            requestCancel()
            limit = Limit(deadline: .after(PostgresConnection.cancelGrace), cancelSent: true)
        }
    }

    /// Asks the server to stop the running statement. Connecting for it can hang, so a thread of its own does it.
    func requestCancel() {
        mustRetire = true
        guard let cancel = PQgetCancel(handle) else { return }
        let request = CancelRequest(pointer: cancel)
        startThread("pg-cancel") { request.send() }
    }

    /// Sends all of libpq's buffer, taking in what the server sends meanwhile: both sides would otherwise wait for
    /// each other once the buffers between them are full.
    func flush(_ limit: inout Limit) throws(PostgresError) {
        while true {
            let state = PQflush(handle)
            if state == 0 { return }
            guard state > 0 else { throw lost() }
            let ready = try wait(POLLIN | POLLOUT, &limit)
            if ready & Int16(POLLIN) != 0, PQconsumeInput(handle) == 0 { throw lost() }
        }
    }

    /// The next result; nil at the end of a statement's results.
    func nextResult(_ limit: inout Limit) throws(PostgresError) -> ResultHandle? {
        while PQisBusy(handle) != 0 {
            try wait(POLLIN, &limit)
            // A lost connection shows as a result with an error below, which holds the server's last words.
            if PQconsumeInput(handle) == 0, PQisBusy(handle) != 0 { throw lost() }
        }
        return PQgetResult(handle).map(ResultHandle.init)
    }
}

/// The one use of libpq that may happen on another thread than the connection's.
private final class CancelRequest: @unchecked Sendable {
    // A PGcancel is a copy of what is needed, made to be used from any thread; it is used once.
    private let pointer: OpaquePointer

    init(pointer: OpaquePointer) { self.pointer = pointer }

    func send() {
        var message = [CChar](repeating: 0, count: 256)
        // Whether it worked shows in the statement's end; the deadline behind it covers failure.
        _ = PQcancel(pointer, &message, Int32(message.count))
    }

    deinit { PQfreeCancel(pointer) }
}

/// Calls with C copies of several strings.
func withCStrings<T>(_ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> T) -> T {
    var buffer: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(buffer.count)
        buffer.append(contentsOf: string.utf8CString)
    }
    return buffer.withUnsafeBufferPointer { memory in
        body(offsets.map { offset in memory.baseAddress.map { $0 + offset } })
    }
}
