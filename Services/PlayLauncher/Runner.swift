import Identity
import Postgres
import RPC
import Records
import Tenancy
import Work

/// Carries out launched runs, in any number of instances.
///
/// Each move is one transaction: what became of the step, the new state of the flow, and the step it asks for next. A
/// runner killed at any instant leaves a run that another takes up at the very step that was not yet recorded as done;
/// that step's call carries the same request id, under which its service answers as it did the first time.
struct Runner: Sendable {
    let database: Database
    let client: Client
    let issuer: Issuer
    let people: any People
    let library: FlowLibrary
    private let queue: LeasedQueue

    init(_ database: Database, _ client: Client, _ issuer: Issuer, _ people: any People, _ library: FlowLibrary) {
        self.database = database
        self.client = client
        self.issuer = issuer
        self.people = people
        self.library = library
        queue = LeasedQueue(database, table: "flow_execution", key: "run", open: "phase <> 'done' AND phase <> 'held'")
    }

    /// Given when a run was launched here.
    var wake: Signal { queue.wake }

    /// Runs until the task is cancelled.
    func run() async {
        await queue.run { lease in
            // Moves a run on until it has to wait, is over, or somebody else has taken it.
            while !Task.isCancelled {
                let loaded = try await asService(.root) { tx in try Execution.load(lease, in: tx) }
                guard let execution = loaded, try await move(execution, lease) else { return }
            }
        }
    }

    /// A transaction of the service itself inside `domain`.
    func asService<T: Sendable>(
        _ domain: DomainPath, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: domain), body)
    }
}
