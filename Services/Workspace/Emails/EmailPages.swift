import NotifierWire
import RPC
import Roles
import Wire

/// The e-mails of the product: which there are, and what administrators put in the place of one (G-131).
enum EmailPages: PageFolder {
    static let href = "\(AdministrationPages.href)/emails"
    /// E-mails in their languages and replacements of them are few; a list is read whole.
    private static let most: Int32 = 200

    static func add(to pages: Pages) {
        pages.get("/administration/emails") { visit async throws(Problem) in .page(try await list(visit)) }
        pages.get("/administration/emails/:key/:language") { visit async throws(Problem) in
            .page(try await EmailEditor.opened(visit).page())
        }
        pages.post("/administration/emails/:key/:language") { visit async throws(Problem) in
            try await EmailEditor.opened(visit).post()
        }
    }

    /// The address of an e-mail in one language.
    static func href(_ key: String, _ language: String) -> String {
        "\(href)/\(Fields.encoded(key))/\(Fields.encoded(language))"
    }

    /// Whether the pages are offered; the notifier decides by the same.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer && Access.allows(person.roles, .write, on: EmailTemplate.schema.table)
    }

    /// The e-mails as they are shipped.
    static func shipped(_ visit: Visit) async throws(Problem) -> [ShippedEmail] {
        try visit.demand(isFor)
        return try await visit.ask(NotifierAPI.listShippedEmails, ListShippedEmailsRequest()).emails
    }

    /// What stands in the place of shipped ones.
    static func replaced(_ visit: Visit, filter: String = "") async throws(Problem) -> [EmailTemplate] {
        var request = ListRequest()
        (request.pageSize, request.filter) = (most, filter)
        return try await visit.ask(NotifierAPI.listEmailTemplates, request).emailTemplates
    }

    private static func list(_ visit: Visit) async throws(Problem) -> Page {
        try visit.demand(isFor)
        async let asked = Outcome.of { () async throws(Problem) in try await replaced(visit) }
        let emails = try await shipped(visit)
        let own = Set(try await asked.get().map { [$0.key ?? "", $0.language ?? ""] })
        let language = visit.reader.language
        let items = emails.map { email -> Values in
            [
                "label": EmailTemplate.schema.label(EmailTemplate.Field.key, of: email.key, language),
                "language": EmailTemplate.schema.label(EmailTemplate.Field.language, of: email.language, language),
                "code": email.language, "subject": email.subject, "href": href(email.key, email.language),
                "replaced": own.contains([email.key, email.language]),
            ]
        }
        var page = Page(
            template: "emails", title: visit.say("E-mails", "이메일"),
            values: ["emails": items, "all": ListPages.href(EmailTemplate.schema.table)])
        page.trail = visit.wayOfAdministration()
        return page
    }
}
