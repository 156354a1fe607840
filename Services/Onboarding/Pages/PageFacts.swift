import Ground
import Korean
import OnboardingWire
import Postgres
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

    /// The newest entries of the activity stream of a record, as far as `caller` sees them.
    static func stream<R: Record>(
        of id: String, _ store: Store<R>, _ count: Int, _ caller: Caller, _ tx: Transaction
    ) throws -> [ActivityEntry] {
        var request = ListActivityRequest()
        request.id = id
        request.pageSize = Int32(count)
        return try store.activity(request, as: caller, in: tx).entries
    }
}
