import NotifierWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Sends what onboarding tells the teams of a case (G-40, G-41): each message to its one reader, once.
struct TeamMails: Sendable {
    let database: Database
    let people: PeopleLookup
    let messenger: Messenger

    /// Reacts to a message that was made.
    var handler: EventHandler {
        EventHandler(
            "notifier-team-message", service: TeamMessage.schema.service, record: TeamMessage.schema.table,
            action: "created", prepare: prepare, apply: apply)
    }

    /// Which mail tells it.
    static func template(_ kind: String?) -> String {
        switch kind {
        case TeamMessage.Kind.onboardingContacts: EmailTemplate.Key.onboardingContacts
        case TeamMessage.Kind.keyMembers: EmailTemplate.Key.keyMembers
        default: EmailTemplate.Key.accountTeam
        }
    }

    /// Why a message that waits may not be sent any more; nil when it may. Its reader is asked about again as all readers
    /// are: who has left is told nothing, nor who has come to be where the case is not seen.
    static func objection(to reader: Reader?, _ event: RecordEvent, _ tx: Transaction) throws -> String? {
        // The portal user of a contact may live with another of its accounts (G-126).
        if let contact = try TeamMessage.decode(protobuf: event.record).contact {
            return try objection(contact, event, tx)
        }
        guard let reader, let domain = DomainPath(event.domain), !reader.domain.contains(domain) else { return nil }
        return MailQueue.hidden
    }

    private static func objection(_ contact: String, _ event: RecordEvent, _ tx: Transaction) throws -> String? {
        guard let known = try KnownContact.find(contact, in: tx), known.isActive else { return MailQueue.gone }
        return known.domain.path == event.domain ? nil : MailQueue.hidden
    }

    private func prepare(_ event: RecordEvent) async throws {
        let message = try TeamMessage.decode(protobuf: event.record)
        try await people.fetch(users: [message.user ?? ""])
        try await people.fetch(contact: message.contact ?? "")
    }

    func apply(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        let message = try TeamMessage.decode(protobuf: event.record)
        tx.seeAllDomains()
        // By now either may have left.
        if let contact = message.contact, try Self.objection(contact, event, tx) != nil { return }
        // A contact need not be a user of the portal.
        let user = try Reader.find([message.user ?? ""], in: tx).first
        let reader = Reader(
            id: message.user ?? "", name: message.recipientName ?? "", email: message.recipient,
            language: message.language ?? Language.en.rawValue,
            domain: user?.domain ?? DomainPath(event.domain) ?? .root,
            roles: [], account: nil, isActive: user?.isActive ?? true)
        try messenger.mail(
            Self.template(message.kind),
            [
                "name": reader.name, "people": message.people ?? "", "account": message.accountName ?? "",
                "number": message.caseNumber ?? "",
            ], to: reader, about: (OnboardingCase.schema.table, message.onboardingCase), of: event, context, tx)
    }
}
