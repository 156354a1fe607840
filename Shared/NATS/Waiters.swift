import Dispatch
import Synchronization

/// Everyone who waits for something of one connection: an answer, a batch of a pull, a free slot. One table by token,
/// in shards so that senders and the thread that delivers answers seldom meet at a lock, and one timer for every
/// deadline. An entry leaves the table exactly once, and whoever removes it resumes its continuation.
final class Waiters: Sendable {
    /// What a waiter is given.
    enum Outcome: Sendable {
        case message(InboundMessage)
        case batch([InboundMessage])
        case granted
    }

    typealias Continuation = UnsafeContinuation<Result<Outcome, NATSError>, Never>

    /// What a waiter waits for.
    enum Kind {
        case answer(subject: String)
        case batch(limit: Int)
        case slot
    }

    private struct Entry {
        let kind: Kind
        let deadline: UInt64
        let receiver: Receiver
        /// Only for `.batch`: what has arrived.
        var batch: [InboundMessage] = []
    }

    /// Who is given the outcome.
    private enum Receiver {
        case one(Continuation)
        /// Who waits for several at once.
        case part(Gathering, Int)
    }

    private struct Table {
        var entries: [UInt64: Entry] = [:]
        var closed = false
    }

    /// A class because a `Mutex` cannot be an element of an array.
    private final class Shard: Sendable {
        let table = Mutex(Table())
    }

    private static let shardCount = 8
    /// Deadlines are looked at this seldom, so a scan of the table costs little however many of them expire.
    private static let granularity: UInt64 = 5_000_000

    private let shards = (0..<shardCount).map { _ in Shard() }
    private let nextToken = Atomic<UInt64>(1)
    private let count = Atomic<Int>(0)
    private let limit: Int
    /// Dispatch's sources take their own locks but are not marked as Sendable.
    private nonisolated(unsafe) let timer: any DispatchSourceTimer
    /// When the timer fires next, in nanoseconds of the monotonic clock; `.max` when it does not.
    private let planned = Mutex<UInt64>(.max)
    private let plannedHint = Atomic<UInt64>(.max)

    init(limit: Int) {
        self.limit = limit
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "nats.deadlines"))
        timer.setEventHandler { [weak self] in self?.expire() }
        timer.activate()
    }

    deinit { timer.cancel() }

    /// Nanoseconds of the monotonic clock.
    static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// How many wait.
    var waiting: Int { count.load(ordering: .relaxed) }

    /// Waits for the outcome of what `start` sets going. `start` runs after the waiter is in the table; when it
    /// throws, so does this. Throws `.timeout`, `.cancelled`, `.closed`, or what the waiter was failed with.
    func wait(
        _ kind: Kind, timeout: Duration, start: (UInt64) throws(NATSError) -> Void
    ) async throws(NATSError) -> Outcome {
        let token = nextToken.add(1, ordering: .relaxed).oldValue
        let deadline = Waiters.now &+ timeout.clampedNanoseconds
        let result: Result<Outcome, NATSError> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let entry = Entry(kind: kind, deadline: deadline, receiver: .one(continuation))
                if let refusal = insert(token, entry) { return continuation.resume(returning: .failure(refusal)) }
                do throws(NATSError) { try start(token) } catch { finish(token, .failure(error)) }
                // A cancellation that came before the entry was in the table found nothing to cancel.
                if Task.isCancelled { finish(token, .failure(.cancelled)) }
            }
        } onCancel: {
            finish(token, .failure(.cancelled))
        }
        return try result.get()
    }

    /// Waits for the outcomes of so many things of one kind each, which `start` sets going one after the other: one wait for
    /// all of them, since whoever waits for each by itself is woken for each. Answers in the same order. What `start` throws
    /// is that one's outcome.
    func gather(
        _ kinds: [Kind], timeout: Duration, start: (_ index: Int, _ token: UInt64) throws(NATSError) -> Void
    ) async -> [Result<Outcome, NATSError>] {
        guard !kinds.isEmpty else { return [] }
        let first = nextToken.add(UInt64(kinds.count), ordering: .relaxed).oldValue
        let deadline = Waiters.now &+ timeout.clampedNanoseconds
        let gathering = Gathering(kinds.count)
        let cancel: @Sendable () -> Void = { [count = UInt64(kinds.count)] in
            for token in first..<first + count { self.finish(token, .failure(.cancelled)) }
        }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                gathering.begin(continuation)
                for (index, kind) in kinds.enumerated() {
                    let token = first + UInt64(index)
                    let entry = Entry(kind: kind, deadline: deadline, receiver: .part(gathering, index))
                    if let refusal = insert(token, entry) {
                        gathering.end(index, .failure(refusal))
                        continue
                    }
                    do throws(NATSError) { try start(index, token) } catch { finish(token, .failure(error)) }
                }
                if Task.isCancelled { cancel() }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Ends one wait. False when the token waits no more.
    @discardableResult
    func finish(_ token: UInt64, _ result: Result<Outcome, NATSError>) -> Bool {
        guard let entry = shard(token).table.withLock({ $0.entries.removeValue(forKey: token) }) else { return false }
        resume(entry, result)
        return true
    }

    /// Hands an arrived message to the one who waits. False when nobody does any more.
    func deliver(_ message: InboundMessage, to token: UInt64) -> Bool {
        enum Step {
            case nobody
            case kept
            case answer(Entry)
            case full(Entry)
        }
        let step: Step = shard(token).table.withLock { table in
            guard let index = table.entries.index(forKey: token) else { return .nobody }
            guard case .batch(let limit) = table.entries.values[index].kind else {
                return .answer(table.entries.remove(at: index).value)
            }
            table.entries.values[index].batch.append(message)
            guard table.entries.values[index].batch.count >= limit else { return .kept }
            return .full(table.entries.remove(at: index).value)
        }
        switch step {
        case .nobody: return false
        case .kept: break
        case .answer(let entry): resume(entry, .success(.message(message)))
        case .full(let entry): resume(entry, .success(.batch(entry.batch)))
        }
        return true
    }

    /// A status that the server sent in place of a batch's message: the batch ends with what it has.
    func deliver(status: Int, text: String, to token: UInt64) {
        switch status {
        case 100: break
        case 404, 408: finish(token, .success(.batch([])))
        case 503: finish(token, .failure(.noResponders))
        default: finish(token, .failure(.jetStream(code: status, errCode: 0, description: text)))
        }
    }

    /// Fails those who ask on the subject.
    func fail(subject: String, with error: NATSError) {
        failAll(with: error) { kind in
            if case .answer(subject) = kind { true } else { false }
        }
    }

    /// Fails those who wait for the server: not those who wait for a slot.
    func failForDisconnect(answersToo: Bool) {
        failAll(with: .disconnected) { kind in
            switch kind {
            case .batch: true
            case .answer: answersToo
            case .slot: false
            }
        }
    }

    /// Fails everybody, and refuses who comes later.
    func close() {
        for shard in shards { shard.table.withLock { $0.closed = true } }
        failAll(with: .closed) { _ in true }
    }

    private func failAll(with error: NATSError, where matches: (Kind) -> Bool) {
        for entry in remove(where: { matches($0.kind) }) { resume(entry, .failure(error)) }
    }

    private func shard(_ token: UInt64) -> Shard { shards[Int(token % UInt64(Waiters.shardCount))] }

    private func insert(_ token: UInt64, _ entry: Entry) -> NATSError? {
        guard count.add(1, ordering: .relaxed).oldValue < limit else {
            count.subtract(1, ordering: .relaxed)
            return .tooManyRequests(limit: limit)
        }
        let inserted = shard(token).table.withLock { table in
            if !table.closed { table.entries[token] = entry }
            return !table.closed
        }
        guard inserted else {
            count.subtract(1, ordering: .relaxed)
            return .closed
        }
        plan(entry.deadline)
        return nil
    }

    private func resume(_ entry: Entry, _ result: Result<Outcome, NATSError>) {
        count.subtract(1, ordering: .relaxed)
        // Messages that arrived are never thrown away for the sake of an error that came after them.
        var result = result
        if case .batch = entry.kind, !entry.batch.isEmpty { result = .success(.batch(entry.batch)) }
        switch entry.receiver {
        case .one(let continuation): continuation.resume(returning: result)
        case .part(let gathering, let index): gathering.end(index, result)
        }
    }

    private func remove(where matches: (Entry) -> Bool) -> [Entry] {
        shards.flatMap { shard in
            shard.table.withLock { table in
                let tokens = table.entries.filter { matches($0.value) }.map(\.key)
                return tokens.compactMap { table.entries.removeValue(forKey: $0) }
            }
        }
    }

    /// Makes the timer fire no later than the deadline. The hint spares the lock: with equal timeouts a new deadline
    /// is always behind the planned one.
    private func plan(_ deadline: UInt64) {
        guard deadline < plannedHint.load(ordering: .sequentiallyConsistent) else { return }
        planned.withLock { planned in
            guard deadline < planned else { return }
            planned = deadline
            plannedHint.store(deadline, ordering: .sequentiallyConsistent)
            timer.schedule(deadline: DispatchTime(uptimeNanoseconds: deadline), leeway: .milliseconds(1))
        }
    }

    /// Runs on the timer's queue: fails who is late and plans for the next. The plan is cleared before the scan, so
    /// a deadline inserted meanwhile plans for itself.
    private func expire() {
        planned.withLock { planned in
            planned = .max
            plannedHint.store(.max, ordering: .sequentiallyConsistent)
        }
        let now = Waiters.now
        for entry in remove(where: { $0.deadline <= now }) { resume(entry, .failure(.timeout)) }
        var next = UInt64.max
        for shard in shards {
            shard.table.withLock { table in
                for entry in table.entries.values { next = min(next, entry.deadline) }
            }
        }
        if next != .max { plan(max(next, now + Waiters.granularity)) }
    }
}

extension Duration {
    /// Nanoseconds, at least 0 and at most a year: no deadline overflows the clock.
    var clampedNanoseconds: UInt64 {
        let year: Int64 = 31_536_000
        guard self > .zero else { return 0 }
        guard components.seconds < year else { return UInt64(year) * 1_000_000_000 }
        return UInt64(components.seconds) * 1_000_000_000 + UInt64(components.attoseconds / 1_000_000_000)
    }

    /// Whole milliseconds for libnats, at least 1: it takes 0 for "for ever".
    var clampedMilliseconds: Int64 { max(1, Int64(clampedNanoseconds / 1_000_000)) }
}
