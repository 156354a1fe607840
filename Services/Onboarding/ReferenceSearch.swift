import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Finds the records that texts of a workbook name (G-59).
enum ReferenceSearch {
    /// The most texts of one request.
    static let limit = 1_000

    /// A table whose records workbooks may name.
    struct Table: Sendable {
        let schema: RecordSchema
        let isForCustomers: Bool

        init(_ type: any Record.Type) { self.init(opened: type) }

        private init<R: Record>(opened type: R.Type) {
            schema = R.schema
            isForCustomers = R.storage.customer != nil
        }
    }

    /// The tables by name: the targets of imports, and whatever else declares by what workbooks name it.
    static let tables: [String: Table] = Dictionary(
        uniqueKeysWithValues: OnboardingCatalog.records.compactMap { $0 as? any Record.Type }
            .filter { $0.schema.isNamedByTexts }
            .map { ($0.schema.table, Table($0)) })

    /// `records.resolve`.
    static func endpoint(_ database: Database) -> Endpoint {
        Endpoint(OnboardingAPI.resolveReferences) { call, request async throws(Problem) in
            guard request.values.count <= limit else {
                throw .invalid(
                    field: ResolveReferencesRequest.Field.values,
                    Text(en: "At most \(limit) texts.", ko: "텍스트는 최대 \(grouped: limit)개입니다."))
            }
            let table = try table(named: request.table, call.caller)
            let field = try field(named: request.field, of: table)
            return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try find(request, table.schema, field, call.caller, in: tx)
            }
        }
    }

    static func table(named name: String, _ caller: Caller) throws(Problem) -> Table {
        guard let table = tables[Publishing.canonicalTable(name)] else {
            throw .invalid(
                field: ResolveReferencesRequest.Field.table,
                Text(en: "Records of this table cannot be named.", ko: "이 테이블에서는 레코드를 검색할 수 없습니다."))
        }
        let allowed = caller.kind == .service || Access.allows(caller.roles, .read, on: table.schema.table)
        guard allowed, caller.kind != .customer || table.isForCustomers else { throw .permissionDenied() }
        return table
    }

    static func field(named name: String, of table: Table) throws(Problem) -> FieldSchema {
        guard let field = table.schema.field(name), field.namesRecords else {
            throw .invalid(
                field: ResolveReferencesRequest.Field.field,
                Text(
                    en: "\(table.schema.label.en) has no such text field.",
                    ko: "\(table.schema.label.ko) 테이블에 해당 텍스트 필드가 없습니다."))
        }
        return field
    }

    /// One statement for all texts. Accounts are found among all the caller sees, everything that belongs to an
    /// account only within the account asked for.
    private static func find(
        _ request: ResolveReferencesRequest, _ schema: RecordSchema, _ field: FieldSchema, _ caller: Caller,
        in tx: Transaction
    ) throws -> ResolveReferencesResponse {
        var response = ResolveReferencesResponse()
        guard !request.values.isEmpty else { return response }
        let account = Validation.isUUID(request.account) ? request.account : nil
        guard account != nil || !NamedRecords.areOfAccounts(schema) else {
            throw Problem.invalid(
                field: ResolveReferencesRequest.Field.account, Text(en: "The account is needed here.", ko: "계정을 지정하세요.")
            )
        }
        let named = NamedRecords(schema, by: field.name)
        let answers = try tx.walking {
            try tx.query(named.statement(request.values, of: account, for: caller))
        }
        let matches = try NamedRecords.read(answers)
        response.references = request.values.map { value in
            let match = matches[value.alike]
            var reference = ResolvedReference()
            reference.value = value
            reference.matches = Int32(clamping: match?.count ?? 0)
            reference.id = match?.id ?? ""
            return reference
        }
        return response
    }
}
