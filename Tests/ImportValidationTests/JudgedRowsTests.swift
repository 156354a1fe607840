import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// Rows that are called ready by other checks than those in force are neither planned nor published (ADR 0037).
@Suite(.timeLimit(.minutes(15))) struct JudgedRowsTests {
    private static func sentBack(_ rows: Int64, _ kind: String) -> String {
        " " + (RunMessages.sentBack(rows, kind)?.en ?? "nothing")
    }

    /// The same text is another day in another format.
    @Test func aDateIsReadByTheChecksThatItHasPassed() async throws {
        let stage = try await Stage()
        let check = try await stage.check("contract", "date", of: "u_end_date") { $0.dateFormat = "dd/MM/yyyy" }
        let task = try await stage.locations { $0.targetTable = "contract" }
        let file = "Number,Account,End date\nC1,Ernst Handel,03/04/2026\nC2,Ernst Handel,31/12/2026\n"
        #expect(try await stage.loaded(Array(file.utf8), "contracts.csv", of: task).failedRows == 0)
        _ = try await stage.change(check) { $0.dateFormat = "MM/dd/yyyy" }

        let left = try await stage.end(of: try await stage.publish(of: task))
        #expect(left.state == "completed" && left.doneRows == 0 && left.totalRows == 0)
        #expect(left.message == RunMessages.published(0, failed: 0).en + Self.sentBack(2, "publish"))
        #expect(stage.owner.published(stage.account).isEmpty)
        #expect(try await stage.summary(task) == [2, 0, 0, 0])
        #expect(try await stage.task(task).dataImportState == DataImportState.needsAttention.rawValue)

        let judged = try await stage.end(of: try await stage.validate(task))
        #expect(judged.doneRows == 2 && judged.failedRows == 1)
        #expect(try await stage.rows(task).stagingRows.map(\.status) == ["ready_to_publish", "needs_attention"])
        _ = try await stage.end(of: try await stage.publish(of: task))
        let sent = try #require(stage.owner.published(stage.account).first)
        let column = try #require(sent.columns.firstIndex(of: "end_date"))
        #expect(sent.rows.map { $0.values[column] } == ["2026-03-04"])
    }

    /// A native date is that day whatever the format: its text is written anew. What a person has typed is read as it stands.
    @Test func aNativeDateStaysThatDay() async throws {
        let stage = try await Stage()
        let check = try await stage.check("contract", "date", of: "u_end_date") { $0.dateFormat = "dd/MM/yyyy" }
        let task = try await stage.locations { $0.targetTable = "contract" }
        let file = try ErrorSheet.native(
            [.init(label: "Number"), .init(label: "Account"), .init(label: "End date", kind: .date)],
            [["C1", "Ernst Handel", "2026-04-03"], ["C2", "Ernst Handel", "2026-04-03"]])
        #expect(try await stage.loaded(file, "contracts.xlsx", of: task).failedRows == 0)
        let rows = try await stage.rows(task).stagingRows
        #expect(rows.map { $0["end_date"] } == ["03/04/2026", "03/04/2026"])
        _ = try await stage.correct(rows[1], "end_date", "05/06/2026")
        _ = try await stage.change(check) { $0.dateFormat = "MM/dd/yyyy" }
        #expect(try await stage.end(of: try await stage.validate(task)).failedRows == 0)
        #expect(try await stage.rows(task).stagingRows.map { $0["end_date"] } == ["04/03/2026", "05/06/2026"])
        _ = try await stage.end(of: try await stage.publish(of: task))
        let sent = try #require(stage.owner.published(stage.account).first)
        let column = try #require(sent.columns.firstIndex(of: "end_date"))
        #expect(sent.rows.map { $0.values[column] } == ["2026-04-03", "2026-05-06"])
    }

    /// What changes after a row was judged.
    enum Change: CaseIterable {
        case mandatory, script, reference, deactivation, unknown

        /// What the row is found to be when it is judged again.
        var verdict: String {
            switch self {
            case .mandatory, .script: "needs_attention"
            case .reference, .deactivation, .unknown: "ready_to_publish"
            }
        }

        func happen(_ stage: Stage, _ task: ImportTask, _ check: DataValidationAssist) async throws {
            switch self {
            case .mandatory: _ = try await stage.change(check) { $0.mandatory = true }
            case .script: _ = try await stage.refuseAll("location")
            case .reference:
                _ = try await stage.check("location", "reference", of: "u_account") {
                    ($0.referenceTable, $0.referenceTableField) = ("customer_account", "account_number")
                }
            case .deactivation: _ = try await stage.change(check) { $0.active = false }
            // As every row is that an earlier version has staged.
            case .unknown:
                _ = try await stage.bench.admin.run(
                    "UPDATE import_validation.staging_row SET check_version = 0 WHERE import_task = \(task.id)")
                _ = try await stage.bench.admin.run(
                    "UPDATE import_validation.judging_version SET check_version = 0 WHERE import_task = \(task.id)")
            }
        }
    }

    /// All rows or chosen ones, planned or not: what was judged otherwise is left out, told, and judged again.
    @Test(arguments: Change.allCases, [false, true])
    func whatWasJudgedOtherwiseIsJudgedAgain(_ change: Change, isPlanned: Bool) async throws {
        let stage = try await Stage()
        let check = try await stage.check("location", "string_limit", of: "u_city") { $0.maxLength = 40 }
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Linz"]), of: task)
        let rows = try await stage.rows(task).stagingRows
        try await change.happen(stage, task, check)
        let kind = isPlanned ? "plan" : "publish"
        let left =
            if isPlanned { try await stage.end(of: try await stage.plan(rows, of: task)) } else {
                try await stage.end(of: try await stage.publish(rows, of: task))
            }
        #expect(left.state == "completed" && left.doneRows == 0, "\(left.message ?? "")")
        #expect(left.message?.hasSuffix(Self.sentBack(1, kind)) == true, "\(left.message ?? "")")
        #expect(stage.owner.published(stage.account).isEmpty)
        #expect(try await stage.summary(task) == [1, 0, 0, 0])

        #expect(try await stage.end(of: try await stage.validate(task)).doneRows == 1)
        #expect(try await stage.rows(task).stagingRows.map(\.status) == [change.verdict])
        let run = try await stage.end(of: try await stage.publish(of: task))
        let isReady = change.verdict == "ready_to_publish"
        #expect(run.doneRows == (isReady ? 1 : 0))
        let named = stage.owner.published(stage.account).first?.referenceFields.contains("account_number")
        #expect(named == (isReady ? change == .reference : nil))
    }

    /// Validate judges again by itself, also what a check has refused that does so no more, and then has nothing to do.
    @Test func validateJudgesByTheChecksInForce() async throws {
        let stage = try await Stage()
        let check = try await stage.check("location", "string_limit", of: "u_name") { $0.maxLength = 5 }
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Linz", "Salzburg"]), of: task)
        #expect(try await stage.summary(task) == [0, 1, 1, 0])
        let none = try await stage.end(of: try await stage.validate(task))
        #expect(none.doneRows == 0)
        _ = try await stage.change(check) { $0.maxLength = 10 }
        let run = try await stage.end(of: try await stage.validate(task))
        #expect(run.doneRows == 2 && run.failedRows == 0)
        #expect(run.message?.hasSuffix(Self.sentBack(2, "validate")) == true, "\(run.message ?? "")")
        #expect(try await stage.summary(task) == [0, 0, 2, 0])
        #expect(try await stage.end(of: try await stage.validate(task)).doneRows == 0)
    }

    /// By which checks rows of a task may have been judged is noted with the rows, whoever writes them, and once.
    @Test func theChecksOfATaskAreNoted() async throws {
        let stage = try await Stage()
        let check = try await stage.check("location", "string_limit", of: "u_name") { $0.maxLength = 20 }
        let (task, other) = (try await stage.locations(), try await stage.locations())
        func noted(_ task: ImportTask) async throws -> Set<Int64> {
            let rows = try await stage.bench.admin.run(
                "SELECT check_version FROM import_validation.judging_version WHERE import_task = \(task.id)")
            return Set(try rows.map { try $0.int64(at: 0) })
        }
        func held(_ task: ImportTask) async throws -> Set<Int64> {
            let rows = try await stage.bench.admin.run(
                "SELECT DISTINCT check_version FROM import_validation.staging_row WHERE import_task = \(task.id)")
            return Set(try rows.map { try $0.int64(at: 0) })
        }
        #expect(try await noted(task).isEmpty)
        _ = try await stage.loaded(Stage.file(["Linz", "Graz"]), of: task)
        _ = try await stage.loaded(Stage.file(["Wien"]), "more.csv", of: task)
        let first = try await noted(task)
        let loaded = try await held(task)
        #expect(first.count == 1 && first == loaded)
        #expect(try await noted(other).isEmpty)
        _ = try await stage.change(check) { $0.maxLength = 30 }
        #expect(try await stage.end(of: try await stage.validate(task)).doneRows == 3)
        let (both, judged) = (try await noted(task), try await held(task))
        #expect(both.count == 2 && both == first.union(judged) && judged.count == 1)
        // None of the old ones is left: what is ready stays so.
        #expect(try await stage.planned(task).state == "completed")
        #expect(try await stage.summary(task) == [0, 0, 3, 0])
    }

    /// Checks that change while a publication goes on: what was sent is published, the rest is left out.
    @Test func checksMayChangeInTheMidst() async throws {
        let names = (0..<600).map { $0 == 10 ? OnboardingStandIn.held : "Werk \($0)" }
        let (stage, task) = try await Stage.filled(names)
        stage.owner.hold(stage.account)
        let run = try await stage.publish(of: task)
        try await Stage.until { stage.owner.isAsked(stage.account) }
        _ = try await stage.refuseAll("location")
        stage.owner.letGo(stage.account)
        let end = try await stage.end(of: run)
        #expect(end.state == "completed" && end.doneRows == 500 && end.failedRows == 0)
        #expect(end.message?.hasSuffix(Self.sentBack(100, "publish")) == true, "\(end.message ?? "")")
        #expect(try await stage.summary(task) == [100, 0, 0, 500])
    }

    /// A value is led back to the checks that its row has passed, not to those of the day it was published.
    @Test func lineageTellsTheChecksOfTheRow() async throws {
        let (stage, task) = try await Stage.filled(["Linz"])
        let first = try await stage.end(of: try await stage.publish(of: task))
        _ = try await stage.check("location", "string_limit", of: "u_name") { $0.maxLength = 40 }
        _ = try await stage.loaded(Stage.file(["Graz"]), "more.csv", of: task)
        let second = try await stage.end(of: try await stage.publish(of: task))
        var versions: [String] = []
        for (run, isAdded) in [(first, false), (second, true)] {
            let row = try #require(try await stage.publishedRows(run).publishedRows.first)
            let entry = try #require(try await stage.lineage(of: row.targetRecord).first)
            #expect(entry.checks.contains { $0.hasPrefix("Added (") } == isAdded)
            versions.append(entry.checkVersion)
        }
        #expect(Set(versions).count == 2)
    }

    /// What a builder says of the cells belongs to the checks: rows that another map has made are told.
    @Test func anotherMapOfABuilderIsTold() async throws {
        let building = try await Building()
        let builder = try await building.finished([Building.map("street", "constant") { $0.text = "Main street" }])
        let (stage, task) = (building.stage, try await building.task(builder))
        _ = try await stage.loaded(Array("Site,Customer\nWerk,A\n".utf8), of: task)
        #expect(try await stage.summary(task) == [0, 0, 1, 0])
        try await stage.database.transaction(as: .service(stage.database.service, domain: .root), deadline: .patient) {
            tx in
            var parts = try StoredBuilder.parts(of: builder.id, tx)
            for index in parts.fieldMaps.indices where parts.fieldMaps[index].field == "street" {
                parts.fieldMaps[index].text = "Side street"
            }
            try StoredBuilder.save(parts, nil, of: builder, tx)
        }
        let left = try await stage.end(of: try await stage.publish(of: task))
        #expect(left.doneRows == 0 && left.message?.hasSuffix(Self.sentBack(1, "publish")) == true)
        #expect(stage.owner.published(stage.account).isEmpty)
    }

    // MARK: Versions

    @Test func aVersionIsThatOfAllThatJudges() throws {
        let target = try #require(ImportTarget.named("location"))
        let contract = try #require(ImportTarget.named("contract"))
        var first = DataValidationAssist()
        (first.id, first.etag, first.name) = (uuid(), "1", "A")
        var second = first
        second.id = uuid()
        var changed = first
        changed.etag = "2"
        let version = CheckVersion(target, [first, second])
        #expect(version == CheckVersion(target, [second, first]), "in whatever order they were read")
        let others = [
            CheckVersion(target, []), CheckVersion(target, [first]), CheckVersion(target, [changed, second]),
            CheckVersion(contract, [first, second]),
        ]
        #expect(others.allSatisfy { $0.name != version.name && $0.number != version.number })
        #expect(CheckPlan(target, [first, second]).version == version)
        #expect(version.number == CheckVersion.number(of: version.name))
        #expect(CheckVersion.number(of: String(repeating: "0", count: 64)) == 1, "0 says that nothing is known")
    }
}
