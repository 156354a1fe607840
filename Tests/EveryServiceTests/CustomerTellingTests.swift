import Postgres
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// Whatever customers ask, and of whichever method: people of the provider are told by their names and not by ids, and nothing
/// is told of what is the provider's own (G-18, G-28).
@Suite(.timeLimit(.minutes(5))) struct CustomerTellingTests {
    /// Stands in every text that customers may not read.
    private static let secret = "zzinside"
    /// Who did everything, and who stands in every field for users that customers may not read.
    private static let employee = "01990000-0000-7000-8000-0000000000e1"
    /// Who stands in the fields for users that customers may read, as the dictionary says.
    private static let shown = "01990000-0000-7000-8000-0000000000e2"
    private static let names = ["Ann Inside", "Bea Shown"]
    private static let roles = [
        "sn_customerservice.customer", "sn_customerservice.customer_case_manager", "sn_customerservice.customer_admin",
        "sn_customerservice.customer_manager", "sn_acct_lc.ale_success_customer",
    ]
    /// What answers records themselves, with the fields that are the customer's to read.
    private static let ofRecords: Set = ["get", "list", "create", "update", "batch_create", "batch_update"]

    @Test(arguments: Tested.names) func nothingInsideIsTold(_ name: String) async throws {
        let service = try await Tested.start(name)
        try await service.show(to: Tested.contact)
        try await Self.fill(service, Database.schemaName(of: name))
        let attempts = service.methods.compactMap { Attempt.of($0, service.schemas) }.filter { $0.verb != "delete" }
        var (answered, named): (Set<String>, Set<String>) = ([], [])
        for role in Self.roles {
            let caller = Caller.customer(
                role, of: Tested.account, in: Tested.victim, contact: Tested.contact, subject: Tested.person)
            for tried in attempts {
                for id in tried.namesRecord ? service.ids[tried.table] ?? [] : [""] {
                    let (problem, json) = await service.answer(tried.about(id), as: caller)
                    let told = json + (problem?.text.en ?? "") + (problem?.text.ko ?? "")
                    let what = "\(tried.subject) \(role)"
                    #expect(!told.contains(Self.secret), "\(what) \(told)")
                    #expect(!told.contains(Self.employee) && !told.contains(Tested.victim), "\(what) \(told)")
                    #expect(!told.contains(Self.shown) || Self.ofRecords.contains(tried.verb), "\(what) \(told)")
                    if problem == nil { answered.insert(tried.verb) }
                    if Self.names.contains(where: told.contains) { named.insert(tried.verb) }
                }
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
            for field in record.fields {
                guard let value = value(of: field, in: record) else { continue }
                // What is somebody's own stays so, and so does what has no column.
                try await service.change([
                    """
                    DO $$ BEGIN UPDATE \(table) SET \(identifier: field.name) = \(value) \
                    WHERE domain = \(literal: Tested.victim) \
                    AND \(identifier: field.name)::text IS DISTINCT FROM \(literal: Tested.person);
                    EXCEPTION WHEN undefined_column OR datatype_mismatch OR invalid_text_representation OR raise_exception
                    THEN NULL; END $$
                    """
                ])
            }
            try await service.change(
                history(of: record, in: schema).map { $0 + " FROM \(table) WHERE domain = \(Tested.victim)" })
        }
        for (id, name) in zip([employee, shown], names) {
            try await service.change([
                """
                DO $$ BEGIN INSERT INTO \(identifier: schema)."user" \
                SELECT (jsonb_populate_record(one, jsonb_build_object('id', \(literal: id), 'name', \(literal: name), \
                'email', \(literal: id), 'domain', '/provider/'))).* FROM \(identifier: schema)."user" one LIMIT 1;
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

    /// Texts by which methods work.
    private static let kept: Set<String> = []

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
