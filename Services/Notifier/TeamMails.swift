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
            "notifier-team-message", service: "onboarding", record: "team_message", action: "created",
            prepare: prepare, apply: apply)
    }

    /// Which mail tells it.
    static func template(_ kind: String?) -> String {
        switch kind {
        case TeamMessage.Kind.onboardingContacts: EmailTemplate.Key.onboardingContacts
        case TeamMessage.Kind.keyMembers: EmailTemplate.Key.keyMembers
        default: EmailTemplate.Key.accountTeam
        }
    }

    private func prepare(_ event: RecordEvent) async throws {
        try await people.fetch(users: [try TeamMessage.decode(protobuf: event.record).user ?? ""])
    }

    func apply(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        let message = try TeamMessage.decode(protobuf: event.record)
        tx.seeAllDomains()
        // A contact need not be a user of the portal; where there is one, it may have left by now.
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
            ], to: reader, about: (OnboardingCase.schema.table, message.onboardingCase), context, tx)
    }
}
