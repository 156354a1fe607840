import Postgres
import RPC
import Records
import Tenancy
import Wire

/// How long it is known what triggers did: as long as a back-test looks back, and a month longer.
struct FiringRetention: Sendable {
    private static let days: Int64 = 400
    /// Most firings of one transaction.
    private static let batch = 1_000

    let database: Database

    /// The work of each day: removes what is older; answers how many there were.
    @Sendable func removeExpired(in domain: DomainPath = .root) async throws(Problem) -> Int {
        let end = Timestamp(seconds: database.clock.now.seconds - Self.days * 86_400)
        var removed = 0
        while !Task.isCancelled {
            let count = try await database.transaction(as: .service(database.service, domain: domain)) { tx in
                try tx.query(
                    """
                    DELETE FROM play_launcher.play_firing WHERE id IN (SELECT id FROM play_launcher.play_firing \
                    WHERE updated_at < \(end.sqlValue) ORDER BY updated_at LIMIT \(Self.batch))
                    """
                ).affected
            }
            removed += count
            guard count == Self.batch else { break }
        }
        return removed
    }
}
