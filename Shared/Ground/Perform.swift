import Postgres
import RPC
import Tenancy
import Wire

/// Thrown by a body that only wanted to know whether it would work; carries the answer out of the rolled-back
/// transaction.
package struct DryRun<Response: Message>: Error {
    package let response: Response
    package var warnings: [Warning]

    package init(response: Response, warnings: [Warning] = []) {
        self.response = response
        self.warnings = warnings
    }
}

extension Database {
    /// What a call writes with: its caller, the time and its trace.
    public func context(_ call: Call) -> WriteContext {
        WriteContext(caller: call.caller, now: clock.now, trace: call.trace.header)
    }

    /// Answers a request that writes: in one transaction, and once only. A request id that was answered before gets
    /// the same answer again, also after a restart (AIP-155); with another request it is refused. What rules advise
    /// goes with the answer as warnings. `isCounted` says that a ``Capacity`` bounds how much of this work there is.
    public func perform<Request: Message, Response: Message>(
        _ call: Call, _ method: String, _ request: Request, requestID: String = "", validateOnly: Bool = false,
        isCounted: Bool = false,
        _ body: @escaping @Sendable (Transaction, WriteContext) throws -> Response
    ) async throws(Problem) -> Response {
        let id = validateOnly ? "" : requestID.isEmpty ? call.requestID ?? "" : requestID
        let log = try log(call, method, request, id)
        let now = clock.now
        do {
            // With a request id nobody needs to be left in the dark: the log says whether the COMMIT was done.
            let (response, warnings) = try await attempt(
                as: call.caller, deadline: call.deadline, isRetryable: log != nil, isCounted: isCounted
            ) { tx in
                if let answered: (Response, [Warning]) = try log?.answer(in: tx) { return answered }
                let advice = AdviceList()
                let context = WriteContext(
                    caller: call.caller, now: now, trace: call.trace.header, requestID: id, isTrial: validateOnly,
                    advice: advice)
                let response = try body(tx, context)
                let warnings = advice.take().joined().prefix(Warning.limit).map { $0.warning(call.language) }
                if validateOnly {
                    try tx.flush()
                    throw DryRun(response: response, warnings: warnings)
                }
                try log?.store(response, warnings, now: now, in: tx)
                return (response, warnings)
            }
            call.warn(warnings)
            return response
        } catch let dry as DryRun<Response> {
            call.warn(dry.warnings)
            return dry.response
        } catch {
            throw problem(of: error)
        }
    }

    /// The answer that a request got before, nil when it is new: for work that takes more than one transaction, before it
    /// begins. The last of them is ``perform(_:_:_:requestID:validateOnly:isCounted:_:)``.
    public func answered<Request: Message, Response: Message>(
        _ call: Call, _ method: String, _ request: Request, requestID: String = ""
    ) async throws(Problem) -> Response? {
        let id = requestID.isEmpty ? call.requestID ?? "" : requestID
        guard let log = try log(call, method, request, id) else { return nil }
        return try await transaction(as: call.caller, deadline: call.deadline) { tx in
            let found: (Response, [Warning])? = try log.answer(in: tx)
            return found?.0
        }
    }

    private func log<Request: Message>(
        _ call: Call, _ method: String, _ request: Request, _ id: String
    ) throws(Problem) -> RequestLog? {
        guard id.utf8.count <= 64 else {
            throw .invalid(
                field: SharedRequestField.requestID, Text(en: "At most 64 characters.", ko: "최대 64자입니다."),
                rule: "AIP-155")
        }
        do {
            let bytes = id.isEmpty ? [] : try request.encodeProtobuf()
            return RequestLog(schema: schema, caller: call.caller, id: id, method: method, request: bytes)
        } catch {
            throw .internalError(cause: "\(error)")
        }
    }
}

/// Requests that were answered, under the ids their callers gave them.
struct RequestLog: Sendable {
    let schema: String
    let caller: Caller
    let id: String
    let method: String
    let request: [UInt8]

    /// Nil when the caller gave no id.
    init?(schema: String, caller: Caller, id: String, method: String, request: [UInt8]) {
        guard !id.isEmpty else { return nil }
        self.schema = schema
        self.caller = caller
        self.id = id
        self.method = method
        self.request = request
    }

    private enum Column: String {
        case response, same, warnings
    }

    /// The stored answer with what it warned of; nil when the request is new.
    ///
    /// Two requests with one id wait for each other here: the second must find the first one's answer, and not, say,
    /// refuse because the first has just closed the record.
    func answer<Response: Message>(in tx: Transaction) throws -> (Response, [Warning])? {
        let lock = "\(schema) \(caller.owner) \(caller.domain) \(id)"
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\(lock), 0))")
        let rows = try tx.query(
            """
            SELECT response, method = \(method) AND request_hash = sha256(\(request)) AS same, warnings \
            FROM \(identifier: schema).request_log \
            WHERE caller = \(caller.owner) AND domain = \(caller.domain.path) AND request_id = \(id)
            """)
        guard let row = rows.first else { return nil }
        guard try row.bool(Column.same) else {
            throw Problem.invalid(
                field: SharedRequestField.requestID,
                Text(
                    en: "This request id was used for another request.", ko: "이 요청 ID는 다른 요청에 이미 사용되었습니다."),
                rule: "AIP-155")
        }
        let warnings = try row.strings(Column.warnings).compactMap(Warning.init(headerValue:))
        return (try Response.decode(protobuf: try row.bytes(Column.response)), warnings)
    }

    func store(_ response: some Message, _ warnings: [Warning], now: Timestamp, in tx: Transaction) throws {
        tx.send(
            """
            INSERT INTO \(identifier: schema).request_log \
            (caller, request_id, domain, method, request_hash, response, warnings, created_at) \
            VALUES (\(caller.owner), \(id), \(caller.domain.path), \(method), sha256(\(request)), \
            \(try response.encodeProtobuf()), \(warnings.map(\.headerValue)), \(now.sqlValue))
            """)
    }
}
