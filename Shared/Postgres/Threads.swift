import CPostgres
import Glibc

/// A mutex with condition variables on the monotonic clock. The standard library has no condition variable, and a
/// thread that waits for work must sleep.
final class Monitor: @unchecked Sendable {
    // The pointers are immutable and what they point to is made for use by several threads.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let code = pthread_mutex_init(mutex, nil)
        precondition(code == 0, "pthread_mutex_init failed: \(code)")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Waits for a signal; the lock must be held. May wake without one: look at the state again.
    func wait(_ condition: ConditionVariable, until deadline: PostgresDeadline? = nil) {
        guard let deadline else {
            pthread_cond_wait(condition.pointer, mutex)
            return
        }
        var time = timespec(
            tv_sec: Int(deadline.nanoseconds / 1_000_000_000), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
        pthread_cond_timedwait(condition.pointer, mutex, &time)
    }
}

/// Something a thread waits for under a `Monitor`.
final class ConditionVariable: @unchecked Sendable {
    // The pointer is immutable and what it points to is made for use by several threads.
    let pointer: UnsafeMutablePointer<pthread_cond_t>

    init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        let code = pthread_cond_init(pointer, &attributes)
        precondition(code == 0, "pthread_cond_init failed: \(code)")
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(pointer)
        pointer.deallocate()
    }

    func signal() { pthread_cond_signal(pointer) }
}

private final class ThreadBody {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

/// Starts a detached thread. libpq waits by blocking, and the cooperative pool of Swift must never block.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let holder = Unmanaged.passRetained(ThreadBody(name: name, run: body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, &attributes,
        { argument in
            // The argument is the holder retained above, given to this thread alone.
            let body = Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue()
            ale_pg_name_thread(body.name)
            body.run()
            return nil
        }, holder.toOpaque())
    pthread_attr_destroy(&attributes)
    precondition(code == 0, "the system refused a thread: \(code)")
}

/// Runs blocking work on a thread of its own and waits for it without blocking the cooperative pool.
func onOwnThread<T: Sendable>(
    _ name: String, _ body: @escaping @Sendable () -> Result<T, PostgresError>
) async throws(PostgresError) -> T {
    let result = await withCheckedContinuation { continuation in
        startThread(name) { continuation.resume(returning: body()) }
    }
    return try result.get()
}
