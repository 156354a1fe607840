/// Which of the requests taken on are at work, and which wait for their turn. Decisions only: no clock, no lock, no
/// I/O.
///
/// A domain that is alone may use the service as it likes. As soon as another domain asks for something too, each may
/// have only a few requests at work, and its others wait in its own line: so a domain that sends a lot waits for
/// itself, and those beside it find the database and the processor nearly as free as without it. Nobody ever waits for
/// a request of another domain.
struct Turns {
    /// How long a domain counts as being there after its last request: long enough to bridge the pauses of people who
    /// send one request after another, or each pause would let the crowd in again.
    static let company: Duration = .seconds(1)

    private struct Line {
        var atWork = 0
        /// Those before `next` have had their turn.
        var waiting: [UInt64] = []
        var next = 0

        mutating func pop() -> UInt64? {
            guard next < waiting.count else { return nil }
            defer {
                next += 1
                // Now and then the served are swept away, so that a line that is never empty does not grow forever.
                if next == waiting.count || next >= 256 {
                    waiting.removeFirst(next)
                    next = 0
                }
            }
            return waiting[next]
        }

        var isEmpty: Bool { atWork == 0 && next == waiting.count }
    }

    private let alone: Int
    private let inCompany: Int
    private var lines: [Admission.Holder: Line] = [:]
    /// Who asked last, and who last before that was somebody else.
    private var latest: (holder: Admission.Holder, at: ContinuousClock.Instant)?
    private var other: (holder: Admission.Holder, at: ContinuousClock.Instant)?

    /// Turns of which a domain may have so many at once when it is alone, and when it is not.
    init(alone: Int, inCompany: Int) {
        self.alone = max(1, alone)
        self.inCompany = max(1, min(alone, inCompany))
    }

    /// Whether a request may begin at once. If not, it waits in its holder's line.
    mutating func arrive(_ id: UInt64, of holder: Admission.Holder, at now: ContinuousClock.Instant) -> Bool {
        if let latest, latest.holder != holder { other = latest }
        latest = (holder, now)
        var line = lines[holder] ?? Line()
        let begins = line.atWork < most(of: holder, at: now)
        if begins { line.atWork += 1 } else { line.waiting.append(id) }
        lines[holder] = line
        return begins
    }

    /// Ends a request that had its turn. Answers the requests that may begin now.
    mutating func leave(_ holder: Admission.Holder, at now: ContinuousClock.Instant) -> [UInt64] {
        guard var line = lines[holder] else { return [] }
        line.atWork -= 1
        let most = most(of: holder, at: now)
        var begin: [UInt64] = []
        while line.atWork < most, let id = line.pop() {
            line.atWork += 1
            begin.append(id)
        }
        lines[holder] = line.isEmpty ? nil : line
        return begin
    }

    private func most(of holder: Admission.Holder, at now: ContinuousClock.Instant) -> Int {
        let stranger = latest?.holder == holder ? other : latest
        guard let stranger, stranger.at.duration(to: now) < Self.company else { return alone }
        return inCompany
    }
}
