import CustomerSuccessWire
import Korean
import NotifierWire
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Tells the people on the watch list or the work notes list of a record what happened to it (G-29): all but the one who
/// did it, and nobody who may not read the record.
struct WatchLists: Sendable {
    /// Longest comment or work note quoted, in characters.
    private static let quoteLimit = 500

    let database: Database
    let people: PeopleLookup
    let messenger: Messenger

    /// React to the records that have such lists.
    var handlers: [EventHandler] {
        [
            EventHandler(
                "notifier-watch-success", service: "customer-success", record: "*", wanted: Self.hasReaders,
                prepare: prepare, apply: apply),
            EventHandler(
                "notifier-watch-case", service: OnboardingCase.schema.service, record: OnboardingCase.schema.table,
                wanted: Self.hasReaders,
                prepare: prepare, apply: apply),
            EventHandler(
                "notifier-watch-task", service: LifecycleTask.schema.service, record: LifecycleTask.schema.table,
                wanted: Self.hasReaders,
                prepare: prepare, apply: apply),
        ]
    }

    /// Most records have nobody on their lists: their events are passed over.
    private static func hasReaders(_ event: RecordEvent) -> Bool { !event.notify.isEmpty }

    private func prepare(_ event: RecordEvent) async throws {
        try await people.fetch(users: event.notify)
    }

    func apply(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        let listed = Set(event.notify).subtracting([event.actor]).sorted()
        guard !listed.isEmpty, let watched = Watched(event) else { return }
        tx.seeAllDomains()
        for reader in try Reader.find(listed, in: tx) where watched.mayKnow(reader) {
            let subject = watched.subject(reader.language)
            let body = watched.body(for: reader, quoteLimit: Self.quoteLimit)
            try messenger.notify(
                Notice(
                    kind: watched.kind, subject: subject, body: body.isEmpty ? subject : body,
                    sourceTable: event.table, sourceRecord: event.id),
                to: reader.id, in: reader.domain, context, tx)
            try messenger.mail(
                "record-updated", ["subject": subject, "body": body, "name": reader.name], to: reader,
                about: (event.table, event.id), of: event, context, tx)
        }
    }
}

/// An event as its readers see it.
struct Watched: Sendable {
    let event: RecordEvent
    let schema: RecordSchema
    private let domain: DomainPath
    private let record: any RecordMessage

    /// What may have such lists: the records of the services whose events are heard.
    private static let types = CustomerSuccessCatalog.records + OnboardingCatalog.records

    /// Nil for an event of a table that its service has not got in this program. Events of before name no service: theirs
    /// is the first that has the table.
    init?(_ event: RecordEvent) {
        let known = Self.types.first { type in
            type.schema.table == event.table && (event.service.isEmpty || type.schema.service == event.service)
        }
        guard let type = known,
            let domain = DomainPath(event.domain), let record = try? type.decode(protobuf: event.record)
        else { return nil }
        self.event = event
        schema = type.schema
        self.domain = domain
        self.record = record
    }

    /// Whether a person may know of the event: is active, has the record's domain in sight, holds a role that reads
    /// the table, and, when fields changed, may read at least one of them.
    ///
    /// Customers are told of records of their own account that are shown to customers, never of work notes; of
    /// onboarding only those who see the whole account, because which contact a user is, is not known here (G-22).
    /// All of this is decided by copies of users and roles, which may be a moment behind.
    func mayKnow(_ reader: Reader) -> Bool {
        guard reader.isActive, reader.domain.contains(domain),
            let basis = Access.basis(reader.roles, .read, on: schema.table)
        else { return false }
        if reader.account != nil || basis == .customer, !isShown(to: reader) { return false }
        return event.action != "updated" || event.changedFields.isEmpty || !visible(to: reader).isEmpty
    }

    /// The row rules for customers, as far as they can be told from the record itself.
    private func isShown(to customer: Reader) -> Bool {
        guard event.action != "noted", customer.account != nil else { return false }
        if let visible = value(like: LifecycleTask.Field.visibleToCustomer), visible.bool != true { return false }
        if let account = value(like: OnboardingCase.Field.account) ?? value(like: LifecycleTask.Field.company),
            account.string != customer.account
        {
            return false
        }
        return schema.service != OnboardingCase.schema.service
            || customer.roles.contains("sn_customerservice.customer_case_manager")
    }

    private func value(like field: some FieldKey) -> FieldValue? {
        schema.index(like: field).map { record[fieldAt: $0] }
    }

    /// The changed fields the person may read.
    private func visible(to reader: Reader) -> [FieldSchema] {
        event.changedFields.compactMap(schema.field).filter { field in
            Access.mayRead(reader.roles, field: field.name, of: schema.table)
                ?? (reader.account == nil || field.customerVisible)
        }
    }

    /// The kind of the notification; what has no words of its own is a change.
    var kind: String { Self.told(event.action, "").kind }

    /// The line people read first.
    func subject(_ language: String) -> String {
        Self.subject(schema, number: event.number, action: event.action, language)
    }

    /// The line people read first of what happened to a record.
    static func subject(_ schema: RecordSchema, number: String, action: String, _ language: String) -> String {
        let name = [schema.label(language), number].filter { !$0.isEmpty }.joined(separator: " ")
        return told(action, name).text(language)
    }

    /// What is said of a record `name`, and of which kind it is.
    private static func told(_ action: String, _ name: String) -> (kind: String, text: Text) {
        typealias Kind = InAppNotification.Kind
        return switch action {
        case "created": (Kind.recordCreated, Text(en: "\(name) was created.", ko: "\(name, .subject) 생성되었습니다."))
        case "deleted": (Kind.recordDeleted, Text(en: "\(name) was deleted.", ko: "\(name, .subject) 삭제되었습니다."))
        case "closed": (Kind.recordClosed, Text(en: "\(name) was closed.", ko: "\(name, .subject) 종결되었습니다."))
        case "canceled": (Kind.recordCanceled, Text(en: "\(name) was canceled.", ko: "\(name, .subject) 취소되었습니다."))
        case "reopened": (Kind.recordReopened, Text(en: "\(name) was reopened.", ko: "\(name, .subject) 다시 열렸습니다."))
        case "commented": (Kind.recordCommented, Text(en: "New comment on \(name).", ko: "\(name)에 새 의견이 등록되었습니다."))
        case "noted": (Kind.recordNoted, Text(en: "New work note on \(name).", ko: "\(name)에 새 작업 메모가 등록되었습니다."))
        default: (Kind.recordUpdated, Text(en: "\(name) was updated.", ko: "\(name, .subject) 수정되었습니다."))
        }
    }

    /// The new comment or note, or the names of the fields that changed; empty when there is nothing to add.
    func body(for reader: Reader, quoteLimit: Int) -> String {
        guard event.text.isEmpty else { return String(event.text.prefix(quoteLimit)) }
        let labels = visible(to: reader).map { $0.label(reader.language) }
        guard event.action != "created", !labels.isEmpty else { return "" }
        let list = labels.joined(separator: ", ")
        return Text(en: "Changed: \(list).", ko: "수정된 필드: \(list)")(reader.language)
    }
}
