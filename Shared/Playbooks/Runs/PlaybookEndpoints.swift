import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Answers the requests about runs that `proto/source/ale/shapes/v1/playbooks.proto` declares.
extension Playbooks {
    /// The endpoints of runs and activities, out of the methods that the service declares. What is entered may name records
    /// of other services, of which `replicas` fetches those that are not known here yet.
    public func runEndpoints(_ api: [MethodInfo], replicas: ReplicaSource? = nil) -> [Endpoint] {
        let methods = SharedMethods(api, of: database.service)
        let activities = Activities(playbooks: self)
        return [
            writing(methods["playbook_runs.start"], \.requestID, replicas: replicas, start),
            writing(methods["playbook_runs.cancel"], \.requestID, cancel),
            writing(
                methods["playbook_activities.save"], \.requestID, trial: \EnterPlaybookActivityRequest.validateOnly,
                replicas: replicas, activities.save),
            writing(
                methods["playbook_activities.complete"], \.requestID, trial: \EnterPlaybookActivityRequest.validateOnly,
                replicas: replicas, activities.complete),
            writing(methods["playbook_activities.skip"], \.requestID, activities.skip),
            writing(methods["playbook_activities.reopen"], \.requestID, activities.reopen),
            writing(methods["playbook_activities.restart"], \.requestID, activities.restart),
            reading(methods["playbook_runs.get"], of: .run, run),
            reading(methods["playbook_runs.list"], of: .run, runs),
            reading(methods["playbook_runs.get_stages"], of: .run, stages),
            reading(methods["playbook_runs.list_log"], of: .run, log),
            reading(methods["playbook_activities.list"], of: .activity, list),
            reading(methods["playbook_activities.get"], of: .activity, activity),
            reading(methods["playbook_activities.check_closing"], of: .activity, checkClosing),
        ].compactMap { $0 }
    }

    /// An endpoint that writes, in one transaction and once.
    func writing<Request: Message, Response: Message>(
        _ method: Method<Request, Response>?, _ id: KeyPath<Request, String> & Sendable,
        trial: (KeyPath<Request, Bool> & Sendable)? = nil, replicas: ReplicaSource? = nil,
        _ body: @escaping @Sendable (Request, RuleContext) throws -> Response
    ) -> Endpoint? {
        database.writing(method, id, trial: trial, replicas: replicas, body)
    }

    /// An endpoint that reads what whoever may read `table` may see.
    func reading<Request: Message, Response: Message>(
        _ method: Method<Request, Response>?, of table: OwnTable,
        _ body: @escaping @Sendable (Request, RuleContext) throws -> Response
    ) -> Endpoint? {
        let playbooks = self
        return database.reading(method) { request, context in
            try playbooks.authorize(.read, table, context.write.caller)
            return try body(request, context)
        }
    }
}
