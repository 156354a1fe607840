import CPostgres

/// How a pool of connections behaves.
public struct PoolConfiguration: Sendable {
    /// A libpq connection string: `host=… port=… user=… dbname=…` or `postgresql://…`. May hold a password: not for
    /// logs.
    public var connectionString: String
    /// Connections, each with a thread of its own; opened when first needed.
    public var size: Int
    /// How much work may wait for a connection; more is refused at once.
    public var queueLimit: Int
    /// Prepared statements kept per connection.
    public var statementCacheSize: Int
    /// How long work waits for a connection before it is refused.
    public var acquireTimeout: Duration
    /// How long one attempt to connect may take.
    public var connectTimeout: Duration
    /// How long a connection stays open when nobody needs it. The last one is kept: what comes first after a quiet time
    /// finds it there.
    public var idleTime: Duration
    /// How long a transaction may take when its call names no timeout.
    public var defaultTimeout: Duration
    /// Shown in `pg_stat_activity`.
    public var applicationName: String

    /// Every key with its default.
    public init(
        connectionString: String, size: Int = 8, queueLimit: Int = 1024, statementCacheSize: Int = 256,
        acquireTimeout: Duration = .seconds(5), connectTimeout: Duration = .seconds(5),
        idleTime: Duration = .seconds(60), defaultTimeout: Duration = .seconds(30), applicationName: String = ""
    ) {
        self.connectionString = connectionString
        self.size = size
        self.queueLimit = queueLimit
        self.statementCacheSize = statementCacheSize
        self.acquireTimeout = acquireTimeout
        self.connectTimeout = connectTimeout
        self.idleTime = idleTime
        self.defaultTimeout = defaultTimeout
        self.applicationName = applicationName
    }

    /// Refuses what cannot work, at the start rather than at the first request.
    func validate() throws(PostgresError) {
        guard (1...1000).contains(size) else {
            throw PostgresError(.invalidParameter, "pool size \(size) is not within 1 to 1000")
        }
        guard queueLimit >= 1, statementCacheSize >= 8 else {
            throw PostgresError(.invalidParameter, "queueLimit must be at least 1, statementCacheSize at least 8")
        }
        guard acquireTimeout > .zero, connectTimeout > .zero, idleTime > .zero, defaultTimeout > .zero else {
            throw PostgresError(.invalidParameter, "a pool's timeouts must be above zero")
        }
        try checkConnectionString(connectionString)
    }
}

/// Refuses a connection string libpq cannot parse. The text itself is not repeated: it may hold a password.
func checkConnectionString(_ text: String) throws(PostgresError) {
    guard let options = PQconninfoParse(text, nil) else {
        throw PostgresError(.invalidParameter, "the connection string is malformed")
    }
    PQconninfoFree(options)
}

/// What a pool is doing.
package struct PoolMetrics: Sendable, Equatable {
    /// Connections that are open.
    package internal(set) var connected = 0
    /// Connections at work.
    package internal(set) var inUse = 0
    /// Pieces of work waiting for a connection.
    package internal(set) var waiting = 0
    /// Pieces of work refused because no connection was free in time or the queue was full.
    package internal(set) var refused: UInt64 = 0
    /// Connections opened since the start.
    package internal(set) var connects: UInt64 = 0
    /// How often connections waited for the server to answer.
    package internal(set) var roundTrips: UInt64 = 0
}

/// Retries of what failed because others were at it.
public enum TransactionRetry {
    /// The pause between the `attempt`th attempt and the next: of chance length, or two that met would meet again, and
    /// growing.
    public static func pause(after attempt: Int) -> Duration {
        .milliseconds(Int.random(in: 1...(5 << min(attempt, 6))))
    }
}

/// Connections to one database, each owned by a thread of its own. The cooperative pool of Swift never blocks.
///
/// Work waits in one bounded queue. Lost connections are opened again; work that comes meanwhile waits for its
/// deadline. Work whose connection proves dead at its first use, before the server answered anything and surely before
/// any commit, is given to another connection once; so is work that a server refused because it only reads. When one
/// connection is lost, the others are looked at before they are used again, and opened anew when it was lost by silence.
public final class Pool: Sendable {
    /// How much longer than the server, which stops a statement itself, the client waits before it asks for it: after
    /// such a request the connection cannot be used again.
    private static let serverGrace: Duration = .milliseconds(250)

    /// Connections it opens at most.
    public let size: Int

    private let core: PoolCore
    private let defaultTimeout: Duration

    /// Starts the threads; connections are opened when needed. Throws `.invalidParameter` for a configuration that
    /// cannot work.
    public init(_ configuration: PoolConfiguration) throws(PostgresError) {
        try configuration.validate()
        size = configuration.size
        core = PoolCore(configuration)
        defaultTimeout = configuration.defaultTimeout
        core.start()
    }

    deinit { core.beginClosing() }

    /// Runs a body as one transaction on one connection's thread.
    ///
    /// The body is synchronous: nothing can be awaited inside, so a transaction never waits for another service. When
    /// it throws, the transaction is rolled back and the error thrown on. It may run more than once (when
    /// a table changed under a cached plan), so its only effects should be on the database.
    ///
    /// - Parameters:
    ///   - settings: set for this transaction alone, such as the scope of row-level security.
    ///   - timeout: for everything, waiting for a connection included; the pool's default when nil. The server stops
    ///     a statement that takes longer, and the client asks it to when the sum does.
    /// - Throws: what the body throws, or a `PostgresError`.
    public func transaction<T: Sendable>(
        settings: TransactionSettings = [], readOnly: Bool = false,
        timeout: Duration? = nil, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        let options = options(settings, readOnly, timeout)
        let deadline = PostgresDeadline.after(timeout ?? defaultTimeout)
        var isRetried = false
        while true {
            let outcome = await core.perform(by: deadline) { connection -> Result<T, any Error> in
                Result { try connection.transaction(options, deadline.adding(Pool.serverGrace), body) }
            }
            switch outcome {
            case .success(.success(let value)): return value
            case .failure(let error): throw error
            case .success(.failure(let error)):
                guard (error as? PostgresError)?.isRetryable == true, !isRetried, !deadline.hasPassed else {
                    throw error
                }
                isRetried = true
            }
        }
    }

    /// Runs one statement as a transaction of its own, in one round trip.
    ///
    /// When the connection is lost meanwhile the error is `.commitUnknown`, or `.connectionFailure` if `readOnly`
    /// says that nothing is written.
    public func run(
        _ sql: SQL, settings: TransactionSettings = [], readOnly: Bool = false, timeout: Duration? = nil
    ) async throws(PostgresError) -> Rows {
        var options = options(settings, readOnly, timeout)
        if readOnly { options.settings.append((name: "transaction_read_only", value: "on")) }
        let chosen = options
        let deadline = PostgresDeadline.after(timeout ?? defaultTimeout)
        var isRetried = false
        while true {
            let outcome = await core.perform(by: deadline) { connection -> Result<Rows, PostgresError> in
                do throws(PostgresError) {
                    return .success(try connection.single(sql, chosen, deadline.adding(Pool.serverGrace)))
                } catch {
                    return .failure(error)
                }
            }
            do throws(PostgresError) {
                return try outcome.get().get()
            } catch {
                guard error.isRetryable, !isRetried, !deadline.hasPassed else { throw error }
                isRetried = true
            }
        }
    }

    /// What the pool is doing now.
    package var metrics: PoolMetrics { core.snapshot }

    /// Refuses new work, lets accepted work end within its deadlines, closes the connections, and returns then.
    public func close() async {
        await core.close()
    }

    private func options(
        _ settings: TransactionSettings, _ readOnly: Bool, _ timeout: Duration?
    ) -> TransactionOptions {
        var options = TransactionOptions(
            settings: settings, readOnly: readOnly, fence: Fence.current)
        // The session has the default already: set only what differs.
        if let timeout, timeout != defaultTimeout {
            options.settings.append((name: "statement_timeout", value: String(timeout.postgresMilliseconds)))
        }
        return options
    }
}
