import NotifierWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Sends the links by which people choose a password (G-103): each link to its one reader.
struct SignInMails: Sendable {
    let database: Database
    let people: PeopleLookup
    let messenger: Messenger

    /// Reacts to a link that was made.
    var handler: EventHandler {
        EventHandler(
            "notifier-sign-in-link", service: SignInLink.schema.service, record: SignInLink.schema.table,
            action: "created", prepare: prepare, apply: apply)
    }

    private func prepare(_ event: RecordEvent) async throws {
        try await people.fetch(users: [try SignInLink.decode(protobuf: event.record).user ?? ""])
    }

    func apply(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        let link = try SignInLink.decode(protobuf: event.record)
        tx.seeAllDomains()
        guard let reader = try Reader.find([link.user ?? ""], in: tx).first else { return }
        let template =
            link.purpose == SignInLink.Purpose.invitation
            ? EmailTemplate.Key.invitation : EmailTemplate.Key.passwordReset
        try messenger.mail(
            template, ["name": reader.name], to: reader, about: (SignInLink.schema.table, link.id), context, tx)
    }
}

/// Where the addresses of sign-in links come from: onboarding makes the secret in one when its mail is about to be sent.
/// It is put into the mail and kept nowhere; the next attempt to send the mail gets another.
struct SignInLinkSource: Sendable {
    let client: Client

    /// The address of the link `id`.
    func url(of id: String) async -> Result<String, MailQueue.Withheld> {
        var request = IssueSignInLinkRequest()
        request.id = id
        do throws(Problem) {
            return .success(try await client.call(OnboardingAPI.issueSignInLink, request).url)
        } catch {
            let isOver = error.code == .failedPrecondition || error.code == .notFound
            return .failure(
                MailQueue.Withheld(
                    outcome: isOver
                        ? .withdrawn(reason: "link: used, expired or replaced")
                        : .unreached(reason: "onboarding does not answer")))
        }
    }
}
