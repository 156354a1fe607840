import CampaignKit
import JourneyKit
import Testing

extension Scenarios {
    /// Whatever is killed, and whenever: what was acknowledged is there, once.
    @Suite(.serialized)
    struct CampaignScenarioTests {
        @Test("Every process is killed at random moments under load", .timeLimit(.minutes(4)))
        func kills() async throws {
            try await Self.run(.kills(seed: Campaign.seed, for: .seconds(30)), within: .seconds(90))
        }

        @Test("Three nats-servers and two instances of each service", .timeLimit(.minutes(4)))
        func cluster() async throws {
            try await Self.run(.cluster, within: .seconds(120))
        }

        /// The start and the stop of the stack do not count.
        private static func run(_ campaign: Campaign, within limit: Duration) async throws {
            let elapsed = try await ScenarioStack.with(campaign.layout) { stack in
                try await ContinuousClock().measure { try await campaign.run(on: stack) }
            }
            #expect(elapsed <= limit)
        }

        @Test("A soak kills everything, then a cluster loses what it may lose, and so on; all of it is bounded")
        func aSoakTakesTurns() {
            let campaigns = (0..<4).map { Campaign.soak($0, seed: 1, for: .seconds(30)) }
            #expect(campaigns.map(\.layout.servers) == [1, 3, 1, 3])
            let limits: [Duration] = [.seconds(90), .seconds(120), .seconds(90), .seconds(120)]
            #expect(campaigns.map(\.limit) == limits)
        }

        @Test("What does not end in time is ended, and named", .timeLimit(.minutes(1)))
        func whatDoesNotEndIsEnded() async throws {
            let failure = await #expect(throws: JourneyFailure.self) {
                try await within(.milliseconds(50), "a long sleep") { try await Task.sleep(for: .seconds(300)) }
            }
            #expect(failure?.description.hasPrefix("a long sleep did not end") == true)
            let answer = try await within(.seconds(30), "an answer") { 7 }
            #expect(answer == 7)
        }

        /// An audit that finds nothing may be one that looks at nothing.
        @Test("The audit counts", .timeLimit(.minutes(5)))
        func theAuditCounts() async throws {
            try await ScenarioStack.with { stack in
                let ledger = try await Campaign.oneCustomer(on: stack)
                try await Auditor(stack: stack, ledger: ledger).confirm(within: .seconds(30))
                for (loss, word) in Self.losses {
                    // The constraints stay: a loss is one statement, and the next adds to it.
                    try await stack.sql("SET session_replication_role = replica; \(loss)")
                    let findings = try await Auditor(stack: stack, ledger: ledger).findings()
                    #expect(findings.contains { $0.contains(word) }, "\(loss): \(findings)")
                }
            }
        }

        /// What is lost or doubled, and what the audit must speak of.
        private static let losses = [
            ("DELETE FROM customer_success.touchpoint WHERE subject = 'Check-in 1'", "touchpoints"),
            (
                "UPDATE customer_success.touchpoint SET state = 'in_progress' WHERE subject = 'Check-in 3'",
                "touchpoints"
            ),
            ("DELETE FROM onboarding.contract WHERE id = (SELECT id FROM onboarding.contract LIMIT 1)", "contracts"),
            ("DELETE FROM onboarding.location WHERE id = (SELECT id FROM onboarding.location LIMIT 1)", "locations"),
            (
                """
                UPDATE import_validation.staging_row SET status = 'needs_attention' WHERE id = \
                (SELECT id FROM import_validation.staging_row LIMIT 1)
                """, "rows of each import task that are not published"
            ),
            ("DELETE FROM import_validation.import_task WHERE target_table = 'location'", "import tasks"),
            (
                """
                UPDATE onboarding.attachment_part SET content = set_byte(content, 0, 0) \
                WHERE ctid = (SELECT ctid FROM onboarding.attachment_part LIMIT 1)
                """, "attachments with their content"
            ),
            ("DELETE FROM onboarding.journal WHERE fields = ARRAY['attachments']", "attachments in the history"),
            ("UPDATE onboarding.playbook_run SET state = 'in_progress'", "runs of playbooks"),
            (
                "DELETE FROM onboarding.lifecycle_task WHERE short_description = 'Reporting'",
                "records that activities made"
            ),
            ("UPDATE play_launcher.flow_run SET state = 'failed'", "plays"),
            ("DELETE FROM notifier.in_app_notification WHERE kind = 'play_completed'", "notifications"),
            (
                """
                INSERT INTO notifier.in_app_notification SELECT (jsonb_populate_record(n, \
                jsonb_build_object('id', gen_random_uuid()))).* FROM notifier.in_app_notification n LIMIT 1
                """, "notifications"
            ),
            ("DELETE FROM onboarding.team_message WHERE kind = 'account_team'", "messages to teams"),
            ("DELETE FROM notifier.email_delivery", "mails"),
            ("UPDATE customer_success.customer_account SET revision = 0", "customer_account"),
            ("UPDATE onboarding.outbox SET event_id = gen_random_uuid() WHERE seq = 1", "stream"),
            ("DELETE FROM customer_success.journal WHERE kind = 'work_notes'", "work notes"),
        ]
    }
}
