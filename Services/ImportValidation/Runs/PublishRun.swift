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

    /// Publishes batch after batch; what was done is kept with each, so that an interrupted run goes on behind it. Batches that
    /// were on their way then are settled before anything else is looked at: the owner may have written them, and nothing that
    /// has happened since undoes that.
    func run() async throws -> RunQueue.Ending {
        let publisher = try await RowPublisher(tools)
        let publication = try await begin()
        let before = try await tools.counts()
        var progress = Progress(tools.claim, total: before.total, connection: tools.connection)
        progress.add(done: Int(before.done), failed: Int(before.failed))
        for batch in try await Self.interrupted(publication, tools) {
            let results = try await publisher.publish(batch)
            try await keep(results, batch, publication, publisher.plan.target, &progress)
        }
        try await tools.refuseCanceled()
        try await tools.tellOvertaken()
        try await tools.sendBack(judgedBy: publisher.plan.version)
        progress.total = progress.done + (try await waiting(publication, publisher))
        try await publishAll(publication, publisher, &progress)
        progress.tell()
        var says = [RunMessages.published(progress.done, failed: progress.failed)]
        if let plan = publication.plan {
            let moved = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
                try plan.counts(tx).moved
            }
            if moved > 0 { says.append(RunMessages.moved(moved)) }
        } else {
            says += try await tools.leftOut(
                tools.claim.allReady ? "publish_run IS NULL" : "publish_run = \(tools.claim.run)")
        }
        return .init(total: progress.done, done: progress.done, failed: progress.failed, says: says)
    }

    /// A batch whose answer is known and not kept yet.
    private struct Answered {
        let batch: PublicationBatch
        let results: [PublishResult]

        /// Where the next rows are while `sent` is on its way: behind it, unless the owner has put some of these off.
        func place(_ sent: PublicationBatch) -> PublicationPlace {
            results.count < batch.rows.count ? .start(sent: sent) : .behind(sent)
        }
    }

    /// Publishes what is waiting. While the owner writes a batch, what became of the one before is kept and the next is made
    /// ready; batches go to the owner one after the other, in the order of their rows. When none is left behind the last one,
    /// it is looked from the start: rows may have been put off, or have become ready meanwhile.
    private func publishAll(
        _ publication: Publication, _ first: RowPublisher, _ progress: inout Progress
    ) async throws {
        var publisher = first
        var answered: Answered?
        var number: Int64 = 1
        var isFromStart = true
        var next = await prepared(number, publication, publisher, from: .start(sent: nil))
        while true {
            if answered != nil { next = await confirmed(next, publication, publisher) }
            if case .success(let batch?) = next, !batch.isEmpty {
                let current = publisher
                async let results = current.publish(batch)
                var place = PublicationPlace.behind(batch)
                if let before = answered {
                    try await keep(before.results, before.batch, publication, current.plan.target, &progress)
                    place = before.place(batch)
                }
                number += 1
                next = await prepared(number, publication, current, from: place)
                isFromStart = false
                answered = Answered(batch: batch, results: try await results)
                continue
            }
            if let last = answered {
                try await keep(last.results, last.batch, publication, publisher.plan.target, &progress)
            }
            answered = nil
            if try next.get() == nil {
                publisher = try await RowPublisher(tools)
                try await tools.sendBack(judgedBy: publisher.plan.version)
            } else if isFromStart {
                return
            }
            isFromStart = true
            next = await prepared(number, publication, publisher, from: .start(sent: nil))
        }
    }

    /// The batches that are on their way still.
    private static func interrupted(
        _ publication: Publication, _ tools: RunTools
    ) async throws -> [PublicationBatch] {
        try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try publication.interrupted(tx)
        }
    }

    private func keep(
        _ results: [PublishResult], _ batch: PublicationBatch, _ publication: Publication, _ target: ImportTarget,
        _ progress: inout Progress
    ) async throws {
        let rows = Array(batch.rows.prefix(results.count))
        let (refused, moved) = (results.count { $0.isRefused }, batch.moved.count)
        progress.add(done: rows.count + moved, failed: refused + moved)
        progress.total = max(progress.total, progress.done)
        try await settle(rows, results, batch, publication, target, progress)
    }

    /// Settles the batches that a publication which ends for good has left on their way: when one was sent its answer may have
    /// been lost, and sent again it is refused. Its owner says what it has done, and does it no more if it has not by now.
    static func settleLeft(_ tools: RunTools) async throws {
        let claim = tools.claim
        let publication = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try Publication.find(claim.run, tx)
        }
        guard let publication else { return }
        let left = try await interrupted(publication, tools)
        guard !left.isEmpty else { return }
        let before = try await tools.counts()
        var progress = Progress(claim, total: before.total, connection: tools.connection)
        progress.add(done: Int(before.done), failed: Int(before.failed))
        let target = try await tools.task().target
        for batch in left {
            let results = try await RowPublisher.settled(batch, tools)
            try await PublishRun(tools: tools).keep(results, batch, publication, target, &progress)
        }
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

    private func waiting(_ publication: Publication, _ publisher: RowPublisher) async throws -> Int64 {
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
        statement += " AND check_version = \(publisher.plan.version.number)::int8 AND "
        statement += StagingStore.isLoaded(claim.task)
        let counting = statement
        return try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            if let plan = publication.plan { return try plan.open(tx) }
            return try tx.query(counting).first?.int64(UnnamedColumn.count) ?? 0
        }
    }

    /// A batch that is made ready; nil when the checks that the publisher stores cells by are not those in force any more. Why
    /// there cannot be one is told when what is on its way is settled.
    private typealias Prepared = Result<PublicationBatch?, any Error>

    private func prepared(
        _ number: Int64, _ publication: Publication, _ publisher: RowPublisher, from place: PublicationPlace
    ) async -> Prepared {
        do {
            return .success(try await next(number, publication, publisher, from: place))
        } catch {
            return .failure(error)
        }
    }

    /// A batch that was made ready some time ago, if it may go still: nothing is published once its case has ended or the run
    /// was canceled. One that may not is let go of, for it was never sent.
    private func confirmed(
        _ prepared: Prepared, _ publication: Publication, _ publisher: RowPublisher
    ) async -> Prepared {
        guard case .success(let batch?) = prepared, !batch.isEmpty else { return prepared }
        let (database, claim, run) = (tools.database, tools.claim, self)
        var after: Prepared
        do {
            let mayGo = try await database.transaction(as: tools.service, readOnly: true) { tx in
                try run.mayGoOn(publication, publisher, tx)
            }
            if mayGo { return prepared }
            after = .success(nil)
        } catch {
            after = .failure(error)
        }
        do {
            try await database.transaction(as: tools.service) { tx in
                try claim.lease.hold(in: tx)
                publication.settle(batch, tx)
            }
        } catch {
            after = .failure(error)
        }
        return after
    }

    /// Whether the checks are those that the publisher stores cells by. Throws when nothing may be published any more: the case
    /// may end, and the run be canceled, while a large file is being published.
    private func mayGoOn(_ publication: Publication, _ publisher: RowPublisher, _ tx: Transaction) throws -> Bool {
        if try RunQueue.isCanceled(tools.claim.run, tx) { throw Problem.runCanceled }
        guard let task = try Store<ImportTask>(tools.database).find(tools.claim.task, in: tx) else { return true }
        try TaskAccess.requireOpen(task, tx)
        try publication.plan?.requireFresh(task, tx)
        return try CheckVersion.current(for: task, tx) == publisher.plan.version
    }

    /// The next rows, as many as one request carries; the batch is kept before it is sent. Nil when the checks that the
    /// publisher stores cells by are not those in force any more.
    private func next(
        _ number: Int64, _ publication: Publication, _ publisher: RowPublisher, from place: PublicationPlace
    ) async throws -> PublicationBatch? {
        let (claim, run) = (tools.claim, self)
        return try await tools.database.transaction(as: tools.service) { tx -> PublicationBatch? in
            try claim.lease.hold(in: tx)
            guard try run.mayGoOn(publication, publisher, tx) else { return nil }
            var page = ImportPlan.Page()
            if let plan = publication.plan {
                page = try plan.page(from: place, limit: RowPublisher.batch, tx)
            } else {
                page.rows = try StagingStore.page(
                    claim.task, chosenFor: claim.allReady ? nil : claim.run, by: publisher.plan.version.number,
                    from: place, limit: RowPublisher.batch, tx)
            }
            page.rows = RowPublisher.fitting(page.rows)
            try ImportSource.noteGiven(&page.rows, publisher.plan.target, tx)
            let batch = PublicationBatch(page, number, by: publisher)
            try publication.send(batch, passed: publisher.plan.version, tx)
            return batch
        }
    }

    /// Keeps what became of the rows of a batch: in staging, in the plan, and for undo and lineage, at once. A row whose
    /// ground has moved since the plan stays ready.
    private func settle(
        _ rows: [HeldRow], _ results: [PublishResult], _ batch: PublicationBatch, _ publication: Publication,
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
                batch.places[row.id].map { ImportPlan.Result(number: $0, of: result) }
            } + batch.moved.map(ImportPlan.Result.moved)
        try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try claim.lease.hold(in: tx)
            publication.add(rows, results, writing, tx)
            StagingStore.settle(staying.map { $0.0 }, outcomes, writing, tx)
            publication.plan?.settle(planned, tx)
            publication.settle(batch, tx)
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
