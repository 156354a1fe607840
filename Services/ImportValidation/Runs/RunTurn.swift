import ImportValidationWire
import Postgres
import Records
import Wire

/// Thrown by a load that has found out that it mends rows: it waits for its turn among the runs that judge the rows of its
/// task, and begins again when it comes.
struct AwaitsTurn: Error {}

extension RunTools {
    /// Gives a load that mends rows back to the queue, where it stands in line with the other runs of its task from now on.
    /// Nothing when it has its turn.
    func awaitTurn() async throws {
        guard !claim.mends else { return }
        let (database, claim, writing) = (database, claim, writing)
        try await database.transaction(as: service) { tx in
            try hold(in: tx)
            try Store<ImportRun>(database).change(claim.run, writing, in: tx) { $0.state = ImportRun.State.queued }
            tx.send(
                "UPDATE import_validation.import_run_work SET mends = true WHERE \(claim.lease.held)", expecting: 1)
            claim.lease.release(in: tx)
        }
        throw AwaitsTurn()
    }

    /// Tells the doubles among rows that this run has judged and now leaves before its end. A run that was given up has tried
    /// that often enough: its rows are to be judged again, and the text that is added to its message says so.
    func tellJudged() async throws -> [Text] {
        guard claim.kind == ImportRun.Kind.validate || claim.mends else { return [] }
        guard claim.isGivenUp else {
            _ = try await markDoubles(of: nil, among: .all, try await task().target)
            return []
        }
        try await sendBackUntold()
        return [RunMessages.untold]
    }

    /// Has the ready rows of the task be judged again: which of them are of one record nobody has told.
    private func sendBackUntold() async throws {
        let (claim, now) = (claim, writing.now)
        var goesOn = true
        while goesOn {
            goesOn = try await database.transaction(as: service, deadline: .after(.seconds(60))) { tx in
                try claim.lease.hold(in: tx)
                // No version of checks has this number.
                return try JudgedRows.sendBack([.readyToPublish], of: claim.task, judgedBy: 0, now: now, tx) > 0
            }
        }
    }

    /// Tells the doubles among rows that a run has judged which was interrupted and has been overtaken since: it does so
    /// itself only at its end.
    func tellOvertaken() async throws {
        let (task, run) = (claim.task, claim.run)
        let isOvertaken = try await database.transaction(as: service, readOnly: true) { tx in
            try !tx.query(
                """
                SELECT 1 FROM import_validation.import_run_work AS w JOIN import_validation.import_run AS r ON r.id = w.run \
                WHERE w.import_task = \(task) AND w.run <> \(run) AND r.started_at IS NOT NULL \
                AND (w.mends OR w.kind = \(literal: ImportRun.Kind.validate)) LIMIT 1
                """
            ).isEmpty
        }
        if isOvertaken { _ = try await markDoubles(of: nil, among: .all, try await self.task().target) }
    }
}

extension RunMessages {
    static let untold = Text(
        en:
            "Rows that would become one record could not be told, so the rows that were ready are to be validated again.",
        ko: "같은 레코드가 될 행을 확인하지 못해 준비된 행을 다시 검증해야 합니다.")
}
