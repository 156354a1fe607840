import CustomerSuccessWire
import Korean
import Playbooks
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// The daily job that proposes an internal play for renewals that come near (G-108), with the playbook that it follows. Off
/// unless it is configured.
struct RenewalWatch: Sendable {
    /// Days before the renewal date in which a play is proposed, both ends included.
    static let window = 90...120

    /// The playbook that a proposed play follows.
    private static let playbook = "internal_play"

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Proposes one internal play for every active engagement whose renewal is near and that has no open internal play.
    /// A renewal is proposed once: a proposal that was closed or canceled is not made again. Returns how many it made.
    @Sendable func run(in domain: DomainPath = .root) async throws(Problem) -> Int {
        try await database.each(in: domain) { context in
            let days = Self.days(from: context.today)
            return """
                SELECT e.id FROM customer_success.engagement e \
                WHERE e.active AND e.renewal_date BETWEEN \(days.lowerBound)::date AND \(days.upperBound)::date \
                    AND NOT EXISTS ( \
                    SELECT 1 FROM customer_success.internal_play p WHERE p.engagement = e.id AND p.active) \
                ORDER BY e.id
                """
        } _: { id, rules in
            try propose(id, rules)
        }
    }

    /// The first and the last day of the window.
    static func days(from today: CivilDate) -> ClosedRange<String> {
        today.adding(days: window.lowerBound).description...today.adding(days: window.upperBound).description
    }

    private func propose(_ id: String, _ rules: RuleContext) throws -> Bool {
        let tx = rules.transaction
        // Locked: nobody adds a play or moves the date meanwhile.
        guard let engagement = try Store<Engagement>(database).find(id, lock: .update, in: tx),
            engagement.active == true, let renewal = engagement.renewalDate,
            Self.days(from: rules.write.today).contains(renewal)
        else { return false }
        let plays = Store<InternalPlay>(database)
        let playID = RecordID.derived(from: "renewal-watch/\(id)/\(renewal)")
        let known = try tx.query(
            """
            SELECT 1 FROM customer_success.internal_play \
            WHERE id = \(playID) OR (engagement = \(id) AND active) LIMIT 1
            """)
        guard known.isEmpty else { return false }
        var play = InternalPlay()
        play.id = playID
        play.engagement = id
        play.assignedTo = try Engagement.activeManager(of: id, rules)
        play.dueDate = renewal
        // In the language of the person who is to do it.
        let language = try rules.language(of: play.assignedTo)
        let title = engagement.title ?? ""
        let short = Text(en: "Plan the renewal: \(title)", ko: "갱신 계획: \(title)")(language)
        play.shortDescription = String(short.prefix(1_000))
        play.description = Text(
            en: "The engagement renews on \(renewal). Plan what makes the renewal likely.",
            ko: "참여의 갱신일은 \(date: renewal)입니다. 갱신 가능성을 높일 활동을 계획하세요.")(language)
        let made = try plays.create(play, rules.write, in: tx)
        // The play follows its playbook, with tasks that are prepared.
        try Playbooks.of(database)?.begin(Self.playbook, over: made, rules)
        return true
    }
}
