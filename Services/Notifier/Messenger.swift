import Addresses
import Foundation
import Mail
import NotifierWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A message for somebody, in that person's language.
struct Notice: Sendable {
    let kind: String
    let subject: String
    let body: String
    let sourceTable: String?
    let sourceRecord: String?
}

/// Puts messages where people find them: in the product, and in the queue of mails. Both in the transaction of what
/// they tell about, so that nothing is told that did not happen and nothing happens untold.
struct Messenger: Sendable {
    /// Longest body of a notification, in characters.
    private static let bodyLimit = 4_000
    /// Longest subject, in characters.
    private static let subjectLimit = 300

    /// Longest address that is recorded, in characters; no mail reaches one of more than 254.
    private static let addressLimit = 320

    let database: Database
    let templates: MailTemplates

    /// Shows a notice to `user`, who sees the domain `domain`.
    func notify(
        _ notice: Notice, to user: String, in domain: DomainPath, _ context: WriteContext, _ tx: Transaction
    ) throws {
        var notification = InAppNotification()
        notification.domain = domain.path
        notification.user = user
        notification.kind = notice.kind
        notification.subject = Self.shortened(subject: notice.subject)
        notification.body = String(notice.body.prefix(Self.bodyLimit))
        notification.sourceTable = notice.sourceTable
        notification.sourceRecord = notice.sourceRecord
        _ = try Store<InAppNotification>(database).create(notification, context, in: tx)
    }

    /// Queues a mail. One to an address that no mail can be sent to has failed at once, and says so. With an `event` it
    /// is sent only to somebody who may then still know of it. A reader without an id is no user. The transaction must see
    /// all domains. Answers the delivery; nil where there is nobody to write to.
    @discardableResult func mail(
        _ template: String, _ values: [String: String], to reader: Reader, about source: (table: String?, id: String?),
        of event: RecordEvent? = nil, _ context: WriteContext, _ tx: Transaction
    ) throws -> String? {
        guard reader.isActive, let address = reader.email, !address.isEmpty else { return nil }
        let values = values.mapValues { String($0.prefix(Self.bodyLimit)) }
        guard let content = try templates.render(template, values, language: reader.language, in: reader.domain, tx)
        else {
            throw Problem.internalError(cause: "there is no mail template \(template)")
        }
        var delivery = EmailDelivery()
        delivery.domain = reader.domain.path
        delivery.user = reader.id.isEmpty ? nil : reader.id
        delivery.recipient = String(address.prefix(Self.addressLimit))
        delivery.template = template
        delivery.subject = Self.shortened(subject: content.subject)
        let fault = Self.fault(of: address)
        delivery.state = fault == nil ? EmailDelivery.State.queued : EmailDelivery.State.failed
        delivery.lastError = fault
        delivery.attempts = 0
        delivery.sourceTable = source.table
        delivery.sourceRecord = source.id
        let queued = try Store<EmailDelivery>(database).create(delivery, context, in: tx)
        guard fault == nil else { return queued.id }
        let contents = String(decoding: try JSONEncoder().encode(values), as: UTF8.self)
        tx.send(
            """
            INSERT INTO notifier.mail_queue (delivery, domain, language, recipient_name, contents, event) \
            VALUES (\(queued.id), \(queued.domain), \(reader.language), \(reader.name), \(contents), \
            \(try event.map(Self.fact)))
            """)
        return queued.id
    }

    /// As much of a subject as is recorded.
    static func shortened(subject: String) -> String { String(subject.prefix(subjectLimit)) }

    /// The event without what the mail says itself, and without the other readers.
    private static func fact(_ event: RecordEvent) throws -> [UInt8] {
        var fact = event
        fact.text = ""
        fact.notify = []
        return try fact.encodeProtobuf()
    }

    /// Why no mail can be sent to the address; nil when one can.
    private static func fault(of address: String) -> String? {
        do throws(EmailAddress.Fault) {
            _ = try EmailAddress(address)
            return nil
        } catch {
            return "address: \(error.rawValue)"
        }
    }
}
