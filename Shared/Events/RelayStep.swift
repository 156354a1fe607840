import NATS

/// Where a relay is in the stream.
struct RelayPosition: Equatable {
    /// Which stream, by its time of creation.
    var created: String
    /// The last place that was written to; 0 when nothing was.
    var sequence: UInt64 = 0
    /// The event that lies there.
    var event: String?
}

/// What a relay has to do before it publishes, from what it remembers of the stream and what it sees of it.
///
/// Two things keep the events of a record in order. The relay takes no step on knowledge older than
/// ``EventStream/look``, nor over a connection that was lost since. And a stream made anew in the place of another takes
/// nothing for ``EventStream/hold``, which is longer: so nobody publishes to it who takes it for the one before, whose
/// oldest events it has not.
enum RelayStep: Equatable {
    /// There was no stream before: remember this one.
    case remember
    /// The stream is another one: everything is to be sent again, oldest first.
    case sendEverythingAgain
    /// Look whether the event that was written last is where it was put. When it is not, the stream went back, and
    /// what is no longer there is to be sent again.
    case compare(sequence: UInt64)
    /// Publish.
    case publish

    init(knowing known: RelayPosition?, seeing stream: StreamInfo) {
        guard let known else {
            self = .remember
            return
        }
        if known.created != stream.created {
            self = .sendEverythingAgain
        } else if known.sequence == 0 || known.sequence < stream.firstSequence {
            // Nothing was written, or all that was has become too old for the stream.
            self = .publish
        } else {
            self = .compare(sequence: known.sequence)
        }
    }
}

/// Searches for the place up to which the stream is whole: what lies there is a beginning of what was written, so that
/// one comparison halves what is left.
struct WholeBeginning {
    /// A place up to which it is known to be whole.
    private(set) var whole: UInt64 = 0
    /// A place that is known to hold something else, or nothing.
    private(set) var broken: UInt64

    init(broken: UInt64) { self.broken = broken }

    /// The place to look at next; nil when all is known.
    var next: UInt64? {
        broken - whole > 1 ? whole + (broken - whole) / 2 : nil
    }

    /// The last event written up to the place looked at lies where it was put, or none was written since the whole part.
    mutating func isIntact(upTo looked: UInt64) { whole = looked }

    /// What was written to `place` does not lie there.
    mutating func isMissing(at place: UInt64) { broken = place }
}
