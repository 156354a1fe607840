import Tenancy

/// Which requests use the database, and which wait for their turn. Decisions only: no clock, no lock, no I/O.
///
/// A domain that is alone is hardly held back. As soon as another domain asks for something too, each may have only a
/// few requests at work, and its others wait in its own line: so a domain that sends a lot waits for itself, and those
/// beside it find the database nearly as free as without it. Nobody ever waits for a request of another domain.
struct Turns {
    /// How long a domain counts as being there after its last request: long enough to bridge the pauses of people who
    /// send one request after another, or each pause would let the crowd in again.
    private let company: Duration

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
    private let besideOthers: Int
    private var lines: [DomainPath: Line] = [:]
    /// Who asked last, and who last before that was somebody else.
    private var latest: (domain: DomainPath, at: ContinuousClock.Instant)?
    private var other: (domain: DomainPath, at: ContinuousClock.Instant)?

    /// Turns of which a domain may have so many at once when it is alone, and when it is not.
    init(alone: Int, besideOthers: Int, company: Duration = .seconds(1)) {
        self.company = company
        self.alone = max(1, alone)
        self.besideOthers = max(1, min(alone, besideOthers))
    }

    /// Whether a request may begin at once; it has its turn then.
    mutating func begin(_ domain: DomainPath, at now: ContinuousClock.Instant) -> Bool {
        if let latest, latest.domain != domain { other = latest }
        latest = (domain, now)
        guard lines[domain, default: Line()].atWork < most(of: domain, at: now) else { return false }
        lines[domain, default: Line()].atWork += 1
        return true
    }

    /// As ``begin(_:at:)``; a request that may not begin waits in its domain's line.
    mutating func arrive(_ id: UInt64, of domain: DomainPath, at now: ContinuousClock.Instant) -> Bool {
        if begin(domain, at: now) { return true }
        lines[domain, default: Line()].waiting.append(id)
        return false
    }

    /// Ends a request that had its turn. Answers the requests that may begin now.
    mutating func leave(_ domain: DomainPath, at now: ContinuousClock.Instant) -> [UInt64] {
        guard var line = lines[domain] else { return [] }
        line.atWork -= 1
        let most = most(of: domain, at: now)
        var begin: [UInt64] = []
        while line.atWork < most, let id = line.pop() {
            line.atWork += 1
            begin.append(id)
        }
        lines[domain] = line.isEmpty ? nil : line
        return begin
    }

    private func most(of domain: DomainPath, at now: ContinuousClock.Instant) -> Int {
        let stranger = latest?.domain == domain ? other : latest
        guard let stranger, stranger.at.duration(to: now) < company else { return alone }
        return besideOthers
    }
}
