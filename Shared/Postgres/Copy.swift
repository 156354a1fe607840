import CPostgres
import Glibc

extension Transaction {
    /// Runs a COPY with the bytes that `body` puts into the stream; answers how many rows there were.
    ///
    /// COPY cannot be pipelined: what is queued is sent first, and the COPY waits for the server twice. When `body`
    /// throws, the COPY is refused and the transaction has failed.
    func copy(by statement: SQL, _ body: (CopyStream) throws -> Void) throws -> Int {
        try startCopy(statement)
        let stream = CopyStream(connection, limit)
        do {
            try body(stream)
        } catch {
            _ = try? attempt { () throws(PostgresError) in try stream.finish(aborting: true) }
            throw error
        }
        return try attempt { () throws(PostgresError) in try stream.finish(aborting: false) }
    }

    private func startCopy(_ statement: SQL) throws(PostgresError) {
        guard statement.parameters.isEmpty, !statement.text.utf8.contains(0) else {
            throw PostgresError(.invalidParameter, "COPY takes no parameters and no NUL character")
        }
        try attempt { () throws(PostgresError) in
            if !connection.expected.isEmpty { _ = try connection.roundTrip(&limit) }
            try connection.leavePipeline()
            guard PQsendQuery(connection.handle, statement.text) == 1 else { throw connection.lost() }
            connection.countRoundTrip()
            try connection.flush(&limit)
            guard let result = try connection.nextResult(&limit) else { throw connection.lost() }
            if PQresultStatus(result.pointer) == PGRES_COPY_IN { return }
            try connection.refuseCopy(result, statement, &limit)
        }
    }
}

extension PostgresConnection {
    /// Reads the end of a COPY and turns the pipeline on again.
    func endOfCopy(_ limit: inout Limit) throws(PostgresError) -> Int {
        countRoundTrip()
        try flush(&limit)
        var rows = 0
        var failure: PostgresError?
        while let result = try nextResult(&limit) {
            if PQresultStatus(result.pointer) == PGRES_COMMAND_OK {
                rows = Rows(result).affected
            } else if failure == nil {
                failure = PostgresError(result)
            }
            guard PQstatus(handle) == CONNECTION_OK else {
                failure?.kind = .connectionFailure
                throw lost(failure)
            }
        }
        try enterPipeline()
        if let failure { throw failure }
        return rows
    }

    /// The statement was not the expected COPY: brings the connection back to order and throws why.
    func refuseCopy(_ result: ResultHandle, _ statement: SQL, _ limit: inout Limit) throws(PostgresError) {
        guard PQresultStatus(result.pointer) == PGRES_FATAL_ERROR, PQstatus(handle) == CONNECTION_OK else {
            throw lost(PostgresError(.invalidParameter, "not the expected kind of COPY: \(statement.text.prefix(80))"))
        }
        var error = PostgresError(result)
        error.statement = statement.text
        while try nextResult(&limit) != nil {}
        try enterPipeline()
        throw error
    }
}
