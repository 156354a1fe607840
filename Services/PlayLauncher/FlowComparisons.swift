import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What differs between versions of a flow. A run ends by the version it began with: how many still go by the first one is told
/// as well.
struct FlowComparisons: Sendable {
    let database: Database

    /// Most differences that are listed.
    private static let listed = 500
    /// Longest text of one.
    private static let textLimit = 2_000

    private enum Column: String {
        case count
    }

    var endpoint: Endpoint {
        Endpoint(PlayLauncherAPI.compareFlowDefinitions) { call, request async throws(Problem) in
            try await compare(request, call)
        }
    }

    private func compare(
        _ request: CompareFlowDefinitionsRequest, _ call: Call
    ) async throws(Problem) -> CompareFlowDefinitionsResponse {
        try Access.requireProvider(.read, on: FlowDefinition.schema.table, call.caller)
        let database = database
        let (from, to, running) = try await database.transaction(
            as: call.caller, deadline: call.deadline, readOnly: true
        ) { tx in
            let store = Store<FlowDefinition>(database)
            let from = try store.get(request.from, as: call.caller, in: tx)
            let to = try store.get(request.to, as: call.caller, in: tx)
            let running =
                try tx.query(
                    """
                    SELECT count(*) AS count FROM play_launcher.flow_run WHERE flow = \(from.name) \
                    AND flow_version = \(from.version) AND state IN (\(literal: FlowRun.State.inProgress), \(literal: FlowRun.State.waiting), \(literal: FlowRun.State.held))
                    """
                ).first?.int(Column.count) ?? 0
            return (from, to, running)
        }
        let changes: [FlowChange]
        do throws(FlowProblem) {
            changes = try FlowSource.changes(from: from.definition ?? "", to: to.definition ?? "")
        } catch {
            throw .internalError(cause: "a flow definition cannot be read: \(error)")
        }
        var response = CompareFlowDefinitionsResponse()
        (response.fromVersion, response.toVersion) = (from.version ?? "", to.version ?? "")
        response.differences = changes.prefix(Self.listed).map { change in
            var difference = FlowDifference()
            (difference.path, difference.kind) = (change.path, change.kind.rawValue)
            difference.before = String((change.before?.text ?? "").prefix(Self.textLimit))
            difference.after = String((change.after?.text ?? "").prefix(Self.textLimit))
            return difference
        }
        response.cut = changes.count > Self.listed
        response.running = Int64(running)
        return response
    }
}
