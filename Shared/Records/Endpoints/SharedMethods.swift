import Ground
import Postgres
import RPC
import Roles
import Tenancy
import Wire

/// The methods of a shared module as a service declares them.
public struct SharedMethods {
    private let declared: [String: MethodInfo]
    private let prefix: String

    /// The methods `api` of a service.
    public init(_ api: [MethodInfo], of service: String) {
        declared = Dictionary(uniqueKeysWithValues: api.map { ($0.subject, $0) })
        prefix = "ale.v1.\(service)."
    }

    /// The method of a subject with its messages; nil when the service has not declared it so.
    public subscript<Request: Message, Response: Message>(subject: String) -> Method<Request, Response>? {
        guard let info = declared[prefix + subject], info.requestType == Request.fullName,
            info.responseType == Response.fullName
        else { return nil }
        return Method(service: info.service, subject: info.subject, name: info.name, summary: info.summary)
    }
}

/// How modules that several services share answer.
extension Database {
    /// An endpoint that writes, in one transaction and once, by the request id at `id`; a trial changes nothing.
    public func writing<Request: Message, Response: Message>(
        _ method: Method<Request, Response>?, _ id: KeyPath<Request, String> & Sendable,
        trial: (KeyPath<Request, Bool> & Sendable)? = nil, replicas: ReplicaSource? = nil,
        _ body: @escaping @Sendable (Request, RuleContext) throws -> Response
    ) -> Endpoint? {
        guard let method else { return nil }
        let database = self
        return Endpoint(method) { call, request async throws(Problem) in
            try await fetchingReplicas(replicas, call) { () async throws(Problem) in
                try await database.perform(
                    call, method.name, request, requestID: request[keyPath: id],
                    validateOnly: trial.map { request[keyPath: $0] } ?? false
                ) { tx, context in
                    try body(request, RuleContext(transaction: tx, write: context, database: database))
                }
            }
        }
    }

    /// An endpoint that reads.
    public func reading<Request: Message, Response: Message>(
        _ method: Method<Request, Response>?,
        _ body: @escaping @Sendable (Request, RuleContext) throws -> Response
    ) -> Endpoint? {
        guard let method else { return nil }
        let database = self
        return Endpoint(method) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try body(request, RuleContext(transaction: tx, write: database.context(call), database: database))
            }
        }
    }
}

extension Access {
    /// Refuses an operation on a table that none of the caller's roles allows, and customers anything.
    public static func requireProvider(
        _ operation: Operation, on table: String, _ caller: Caller
    ) throws(Problem) {
        guard caller.kind != .customer else { throw .permissionDenied() }
        guard caller.kind == .service || allows(caller.roles, operation, on: table) else {
            throw .permissionDenied()
        }
    }
}
