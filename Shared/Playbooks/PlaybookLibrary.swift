import Ground
import PlaybooksWire
import Postgres
import RPC
import Synchronization

/// Plans of versions. A version never changes, so what was read once stays right.
final class PlaybookLibrary: Sendable {
    /// Most plans kept; when there are more, all are forgotten and read anew when asked for.
    private static let limit = 256

    private let schema: String
    private let kinds: [String: ActivityKind]
    private let plans = Mutex<[String: RunPlan]>([:])

    init(_ schema: String, _ kinds: [String: ActivityKind]) {
        self.schema = schema
        self.kinds = kinds
    }

    /// The plan of the version `id`.
    func plan(of id: String, _ tx: Transaction) throws -> RunPlan {
        if let known = plans.withLock({ $0[id] }) { return known }
        let rows = try tx.query("SELECT playbook FROM \(identifier: schema).playbook_version WHERE id = \(id)")
        guard let row = rows.first else { throw Problem.internalError(cause: "there is no playbook version \(id)") }
        let plan = try RunPlan(Playbook.decode(protobuf: row.bytes(at: 0)), kinds: kinds)
        plans.withLock { plans in
            if plans.count >= Self.limit { plans = [:] }
            plans[id] = plan
        }
        return plan
    }
}
