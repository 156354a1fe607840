import CustomerSuccessWire
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Fills response templates for a record (G-113).
struct TemplateRendering: Sendable {
    private typealias Reader = @Sendable (Database, String, Caller, Transaction) throws -> Source

    /// The tables that declare that their records may be answered, with how each is read.
    private static let sources: [String: Reader] = Dictionary(
        uniqueKeysWithValues: CustomerSuccessCatalog.records.compactMap { $0 as? any Record.Type }
            .filter { $0.schema.hasResponseTemplates }.map { ($0.schema.table, reader($0)) })

    private static let schemas = CustomerSuccessCatalog.records.map { $0.schema }.filter(\.hasResponseTemplates)
        .sorted { $0.table < $1.table }

    private static func reader<R: Record>(_ type: R.Type) -> Reader { { try Source(R.self, $0, $1, $2, $3) } }

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `response_templates.render`.
    var endpoint: Endpoint {
        Endpoint(CustomerSuccessAPI.renderResponseTemplate) { call, request async throws(Problem) in
            let language = request.language.isEmpty ? call.language : request.language
            guard ["en", "ko"].contains(language) else {
                throw .invalid(
                    field: RenderResponseTemplateRequest.Field.language,
                    Text(en: "Language must be en or ko.", ko: "언어는 'en' 또는 'ko'여야 합니다."))
            }
            guard let source = Self.sources[request.sourceTable] else {
                let tables = Self.sources.keys.sorted()
                let names = tables.joined(separator: ", ")
                throw .invalid(
                    field: RenderResponseTemplateRequest.Field.sourceTable,
                    Text(en: "Table must be one of: \(names).", ko: "테이블은 다음 중 하나여야 합니다: \(Self.schemas.koreanLabels)")
                )
            }
            return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                let template = try Store<ResponseTemplate>(database).get(request.id, as: call.caller, in: tx)
                let record = try source(database, request.sourceRecord, call.caller, tx)
                let body = (Language(tag: language) == .ko ? template.bodyKo : template.bodyEn) ?? ""
                let filled = TemplateText(body).filled(try values(record, call.caller, tx))
                var response = RenderResponseTemplateResponse()
                response.text = filled.text
                response.unfilled = filled.unfilled
                return response
            }
        }
    }

    /// What a record tells about itself and where it hangs.
    private struct Source {
        let number: String?
        let account: String?
        let contact: String?
        /// The engagement, as a condition on its id.
        let engagement: SQL

        /// NOT_FOUND for a record the caller may not know.
        init<R: Record>(
            _ type: R.Type, _ database: Database, _ id: String, _ caller: Caller, _ tx: Transaction
        ) throws {
            let record = try Store<R>(database).get(id, as: caller, in: tx)
            func value(like field: some FieldKey) -> String? {
                R.schema.index(like: field).flatMap { record[fieldAt: $0].string }
            }
            number = value(like: Touchpoint.Field.number)
            account = value(like: Touchpoint.Field.account)
            contact = value(like: Touchpoint.Field.contact)
            switch record {
            case is Engagement: engagement = "= \(record.id)::uuid"
            case let outcome as SuccessOutcome:
                engagement = """
                    = (SELECT engagement FROM customer_success.success_objective \
                    WHERE id = \(outcome.successObjective))
                    """
            case let task as SuccessTask:
                let parent = task.parent
                engagement = """
                    = (SELECT engagement FROM customer_success.success_case WHERE id = \(parent) \
                    UNION ALL SELECT engagement FROM customer_success.success_initiative WHERE id = \(parent) \
                    UNION ALL SELECT engagement FROM customer_success.touchpoint WHERE id = \(parent))
                    """
            default: engagement = "= \(value(like: Touchpoint.Field.engagement))::uuid"
            }
        }
    }

    /// One round trip for all names. Without a contact of its own a record is about the engagement's key contact.
    private func values(
        _ source: Source, _ caller: Caller, _ tx: Transaction
    ) throws -> [TemplatePlaceholder: String] {
        let engagements = Store<Engagement>(database)
        let contacts = database.replica(CustomerContact.self, .firstName, .lastName, as: caller)
        let user = Validation.isUUID(caller.subject) ? caller.subject : nil
        // Everybody may know the own name.
        let users = database.replica(User.self, .name, as: .service(database.service, domain: caller.domain))
        let answers = try tx.queryAll([
            try engagements.selection(where: "id \(source.engagement)", limit: 1, as: caller),
            """
            SELECT first_name, last_name FROM \(contacts) contact WHERE id = coalesce(\(source.contact)::uuid, ( \
            SELECT key_customer_contact FROM customer_success.engagement WHERE id \(source.engagement)))
            """,
            PageAccounts.selection(database, [source.account].compactMap { $0 }, caller),
            "SELECT name FROM \(users) person WHERE id = \(user)",
        ])
        let engagement = try engagements.records(answers[0], for: caller).first
        let contact = answers[1].first
        let account = try PageAccounts.read(answers[2]).values.first
        let values: [TemplatePlaceholder: String?] = [
            .accountName: account?.name, .engagementNumber: engagement?.number, .engagementTitle: engagement?.title,
            .contactName: try contact.map {
                PersonName.full(
                    first: try $0.optionalString(CustomerContact.Field.firstName),
                    last: try $0.optionalString(CustomerContact.Field.lastName))
            },
            .contactFirstName: try contact?.optionalString(CustomerContact.Field.firstName),
            .contactLastName: try contact?.optionalString(CustomerContact.Field.lastName), .recordNumber: source.number,
            .myName: try answers[3].first?.optionalString(User.Field.name),
        ]
        return values.compactMapValues { $0 }
    }
}
