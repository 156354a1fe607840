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

        init<R: Record>(_ type: R.Type) {
            schema = R.schema
            isForCustomers = R.storage.customer != nil
        }
    }

    /// The tables by name.
    static let tables: [String: Table] = Dictionary(
        uniqueKeysWithValues: [
            Table(CustomerAccount.self), Table(CustomerContact.self), Table(User.self), Table(Location.self),
            Table(Contract.self), Table(SoldProduct.self), Table(ServiceEntitlement.self),
            Table(InstallBaseItem.self), Table(AccountAddressRelationship.self), Table(ResponsibilityDefinition.self),
        ].map { ($0.schema.table, $0) })

    /// `records.resolve`.
    static func endpoint(_ database: Database) -> Endpoint {
        Endpoint(OnboardingAPI.resolveReferences) { call, request async throws(Problem) in
            guard request.values.count <= limit else {
                throw .invalid(
                    field: "values", Text(en: "At most \(limit) texts.", ko: "텍스트는 최대 \(limit)개입니다."))
            }
            let table = try table(named: request.table, call.caller)
            let field = try field(named: request.field, of: table)
            return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try find(request, table.schema, field, call.caller, in: tx)
            }
        }
    }

    private static func table(named name: String, _ caller: Caller) throws(Problem) -> Table {
        guard let table = tables[Publishing.canonicalTable(name)] else {
            throw .invalid(
                field: "table", Text(en: "Records of this table cannot be named.", ko: "이 테이블에서는 레코드를 검색할 수 없습니다."))
        }
        let allowed = caller.kind == .service || Access.allows(caller.roles, .read, on: table.schema.table)
        guard allowed, caller.kind != .customer || table.isForCustomers else { throw .permissionDenied() }
        return table
    }

    private static func field(named name: String, of table: Table) throws(Problem) -> FieldSchema {
        guard let field = table.schema.field(name), [.string, .text, .email, .url].contains(field.type),
            field.name != "etag"
        else {
            throw .invalid(
                field: "field",
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
        let texts = request.values.map(\.alike)
        var response = ResolveReferencesResponse()
        guard !texts.isEmpty else { return response }
        let column: SQL = "onboarding.alike(\(identifier: field.name)::text)"
        var condition = AlikeSQL.condition(field.name, Set(texts))
        if schema.field("account") != nil, schema.table != "user" {
            guard Validation.isUUID(request.account) else {
                throw Problem.invalid(
                    field: "account", Text(en: "The account is needed here.", ko: "계정을 지정하세요."))
            }
            condition += " AND account = \(request.account)"
        }
        if caller.kind == .customer {
            let own: SQL = schema.table == "customer_account" ? "id" : "account"
            condition += " AND " + own + " = ANY(\(caller.memberships.map(\.account))::uuid[])"
        }
        // Seen with the account of the case, a name it shares with other accounts means the account itself.
        let isOwn: SQL =
            schema.table == "customer_account" && Validation.isUUID(request.account)
            ? "bool_or(id = \(request.account))" : "false"
        let rows = try tx.query(
            """
            SELECT \(column), CASE WHEN \(isOwn) THEN 1 ELSE count(*) END, \
            CASE WHEN \(isOwn) THEN \(request.account) ELSE min(id::text) END \
            FROM onboarding.\(identifier: schema.table) WHERE \(condition) GROUP BY 1
            """)
        var found: [String: (count: Int32, id: String)] = [:]
        for row in rows {
            found[try row.string(at: 0)] = (Int32(clamping: try row.int64(at: 1)), try row.string(at: 2))
        }
        response.references = zip(request.values, texts).map { value, text in
            var reference = ResolvedReference()
            reference.value = value
            reference.matches = found[text]?.count ?? 0
            reference.id = reference.matches == 1 ? found[text]?.id ?? "" : ""
            return reference
        }
        return response
    }
}
