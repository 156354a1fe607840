import Postgres
import RPC
import Tenancy
import Wire

extension Database {
    /// What became of a request that `person` made: the answer that it got. One that was not carried out by now never will
    /// be, for `nothing` is kept as its answer. For a service that has to know what was done in a request whose answer it has
    /// not got, when it would be refused if it were repeated: the person may not do so any more, or the record is closed.
    public func settle<Request: Message, Response: Message>(
        _ call: Call, _ method: String, _ request: Request, requestID: String, of person: Caller,
        else nothing: Response
    ) async throws(Problem) -> Response {
        let bytes: [UInt8]
        do {
            bytes = try request.encodeProtobuf()
        } catch {
            throw .internalError(cause: "\(error)")
        }
        guard
            let log = RequestLog(schema: schema, caller: person, id: requestID, method: method, request: bytes)
        else {
            throw .invalid(
                field: SharedRequestField.requestID, Text(en: "It must be set.", ko: "값을 입력하세요."), rule: "AIP-155")
        }
        let now = clock.now
        return try await transaction(as: call.caller, deadline: call.deadline) { tx in
            // Waits for the request where it is under way.
            let found: (Response, [Warning])? = try log.answer(in: tx)
            if let found { return found.0 }
            try log.store(nothing, [], now: now, in: tx)
            return nothing
        }
    }
}
