import Foundation
import Mail
import NotifierWire
import Platform
import RPC
import Records
import Wire

/// Follows each success play and tells people.
public enum Notifier: ServiceDefinition {
    public static let name = "notifier"
    public static let summary = "Follows each success play and tells people."
    public static let api = NotifierAPI.all
    public static let records = NotifierCatalog.records

    public static var schemaFolder: String {
        Bundle.module.url(forResource: "Schema", withExtension: nil)?.path ?? "Schema"
    }

    public static func assemble(_ parts: ServiceParts) async throws -> Assembly {
        guard parts.issuer != nil else {
            throw ConfigurationError("ALE_SERVICE_KEY_FILE must be set: the notifier asks others who people are.")
        }
        let database = parts.database
        let (sender, from) = try mailer(parts.settings)
        let templates = try MailTemplates()
        let replicas = replicas(database, parts.client, own: parts.ownCredential)
        let people = PeopleLookup(database: database, replicas: replicas, client: parts.client)
        let messenger = Messenger(database: database, templates: templates)
        let follower = PlayFollower(database: database, people: people, messenger: messenger)
        let watchLists = WatchLists(database: database, people: people, messenger: messenger)
        let opportunities = OpportunityNotices(database: database, people: people, messenger: messenger)
        let teamMails = TeamMails(database: database, people: people, messenger: messenger)
        let signInMails = SignInMails(database: database, people: people, messenger: messenger)
        let mails = MailQueue(
            database, sender, from: from, templates, links: SignInLinkSource(client: parts.client))
        return Assembly(
            endpoints: endpoints(database, replicas, parts.client, templates), replicas: replicas,
            handlers: [follower.handler, teamMails.handler, signInMails.handler, opportunities.handler]
                + watchLists.handlers,
            background: [Background("mail queue", isSingle: false) { await mails.run() }])
    }

    /// What it answers.
    static func endpoints(
        _ database: Database, _ replicas: ReplicaSet, _ client: Client, _ templates: MailTemplates
    ) -> RecordEndpoints {
        database.register(InAppNotification.self)
        var endpoints = RecordEndpoints(database, api: api)
        endpoints.add(SuccessLauncherNotifier.self)
        endpoints.add(PlayTellings(database).endpoint)
        endpoints.add(listed: EmailDelivery.self)
        endpoints.add(EmailTemplate.self)
        endpoints.add(EmailPreviews(database: database, client: client, templates: templates).endpoints)
        endpoints.add(Notifications(database: database).endpoints)
        endpoints.add(NoticeSearch.endpoint(database))
        endpoints.add(
            HealthReport.endpoint(
                NotifierAPI.showNotifierHealth, database, queues: [.init("mail_queue")], jobs: []))
        endpoints.add(replicas.endpoints(NotifierAPI.listReplicas, NotifierAPI.rebuildReplica))
        let described = endpoints.described + [InAppNotification.self]
        endpoints.add(
            Endpoint(NotifierAPI.describeNotifier) { call, request async throws(Problem) in
                try DictionaryDescription.answer(described, request, call)
            })
        return endpoints
    }

    private static func mailer(_ settings: Settings) throws(ConfigurationError) -> (SMTPSender, MailAddress) {
        let address = try settings.required("ale.mail.from")
        guard let from = try? MailAddress(address) else {
            throw ConfigurationError("ALE_MAIL_FROM is \(address); it must be an e-mail address.")
        }
        let user = settings.optional("ale.smtp.user")
        let password = try settings.secret("ale.smtp.password")
        let host = settings.string("ale.smtp.host", default: "127.0.0.1")
        let port = try settings.int("ale.smtp.port", default: 25, in: 1...65_535)
        let security = try settings.choice("ale.smtp.security", default: SMTPConfiguration.Security.startTLS)
        do throws(MailError) {
            let configuration = try SMTPConfiguration(
                host: host, port: port, security: security,
                credentials: user.map { .init(user: $0, password: password ?? "") }, messageTimeout: 30_000)
            return (SMTPSender(configuration), from)
        } catch {
            throw ConfigurationError("The mail server (ALE_SMTP_…) cannot be used: \(error)")
        }
    }
}
