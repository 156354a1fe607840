import ServiceTestKit

/// What people ask of plays and of what they are told.
extension Listed {
    private static let record = ListPlanTests.me

    static let playLauncher = Lists(
        tables: [
            Filled(
                "flow_run",
                [
                    "domain": Filled.domain, "requested_by": Filled.person(of: 50),
                    "source_record": Filled.customer, "engagement": Filled.customer,
                    "account": Filled.customer,
                ]),
            Filled("flow_step", ["domain": Filled.domain, "run": Filled.one(of: 1_000), "key": "'k' || n"]),
            Filled(
                "play_firing",
                ["domain": Filled.domain, "play_trigger": Filled.customer, "source_record": Filled.customer]),
            Filled.words(of: "flow_run"),
        ],
        asked: ["requested_by = me()"].map { .records("flow_runs", $0) }
            + [Listed("steps of a run", "flow_runs.list_steps", #"{"flowRun": "\#(record)"}"#)]
            + ["source_record", "engagement", "account"].map { .records("flow_runs", "\($0) = \"\(record)\"") }
            + ["play_trigger", "source_record"].map { .records("play_firings", "\($0) = \"\(record)\"") }
            + [
                Listed(
                    "what can be launched", "plays.list_categories", #"{"sourceTable": "engagement"}"#,
                    reasons: ["filter flow_definition": "a provider has some dozens of flows"]),
                Listed(
                    "what can be laid out", "plays.list_blueprints", "{}",
                    reasons: ["filter flow_definition": "a provider has some dozens of flows"]),
                Listed.rareWord, Listed.usualWord(["sort flow_run"]),
            ])

    static let notifier = Lists(
        tables: [
            Filled(
                "in_app_notification",
                [
                    "domain": Filled.domain, "user": "\(Filled.customer)::text",
                    "read_at": "CASE WHEN n % 3000 > 10 THEN now() END",
                ]),
            Filled(
                "success_launcher_notifier",
                [
                    "domain": Filled.domain, "requested_by": Filled.person(of: 50),
                    "source_record": Filled.customer, "engagement": Filled.customer, "flow_run": "'r' || n",
                ]),
            Filled(
                "email_delivery",
                ["domain": "'/provider/'", "user": Filled.person(of: 50), "source_record": Filled.customer]),
            Filled(
                "play_telling",
                [
                    "domain": Filled.domain, "notifier": Filled.customer, "user": Filled.person(of: 50),
                    "kind": "'play_held'",
                    "delivery": "NULL",
                ]),
            Filled.words(of: "success_launcher_notifier"),
        ],
        asked: [
            .records("in_app_notifications", ""), .records("in_app_notifications", "NOT read_at:*"),
            .records("success_launcher_notifiers", "requested_by = me()"),
            .records("success_launcher_notifiers", "source_record = \"\(record)\""),
            .records("success_launcher_notifiers", "engagement = \"\(record)\""),
            Listed("followed plays", "success_launcher_notifiers.list_followed", "{}"),
            .records("email_deliveries", "user = me()"), .records("email_deliveries", "source_record = \"\(record)\""),
            // The ids of one's own notifications are those of the records with the words.
            Listed.rareWordLookedFor(["filter in_app_notification"]),
            Listed.usualWord([
                "sort success_launcher_notifier", "sort in_app_notification", "filter in_app_notification",
            ]),
        ])
}

extension Listed {
    /// A search for a word that few records of ``Filled/words(of:)`` have.
    static let rareWord = Listed("search for a rare word", "records.search", #"{"text": "rare"}"#)

    /// The same where more is looked through than a page shows: one's own notifications are, up to 5,000.
    static func rareWordLookedFor(_ excesses: [String]) -> Listed {
        let why = "the newest 5,000 of one's own are looked through"
        return Listed(
            rareWord.name, "records.search", #"{"text": "rare"}"#,
            reasons: Dictionary(uniqueKeysWithValues: excesses.map { ($0, why) }))
    }

    /// A search for one that many have, and what is done to more of them than a page shows.
    static func usualWord(_ excesses: [String]) -> Listed {
        let why = "of what many have, some hundreds are put into order, and of one's own, thousands are looked through"
        return Listed(
            "search for a usual word", "records.search", #"{"text": "usual"}"#,
            reasons: Dictionary(uniqueKeysWithValues: excesses.map { ($0, why) }))
    }
}

extension Listed {
    /// A search for the word that every task has.
    static func wordOfTasks(_ excesses: [String]) -> Listed {
        let why = "of what many have, some hundreds are put into order, of a customer's own some thousands"
        return Listed(
            "search for the word of all tasks", "records.search", #"{"text": "task"}"#,
            reasons: Dictionary(uniqueKeysWithValues: excesses.map { ($0, why) }))
    }
}

extension Filled {
    /// The word that every task has, beside ``words(of:)`` of another table.
    static let wordOfTasks = Filled(
        "search_word",
        [
            "domain": domain, "record": FilledTables.id("n"), "table_name": "'lifecycle_task'", "term": "'task'",
        ])

    /// A word of each record of a table that is filled.
    static func words(of table: String) -> Filled {
        Filled(
            "search_word",
            [
                "domain": domain, "record": FilledTables.id("n"), "table_name": "'\(table)'",
                "term": "CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'usual' END",
            ])
    }
}
