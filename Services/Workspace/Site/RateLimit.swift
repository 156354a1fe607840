import Synchronization

/// Bounds how many requests one address, or one session, may send: each has so many a minute, some of them at once.
final class RateLimit: Sendable {
    private struct Bucket {
        var left: Double
        var at: ContinuousClock.Instant
    }

    private let perMinute: Double
    private let remembered: Int
    private let buckets = Mutex<[String: Bucket]>([:])

    /// A limit of `perMinute` requests for each name; at most `remembered` names are kept.
    init(perMinute: Int, remembered: Int = 20_000) {
        self.perMinute = Double(perMinute)
        self.remembered = remembered
    }

    /// Whether `name` may send one more now.
    func admits(_ name: String, at now: ContinuousClock.Instant = .now) -> Bool {
        buckets.withLock { buckets in
            if buckets.count >= remembered, buckets[name] == nil {
                // Whoever has been silent for a minute has all of its requests again, and is no different from a stranger.
                buckets = buckets.filter { $0.value.at.duration(to: now) < .seconds(60) }
                if buckets.count >= remembered { buckets = [:] }
            }
            var bucket = buckets[name] ?? Bucket(left: perMinute, at: now)
            let (seconds, attoseconds) = bucket.at.duration(to: now).components
            let passed = Double(seconds) + Double(attoseconds) / 1e18
            bucket.left = min(perMinute, bucket.left + passed * perMinute / 60)
            bucket.at = now
            defer { buckets[name] = bucket }
            guard bucket.left >= 1 else { return false }
            bucket.left -= 1
            return true
        }
    }
}
