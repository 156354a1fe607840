import ImportValidationWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Taking back what a publication has done, and where published values come from (G-133).
@Suite(.timeLimit(.minutes(15))) struct UndoTests {
    /// A task whose rows are published.
    private static func published(_ names: [String]) async throws -> (Stage, ImportTask, ImportRun) {
        let (stage, task) = try await Stage.filled(names)
        let run = try await stage.end(of: try await stage.publish(of: task))
        #expect(run.state == "completed")
        return (stage, task, run)
    }

    @Test func undoneRowsCanBePublishedAgain() async throws {
        let (stage, task, run) = try await Self.published(["Linz", "Known Graz"])
        let undo = try await stage.end(of: try await stage.undo(run, of: task))
        #expect(undo.kind == "undo" && undo.state == "completed" && undo.doneRows == 2 && undo.failedRows == 0)
        #expect(undo.message == "All 2 rows were undone.")
        #expect(try await stage.summary(task) == [0, 0, 2, 0])
        #expect(try await stage.rows(task).stagingRows.allSatisfy { $0.targetRecord.isEmpty })
        let sent = try #require(stage.owner.unpublished(stage.account).first)
        #expect(sent.targetTable == "location" && sent.rows.map(\.rowID) == ["2", "1"], "the last row goes first")
        #expect(sent.rows.map(\.wasCreated) == [false, true])
        #expect(sent.rows[0].fields.map { [$0.field, $0.before, $0.after] } == [["city", "Graz", "Linz"]])
        #expect(try await stage.publishedRows(run).publishedRows.map(\.state) == ["undone", "undone"])
        #expect(try await stage.task(task).dataImportState == DataImportState.readyToPublish.rawValue)
        let again = try await stage.end(of: try await stage.publish(of: task))
        #expect(again.doneRows == 2 && again.failedRows == 0)
        // What is undone is not undone again.
        let none = try await stage.end(of: try await stage.undo(run, of: task))
        #expect(none.doneRows == 0)
        #expect(try await stage.summary(task) == [0, 0, 0, 2])
    }

    @Test func whatWasBuiltOnIsKeptAndSaid() async throws {
        let (stage, task, run) = try await Self.published(["Linz", "Graz", "Wien", "Rom"])
        let rows = try await stage.publishedRows(run).publishedRows
        stage.owner.keep(rows[1].targetRecord)
        stage.owner.refer(to: rows[2].targetRecord)
        let undo = try await stage.end(of: try await stage.undo(run, of: task))
        // Customer-success has nothing that refers to a location, so it is not asked about one.
        #expect(undo.doneRows == 4 && undo.failedRows == 1)
        #expect(undo.message == "3 of 4 rows were undone; 1 were kept, with the reasons.")
        let kept = try await stage.publishedRows(run) { $0.state = "kept" }
        #expect(kept.totalSize == 1 && kept.publishedRows.map(\.number) == [2])
        #expect(kept.publishedRows[0].reasons.map(\.message) == ["City has been changed since."])
        #expect(kept.publishedRows[0].reasons.map(\.field) == ["city"])
        #expect(try await stage.summary(task) == [0, 0, 3, 1])
        let wrong = try await stage.refusal { () async throws(Problem) in
            try await stage.publishedRows(run) { $0.state = "x" }
        }
        #expect(wrong.violations.map(\.field) == ["state"])
    }

    /// References of other services, and of this one's own tasks, keep a record.
    @Test func otherServicesAreAsked() async throws {
        let stage = try await Stage()
        let task = try await stage.locations { $0.targetTable = "customer_contact" }
        let file =
            "First name,Last name,Email,Account\nA,B,a@ernst.example,Ernst Handel\nC,D,c@ernst.example,Ernst Handel\n"
            + "E,F,e@ernst.example,Ernst Handel\n"
        #expect(try await stage.loaded(Array(file.utf8), "contacts.csv", of: task).failedRows == 0)
        let run = try await stage.end(of: try await stage.publish(of: task))
        let rows = try await stage.publishedRows(run).publishedRows
        try #require(rows.count == 3)
        stage.owner.refer(to: rows[0].targetRecord)
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.import_task SET contact = \(rows[1].targetRecord) WHERE id = \(task.id)")
        let undo = try await stage.end(of: try await stage.undo(run, of: task))
        #expect(undo.doneRows == 3 && undo.failedRows == 2)
        let kept = try await stage.publishedRows(run) { $0.state = "kept" }.publishedRows
        #expect(
            kept.map { $0.reasons.map(\.message) } == [
                ["Engagement to contract relationship refers to it (Contract)."],
                ["Account lifecycle import task refers to it (Contact)."],
            ])
        #expect(stage.owner.unpublished(stage.account).map { $0.rows.map(\.rowID) } == [["3"]])
        #expect(UndoRun.mayReferElsewhere(to: "contract") && !UndoRun.mayReferElsewhere(to: "location"))
    }

    @Test func sentTwiceItIsUndoneOnce() async throws {
        let (stage, task, run) = try await Self.published(["Linz"])
        let id = uuid()
        let first = try await stage.undo(run, of: task, requestID: id)
        #expect(try await stage.undo(run, of: task, requestID: id).id == first.id)
        _ = try await stage.end(of: first)
        #expect(stage.owner.unpublished(stage.account).count == 1)
    }

    /// Undo ends when the backup period of the closed task has ended.
    @Test func undoEndsWithTheBackupPeriod() async throws {
        let (stage, task, run) = try await Self.published(["Linz"])
        try await stage.close(task, daysAgo: 1)
        let over = try await stage.refusal { () async throws(Problem) in try await stage.undo(run, of: task) }
        #expect(over.code == .failedPrecondition && over.reason == "UNDO_OVER")
        try await stage.close(task, daysAgo: 0)
        #expect(try await stage.end(of: try await stage.undo(run, of: task)).doneRows == 1)
    }

    /// An undo that was asked for in time finds its rows. Once they are removed, reopening the task brings no undo back.
    @Test func reopeningOpensNoUndoThatHasEnded() async throws {
        let (stage, task, run) = try await Self.published(["Linz"])
        let domain = try #require(DomainPath(stage.domain))
        let removal = PublishedRows(database: stage.database)
        try await stage.close(task, daysAgo: 2)
        _ = try await stage.bench.admin.run(
            """
            INSERT INTO import_validation.import_run_work (run, domain, import_task, kind, requester, due_at) \
            SELECT id, domain, import_task, 'undo', '{}', now() + interval '1 day' FROM import_validation.import_run \
            WHERE id = \(run.id)
            """)
        #expect(try await removal.run(in: domain) == 0)
        _ = try await stage.bench.admin.run("DELETE FROM import_validation.import_run_work WHERE run = \(run.id)")
        #expect(try await removal.run(in: domain) == 1)
        _ = try await stage.update(task.id) { $0.state = "open" }
        let over = try await stage.refusal { () async throws(Problem) in try await stage.undo(run, of: task) }
        #expect(over.code == .failedPrecondition && over.reason == "UNDO_OVER")
        #expect(stage.owner.unpublished(stage.account).isEmpty)
        #expect(try await stage.summary(task) == [0, 0, 0, 1])
    }

    @Test func onlyWhatHasEndedAndIsOfTheTaskIsUndone() async throws {
        let (stage, task, run) = try await Self.published(["Linz"])
        let other = try await stage.create()
        let load = try await stage.loaded(Stage.file(["Graz"]), "more.csv", of: task)
        let stranger = Caller.holding("admin", domain: "/elsewhere/")
        for problem in [
            await stage.met { () async throws(Problem) in try await stage.undo(run, of: other) },
            await stage.met { () async throws(Problem) in try await stage.undo(load, of: task) },
            await stage.met { () async throws(Problem) in try await stage.undo(run, of: task, as: stranger) },
            await stage.met { () async throws(Problem) in try await stage.publishedRows(run, as: stranger) },
        ] { #expect(problem?.code == .notFound) }
        let viewer = Caller.holding("sn_acct_lc.ale_success_viewer")
        #expect(
            await stage.met { () async throws(Problem) in try await stage.undo(run, of: task, as: viewer) }?.code
                == .permissionDenied)
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.import_run SET state = 'running' WHERE id = \(run.id)")
        let running = try await stage.refusal { () async throws(Problem) in try await stage.undo(run, of: task) }
        #expect(running.reason == "RUN_IN_PROGRESS")
    }
}

/// Where published values come from.
@Suite(.timeLimit(.minutes(15))) struct LineageTests {
    @Test func aValueIsLedBackToItsCell() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let bytes = Array("Remarks,Account,Name\nx,Ernst Handel,Linz\ny,Ernst Handel,Graz\n".utf8)
        #expect(try await stage.loaded(bytes, "places.csv", of: task).state == "completed")
        let rows = try await stage.rows(task).stagingRows
        _ = try await stage.correct(rows[1], "name", "Graz 2")
        _ = try await stage.end(of: try await stage.validate(task))
        let run = try await stage.end(of: try await stage.publish(of: task))
        let published = try await stage.publishedRows(run).publishedRows
        let entries = try await stage.lineage(of: published[0].targetRecord)
        let entry = try #require(entries.first)
        #expect(entries.count == 1 && [entry.field, entry.before, entry.after] == ["name", "", "Linz"])
        #expect(entry.fileName == "places.csv" && entry.sha256 == Hex.sha256(bytes) && entry.sheet.isEmpty)
        #expect(entry.cell == "C2" && entry.rowNumber == 2)
        #expect(entry.publishedBy == stage.agent.subject && entry.publishedAt != nil && entry.correctedBy.isEmpty)
        #expect(entry.checkVersion.count == 64 && entry.checks.contains { $0.hasPrefix("Account matches the case (") })
        #expect(entry.importTask == task.id && entry.importRun == run.id && entry.undoneAt == nil)
        let corrected = try #require(try await stage.lineage(of: published[1].targetRecord, field: "name").first)
        #expect(corrected.after == "Graz 2" && corrected.cell == "C3" && corrected.correctedBy == stage.agent.subject)
    }

    /// It outlives the staged rows, an undo, and knows of both.
    @Test func lineageNeverEnds() async throws {
        let (stage, task) = try await Stage.filled(["Linz"])
        let run = try await stage.end(of: try await stage.publish(of: task))
        let record = try #require(try await stage.publishedRows(run).publishedRows.first?.targetRecord)
        _ = try await stage.bench.admin.run(
            "DELETE FROM import_validation.staging_row WHERE import_task = \(task.id)")
        #expect(try await stage.lineage(of: record).map(\.cell) == ["A2"])
        #expect(try await stage.end(of: try await stage.undo(run, of: task)).doneRows == 1)
        let entry = try #require(try await stage.lineage(of: record).first)
        #expect(entry.undoneBy == stage.agent.subject && entry.undoneAt != nil)
    }

    @Test func whoMayAskAndAboutWhat() async throws {
        let (stage, task) = try await Stage.filled(["Linz"])
        let run = try await stage.end(of: try await stage.publish(of: task))
        let record = try #require(try await stage.publishedRows(run).publishedRows.first?.targetRecord)
        for (caller, table, id, code) in [
            (stage.customer, "location", record, Problem.Code.permissionDenied),
            (Caller.holding("sn_acct_lc.ale_success_viewer"), "location", record, .permissionDenied),
            (Caller.holding("admin", domain: "/elsewhere/"), "location", record, .notFound),
            (stage.agent, "location", uuid(), .notFound), (stage.agent, "location", "x", .notFound),
            (stage.agent, "contract", record, .notFound), (stage.agent, "user", record, .invalidArgument),
        ] {
            let problem = await stage.met { () async throws(Problem) in
                try await stage.lineage(of: id, table: table, as: caller)
            }
            #expect(problem?.code == code, "\(table) \(id)")
        }
        #expect(try await stage.lineage(of: record, table: "cmn_location").count == 1, "the alias is as good")
    }
}
