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

    /// Undoes batch after batch; what was done is kept with each, so that an interrupted run goes on behind it. A batch that
    /// was on its way then is settled before anything else is looked at: its owner may have taken it back, and a record that
    /// has been changed or referred to since says nothing of that.
    func run() async throws -> RunQueue.Ending {
        let undo = try await begin()
        let account = try await tools.task().task.account ?? ""
        var progress = try await Self.progress(tools)
        if let batch = try await Self.interrupted(undo, tools) {
            _ = try await takeBack(batch, undo, &progress)
        }
        try await tools.refuseCanceled()
        progress.total = progress.done + (try await open(undo))
        _ = try await takeBack(.open, undo, account, &progress)
        // What refers to a record may go behind it, where records refer to others of their table: of those that are kept it is
        // asked again as long as others went. Any other table has nothing more to give.
        if undo.publication.refersToItself {
            while try await takeBack(.kept, undo, account, &progress) > 0 {}
        }
        progress.tell()
        return .init(
            total: progress.done, done: progress.done, failed: progress.failed,
            says: [RunMessages.undone(progress.done, kept: progress.failed)])
    }

    /// Takes back rows, batch after batch; how many went.
    private func takeBack(
        _ which: PublicationUndo.Rows, _ undo: PublicationUndo, _ account: String, _ progress: inout Progress
    ) async throws -> Int {
        var (last, gone): (Int64?, Int) = (nil, 0)
        while true {
            let place = last
            let page = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
                try undo.rows(which, before: place, limit: Self.batch, tx)
            }
            let rows = Self.fitting(page)
            guard let end = rows.last else { return gone }
            gone += try await takeBack(try await batch(rows, undo, account), undo, &progress)
            last = end.number
            try await tools.refuseCanceled()
        }
    }

    /// Takes back a batch: it is kept before it is sent. How many rows went.
    private func takeBack(
        _ batch: UndoBatch, _ undo: PublicationUndo, _ progress: inout Progress
    ) async throws -> Int {
        var results: [UnpublishResult] = []
        if !batch.request.rows.isEmpty {
            let claim = tools.claim
            try await tools.database.transaction(as: tools.service) { tx in
                try claim.lease.hold(in: tx)
                try batch.keep(for: undo, tx)
            }
            let request = batch.request
            results = try await tools.client.call(
                OnboardingAPI.unpublishRows, request, as: tools.credential, deadline: .seconds(60),
                requestID: request.requestID, retry: .exponential(attempts: 6)
            ).results
        }
        return try await settle(batch, results, undo, &progress)
    }

    /// Keeps what became of a batch; how many rows went.
    private func settle(
        _ batch: UndoBatch, _ results: [UnpublishResult], _ undo: PublicationUndo, _ progress: inout Progress
    ) async throws -> Int {
        let kept = batch.reasons(results)
        // Rows that were kept before are counted.
        let before = batch.rows.count { $0.undo == undo.run }
        progress.add(done: batch.rows.count - before, failed: kept.count - before)
        let (claim, writing) = (tools.claim, tools.writing)
        let (done, failed, total) = (progress.done, progress.failed, max(progress.total, progress.done))
        try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try claim.lease.hold(in: tx)
            undo.publication.settle(
                batch.rows, kept: kept, run: claim.run, by: claim.requester.caller.subject, writing, tx)
            undo.letGo(tx)
            tx.send(
                """
                UPDATE import_validation.import_run SET done_rows = \(done), failed_rows = \(failed), \
                total_rows = \(total) WHERE id = \(claim.run)
                """)
        }
        return batch.rows.count - kept.count
    }

    /// Settles the batch that an undo which ends for good has left on its way: when it was sent its answer may have been lost,
    /// and sent again it is refused. Its owner says what it has taken back, and does it no more if it has not by now.
    static func settleLeft(_ tools: RunTools) async throws {
        let claim = tools.claim
        let undo = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try PublicationUndo.find(claim.run, tx)
        }
        guard let undo, let batch = try await interrupted(undo, tools) else { return }
        let person = claim.requester.caller
        var request = SettleUnpublishRequest()
        request.request = batch.request
        request.subject = person.subject
        request.domain = person.domain.path
        let answer = try await tools.client.call(
            OnboardingAPI.settleUnpublish, request, deadline: .seconds(60), retry: .exponential(attempts: 6))
        guard !answer.results.isEmpty else {
            return try await tools.database.transaction(as: tools.service) { tx in
                try claim.lease.hold(in: tx)
                undo.letGo(tx)
            }
        }
        var progress = try await progress(tools)
        _ = try await UndoRun(tools: tools).settle(batch, answer.results, undo, &progress)
    }

    // MARK: Where it stands

    private func begin() async throws -> PublicationUndo {
        let claim = tools.claim
        let undo = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try PublicationUndo.find(claim.run, tx)
        }
        guard let undo else { throw Problem.internalError(cause: "undo \(claim.run) has not begun") }
        return undo
    }

    /// What its record has counted.
    private static func progress(_ tools: RunTools) async throws -> Progress {
        let before = try await tools.counts()
        var progress = Progress(tools.claim, total: before.total, connection: tools.connection)
        progress.add(done: Int(before.done), failed: Int(before.failed))
        return progress
    }

    private static func interrupted(_ undo: PublicationUndo, _ tools: RunTools) async throws -> UndoBatch? {
        try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try UndoBatch(left: undo, tx)
        }
    }

    private func open(_ undo: PublicationUndo) async throws -> Int64 {
        try await tools.database.transaction(as: tools.service, readOnly: true) { tx in try undo.count(tx) }
    }

    // MARK: Batches

    /// As many rows from the start as one request carries; at least one.
    private static func fitting(_ rows: [Publication.Written]) -> [Publication.Written] {
        rows.fitting(bytesPerBatch) { row in
            row.fields.reduce(120) {
                $0 + $1.field.utf8.count + $1.before.utf8.count + $1.after.utf8.count + 12
            }
        }
    }

    /// The batch of rows, those left out of what is sent whose records other services refer to.
    private func batch(
        _ rows: [Publication.Written], _ undo: PublicationUndo, _ account: String
    ) async throws -> UndoBatch {
        // A row that has changed nothing is only given back.
        let written = rows.filter { $0.outcome != PlanRow.Outcome.unchanged }
        let kept = try await referred(written, undo.publication.targetTable)
        return UndoBatch(
            rows, kept: kept, of: undo.publication, for: account, requestID: RecordID.make(at: tools.writing.now))
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
}
