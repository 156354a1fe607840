import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Wire

extension OnboardingCase {
    /// The go-live support case, which a playbook has made, stays open until the issues below it are solved (3.5). A phase
    /// that was begun from one of them has a playbook of its own, and holds nothing up.
    static let issuesSolved = Rule<OnboardingCase>("G-122") { change, context in
        guard change.old != nil, change.changes(.state), change.new.state == State.closed,
            let playbooks = Playbooks.of(context.database),
            try playbooks.isMade(change.new.id, context.transaction)
        else { return }
        let open = try context.transaction.query(
            """
            WITH RECURSIVE below AS (
                SELECT id FROM onboarding.onboarding_case WHERE id = \(change.new.id)
                UNION SELECT c.id FROM onboarding.onboarding_case c JOIN below b ON c.parent = b.id
                WHERE NOT EXISTS (SELECT 1 FROM onboarding.playbook_run r WHERE r.record = c.id))
            SELECT c.number FROM below JOIN onboarding.onboarding_case c USING (id)
            WHERE c.id <> \(change.new.id) AND c.active ORDER BY c.number
            """
        ).map { try $0.optionalString(Field.number) ?? "" }
        guard !open.isEmpty else { return }
        throw heldOpen(by: open, reason: "OPEN_ISSUES", rule: "G-122") { list in
            Text(
                en: "Issues below the case are still open: \(list.en). Solve them first.",
                ko: "아직 해결되지 않은 하위 케이스가 있습니다: \(list.ko). 먼저 해결하세요.")
        }
    }
}
