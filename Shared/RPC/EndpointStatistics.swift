import Synchronization

/// The figures of one endpoint since the service started.
public struct EndpointFigures: Sendable, Equatable {
    /// Requests received, those refused included.
    public var requests = 0
    /// Requests answered with a problem.
    public var errors = 0
    /// Requests refused because too much was in flight.
    public var refused = 0
    /// Requests that named no inbox for their answer, which nothing was done about. Not among ``requests``.
    public var ignored = 0
    /// Requests taken on and not yet finished.
    public var inFlight = 0
    /// The last problem's code and reason; empty when there was none. Never its text, which may quote a record.
    public var lastError = ""
    /// The time spent on all finished requests, in nanoseconds.
    public var processingNanoseconds: Int64 = 0
    /// How many finished requests took less than 2^n nanoseconds and no less than 2^(n-1), by n.
    var buckets = [Int](repeating: 0, count: 40)

    /// The time of the average finished request, in nanoseconds.
    public var averageNanoseconds: Int64 {
        let finished = Int64(requests - refused - inFlight)
        return finished > 0 ? processingNanoseconds / finished : 0
    }

    /// A time in nanoseconds that the given part of the finished requests did not exceed, rounded up to a power of 2.
    public func quantileNanoseconds(_ part: Double) -> Int64 {
        let total = buckets.reduce(0, +)
        guard total > 0 else { return 0 }
        var left = Int((Double(total) * part).rounded(.up))
        for (power, count) in buckets.enumerated() {
            left -= count
            if left <= 0 { return 1 << power }
        }
        return 1 << (buckets.count - 1)
    }
}

/// Counts the requests of one endpoint. Safe to use from any thread.
final class EndpointStatistics: Sendable {
    private let figures = Mutex(EndpointFigures())

    var snapshot: EndpointFigures { figures.withLock { $0 } }

    func began() {
        figures.withLock { figures in
            figures.requests += 1
            figures.inFlight += 1
        }
    }

    func ignored() {
        figures.withLock { $0.ignored += 1 }
    }

    func refused(_ problem: Problem) {
        figures.withLock { figures in
            figures.requests += 1
            figures.refused += 1
            figures.note(problem)
        }
    }

    func ended(after duration: Duration, _ problem: Problem?) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        figures.withLock { figures in
            figures.inFlight -= 1
            figures.processingNanoseconds += nanoseconds
            let power = Int64.bitWidth - nanoseconds.leadingZeroBitCount
            figures.buckets[min(power, figures.buckets.count - 1)] += 1
            if let problem { figures.note(problem) }
        }
    }
}

extension EndpointFigures {
    fileprivate mutating func note(_ problem: Problem) {
        errors += 1
        lastError = problem.code.name + (problem.reason == problem.code.name ? "" : " \(problem.reason)")
    }
}
