import Synchronization

/// An endpoint being served, with its figures.
struct Served: Sendable {
    let endpoint: Endpoint
    let statistics: EndpointStatistics
}

/// One request taken on, until its handler has ended.
///
/// It is answered once: by its handler, by the deadline, or by the end of the drain, whichever comes first.
final class Exchange: Sendable {
    private struct State {
        var holder: Admission.Holder
        var answered = false
        var verdict: Problem?
        var cancelled = false
        var task: Task<Void, Never>?
    }

    let id: UInt64
    let served: Served
    let delivery: Delivery
    let reply: ReplyInbox
    let bearer: String?
    let arrival: ContinuousClock.Instant
    let deadline: Deadline
    let trace: TraceContext
    let format: PayloadFormat
    /// The language the request asks for; nil leaves the choice to the caller's locale.
    let language: String?
    private let state: Mutex<State>

    init(id: UInt64, holder: Admission.Holder, _ arrived: Arrived) {
        self.id = id
        served = arrived.served
        delivery = arrived.delivery
        reply = arrived.reply
        bearer = arrived.bearer
        arrival = arrived.arrival
        deadline = arrived.deadline
        trace = arrived.trace
        format = arrived.format
        language = arrived.language
        state = Mutex(State(holder: holder))
    }

    /// Who holds the request's place. Changed under the lock of the service's admission only.
    var holder: Admission.Holder {
        get { state.withLock { $0.holder } }
        set { state.withLock { $0.holder = newValue } }
    }

    /// Claims the right to answer, with the problem the answer tells. False when somebody else has answered.
    func claim(_ verdict: Problem?) -> Bool {
        state.withLock { state in
            guard !state.answered else { return false }
            state.answered = true
            state.verdict = verdict
            return true
        }
    }

    /// The problem that was answered; nil for a good answer.
    var verdict: Problem? { state.withLock { $0.verdict } }

    /// Whether somebody has claimed the answer.
    var isAnswered: Bool { state.withLock { $0.answered } }

    /// Runs the handler's work as a task that ``cancel()`` reaches.
    func start(_ work: @escaping @Sendable (Exchange) async -> Void) {
        let task = Task { await work(self) }
        let cancelled = state.withLock { state in
            state.task = task
            return state.cancelled
        }
        if cancelled { task.cancel() }
    }

    func cancel() {
        let task = state.withLock { state in
            state.cancelled = true
            return state.task
        }
        task?.cancel()
    }

    /// Lets go of the task, which holds this exchange.
    func finished() {
        state.withLock { $0.task = nil }
    }
}

/// A request as it came from the transport, before it is taken on.
struct Arrived: Sendable {
    let served: Served
    let delivery: Delivery
    let reply: ReplyInbox
    let bearer: String?
    let arrival: ContinuousClock.Instant
    let deadline: Deadline
    let trace: TraceContext
    let format: PayloadFormat
    let language: String?
}
