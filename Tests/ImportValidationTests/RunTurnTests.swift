import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Runs that judge, plan, publish or take back rows of one task come one after the other, whatever their kind.
@Suite(.timeLimit(.minutes(15))) struct RunTurnTests {
    /// A task with these rows, of which another instance has a publication at work: none of the workers, which all tests share,
    /// is kept waiting for it.
    private static func publishing(_ names: [String]) async throws -> (Stage, ImportTask, ImportRun) {
        let stage = try await Stage()
        let task = try await stage.locations()
        let load = try await stage.loaded(Stage.file(names), of: task)
        _ = try await stage.bench.admin.run(
            """
            INSERT INTO import_validation.import_run_work (run, domain, import_task, kind, requester, takings, owner, \
            lease_until) SELECT id, domain, import_task, 'publish', '{}', 1, gen_random_uuid(), now() + interval '1 hour' \
            FROM import_validation.import_run WHERE id = \(load.id)
            """)
        return (stage, task, load)
    }

    private static func letGo(_ run: ImportRun, _ stage: Stage) async throws {
        _ = try await stage.bench.admin.run("DELETE FROM import_validation.import_run_work WHERE run = \(run.id)")
    }

    private static func state(_ run: ImportRun, _ stage: Stage) async throws -> String? {
        try await stage.call(ImportValidationAPI.getImportRun, Stage.named(run.id)).state
    }

    @Test func otherRunsOfTheTaskWait() async throws {
        let (stage, task, publication) = try await Self.publishing(["Linz"])
        let waiting = [try await stage.validate(task), try await stage.plan(of: task)]
        // What comes later and is of another task is done meanwhile.
        let other = try await stage.locations { $0.targetTable = "contract" }
        #expect(try await stage.end(of: try await stage.validate(other)).state == "completed")
        for run in waiting { #expect(try await Self.state(run, stage) == "queued") }
        #expect(try await stage.loaded(Stage.file(["Graz"]), "more.csv", of: task).state == "completed", "loads do not")
        try await Self.letGo(publication, stage)
        for run in waiting { #expect(try await stage.end(of: run).state == "completed") }
    }

    /// A load that turns out to mend rows gets into line, and loses nothing by it.
    @Test func mendingWaitsForItsTurn() async throws {
        let (stage, task, publication) = try await Self.publishing(["", "Graz"])
        var sheet = try ErrorSheet(try await stage.errors(of: task).1)
        sheet[0, "Name"] = "Linz"
        let upload = try await stage.upload(try sheet.xlsx(), "errors.xlsx", to: task)
        let mending = try #require(try await stage.load([upload], of: task).first)
        try await Stage.until {
            try await !stage.bench.admin.run(
                "SELECT 1 FROM import_validation.import_run_work WHERE run = \(mending.id) AND mends AND owner IS NULL"
            ).isEmpty
        }
        #expect(try await Self.state(mending, stage) == "queued")
        #expect(try await stage.summary(task) == [0, 1, 1, 0], "nothing is mended yet")
        try await Self.letGo(publication, stage)
        let end = try await stage.end(of: mending)
        #expect(end.state == "completed" && end.doneRows == 1 && end.message?.contains("1 rows were mended") == true)
        #expect(try await stage.summary(task) == [0, 0, 2, 0])
    }

    // MARK: Sweeps that do not get to their end

    /// A task with two ready rows of one key of which neither was told.
    private static func untold() async throws -> (Stage, ImportTask, ImportRun) {
        let stage = try await Stage()
        let task = try await stage.locations()
        let load = try await stage.loaded(Stage.file(["Linz", "Graz"]), of: task)
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.staging_row SET natural_key = 7 WHERE import_task = \(task.id)")
        return (stage, task, load)
    }

    @Test func aCanceledValidationTellsTheDoublesOfWhatItHasJudged() async throws {
        let (stage, task, _) = try await Self.untold()
        let run = try await stage.end(of: try await stage.interrupted("validate", task, isCanceled: true))
        #expect(run.state == "canceled")
        #expect(try await stage.summary(task) == [0, 2, 0, 0])
    }

    /// One that was given up does not try for ever what it has never got done: it ends, its message says that doubles are not
    /// told, and nothing of them is published before they are.
    @Test func aValidationThatIsGivenUpLeavesTheDoublesToTheNext() async throws {
        let (stage, task, _) = try await Self.untold()
        let run = try await stage.end(
            of: try await stage.interrupted("validate", task, takings: Int64(RunQueue.maximumTakings)))
        #expect(run.state == "failed" && run.message == RunMessages.givenUp.en + " " + RunMessages.untold.en)
        #expect(try await stage.summary(task) == [2, 0, 0, 0])
        #expect(try await stage.end(of: try await stage.publish(of: task)).doneRows == 0)
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.staging_row SET cells[1] = 'Linz' WHERE import_task = \(task.id)")
        #expect(try await stage.end(of: try await stage.validate(task)).failedRows == 2)
        #expect(try await stage.summary(task) == [0, 2, 0, 0])
        let canceled = try await stage.end(
            of: try await stage.interrupted(
                "validate", task, isCanceled: true, takings: Int64(RunQueue.maximumTakings)))
        #expect(canceled.state == "canceled" && canceled.message?.hasSuffix(RunMessages.untold.en) == true)
    }

    /// A validation that is tried again later is overtaken; whoever comes before does not publish what it has left untold.
    @Test(arguments: [false, true]) func whoeverOvertakesTellsThem(_ isPlanned: Bool) async throws {
        let (stage, task, load) = try await Self.untold()
        _ = try await stage.bench.admin.run(
            """
            INSERT INTO import_validation.import_run_work (run, domain, import_task, kind, requester, takings, due_at) \
            SELECT id, domain, import_task, 'validate', '{}', 1, now() + interval '1 day' \
            FROM import_validation.import_run WHERE id = \(load.id)
            """)
        let run =
            if isPlanned { try await stage.end(of: try await stage.plan(of: task)) } else {
                try await stage.end(of: try await stage.publish(of: task))
            }
        #expect(run.state == "completed" && run.doneRows == 0)
        #expect(try await stage.summary(task) == [0, 2, 0, 0])
        #expect(stage.owner.published(stage.account).isEmpty)
        _ = try await stage.bench.admin.run("DELETE FROM import_validation.import_run_work WHERE run = \(load.id)")
    }

    /// A row that another sweep has judged meanwhile is counted by that one alone.
    @Test func aRowIsJudgedOnce() async throws {
        let (stage, task) = try await Stage.filled(["Linz", "Graz"])
        let id = task.id
        let (rows, judged) = try await stage.database.transaction(
            as: .service(stage.database.service, domain: .root)
        ) { tx in
            let rows = try StagingStore.page(id, status: .readyToPublish, after: nil, limit: 10, tx)
            let verdicts = rows.map { _ in RowVerdict() }
            let context = WriteContext.system("import-validation", domain: .root, now: stage.database.clock.now)
            func judge(_ count: Int) throws -> Set<String> {
                try StagingStore.judge(
                    Array(rows.prefix(count)), Array(verdicts.prefix(count)), by: 1, of: id, in: .root, context, tx)
            }
            return (rows, [try judge(1), try judge(2)])
        }
        #expect(judged == [[rows[0].id], [rows[1].id]])
    }
}
