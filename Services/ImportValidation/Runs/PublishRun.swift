import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// Moves rows that are ready into their target table (G-55, G-56), on behalf of the person who
/// asked for it. With a plan it does what the plan says and nothing else.
struct PublishRun {
    let tools: RunTools

    /// Publishes batch after batch; what was done is kept with each, so that an interrupted run goes on behind it.
    func run() async throws -> RunQueue.Ending {
        let claim = tools.claim
        let publisher = try await RowPublisher(tools)
        let publication = try await begin()
        let before = try await tools.counts()
        let total = before.done + (try await waiting(publication))
        var progress = Progress(claim, total: total, connection: tools.connection)
        progress.add(done: Int(before.done), failed: Int(before.failed))
        var isFirst = true
        while true {
            let page = try await next(publication, resuming: isFirst)
            isFirst = false
            if page.rows.isEmpty && page.moved.isEmpty { break }
            let results =
                page.rows.isEmpty ? [] : try await publisher.publish(page.rows, page.planned.mapValues { $0.seen })
            let rows = Array(page.rows.prefix(results.count))
            let refused = results.count { $0.isRefused }
            progress.add(done: rows.count + page.moved.count, failed: refused + page.moved.count)
            try await settle(rows, results, page, publication, publisher.plan.target, progress)
            try await tools.refuseCanceled()
        }
        progress.tell()
        var message = RunMessages.published(progress.done, failed: progress.failed)(tools.language)
        if let plan = publication.plan {
            let moved = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
                try plan.counts(tx).moved
            }
            if moved > 0 { message += " " + RunMessages.moved(moved)(tools.language) }
        }
        return .init(total: progress.done, done: progress.done, failed: progress.failed, message: message)
    }

    /// What is kept of the publication, from the request on or, for a run of an earlier version, from now on.
    private func begin() async throws -> Publication {
        let (database, claim) = (tools.database, tools.claim)
        return try await database.transaction(as: tools.service) { tx in
            try claim.lease.hold(in: tx)
            guard let task = try Store<ImportTask>(database).find(claim.task, in: tx) else {
                throw Problem.notFound(ImportTask.schema.label, id: claim.task)
            }
            try Publication.begin(claim.run, of: task, plan: nil, by: claim.requester.caller.subject, tx)
            guard let publication = try Publication.find(claim.run, tx) else {
                throw Problem.internalError(cause: "publication \(claim.run) has not begun")
            }
            return publication
        }
    }

    private func waiting(_ publication: Publication) async throws -> Int64 {
        let claim = tools.claim
        var statement: SQL = """
            SELECT count(*) FROM import_validation.staging_row \
            WHERE import_task = \(claim.task) AND status = \(RowStatus.readyToPublish.sql)
            """
        if claim.allReady {
            statement += " AND publish_run IS NULL"
        } else {
            statement += " AND publish_run = \(claim.run)"
        }
        let counting = statement
        return try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            if let plan = publication.plan { return try plan.open(tx) }
            return try tx.query(counting).first?.int64(UnnamedColumn.count) ?? 0
        }
    }

    /// The next rows, as many as one request carries. Which they are is kept before they are sent: after a crash the same
    /// ones go again, and the owner gives the answer that it gave.
    private func next(_ publication: Publication, resuming: Bool) async throws -> ImportPlan.Page {
        let (database, claim) = (tools.database, tools.claim)
        return try await database.transaction(as: tools.service) { tx in
            try claim.lease.hold(in: tx)
            // Looked at anew before each batch: the case may end while a large file is being published.
            if let task = try Store<ImportTask>(database).find(claim.task, in: tx) {
                try TaskAccess.requireOpen(task, tx)
                try publication.plan?.requireFresh(task, tx)
            }
            if let plan = publication.plan {
                var page = try plan.page(limit: RowPublisher.batch, tx)
                page.rows = RowPublisher.fitting(page.rows)
                return page
            }
            var rows = resuming ? try publication.interrupted(of: claim.task, tx) : []
            if rows.isEmpty {
                rows = RowPublisher.fitting(
                    try StagingStore.page(
                        claim.task, status: RowStatus.readyToPublish.rawValue, after: nil, limit: RowPublisher.batch,
                        chosenFor: claim.allReady ? nil : claim.run, unchosen: claim.allReady, tx))
                publication.send(rows, tx)
            }
            return ImportPlan.Page(rows: rows)
        }
    }

    /// Keeps what became of the rows of a batch: in staging, in the plan, and for undo and lineage, at once. A row whose
    /// ground has moved since the plan stays ready.
    private func settle(
        _ rows: [HeldRow], _ results: [PublishResult], _ page: ImportPlan.Page, _ publication: Publication,
        _ target: ImportTarget, _ progress: Progress
    ) async throws {
        let (claim, writing, language) = (tools.claim, tools.writing, tools.language)
        let (done, failed, total) = (progress.done, progress.failed, progress.total)
        let staying = zip(rows, results).filter { $1.outcome != PublishResult.Outcome.moved }
        let outcomes = staying.map { row, result in
            PublishOutcome(
                record: result.targetRecord, errors: result.errors,
                comment: result.errors.comment(row.cells, target, language))
        }
        let planned =
            zip(rows, results).compactMap { row, result in
                page.planned[row.id].map { ImportPlan.Result(number: $0.number, of: result) }
            } + page.moved.map(ImportPlan.Result.moved)
        try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try claim.lease.hold(in: tx)
            publication.add(rows, results, writing, tx)
            StagingStore.settle(staying.map { $0.0 }, outcomes, writing, tx)
            publication.plan?.settle(planned, tx)
            tx.send(
                """
                UPDATE import_validation.import_run SET done_rows = \(done), failed_rows = \(failed), \
                total_rows = \(total) WHERE id = \(claim.run)
                """)
        }
    }
}

extension ImportPlan.Result {
    /// What the owner has said of a row that it was to publish.
    init(number: Int64, of result: PublishResult) {
        let name =
            switch result.outcome {
            case PublishResult.Outcome.moved: PlanRow.Result.moved
            case PublishResult.Outcome.failed: PlanRow.Result.failed
            default: PlanRow.Result.published
            }
        self.init(number: number, result: name, reasons: result.errors)
    }
}
