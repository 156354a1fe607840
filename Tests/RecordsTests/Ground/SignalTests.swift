import Records
import TestKit
import Testing

@Suite(.timeLimit(.minutes(15))) struct SignalTests {
    @Test func aNotificationWithoutAWaiterIsKept() async {
        let signal = Signal()
        signal.notify()
        signal.notify()
        let before = ContinuousClock.now
        await signal.wait(atMost: .seconds(30))
        #expect(ContinuousClock.now - before < .seconds(10))
        // Two were given while nobody waited: they are one.
        await expectToWait(signal)
    }

    @Test func allWaitersWake() async {
        let signal = Signal()
        let done = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    await signal.wait(atMost: .seconds(40))
                    done.add(1)
                }
            }
            // Who has not begun to wait yet takes the kept one, so it is given until all are back.
            while done.value < 10 {
                signal.notify()
                await Task.yield()
            }
        }
    }

    /// A limit that has passed before the wait begins must not be forgotten: nobody may ever wake that waiter.
    @Test(arguments: [Duration.zero, .nanoseconds(1), .microseconds(1), .microseconds(50)])
    func limitsOfNoLengthEnd(_ limit: Duration) async {
        let signal = Signal()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<500 { await signal.wait(atMost: limit) } }
            }
        }
    }

    @Test func cancellationEndsTheWait() async {
        let signal = Signal()
        for round in 0..<200 {
            let task = Task { await signal.wait(atMost: .seconds(600)) }
            if round.isMultiple(of: 2) { await Task.yield() }
            task.cancel()
            await task.value
        }
        // A notification after it is not taken by those who left.
        signal.notify()
        let before = ContinuousClock.now
        await signal.wait(atMost: .seconds(30))
        #expect(ContinuousClock.now - before < .seconds(10))
    }

    @Test func nobodyMissesANotification() async {
        let signal = Signal()
        let produced = Counter()
        let seen = Counter()
        let consumer = Task {
            while seen.value < 2_000 {
                let now = produced.value
                if now == seen.value {
                    // Far beyond the time limit of the suite: only a notification ends it.
                    await signal.wait(atMost: .seconds(600))
                } else {
                    seen.add(now - seen.value)
                }
            }
        }
        for _ in 0..<2_000 {
            produced.add(1)
            signal.notify()
            if Bool.random() { await Task.yield() }
        }
        await consumer.value
    }

    private func expectToWait(_ signal: Signal) async {
        let before = ContinuousClock.now
        await signal.wait(atMost: .milliseconds(30))
        #expect(ContinuousClock.now - before >= .milliseconds(30))
    }
}
