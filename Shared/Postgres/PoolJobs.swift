/// One piece of work waiting for a connection. Guarded by the core's lock until it is taken.
final class Job: @unchecked Sendable {
    /// Does the work, calls `release` for the bookkeeping, and wakes the caller then.
    typealias Run = @Sendable (_ granted: Result<PostgresConnection, PostgresError>, _ release: () -> Void) -> Void

    // `run` is called exactly once: by the worker that took the job, or with an error by whoever removed it.
    let deadline: PostgresDeadline
    let run: Run

    init(deadline: PostgresDeadline, run: @escaping Run) {
        self.deadline = deadline
        self.run = run
    }
}

/// First in, first out, without moving everything at each removal.
struct JobQueue {
    private var items: [Job?] = []
    private var head = 0

    var count: Int { items.count - head }

    mutating func append(_ job: Job) { items.append(job) }

    mutating func popFirst() -> Job? {
        guard head < items.count else { return nil }
        defer {
            items[head] = nil
            head += 1
            if head == items.count {
                items.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= 1024 {
                items.removeFirst(head)
                head = 0
            }
        }
        return items[head]
    }

    /// Takes out what matches.
    mutating func remove(where matches: (Job) -> Bool) -> [Job] {
        var removed: [Job] = []
        var rest: [Job?] = []
        for case let job? in items[head...] {
            if matches(job) { removed.append(job) } else { rest.append(job) }
        }
        if !removed.isEmpty {
            items = rest
            head = 0
        }
        return removed
    }

    var earliestDeadline: PostgresDeadline? { items[head...].lazy.compactMap { $0?.deadline }.min() }
}

/// One thread with at most one connection.
final class Worker: @unchecked Sendable {
    // Guarded by the core's lock.
    let condition = ConditionVariable()
    let number: Int
    var isConnected = false
    /// The pool's doubt up to which this connection has been looked at, or has proved to be alive.
    var seen = Doubt()

    init(number: Int) { self.number = number }
}

/// What losses tell about the connections that remain: each counts up, and a connection is looked at again before its
/// next use when it has not yet been since.
struct Doubt: Equatable {
    /// Connections that were lost: others may be dead as well, and then it shows in the socket.
    var lost = 0
    /// Connections given up because nothing answered: the way to the server may be cut, which shows in no socket.
    var silent = 0
}
