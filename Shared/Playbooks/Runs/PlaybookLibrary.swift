import Ground
import PlaybooksWire
import Postgres
import RPC
import Synchronization
import Wire

/// Plans of versions. A version never changes, so what was read once stays right.
final class PlaybookLibrary: Sendable {
    /// Most plans kept; when there are more, all are forgotten and read anew when asked for.
    private static let limit = 256

    private let schema: String
    private let kinds: [String: ActivityKind]
    private let tables: [String: RecordSchema]
    private let plans = Mutex<[String: RunPlan]>([:])

    init(_ schema: String, _ kinds: [String: ActivityKind], _ tables: [String: RecordSchema]) {
        self.schema = schema
        self.kinds = kinds
        self.tables = tables
    }

    /// The plan of the version `id`.
    func plan(of id: String, _ tx: Transaction) throws -> RunPlan {
        if let known = plans.withLock({ $0[id] }) { return known }
        let rows = try tx.query("SELECT playbook FROM \(identifier: schema).playbook_version WHERE id = \(id)")
        guard let row = rows.first else { throw Problem.internalError(cause: "there is no playbook version \(id)") }
        let playbook = try Playbook.decode(protobuf: row.bytes(PlaybookColumn.playbook))
        let plan = try RunPlan(playbook, kinds: kinds, over: tables[playbook.table])
        plans.withLock { plans in
            if plans.count >= Self.limit { plans = [:] }
            plans[id] = plan
        }
        return plan
    }
}
