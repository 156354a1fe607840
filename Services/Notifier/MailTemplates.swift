import Foundation
import Mail
import NotifierWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The mails the notifier writes: as they are shipped, and as a domain has replaced them (G-131).
struct MailTemplates: Sendable {
    private typealias Key = EmailTemplate.Key

    /// What the texts of each mail may hold. The names of mails are those of the files in Templates.
    static let placeholders: [String: [String]] = [
        Key.playCompleted: ["name", "title", "message"], Key.playFailed: ["name", "title", "message"],
        Key.recordUpdated: ["name", "subject", "body"],
        Key.onboardingContacts: ["name", "account", "number", "people"],
        Key.keyMembers: ["name", "account", "number", "people"],
        Key.accountTeam: ["name", "account", "number", "people"],
        Key.invitation: ["name", link], Key.passwordReset: ["name", link],
    ]

    /// The placeholder of a link by which somebody signs in. It stands in the texts of a mail alone: the subject is kept.
    static let link = "url"

    /// Their names.
    static let names = placeholders.keys.sorted()

    private let shipped: [String: MailTemplate]

    /// Reads all of them; a template that is not valid stops the start.
    init() throws {
        let folder = Bundle.module.url(forResource: "Templates", withExtension: nil) ?? URL(filePath: "Templates")
        shipped = try Dictionary(
            uniqueKeysWithValues: Self.names.map { ($0, try MailTemplate(name: $0, in: folder)) })
    }

    /// The mail `name` as it is shipped; nil when there is no such mail.
    func render(_ name: String, _ values: [String: String], language: String) -> MailContent? {
        shipped[name]?.render(Self.given(values), language: Self.language(language))
    }

    /// The mail `name` as `domain` sends it: by the nearest replacement in the domain or above it, else as it is shipped.
    /// The transaction must see these domains.
    func render(
        _ name: String, _ values: [String: String], language: String, in domain: DomainPath, _ tx: Transaction
    ) throws -> MailContent? {
        let language = Self.language(language)
        let rows = try tx.query(
            """
            SELECT subject, text, html FROM notifier.email_template WHERE key = \(name) \
            AND language = \(language.rawValue) AND domain = ANY(\(domain.ancestors.map(\.path))) \
            ORDER BY length(domain) DESC LIMIT 1
            """)
        if let row = rows.first {
            let source = MailTemplate.Source(
                subject: try row.string(EmailTemplate.Field.subject), text: try row.string(EmailTemplate.Field.text),
                html: try row.string(EmailTemplate.Field.html))
            // What was checked when it was saved compiles; should it not, the shipped one does.
            if let own = try? MailTemplate([language: source]) {
                return own.render(Self.given(values), language: language)
            }
        }
        return render(name, values, language: language.rawValue)
    }

    /// Texts that are not saved, filled in.
    static func render(
        _ source: MailTemplate.Source, _ values: [String: String], language: String
    ) throws(MailError) -> MailContent {
        let language = Self.language(language)
        return try MailTemplate([language: source]).render(given(values), language: language)
    }

    /// Every mail in every language, as it is shipped.
    var all: [ShippedEmail] {
        Self.names.flatMap { name in
            MailLanguage.allCases.compactMap { language in
                guard let source = shipped[name]?.sources[language] else { return nil }
                var email = ShippedEmail()
                email.key = name
                email.language = language.rawValue
                email.subject = source.subject
                email.text = source.text
                email.html = source.html
                email.placeholders = Self.placeholders[name] ?? []
                return email
            }
        }
    }

    /// An empty text is no text: sections around it are left out.
    private static func given(_ values: [String: String]) -> [String: MailValue] {
        values.filter { !$0.value.isEmpty }.mapValues { MailValue.text($0) }
    }

    private static func language(_ language: String) -> MailLanguage { MailLanguage(rawValue: language) ?? .en }
}
