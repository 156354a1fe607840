import NotifierWire
import RPC
import Synchronization
import Wire

/// How many notices people have not read, for the frame of every page: it stands there without a script. Remembered for some
/// seconds, so that a page is not slower for it; a script hears of new ones at once.
final class UnreadNotices: Sendable {
    private static let secondsKept: Int64 = 20
    /// For how long nobody is asked again who has not answered.
    private static let secondsWithout: Int64 = 5
    /// Most people whose number is remembered.
    private static let most = 10_000

    private let known = Mutex<[String: (count: Int64, until: Int64)]>([:])
    private let now: @Sendable () -> Timestamp
    /// How long a page waits for it.
    private let patience: Duration

    init(now: @escaping @Sendable () -> Timestamp, patience: Duration) {
        self.now = now
        self.patience = patience
    }

    /// The number for whoever visits; 0 while it is not to be had.
    func count(_ visit: Visit) async -> Int64 {
        guard let person = visit.person else { return 0 }
        let seconds = now().seconds
        if let count = known.withLock({ $0[person.user] }), count.until > seconds { return count.count }
        let list = try? await visit.ask(
            NotifierAPI.listInAppNotifications, NoticePages.unread(pageSize: 1), within: patience)
        let (count, kept) = (list?.totalSize ?? 0, list == nil ? Self.secondsWithout : Self.secondsKept)
        known.withLock { known in
            if known.count >= Self.most { known = known.filter { $0.value.until > seconds } }
            if known.count < Self.most { known[person.user] = (count, seconds + kept) }
        }
        return count
    }

    /// The number of somebody who has just read something is asked for anew.
    func forget(_ person: Person?) {
        guard let person else { return }
        known.withLock { $0[person.user] = nil }
    }
}
