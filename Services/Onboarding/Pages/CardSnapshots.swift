import Ground
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// The daily job that keeps the scorecards for the trends of the landing page (G-35): of each domain that people of the
/// provider belong to, what they see in it and below.
struct CardSnapshots: Sendable {
    /// Days a trend shows, today among them.
    static let days = 92
    /// The most domains of a provider.
    private static let domains = 1_000
    /// One domain's statements look at all cases and tasks in it.
    private static let limit: Duration = .seconds(600)

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Carries it out every day.
    static func job(_ database: Database) -> DailyJob { DailyJob("onboarding-cards", CardSnapshots(database).run) }

    /// Takes today's snapshot, in place of one taken earlier today, and lets go of those no trend shows any more.
    /// Returns how many rows it took.
    @Sendable func run(in domain: DomainPath = .root) async throws(Problem) -> Int {
        let service = Caller.service(database.service, domain: domain)
        let first = database.clock.today.adding(days: 1 - Self.days).description
        let domains = try await database.transaction(as: service, deadline: .after(Self.limit)) { tx in
            tx.send("DELETE FROM onboarding.card_snapshot WHERE day < \(first)::date")
            return try tx.query(
                """
                SELECT DISTINCT domain FROM onboarding."user" WHERE account IS NULL AND active IS NOT FALSE \
                ORDER BY domain LIMIT \(Self.domains)
                """
            ).compactMap { DomainPath(try $0.string(User.Field.domain)) }
        }
        var taken = 0
        for domain in domains { taken += try await take(domain) }
        return taken
    }

    private func take(_ domain: DomainPath) async throws(Problem) -> Int {
        let today = database.clock.today.description
        let service = Caller.service(database.service, domain: domain)
        return try await database.transaction(as: service, deadline: .after(Self.limit)) { tx in
            tx.send("SELECT pg_advisory_xact_lock(hashtextextended('onboarding-cards', 0))")
            tx.send(
                "DELETE FROM onboarding.card_snapshot WHERE domain = \(domain.path) AND day = \(today)::date")
            var taken = try tx.query(own(domain, today)).affected
            for card in LandingCard.allCases where card != .myActiveCases {
                for source in try card.sources(database, service) {
                    taken += try tx.query(
                        """
                        INSERT INTO onboarding.card_snapshot AS taken (domain, "user", card, day, count) \
                        SELECT \(domain.path), '', \(card.rawValue), \(today)::date, counted FROM (\(source.all)) whole \
                        WHERE counted > 0 \
                        ON CONFLICT (domain, "user", card, day) DO UPDATE SET count = taken.count + excluded.count
                        """
                    ).affected
                }
            }
            return taken
        }
    }

    /// The cases of each person of the domain.
    private func own(_ domain: DomainPath, _ today: String) -> SQL {
        """
        INSERT INTO onboarding.card_snapshot (domain, "user", card, day, count) \
        SELECT \(domain.path), assigned_to, \(LandingCard.myActiveCases.rawValue), \(today)::date, count(*) \
        FROM onboarding.onboarding_case WHERE \(LandingCard.openCases) AND assigned_to IN ( \
        SELECT id::text FROM onboarding."user" WHERE domain = \(domain.path)) GROUP BY assigned_to
        """
    }
}
