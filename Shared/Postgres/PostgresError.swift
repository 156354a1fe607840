/// Why a statement, a transaction or a connection failed.
///
/// The text is for logs and engineers, never for the person at the other end: `description` leaves out `detail`,
/// which holds values of rows.
public struct PostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: String, Sendable, Equatable {
        /// The server refused a statement; `sqlState` says why.
        case server
        /// No connection, or it was lost before COMMIT was sent, or the server only reads at present (25006): nothing was
        /// changed.
        case connectionFailure
        /// The connection was lost after COMMIT was sent: the change is either complete or absent. Repeat only what
        /// is idempotent.
        case commitUnknown
        /// Every connection stayed busy until the deadline, or the queue is full. Nothing was sent.
        case poolExhausted
        /// The pool was closed. Nothing was sent.
        case closed
        /// The deadline passed and the server did not answer the cancel request: the connection was given up.
        case timedOut
        /// The calling task was cancelled while waiting for a connection. Nothing was sent.
        case canceled
        /// A parameter or a statement that must not be sent (NUL character, too many parameters).
        case invalidParameter
        /// A value of a row is NULL, missing or of another type than asked for.
        case decoding
        /// A statement of `send(_:expecting:)` changed another number of rows.
        case unexpectedRowCount
        /// The work of a leader, and another instance leads by now (see ``Fence``). Nothing was changed.
        case leadershipLost
        /// A migration is wrong, missing or has changed since it was applied.
        case migration
    }

    /// What kind of failure it is.
    public var kind: Kind
    /// For logs; in English.
    public var message: String
    /// Five characters of the SQL standard, for example `23505`; nil when the server said nothing.
    public var sqlState: String?
    /// The violated constraint; its name is the name of a rule.
    public var constraint: String?
    /// The table of the violated constraint.
    public var table: String?
    /// The column that must not be NULL.
    public var column: String?
    /// The server's detail line. Holds row values: not for logs.
    public var detail: String?
    /// The statement's text, without its values.
    public var statement: String?
    /// Where in a script the error is, in characters from 1.
    var position: Int?
    /// The cached plan of a prepared statement no longer fits: forget it and begin again.
    var isStalePlan = false
    /// The connection was lost, and the server said so before it came to the COMMIT: nothing was changed.
    var isBeforeCommit = false
    /// The connection turned out to be dead at the first use: the work may be done on another, unseen by anybody.
    var isRetryable = false

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// A server refusal with a given state, for tests of code that maps errors.
    public init(
        sqlState: String, message: String, constraint: String? = nil, table: String? = nil, column: String? = nil
    ) {
        self.init(.server, message)
        self.sqlState = sqlState
        self.constraint = constraint
        self.table = table
        self.column = column
    }

    /// 23505; `constraint` names it.
    public var isUniqueViolation: Bool { sqlState == "23505" }
    /// 23503; `constraint` names it.
    public var isForeignKeyViolation: Bool { sqlState == "23503" }
    /// 23514; `constraint` names it.
    public var isCheckViolation: Bool { sqlState == "23514" }
    /// 23502; `column` names it.
    public var isNotNullViolation: Bool { sqlState == "23502" }
    /// 42501: no privilege, or a row the policies of row-level security refuse.
    public var isInsufficientPrivilege: Bool { sqlState == "42501" }
    /// 40001: run the transaction again.
    public var isSerializationFailure: Bool { sqlState == "40001" }
    /// 40P01: run the transaction again.
    public var isDeadlock: Bool { sqlState == "40P01" }
    /// The deadline passed, whether the server stopped the statement (57014) or did not answer any more.
    public var isQueryCanceled: Bool { sqlState == "57014" || kind == .timedOut }
    /// There is no connection. Nothing was committed.
    public var isConnectionFailure: Bool { kind == .connectionFailure }

    public var description: String {
        var text = "\(kind.rawValue): \(message)"
        if let sqlState { text += " [\(sqlState)]" }
        if let constraint { text += " constraint \(constraint)" }
        if let table { text += " table \(table)" }
        if let column { text += " column \(column)" }
        if let statement { text += " in: \(statement.prefix(200))" }
        return text
    }

    /// A server that only reads when it was asked to write is as good as none: it is a standby, or was made read-only,
    /// and another may be in charge. The session is given up, the work may be done on another.
    func readOnlyAsFailure(of connection: PostgresConnection, _ options: TransactionOptions) -> PostgresError {
        guard sqlState == "25006", kind == .server, !options.readOnly else { return self }
        connection.retire()
        var error = self
        error.kind = .connectionFailure
        return error
    }

    /// Whether a server that only reads refused to write.
    var isReadOnlyServer: Bool { kind == .connectionFailure && sqlState == "25006" }

    static func decoding(_ message: String) -> PostgresError { PostgresError(.decoding, message) }
}
