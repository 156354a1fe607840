import ImportValidationWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Published rows are kept until their task is closed, and go after the backup period (G-55).
@Suite(.timeLimit(.minutes(15))) struct PublishedRowsTests {
    private static func removal(_ bench: StagedBench) -> PublishedRows {
        PublishedRows(database: bench.database, batch: 3)
    }

    /// What is known of a task, for an agent or for the customer who sent the file.
    private static func facts(
        _ bench: StagedBench, _ task: String, as caller: Caller = .holding("sn_acct_lc.agent")
    ) async throws -> DataImportState.Facts {
        try await bench.database.transaction(
            as: .service("import-validation", domain: .root), deadline: .patient, readOnly: true
        ) { tx in
            try DataImportState.facts(task, for: caller, tx)
        }
    }

    @Test func theyGoAfterThePeriodAndTheCountsStay() async throws {
        let bench = try await StagedBench("2026-03-10")
        let task = try await bench.task("closed", closed: "2026-03-10")
        let sender = Caller.customer("sn_customerservice.customer", of: uuid(), in: "/provider/d0000001/")
        let (own, other) = (
            try await bench.upload(of: task, by: sender.subject), try await bench.upload(of: task)
        )
        try await bench.stage(7, of: task, own, on: "2026-03-01")
        try await bench.stage(4, of: task, other, on: "2026-03-01")
        try await bench.stage(2, of: task, own, on: "2026-03-01", "needs_attention", from: 50)
        // The day it was closed is not over yet.
        #expect(try await Self.removal(bench).run(in: .root) == 0)
        bench.clock.set("2026-03-11")
        #expect(try await Self.removal(bench).run(in: .root) == 11)
        #expect(try await bench.staged(task) == 2)
        let facts = try await Self.facts(bench, task)
        #expect(facts.removed == 11 && facts.published == 0 && facts.needsAttention == 2)
        #expect(DataImportState(facts) == .partiallyPublished)
        // Of a customer's files, the customer's.
        #expect(try await Self.facts(bench, task, as: sender).removed == 7)
        // Again nothing, also on another day.
        bench.clock.set("2026-03-20")
        #expect(try await Self.removal(bench).run(in: .root) == 0)
        #expect(try await Self.facts(bench, task).removed == 11)
        // What is published later counts on.
        try await bench.stage(2, of: task, own, on: "2026-03-15", from: 90)
        #expect(try await Self.removal(bench).run(in: .root) == 2)
        #expect(try await Self.facts(bench, task).removed == 13)
    }

    @Test func thePeriodIsTheOneThatIsSet() async throws {
        let bench = try await StagedBench("2026-03-10")
        try await bench.days(3)
        let task = try await bench.task("closed", closed: "2026-03-08")
        try await bench.stage(1, of: task, try await bench.upload(of: task), on: "2026-03-01")
        #expect(try await Self.removal(bench).run(in: .root) == 0)
        bench.clock.set("2026-03-11")
        #expect(try await Self.removal(bench).run(in: .root) == 1)
    }

    /// Neither those of tasks that are open or ended only just, nor those that are not published. A task that is canceled has
    /// ended as one that is closed.
    @Test func othersAreKept() async throws {
        let bench = try await StagedBench("2026-03-10")
        let open = try await bench.task()
        let canceled = try await bench.task("canceled", closed: "2026-03-01", domain: "/provider/d0000002/")
        let dropped = try await bench.task("canceled", closed: "2026-03-10")
        let young = try await bench.task("closed", closed: "2026-03-10")
        let unpublished = try await bench.task("closed", closed: "2026-03-01")
        let elsewhere = try await bench.task("closed", closed: "2026-03-01", domain: "/provider/d0000002/")
        for task in [open, canceled, dropped, young, elsewhere] {
            try await bench.stage(2, of: task, try await bench.upload(of: task), on: "2026-03-01")
        }
        try await bench.stage(
            2, of: unpublished, try await bench.upload(of: unpublished), on: "2026-03-01", "ready_to_publish")
        let domain = try #require(DomainPath("/provider/d0000001/"))
        #expect(try await Self.removal(bench).run(in: domain) == 0)
        for task in [open, canceled, dropped, young, unpublished, elsewhere] {
            #expect(try await bench.staged(task) == 2)
        }
        #expect(try await Self.removal(bench).run(in: .root) == 4)
        for task in [canceled, elsewhere] { #expect(try await bench.staged(task) == 0) }
    }

    /// Through the endpoints: the summary of a closed task says what was published, when its rows are gone.
    @Test func theSummaryStays() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Linz", "Graz", ""]), of: task)
        _ = try await stage.end(of: try await stage.publish(of: task))
        _ = try await stage.update(task.id) { $0.state = "closed" }
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.import_task SET closed_at = now() - interval '3 days' WHERE id = \(task.id)")
        var request = RunJobRequest()
        request.job = "published-rows"
        let admin = Caller.holding("admin", domain: stage.domain)
        #expect(try await stage.call(ImportValidationAPI.runImportJob, request, as: admin).records == 2)
        #expect(try await stage.summary(task) == [0, 1, 0, 2])
        let summary = try await stage.call(ImportValidationAPI.summarizeImport, Stage.named(task.id))
        #expect(summary.removed == 2)
        #expect(try await stage.rows(task).stagingRows.map(\.status) == ["needs_attention"])
        // Taken up again, the task is what it was, and goes on.
        var reopening = ActionRequest()
        reopening.id = task.id
        _ = try await stage.call(ImportValidationAPI.reopenImportTask, reopening)
        #expect(try await stage.startOver(task).removedRows == 1)
        #expect(try await stage.task(task).dataImportState == DataImportState.published.rawValue)
        _ = try await stage.loaded(Stage.file(["Wien"]), "more.csv", of: task)
        #expect(try await stage.summary(task) == [0, 0, 1, 2])
        #expect(try await stage.task(task).dataImportState == DataImportState.partiallyPublished.rawValue)
    }
}
