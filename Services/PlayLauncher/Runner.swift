import Identity
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import Work

/// Carries out launched runs, in any number of instances.
///
/// Each move is one transaction: what became of the step, the new state of the flow, and the step it asks for next. A
/// runner killed at any instant leaves a run that another takes up at the very step that was not yet recorded as done;
/// that step's call carries the same request id, under which its service answers as it did the first time.
///
/// What is stored is read once, when a run is taken. From there on the run is what this runner has stored of it: nobody
/// else changes a run that is leased, and a move of who has lost the lease is not stored.
struct Runner: Sendable {
    let database: Database
    let client: Client
    let issuer: Issuer
    /// What is called in the service's own name.
    let own: Credential
    let people: any People
    let library: FlowLibrary
    /// The servers of others.
    let hosts: FlowHosts
    private let queue: LeasedQueue
    private let launched = Launched()
    /// Stores moves.
    let shared: SharedTransactions

    /// Runs that were launched here and are about to begin, as they were stored; no more than the queue has room for.
    private final class Launched: Sendable {
        let runs = Mutex<[String: Execution]>([:])
    }

    init(
        _ database: Database, _ client: Client, _ issuer: Issuer, _ people: any People, _ library: FlowLibrary,
        _ hosts: FlowHosts
    ) {
        self.database = database
        self.client = client
        self.issuer = issuer
        own = issuer.credential(for: PlayLauncher.name)
        self.people = people
        self.library = library
        self.hosts = hosts
        shared = SharedTransactions(database)
        queue = LeasedQueue(database, table: "flow_execution", key: "run", open: Self.open)
    }

    /// Runs that go on by themselves.
    static let open: SQL =
        "phase <> \(literal: Execution.Phase.done) AND phase <> \(literal: Execution.Phase.held)"

    /// Given when a run was launched here.
    var wake: Signal { queue.wake }

    /// A lease for a run that is about to be launched here, as a queue gives it; see ``begin(_:_:)``.
    func claim(_ run: String) -> Lease? { queue.claim(run) }

    /// Has a claimed run, whose execution was just inserted, be this runner's as soon as it is there.
    func add(_ claim: Lease, in tx: Transaction) { queue.add(claim, in: tx) }

    /// A claimed run is stored: it begins where it is, and need not be read.
    func begin(_ claim: Lease, _ execution: Execution) {
        launched.runs.withLock { $0[claim.row] = execution }
        queue.begin(claim)
    }

    /// A claimed run was not stored.
    func abandon(_ claim: Lease) { queue.abandon(claim) }

    /// Has a run that waits for its time be taken at once.
    func hasten(_ run: String, in tx: Transaction) { queue.hasten(run, in: tx) }

    /// Runs until the task is cancelled.
    func run() async {
        await queue.run { lease in
            // Moves a run on until it has to wait, is over, or somebody else has taken it.
            var present = launched.runs.withLock { $0.removeValue(forKey: lease.row) }
            if present == nil { present = try await asService(.root) { tx in try Execution.load(lease, in: tx) } }
            while !Task.isCancelled, let execution = present { present = try await goOn(execution, lease) }
        }
    }

    /// A transaction of the service itself inside `domain`.
    func asService<T: Sendable>(
        _ domain: DomainPath, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: domain), body)
    }
}
