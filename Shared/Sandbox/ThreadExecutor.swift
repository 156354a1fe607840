import Foundation

/// Runs the jobs of one actor on a thread of its own, so that they may wait for a file descriptor without holding
/// a thread of the cooperative pool.
final class ThreadExecutor: SerialExecutor {
    private let queue = JobQueue()

    init(name: String) {
        let queue = queue
        let thread = Thread { queue.run() }
        thread.name = name
        thread.start()
    }

    deinit { queue.close() }

    func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), for: self)
    }
}

/// The jobs that wait. Holds the executor as long as a job of it is queued or running.
/// `@unchecked Sendable`: every access to the mutable state is under the condition's lock.
private final class JobQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [(job: UnownedJob, executor: ThreadExecutor)] = []
    private var closed = false

    func append(_ job: UnownedJob, for executor: ThreadExecutor) {
        condition.withLock {
            jobs.append((job, executor))
            condition.signal()
        }
    }

    func close() {
        condition.withLock {
            closed = true
            condition.signal()
        }
    }

    /// Waits without a deadline by intention: this is the idle state of the thread, ended by `close`.
    func run() {
        while let taken = take() {
            for (job, executor) in taken {
                job.runSynchronously(on: executor.asUnownedSerialExecutor())
            }
        }
    }

    private func take() -> [(job: UnownedJob, executor: ThreadExecutor)]? {
        condition.withLock {
            while jobs.isEmpty && !closed { condition.wait() }
            defer { jobs.removeAll() }
            return jobs.isEmpty ? nil : jobs
        }
    }
}
