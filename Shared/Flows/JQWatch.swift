import CJQ
import Foundation
import Synchronization

/// Ends evaluations that take too long. libjq looks before each of its instructions whether it was told to halt, and may be
/// told so by another thread.
final class JQWatch: Sendable {
    static let shared = JQWatch()
    private static let look = 0.2

    /// `@unchecked Sendable`: the pointer is used under the lock alone, and only while the evaluation is registered, which
    /// it is until libjq has returned.
    private struct Entry: @unchecked Sendable {
        let state: OpaquePointer
        let time = JQTime()
        var isHalted = false
    }

    private struct Evaluations {
        var entries: [Int: Entry] = [:]
        var next = 0
        var isLooking = false
    }

    private let evaluations = Mutex(Evaluations())

    /// Runs `body`, which evaluates with `state`. Second: whether it was ended, after which the state is of no use.
    func watch<T>(_ state: OpaquePointer, _ body: () -> T) -> (T, isHalted: Bool) {
        let (id, begins) = evaluations.withLock { evaluations in
            evaluations.next += 1
            evaluations.entries[evaluations.next] = Entry(state: state)
            defer { evaluations.isLooking = true }
            return (evaluations.next, !evaluations.isLooking)
        }
        if begins {
            let thread = Thread { self.lookOut() }
            thread.name = "jq-watch"
            thread.start()
        }
        let result = body()
        return (result, evaluations.withLock { $0.entries.removeValue(forKey: id)?.isHalted ?? false })
    }

    /// Looks until nothing was evaluated between two looks.
    private func lookOut() {
        var last = -1
        while true {
            Thread.sleep(forTimeInterval: Self.look)
            let goesOn = evaluations.withLock { evaluations in
                for (id, entry) in evaluations.entries where !entry.isHalted && entry.time.isOver {
                    jq_halt(entry.state, jv_invalid(), jv_invalid())
                    evaluations.entries[id]?.isHalted = true
                }
                evaluations.isLooking = !evaluations.entries.isEmpty || evaluations.next != last
                last = evaluations.next
                return evaluations.isLooking
            }
            guard goesOn else { return }
        }
    }
}

/// The time that an evaluation has, from when it begins, on the thread that carries it out; not asked once that is over.
struct JQTime: Sendable {
    /// How long it may compute: most take less than a thousandth of it. What others on the machine do meanwhile is not its fault.
    private static let limit: Duration = .seconds(2)
    /// How long it may take with all that.
    private static let patience: Duration = .seconds(10)

    private let end = ContinuousClock.now + patience
    /// The processor time of the thread.
    private let processor: clockid_t
    private let begin: Duration

    init() {
        var clock: clockid_t = 0
        pthread_getcpuclockid(pthread_self(), &clock)
        processor = clock
        begin = Self.time(of: clock)
    }

    var isOver: Bool { Self.time(of: processor) - begin > Self.limit || end < .now }

    private static func time(of clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// Counts the rounds of loops of one evaluation and weighs its values: libjq asks it as the `input` and the `debug` of the
/// program.
///
/// `@unchecked Sendable`: it belongs to a program, which serves one caller at a time under its lock.
final class JQCount: @unchecked Sendable {
    /// Most rounds of one evaluation, all of its loops together.
    static let most = 100_000
    /// After so many rounds a value is looked at again.
    private static let look = 128

    private var rounds = 0
    private var scales = JQScales()

    func reset() { (rounds, scales) = (0, JQScales()) }

    /// True when a value has to be looked at; an error when there were too many rounds.
    fileprivate func next() -> jv {
        if let answer = scales.takeAnswer() { return answer }
        rounds += 1
        guard rounds <= Self.most else { return jv_invalid_with_msg(jv_string("more than \(Self.most) rounds")) }
        return rounds % Self.look == 0 ? jv_true() : jv_false()
    }

    /// Has a state ask this count.
    func serve(_ state: OpaquePointer) {
        jq_set_input_cb(
            state,
            { _, data in
                guard let data else { return jv_false() }
                return Unmanaged<JQCount>.fromOpaque(data).takeUnretainedValue().next()
            }, Unmanaged.passUnretained(self).toOpaque())
        jq_set_debug_cb(
            state,
            { data, question in
                defer { jv_free(question) }
                guard let data else { return }
                Unmanaged<JQCount>.fromOpaque(data).takeUnretainedValue().scales.ask(question)
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
