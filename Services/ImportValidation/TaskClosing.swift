import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import Roles
import Wire

/// An import task that a playbook has made is closed by people only under the condition that the playbook says (G-53;
/// imports, section 8). Onboarding, which has the playbook, is asked before, and without its answer none is closed.
struct TaskClosing: Sendable {
    let database: Database
    let client: Client
    /// The service's own.
    let own: Credential?

    /// Looks at what a write brings. What a playbook closes itself it need not be asked about.
    func check(_ brought: Brought<ImportTask>, _ call: Call) async throws(Problem) {
        guard brought.values.state == ImportTask.State.closed, call.caller.kind != .service,
            Access.allows(call.caller.roles, .write, on: ImportTask.schema.table)
        else { return }
        let database = database
        let asked = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) {
            tx -> CheckPlaybookClosingRequest? in
            // Of one that is not there, or has ended, the write itself says so.
            guard let task = try Store<ImportTask>(database).find(brought.values.id, in: tx), task.isOpen else {
                return nil
            }
            // The condition is about the task in the state from which it is closed.
            var written = brought.applied(to: task)
            written.state = task.state
            var request = CheckPlaybookClosingRequest()
            request.table = ImportTask.schema.table
            request.record = try written.encodeProtobuf()
            return request
        }
        guard let request = asked else { return }
        _ = try await client.call(OnboardingAPI.checkPlaybookClosing, request, as: own)
    }
}
