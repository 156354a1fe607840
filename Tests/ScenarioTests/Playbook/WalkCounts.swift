import Postgres

/// What there is of a walk, counted in the tables of all services.
struct WalkCounts: Equatable, Sendable, CustomStringConvertible {
    private let counts: [String: Int]

    /// Counts everything that belongs to the account of the walk.
    init(of walk: CaseWalk, _ database: StackDatabase) async throws {
        let (account, run) = (walk.account.id, walk.run)
        let rows = try await database.rows(
            """
            WITH own AS (SELECT id FROM onboarding.onboarding_case WHERE account = \(account)::uuid) \
            SELECT 'cases', count(*)::text FROM own \
            UNION ALL SELECT 'runs', count(*)::text FROM onboarding.playbook_run \
            WHERE record IN (SELECT id FROM own) OR id = \(run)::uuid \
            UNION ALL SELECT 'contacts', count(*)::text FROM onboarding.customer_contact WHERE account = \(account)::uuid \
            UNION ALL SELECT 'members', count(*)::text FROM onboarding.case_team_member \
            WHERE onboarding_case IN (SELECT id FROM own) \
            UNION ALL SELECT 'tasks', count(*)::text FROM onboarding.lifecycle_task WHERE parent IN (SELECT id FROM own) \
            UNION ALL SELECT 'open tasks', count(*)::text FROM onboarding.lifecycle_task \
            WHERE parent IN (SELECT id FROM own) AND active \
            UNION ALL SELECT 'import tasks', count(*)::text FROM import_validation.import_task \
            WHERE parent IN (SELECT id FROM own) \
            UNION ALL SELECT 'open import tasks', count(*)::text FROM import_validation.import_task \
            WHERE parent IN (SELECT id FROM own) AND active \
            UNION ALL SELECT 'messages', count(*)::text FROM onboarding.team_message \
            WHERE onboarding_case IN (SELECT id FROM own) \
            UNION ALL SELECT 'mails', count(*)::text FROM notifier.email_delivery \
            WHERE source_record IN (SELECT id FROM own) \
            UNION ALL SELECT 'entries', count(*)::text FROM onboarding.journal WHERE record IN (SELECT id FROM own) \
            UNION ALL SELECT 'completions', sum(completions)::text FROM onboarding.playbook_activity WHERE run = \(run)::uuid \
            UNION ALL SELECT 'made', sum(jsonb_array_length(created))::text FROM onboarding.playbook_activity \
            WHERE run = \(run)::uuid \
            UNION ALL SELECT 'log', count(*)::text FROM onboarding.playbook_log WHERE run = \(run)::uuid \
            UNION ALL SELECT 'calls', count(*)::text FROM onboarding.playbook_call WHERE run = \(run)::uuid \
            UNION ALL SELECT 'events unsent', count(*)::text FROM onboarding.outbox WHERE sent_at IS NULL
            """)
        counts = Dictionary(uniqueKeysWithValues: rows.map { ($0[0], Int($0[1]) ?? 0) })
    }

    /// How many records there are, of whichever table.
    var records: Int {
        ["cases", "contacts", "members", "tasks", "import tasks", "messages"].reduce(0) { $0 + self[$1] }
    }

    /// Whether nothing is under way any more: calls of other services, events, mails.
    var isSettled: Bool { self["calls"] == 0 && self["events unsent"] == 0 && self["mails"] == self["messages"] }

    private subscript(name: String) -> Int { counts[name] ?? 0 }

    var description: String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}
