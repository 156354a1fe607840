import CustomerSuccessWire
import Korean
import NotifierWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Tells the account manager whom an opportunity was handed over to (G-120), by a notification and an e-mail: unless it was
/// done by that very person, or the person may not read it.
struct OpportunityNotices: Sendable {
    let database: Database
    let people: PeopleLookup
    let messenger: Messenger

    /// Reacts to opportunities that are handed over.
    var handler: EventHandler {
        EventHandler(
            "notifier-opportunity", service: Opportunity.schema.service, record: Opportunity.schema.table,
            wanted: Self.isHandedOver, prepare: prepare, apply: apply)
    }

    /// One that is made as handed over is told of as well; later changes of it are not.
    private static func isHandedOver(_ event: RecordEvent) -> Bool {
        let isNew = event.action == "created" || event.changedFields.contains(Opportunity.Field.handedOverAt.rawValue)
        guard isNew, let opportunity = try? Opportunity.decode(protobuf: event.record) else { return false }
        return opportunity.state == Opportunity.State.handedOver
    }

    private func prepare(_ event: RecordEvent) async throws {
        try await people.fetch(users: [try Opportunity.decode(protobuf: event.record).handedOverTo ?? ""])
    }

    func apply(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        let opportunity = try Opportunity.decode(protobuf: event.record)
        guard let manager = opportunity.handedOverTo, manager != event.actor, let watched = Watched(event) else {
            return
        }
        tx.seeAllDomains()
        guard let reader = try Reader.find([manager], in: tx).first, watched.mayKnow(reader) else { return }
        let name = "\(Opportunity.schema.label(reader.language)) \(opportunity.number ?? "")"
        let subject = Text(en: "\(name) was handed over to you.", ko: "\(name, .subject) 인계되었습니다.")(reader.language)
        let body = Self.facts(opportunity, reader.language)
        try messenger.notify(
            Notice(
                kind: InAppNotification.Kind.recordUpdated, subject: subject, body: body,
                sourceTable: event.table, sourceRecord: event.id),
            to: reader.id, in: reader.domain, context, tx)
        try messenger.mail(
            "record-updated", ["subject": subject, "body": body, "name": reader.name], to: reader,
            about: (event.table, event.id), of: event, context, tx)
    }

    /// What is for sale, for how much and when: the title, then a line for each of the others that is known.
    private static func facts(_ opportunity: Opportunity, _ language: String) -> String {
        let schema = Opportunity.schema
        func line(_ field: Opportunity.Field, _ value: String?) -> String? {
            guard let value, let label = schema.field(field.rawValue)?.label(language) else { return nil }
            return "\(label): \(value)"
        }
        let kind = schema.field(Opportunity.Field.kind.rawValue)?.label(ofChoice: opportunity.kind ?? "")(language)
        let value = opportunity.value.map { [$0, opportunity.currency ?? ""].joined(separator: " ") }
        return [
            opportunity.title, line(.kind, kind), line(.value, value), line(.expectedDate, opportunity.expectedDate),
            line(.probability, opportunity.probability.map { "\($0)%" }),
        ].compactMap { $0 }.joined(separator: "\n")
    }
}
