import Postgres
import RPC
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// An article whose *Cannot read* names somebody's role is found by no way of asking (G-100): every method of onboarding is
/// tried, with every id there is.
@Suite(.timeLimit(.minutes(15))) struct KnowledgeExclusionTests {
    private static let victim = Caller.holding("admin", domain: Tested.victim, subject: Tested.person)
    private static let key = "zzkey"
    /// What stands in the article and in the links to it, and nowhere else.
    private static let words = ["zzsecret", "꿹꿺"]
    private static let reading: Set = [
        "get", "list", "read", "search", "show", "answer", "list_versions", "list_related", "list_shared", "case",
        "task", "import",
        "portal_case", "portal_task", "describe",
    ]
    private static let everybody = RoleCatalog.all.map(\.name).filter {
        RoleCatalog.isGrantable($0) && $0 != RoleCatalog.administrator
    }
    private static let employees = [
        "sn_acct_lc.agent", "sn_acct_lc.ale_success_viewer", "sn_acct_lc.ale_success_agent",
    ].map { Caller.holding($0, domain: Tested.victim) }
    private static let customers = [
        "sn_customerservice.customer_case_manager", "sn_customerservice.customer_admin",
        "sn_customerservice.customer_manager", "sn_customerservice.customer",
    ].map { Caller.customer($0, of: Tested.account, in: Tested.victim, contact: contact) }
    /// Whose the import task is.
    private static let contact = uuid()

    @Test func noMethodTellsOfIt() async throws {
        let service = try await Tested.start("onboarding")
        try await Self.publish(service)
        try await Self.recommend(service)
        let ways: Set = [
            "knowledge_articles.read", "knowledge_articles.search", "knowledge_articles.list_related",
            "knowledge_articles.list_shared", "recommended_actions.show", "recommended_actions.answer", "pages.case",
            "pages.task", "pages.portal_case", "pages.portal_task", "pages.import of import_task",
            "pages.portal_task of import_task", "knowledge_articles.list_related of import_task",
            "knowledge_articles.list_shared of import_task",
        ]
        let own: Set = ["knowledge_articles.get", "knowledge_articles.list", "knowledge_links.list"]
        // The check of the check: as long as nobody is kept out, all of these lead to it.
        #expect(try await Self.telling(service, Self.employees[0], Self.reading) == ways)
        #expect(
            try await Self.telling(service, Self.customers[0], Self.reading)
                == [
                    "knowledge_articles.read", "knowledge_articles.list_shared", "pages.portal_case",
                    "pages.portal_task", "pages.portal_task of import_task",
                    "knowledge_articles.list_shared of import_task",
                ])
        #expect(try await Self.telling(service, Self.victim, Self.reading).isSuperset(of: ways.union(own)))
        try await service.change(
            ["UPDATE onboarding.knowledge_article SET cannot_read = \(Self.everybody)::text[]"])
        for caller in Self.employees + Self.customers {
            let told = try await Self.telling(service, caller)
            #expect(told.isEmpty, "\(caller.roles.sorted().first ?? "") \(told)")
        }
        #expect(try await Self.telling(service, Self.victim, Self.reading).isSuperset(of: ways.union(own)))
    }

    /// The victim's article with words of its own, related to the case and the import task and shared on them, by hand and by
    /// a rule, and shared on the task; customers see them.
    private static func publish(_ service: Tested) async throws {
        let (domain, word, korean) = (Tested.victim, words[0], words[1])
        let article: SQL = "(SELECT id FROM onboarding.knowledge_article WHERE domain = \(domain))"
        try await service.change([
            """
            UPDATE onboarding.knowledge_article SET key = \(key), title = \(word), title_ko = \(korean), body = \(word), \
            body_ko = \(korean) WHERE domain = \(domain)
            """,
            """
            UPDATE onboarding.knowledge_version SET title = \(word), title_ko = \(korean), body = \(word), \
            body_ko = \(korean) WHERE domain = \(domain)
            """,
            """
            UPDATE onboarding.knowledge_rule SET article = \(article), "table" = 'onboarding_case', condition = '', \
            active = true WHERE domain = \(domain)
            """,
            """
            UPDATE onboarding.knowledge_link SET purpose = 'shared', \
            onboarding_case = (SELECT id FROM onboarding.onboarding_case) WHERE domain = \(domain)
            """,
            """
            INSERT INTO onboarding.knowledge_link SELECT (jsonb_populate_record(link, \
            jsonb_build_object('id', gen_random_uuid(), 'purpose', 'related'))).* FROM onboarding.knowledge_link AS link \
            WHERE domain = \(domain)
            """,
            """
            INSERT INTO onboarding.knowledge_link SELECT (jsonb_populate_record(link, \
            jsonb_build_object('id', gen_random_uuid(), 'onboarding_case', NULL, \
            'lifecycle_task', (SELECT id FROM onboarding.lifecycle_task)))).* FROM onboarding.knowledge_link AS link \
            WHERE domain = \(domain) AND purpose = 'shared'
            """,
            "UPDATE onboarding.lifecycle_task SET visible_to_customer = true",
            """
            UPDATE onboarding.import_task SET visible_to_customer = true, contact = \(contact), \
            parent = (SELECT id FROM onboarding.onboarding_case)
            """,
            """
            INSERT INTO onboarding.knowledge_rule SELECT (jsonb_populate_record(rule, \
            jsonb_build_object('id', gen_random_uuid(), 'table', 'import_task'))).* \
            FROM onboarding.knowledge_rule AS rule WHERE domain = \(domain)
            """,
            """
            INSERT INTO onboarding.knowledge_link SELECT (jsonb_populate_record(link, \
            jsonb_build_object('id', gen_random_uuid(), 'onboarding_case', NULL, \
            'import_task', (SELECT id FROM onboarding.import_task)))).* FROM onboarding.knowledge_link AS link \
            WHERE domain = \(domain) AND onboarding_case IS NOT NULL
            """,
        ])
    }

    /// Cards of the victim's task link to the article: a guidance by itself and by a generator, a tree in its question and
    /// in an instruction.
    private static func recommend(_ service: Tested) async throws {
        let text = #"{"en": "Text", "ko": "안내"}"#
        let link = #"[{"label": {"en": "\#(words[0])", "ko": "\#(words[1])"}, "article": "\#(key)"}]"#
        let parts = [
            ("zzcontext", #""context": {"table": "lifecycle_task"}"#),
            ("zzguide", #""guidance": {"steps": [{"text": \#(text), "links": \#(link)}]}"#),
            (
                "zztree",
                """
                "decisionTree": {"steps": [
                  {"key": "a", "text": \(text), "links": \(link),
                   "answers": [{"key": "y", "label": \(text), "next": "b"}]},
                  {"key": "b", "text": \(text), "answers": [{"key": "y", "label": \(text), "next": "c"}],
                   "cases": [{"step": "a", "answer": "y", "text": \(text), "links": \(link)}]},
                  {"key": "c", "text": \(text), "isEnd": true}]}
                """
            ),
            (
                "zzcard",
                #""recommendation": {"shows": "zzguide", "text": \#(text), "generator": "articles", "argument": "\#(key)"}"#
            ),
            ("zztreecard", #""recommendation": {"shows": "zztree", "text": \#(text)}"#),
            (
                "zzrule",
                #""rule": {"context": "zzcontext", "recommendations": ["zzcard", "zztreecard"], "position": 1}"#
            ),
        ]
        for (key, part) in parts {
            let attempt = Attempt(
                subject: "ale.v1.onboarding.action_definitions.create",
                json: "{\"actionDefinition\": {\"key\": \"\(key)\", \"label\": \(text), \(part)}}", need: .nothing,
                table: "action_definition", isFoundFirst: false)
            let problem = await service.problem(attempt, as: victim)
            #expect(problem == nil, "\(key) \(problem as Any)")
        }
    }

    /// The methods, by "<collection>.<verb>", and by what they are about when it is an import task, that tell somebody of the
    /// article; all but those that remove something, or only those with these verbs.
    private static func telling(
        _ service: Tested, _ caller: Caller, _ verbs: Set<String>? = nil
    ) async throws -> Set<String> {
        let article = try #require(service.ids["knowledge_article"]?.first)
        let all = service.methods.compactMap { Attempt.of($0, service.schemas) } + direct
        var told: Set<String> = []
        for tried in all where verbs?.contains(tried.verb) ?? (tried.verb != "delete") {
            for id in tried.namesRecord ? service.ids[tried.table] ?? [] : [""] {
                let attempt = tried.about(id)
                let (problem, json) = await service.answer(attempt, as: caller)
                let answer = json + (problem?.text.en ?? "") + (problem?.text.ko ?? "")
                // What the request itself says is no news.
                let secrets = (words + [key, article]).filter { !attempt.json.contains($0) }
                guard secrets.contains(where: answer.contains) else { continue }
                let name = tried.subject.split(separator: ".").suffix(2).joined(separator: ".")
                told.insert(tried.table == "import_task" ? "\(name) of import_task" : name)
            }
        }
        return told
    }

    /// Requests that say what they look for.
    private static var direct: [Attempt] {
        let requests = [
            ("knowledge_articles.read", #"{"key": "\#(key)"}"#, ""),
            ("knowledge_articles.search", #"{"query": "\#(words[0])"}"#, ""),
            ("knowledge_articles.search", #"{"query": "\#(words[1])"}"#, ""),
            ("knowledge_articles.search", #"{"keys": ["\#(key)"]}"#, ""),
            ("records.search", #"{"text": "\#(words[0])"}"#, ""),
            ("knowledge_articles.list_related", #"{"table": "import_task", "record": "$ID"}"#, "import_task"),
            ("knowledge_articles.list_shared", #"{"table": "import_task", "record": "$ID"}"#, "import_task"),
            ("pages.portal_task", #"{"id": "$ID"}"#, "import_task"),
            (
                "recommended_actions.answer",
                #"{"table": "lifecycle_task", "record": "$ID", "recommendation": "zztreecard", "answers": ["y"]}"#,
                "lifecycle_task"
            ),
        ]
        return requests.map { name, json, table in
            Attempt(
                subject: "ale.v1.onboarding.\(name)", json: json, need: .nothing, table: table, isFoundFirst: false)
        }
    }
}
