import Postgres
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// Whatever customers ask, and of whichever method: people of the provider are told by their names and not by ids, and nothing
/// is told of what is the provider's own (G-18, G-28).
@Suite(.timeLimit(.minutes(15))) struct CustomerTellingTests {
    /// Stands in every text that customers may not read.
    private static let secret = "zzinside"
    /// Who did everything, and who stands in every field for users that customers may not read.
    private static let employee = "01990000-0000-7000-8000-0000000000e1"
    /// Who stands in the fields for users that customers may read, as the dictionary says.
    private static let shown = "01990000-0000-7000-8000-0000000000e2"
    private static let names = ["Ann Inside", "Bea Shown"]
    /// All that customers can be granted: rights only add.
    private static let roles: Set = [
        "sn_customerservice.customer_case_manager", "sn_customerservice.customer_admin",
        "sn_customerservice.customer_manager", "sn_acct_lc.ale_success_customer",
    ]
    /// What answers records themselves, with the fields that are the customer's to read; two pages hold the one they are about.
    private static let ofRecords: Set = [
        "get", "list", "create", "update", "batch_create", "batch_update", "engagement", "objective",
    ]

    @Test(arguments: Tested.names) func nothingInsideIsTold(_ name: String) async throws {
        let service = try await Tested.start(name)
        try await service.show(to: Tested.contact)
        try await Self.fill(service, Database.schemaName(of: name))
        let attempts = service.methods.compactMap { Attempt.of($0, service.schemas) }.filter { $0.verb != "delete" }
        var (answered, named): (Set<String>, Set<String>) = ([], [])
        var caller = Caller.customer(
            "", of: Tested.account, in: Tested.victim, contact: Tested.contact, subject: Tested.person)
        caller.roles = RoleCatalog.close(Self.roles)
        for tried in attempts {
            for id in tried.namesRecord ? service.ids[tried.table] ?? [] : [""] {
                let (problem, json) = await service.answer(tried.about(id), as: caller)
                let told = json + (problem?.text.en ?? "") + (problem?.text.ko ?? "")
                #expect(!told.contains(Self.secret), "\(tried.subject) \(told)")
                #expect(!told.contains(Self.employee) && !told.contains(Tested.victim), "\(tried.subject) \(told)")
                #expect(!told.contains(Self.shown) || Self.ofRecords.contains(tried.verb), "\(tried.subject) \(told)")
                if problem == nil { answered.insert(tried.verb) }
                if Self.names.contains(where: told.contains) { named.insert(tried.verb) }
            }
        }
        // The check of the check: they are answered, and told who it was.
        guard ["onboarding", "import-validation", "customer-success"].contains(name) else { return }
        #expect(answered.isSuperset(of: ["get", "list", "list_activity", "describe", "search"]), "\(answered)")
        #expect(named.contains("list_activity"), "\(named)")
    }

    /// Writes what is inside into all of the victim's records and their history, and makes the two users known.
    private static func fill(_ service: Tested, _ schema: String) async throws {
        for record in service.schemas where service.ids[record.table]?.isEmpty == false {
            let table: SQL = "\(identifier: schema).\(identifier: record.table)"
            // What is somebody's own stays so, and so does what has no column.
            let changes = record.fields.compactMap { field in
                value(of: field, in: record).map { value -> SQL in
                    """
                    BEGIN UPDATE \(table) SET \(identifier: field.name) = \(value) \
                    WHERE domain = \(literal: Tested.victim) \
                    AND \(identifier: field.name)::text IS DISTINCT FROM \(literal: Tested.person);
                    EXCEPTION WHEN undefined_column OR datatype_mismatch OR invalid_text_representation OR raise_exception
                    THEN NULL; END;
                    """
                }
            }
            try await service.change([
                "DO $$ BEGIN SET LOCAL session_replication_role = replica; " + changes.reduce("", +) + " END $$"
            ])
            try await service.change(
                history(of: record, in: schema).map { $0 + " FROM \(table) WHERE domain = \(Tested.victim)" })
        }
        for (id, name) in zip([employee, shown], names) {
            let made = "{\"id\": \"\(id)\", \"name\": \"\(name)\", \"email\": \"\(id)\", \"domain\": \"/provider/\"}"
            try await service.change([
                """
                DO $$ DECLARE names text; BEGIN
                SELECT string_agg(quote_ident(attname), ', ') INTO names FROM pg_attribute
                WHERE attrelid = '\(raw: schema)."user"'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
                EXECUTE format('INSERT INTO \(raw: schema)."user" (%s) SELECT %s FROM (
                SELECT (jsonb_populate_record(one, %L::jsonb)).* FROM \(raw: schema)."user" one LIMIT 1) made',
                names, names, \(literal: made));
                EXCEPTION WHEN undefined_table THEN NULL; END $$
                """
            ])
        }
    }

    /// What a field is filled with; nil for what stays as it is.
    private static func value(of field: FieldSchema, in record: RecordSchema) -> SQL? {
        guard !["id", "etag", "domain"].contains(field.name) else { return nil }
        let isShown = field.customerVisible
        if field.reference == "user" || ["created_by", "updated_by"].contains(field.name) {
            return "\(literal: isShown ? shown : employee)"
        }
        return switch field.type {
        case .listOfUsers: "ARRAY[\(literal: isShown ? shown : employee)]"
        case .string where !isShown && !kept.contains("\(record.table).\(field.name)"),
            .text where !isShown && !kept.contains("\(record.table).\(field.name)"):
            "\(literal: secret)"
        default: nil
        }
    }

    /// By its key an article that is shared is read.
    private static let kept: Set = ["knowledge_article.key"]

    /// Entries of the journal for each row of the FROM that follows: a change of a field for a user, a work note, a comment.
    private static func history(of record: RecordSchema, in schema: String) -> [SQL] {
        let users = record.fields.filter { $0.reference == "user" }
        let changes = users.map { field in
            (kind: "field", fields: [field.name], value: field.customerVisible ? shown : employee, text: "")
        }
        let said = [
            (kind: "created", fields: [String](), value: "", text: ""),
            (kind: "work_notes", fields: [], value: "", text: secret),
            (kind: "additional_comments", fields: [], value: "", text: "Hello"),
        ]
        return (changes + said).map { entry -> SQL in
            let values = entry.fields.map { _ in entry.value }
            return """
                INSERT INTO \(identifier: schema).journal \
                (id, table_name, record, domain, at, by, kind, fields, old_values, new_values, text) \
                SELECT gen_random_uuid(), \(record.table), id, domain, now(), \(employee), \(entry.kind), \
                \(entry.fields)::text[], \(values)::text[], \(values)::text[], \(entry.text)
                """
        }
    }
}
