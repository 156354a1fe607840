import CPostgres

/// What an answer of the pipeline belongs to.
struct Expectation {
    enum Kind {
        /// A statement is being prepared.
        case prepare
        /// Only an error counts.
        case discard
        /// The rows are handed to the caller.
        case keep
        /// The end of a batch.
        case sync
        /// DEALLOCATE of an abandoned statement, whose failure harms nobody.
        case tidy
    }
    let kind: Kind
    let statement: PreparedStatement?
}

extension PostgresConnection {
    /// Queues one statement, preparing it at its first use on this connection.
    func enqueue(_ sql: SQL, _ kind: Expectation.Kind) throws(PostgresError) {
        guard !isBroken else { throw PostgresError(.connectionFailure, "the connection is lost") }
        try parameters.encode(sql.parameters)
        let statement = statements.statement(for: sql.text, planKey: planKey)
        if !statement.isSent {
            guard !sql.text.containsNUL else {
                statements.forget(statement, onServer: false)
                throw PostgresError(.invalidParameter, "the statement's text contains a NUL character")
            }
            guard PQsendPrepare(handle, statement.name, statement.text, 0, nil) == 1 else { throw lost() }
            statement.isSent = true
            expected.append(Expectation(kind: .prepare, statement: statement))
        }
        let sent = parameters.withArguments { count, values, lengths, formats in
            PQsendQueryPrepared(handle, statement.name, count, values, lengths, formats, 1)
        }
        guard sent == 1 else { throw lost() }
        expected.append(Expectation(kind: kind, statement: statement))
    }

    /// Queues the deallocation of statements that fell out of the cache, each as a batch of its own so that one
    /// refusal does not take the others along; they travel with what follows.
    func enqueueTidying() throws(PostgresError) {
        guard !statements.abandoned.isEmpty else { return }
        for name in statements.takeAbandoned() {
            let sent = PQsendQueryParams(handle, "DEALLOCATE \"\(name)\"", 0, nil, nil, nil, nil, 0)
            guard sent == 1 else { throw lost() }
            expected.append(Expectation(kind: .tidy, statement: nil))
            try enqueueSync()
        }
    }

    /// Ends a batch: a refusal in it does not reach what follows.
    func enqueueSync() throws(PostgresError) {
        guard PQpipelineSync(handle) == 1 else { throw lost() }
        expected.append(Expectation(kind: .sync, statement: nil))
    }

    /// Ends the batch, sends everything queued, and reads every answer: one wait for the server.
    ///
    /// Answers the rows of the `.keep` statements in order. The first refusal of the server is thrown, after all
    /// answers have been read, so the connection can be used on.
    func roundTrip(_ limit: inout Limit) throws(PostgresError) -> [Rows] {
        guard !isBroken else { throw PostgresError(.connectionFailure, "the connection is lost") }
        try enqueueSync()
        countRoundTrip()
        try flush(&limit)
        var kept: [Rows] = []
        var failure: PostgresError?
        // Indexes rather than an iterator: a lost connection empties the list.
        var index = 0
        while index < expected.count {
            let item = expected[index]
            index += 1
            if item.kind == .sync {
                try readSync(&limit, &failure)
            } else {
                try read(item, &limit, &kept, &failure)
            }
        }
        expected.removeAll(keepingCapacity: true)
        if let failure { throw failure }
        return kept
    }

    private func read(
        _ item: Expectation, _ limit: inout Limit, _ kept: inout [Rows], _ failure: inout PostgresError?
    ) throws(PostgresError) {
        guard let result = try nextResult(&limit) else { throw lost(PostgresError(.connectionFailure, "no result")) }
        switch PQresultStatus(result.pointer) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            if item.kind == .keep { kept.append(Rows(result)) }
        case PGRES_PIPELINE_ABORTED:
            if item.kind == .prepare, let statement = item.statement { statements.forget(statement, onServer: false) }
        case PGRES_FATAL_ERROR:
            let error = try failed(item, result)
            if failure == nil, item.kind != .tidy { failure = error }
        default:
            // COPY through a pipeline, which the protocol forbids, or an answer nobody asked for.
            throw lost(PostgresError(.connectionFailure, "unexpected answer in the pipeline; COPY has its own calls"))
        }
        guard try nextResult(&limit) == nil else {
            throw lost(PostgresError(.connectionFailure, "more results than statements"))
        }
    }

    /// The error of a refused statement; throws when the connection is gone with it.
    private func failed(_ item: Expectation, _ result: ResultHandle) throws(PostgresError) -> PostgresError {
        var error = PostgresError(result)
        error.statement = item.statement?.text
        if PQstatus(handle) != CONNECTION_OK || error.sqlState == nil || result.isFatal {
            error.kind = .connectionFailure
            // The server's own last words in place of a statement's answer: the COMMIT behind it was never reached.
            error.isBeforeCommit = error.sqlState != nil && item.kind != .sync && item.statement?.text != "COMMIT"
            throw lost(error)
        }
        if let statement = item.statement {
            if item.kind == .prepare {
                statements.forget(statement, onServer: false)
            } else if error.isStalePlan {
                statements.forget(statement, onServer: error.sqlState != "26000")
            }
        }
        return error
    }

    /// Reads the end of a batch. A deferred constraint or a serialization failure of an implicit transaction shows
    /// only here, before the end mark.
    private func readSync(_ limit: inout Limit, _ failure: inout PostgresError?) throws(PostgresError) {
        for _ in 0..<8 {
            guard let result = try nextResult(&limit) else { continue }
            if PQresultStatus(result.pointer) == PGRES_PIPELINE_SYNC { return }
            let error = try failed(Expectation(kind: .sync, statement: nil), result)
            if failure == nil { failure = error }
        }
        throw lost(PostgresError(.connectionFailure, "the end of the pipeline did not come"))
    }

    // MARK: Outside of the pipeline

    /// Leaves pipeline mode for what it cannot do: COPY and scripts of several statements.
    func leavePipeline() throws(PostgresError) {
        guard !isBroken, expected.isEmpty, PQexitPipelineMode(handle) == 1 else { throw lost() }
    }

    func enterPipeline() throws(PostgresError) {
        guard !isBroken, PQenterPipelineMode(handle) == 1 else { throw lost() }
    }

    /// Runs a script of any number of statements without parameters. All results are dropped.
    func script(_ text: String, _ limit: inout Limit) throws(PostgresError) {
        guard !text.containsNUL else {
            throw PostgresError(.invalidParameter, "the script contains a NUL character")
        }
        try leavePipeline()
        guard PQsendQuery(handle, text) == 1 else { throw lost() }
        try drain(&limit)
        try enterPipeline()
    }

    /// Reads to the end of a simple query; the first error is thrown once the pipeline is on again.
    func drain(_ limit: inout Limit) throws(PostgresError) {
        countRoundTrip()
        try flush(&limit)
        var failure: PostgresError?
        while let result = try nextResult(&limit) {
            switch PQresultStatus(result.pointer) {
            case PGRES_FATAL_ERROR:
                var error = PostgresError(result)
                if PQstatus(handle) != CONNECTION_OK || result.isFatal {
                    error.kind = .connectionFailure
                    throw lost(error)
                }
                if failure == nil { failure = error }
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw lost(PostgresError(.server, "COPY is not possible here"))
            default: break
            }
        }
        if let failure {
            try enterPipeline()
            throw failure
        }
    }

    /// Whether no transaction is open.
    var isIdle: Bool { !isBroken && PQtransactionStatus(handle) == PQTRANS_IDLE }

    /// Whether the session stands inside a transaction that has not failed.
    var isInTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INTRANS }
}

extension PostgresError {
    /// Reads the fields of a refused statement.
    init(_ result: ResultHandle) {
        func field(_ code: some BinaryInteger) -> String? {
            PQresultErrorField(result.pointer, Int32(code)).map { String(cString: $0) }
        }
        let message =
            field(ale_pg_message)
            ?? PQresultErrorMessage(result.pointer).map { String(cString: $0) } ?? "unknown"
        self.init(.server, message)
        sqlState = field(ale_pg_sqlstate)
        constraint = field(ale_pg_constraint)
        table = field(ale_pg_table)
        column = field(ale_pg_column)
        detail = field(ale_pg_detail)
        position = field(ale_pg_position).flatMap { Int($0) }
        // By the function, not the message: messages are translated.
        isStalePlan =
            sqlState == "26000"
            || (sqlState == "0A000" && field(ale_pg_source_function) == "RevalidateCachedQuery")
    }
}

extension ResultHandle {
    /// The server ends the session with this error.
    var isFatal: Bool {
        guard let severity = PQresultErrorField(pointer, Int32(ale_pg_severity)) else { return true }
        // FATAL and PANIC; ERROR is the only other severity of an error.
        return severity.pointee != CChar(bitPattern: UInt8(ascii: "E"))
    }
}
