import Foundation
import Mail
import NotifierWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Sends queued mails, in any number of instances, each mail by one at a time.
///
/// A mail is sent at least once: an instance that dies after the server took the mail and before that was recorded leaves
/// it queued, and it is sent again under the same Message-ID, by which receivers and people can tell.
struct MailQueue: Sendable {
    private let database: Database
    private let sender: SMTPSender
    private let from: MailAddress
    private let templates: MailTemplates
    private let links: SignInLinkSource?
    private let queue: LeasedQueue

    init(
        _ database: Database, _ sender: SMTPSender, from: MailAddress, _ templates: MailTemplates,
        links: SignInLinkSource? = nil
    ) {
        self.database = database
        self.sender = sender
        self.from = from
        self.templates = templates
        self.links = links
        queue = LeasedQueue(database, table: "mail_queue", key: "delivery", limit: 8)
    }

    /// Sends until the task is cancelled.
    func run() async {
        await queue.run { lease in
            guard let letter = try await load(lease) else { return }
            switch try await completed(letter, lease) {
            case .success(let letter): try await record(await send(letter), letter, lease)
            case .failure(let withheld): try await record(withheld.outcome, letter, lease)
            }
        }
        sender.close()
    }

    /// A mail that is not sent now, and what came of it instead.
    struct Withheld: Error {
        let outcome: Outcome
    }

    /// The letter with the link that it is about, if it is about one.
    private func completed(_ letter: Letter, _ lease: Lease) async throws -> Result<Letter, Withheld> {
        guard let links, letter.objection == nil, letter.delivery.sourceTable == SignInLink.schema.table else {
            return .success(letter)
        }
        switch await links.url(of: letter.delivery.sourceRecord ?? "") {
        case .failure(let withheld): return .failure(withheld)
        case .success(let url):
            guard let whole = try await load(lease, adding: [MailTemplates.link: url]) else {
                return .failure(Withheld(outcome: .untried))
            }
            return .success(whole)
        }
    }

    /// What is read of `mail_queue`.
    private enum Column: String {
        case language, contents, event
        case recipientName = "recipient_name"
    }

    /// A queued mail.
    private struct Letter: Sendable {
        let delivery: EmailDelivery
        let name: String?
        /// As it reads now; nil when there is no such mail.
        let content: MailContent?
        /// Why it may not be sent any more; nil when it may.
        let objection: String?
    }

    private func load(_ lease: Lease, adding more: [String: String] = [:]) async throws -> Letter? {
        let database = database
        let templates = templates
        return try await asService(.root) { tx in
            let rows = try tx.query(
                """
                SELECT language, recipient_name, contents, event FROM notifier.mail_queue \
                WHERE \(lease.held)
                """)
            guard let row = rows.first, let delivery = try Store<EmailDelivery>(database).find(lease.row, in: tx) else {
                return nil
            }
            let values = try JSONDecoder().decode([String: String].self, from: Data(row.string(Column.contents).utf8))
                .merging(more) { $1 }
            let event = try row.optionalBytes(Column.event).map { try RecordEvent.decode(protobuf: $0) }
            let objection = try Self.objection(to: delivery, event, tx)
            return Letter(
                delivery: delivery, name: try row.optionalString(Column.recipientName),
                content: try templates.render(
                    delivery.template ?? "", values, language: try row.string(Column.language),
                    in: DomainPath(delivery.domain) ?? .root, tx),
                objection: objection)
        }
    }

    /// Days may have gone by since the mail was queued: what was taken away in the meantime counts.
    private static func objection(
        to delivery: EmailDelivery, _ event: RecordEvent?, _ tx: Transaction
    ) throws -> String? {
        let reader = try delivery.user.flatMap { try Reader.find([$0], in: tx).first }
        if delivery.user != nil, reader?.isActive != true { return gone }
        guard let event else { return nil }
        if event.table == TeamMessage.schema.table { return try TeamMails.objection(to: reader, event, tx) }
        guard let reader, Watched(event)?.mayKnow(reader) != true else { return nil }
        return hidden
    }

    /// Objections.
    static let gone = "recipient: no longer active"
    static let hidden = "recipient: may no longer know of the record"

    /// What came of an attempt.
    enum Outcome: Sendable, Equatable {
        case sent
        /// No server came to deal with it, which says nothing about the mail: the attempt does not count.
        case unreached(reason: String)
        /// Not now; `reason` begins with the server's code.
        case later(reason: String)
        case never(reason: String)
        /// Not to be sent to this person any more; no server was asked.
        case withdrawn(reason: String)
        /// The attempt did not take place.
        case untried
    }

    private func send(_ letter: Letter) async -> Outcome {
        if let reason = letter.objection { return .withdrawn(reason: reason) }
        guard let content = letter.content else {
            return .never(reason: "there is no template \(letter.delivery.template ?? "")")
        }
        do throws(MailError) {
            // A name that a header cannot carry is left out; the mail matters more.
            let address = letter.delivery.recipient ?? ""
            let plain = try MailAddress(address)
            let recipient = letter.name.flatMap { name in
                name.isEmpty ? nil : try? MailAddress(address, name: name)
            }
            let message = MailMessage(
                from: from, to: [recipient ?? plain], subject: content.subject, text: content.text, html: content.html,
                messageID: Self.messageID(letter.delivery.id, from: from),
                date: letter.delivery.createdAt?.seconds ?? database.clock.now.seconds,
                headers: [.init("Auto-Submitted", "auto-generated")])
            return Outcome(try await sender.send(message).first?.outcome)
        } catch {
            return Outcome(error)
        }
    }

    /// The same for every attempt, so that a mail delivered twice can be told.
    static func messageID(_ delivery: String, from: MailAddress) -> String {
        "\(delivery)@\(from.address.split(separator: "@").last ?? "localhost")"
    }

    private func record(_ outcome: Outcome, _ letter: Letter, _ lease: Lease) async throws {
        let attempts = (letter.delivery.attempts ?? 0) + (outcome.isAttempt ? 1 : 0)
        let database = database
        let id = letter.delivery.id
        guard outcome != .untried else {
            // The line before the sender was full, or the service is stopping: another attempt, not a further one.
            return try await asService(.root) { tx in lease.retry(after: .seconds(2), in: tx) }
        }
        let domain = DomainPath(letter.delivery.domain) ?? .root
        let context = WriteContext.system(database.service, domain: domain, now: database.clock.now)
        let pause = Self.pause(outcome, attempts: Int(attempts), letter, now: context.now)
        try await asService(domain) { tx in
            if let pause {
                lease.retry(after: .seconds(pause), in: tx)
            } else {
                lease.complete(in: tx)
            }
            try Store<EmailDelivery>(database).change(id, context, in: tx) { delivery in
                delivery.attempts = attempts
                if let subject = letter.content?.subject { delivery.subject = Messenger.shortened(subject: subject) }
                delivery.lastError = outcome.reason
                if outcome == .sent {
                    delivery.state = EmailDelivery.State.sent
                    delivery.sentAt = context.now
                } else if pause == nil {
                    delivery.state = EmailDelivery.State.failed
                }
            }
        }
    }

    /// Seconds until a mail that was not handed over is retried; nil when it is not.
    private static func pause(_ outcome: Outcome, attempts: Int, _ letter: Letter, now: Timestamp) -> Int? {
        switch outcome {
        case .later: MailRetry.pause(after: attempts)
        case .unreached: MailRetry.pause(atAge: now.seconds - (letter.delivery.createdAt?.seconds ?? now.seconds))
        case .sent, .never, .withdrawn, .untried: nil
        }
    }

    private func asService<T: Sendable>(
        _ domain: DomainPath, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: domain), body)
    }
}

extension MailQueue.Outcome {
    /// What the server said.
    init(_ outcome: MailDelivery.Outcome?) {
        switch outcome {
        case .accepted: self = .sent
        case .unreached(let code, let reason): self = .unreached(reason: Self.text(code, reason))
        case .transient(let code, let reason): self = .later(reason: Self.text(code, reason))
        case .permanent(let code, let reason): self = .never(reason: Self.text(code, reason))
        case nil: self = .untried
        }
    }

    /// Why nothing was said.
    init(_ error: MailError) {
        switch error {
        case .invalid(let part, let reason): self = .never(reason: "\(part): \(reason)")
        case .overloaded, .canceled, .closed: self = .untried
        }
    }

    /// Whether a server dealt with the mail.
    var isAttempt: Bool {
        switch self {
        case .sent, .later, .never: true
        case .unreached, .withdrawn, .untried: false
        }
    }

    var reason: String? {
        switch self {
        case .unreached(let reason), .later(let reason), .never(let reason), .withdrawn(let reason): reason
        case .sent, .untried: nil
        }
    }

    private static func text(_ code: Int, _ reason: String) -> String {
        String((code == 0 ? reason : "\(code) \(reason)").prefix(500))
    }
}

/// When a mail that could not be handed over is retried.
enum MailRetry {
    /// Seconds before the second, third, … attempt: eight in all, over some three hours.
    static let pauses = [5, 15, 60, 300, 900, 3_600, 7_200]

    /// How old a mail may become while no server can be reached, in seconds: three days, over a weekend.
    static let maximumAge: Int64 = 3 * 86_400

    /// Seconds until the server is looked for again by a mail of so many seconds: a tenth of its age, five seconds at
    /// least and five minutes at most, so that mails go out soon after the server is back. Nil for a mail that is too old.
    static func pause(atAge age: Int64) -> Int? {
        age < maximumAge ? Int(min(max(age / 10, 5), 300)) : nil
    }

    /// Seconds until the next attempt; nil when there is none.
    static func pause(after attempts: Int) -> Int? {
        (1...pauses.count).contains(attempts) ? pauses[attempts - 1] : nil
    }
}
