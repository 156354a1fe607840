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
        state = Mutex(State(admission: Admission(limits)))
        self.onExpiry = onExpiry
    }

    /// So many in flight are a crowd: each is answered later for the others' sake by more than the millisecond that is
    /// saved by answering them together.
    static let crowd = 32

    var count: Int { state.withLock { $0.exchanges.count } }

    /// Whether a crowd is in flight. Asked for each answer, so without the lock.
    var isCrowded: Bool { load.load(ordering: .relaxed) >= Self.crowd }

    /// Takes a request on, or says why not.
    func admit(_ arrived: Arrived) throws(Refusal) -> Exchange {
        let (outcome, alarm) = state.withLock { state -> (Result<Exchange, Refusal>, Alarm?) in
            guard !state.closed else { return (.failure(.draining), nil) }
            do throws(Admission.Refusal) {
                let holder = try state.admission.admit(bearer: arrived.bearer, bytes: arrived.delivery.payload.count)
                state.nextID += 1
                let exchange = Exchange(id: state.nextID, holder: holder, arrived)
                state.exchanges[exchange.id] = exchange
                load.add(1, ordering: .relaxed)
                return (.success(exchange), state.alarm(before: exchange.deadline.instant))
            } catch {
                return (.failure(.overloaded(error)), nil)
            }
        }
        if let alarm { set(alarm) }
        return try outcome.get()
    }

    /// Counts the request for the domain its token proved.
    func identify(_ exchange: Exchange, as domain: DomainPath) throws(Admission.Refusal) {
        let outcome = state.withLock { state -> Result<Void, Admission.Refusal> in
            do throws(Admission.Refusal) {
                exchange.holder = try state.admission.identify(
                    exchange.holder, bearer: exchange.bearer, domain: domain)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// Ends a request, and the wait for the last one.
    func end(_ exchange: Exchange) {
        exchange.finished()
        let waiters = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            guard state.exchanges.removeValue(forKey: exchange.id) != nil else { return [] }
            load.subtract(1, ordering: .relaxed)
            state.admission.release(exchange.holder, bytes: exchange.delivery.payload.count)
            guard state.exchanges.isEmpty else { return [] }
            defer { state.waiters.removeAll() }
            return Array(state.waiters.values)
        }
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
        for exchange in expired { onExpiry(exchange) }
        if let next { set(next) }
    }
}

extension InFlight.State {
    /// The timer to set so that it goes off by `instant`; nil when the one that is set does.
    fileprivate mutating func alarm(before instant: ContinuousClock.Instant) -> InFlight.Alarm? {
        if let wakeAt, wakeAt <= instant { return nil }
        timer += 1
        wakeAt = instant
        return InFlight.Alarm(instant: instant, number: timer)
    }
}
