import Flows
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire
import WireCatalog

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
            guard let (schema, need) = FlowMethod.need(method), !labels.contains(schema.label),
                !need.isMet(by: call.caller.roles)
            else { continue }
            labels.append(schema.label)
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
    /// What a method needs, and the dictionary of the records it is about; nil where no access rule decides.
    static func need(_ method: String) -> (schema: RecordSchema, need: MethodNeed)? {
        guard let info = info(method), let need = info.need,
            let schema = Catalog.schemas.first(where: { $0.service == info.service && $0.table == need.table })
        else { return nil }
        return (schema, need)
    }
}

extension MethodNeed {
    /// Whether `roles` have it.
    fileprivate func isMet(by roles: Set<String>) -> Bool {
        guard let operation = Roles.Operation(rawValue: operation.rawValue) else { return false }
        let asked = field.flatMap { Access.may(roles, operation, field: $0, of: table) }
        return asked ?? Access.allows(roles, operation, on: table)
    }
}
