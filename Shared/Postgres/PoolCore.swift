import CPostgres

/// The queue, the threads and their bookkeeping. Apart from `Pool`, so that the threads do not keep the pool alive.
final class PoolCore: @unchecked Sendable {
    /// What a worker does next.
    enum Step {
        case job(Job)
        /// There is work, and this worker has no connection.
        case connect
        /// Its connection may have died: it slept, or another one was lost meanwhile.
        case look
        /// Another connection fell silent while this one was not used.
        case reconnect
        /// Nobody has needed its connection for a while.
        case close
        case exit
    }

    let configuration: PoolConfiguration
    private let servers: ServerList
    private let monitor = Monitor()
    private let reaperCondition = ConditionVariable()
    // All below is guarded by `monitor`.
    private var queue = JobQueue()
    private var idle: [Worker] = []
    private var workers: [Worker] = []
    private var running = 0
    private var connecting = 0
    private var doubt = Doubt()
    private var isClosing = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var counts = PoolMetrics()
    private var connectError: PostgresError?
    private var reaperWake = PostgresDeadline.now

    init(_ configuration: PoolConfiguration) {
        self.configuration = configuration
        servers = ServerList(configuration.connectionString)
    }

    func start() {
        workers = (0..<configuration.size).map(Worker.init(number:))
        running = workers.count
        for worker in workers {
            startThread("pg-\(worker.number)") { self.work(worker) }
        }
        startThread("pg-reaper") { self.reap() }
    }

    var snapshot: PoolMetrics {
        monitor.withLock {
            var snapshot = counts
            snapshot.waiting = queue.count
            return snapshot
        }
    }

    // MARK: For callers

    /// Waits for a connection and calls `work` on its thread. A task cancelled while it waits leaves the queue.
    func perform<R: Sendable>(
        by deadline: PostgresDeadline, _ work: @escaping @Sendable (PostgresConnection) -> R
    ) async -> Result<R, PostgresError> {
        let acquire = min(deadline, .after(configuration.acquireTimeout))
        let ticket = Ticket()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let job = Job(deadline: acquire) { granted, release in
                    let result = granted.map(work)
                    release()
                    continuation.resume(returning: result)
                }
                submit(job, ticket)
            }
        } onCancel: {
            cancel(ticket)
        }
    }

    /// Tells the cancellation handler which job is its own; guarded by the core's lock.
    final class Ticket: @unchecked Sendable {
        // Both fields are touched under the core's lock alone.
        var job: Job?
        var isCancelled = false
    }

    private func submit(_ job: Job, _ ticket: Ticket) {
        let (refusal, woken) = monitor.withLock { () -> (PostgresError?, Worker?) in
            if isClosing { return (PostgresError(.closed, "the pool is closed"), nil) }
            if ticket.isCancelled { return (PostgresError(.canceled, "the task was cancelled"), nil) }
            if queue.count >= configuration.queueLimit {
                counts.refused += 1
                return (PostgresError(.poolExhausted, "\(queue.count) pieces of work wait already"), nil)
            }
            ticket.job = job
            queue.append(job)
            if job.deadline < reaperWake { reaperCondition.signal() }
            return (nil, idle.last?.isConnected == true || needsConnection ? idle.popLast() : nil)
        }
        // Not under the lock: the worker would wake only to wait for it.
        woken?.condition.signal()
        if let refusal { job.run(.failure(refusal)) {} }
    }

    /// Whether more work waits than connected workers are on their way to it and others are connecting for.
    private var needsConnection: Bool { queue.count > counts.connected - counts.inUse + connecting }

    private func cancel(_ ticket: Ticket) {
        let removed = monitor.withLock { () -> [Job] in
            ticket.isCancelled = true
            guard let job = ticket.job else { return [] }
            return queue.remove { $0 === job }
        }
        for job in removed { job.run(.failure(PostgresError(.canceled, "the task was cancelled"))) {} }
    }

    func beginClosing() {
        monitor.withLock {
            isClosing = true
            for worker in workers { worker.condition.signal() }
            reaperCondition.signal()
        }
    }

    func close() async {
        beginClosing()
        await withCheckedContinuation { continuation in
            let isDone = monitor.withLock {
                if running > 0 { closers.append(continuation) }
                return running == 0
            }
            if isDone { continuation.resume() }
        }
    }

    // MARK: For workers

    private func work(_ worker: Worker) {
        var connection: PostgresConnection?
        var retry = ConnectRetry()
        while true {
            switch next(worker, isConnected: connection != nil) {
            case .job(let job):
                guard let current = connection else { continue }
                let before = current.roundTrips
                job.run(.success(current)) {
                    // A broken connection, or one left inside a transaction, must not meet the next work.
                    if !current.isIdle || current.mustRetire { connection = nil }
                    finished(
                        worker, roundTrips: current.roundTrips - before, isConnected: connection != nil,
                        isSilent: current.isSilent)
                }
            case .connect:
                do throws(PostgresError) {
                    connection = try PostgresConnection(settings)
                    retry = ConnectRetry()
                    connected(worker)
                } catch {
                    failedToConnect(worker, error, pause: retry.next())
                }
            case .look:
                if let current = connection, !current.isUsable() {
                    connection = nil
                    disconnected(worker)
                }
            case .reconnect:
                connection = nil
                disconnected(worker)
            case .close:
                connection = nil
                // What the session and its answers have taken is the system's again.
                ale_pg_give_back_memory()
            case .exit:
                connection = nil
                exited()
                return
            }
        }
    }

    private var settings: ConnectionSettings {
        ConnectionSettings(
            servers: servers, applicationName: configuration.applicationName,
            connectTimeout: configuration.connectTimeout, defaultTimeout: configuration.defaultTimeout,
            idleInTransaction: min(configuration.defaultTimeout * 2, Self.longestIdleInTransaction),
            statementCacheSize: configuration.statementCacheSize)
    }

    /// A transaction's body never waits for anything but the database: one that stands still belongs to a process that
    /// was frozen, and others wait for its locks.
    private static let longestIdleInTransaction: Duration = .seconds(15)

    private func next(_ worker: Worker, isConnected: Bool) -> Step {
        monitor.withLock {
            if queue.count > 0 {
                if !isConnected, needsConnection {
                    connecting += 1
                    return .connect
                }
                if isConnected, worker.seen != doubt {
                    defer { worker.seen = doubt }
                    return worker.seen.silent == doubt.silent ? .look : .reconnect
                }
                if isConnected, let job = queue.popFirst() {
                    counts.inUse += 1
                    return .job(job)
                }
            }
            // Accepted work is left to those that have a connection, or have just found that one is needed.
            if isClosing { return .exit }
            // Connected workers stand at the end, where the next work is handed out: who was used last is used next, and
            // what is too many is not used at all.
            if isConnected { idle.append(worker) } else { idle.insert(worker, at: 0) }
            let end = isSpare(worker) ? PostgresDeadline.after(configuration.idleTime) : nil
            monitor.wait(worker.condition, until: end)
            // Whoever signalled has taken it off the list; a spurious waking, a closing or the end has not.
            idle.removeAll { $0 === worker }
            guard let end, end.hasPassed, queue.count == 0, !isClosing, isSpare(worker) else { return .look }
            setConnected(worker, false)
            return .close
        }
    }

    /// Whether it has a connection that is not the last.
    private func isSpare(_ worker: Worker) -> Bool { worker.isConnected && counts.connected > 1 }

    private func finished(_ worker: Worker, roundTrips: Int, isConnected: Bool, isSilent: Bool) {
        monitor.withLock {
            counts.inUse -= 1
            counts.roundTrips += UInt64(roundTrips)
            if isConnected {
                // It has just been answered, whatever became of others meanwhile.
                worker.seen.silent = doubt.silent
            } else {
                setConnected(worker, false)
                doubt.lost += 1
                if isSilent { doubt.silent += 1 }
            }
        }
    }

    private func connected(_ worker: Worker) {
        monitor.withLock {
            connectError = nil
            connecting -= 1
            counts.connects += 1
            worker.seen = doubt
            setConnected(worker, true)
        }
    }

    /// A connection died while it was not used. The work that its worker was woken for was counted on it: the next
    /// one is woken in its place, and when none is left the worker finds that it has to connect.
    private func disconnected(_ worker: Worker) {
        let substitute = monitor.withLock { () -> Worker? in
            setConnected(worker, false)
            doubt.lost += 1
            return queue.count > 0 && idle.last?.isConnected == true ? idle.popLast() : nil
        }
        substitute?.condition.signal()
    }

    private func setConnected(_ worker: Worker, _ isConnected: Bool) {
        guard worker.isConnected != isConnected else { return }
        worker.isConnected = isConnected
        counts.connected += isConnected ? 1 : -1
    }

    /// Remembers why, for the work that will be refused for it, and pauses.
    private func failedToConnect(_ worker: Worker, _ error: PostgresError, pause: Duration) {
        let until = PostgresDeadline.after(pause)
        monitor.withLock {
            connectError = error
            connecting -= 1
            while !until.hasPassed { monitor.wait(worker.condition, until: until) }
        }
    }

    private func exited() {
        let waiting = monitor.withLock { () -> [CheckedContinuation<Void, Never>] in
            running -= 1
            guard running == 0 else { return [] }
            counts.connected = 0
            reaperCondition.signal()
            defer { closers.removeAll() }
            return closers
        }
        for closer in waiting { closer.resume() }
    }

    // MARK: The reaper

    /// Refuses work that has waited to its deadline. While nothing waits it wakes every half of the usual time, so
    /// that ordinary work need not wake it.
    private func reap() {
        while true {
            let (expired, error, isDone) = monitor.withLock { () -> ([Job], PostgresError, Bool) in
                let tick = PostgresDeadline.after(configuration.acquireTimeout / 2)
                reaperWake = min(queue.earliestDeadline ?? tick, tick)
                if running > 0, !reaperWake.hasPassed { monitor.wait(reaperCondition, until: reaperWake) }
                let now = PostgresDeadline.now
                let expired = queue.remove { $0.deadline <= now }
                counts.refused += UInt64(expired.count)
                let error =
                    connectError
                    ?? PostgresError(.poolExhausted, "all \(configuration.size) connections stayed busy")
                return (expired, error, running == 0)
            }
            for job in expired { job.run(.failure(error)) {} }
            if isDone { return }
        }
    }
}

/// Pauses between attempts to connect: 50 ms doubling to half a second, so that work that waits goes on soon after the
/// server is back; shortened at random so that many do not come at once.
struct ConnectRetry {
    private var milliseconds = 50

    mutating func next() -> Duration {
        defer { milliseconds = min(milliseconds * 2, 500) }
        return .milliseconds(Int.random(in: milliseconds / 2...milliseconds))
    }
}
