import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// Takes back what a publication has done, or chosen rows of it, with the rights of the person who asks, the last row first
/// (G-133). What has been changed or referred to since, in any service, is kept, and why is said with each row.
struct UndoRun {
    /// Rows of one request; no more than a service is asked about at once.
    private static let batch = 500
    /// Bytes of what one request says of fields.
    private static let bytesPerBatch = 400 << 10

    let tools: RunTools

    /// Undoes batch after batch. What is undone already is left so, so that a batch that comes again after a crash changes
    /// nothing.
    func run() async throws -> RunQueue.Ending {
        let claim = tools.claim
        let (undo, account, total) = try await begin()
        let publication = undo.publication
        let before = try await tools.counts()
        var progress = Progress(claim, total: before.done + total, connection: tools.connection)
        progress.add(done: Int(before.done), failed: Int(before.failed))
        var last: Int64?
        while true {
            let place = last
            let page = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
                try undo.rows(before: place, limit: Self.batch, tx)
            }
            let rows = Self.fitting(page)
            guard let end = rows.last else { break }
            let kept = try await takeBack(rows, publication, account)
            progress.add(done: rows.count, failed: kept.count)
            try await settle(rows, kept, publication, progress)
            last = end.number
            try await tools.refuseCanceled()
        }
        progress.tell()
        return .init(
            total: progress.done, done: progress.done, failed: progress.failed,
            message: RunMessages.undone(progress.done, kept: progress.failed)(tools.language))
    }

    private func begin() async throws -> (PublicationUndo, account: String, open: Int64) {
        let (database, claim) = (tools.database, tools.claim)
        return try await database.transaction(as: tools.service, readOnly: true) { tx in
            guard let task = try Store<ImportTask>(database).find(claim.task, in: tx) else {
                throw Problem.notFound(ImportTask.schema.label, id: claim.task)
            }
            guard let undo = try PublicationUndo.find(claim.run, tx) else {
                throw Problem.internalError(cause: "undo \(claim.run) has not begun")
            }
            return (undo, task.account ?? "", try undo.count(tx))
        }
    }

    /// As many rows from the start as one request carries; at least one.
    private static func fitting(_ rows: [Publication.Written]) -> [Publication.Written] {
        rows.fitting(bytesPerBatch) { row in
            row.fields.reduce(120) {
                $0 + $1.field.utf8.count + $1.before.utf8.count + $1.after.utf8.count + 12
            }
        }
    }

    /// Why rows are kept, by their places; the others are undone.
    private func takeBack(
        _ rows: [Publication.Written], _ publication: Publication, _ account: String
    ) async throws -> [Int64: [RowError]] {
        // A row that has changed nothing is only given back.
        let written = rows.filter { $0.outcome != PlanRow.Outcome.unchanged }
        var kept = try await referred(written, publication.targetTable)
        let asked = written.filter { kept[$0.number] == nil }
        guard !asked.isEmpty else { return kept }
        var request = UnpublishRowsRequest()
        request.targetTable = publication.targetTable
        request.account = account
        request.rows = asked.map { row in
            var sent = UnpublishRow()
            sent.rowID = String(row.number)
            sent.targetRecord = row.record
            sent.wasCreated = row.outcome == PlanRow.Outcome.insert
            sent.fields = row.fields.map(\.published)
            sent.publishedAt = row.publishedAt
            return sent
        }
        let name = asked.map { String($0.number) }.joined(separator: ",")
        request.requestID = RecordID.derived(from: "\(tools.claim.run)/\(name)")
        let answer = try await tools.client.call(
            OnboardingAPI.unpublishRows, request, as: tools.credential, deadline: .seconds(60),
            requestID: request.requestID, retry: .exponential(attempts: 6))
        let results = Dictionary(answer.results.map { ($0.rowID, $0) }) { first, _ in first }
        for row in asked {
            let result = results[String(row.number)]
            if result?.outcome != UnpublishResult.Outcome.undone {
                let errors = RowError.all(result?.faults ?? [])
                kept[row.number] = errors.isEmpty ? [Self.unanswered] : errors
            }
        }
        return kept
    }

    /// Rows whose records are referred to by records of other services than the owner's, which looks at its own itself.
    private func referred(_ rows: [Publication.Written], _ table: String) async throws -> [Int64: [RowError]] {
        guard !rows.isEmpty else { return [:] }
        let records = rows.map { row in
            var record = ReferredRecord()
            record.id = row.record
            record.since = row.outcome == PlanRow.Outcome.insert ? nil : row.publishedAt
            return record
        }
        let own = Referrers(tools.database, ImportValidationCatalog.records)
        var found = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try own.find(table, records, in: tx)
        }
        if Self.mayReferElsewhere(to: table) {
            var request = FindReferencesRequest()
            request.table = table
            request.records = records
            found += try await tools.client.call(
                CustomerSuccessAPI.findReferences, request, deadline: .seconds(20), retry: .exponential(attempts: 5)
            ).references
        }
        let schemas = (ImportValidationCatalog.records + CustomerSuccessCatalog.records).map { $0.schema }
        let references = Dictionary(grouping: found, by: \.id)
        var kept: [Int64: [RowError]] = [:]
        for row in rows {
            guard let references = references[row.record] else { continue }
            kept[row.number] = references.map { reference in
                let text = reference.text(among: schemas)
                return RowError(.publication, [text.en, text.ko])
            }
        }
        return kept
    }

    /// Whether records of customer-success may refer to those of a table.
    static func mayReferElsewhere(to table: String) -> Bool {
        CustomerSuccessCatalog.records.contains { $0.schema.refers(to: table) }
    }

    private static var unanswered: RowError {
        let text = Text(en: "There was no answer for this record.", ko: "이 레코드의 결과를 확인하지 못했습니다. 다시 실행 취소하세요.")
        return RowError(.publication, [text.en, text.ko])
    }

    private func settle(
        _ rows: [Publication.Written], _ kept: [Int64: [RowError]], _ publication: Publication, _ progress: Progress
    ) async throws {
        let (claim, writing) = (tools.claim, tools.writing)
        let (done, failed, total) = (progress.done, progress.failed, progress.total)
        try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try claim.lease.hold(in: tx)
            publication.settle(
                rows, kept: kept, run: claim.run, by: claim.requester.caller.subject, writing, tx)
            tx.send(
                """
                UPDATE import_validation.import_run SET done_rows = \(done), failed_rows = \(failed), \
                total_rows = \(total) WHERE id = \(claim.run)
                """)
        }
    }
}
