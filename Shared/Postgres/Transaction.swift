/// Settings of one transaction by name, as `set_config(name, value, true)`.
public typealias TransactionSettings = [(name: String, value: String)]

struct TransactionOptions: Sendable {
    var settings: TransactionSettings = []
    var readOnly = false
    /// What a leader's work makes sure of.
    var fence: Fence?

    /// Empty of words that are the server's default, so that most transactions share one prepared statement.
    var begin: SQL { readOnly ? "BEGIN READ ONLY" : "BEGIN" }

    /// One statement for all settings; nil when there are none.
    var assignment: SQL? {
        guard !settings.isEmpty else { return nil }
        let count = settings.count
        let form = count < Self.assignments.count ? Self.assignments[count] : Self.form(count)
        return form.filled(with: settings.flatMap { [.text($0.name), .text($0.value)] })
    }

    /// The assignment by how many settings there are: every transaction has one.
    private static let assignments = (0...8).map(form)

    private static func form(_ count: Int) -> SQL {
        let setting: SQL = "set_config(\(SQLValue.null), \(SQLValue.null), true)"
        return "SELECT " + Array(repeating: setting, count: count).joined()
    }
}

/// One transaction, alive inside the closure given to `Pool.transaction`. It belongs to that closure's thread and is
/// not `Sendable`: it cannot be kept, and nothing can be awaited while it is open.
///
/// `send` queues, `query` sends everything queued and waits. BEGIN and the settings travel with the first, COMMIT
/// with the last, so "load, decide, send, …, commit" waits for the server twice.
public final class Transaction {
    let connection: PostgresConnection
    private let options: TransactionOptions
    var limit: Limit
    private var hasBegun = false
    /// Whether the body has been told anything by the server.
    private(set) var hasAnswer = false
    private var savepoints = 0
    /// The first failure. From then on the transaction can only be rolled back, to a savepoint or entirely.
    private(set) var failure: PostgresError?

    init(_ connection: PostgresConnection, _ options: TransactionOptions, _ limit: Limit) {
        self.connection = connection
        self.options = options
        self.limit = limit
    }

    /// Sends what is queued and this statement, and answers its rows.
    public func query(_ sql: SQL) throws(PostgresError) -> Rows {
        let rows = try attempt { () throws(PostgresError) in
            try connection.enqueue(sql, .keep)
            return try connection.roundTrip(&limit)
        }
        guard let first = rows.first else { throw fail(.decoding("the statement gave no result")) }
        return first
    }

    /// Sends what is queued and several statements in one round trip; the answers in the same order.
    public func queryAll(_ statements: [SQL]) throws(PostgresError) -> [Rows] {
        try attempt { () throws(PostgresError) in
            for sql in statements { try connection.enqueue(sql, .keep) }
            return try connection.roundTrip(&limit)
        }
    }

    /// Queues a statement without waiting. Its refusal is thrown by the next `query`, or by the commit.
    public func send(_ sql: SQL) {
        guard failure == nil else { return }
        do throws(PostgresError) {
            try begin()
            try connection.enqueue(sql, .discard)
            // Bounded: what the server is behind with stays in memory here.
            if connection.expected.count >= PostgresConnection.pipelineBound { _ = try connection.roundTrip(&limit) }
        } catch {
            _ = fail(error)
        }
    }

    /// Queues an INSERT, UPDATE or DELETE that must change exactly so many rows.
    ///
    /// The server itself checks it, so that a COMMIT queued behind is not done: a revision in the WHERE costs no
    /// round trip. The statement must have no RETURNING of its own and no semicolon at its end. The failure has kind
    /// `.unexpectedRowCount` and is thrown by the next `query`, or by the commit.
    public func send(_ sql: SQL, expecting count: Int) {
        // The cast fails when the counts differ; only the cast of a text made from an aggregate is not folded away
        // beforehand.
        send(
            """
            WITH affected AS (\(sql) RETURNING 1) SELECT CASE WHEN count(*) = \(count)::int8 THEN 0 \
            ELSE ('\(raw: RowCountCheck.marker)' || count(*))::int4 END FROM affected
            """)
    }

    /// Has the commit not wait for the disk: a crash of the server may lose what is written here, though never what is
    /// committed after it and is on the disk. For what is done again then.
    public func hurry() { send("SET LOCAL synchronous_commit = off") }

    /// Sends what is queued now and waits, for its errors to show here.
    public func flush() throws(PostgresError) {
        if let failure { throw failure }
        guard !connection.expected.isEmpty else { return }
        _ = try attempt { () throws(PostgresError) in try connection.roundTrip(&limit) }
    }

    /// Runs a part that may fail alone: when it throws, or a statement it sent is refused, everything since is
    /// undone, the error is thrown, and the transaction can go on.
    public func savepoint<T>(_ body: () throws -> T) throws -> T {
        // An error queued before must not be taken for one of the part.
        try flush()
        savepoints += 1
        let name = "savepoint_\(savepoints)"
        defer { savepoints -= 1 }
        send("SAVEPOINT \(identifier: name)")
        do {
            let value = try body()
            if let failure { throw failure }
            send("RELEASE SAVEPOINT \(identifier: name)")
            try flush()
            return value
        } catch {
            guard !connection.isBroken else { throw error }
            // What the part queued is read first; whatever became of it is undone.
            if !connection.expected.isEmpty { _ = try? connection.roundTrip(&limit) }
            failure = nil
            send("ROLLBACK TO SAVEPOINT \(identifier: name)")
            send("RELEASE SAVEPOINT \(identifier: name)")
            try flush()
            throw error
        }
    }

    // MARK: Beginning and end

    /// Queues BEGIN and the settings before the first statement.
    func begin() throws(PostgresError) {
        guard !hasBegun else { return }
        hasBegun = true
        try connection.enqueue(options.begin, .discard)
        if let assignment = options.assignment { try connection.enqueue(assignment, .discard) }
        try options.fence?.enqueue(on: connection)
    }

    /// Runs a step that talks to the server; a failure is remembered.
    func attempt<T>(_ step: () throws(PostgresError) -> T) throws(PostgresError) -> T {
        if let failure { throw failure }
        do throws(PostgresError) {
            try begin()
            let result = try step()
            hasAnswer = true
            return result
        } catch {
            throw fail(error)
        }
    }

    private func fail(_ error: PostgresError) -> PostgresError {
        let error = Fence.translate(RowCountCheck.translate(error)).readOnlyAsFailure(of: connection, options)
        if failure == nil { failure = error }
        return error
    }

    /// Sends what is queued and COMMIT in one go. A body that caught an error and went on is not committed: the
    /// error is thrown here.
    func commit() throws(PostgresError) {
        if let failure { throw failure }
        guard hasBegun else { return }
        do throws(PostgresError) {
            try connection.enqueue("COMMIT", .keep)
            let rows = try connection.roundTrip(&limit)
            guard rows.last?.isRollback != true else {
                throw PostgresError(.server, "the transaction had failed and was rolled back")
            }
        } catch {
            var error = fail(error)
            if connection.isBroken, !options.readOnly, !error.isBeforeCommit { error.kind = .commitUnknown }
            throw error
        }
    }

    /// Ends a failed transaction. A connection that cannot do even that is given up.
    func rollback() {
        guard hasBegun, !connection.isBroken else { return }
        var limit = Limit(deadline: .after(PostgresConnection.cancelGrace), cancelSent: true)
        do throws(PostgresError) {
            // What is still queued ends as a batch of its own: a refusal in it would take the ROLLBACK along.
            if !connection.expected.isEmpty { try connection.enqueueSync() }
            try connection.enqueue("ROLLBACK", .discard)
            _ = try connection.roundTrip(&limit)
        } catch {
            if !connection.isIdle { _ = connection.lost(error) }
        }
    }
}

/// How `send(_:expecting:)` makes the server refuse, and how the refusal is recognised.
enum RowCountCheck {
    static let marker = "unexpected row count "

    static func translate(_ error: PostgresError) -> PostgresError {
        // 22P02: invalid text for a type; the message quotes the text in every language.
        guard error.sqlState == "22P02", error.message.contains("\"" + marker) else { return error }
        var translated = error
        translated.kind = .unexpectedRowCount
        translated.message = "a statement changed another number of rows than expected"
        return translated
    }
}

extension PostgresConnection {
    /// Runs one body as a transaction: commit when it returns, roll back when it throws. A statement whose cached
    /// plan no longer fits is prepared anew, and the whole body runs once more.
    func transaction<T>(
        _ options: TransactionOptions, _ deadline: PostgresDeadline, _ body: (Transaction) throws -> T
    ) throws -> T {
        var attempts = 0
        while true {
            attempts += 1
            try enqueueTidying()
            let transaction = Transaction(self, options, Limit(deadline: deadline))
            defer { planKey = "" }
            do {
                let value = try body(transaction)
                try transaction.commit()
                return value
            } catch {
                transaction.rollback()
                if var lost = error as? PostgresError, lost.isConnectionFailure {
                    lost.isRetryable = !transaction.hasAnswer || lost.isReadOnlyServer
                    throw lost
                }
                guard transaction.failure?.isStalePlan == true, attempts == 1, !isBroken else { throw error }
            }
        }
    }

    /// Runs one statement as a transaction of its own in one round trip. Up to the end of a batch the server keeps
    /// one implicit transaction, so the settings hold for the statement and end with it, without BEGIN and COMMIT.
    func single(_ sql: SQL, _ options: TransactionOptions, _ deadline: PostgresDeadline) throws(PostgresError) -> Rows {
        var attempts = 0
        while true {
            attempts += 1
            var limit = Limit(deadline: deadline)
            do throws(PostgresError) {
                try enqueueTidying()
                if let assignment = options.assignment { try enqueue(assignment, .discard) }
                try options.fence?.enqueue(on: self)
                try enqueue(sql, .keep)
            } catch {
                // What stands queued must not be executed with the next work; reading it to its end is harmless,
                // because settings alone change nothing.
                if !isBroken, !expected.isEmpty { _ = try? roundTrip(&limit) }
                throw error
            }
            do throws(PostgresError) {
                guard let rows = try roundTrip(&limit).first else { throw .decoding("the statement gave no result") }
                return rows
            } catch {
                if error.isStalePlan, attempts == 1, !isBroken { continue }
                guard isBroken else {
                    var refused = Fence.translate(error).readOnlyAsFailure(of: self, options)
                    refused.isRetryable = refused.isReadOnlyServer
                    throw refused
                }
                var lost = error
                lost.isRetryable = error.isConnectionFailure && (options.readOnly || error.isBeforeCommit)
                if !options.readOnly, !error.isBeforeCommit { lost.kind = .commitUnknown }
                throw lost
            }
        }
    }
}
