import Ground
import RPC
import Roles
import Tenancy
import Wire

/// What operators see of replicas and can do about them. The table `replica` of the access rows says who is one: without a
/// row, administrators.
extension ReplicaSet {
    /// Answers the two methods about replicas that a service declares.
    public func endpoints(
        _ list: Method<ListReplicasRequest, ListReplicasResponse>,
        _ rebuild: Method<RebuildReplicaRequest, ReplicaState>
    ) -> [Endpoint] {
        [
            Endpoint(list) { call, _ async throws(Problem) in
                try Self.authorize(.read, call.caller)
                var response = ListReplicasResponse()
                response.replicas = try await self.states(for: call.caller)
                return response
            },
            Endpoint(rebuild) { call, request async throws(Problem) in
                try Self.authorize(.write, call.caller)
                guard self.kept(request.table) != nil else {
                    let tables = self.replicas.map(\.table)
                    throw .invalid(
                        field: RebuildReplicaRequest.Field.table,
                        Text(
                            en: "Table must be one of: \(tables.joined(separator: ", ")).",
                            ko: "테이블은 다음 중 하나여야 합니다: \(self.replicas.map(\.kept.schema).koreanLabels)"))
                }
                try await self.ask(for: request.table, by: call.caller)
                return try await self.states(for: call.caller).first { $0.table == request.table } ?? ReplicaState()
            },
        ]
    }

    /// What access rows call the replicas of a service.
    private static let table = "replica"

    private static func authorize(_ operation: Operation, _ caller: Caller) throws(Problem) {
        guard caller.kind != .customer, Access.allows(caller.roles, operation, on: table) else {
            throw .permissionDenied()
        }
    }
}
