import ServiceTestKit

extension Listed {
    /// What people ask each service for: its pages and cards, and the lists that pages are made of.
    static let all: [String: Lists] = [
        "onboarding": onboarding, "import-validation": importValidation, "customer-success": customerSuccess,
        "play-launcher": playLauncher, "notifier": notifier,
    ]

    private static let first = "00000000-0000-7000-8000-000000000001"
    private static let own = "assigned_to = me() AND active = true"

    // MARK: Playbooks

    /// Runs of one version, hundreds over each of fifty records of `parent`; one activity in each, and a long history.
    private static func runs(over parent: String, kind: String) -> [Filled] {
        let domain = Filled.domain
        let bytes = Tested.oneActivity(kind).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return [
            Filled("playbook_version", rows: 1, ["domain": "'/provider/'", "playbook": "'\\x\(bytes)'::bytea"]),
            Filled(
                "playbook_run",
                [
                    "domain": domain, "version": FilledTables.id("1"), "parent_table": "'\(parent)'",
                    "record": Filled.one(of: 50), "state": "'done'", "started_at": "now() - n * interval '1 minute'",
                ]),
            Filled(
                "playbook_activity",
                ["domain": domain, "run": FilledTables.id("n"), "key": "'x'", "state": "'done'"]),
            Filled(
                "playbook_log",
                ["domain": domain, "run": Filled.one(of: 50), "at": "now() - n * interval '1 minute'"]),
            Filled(
                "playbook_migration",
                [
                    "domain": domain, "version": FilledTables.id("1"), "definition": Filled.one(of: 50),
                    "created_at": "now() - n * interval '1 minute'",
                ]),
            Filled(
                "playbook_migration_case",
                [
                    "domain": domain, "migration": FilledTables.id("1 + n % 1000"), "position": "n",
                    "preview": "''::bytea",
                ]),
        ]
    }

    private static func aboutRuns(over parent: String) -> [Listed] {
        let record = #""table": "\#(parent)", "record": "\#(first)""#
        return [
            Listed("stage picker of a record", "playbook_runs.get_stages", "{\(record)}"),
            Listed("runs of a record", "playbook_runs.list", "{\(record), \"pageSize\": 50}"),
            Listed("activities of a run", "playbook_activities.list", #"{"run": "\#(first)"}"#),
            Listed(
                "migrations of a playbook", "playbook_migrations.list", #"{"definition": "\#(first)", "pageSize": 50}"#),
            Listed(
                "cases of a migration", "playbook_migrations.list_cases", #"{"migration": "\#(first)", "pageSize": 50}"#
            ),
            Listed("activity log of a run", "playbook_runs.list_log", #"{"run": "\#(first)", "pageSize": 50}"#),
        ]
    }

    // MARK: customer-success

    /// One person has a tenth, and one engagement a half.
    private static func work(_ table: String, _ columns: [String: String] = [:]) -> Filled {
        let usual = [
            "domain": Filled.domain, "assigned_to": Filled.person(of: 10), "active": Filled.half,
            "due_date": Filled.day, "engagement": Filled.customer, "account": Filled.customer,
        ]
        return Filled(table, usual.merging(columns) { _, own in own })
    }

    private static func plan(_ table: String, _ columns: [String: String]) -> Filled {
        let usual = [
            "domain": Filled.domain, "active": Filled.half, "planned_stop": Filled.day,
            "account": Filled.customer,
        ]
        return Filled(table, usual.merging(columns) { _, own in own })
    }

    /// A card counts, and shows, the engagements of one person, who has some hundreds: all of them are read.
    private static let ofOnePerson = Dictionary(
        uniqueKeysWithValues: [
            "sort mine", "filter mine", "sort engagement", "filter engagement", "sort customer_account",
            "sort scorecard_snapshot", "filter customer_account",
        ].map { ($0, "all engagements of one person are counted") })
    private static let customerSuccess = Lists(
        tables: [
            Filled("user", rows: 2_000, ["domain": "'/provider/'", "name": "'P' || n", "email": "'p' || n"]),
            Filled(
                "customer_account", rows: 2_000,
                ["domain": Filled.domain, "name": "'A' || n", "escalated": "n % 20 = 0"]),
            Filled("customer_contact", ["domain": Filled.domain, "account": Filled.customer]),
            Filled(
                "case_team_member",
                [
                    "domain": Filled.domain, "side": "'customer'",
                    "onboarding_case": Filled.one(of: 2_000), "contact": FilledTables.id("n"),
                ]),
            Filled(
                "squad_member",
                [
                    "domain": Filled.domain, "user": Filled.person(of: 2_000),
                    "account": Filled.one(of: 2_000), "active": "true",
                ]),
            Filled(
                "engagement",
                [
                    "domain": Filled.domain, "account": Filled.one(of: 2_000), "active": "n % 7 > 0",
                    "state": "'new'", "customer_success_manager": Filled.person(of: 50),
                    "renewal_date": "current_date + n",
                    "account_manager": Filled.person(of: 70), "perceived_health": "'red'", "contract_value": "n",
                    "previous_perceived_health": "'green'", "squad": "ARRAY[\(FilledTables.id("n"))]",
                    "initial_onboarding": Filled.one(of: 2_000), "key_customer_contact": FilledTables.id("n"),
                ]),
            Filled(
                "scorecard_snapshot",
                [
                    "domain": Filled.domain, "day": "current_date - 1 - (n / 50) % 91",
                    "user": Filled.person(of: 50), "currency": "'C' || n",
                ]),
            work("touchpoint", ["meeting_date": Filled.day]), work("risk_signal"), work("success_case"),
            work("success_initiative", ["success_outcome": Filled.customer]), work("internal_play"),
            work("internal_play_task", ["internal_play": Filled.customer]),
            Filled(
                "success_task",
                [
                    "domain": Filled.domain, "assigned_to": Filled.person(of: 10),
                    "active": Filled.half, "due_date": Filled.day, "parent": Filled.customer,
                ]),
            plan("success_objective", ["engagement": Filled.customer, "objective_owner": Filled.person(of: 10)]),
            plan(
                "success_outcome",
                ["success_objective": Filled.customer, "engagement": Filled.customer, "owner": Filled.person(of: 10)]),
            Filled(
                "success_milestone",
                [
                    "domain": Filled.domain, "active": Filled.half, "target_date": Filled.day,
                    "success_objective": Filled.customer, "owner": Filled.person(of: 10),
                    "engagement": Filled.customer, "account": Filled.customer,
                ]),
            Filled.words(of: "touchpoint"),
            .journal, .attachments,
        ] + MeasuredLists.tables + runs(over: "success_initiative", kind: "enter_info"),
        asked: [
            Listed.rareWord, Listed.changes(of: "engagement"),
            Listed("landing page", "pages.landing", #"{"portfolio": 100}"#, reasons: ofOnePerson),
            Listed(
                "engagement page", "pages.engagement", #"{"id": "\#(first)"}"#,
                // Its plan is kept: as many are expected as an engagement has on average.
                reasons: MeasuredLists.ofEngagement.merging(
                    ["sort success_objective": "an engagement has some dozens of objectives"]) { $1 }),
            Listed("objective page", "pages.objective", #"{"id": "\#(first)"}"#),
        ]
            + ["total_engagements", "health_declined", "escalated_account", "renewals_due", "new_engagements"].map {
                Listed(
                    "card \($0)", "pages.list_card", #"{"card": "\#($0)"}"#,
                    reasons: $0 == "renewals_due" ? [:] : ofOnePerson)
            }
            + [
                "touchpoints", "success_initiatives", "success_cases", "risk_signals", "success_tasks",
                "internal_plays",
                "internal_play_tasks",
            ].map { .records($0, own, by: "due_date") }
            + ["touchpoints", "success_initiatives", "success_cases", "risk_signals", "internal_plays"].map {
                .records($0, "engagement = \"\(first)\" AND active = true", by: "due_date")
            } + [
                .records("success_objectives", "objective_owner = me() AND active = true", by: "planned_stop"),
                .records("success_objectives", "engagement = \"\(first)\" AND active = true", by: "planned_stop"),
                .records("success_outcomes", "owner = me() AND active = true", by: "planned_stop"),
                .records("success_outcomes", "success_objective = \"\(first)\"", by: "planned_stop"),
                .records("success_initiatives", "success_outcome = \"\(first)\"", by: "due_date"),
                .records("success_milestones", "owner = me() AND active = true", by: "target_date"),
                .records("success_milestones", "success_objective = \"\(first)\"", by: "target_date"),
                .records("success_tasks", "parent = \"\(first)\" AND active = true", by: "due_date"),
                .records("success_objectives", "account = \"\(first)\"", by: "planned_stop"),
                .records("engagements", "customer_success_manager = me() AND active = true", by: "renewal_date"),
                .records("engagements", "account_manager = me() AND active = true", by: "renewal_date"),
                Listed(
                    "what refers to a contract", "records.find_references",
                    #"{"table": "contract", "records": [{"id": "\#(first)"}]}"#,
                    reasons: ["filter risk_signal": "lists of contracts are looked through once, for all contracts"]
                ).asked(by: .service),
                Listed("activity of a record", "touchpoints.list_activity", #"{"id": "\#(first)"}"#),
                Listed("activity of a record", "touchpoints.list_activity", #"{"id": "\#(first)"}"#)
                    .asked(by: .customer),
                Listed("files of a record", "touchpoints.list_attachments", #"{"id": "\#(first)"}"#),
                Listed(
                    "engagement page of a customer", "pages.engagement", #"{"id": "\#(first)"}"#,
                    reasons: MeasuredLists.ofEngagement
                ).asked(by: .customer),
                Listed("objective page of a customer", "pages.objective", #"{"id": "\#(first)"}"#)
                    .asked(by: .customer),
                Listed("case that is followed", "pages.portal_case", #"{"id": "\#(first)"}"#)
                    .asked(by: .customer),
                Listed("initiative that is followed", "pages.portal_initiative", #"{"id": "\#(first)"}"#)
                    .asked(by: .customer),
                Listed("touchpoint that is followed", "pages.portal_touchpoint", #"{"id": "\#(first)"}"#)
                    .asked(by: .customer),
                Listed("milestone that is followed", "pages.portal_milestone", #"{"id": "\#(first)"}"#)
                    .asked(by: .customer),
                Listed("first page of the portal", "pages.portal", "{}", reasons: MeasuredLists.ofPortal)
                    .asked(by: .customer),
                .records("internal_play_tasks", "internal_play = \"\(first)\" AND active = true", by: "due_date"),
            ] + MeasuredLists.asked + aboutRuns(over: "success_initiative"))

    // MARK: Other services

    private static let onboarding = Lists(
        tables: [
            Filled(
                "customer_account",
                ["domain": Filled.domain, "name": "'A' || n", "account_number": "'N' || n"]),
            Filled(
                "user",
                [
                    "domain": Filled.domain, "account": Filled.customer, "name": "'P' || (100000 - n)",
                    "email": "'p' || n",
                ]),
            Filled(
                "customer_contact",
                [
                    "domain": Filled.domain, "account": Filled.customer, "last_name": "'L' || n",
                    "email": "n || '@customer.example'",
                ]),
            Filled(
                "onboarding_case",
                [
                    "domain": Filled.domain, "account": Filled.customer, "contact": Filled.customer,
                    // Open tasks are those of open cases.
                    "active": "n <= 60 OR \(Filled.half)", "assigned_to": Filled.person(of: 50),
                    "go_live_date": Filled.day, "state": "'active'",
                    "priority": "1 + n % 5", "updated_at": "now() - n * interval '1 minute'",
                ]),
            Filled(
                "lifecycle_task",
                [
                    "domain": Filled.domain, "assigned_to": Filled.person(of: 50), "company": Filled.customer,
                    "contact": Filled.customer, "visible_to_customer": "true",
                    "parent": Filled.customer, "active": Filled.half, "due_date": Filled.day, "state": "'open'",
                    "priority": "1 + n % 5", "updated_at": "now() - n * interval '1 minute'",
                ]),
            Filled(
                "import_task",
                [
                    "domain": Filled.domain, "assigned_to": Filled.person(of: 50), "account": Filled.customer,
                    "contact": Filled.customer, "visible_to_customer": "true",
                    "parent": Filled.customer, "active": Filled.half, "due_date": Filled.day, "state": "'open'",
                    "priority": "1 + n % 5", "updated_at": "now() - n * interval '1 minute'",
                ]),
            Filled(
                "risk_signal",
                [
                    "domain": Filled.domain, "onboarding_case": Filled.customer,
                    "active": Filled.half, "due_date": Filled.day, "state": "'active'", "priority": "1 + n % 5",
                    "updated_at": "now() - n * interval '1 minute'",
                ]),
            Filled.words(of: "onboarding_case"), Filled.wordOfTasks,
            Filled(
                "case_team_member",
                [
                    "domain": Filled.domain, "onboarding_case": Filled.one(of: 2_000),
                    "contact": FilledTables.id("n"),
                ]),
            Filled(
                "card_snapshot",
                [
                    "domain": "'/provider/'", "day": "current_date - 1 - n % 90", "user": "'u' || n / 450",
                    "card": "'c' || n / 90 % 5",
                ]),
            Filled(
                "team_message",
                ["domain": Filled.domain, "onboarding_case": Filled.customer]),
            Filled(
                "account_holiday",
                ["domain": Filled.domain, "account": Filled.customer, "day": "'1900-01-01'::date + n"]),
            Filled("sign_in_link", ["domain": Filled.domain, "user": Filled.person(of: 50)]),
            Filled(
                "session",
                [
                    "domain": Filled.domain, "user": Filled.person(of: 2_000),
                    "expires_at": "now() + interval '1 day'",
                ]),
            Filled(
                "saved_view",
                ["domain": Filled.domain, "user": Filled.person(of: 2_000), "list": "'l' || n", "name": "'n' || n"]),
            .journal, .attachments,
        ] + runs(over: "onboarding_case", kind: "related_work"),
        asked: LandingLists.cards + [
            Listed.changes(of: "onboarding_case"),
            Listed("landing page", "pages.landing", "{}"),
            Listed("case page", "pages.case", #"{"id": "\#(first)"}"#),
            Listed("task page", "pages.task", #"{"id": "\#(first)"}"#),
            Listed("beside an import", "pages.import", #"{"id": "\#(first)"}"#),
            Listed("portal", "pages.portal", "{}"),
            Listed.rareWord,
            Listed.usualWord(["sort onboarding_case"]),
            // Of a customer's own, more candidates are asked (ADR 0038).
            Listed.wordOfTasks(["sort lifecycle_task"]),
            Listed.wordOfTasks(["sort lifecycle_task", "filter lifecycle_task"]).asked(by: .customer),
            .records("team_messages", "onboarding_case = \"\(first)\""),
            .records("sign_in_links", "user = \"\(first)\""),
            Listed("sessions of a person", "sessions.list", "{}"),
            Listed("views of a person", "saved_views.list", "{}"),
            Listed("people to invite", "invitations.list_people", #"{"account": "\#(first)"}"#),
            Listed("own people to invite", "invitations.list_people", "{}"),
            .records("onboarding_cases", own, by: "go_live_date"), .records("lifecycle_tasks", own, by: "due_date"),
            .records("lifecycle_tasks", "parent = \"\(first)\" AND active = true", by: "due_date"),
            .records("customer_accounts", "", by: "name"),
            .records("customer_contacts", "account = \"\(first)\"", by: "last_name"),
            .records("lifecycle_tasks", "company = \"\(first)\""),
            Listed("activity of a record", "onboarding_cases.list_activity", #"{"id": "\#(first)"}"#),
            Listed("files of a record", "onboarding_cases.list_attachments", #"{"id": "\#(first)"}"#),
        ] + ofAccount.map { .records($0, "account = \"\(first)\"") } + portal + aboutRuns(over: "onboarding_case"))

    private static let importValidation = Lists(
        tables: [
            // Without its account a customer has no domain, and sees nothing.
            Filled("customer_account", rows: 50, ["domain": "'/provider/c' || n || '/'"]),
            Filled(
                "import_task",
                [
                    "domain": Filled.domain, "assigned_to": Filled.person(of: 50),
                    "parent": Filled.customer, "active": Filled.half, "due_date": Filled.day,
                    "target_table": "'location'", "account": Filled.customer, "contact": Filled.customer,
                    "visible_to_customer": "true",
                ]),
            Filled("upload", ["domain": Filled.domain, "import_task": Filled.customer]),
            Filled("import_run", ["domain": Filled.domain, "import_task": Filled.customer]),
            Filled(
                "staging_row",
                [
                    "domain": "'/provider/c' || n % 2 || '/'", "import_task": Filled.one(of: 2), "row_number": "n",
                    "status":
                        "(ARRAY['yet_to_validate', 'needs_attention', 'ready_to_publish', 'published'])[n / 2 % 4 + 1]",
                ]),
            Filled("import_plan", ["domain": "'/provider/c' || n % 2 || '/'", "import_task": Filled.one(of: 1)]),
            Filled(
                "import_plan_row",
                [
                    "domain": "'/provider/c' || n % 2 || '/'", "plan": Filled.one(of: 2), "number": "n",
                    "outcome": "(ARRAY['insert', 'update', 'conflict'])[n / 2 % 3 + 1]",
                ]),
            Filled(
                "publication",
                [
                    "domain": "'/provider/c' || n % 2 || '/'", "import_task": Filled.one(of: 1),
                    "target_table": "'location'",
                ]),
            Filled(
                "publication_row",
                [
                    "domain": "'/provider/c' || n % 2 || '/'", "publication": Filled.one(of: 2), "number": "n",
                    "target_record": Filled.one(of: 3_000),
                    "fields": #"'[{"f": "name", "b": "", "a": "x"}]'"#,
                ]),
            Filled.words(of: "import_task"),
            // One for each domain.
            Filled("staging_backup", rows: 50, ["domain": "'/provider/c' || n || '/'"]), .journal, .attachments,
        ],
        asked: [
            .records("import_tasks", own, by: "due_date"),
            .records("import_tasks", "parent = \"\(first)\" AND active = true", by: "due_date"),
            .records("uploads", "import_task = \"\(first)\"", by: "id desc"),
            .records("import_runs", "import_task = \"\(first)\""),
            Listed("rows of a task", "staging_rows.list", #"{"importTask": "\#(first)", "pageSize": 20}"#),
            Listed(
                "rows of a task that need attention", "staging_rows.list",
                #"{"importTask": "\#(first)", "status": "needs_attention", "pageSize": 20}"#),
            Listed("reasons of a task", "staging_rows.count_errors", #"{"importTask": "\#(first)"}"#),
            Listed("rows of a plan", "plan_rows.list", #"{"plan": "\#(first)", "pageSize": 20}"#),
            Listed(
                "conflicts of a plan", "plan_rows.list",
                #"{"plan": "\#(first)", "outcome": "conflict", "pageSize": 20}"#),
            Listed("rows of a publication", "published_rows.list", #"{"importRun": "\#(first)", "pageSize": 20}"#),
            Listed.rareWord,
            Listed("activity of a record", "import_tasks.list_activity", #"{"id": "\#(first)"}"#),
            Listed("files of a record", "import_tasks.list_attachments", #"{"id": "\#(first)"}"#),
            Listed(
                "lineage of a record", "published_rows.get_lineage",
                #"{"table": "location", "record": "\#(first)"}"#),
            Listed("task in the portal", "pages.portal_task", #"{"id": "\#(first)"}"#).asked(by: .customer),
        ])
}

/// The scorecards of onboarding.
private enum LandingLists {
    static let cards = ["my_active_cases", "stale_cases", "active_tasks", "overdue_tasks", "active_risk_signals"].map {
        Listed("card \($0)", "pages.list_card", #"{"card": "\#($0)"}"#)
    }
}
