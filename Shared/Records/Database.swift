import Logging
import Postgres
import RPC
import Synchronization
import Tenancy
import Wire

/// A service's own schema: its pool, its clock, and what its records have told about themselves.
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
    /// Grows when the relay finds that the stream of events went back: consumers begin again.
    let streamReturns = Atomic<Int>(0)

    /// Shares the connections out between the domains.
    let turns: TurnKeeper

    private struct Registry {
        var layouts: [ObjectIdentifier: AnyObject & Sendable] = [:]
        var constraints: [String: (table: String, rule: DatabaseRule)] = [:]
        var tables: [String: ReferenceTable] = [:]
    }
    private let registry = Mutex(Registry())

    /// A table of this schema that references may point to.
    struct ReferenceTable: Sendable {
        let columns: Set<String>
        /// Whether it is a copy of another service's records, which may be behind.
        let isReplica: Bool
        /// Definitions are seen from below but not written there, and what cannot be written cannot be locked.
        var isDefinition = false
        /// The references that say what its records begin under, and where these lie: the first with a value counts.
        var parents: [Parent] = []
        /// Asks what people know its records by.
        let names: ReferenceNames.Statement
    }

    /// The database of `service`.
    public init(service: String, pool: Pool, clock: any WallClock, log: Logger, outboxSignal: Signal = Signal()) {
        self.service = service
        schema = Self.schemaName(of: service)
        self.pool = pool
        self.clock = clock
        self.log = log
        self.outboxSignal = outboxSignal
        // More than there are connections: the pool's own line is quicker, while nobody else stands in it.
        turns = TurnKeeper(Turns(alone: pool.size * 4, inCompany: pool.size / 8))
    }

    /// `customer-success` keeps its tables in `customer_success`.
    public static func schemaName(of service: String) -> String {
        String(service.map { $0 == "-" ? "_" : $0 })
    }

    /// Makes a record type known, so that others may refer to its table and its constraints name their rules.
    public func register<R: Record>(_ type: R.Type) {
        _ = layout(type)
    }

    /// What is known of a record's table, worked out when it is first asked for.
    func layout<R: Record>(_ type: R.Type) -> TableLayout<R> {
        if let known = registry.withLock({ $0.layouts[ObjectIdentifier(type)] }) as? TableLayout<R> { return known }
        let layout = TableLayout<R>()
        registry.withLock { registry in
            registry.layouts[ObjectIdentifier(type)] = layout
            registry.tables[R.schema.table] = ReferenceTable(
                columns: Set(layout.columns.map(\.name)), isReplica: false,
                isDefinition: R.storage.visibility == .definition, parents: R.parents,
                names: ReferenceNames.ofRecord(type))
            for rule in R.storage.constraints + [DatabaseRule.naturalKey(of: R.schema)].compactMap({ $0 }) {
                registry.constraints[rule.constraint] = (R.schema.table, rule)
            }
        }
        return layout
    }

    /// Makes a replica known, so that references may point to it.
    func register(replica table: String, columns: Set<String>) {
        let names = ReferenceNames.ofReplica(table, columns: columns)
        registry.withLock { $0.tables[table] = ReferenceTable(columns: columns, isReplica: true, names: names) }
    }

    func referenceTable(_ name: String) -> ReferenceTable? { registry.withLock { $0.tables[name] } }

    func rule(ofConstraint name: String) -> (table: String, rule: DatabaseRule)? {
        registry.withLock { $0.constraints[name] }
    }

    /// Runs `body` in one transaction that sees what `caller` may see. The body cannot wait: no RPC fits into it.
    ///
    /// A deadlock, a serialization failure or a race for the same request id is tried again after a short pause, three
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

    /// The transaction with its repetitions, its errors as they come. `isRepeatable` says that a transaction whose
    /// COMMIT may or may not have been done can be run once more without harm, `isCounted` that a bound of its own
    /// holds for work of its kind and it takes no turn of the domain's.
    func attempt<T: Sendable>(
        as caller: Caller, deadline: Deadline, readOnly: Bool = false, isRepeatable: Bool = false,
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
                where attempt < 3 && (error.isWorthRetrying || isRepeatable && error.isOutcomeUnknown)
            {
                try await Task.sleep(for: Retry.pause(after: attempt))
                attempt += 1
            }
        }
    }

    /// Runs `body`, which uses a connection for the time left to `deadline`, when it is the turn of the caller's
    /// domain. Work of the services themselves has no turns, nor has work that is counted elsewhere.
    func inTurn<T: Sendable>(
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
        case let missing as MissingReference: missing.problem
        case is CancellationError: .canceled()
        default: .internalError(cause: String(describing: error))
        }
    }
}

extension PostgresError {
    /// Whether the change may have been made: the connection was lost behind the COMMIT.
    var isOutcomeUnknown: Bool { kind == .commitUnknown }

    /// Whether it may well be done, but no longer by this instance: it is ending, or another one leads.
    var isNotHere: Bool { kind == .closed || kind == .leadershipLost }

    /// Whether the same transaction may well succeed the next time.
    var isWorthRetrying: Bool {
        isSerializationFailure || isDeadlock || (isUniqueViolation && constraint == "request_log_pkey")
    }
}

extension PostgresError {
    /// Whether a value does not fit its type (class 22), or is too large for an index (class 54).
    var isValueRefused: Bool { sqlState?.hasPrefix("22") == true || sqlState?.hasPrefix("54") == true }
}

extension Scope {
    /// The settings that row-level security reads, for one transaction.
    public var settings: [(name: String, value: String)] {
        // Most callers have one domain and no account: for them there is nothing to say besides.
        hasGaps || accounts != nil ? range + exact : range
    }

    /// All of them, for a transaction in which another scope was set before.
    var allSettings: [(name: String, value: String)] { range + exact }

    private var range: [(name: String, value: String)] {
        [("ale.scope_lower", lowerBound), ("ale.scope_upper", upperBound), ("ale.ancestors", ancestorArray)]
    }

    /// Which domains between the bounds are meant, and whose records; empty for one domain of no customer.
    private var exact: [(name: String, value: String)] {
        [
            ("ale.domains", hasGaps || accounts != nil ? domainArray : ""), ("ale.accounts", accountArray),
        ]
    }
}

extension Problem {
    /// The problem behind a database error; the error itself goes to the log only.
    init(_ error: PostgresError, in database: Database) {
        if let name = error.constraint, !error.isValueRefused, let (table, rule) = database.rule(ofConstraint: name) {
            self = .invalid(field: "\(table).\(rule.field)", rule.text, rule: rule.id)
        } else if error.isUniqueViolation {
            self = .alreadyExists(
                Text(en: "Such a record exists already.", ko: "같은 레코드가 이미 있습니다."), reason: error.constraint)
        } else if error.isForeignKeyViolation {
            self = Problem(
                .failedPrecondition,
                Text(
                    en: "Other records depend on this one, or it refers to one that is gone.",
                    ko: "다른 레코드가 이 레코드에 종속되어 있거나, 참조한 레코드가 없습니다."), reason: "REFERENCE_IN_USE")
        } else if error.isCheckViolation || error.isNotNullViolation || error.isValueRefused {
            self = Problem(
                .invalidArgument, Text(en: "A value is not allowed here.", ko: "허용되지 않는 값이 있습니다."),
                reason: error.constraint ?? error.column)
        } else if error.isQueryCanceled {
            self = .deadlineExceeded(cause: error.description)
        } else if error.kind == .canceled {
            // The request's deadline passed, or its caller left, while it waited for a connection.
            self = .canceled(cause: error.description)
        } else if error.isConnectionFailure || error.isOutcomeUnknown || error.isNotHere {
            // Whether it was done is told by repeating it with the same request id.
            self = .unavailable(cause: error.description)
        } else if error.isInsufficientPrivilege, error.message.contains("row-level security") {
            // The row would lie in a domain that the caller does not reach: an above one, seen and not written.
            self = .permissionDenied()
        } else if error.kind == .poolExhausted {
            self = .resourceExhausted(reason: "DATABASE_BUSY")
        } else if error.isSerializationFailure || error.isDeadlock {
            self = .aborted(Text(en: "Somebody else was faster. Try again.", ko: "다른 사용자가 먼저 변경했습니다. 다시 시도해 주세요."))
        } else {
            self = .internalError(cause: error.description)
        }
    }
}

/// A reference to a record that is not there, or not for the caller.
struct MissingReference: Error {
    let table: String
    let field: String
    let reference: String
    let id: String
    let isReplica: Bool

    var problem: Problem {
        var problem = Problem.noSuchReference("\(table).\(field)")
        if isReplica { problem.metadata = ["replica": reference, "id": id] }
        return problem
    }
}

extension Problem {
    /// `field` refers to a record that is not there, or not for the caller: to the caller that is the same.
    fileprivate static func noSuchReference(_ field: String) -> Problem {
        let text = Text(en: "There is no such record to refer to.", ko: "참조할 레코드가 없습니다.")
        return Problem(
            .invalidArgument, text, reason: "NO_SUCH_REFERENCE", violations: [.init(field: field, text: text)])
    }

    /// The field `field` of `R` refers to a record that is not there, or not for the caller; for rules that look at it
    /// by themselves.
    public static func noSuchReference<R: RecordMessage>(_ type: R.Type, _ field: String) -> Problem {
        noSuchReference("\(R.schema.table).\(field)")
    }

    /// Nothing can be referred to by `field`, since there are no such records yet (G-124).
    static func noReferences<R: RecordMessage>(_ type: R.Type, _ field: FieldSchema) -> Problem {
        let text = Text(
            en: "There are no records yet that \(field.label.en) could refer to; leave it empty.",
            ko: "\(field.label.ko)에서 참조할 수 있는 레코드가 아직 없으므로 비워 두어야 합니다.")
        return Problem(
            .invalidArgument, text, reason: "NO_SUCH_REFERENCE",
            violations: [.init(field: "\(R.schema.table).\(field.name)", text: text)])
    }
}
