import Korean
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Brings checked rows of a workbook into their target tables (G-56).
enum Publishing {
    /// The most rows of one request.
    static let limit = 500

    /// The target tables by name.
    static let targets: [String: PublishTarget] = Dictionary(
        uniqueKeysWithValues: [
            PublishTarget(CustomerContact.self), PublishTarget(Location.self), PublishTarget(ServiceEntitlement.self),
            PublishTarget(InstallBaseItem.self), PublishTarget(AccountAddressRelationship.self),
            PublishTarget(Contract.self), PublishTarget(SoldProduct.self),
            PublishTarget(SoldProductInstallBaseM2m.self),
        ].map { ($0.schema.table, $0) })

    /// Import tasks may carry the internal names that the source prints for some tables.
    static func canonicalTable(_ name: String) -> String {
        let internalNames = [
            "cmn_location": "location", "ast_contract": "contract", "sn_install_base_item": "install_base_item",
            "sn_install_base_sold_product": "sold_product",
        ]
        return internalNames[name] ?? name
    }

    /// `records.publish`.
    static func endpoint(_ database: Database) -> Endpoint {
        let method = OnboardingAPI.publishRows
        return Endpoint(method) { call, request async throws(Problem) in
            let target = try target(of: request, call.caller)
            return try await database.perform(call, method.name, request, requestID: request.requestID) { tx, context in
                let account = try account(request.account, in: tx)
                let batch = PublishBatch(
                    request: request, account: account, context: context, language: call.language, database: database)
                var response = PublishRowsResponse()
                response.results = try target.publish(batch, tx)
                return response
            }
        }
    }

    private static func target(of request: PublishRowsRequest, _ caller: Caller) throws(Problem) -> PublishTarget {
        guard let target = targets[canonicalTable(request.targetTable)] else {
            let tables = targets.keys.sorted()
            let names = tables.joined(separator: ", ")
            throw .invalid(
                field: "target_table",
                Text(
                    en: "The target table must be one of: \(names).",
                    ko: "대상 테이블은 다음 중 하나여야 합니다: \(Catalog.labels(of: tables))"))
        }
        let isAllowed = Access.allows(caller.roles, .create, on: target.schema.table)
        guard caller.kind == .service || isAllowed && caller.kind != .customer else { throw .permissionDenied() }
        guard request.rows.count <= limit else {
            throw .invalid(field: "rows", Text(en: "At most \(limit) rows.", ko: "행은 최대 \(grouped: limit)개입니다."))
        }
        guard Set(request.columns).count == request.columns.count else {
            throw .invalid(field: "columns", Text(en: "A column stands twice.", ko: "중복된 열이 있습니다."))
        }
        for column in request.columns {
            guard let field = target.schema.field(column), !field.outputOnly, field.type != .journal else {
                let shown = String(column.prefix(60))
                throw .invalid(
                    field: "columns",
                    Text(
                        en: "\(target.schema.label.en) has no field \(shown) to import into.",
                        ko: "\(target.schema.label.ko) 테이블에는 데이터를 가져올 수 있는 ‘\(shown)’ 필드가 없습니다."))
            }
        }
        return target
    }

    private static func account(_ id: String, in tx: Transaction) throws -> PublishedReferences.Account {
        let rows =
            Validation.isUUID(id)
            ? try tx.query(
                "SELECT name, account_number FROM onboarding.customer_account WHERE id = \(id) FOR KEY SHARE")
            : nil
        guard let row = rows?.first else { throw Problem.notFound(CustomerAccount.schema.label, id: id) }
        return PublishedReferences.Account(id: id, name: try row.string(at: 0), number: try row.string(at: 1))
    }
}

/// One target table, its record type put away.
struct PublishTarget: Sendable {
    let schema: RecordSchema
    let publish: @Sendable (PublishBatch, Transaction) throws -> [PublishResult]

    /// Rows become records of `R`; those that agree in their natural key are the same record.
    init<R: StandardRecord>(_ type: R.Type) {
        schema = R.schema
        let key = NaturalKey.fields[R.schema.table] ?? []
        publish = { batch, tx in try Publication<R>(batch, key: key, tx).run() }
    }
}

/// What one request brings.
struct PublishBatch: Sendable {
    let request: PublishRowsRequest
    let account: PublishedReferences.Account
    let context: WriteContext
    let language: String
    let database: Database
}
