import Foundation
import JourneyKit

/// Counts what the system holds against what it acknowledged, by looking into the database, the stream and the mails.
public struct Auditor: Sendable {
    let stack: ScenarioStack
    let ledger: Ledger

    /// An audit of a stack on which nothing but `ledger` was done.
    public init(stack: ScenarioStack, ledger: Ledger) {
        self.stack = stack
        self.ledger = ledger
    }

    /// Looks again until nothing is missing, since effects come by events; what is there still after `patience` is a
    /// ``JourneyFailure``.
    public func confirm(within patience: Duration) async throws {
        let end = ContinuousClock.now + patience
        while true {
            let findings = try await findings()
            if findings.isEmpty { break }
            guard ContinuousClock.now < end else {
                throw JourneyFailure("the audit found:\n  " + findings.joined(separator: "\n  "))
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Everything that is not as it must be now.
    public func findings() async throws -> [String] {
        try await onboarding() + attachments() + playbooks() + success() + plays() + messages() + replicas()
            + StreamAudit(stack: stack).findings()
    }

    private func onboarding() async throws -> [String] {
        let accounts = try await ids("SELECT id FROM onboarding.customer_account")
        let cases = try await stack.sql("SELECT id, account FROM onboarding.onboarding_case WHERE parent IS NULL")
        let tasks = try await ids("SELECT id FROM import_validation.import_task")
        let contracts = try await counts("SELECT account, count(*) FROM onboarding.contract GROUP BY 1")
        let locations = try await counts("SELECT account, count(*) FROM onboarding.location GROUP BY 1")
        let published = try await counts(
            """
            SELECT t.account, count(*) FROM import_validation.staging_row r \
            JOIN import_validation.import_task t ON t.id = r.import_task WHERE r.status = 'published' GROUP BY 1
            """)
        let staged = try await counts(
            """
            SELECT import_task || ' ' || status, count(*) FROM import_validation.staging_row \
            WHERE status <> 'published' GROUP BY 1
            """)
        return Self.compare("accounts", accounts, Array(ledger.accounts))
            + Self.compare(
                "cases", cases.map { $0.joined(separator: " of account ") },
                ledger.cases.map { "\($0.value) of account \($0.key)" })
            + Self.compare("import tasks", tasks, Array(ledger.tasks))
            + Self.compare("contracts of each account", contracts, ledger.contracts)
            + Self.compare("locations of each account", locations, ledger.locations)
            + Self.compare(
                "staging rows published of each account", published,
                ledger.contracts.merging(ledger.locations, uniquingKeysWith: +))
            + Self.compare(
                "rows of each import task that are not published", staged,
                Dictionary(uniqueKeysWithValues: ledger.ready.map { ("\($0.key) ready_to_publish", $0.value) }))
    }

    /// Each file that was acknowledged is there as it was sent, and is told of once.
    private func attachments() async throws -> [String] {
        let files = try await stack.sql(
            """
            SELECT file.id, file.record, coalesce(encode(sha256(string_agg(part.content, ''::bytea \
            ORDER BY part.position)), 'hex'), '') FROM onboarding.attachment file \
            LEFT JOIN onboarding.attachment_part part ON part.attachment = file.id WHERE file.complete GROUP BY file.id
            """)
        let told = try await counts(
            "SELECT record, count(*) FROM onboarding.journal WHERE fields = ARRAY['attachments'] GROUP BY 1")
        let expected: [String: Int] = ledger.attachments.values.reduce(into: [:]) { $0[$1.record, default: 0] += 1 }
        return Self.compare(
            "attachments with their content", files.map { $0.joined(separator: " ") },
            ledger.attachments.map { "\($0.key) \($0.value.record) \($0.value.sha256)" })
            + Self.compare("attachments in the history of each case", told, expected)
    }

    /// Each case was worked through its playbook once, and each activity made its record once.
    private func playbooks() async throws -> [String] {
        let runs = try await stack.sql("SELECT record, state FROM onboarding.playbook_run")
        let support = try await ids("SELECT parent FROM onboarding.onboarding_case WHERE parent IS NOT NULL")
        let twice = try await counts(
            """
            SELECT playbook_activity, count(*) FROM onboarding.lifecycle_task GROUP BY 1 HAVING count(*) <> 1
            """)
        let made = try await stack.sql(
            """
            SELECT run.record, count(*) FROM onboarding.playbook_activity activity \
            JOIN onboarding.playbook_run run ON run.id = activity.run WHERE activity.made IS NOT NULL GROUP BY 1
            """)
        let tasks = try await stack.sql(
            """
            SELECT parent, count(*) FROM (SELECT parent FROM onboarding.lifecycle_task \
            UNION ALL SELECT parent FROM import_validation.import_task \
            UNION ALL SELECT parent FROM onboarding.onboarding_case WHERE parent IS NOT NULL) made GROUP BY 1
            """)
        return Self.compare(
            "runs of playbooks", runs.map { $0.joined(separator: " ") }, ledger.cases.values.map { "\($0) done" })
            + Self.compare("go-live support cases", support, Array(ledger.cases.values))
            + Self.compare("activities with several tasks", twice, [:])
            + Self.compare(
                "records that activities made", tasks.map { $0.joined(separator: " ") },
                made.map { $0.joined(separator: " ") })
    }

    private func success() async throws -> [String] {
        let engagements = try await ids("SELECT id FROM customer_success.engagement")
        let links = try await counts(
            "SELECT engagement, count(*) FROM customer_success.engagement_contract GROUP BY 1")
        let notes = try await counts(
            """
            SELECT record, count(*) FROM customer_success.journal \
            WHERE table_name = 'touchpoint' AND kind = 'work_notes' GROUP BY 1
            """)
        return Self.compare("engagements", engagements, Array(ledger.engagements))
            + Self.compare("contracts linked to each engagement", links, ledger.links)
            + Self.compare("work notes of each touchpoint", notes, ledger.notes)
    }

    /// Each run made one touchpoint, and says so.
    private func plays() async throws -> [String] {
        let runs = try await stack.sql(
            "SELECT id, state, created_records::json #>> '{0,id}', json_array_length(created_records::json) FROM play_launcher.flow_run"
        )
        let touchpoints = try await stack.sql("SELECT id, state FROM customer_success.touchpoint")
        let made = runs.map { "\($0[2]) new" }
        return Self.compare(
            "plays, each with one record made", runs.map { "\($0[0]) \($0[1]) \($0[3])" },
            ledger.runs.map { "\($0) completed 1" })
            + Self.compare(
                "touchpoints, by people and by plays", touchpoints.map { $0.joined(separator: " ") },
                ledger.touchpoints.map { "\($0.key) \($0.value)" } + made)
    }

    /// Of every run people are told twice in the product, and once by a mail that is sent at least once. So are the teams
    /// of each case: a contact and the assignee, who the key members are; one person, who the account team is.
    private func messages() async throws -> [String] {
        let notifiers = try await stack.sql("SELECT flow_run, status FROM notifier.success_launcher_notifier")
        let notifications = try await counts(
            """
            SELECT source_record || ' ' || kind, count(*) FROM notifier.in_app_notification \
            WHERE kind LIKE 'play_%' GROUP BY 1
            """)
        let launched = try await counts("SELECT engagement, count(*) FROM play_launcher.flow_run GROUP BY 1")
        var (expected, expectedOfTeams): ([String: Int], [String: Int]) = ([:], [:])
        for (engagement, runs) in launched {
            expected["\(engagement) play_started"] = runs
            expected["\(engagement) play_completed"] = runs
        }
        let told = try await counts(
            "SELECT onboarding_case || ' ' || kind, count(*) FROM onboarding.team_message GROUP BY 1")
        for onboarding in ledger.cases.values {
            expectedOfTeams["\(onboarding) key_members"] = 2
            expectedOfTeams["\(onboarding) account_team"] = 1
        }
        let deliveries = try await stack.sql("SELECT id, state, template LIKE 'play-%' FROM notifier.email_delivery")
        let (ofRuns, ofTeams) = (deliveries.filter { $0[2] == "t" }, deliveries.filter { $0[2] == "f" })
        let mails = MailFolder(path: stack.mailDirectory).deliveries
        return Self.compare(
            "launcher notifiers", notifiers.map { $0.joined(separator: " ") }, ledger.runs.map { "\($0) completed" })
            + Self.compare("notifications", notifications, expected)
            + Self.compare(
                "mails of runs", ["\(ofRuns.count { $0[1] == "sent" }) sent of \(ofRuns.count)"],
                ["\(ledger.runs.count) sent of \(ledger.runs.count)"])
            + Self.compare("messages to teams", told, expectedOfTeams)
            + Self.compare(
                "mails to teams", ["\(ofTeams.count { $0[1] == "sent" }) sent of \(ofTeams.count)"],
                ["\(told.values.reduce(0, +)) sent of \(told.values.reduce(0, +))"])
            + Self.compare("mails received, by Message-ID", Array(mails.keys), deliveries.map { $0[0] })
    }

    /// Every copy is what its owner has.
    private func replicas() async throws -> [String] {
        let replicas = try Replication.all()
        // In one statement: a process of psql for each table takes longer than all the tables.
        let rows = try await stack.sql(
            replicas.enumerated().flatMap { number, replica in
                [
                    "SELECT '\(number) copied', id, revision FROM \(replica.copy)",
                    "SELECT '\(number) owned', id, revision FROM \(replica.original)",
                ]
            }.joined(separator: " UNION ALL "))
        let places = Dictionary(grouping: rows) { $0[0] }.mapValues { $0.map { "\($0[1]) revision \($0[2])" } }
        return replicas.enumerated().flatMap { number, replica in
            Self.compare(replica.copy, places["\(number) copied"] ?? [], places["\(number) owned"] ?? [])
        }
    }

    private func ids(_ query: String) async throws -> [String] { try await stack.sql(query).map { $0[0] } }

    private func counts(_ query: String) async throws -> [String: Int] {
        Dictionary(try await stack.sql(query).map { ($0[0], Int($0[1]) ?? -1) }) { $0 + $1 }
    }

    private static func compare(_ what: String, _ found: [String: Int], _ expected: [String: Int]) -> [String] {
        compare(what, found.map { "\($0.key): \($0.value)" }, expected.map { "\($0.key): \($0.value)" })
    }

    /// Both as multisets: what is there twice is one too many.
    static func compare(_ what: String, _ found: [String], _ expected: [String]) -> [String] {
        var balance: [String: Int] = [:]
        for item in found { balance[item, default: 0] += 1 }
        for item in expected { balance[item, default: 0] -= 1 }
        let extra = balance.filter { $0.value > 0 }.keys.sorted()
        let missing = balance.filter { $0.value < 0 }.keys.sorted()
        return (missing.isEmpty ? [] : ["\(what): \(missing.count) missing, \(missing.prefix(3))"])
            + (extra.isEmpty ? [] : ["\(what): \(extra.count) too many, \(extra.prefix(3))"])
    }
}
