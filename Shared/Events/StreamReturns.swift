import Ground
import Synchronization

/// How often the relay of this instance found that the stream of events went back: consumers begin again.
final class StreamReturns: Sendable {
    let count = Atomic<Int>(0)
}

extension Database {
    var streamReturns: StreamReturns { companion(StreamReturns.init) }
}
