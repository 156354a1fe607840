import Ground
import Korean
import Postgres
import RPC
import Synchronization
import Wire

/// The bounds of requests that write many records.
public enum BatchLimit {
    /// The most records of one request. A request must also fit into one message, which the client says before it is
    /// sent and the server of NATS enforces.
    public static let records = 5_000
    /// Records written under one savepoint as long as none fails.
    static let chunk = 250
    /// Records written under one savepoint where one has failed.
    static let piece = 32
    /// Bytes of text that the errors of one answer may have; beyond, they are cut to code and reason.
    static let errorBytes = 256 * 1_024
    /// Bytes of text that the warnings of one answer may have; beyond, they are cut to the rule.
    static let warningBytes = 128 * 1_024
    /// Records that one instance writes in batches at a time, one domain half of them: a batch holds a connection and
    /// its locks until its end.
    static let atOnce = 4 * records
    /// The most records that one request has fetched from their owners.
    static let fetched = 100

    /// Refuses more records than a request may have.
    static func check(_ count: Int) throws(Problem) {
        guard count > records else { return }
        throw Problem(
            .invalidArgument,
            Text(en: "At most \(records) records at a time.", ko: "한 번에 최대 \(grouped: records)개의 레코드까지 가능합니다."),
            reason: "TOO_MANY_RECORDS",
            violations: [
                .init(
                    field: SharedRequestField.records,
                    text: Text(
                        en: "The request has \(count) records; the limit is \(records).",
                        ko: "요청에 레코드가 \(grouped: count)개 있습니다. 한도는 \(grouped: records)개입니다."))
            ], metadata: ["limit": String(records), "count": String(count)])
    }
}

/// Writes the records of one batch inside one transaction. Each may fail alone: what was written for it is undone and
/// the others stay.
///
/// Chunks of records share a savepoint, because one per record would be a round trip each, and more than 64 of them
/// slow down every snapshot that other transactions take meanwhile. Only where a record fails are the chunks smaller.
struct BatchRun<R: Record> {
    let store: Store<R>
    let call: Call
    let transaction: Transaction
    /// The places in the request, in the order of writing; nil for the order of the request.
    let order: [Int]?
    /// Records refused before the transaction.
    let refused: [Int: Problem]
    /// What the rules advise about the records.
    let advice: AdviceList?
    /// Writes the records of a range; sets the position to the record it is at.
    let write: (Range<Int>, inout Int) throws -> [R]
    private(set) var response = BatchResponse()
    private(set) var missing: Set<ReplicaKey> = []
    private var errorBytes = 0
    private var warningBytes = 0

    init(
        _ store: Store<R>, _ call: Call, _ transaction: Transaction, order: [Int]? = nil, refused: [Int: Problem],
        advice: AdviceList?, write: @escaping (Range<Int>, inout Int) throws -> [R]
    ) {
        self.store = store
        self.call = call
        self.transaction = transaction
        self.order = order
        self.refused = refused
        self.advice = advice
        self.write = write
    }

    /// Writes `count` records, chunk by chunk.
    mutating func run(_ count: Int) throws {
        response.results = (0..<count).map { place in
            var result = BatchResult()
            result.index = Int32(clamping: order?[place] ?? place)
            return result
        }
        try run(0..<count, by: BatchLimit.chunk)
        response.failed = Int32(clamping: response.results.count { $0.error != nil })
        response.succeeded = Int32(clamping: count) - response.failed
    }

    private mutating func run(_ range: Range<Int>, by size: Int) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
            guard !call.deadline.isPast else { throw Problem.deadlineExceeded() }
            try write(start..<min(start + size, range.upperBound))
        }
    }

    private mutating func write(_ range: Range<Int>) throws {
        var position = range.lowerBound
        do {
            if let first = range.first(where: { refused[$0] != nil }), let problem = refused[first] {
                position = first
                throw problem
            }
            let written = try transaction.savepoint { try write(range, &position) }
            for (index, record) in zip(range, written) {
                response.results[index].id = record.id
                response.results[index].etag = record.etag
            }
            for (index, advice) in zip(range, advice?.take() ?? []) { warn(index, advice) }
        } catch {
            // Advice about what was undone is given again, or not.
            _ = advice?.take()
            try recover(from: error, at: position, of: range)
        }
    }

    /// Blames the record at fault and writes the others again, which were undone with it.
    private mutating func recover(from error: any Error, at position: Int, of range: Range<Int>) throws {
        let problem = store.database.problem(of: error)
        if let error = error as? PostgresError {
            // A deadlock, a lost connection, a deadline: not the fault of any record.
            guard !error.isTransactionConflict, !error.isConnectionFailure, !error.isOutcomeUnknown,
                !error.isQueryCanceled
            else { throw error }
            // The statement refused may be one that was queued for an earlier record.
            if range.count > 1 {
                let middle = (range.lowerBound + range.upperBound) / 2
                try write(range.lowerBound..<middle)
                try write(middle..<range.upperBound)
                return
            }
        }
        guard !problem.code.isFault, ![.deadlineExceeded, .canceled, .unavailable].contains(problem.code) else {
            throw error
        }
        if position > range.lowerBound { try write(range.lowerBound..<position) }
        fail(position, problem)
        try run(position + 1..<range.upperBound, by: BatchLimit.piece)
    }

    private mutating func warn(_ index: Int, _ advice: [Advice]) {
        response.results[index].warnings = advice.map { advice in
            let warning = advice.warning(call.language)
            guard warningBytes < BatchLimit.warningBytes else {
                return Warning(rule: warning.rule, field: "", message: "")
            }
            warningBytes += 64 + warning.field.utf8.count + warning.message.utf8.count
            return warning
        }
    }

    private mutating func fail(_ index: Int, _ problem: Problem) {
        if let key = ReplicaKey(problem) { missing.insert(key) }
        var status = problem.withoutReplica.status(language: call.language)
        if errorBytes < BatchLimit.errorBytes {
            errorBytes += status.message.utf8.count
            for violation in status.fieldViolations {
                errorBytes += 64 + violation.field.utf8.count + violation.description.utf8.count
            }
        } else {
            status.message = ""
            status.fieldViolations = []
            status.details = []
        }
        response.results[index].error = status
    }
}

/// A record of another service that a replica does not hold.
struct ReplicaKey: Hashable, Sendable {
    let table: String
    let id: String

    /// What a problem says is missing; nil when it says nothing of the kind.
    init?(_ problem: Problem) {
        guard let table = problem.metadata["replica"], let id = problem.metadata["id"] else { return nil }
        self.table = table
        self.id = id
    }
}

/// Carries what a rolled-back batch has found missing out of its transaction.
final class MissingReplicas: Sendable {
    private let found = Mutex<Set<ReplicaKey>>([])

    /// What has been found so far.
    var keys: Set<ReplicaKey> { found.withLock { $0 } }

    func insert(_ keys: Set<ReplicaKey>) { found.withLock { $0.formUnion(keys) } }
}
