import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Wire

extension Problem {
    private static let runCanceledReason = "RUN_CANCELED"

    static let runCanceled = Problem(
        .aborted, Text(en: "The run was canceled.", ko: "실행이 취소되었습니다."), reason: runCanceledReason)

    /// Whether a run met this because somebody wants its end.
    var isRunCanceled: Bool { reason == Self.runCanceledReason }
}

extension RunTools {
    /// Part of every transaction by which a run brings or changes rows: the run is this worker's, and still wanted.
    func hold(in tx: Transaction) throws {
        try claim.lease.hold(in: tx)
        if try RunQueue.isCanceled(claim.run, tx) { throw Problem.runCanceled }
    }

    /// The same between two steps that are not a transaction of ours.
    func refuseCanceled() async throws {
        let run = claim.run
        let isCanceled = try await database.transaction(as: service, readOnly: true) { tx in
            try RunQueue.isCanceled(run, tx)
        }
        if isCanceled { throw Problem.runCanceled }
    }

    /// What the run's record has counted.
    func counts() async throws -> (total: Int64, done: Int64, failed: Int64) {
        let (database, id) = (database, claim.run)
        let stored = try await database.transaction(as: service, readOnly: true) { tx in
            try Store<ImportRun>(database).find(id, in: tx)
        }
        return (stored?.totalRows ?? 0, stored?.doneRows ?? 0, stored?.failedRows ?? 0)
    }

    /// Puts a canceled run in order: a load takes its rows back, and its file can be imported again; what was mended,
    /// checked or published stays so, and is told.
    func canceled() async throws -> RunQueue.Ending {
        let untold = try await tellJudged()
        try await settleLeft()
        let tally = try await tally()
        if claim.kind == ImportRun.Kind.load { try await LoadRun.undo(self) }
        var counts = try await counts()
        let text: Text
        switch claim.kind {
        case ImportRun.Kind.load where tally == MendTally():
            counts = (counts.total, 0, 0)
            text = RunMessages.canceledLoad
        case ImportRun.Kind.load:
            counts = (counts.total, tally.settled, tally.refusals)
            text = RunMessages.canceledMending(tally)
        case ImportRun.Kind.publish:
            text = RunMessages.canceledPublication(counts.done - counts.failed, of: max(counts.total, counts.done))
        case ImportRun.Kind.plan: text = RunMessages.canceledPlan
        case ImportRun.Kind.undo:
            text = RunMessages.canceledUndo(counts.done - counts.failed, of: max(counts.total, counts.done))
        default: text = RunMessages.canceledValidation(counts.done)
        }
        return .init(
            state: ImportRun.State.canceled, total: counts.total, done: counts.done, failed: counts.failed,
            says: [text] + untold)
    }

    /// Finds out what became of the batch that a publication or an undo which ends for good has left on its way.
    func settleLeft() async throws {
        switch claim.kind {
        case ImportRun.Kind.publish: try await PublishRun.settleLeft(self)
        case ImportRun.Kind.undo: try await UndoRun.settleLeft(self)
        default: break
        }
    }

    /// What the end of a publication or an undo that has failed says of the rows with which it was done; empty when there are
    /// none.
    func doneBefore(_ counts: (total: Int64, done: Int64, failed: Int64)) -> [Text] {
        let rows = counts.done - counts.failed
        guard rows > 0 else { return [] }
        switch claim.kind {
        case ImportRun.Kind.publish: return [RunMessages.publishedBefore(rows, of: counts.total)]
        case ImportRun.Kind.undo: return [RunMessages.undoneBefore(rows, of: counts.total)]
        default: return []
        }
    }

    /// How a run ends that has mended rows and then met `failure`: what was mended stays so and is told, and the workbook can
    /// be imported again. Nil for any other run.
    func brokenMending(_ failure: [Text]) async throws -> RunQueue.Ending? {
        let tally = try await tally()
        guard claim.kind == ImportRun.Kind.load, tally != MendTally() else { return nil }
        let counts = try await counts()
        return RunQueue.Ending(
            state: ImportRun.State.failed, total: max(counts.total, tally.settled), done: tally.settled,
            failed: tally.refusals,
            says: failure + [RunMessages.brokenMending(tally)])
    }

    /// How far the mending of this run is by now.
    private func tally() async throws -> MendTally {
        let lease = claim.lease
        return try await database.transaction(as: service, readOnly: true) { tx in
            let rows = try tx.query("SELECT mending FROM import_validation.import_run_work WHERE \(lease.held)")
            return MendTally.read(try rows.first?.optionalString(MendTally.Column.mending))
        }
    }
}

extension RunMessages {
    static let canceledUnbegun = Text(
        en: "The run was canceled before it began.", ko: "실행이 시작되기 전에 취소되었습니다.")

    static let canceledLoad = Text(
        en: "The load was canceled and its rows were removed. The file can be imported again.",
        ko: "로드가 취소되어 로드한 행을 삭제했습니다. 파일을 다시 가져올 수 있습니다.")

    static func canceledMending(_ tally: MendTally) -> Text {
        Text(
            en: "The import of the error workbook was canceled; \(tally.mended) rows were mended before.",
            ko: "오류 통합 문서 가져오기가 취소되었습니다. 그 전에 \(grouped: tally.mended)개 행을 수정했습니다.")
    }

    static func brokenMending(_ tally: MendTally) -> Text {
        let text = Text(
            en:
                "\(tally.mended) rows were mended before; \(tally.unchanged) hold what they held. The file can be imported again.",
            ko:
                "그 전에 \(grouped: tally.mended)개 행을 수정했으며 \(grouped: tally.unchanged)개 행은 변경 사항이 없습니다. 파일을 다시 가져올 수 있습니다."
        )
        return tally.remarks.reduce(text) { Text(en: $0.en + " " + $1.en, ko: $0.ko + " " + $1.ko) }
    }

    static func canceledValidation(_ rows: Int64) -> Text {
        Text(
            en: "The validation was canceled; \(rows) rows were checked before.",
            ko: "검증이 취소되었습니다. 그 전에 \(grouped: rows)개 행을 검증했습니다.")
    }

    static func canceledPublication(_ rows: Int64, of total: Int64) -> Text {
        Text(
            en: "The publication was canceled; \(rows) of \(total) rows were published before.",
            ko: "게시가 취소되었습니다. 그 전에 \(grouped: total)개 행 중 \(grouped: rows)개가 게시되었습니다.")
    }

    /// What the end of a publication that has failed says of rows that it has published.
    static func publishedBefore(_ rows: Int64, of total: Int64) -> Text {
        Text(
            en: "\(rows) of \(max(total, rows)) rows were published before.",
            ko: "그 전에 \(grouped: max(total, rows))개 행 중 \(grouped: rows)개가 게시되었습니다.")
    }

    /// The same of an undo.
    static func undoneBefore(_ rows: Int64, of total: Int64) -> Text {
        Text(
            en: "\(rows) of \(max(total, rows)) rows were undone before.",
            ko: "그 전에 \(grouped: max(total, rows))개 행 중 \(grouped: rows)개의 게시를 실행 취소했습니다.")
    }

    static let canceledPlan = Text(
        en: "The plan was canceled and cannot be published.", ko: "계획이 취소되어 이 계획으로는 게시할 수 없습니다.")

    static func canceledUndo(_ rows: Int64, of total: Int64) -> Text {
        Text(
            en: "The undo was canceled; \(rows) of \(total) rows were undone before.",
            ko: "실행 취소가 중단되었습니다. 그 전에 \(grouped: total)개 행 중 \(grouped: rows)개의 게시를 실행 취소했습니다.")
    }
}
