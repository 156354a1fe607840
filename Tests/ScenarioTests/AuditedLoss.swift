/// What is lost or doubled, and what the audit must speak of.
struct AuditedLoss: Sendable {
    let statement: String
    let word: String

    private init(_ statement: String, _ word: String) {
        self.statement = statement
        self.word = word
    }

    /// All there are. Those of a round are told apart by their words.
    static let rounds = [records + effects, further]

    private static let records = [
        AuditedLoss("DELETE FROM customer_success.touchpoint WHERE subject = 'Check-in 1'", "touchpoints"),
        AuditedLoss(
            "DELETE FROM onboarding.contract WHERE id = (SELECT id FROM onboarding.contract LIMIT 1)",
            "contracts of each account"),
        AuditedLoss(
            "DELETE FROM onboarding.location WHERE id = (SELECT id FROM onboarding.location LIMIT 1)",
            "locations of each account"),
        AuditedLoss(
            """
            UPDATE import_validation.staging_row SET status = 'needs_attention' WHERE id = \
            (SELECT id FROM import_validation.staging_row LIMIT 1)
            """, "rows of each import task that are not published"),
        AuditedLoss("DELETE FROM import_validation.import_task WHERE target_table = 'location'", "import tasks: "),
        AuditedLoss(
            """
            UPDATE onboarding.attachment_part SET content = set_byte(content, 0, 0) \
            WHERE ctid = (SELECT ctid FROM onboarding.attachment_part LIMIT 1)
            """, "attachments with their content"),
        AuditedLoss(
            "DELETE FROM onboarding.journal WHERE fields = ARRAY['attachments']", "attachments in the history"),
        AuditedLoss("UPDATE onboarding.playbook_run SET state = 'in_progress'", "runs of playbooks"),
    ]

    private static let effects = [
        AuditedLoss("UPDATE play_launcher.flow_run SET state = 'failed'", "plays, "),
        AuditedLoss("DELETE FROM notifier.in_app_notification WHERE kind = 'play_completed'", "notifications"),
        AuditedLoss("DELETE FROM onboarding.team_message WHERE kind = 'account_team'", "messages to teams"),
        AuditedLoss("DELETE FROM notifier.email_delivery", "mails received"),
        AuditedLoss(
            "UPDATE customer_success.customer_account SET revision = 0", "customer_success.\"customer_account\""),
        AuditedLoss("UPDATE onboarding.outbox SET event_id = gen_random_uuid() WHERE seq = 1", "stream"),
        AuditedLoss("DELETE FROM customer_success.journal WHERE kind = 'work_notes'", "work notes"),
    ]

    private static let further = [
        AuditedLoss(
            "DELETE FROM onboarding.lifecycle_task WHERE short_description = 'Reporting'",
            "records that activities made"),
        AuditedLoss(
            "UPDATE customer_success.touchpoint SET state = 'in_progress' WHERE subject = 'Check-in 3'", "touchpoints"),
        AuditedLoss(
            """
            INSERT INTO notifier.in_app_notification SELECT (jsonb_populate_record(n, \
            jsonb_build_object('id', gen_random_uuid()))).* FROM notifier.in_app_notification n LIMIT 1
            """, "notifications"),
    ]
}
