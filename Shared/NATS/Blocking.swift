import Dispatch
import Synchronization

/// Runs calls of libnats that block, away from the threads of Swift's tasks.
enum Blocking {
    private static let queue = DispatchQueue(label: "nats.blocking", attributes: .concurrent)

    /// Runs the body on a thread that may block and returns what it returns.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    /// As `run`, for a body that throws.
    static func run<Value: Sendable>(
        throwing body: @escaping @Sendable () throws(NATSError) -> Value
    ) async throws(NATSError) -> Value {
        let result: Result<Value, NATSError> = await run {
            do throws(NATSError) { return .success(try body()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

/// Something that happens once, and those who wait for it, each with a deadline.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Lets everyone pass, now and later.
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    /// Whether it has happened.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Waits for it. False when the time was over first.
    func wait(timeout: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            let id: Int? = state.withLock { state in
                if state.isOpen { return nil }
                state.nextID += 1
                state.waiting[state.nextID] = continuation
                return state.nextID
            }
            guard let id else { return continuation.resume(returning: true) }
            let deadline = DispatchTime.now() + .nanoseconds(Int(timeout.clampedNanoseconds))
            DispatchQueue.global().asyncAfter(deadline: deadline) { [self] in
                let late = state.withLock { $0.waiting.removeValue(forKey: id) }
                late?.resume(returning: false)
            }
        }
    }
}
