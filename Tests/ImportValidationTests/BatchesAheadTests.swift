import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import ImportValidationService

/// While the owner writes a batch the next is made ready (ADR 0042): rows go to it in their order and once, whatever becomes of
/// the worker, the person or the run while two batches are on their way (G-55, G-56).
@Suite(.timeLimit(.minutes(15))) struct BatchesAheadTests {
    private static let names = (1...600).map { $0 == 10 ? OnboardingStandIn.held : "Site \($0)" }

    private static func kept(_ run: ImportRun, _ stage: Stage) async throws -> Int64 {
        try await stage.bench.admin.run(
            "SELECT count(*) FROM import_validation.publication_batch WHERE publication = \(run.id)"
        )[0].int64(at: 0)
    }

    /// A publication whose first batch the owner does not answer yet, when the second one is kept.
    private static func begun(isPlanned: Bool = false) async throws -> (Stage, ImportTask, ImportRun) {
        let (stage, task) = try await Stage.filled(names)
        let plan = isPlanned ? try await stage.planned(task) : nil
        stage.owner.hold(stage.account)
        let run =
            if let plan { try await stage.publish(plan, of: task) } else { try await stage.publish(of: task) }
        try await Stage.until { try await kept(run, stage) == 2 }
        #expect(stage.owner.published(stage.account).isEmpty, "one after the other")
        return (stage, task, run)
    }

    /// The rows of what was sent: each request once, in the order in which they came first.
    private static func sent(_ stage: Stage) -> [[String]] {
        var seen: Set<String> = []
        return stage.owner.published(stage.account).filter { seen.insert($0.requestID).inserted }
            .map { $0.rows.map(\.rowID) }
    }

    private static func expectAllPublished(_ run: ImportRun, _ stage: Stage, _ task: ImportTask) async throws {
        #expect(
            run.state == "completed" && run.doneRows == 600 && run.failedRows == 0, "\(run.message ?? "")")
        #expect(try await stage.summary(task) == [0, 0, 0, 600])
        let rows = try await stage.bench.admin.run(
            """
            SELECT count(*), count(DISTINCT staging_row), count(DISTINCT target_record) \
            FROM import_validation.publication_row WHERE publication = \(run.id)
            """)[0]
        #expect([try rows.int64(at: 0), try rows.int64(at: 1), try rows.int64(at: 2)] == [600, 600, 600])
        #expect(try await kept(run, stage) == 0)
    }

    @Test func rowsGoInTheirOrderAndOnce() async throws {
        let (stage, task, run) = try await Self.begun(isPlanned: true)
        stage.owner.letGo(stage.account)
        try await Self.expectAllPublished(try await stage.end(of: run), stage, task)
        #expect(Self.sent(stage).map(\.count) == [500, 100])
        let rows = try await stage.bench.admin.run(
            "SELECT id FROM import_validation.staging_row WHERE import_task = \(task.id) ORDER BY row_number")
        #expect(try Self.sent(stage).flatMap(\.self) == rows.map { try $0.string(at: 0) })
    }

    @Test func bothAreKnownWhenTheWorkerDies() async throws {
        let (stage, task, run) = try await Self.begun(isPlanned: true)
        let ended = try await stage.killed(run, "publication_batch") {
            !stage.owner.published(stage.account).isEmpty
        } before: {
        }
        try await Self.expectAllPublished(ended, stage, task)
        #expect(Self.sent(stage).map(\.count) == [500, 100])
        let undo = try await stage.end(of: try await stage.undo(run, of: task))
        #expect(undo.doneRows == 600 && undo.failedRows == 0)
    }

    /// Neither is sent again, and nothing comes of them later.
    @Test func bothAreSettledWhenThePersonIsRefused() async throws {
        let (stage, task, run) = try await Self.begun()
        stage.owner.refuse(stage.account)
        stage.owner.letGo(stage.account)
        let failed = try await stage.end(of: run)
        #expect(failed.state == "failed" && failed.doneRows == 0 && failed.failedRows == 0)
        #expect(try await Self.kept(run, stage) == 0)
        #expect(try await stage.summary(task) == [0, 0, 600, 0])
        stage.owner.admit(stage.account)
        let again = try await stage.end(of: try await stage.publish(of: task))
        try await Self.expectAllPublished(again, stage, task)
    }

    /// What is on its way is done, and counted; what was made ready behind it is not sent.
    @Test func aCanceledRunCountsWhatIsOnItsWay() async throws {
        let (stage, task, run) = try await Self.begun()
        _ = try await stage.cancel(run)
        stage.owner.letGo(stage.account)
        let canceled = try await stage.end(of: run)
        #expect(canceled.state == "canceled" && canceled.doneRows == 500 && canceled.failedRows == 0)
        #expect(try await stage.summary(task) == [0, 0, 100, 500])
        #expect(Self.sent(stage).map(\.count) == [500])
        #expect(try await Self.kept(run, stage) == 0)
    }

    /// Rows of which an answer does not tell are sent again, though the batch behind them went first.
    @Test func rowsThatWerePutOffAreSentAgain() async throws {
        let (stage, task, run) = try await Self.begun()
        stage.owner.tell(of: 400, stage.account)
        stage.owner.letGo(stage.account)
        try await Self.expectAllPublished(try await stage.end(of: run), stage, task)
        let sent = Self.sent(stage)
        #expect(sent.map(\.count) == [500, 100, 100])
        #expect(sent[2] == sent[0].suffix(100), "though others went before")
    }
}
