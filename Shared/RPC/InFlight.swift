import Synchronization
import Tenancy

/// Everything a service has taken on and not finished: who holds the places, whose deadline comes next, and whether
/// nothing is left.
final class InFlight: Sendable {
    /// Why a request is not taken on.
    enum Refusal: Error {
        case overloaded(Admission.Refusal)
        case draining
    }

    fileprivate struct State {
        var admission: Admission
        var exchanges: [UInt64: Exchange] = [:]
        /// Whose turn it is, and the requests that wait for theirs: as they came, not decoded.
        var turns: Turns
        var waiting: [UInt64: Exchange] = [:]
        var nextID: UInt64 = 0
        var closed = false
        /// When the timer that is set goes off; nil when none is set.
        var wakeAt: ContinuousClock.Instant?
        /// Tells the timer that is set from those it has replaced.
        var timer: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    }

    private let state: Mutex<State>
    private let load = Atomic<Int>(0)
    private let onExpiry: @Sendable (Exchange) -> Void

    /// `onExpiry` is called for every request still in flight at its deadline.
    init(limits: AdmissionLimits, onExpiry: @escaping @Sendable (Exchange) -> Void) {
        let turns = Turns(alone: limits.perDomain, inCompany: limits.inCompany, company: limits.company)
        state = Mutex(State(admission: Admission(limits), turns: turns))
        self.onExpiry = onExpiry
    }

    /// So many in flight are a crowd, whose answers are sent together: each waits longer for the others' work than for the
    /// millisecond that gathering takes.
    static let crowd = 32

    var count: Int { state.withLock { $0.exchanges.count } }

    /// Whether a crowd is in flight. Asked for each answer, so without the lock.
    var isCrowded: Bool { load.load(ordering: .relaxed) >= Self.crowd }

    /// Takes a request on, or says why not. Its `work` may begin when ``Exchange/isAtTurn`` says so; otherwise it is begun
    /// when it is the turn of the request's domain.
    func admit(_ arrived: Arrived, _ work: @escaping Exchange.Work) throws(Refusal) -> Exchange {
        let (outcome, alarm) = state.withLock { state -> (Result<Exchange, Refusal>, Alarm?) in
            guard !state.closed else { return (.failure(.draining), nil) }
            do throws(Admission.Refusal) {
                let holder = try state.admission.admit(bearer: arrived.bearer, bytes: arrived.delivery.payload.count)
                state.nextID += 1
                let line = state.admission.line(arrived.bearer)
                let exchange = Exchange(id: state.nextID, holder: holder, line: line, arrived, work)
                state.exchanges[exchange.id] = exchange
                load.add(1, ordering: .relaxed)
                state.arrive(exchange)
                return (.success(exchange), state.alarm(before: exchange.deadline.instant))
            } catch {
                return (.failure(.overloaded(error)), nil)
            }
        }
        if let alarm { set(alarm) }
        return try outcome.get()
    }

    /// Counts the request for the domain of the caller that its token proved.
    func identify(_ exchange: Exchange, as caller: Caller) throws(Admission.Refusal) {
        let outcome = state.withLock { state -> Result<Void, Admission.Refusal> in
            do throws(Admission.Refusal) {
                exchange.holder = try state.admission.identify(
                    exchange.holder, bearer: exchange.bearer, domain: caller.domain,
                    takesTurns: caller.kind != .service)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// The request goes on without a turn, which the next one of its domain gets: it waits for another service, or a bound
    /// of its own holds for it.
    func stepAside(_ exchange: Exchange) {
        for next in state.withLock({ $0.leave(exchange) }) { next.begin() }
    }

    /// A request that waits for its turn has been answered by somebody else: it begins out of turn, to find that and end.
    func giveUp(_ exchange: Exchange) {
        state.withLock { $0.waiting.removeValue(forKey: exchange.id) }?.begin()
    }

    /// Ends a request, and the wait for the last one.
    func end(_ exchange: Exchange) {
        exchange.finished()
        let (waiters, next) = state.withLock { state -> ([CheckedContinuation<Bool, Never>], [Exchange]) in
            guard state.exchanges.removeValue(forKey: exchange.id) != nil else { return ([], []) }
            load.subtract(1, ordering: .relaxed)
            state.admission.release(exchange.holder, bytes: exchange.delivery.payload.count)
            let next = state.leave(exchange)
            guard state.exchanges.isEmpty else { return ([], next) }
            defer { state.waiters.removeAll() }
            return (Array(state.waiters.values), next)
        }
        for exchange in next { exchange.begin() }
        for waiter in waiters { waiter.resume(returning: true) }
    }

    /// Takes nothing on any more.
    func close() {
        state.withLock { $0.closed = true }
    }

    /// Waits until nothing is in flight; false when `limit` passed first.
    func untilIdle(limit: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            let id = state.withLock { state -> UInt64? in
                guard !state.exchanges.isEmpty else { return nil }
                state.nextID += 1
                state.waiters[state.nextID] = continuation
                return state.nextID
            }
            guard let id else { return continuation.resume(returning: true) }
            Task { [weak self] in
                try? await Task.sleep(for: limit)
                let waiter = self?.state.withLock { $0.waiters.removeValue(forKey: id) }
                waiter?.resume(returning: false)
            }
        }
    }

    /// Everything still in flight.
    var remaining: [Exchange] { state.withLock { Array($0.exchanges.values) } }

    // One timer serves all deadlines. Most requests end long before theirs and share the standard one, so a new
    // request rarely moves the timer, and a finished one never does.

    fileprivate struct Alarm {
        var instant: ContinuousClock.Instant
        var number: UInt64
    }

    private func set(_ alarm: Alarm) {
        Task { [weak self] in
            try? await Task.sleep(until: alarm.instant, clock: .continuous)
            self?.ring(alarm)
        }
    }

    private func ring(_ alarm: Alarm) {
        let now = ContinuousClock.now
        let (expired, next) = state.withLock { state -> ([Exchange], Alarm?) in
            guard state.timer == alarm.number else { return ([], nil) }
            state.wakeAt = nil
            var expired: [Exchange] = []
            var earliest: ContinuousClock.Instant?
            for exchange in state.exchanges.values where !exchange.isAnswered {
                let instant = exchange.deadline.instant
                if instant <= now {
                    expired.append(exchange)
                } else {
                    earliest = min(earliest ?? instant, instant)
                }
            }
            return (expired, earliest.flatMap { state.alarm(before: $0) })
        }
        for exchange in expired {
            onExpiry(exchange)
            giveUp(exchange)
        }
        if let next { set(next) }
    }
}

extension InFlight.State {
    /// A request takes a turn, or waits for one.
    fileprivate mutating func arrive(_ exchange: Exchange) {
        guard let line = exchange.line else { return }
        let hasTurn = turns.arrive(exchange.id, of: line, at: exchange.arrival)
        exchange.hasTurn = hasTurn
        if !hasTurn { waiting[exchange.id] = exchange }
    }

    /// Takes the turn of a request, if it has one. Answers those that begin now.
    fileprivate mutating func leave(_ exchange: Exchange) -> [Exchange] {
        guard let line = exchange.line, exchange.hasTurn else { return [] }
        exchange.hasTurn = false
        var next: [Exchange] = []
        var left = 1
        while left > 0 {
            left -= 1
            for id in turns.leave(line, at: .now) {
                // Who is gone hands the turn on.
                guard let exchange = waiting.removeValue(forKey: id) else {
                    left += 1
                    continue
                }
                exchange.hasTurn = true
                next.append(exchange)
            }
        }
        return next
    }

    /// The timer to set so that it goes off by `instant`; nil when the one that is set does.
    fileprivate mutating func alarm(before instant: ContinuousClock.Instant) -> InFlight.Alarm? {
        if let wakeAt, wakeAt <= instant { return nil }
        timer += 1
        wakeAt = instant
        return InFlight.Alarm(instant: instant, number: timer)
    }
}
