import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Taking back what published rows have done (G-133).
enum Unpublishing {
    /// The service that knows what was published, and for nobody else: a record goes that only administrators may remove
    /// by hand, because the row that has made it says so.
    static let asker = "service:import-validation"

    /// `records.unpublish`.
    static func endpoint(_ database: Database) -> Endpoint {
        let method = OnboardingAPI.unpublishRows
        let referrers = Referrers(database, OnboardingCatalog.records)
        return Endpoint(method) { call, request async throws(Problem) in
            guard call.caller.kind == .service || call.caller.actor == asker else { throw .permissionDenied() }
            let target = try Publishing.target(named: request.targetTable, call.caller)
            guard request.rows.count <= Publishing.limit else {
                throw .invalid(
                    field: UnpublishRowsRequest.Field.rows,
                    Text(
                        en: "At most \(Publishing.limit) rows.",
                        ko: "행은 최대 \(grouped: Publishing.limit)개입니다."))
            }
            return try await database.perform(call, method.name, request, requestID: request.requestID) { tx, context in
                let account = try Publishing.account(request.account, in: tx)
                let batch = UnpublishBatch(
                    request: request, account: account, context: context, referrers: referrers, database: database)
                var response = UnpublishRowsResponse()
                response.results = try target.unpublish(batch, tx)
                return response
            }
        }
    }
}

/// What one request takes back.
struct UnpublishBatch: Sendable {
    let request: UnpublishRowsRequest
    /// The id of the account.
    let account: String
    let context: WriteContext
    let referrers: Referrers
    let database: Database
}

/// Takes back what rows of one batch have done to the records of `R`, inside one transaction: records that they made go,
/// fields that they changed get their values before. What somebody has changed or refers to since is kept, each record by
/// itself, and that is said.
struct Unpublication<R: StandardRecord> {
    private let batch: UnpublishBatch
    private let store: Store<R>
    private let tx: Transaction

    init(_ batch: UnpublishBatch, _ tx: Transaction) {
        self.batch = batch
        store = Store<R>(batch.database)
        self.tx = tx
    }

    /// One result per row, in the order of the rows.
    func run() throws -> [UnpublishResult] {
        let rows = batch.request.rows
        var records = try records(Set(rows.map(\.targetRecord)).filter(Validation.isUUID).sorted())
        let kept = try undo(rows, &records)
        return zip(rows, kept).map { row, faults in
            var result = UnpublishResult()
            result.rowID = row.rowID
            result.outcome = faults.isEmpty ? UnpublishResult.Outcome.undone : UnpublishResult.Outcome.kept
            result.faults = faults.map(\.message)
            return result
        }
    }

    /// Why each row is kept. What refers to a record may go with the same rows: of those that are kept for it, it is asked again
    /// as long as others went.
    private func undo(_ rows: [UnpublishRow], _ records: inout [String: R]) throws -> [[RowFault]] {
        var kept: [[RowFault]] = Array(repeating: [], count: rows.count)
        var open = Array(rows.indices)
        while true {
            let references = try references(to: open.map { rows[$0] })
            try removeTogether(open.map { rows[$0] }.filter { references[$0.targetRecord] == nil }, &records)
            for index in open {
                kept[index] = try undo(rows[index], &records, references[rows[index].targetRecord] ?? [])
            }
            let left = open.filter { !kept[$0].isEmpty && references[rows[$0].targetRecord] != nil }
            guard !left.isEmpty, open.contains(where: { kept[$0].isEmpty }) else { return kept }
            open = left
        }
    }

    /// Removes the records that rows have made and that nobody has changed or refers to, all at once. Where one cannot go each
    /// is tried by itself.
    private func removeTogether(_ rows: [UnpublishRow], _ records: inout [String: R]) throws {
        var gone: [String: R] = [:]
        for row in rows where row.wasCreated {
            guard let record = records[row.targetRecord], isOfAccount(record),
                try Self.changes(record, since: row).isEmpty
            else { continue }
            gone[record.id] = record
        }
        // In the order of the rows.
        var seen: Set<String> = []
        let ordered = rows.compactMap { gone[$0.targetRecord] }.filter { seen.insert($0.id).inserted }
        guard ordered.count > 1 else { return }
        do {
            try tx.savepoint { try store.deleteAll(ordered, batch.context.asSystem, in: tx) }
            for record in ordered { records[record.id] = nil }
        } catch {
            try rethrowUnlessOfOneRow(batch.database.problem(of: error), error)
        }
    }

    /// Whether a record is of the batch's account; a link of records has no account of its own.
    private func isOfAccount(_ record: R) -> Bool {
        guard let account = R.schema.index(like: Location.Field.account) else { return true }
        return record[fieldAt: account].string == batch.account
    }

    /// Lets an error pass that is the fault of a row; else the whole batch is retried or fails.
    private func rethrowUnlessOfOneRow(_ problem: Problem, _ error: any Error) throws {
        switch problem.code {
        case .invalidArgument, .failedPrecondition, .alreadyExists, .notFound, .permissionDenied, .outOfRange: return
        default: throw error
        }
    }

    /// The records with these ids, locked.
    private func records(_ ids: [String]) throws -> [String: R] {
        guard !ids.isEmpty else { return [:] }
        let found = try store.find(where: "id = ANY(\(ids)::uuid[]) ORDER BY id", lock: .update, in: tx)
        return Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
    }

    /// What refers to the records: to those that go at all, to the others since they were published.
    private func references(to rows: [UnpublishRow]) throws -> [String: [FoundReference]] {
        let asked = rows.map { row in
            var record = ReferredRecord()
            record.id = row.targetRecord
            record.since = row.wasCreated ? nil : row.publishedAt
            return record
        }
        return Dictionary(
            grouping: try batch.referrers.find(R.schema.table, asked, in: tx), by: \.id)
    }

    /// Why a row is not taken back; nothing when it is.
    private func undo(
        _ row: UnpublishRow, _ records: inout [String: R], _ references: [FoundReference]
    ) throws -> [RowFault] {
        // What is undone already stays so, however often it is asked for.
        guard let record = records[row.targetRecord] else { return row.wasCreated ? [] : [Self.gone] }
        // One of another account, by now or ever, stays.
        guard isOfAccount(record) else { return [Self.gone] }
        if !row.wasCreated, try Self.isUndone(record, row) { return [] }
        let faults =
            try Self.changes(record, since: row)
            + references.map { RowFault(text: $0.text(among: OnboardingCatalog.records.map { $0.schema })) }
        guard faults.isEmpty else { return faults }
        do {
            records[row.targetRecord] = try tx.savepoint {
                try row.wasCreated ? remove(record) : restore(record, row)
            }
            return []
        } catch {
            let problem = batch.database.problem(of: error)
            try rethrowUnlessOfOneRow(problem, error)
            return RowFault.all(of: problem, R.schema)
        }
    }

    /// The fields that do not hold any more what the row has left in them. Of a record that it made, those count too that
    /// were filled in since.
    private static func changes(_ record: R, since row: UnpublishRow) throws -> [RowFault] {
        let left = Dictionary(row.fields.map { ($0.field, $0.after) }) { $1 }
        return try R.schema.fields.enumerated().compactMap { index, field in
            guard field.isKeptByPeople, left[field.name] != nil || row.wasCreated else { return nil }
            let value = try field.value(ofText: left[field.name] ?? "", in: R.schema.table)
            let now = record[fieldAt: index]
            guard !field.isSame(now, value), !(now.isEmpty && value.isEmpty) else { return nil }
            return RowFault(
                field: field.name,
                text: Text(
                    en: "\(field.label.en) has been changed since.",
                    ko: "게시한 뒤 \(field.label.ko, .subject) 변경되었습니다."))
        }
    }

    /// Whether every field of a changed record holds the value that it had before.
    private static func isUndone(_ record: R, _ row: UnpublishRow) throws -> Bool {
        try row.fields.allSatisfy { change in
            guard let index = R.schema.index(of: change.field) else { return true }
            let field = R.schema.fields[index]
            let (now, before) = (record[fieldAt: index], try field.value(ofText: change.before, in: R.schema.table))
            return field.isSame(now, before) || now.isEmpty && before.isEmpty
        }
    }

    private func remove(_ record: R) throws -> R? {
        var request = DeleteRequest()
        request.id = record.id
        try store.delete(request, batch.context.asSystem, in: tx)
        return nil
    }

    private func restore(_ record: R, _ row: UnpublishRow) throws -> R {
        guard !row.fields.isEmpty else { return record }
        var values = R()
        values.id = record.id
        for change in row.fields {
            guard let index = R.schema.index(of: change.field) else { continue }
            values[fieldAt: index] = try R.schema.fields[index].value(ofText: change.before, in: R.schema.table)
        }
        return try store.update(values, mask: FieldMask(paths: row.fields.map(\.field)), batch.context, in: tx)
    }

    private static var gone: RowFault {
        RowFault(text: Text(en: "The record is not there any more.", ko: "레코드가 더 이상 없습니다."))
    }
}
