import Flows
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Whether somebody's roles suffice for what a play does: its steps are done with the rights of whoever launches it, so
/// a play that cannot be carried out is not offered, and not begun.
struct PlayRights: Sendable {
    let database: Database
    let library: FlowLibrary

    /// Most flows that are looked into for one play.
    private static let limit = 32

    /// Labels of the records that `caller` may not work on as the flow, or a flow inside it, does; empty when all is well.
    func missing(for flow: CompiledFlow, _ call: Call) async throws(Problem) -> [Text] {
        var labels: [Text] = []
        for method in try await methods(of: flow, call).sorted() {
            guard let need = FlowMethod.need(method), !labels.contains(need.schema.label),
                !Access.allows(call.caller.roles, need.operation, on: need.schema.table)
            else { continue }
            labels.append(need.schema.label)
        }
        return labels
    }

    /// Refuses who may not do what the flow does.
    func check(_ flow: CompiledFlow, _ call: Call) async throws(Problem) {
        let missing = try await missing(for: flow, call)
        guard !missing.isEmpty else { return }
        let en = missing.map(\.en).joined(separator: ", ")
        let ko = missing.map(\.ko).joined(separator: ", ")
        throw .permissionDenied(
            Text(
                en: "Your roles do not allow what this play does. Records concerned: \(en).",
                ko: "이 플레이가 수행하는 작업에 대한 권한이 없습니다. 해당 레코드: \(ko)."), reason: "PLAY_RIGHTS")
    }

    /// The methods that the flow and those inside it call.
    private func methods(of flow: CompiledFlow, _ call: Call) async throws(Problem) -> Set<String> {
        var methods = Set(flow.methods)
        var open = flow.subflows
        var seen: Set<String> = []
        let database = database
        while let reference = open.popLast(), seen.count < Self.limit {
            guard seen.insert(reference.description).inserted else { continue }
            let found = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try FlowLibrary.find(reference, database, in: tx)
            }
            guard let found else { continue }
            let inner = try library.compiled(found)
            methods.formUnion(inner.methods)
            open += inner.subflows
        }
        return methods
    }
}

extension FlowMethod {
    private static let operations: [String: Roles.Operation] = [
        "create": .create, "batch_create": .create, "delete": .delete,
        "get": .read, "list": .read, "list_activity": .read, "export": .read,
        "update": .write, "batch_update": .write, "batch_reassign": .write, "close": .write, "cancel": .write,
        "close_initiative": .write, "reopen": .write, "assign_to_me": .write, "add_comment": .write,
        "add_work_note": .write,
    ]

    /// The operation that a method is on the records it is about; nil for verbs that only their service knows.
    static func need(_ method: String) -> (schema: RecordSchema, operation: Roles.Operation)? {
        guard let schema = schema(method), let verb = method.split(separator: ".").last,
            let operation = operations[String(verb)]
        else { return nil }
        return (schema, operation)
    }
}
