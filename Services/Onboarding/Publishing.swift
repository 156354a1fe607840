import Korean
import OnboardingWire
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
    /// Bytes of single reasons in one answer; rows behind them have their message alone.
    private static let faultBytes = 256 << 10
    /// Bytes of what one answer tells of fields.
    static let answerBytes = 400 << 10

    /// The target tables by name: every table whose record has the option `import`.
    static let targets: [String: PublishTarget] = Dictionary(
        uniqueKeysWithValues: OnboardingCatalog.records.compactMap { $0 as? any StandardRecord.Type }
            .compactMap { PublishTarget($0) }
            .map { ($0.schema.table, $0) })

    /// Requests may carry the names that the targets have in the platform the data comes from.
    static func canonicalTable(_ name: String) -> String {
        targets.values.first { $0.schema.importing?.alias == name }?.schema.table ?? name
    }

    /// `records.publish`.
    static func endpoint(_ database: Database) -> Endpoint {
        let method = OnboardingAPI.publishRows
        return Endpoint(method) { call, request async throws(Problem) in
            let target = try target(of: request, call.caller)
            return try await database.perform(
                call, method.name, request, requestID: request.requestID, validateOnly: request.dryRun
            ) { tx, context in
                let account = try account(request.account, in: tx)
                let batch = PublishBatch(
                    request: request, account: account, context: context, language: call.language, database: database)
                var response = PublishRowsResponse()
                response.results = bounded(try target.publish(batch, tx))
                return response
            }
        }
    }

    /// The results, with as many single reasons as an answer carries.
    private static func bounded(_ results: [PublishResult]) -> [PublishResult] {
        var results = results
        var bytes = 0
        for index in results.indices {
            bytes += results[index].faults.reduce(0) { $0 + $1.message.utf8.count + $1.messageKo.utf8.count }
            if bytes > faultBytes { results[index].faults = [] }
        }
        return results
    }

    /// The target of this name or alias, for a caller who may publish into it.
    static func target(named name: String, _ caller: Caller) throws(Problem) -> PublishTarget {
        guard let target = targets[canonicalTable(name)] else {
            let tables = targets.keys.sorted()
            let names = tables.joined(separator: ", ")
            throw .invalid(
                field: PublishRowsRequest.Field.targetTable,
                Text(
                    en: "The target table must be one of: \(names).",
                    ko: "대상 테이블은 다음 중 하나여야 합니다: \(tables.compactMap { targets[$0]?.schema }.koreanLabels)"))
        }
        let isAllowed = Access.allows(caller.roles, .create, on: target.schema.table)
        guard caller.kind == .service || isAllowed && caller.kind != .customer else { throw .permissionDenied() }
        return target
    }

    private static func target(of request: PublishRowsRequest, _ caller: Caller) throws(Problem) -> PublishTarget {
        let target = try target(named: request.targetTable, caller)
        guard request.rows.count <= limit else {
            throw .invalid(
                field: PublishRowsRequest.Field.rows,
                Text(en: "At most \(limit) rows.", ko: "행은 최대 \(grouped: limit)개입니다."))
        }
        guard Set(request.columns).count == request.columns.count else {
            throw .invalid(
                field: PublishRowsRequest.Field.columns, Text(en: "A column stands twice.", ko: "중복된 열이 있습니다."))
        }
        for column in request.columns {
            guard let field = target.schema.field(column), field.isImportable else {
                let shown = String(column.prefix(60))
                throw .invalid(
                    field: PublishRowsRequest.Field.columns,
                    Text(
                        en: "\(target.schema.label.en) has no field \(shown) to import into.",
                        ko: "\(target.schema.label.ko) 테이블에는 데이터를 가져올 수 있는 ‘\(shown)’ 필드가 없습니다."))
            }
        }
        let named = request.referenceFields
        guard named.isEmpty || named.count == request.columns.count else {
            throw .invalid(
                field: PublishRowsRequest.Field.referenceFields,
                Text(en: "There must be one for each column.", ko: "열마다 하나씩 있어야 합니다."))
        }
        for (column, field) in zip(request.columns, named) where !field.isEmpty {
            let table = target.schema.field(column)?.referencedTable ?? ""
            _ = try ReferenceSearch.field(named: field, of: ReferenceSearch.table(named: table, caller))
        }
        return target
    }

    /// The account with this id, which stays until the rows are written.
    static func account(_ id: String, in tx: Transaction) throws -> String {
        let rows =
            Validation.isUUID(id)
            ? try tx.query("SELECT id::text FROM onboarding.customer_account WHERE id = \(id) FOR KEY SHARE") : nil
        guard let row = rows?.first else { throw Problem.notFound(CustomerAccount.schema.label, id: id) }
        return try row.string(CustomerAccount.Field.id)
    }
}

/// One target table, its record type put away.
struct PublishTarget: Sendable {
    let schema: RecordSchema
    let publish: @Sendable (PublishBatch, Transaction) throws -> [PublishResult]
    let unpublish: @Sendable (UnpublishBatch, Transaction) throws -> [UnpublishResult]

    /// Nil for a record whose declaration says nothing of imports.
    init?(_ type: any StandardRecord.Type) { self.init(opened: type) }

    /// Rows become records of `R`; those that agree in their natural key are the same record.
    private init?<R: StandardRecord>(opened type: R.Type) {
        guard let key = R.schema.importing?.key else { return nil }
        schema = R.schema
        publish = { batch, tx in try Publication<R>(batch, key: key, tx).run() }
        unpublish = { batch, tx in try Unpublication<R>(batch, tx).run() }
    }
}

/// What one request brings.
struct PublishBatch: Sendable {
    let request: PublishRowsRequest
    /// The id of the account.
    let account: String
    let context: WriteContext
    let language: String
    let database: Database
}
