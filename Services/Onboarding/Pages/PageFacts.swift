import Ground
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Single facts that several pages show, as statements of their round trip.
enum PageFacts {
    private enum Column: String {
        case name
    }

    /// The name of a contact, as far as the caller may read contacts.
    static func contact(_ id: String?, _ database: Database, _ caller: Caller) throws -> SQL {
        let seen = try Store<CustomerContact>(database).selection(where: "id = \(id)", limit: 1, as: caller)
        return "SELECT \(raw: PersonName.sql) AS name FROM (\(seen)) contact"
    }

    /// The names of products, in their order. Who sees the list of a case may know their names.
    static func products(_ ids: [String]) -> SQL {
        """
        SELECT product.name FROM unnest(\(ids)::uuid[]) WITH ORDINALITY asked (id, place) \
        JOIN onboarding.sold_product product USING (id) ORDER BY asked.place
        """
    }

    /// The name of a responsibility in a language.
    static func responsibility(_ id: String?, _ language: String) -> SQL {
        let name: SQL = Language(tag: language) == .ko ? "coalesce(name_ko, name)" : "name"
        return "SELECT \(name) AS name FROM onboarding.responsibility_definition WHERE id = \(id)"
    }

    /// What a value of a field is called in a language: the label of a choice, or the value itself.
    static func label(_ value: String, of field: FieldSchema, _ language: String) -> String {
        field.choices.first { ChoiceNames.text($0.value) == value }?.label(language) ?? value
    }

    /// The names of an answer to one of these.
    static func names(_ rows: Rows) throws -> [String] { try rows.map { try $0.optionalString(Column.name) ?? "" } }

}

/// What stands beside a record on its page, as statements of the page's round trip: the newest entries of its activity stream, what
/// is attached to it, and what relates articles to it.
struct BesideRecord<R: Record> {
    /// How many statements it has.
    static var statementCount: Int { 2 + RelatedKnowledge.statementCount }

    let statements: [SQL]
    private let store: Store<R>
    private let record: R
    private let size: Int
    private let subject: KnowledgeSubject
    private let context: RuleContext

    /// Beside a record that the caller, who is of the provider, has just been shown.
    init(_ record: R, _ subject: KnowledgeSubject, _ store: Store<R>, _ size: Int, _ context: RuleContext) {
        let caller = context.write.caller
        (self.record, self.subject, self.store, self.size, self.context) = (record, subject, store, size, context)
        statements =
            [store.activity(of: record, atMost: size, for: caller), store.attachments(of: record, for: caller)]
            + RelatedKnowledge(context).statements(of: subject)
    }

    /// All of it, of the answers to the statements; the articles are asked for then.
    func read(
        _ answers: ArraySlice<Rows>
    ) throws -> (stream: [ActivityEntry], attachments: [Attachment], knowledge: [KnowledgeText]) {
        let (answers, caller) = (Array(answers), context.write.caller)
        return (
            try store.entries(answers[0], atMost: size, of: record, for: caller),
            try store.attachments(answers[1], for: caller),
            try RelatedKnowledge(context).texts(of: subject, answers[2...])
        )
    }
}
