import Foundation
import Records
import Testing
import Wire
import WireCatalog

/// The tables are what the dictionary says: every field a column, every column a field.
@Suite(.timeLimit(.minutes(15))) struct ColumnTests {
    private struct Column {
        let name: String
        let type: String
        let isRequired: Bool
    }

    private func columns(_ schema: RecordSchema) async throws -> [Column] {
        try await ServiceSchemas.shared.value.rows(
            """
            SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
            WHERE attrelid = to_regclass('\(Self.name(schema))') AND attnum > 0 AND NOT attisdropped
            """
        ).map { Column(name: $0[0], type: $0[1], isRequired: $0[2] == "t") }
    }

    private static func name(_ schema: RecordSchema) -> String {
        "\(Database.schemaName(of: schema.service)).\(schema.table)"
    }

    /// Fields that the record's Swift file works out when it is read.
    private static func computed(_ schema: RecordSchema) throws -> Set<String> {
        let folder = ServiceSchemas.folder(of: schema.service)
        var fields: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: Checkout.path(folder))
        where file.hasSuffix(".swift") {
            let text = try String(contentsOfFile: Checkout.path("\(folder)/\(file)"), encoding: .utf8)
            let type = schema.table.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
            guard text.contains(try Regex("extension \(type)\\b")) else { continue }
            if text.contains(".daysRemaining(until:") { fields.insert("days_remaining") }
            let keys = text.matches(of: /(?:Computed|LookedUp)\(\.(\w+)/).map { String($0.1) }
            fields.formUnion(schema.fields.filter { keys.contains($0.jsonName) }.map(\.name))
        }
        return fields
    }

    @Test(arguments: Catalog.schemas.map(name)) func everyFieldAColumnAndEveryColumnAField(
        _ table: String
    ) async throws {
        let schema = try #require(Catalog.schemas.first { Self.name($0) == table })
        let columns = try await columns(schema)
        try #require(!columns.isEmpty, "there is no table \(Self.name(schema))")
        let names = Set(columns.map(\.name))
        let computed = try Self.computed(schema)
        let stored = schema.fields.filter { field in
            field.type != .journal && field.type != .attachment && field.name != "etag"
                && !computed.contains(field.name)
        }
        let expected = Set(stored.map(\.name)).union(["revision"])
        #expect(expected.subtracting(names).isEmpty, "fields without a column")
        // How the texts look by which records are known or named.
        let alike = Set((schema.namedBy + (schema.importing?.key ?? [])).map { $0 + "_alike" })
        #expect(names.subtracting(expected).subtracting(alike).isEmpty, "columns without a field")
        for field in stored {
            guard let column = columns.first(where: { $0.name == field.name }) else { continue }
            #expect(
                Self.types(field).contains(column.type), "\(field.name) is \(field.type) and kept as \(column.type)")
            // The row security compares it byte by byte, and nothing is without a domain.
            if field.name == "domain" { #expect(column.isRequired) }
        }
        // A record without mandatory fields cannot come about by way of the store: the table may be as strict.
        let optional = columns.filter { $0.isRequired }.map(\.name).filter { name in
            guard let field = schema.field(name) else { return false }
            return !field.mandatory && !field.outputOnly && field.defaultValue == .null && field.storage != .strings
        }
        #expect(optional.isEmpty, "NOT NULL, and the dictionary does not say so")
    }

    /// Attachments go with their record, and follow it, in the tables of records that have them and in no others.
    @Test func attachmentsGoWithTheirRecords() async throws {
        let rows = try await ServiceSchemas.shared.value.rows(
            """
            SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger
            WHERE tgname IN ('attachments_go', 'attachments_follow')
            """)
        let expected = Catalog.schemas.filter { $0.verbs.contains("list_attachments") }.flatMap { schema in
            ["attachments_go", "attachments_follow"].map { [Self.name(schema), $0] }
        }
        #expect(Set(rows) == Set(expected) && expected.count == 10)
    }

    /// How a field may be kept so that values, filters and page tokens agree.
    private static func types(_ field: FieldSchema) -> Set<String> {
        switch field.type {
        case .date: ["date"]
        case .datetime: ["timestamp with time zone"]
        case .decimal, .currency: ["numeric"]
        case .boolean: ["boolean"]
        case .integer: ["integer", "bigint"]
        case .choice: field.storage == .int ? ["integer"] : ["text"]
        case .listOfReferences: ["uuid[]"]
        case .listOfUsers, .listOfRoles: ["text[]"]
        case .reference: field.reference == "user" ? ["text"] : ["uuid", "text"]
        case .documentID: ["uuid"]
        default: field.name == "id" ? ["uuid"] : ["text"]
        }
    }

    /// A choice the dictionary allows and the table does not would fail when somebody makes it.
    @Test func choicesAreThoseOfTheDictionary() async throws {
        let constraints = try await ServiceSchemas.shared.value.rows(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conname LIKE '%\\_choice'"
        )
        let found = Dictionary(constraints.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
        var checked = 0
        for schema in Catalog.schemas {
            for field in schema.fields where field.type == .choice {
                guard let definition = found["\(schema.table)_\(field.name)_choice"] else { continue }
                let allowed = definition.matches(of: /'([^']*)'|\b(\d+)\b/).map { String($0.1 ?? $0.2 ?? "") }
                let choices = field.choices.map { choice in
                    switch choice.value {
                    case .string(let text): text
                    case .int(let number): String(number)
                    default: ""
                    }
                }
                #expect(Set(allowed) == Set(choices), "\(schema.table).\(field.name)")
                checked += 1
            }
        }
        #expect(checked > 20)
    }

    /// A rule that names a constraint which is not there would never be told to anybody.
    @Test(arguments: ServiceSchemas.services) func constraintsOfRulesExist(_ service: String) async throws {
        let known = try await ServiceSchemas.shared.value.rows(
            "SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
        let names = Set(known.map { $0[0] })
        let folder = ServiceSchemas.folder(of: service)
        for file in try FileManager.default.contentsOfDirectory(atPath: Checkout.path(folder))
        where file.hasSuffix(".swift") {
            let text = try String(contentsOfFile: Checkout.path("\(folder)/\(file)"), encoding: .utf8)
            for match in text.matches(of: /constraint: "([a-z0-9_]+)"/) {
                #expect(names.contains(String(match.1)), "\(file) names \(match.1)")
            }
        }
    }

    /// Numbers come from a sequence of the table's name.
    @Test func numberedTablesHaveTheirSequence() async throws {
        for schema in Catalog.schemas where schema.numberPrefix != nil {
            let found = try await ServiceSchemas.shared.value.rows("SELECT to_regclass('\(Self.name(schema))_number')")
            #expect(found == [["\(Self.name(schema))_number"]], "\(schema.table)")
        }
    }

    /// The scope must stay usable by an index at a million rows: one of each table begins with the domain.
    @Test func everyRecordTableHasAnIndexOfItsDomain() async throws {
        let indexed = try await ServiceSchemas.shared.value.rows(
            """
            SELECT DISTINCT i.indrelid::regclass FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE a.attname = 'domain'
            """)
        let without = Set(Catalog.schemas.map(Self.name)).subtracting(indexed.map { $0[0].replacing("\"", with: "") })
        #expect(without.isEmpty)
    }
}
