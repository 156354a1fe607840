import ImportValidationWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Ids of another tenant among the own ones, in every verb of imports that takes several: they are told as ids of nothing, in
/// the same words, and what they name stays as it is (G-13).
@Suite(.timeLimit(.minutes(15))) struct ForeignIDTests {
    /// What belongs to another tenant: rows in every state, a file, runs, a published record.
    private struct Victim {
        let stage: Stage
        let task: ImportTask
        let upload: Upload
        let publication: ImportRun
        let plan: ImportRun
        let rows: [StagingRow]
        let records: [PublishedRow]

        /// All that it has, as text.
        func state() async throws -> [String] {
            var facts: [String] = []
            for table in [
                "staging_row", "import_run", "import_run_work", "upload", "publication_row", "publication_undo",
                "import_plan_row", "import_mapping", "import_task",
            ] {
                let rows = try await stage.bench.admin.run(
                    """
                    SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS digest \
                    FROM import_validation.\(identifier: table) AS t WHERE domain = \(stage.domain)
                    """)
                facts.append("\(table) \(try rows.first?.string(at: 0) ?? "")")
            }
            return facts
        }
    }

    private static func victim() async throws -> Victim {
        let stage = try await Stage()
        let task = try await stage.locations()
        let upload = try await stage.upload(Stage.file(["Linz", "Graz"]), "victim.csv", to: task)
        _ = try await stage.end(of: try #require(try await stage.load([upload], of: task).first))
        let publication = try await stage.end(of: try await stage.publish(of: task))
        _ = try await stage.loaded(Stage.file(["", "Wien"]), "more.csv", of: task)
        let plan = try await stage.planned(task)
        return Victim(
            stage: stage, task: task, upload: upload, publication: publication, plan: plan,
            rows: try await stage.rows(task).stagingRows,
            records: try await stage.publishedRows(publication).publishedRows)
    }

    /// What each attempt answers, with an id of the victim's and with one of nothing.
    private static func answers(
        _ stage: Stage, _ attacker: Caller, _ own: (task: ImportTask, run: ImportRun, rows: [StagingRow]),
        _ id: (_ kind: String) -> String
    ) async throws -> [String] {
        var run = ImportRun()
        run.id = id("publication")
        var plan = ImportRun()
        plan.id = id("plan")
        var upload = Upload()
        upload.id = id("upload")
        var row = StagingRow()
        row.id = id("row")
        let (task, named, planned, file, foreign) = (own.task, run, plan, upload, row)
        func text(_ problem: Problem?) -> String {
            guard let problem else { return "taken" }
            let told = "\(problem.code) \(problem.reason) \(problem.text.en) \(problem.violations.map(\.text.en))"
            return [named.id, planned.id, file.id, foreign.id].reduce(told) { $0.replacing($1, with: "ID") }
        }
        var correction = StagingRowCorrection()
        correction.id = foreign.id
        var cell = StagedCell()
        (cell.field, cell.value) = ("name", "Taken over")
        correction.cells = [cell]
        let corrections = [correction]
        var answers = [
            text(await stage.met { () async throws(Problem) in try await stage.undo(named, of: task, as: attacker) }),
            text(
                await stage.met { () async throws(Problem) in
                    try await stage.undo(own.run, of: task, as: attacker) { $0.stagingRows = [foreign.id] }
                }),
            text(
                await stage.met { () async throws(Problem) in
                    try await stage.undo(own.run, of: task, as: attacker) {
                        $0.stagingRows = [own.rows[0].id, foreign.id]
                    }
                }),
            text(
                await stage.met { () async throws(Problem) in try await stage.publish(planned, of: task, as: attacker) }
            ),
            text(await stage.met { () async throws(Problem) in try await stage.planRows(planned, as: attacker) }),
            text(await stage.met { () async throws(Problem) in try await stage.publishedRows(named, as: attacker) }),
            text(await stage.met { () async throws(Problem) in try await stage.load([file], of: task, as: attacker) }),
            text(await stage.met { () async throws(Problem) in try await stage.cancel(named, as: attacker) }),
            text(
                await stage.met { () async throws(Problem) in
                    try await stage.correct(foreign, "name", "Taken over", as: attacker)
                }),
            text(
                await stage.met { () async throws(Problem) in
                    try await stage.lineage(of: id("record"), as: attacker)
                }
            ).replacing(id("record"), with: "ID"),
        ]
        let batch = try await stage.correct(corrections, as: attacker)
        answers.append(
            "\(batch.succeeded) \(batch.results.map { $0.error?.message ?? "" })".replacing(foreign.id, with: "ID"))
        return answers
    }

    @Test(arguments: ["/elsewhere/", "own"]) func theyAreIdsOfNothing(_ domain: String) async throws {
        let victim = try await Self.victim()
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Rom", "Bern"]), of: task)
        let run = try await stage.end(of: try await stage.publish(of: task))
        // An agent of the attacker's own tenant, and an administrator of no relation to either.
        let attacker =
            domain == "own"
            ? Caller.holding("sn_acct_lc.agent", domain: stage.domain) : Caller.holding("admin", domain: domain)
        let own = (task, run, try await stage.rows(task).stagingRows)
        let before = try await victim.state()
        let ids = [
            "publication": victim.publication.id, "plan": victim.plan.id, "upload": victim.upload.id,
            "row": victim.rows[0].id, "record": victim.records[0].targetRecord,
        ]
        let nothing = ids.mapValues { _ in uuid() }
        let told = try await Self.answers(stage, attacker, own) { ids[$0] ?? "" }
        let ofNothing = try await Self.answers(stage, attacker, own) { nothing[$0] ?? "" }
        #expect(told == ofNothing && told.count == 11 && !told.contains("taken"), "\(told)")
        #expect(try await victim.state() == before)
        #expect(victim.stage.owner.unpublished(victim.stage.account).isEmpty)
        #expect(
            stage.owner.unpublished(stage.account).isEmpty, "nor is anything taken back for a part of what was asked")
    }

    /// Rows of another tenant that are named for a plan or a publication of an own task are rows of nothing: no run takes them.
    @Test func chosenRowsOfOthersAreNotTaken() async throws {
        let victim = try await Self.victim()
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Rom"]), of: task)
        let own = try await stage.rows(task).stagingRows
        let attacker = Caller.holding("sn_acct_lc.agent", domain: stage.domain)
        let before = try await victim.state()
        let chosen = own + victim.rows
        let plan = try await stage.end(of: try await stage.plan(chosen, of: task, as: attacker))
        #expect(plan.state == "completed" && plan.doneRows == 1)
        #expect(try await stage.planRows(plan).planRows.map(\.stagingRow) == own.map(\.id))
        let problem = await stage.met { () async throws(Problem) in
            try await stage.publish(chosen, of: task, as: attacker)
        }
        if problem == nil {
            try await Stage.until { try await stage.summary(task) == [0, 0, 0, 1] }
        }
        #expect(try await victim.state() == before)
        let sent = Set(stage.owner.published(stage.account).flatMap(\.rows).map(\.rowID))
        #expect(sent.isSubset(of: own.map(\.id)) && victim.stage.owner.published(victim.stage.account).count == 1)
    }

    /// A builder of another tenant fills no task: its staging table is a name like any other, whether there is one or not.
    @Test func anotherTenantsBuilderIsNone() async throws {
        let other = try await Stage()
        let building = try await Building(domain: other.domain)
        let builder = try await building.finished([Building.map("street", "constant") { $0.text = "Secret street" }])
        let stage = try await Stage()
        let attacker = Building.caller("sn_acct_lc.agent", "process_automation_designer", domain: stage.domain)
        for id in [builder.id, uuid()] {
            for problem in [
                await stage.met { () async throws(Problem) in try await building.state(id, as: attacker) },
                await stage.met { () async throws(Problem) in try await building.dataSource(id, "x", as: attacker) },
                await stage.met { () async throws(Problem) in try await building.transformMap(id, as: attacker) },
                await stage.met { () async throws(Problem) in try await building.checks(id, as: attacker) },
                await stage.met { () async throws(Problem) in try await building.views(id, as: attacker) },
                await stage.met { () async throws(Problem) in try await building.finish(id, as: attacker) },
            ] { #expect(problem?.code == .notFound) }
        }
        let task = try await stage.locations { $0.sourceTable = builder.importSetTable }
        let run = try await stage.loaded(Stage.file(["Linz"]), of: task)
        #expect(run.state == "completed", "the titles are those of the product: \(run.message ?? "")")
        #expect(try await stage.rows(task).stagingRows.map { $0["street"] ?? "" } == [""])
    }
}
