import Logging
import Postgres
import RPC
import Synchronization
import Tenancy
import Wire

/// A service's own schema: its pool, its clock, and the rules that its constraints keep.
public final class Database: Sendable {
    /// The service: `customer-success`.
    public let service: String
    /// Its schema: `customer_success`.
    public let schema: String
    /// The connections.
    public let pool: Pool
    /// Where writes take their time from.
    public let clock: any WallClock
    /// Ids only.
    public let log: Logger
    /// Told after every commit that left events behind, so that the relay need not wait for its next look.
    public let outboxSignal: Signal

    /// Shares the connections out between the domains.
    let turns: TurnKeeper

    private let rules = Mutex<[String: Problem]>([:])
    private let companions = Mutex<[ObjectIdentifier: AnyObject & Sendable]>([:])

    /// The database of `service`.
    public init(service: String, pool: Pool, clock: any WallClock, log: Logger, outboxSignal: Signal = Signal()) {
        self.service = service
        schema = Self.schemaName(of: service)
        self.pool = pool
        self.clock = clock
        self.log = log
        self.outboxSignal = outboxSignal
        // More than there are connections: the pool's own line is quicker, while nobody else stands in it.
        turns = TurnKeeper(Turns(alone: pool.size * 4, besideOthers: pool.size / 8))
    }

    /// `customer-success` keeps its tables in `customer_success`.
    public static func schemaName(of service: String) -> String {
        String(service.map { $0 == "-" ? "_" : $0 })
    }

    /// Makes a rule known that a constraint of `table` keeps.
    package func register<R: RecordMessage>(_ rule: DatabaseRule<R>, of table: String) {
        let broken = Problem.invalid(field: "\(table).\(rule.field.rawValue)", rule.text, rule: rule.id)
        rules.withLock { $0[rule.constraint] = broken }
    }

    /// What is told when a constraint that keeps a rule refuses a row.
    func problem(ofConstraint name: String) -> Problem? { rules.withLock { $0[name] } }

    /// What a module above keeps with this database: one object of the type, made when it is first asked for.
    package func companion<T: AnyObject & Sendable>(_ make: () -> T) -> T {
        companions.withLock { companions in
            if let known = companions[ObjectIdentifier(T.self)] as? T { return known }
            let made = make()
            companions[ObjectIdentifier(T.self)] = made
            return made
        }
    }

    /// Runs `body` in one transaction that sees what `caller` may see. The body cannot wait: no RPC fits into it.
    ///
    /// A deadlock, a serialization failure or a race for the same request id is retried after a short pause, three
    /// times in all.
    public func transaction<T: Sendable>(
        as caller: Caller, deadline: Deadline = .after(Deadline.standard), readOnly: Bool = false,
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        do {
            return try await attempt(as: caller, deadline: deadline, readOnly: readOnly, body)
        } catch {
            throw problem(of: error)
        }
    }

    /// The transaction with its repetitions, its errors as they come. `isRetryable` says that a transaction whose
    /// COMMIT may or may not have been done can be run once more without harm, `isCounted` that a bound of its own
    /// holds for work of its kind and it takes no turn of the domain's.
    package func attempt<T: Sendable>(
        as caller: Caller, deadline: Deadline, readOnly: Bool = false, isRetryable: Bool = false,
        isCounted: Bool = false, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        var attempt = 1
        while true {
            do {
                let value = try await inTurn(caller, deadline, isCounted: isCounted) { timeout in
                    try await self.pool.transaction(
                        settings: caller.scope.settings, readOnly: readOnly, timeout: timeout, body)
                }
                if !readOnly { outboxSignal.notify() }
                return value
            } catch let error as PostgresError
                where attempt < 3 && (error.isTransactionConflict || isRetryable && error.isOutcomeUnknown)
            {
                try await Task.sleep(for: TransactionRetry.pause(after: attempt))
                attempt += 1
            }
        }
    }

    /// Runs `body`, which uses a connection for the time left to `deadline`, when it is the turn of the caller's
    /// domain. Work of the services themselves has no turns, nor has work that is counted elsewhere.
    package func inTurn<T: Sendable>(
        _ caller: Caller, _ deadline: Deadline, isCounted: Bool = false,
        _ body: @Sendable (Duration) async throws -> T
    ) async throws -> T {
        @Sendable func inTime() async throws -> T {
            guard !deadline.isPast else { throw Problem.deadlineExceeded() }
            return try await body(deadline.remaining)
        }
        return caller.kind == .service || isCounted
            ? try await inTime() : try await turns.take(caller.domain, inTime)
    }

    /// What an error of a transaction means to the caller.
    public func problem(of error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let error as PostgresError: Problem(error, in: self)
        case let refusal as any Refusal: refusal.problem
        case is CancellationError: .canceled()
        default: .internalError(cause: String(describing: error))
        }
    }
}
