extension Connection {
    /// Ends a connection without losing work: tells the server that nothing more is wanted, lets the handlers finish
    /// what has arrived, then waits for `work` (the tasks that handlers started; it may still publish and ask), then
    /// sends what is left and closes. After `timeout` it closes all the same and throws `.timeout`.
    public func drain(
        timeout: Duration, finishing work: (@Sendable () async -> Void)? = nil
    ) async throws(NATSError) {
        let deadline = ContinuousClock.now + timeout
        func remaining() -> Duration { max(.milliseconds(1), deadline - ContinuousClock.now) }
        let subscriptions = state.subscriptions.all
        let wait = remaining()
        var failure = await withTaskGroup(of: NATSError?.self) { group in
            for subscription in subscriptions {
                group.addTask {
                    do throws(NATSError) { try await subscription.drain(timeout: wait) } catch { return error }
                    return nil
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let work {
            let done = Gate()
            let task = Task {
                await work()
                done.open()
            }
            if await !done.wait(timeout: remaining()) {
                task.cancel()
                failure = failure ?? .timeout
            }
        }
        do throws(NATSError) { try await flush(timeout: remaining()) } catch { failure = failure ?? error }
        await close()
        if let failure { throw failure }
    }
}
