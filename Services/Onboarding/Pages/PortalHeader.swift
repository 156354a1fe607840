import Ground
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

extension PortalHeaderField: Record {
    public static let storage = Storage<PortalHeaderField>(
        visibility: .definition, domain: .caller, immutable: [.shownOn],
        constraints: [
            DatabaseRule(
                "D-176", constraint: "portal_header_field_unique", field: .fieldName,
                Text(en: "The page has this field already.", ko: "이 페이지에 이미 있는 필드입니다."))
        ])

    public static let rules: [Rule<PortalHeaderField>] = [
        Rule("D-176") { change, _ in
            guard change.changes(.fieldName) || change.changes(.shownOn) else { return }
            let names = PortalHeader.fields(of: change.new.shownOn ?? "")
            guard !names.contains(where: { $0.name == change.new.fieldName }) else { return }
            let known = names.map(\.name).joined(separator: ", ")
            let labels = names.map { "\($0.label.ko)('\($0.name)')" }.joined(separator: ", ")
            throw Problem.broken(
                "D-176", PortalHeaderField.self, field: .fieldName,
                Text(
                    en: "The header shows fields that customers may see: \(known).",
                    ko: "헤더에는 고객이 볼 수 있는 필드만 표시할 수 있습니다: \(labels)"))
        }
    ]
}

/// The headers of the portal's pages, whose fields administrators choose (G-102).
enum PortalHeader {
    private typealias Page = PortalHeaderField.ShownOn

    /// Most fields of a header that are shown.
    private static let size = 50

    /// What comes with the product: account, go-live date, days until then and status of a case; number, case, account and
    /// state of a task.
    private static let shipped: [(page: String, field: String)] =
        [
            OnboardingCase.Field.account, .goLiveDate, .daysRemaining, .state,
        ].map { (Page.casePage, $0.rawValue) }
        + [LifecycleTask.Field.number, .parent, .company, .state].map { (Page.taskPage, $0.rawValue) }

    /// The fields that the header of a page may show: those that customers may see, in one line.
    static func fields(of page: String) -> [FieldSchema] {
        let schema = page == Page.casePage ? OnboardingCase.schema : LifecycleTask.schema
        let types: Set<FieldType> = [.string, .integer, .boolean, .date, .datetime, .choice, .reference]
        return schema.fields.filter { $0.customerVisible && types.contains($0.type) }
    }

    /// Makes the fields that come with the product, once.
    static func seed(_ database: Database) async throws {
        guard let domain = DomainPath(OnboardingSeed.provider) else { return }
        try await Seeding.run(database, in: domain) { seeding in
            try seeding.once("portal-header-fields") {
                for (index, item) in shipped.enumerated() {
                    var record = PortalHeaderField()
                    record.id = RecordID.derived(from: "portal_header_field \(item.page) \(item.field)")
                    (record.shownOn, record.fieldName) = (item.page, item.field)
                    record.position = Int32(index % 4 + 1)
                    _ = try Store<PortalHeaderField>(database).create(record, seeding.context, in: seeding.tx)
                }
            }
        }
    }

    /// The statement that reads the fields of the case page; ``fields(_:)`` reads the answer.
    static var casePage: SQL { statement(Page.casePage) }
    /// As ``casePage`` of the task page.
    static var taskPage: SQL { statement(Page.taskPage) }

    /// Of the nearest domain that has any, which may be above the caller's.
    private static func statement(_ page: String) -> SQL {
        """
        SELECT field_name FROM onboarding.portal_header_field WHERE shown_on = \(page) AND domain = ( \
        SELECT domain FROM onboarding.portal_header_field WHERE shown_on = \(page) \
        ORDER BY length(domain) DESC LIMIT 1) ORDER BY position, id LIMIT \(size)
        """
    }

    /// The names of the fields, in their order.
    static func fields(_ rows: Rows) throws -> [String] {
        try rows.map { try $0.string(PortalHeaderField.Field.fieldName) }
    }

    /// The header of a record, of which `record` holds what the reader may see; `named` says what stands for an id.
    static func header<R: RecordMessage>(
        _ names: [String], of record: R, _ language: String, named: (_ table: String, _ id: String) -> String
    ) -> [PortalField] {
        names.compactMap { name in
            guard let index = R.schema.index(of: name) else { return nil }
            let schema = R.schema.fields[index]
            var field = PortalField()
            field.name = name
            field.label = schema.label(language)
            field.value = shown(record[fieldAt: index], schema, language, named)
            return field
        }
    }

    private static func shown(
        _ value: FieldValue, _ schema: FieldSchema, _ language: String, _ named: (String, String) -> String
    ) -> String {
        let text: String =
            switch value {
            case .string(let text): text
            case .int(let number): String(number)
            case .bool(let flag): (flag ? Text(en: "Yes", ko: "예") : Text(en: "No", ko: "아니요"))(language)
            case .timestamp(let instant): instant.rfc3339
            case .null, .strings: ""
            }
        if schema.type == .reference { return named(schema.reference ?? "", text) }
        return text.isEmpty ? text : PageFacts.label(text, of: schema, language)
    }
}
