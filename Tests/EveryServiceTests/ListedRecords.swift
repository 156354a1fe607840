import Records
import Roles
import ServiceTestKit
import Tenancy
import Wire
import WireCatalog

extension Lists {
    /// Methods that answer lists of which there is never much, and why.
    static let few = [
        "action_definitions.list": "administrators make some dozens",
        "activity_definitions.list": "administrators make some dozens",
        "playbook_definitions.list": "designers make some dozens",
        "playbook_definitions.list_versions": "a definition is activated some dozens of times",
        "replicas.list": "a service copies some tables",
        "sessions.list_issuers": "some issuers",
        "email_templates.list_shipped": "they are files",
        "knowledge_articles.list_related": "the rules of some hundreds of articles are tried on one record",
        "knowledge_articles.list_shared": "some hundreds of articles are shared with one contact at most",
        "knowledge_articles.list_versions": "an article is published some dozens of times",
        "knowledge_articles.search": "a provider writes some hundreds of articles",
    ]

    /// These, and the list of each record of `service` as it is without filter and order, as the provider and as a customer
    /// ask for it. Of a table that nobody has filled a customer has half.
    func withRecords(of service: String) -> Lists {
        var lists = self
        for schema in Catalog.schemas where schema.service == service && schema.verbs.contains("list") {
            let subject = "\(schema.collection).list"
            lists.asked.append(Listed("all \(schema.collection)", subject, "{}"))
            lists.asked.append(
                Listed(
                    "all \(schema.collection) of a customer", subject, "{}",
                    reasons: Self.ofCustomers[schema.table] ?? [:]
                ).asked(by: .customer))
            let isFilled = Self.small.contains(schema.table) || tables.contains { $0.name == schema.table }
            if !isFilled { lists.tables.append(Filled(ofCustomers: schema)) }
        }
        return lists
    }

    /// Why what a customer sees of a table may be looked for among all that the customer has.
    private static let ofCustomers = Dictionary(
        uniqueKeysWithValues: ["upload", "import_run"].map { table in
            let why = "a customer sends some dozens of files"
            return (table, ["filter upload": why, "filter import_task": why])
        })

    /// Tables of definitions, of which a provider has some dozens.
    private static let small: Set = ["flow_definition", "definition_record", "ale_choice", "data_validation_assist"]
}

extension Listed {
    /// Verbs that answer some of many records.
    private static let verbs: Set<String> = [
        "search", "find_references", "get_stages", "get_lineage", "landing", "portal", "case", "task", "engagement",
        "objective", "portal_case", "portal_task", "portal_initiative", "portal_touchpoint", "portal_milestone",
    ]

    /// Whether the method of a subject's last two parts answers a list or a page.
    static func isList(_ subject: String) -> Bool {
        let verb = String(subject.split(separator: ".").last ?? "")
        // The same statement whatever the record: of one in each service.
        guard !["list_activity", "list_attachments"].contains(verb) else { return false }
        return verb.hasPrefix("list") || verbs.contains(verb)
    }

    /// Who asks.
    var caller: Caller {
        switch asker {
        case .provider: .holding("admin", subject: ListPlanTests.me)
        case .customer:
            Caller(
                subject: ListPlanTests.me, kind: .customer, domain: DomainPath("/provider/c1/") ?? .root,
                roles: RoleCatalog.close(["sn_customerservice.customer_admin", "sn_acct_lc.ale_success_customer"]),
                account: ListPlanTests.me, contact: ListPlanTests.me)
        case .service: .service("other", domain: .root)
        }
    }

    /// The same, asked for by somebody else.
    func asked(by asker: Asker) -> Listed {
        var copy = self
        copy.asker = asker
        return copy
    }
}

extension Listed {
    /// What belongs to an account, as its page lists it.
    static let ofAccount = [
        "onboarding_cases", "customer_contacts", "contracts", "locations", "sold_products", "service_entitlements",
        "install_base_items", "account_address_relationships", "account_holidays",
    ]

    /// Customers do not see the priority of cases, by which these are ordered for others.
    private static let fewCases = [
        "sort onboarding_case": "a customer has some dozens of cases",
        "filter onboarding_case": "a customer's cases are counted up to 1,000, in whatever order",
    ]
    private static let fewLinks = ["filter knowledge_link": "500 at most of what is shared with a person are read"]

    /// What customers see in the portal.
    static let portal =
        ["all_cases", "my_cases", "my_tasks"].map { list in
            Listed(
                "portal list \(list)", "pages.list_portal", #"{"list": "\#(list)"}"#,
                reasons: list == "my_tasks" ? [:] : fewCases
            ).asked(by: .customer)
        } + [
            Listed("portal of a customer", "pages.portal", "{}", reasons: fewCases).asked(by: .customer),
            Listed(
                "case in the portal", "pages.portal_case", #"{"id": "\#(ListPlanTests.me)"}"#, reasons: fewLinks
            ).asked(by: .customer),
            Listed(
                "tasks of a case in the portal", "pages.list_portal_tasks", #"{"id": "\#(ListPlanTests.me)"}"#
            ).asked(by: .customer),
            Listed(
                "task in the portal", "pages.portal_task", #"{"id": "\#(ListPlanTests.me)"}"#, reasons: fewLinks
            ).asked(by: .customer),
            Listed(
                "activity of a customer's record", "onboarding_cases.list_activity", #"{"id": "\#(ListPlanTests.me)"}"#
            )
            .asked(by: .customer),
        ]
}

extension Filled {
    /// Rows of a record that belong to fifty customers, each with an account in a domain of its own and one contact, who
    /// has it all.
    init(ofCustomers schema: RecordSchema) {
        self.init(
            schema.table, rows: 10_000,
            [
                "domain": Self.domain, "account": Self.customer, "company": Self.customer,
                "contact": Self.customer, "visible_to_customer": "true", "active": Self.half,
            ])
    }

    /// Thousands of changes of a record, with some comments among them.
    static let journal = Filled(
        "journal",
        [
            "domain": domain, "record": customer,
            "kind": "CASE WHEN n % 400 = 1 THEN 'additional_comments' ELSE 'field' END",
        ])
    /// Dozens of files of a record.
    static let attachments = Filled(
        "attachment", rows: 150,
        ["domain": domain, "record": customer, "complete": "true", "visible_to_customer": "true"])
}

extension Listed {
    /// The journal of a table, since its beginning.
    static func changes(of table: String) -> Listed {
        Listed(
            "changes of \(table)", "records.list_changes",
            #"{"table": "\#(table)", "since": "1970-01-01T00:00:00Z", "fields": ["state"]}"#,
            reasons: [
                "filter journal": "the entries of all tables in the time asked for are passed over, once for all pages"
            ])
    }
}
