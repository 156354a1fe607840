import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import ImportValidationService

/// Undo of some of the rows of a publication (G-133).
@Suite(.timeLimit(.minutes(15))) struct ChosenUndoTests {
    private static let names = ["Linz", "Known Graz", "Wien", "Known Rom"]

    private static func published() async throws -> (Stage, ImportTask, ImportRun, [PublishedRow]) {
        let (stage, task) = try await Stage.filled(names)
        let run = try await stage.end(of: try await stage.publish(of: task))
        return (stage, task, run, try await stage.publishedRows(run).publishedRows)
    }

    private static func states(_ run: ImportRun, _ stage: Stage) async throws -> [String] {
        try await stage.publishedRows(run).publishedRows.map(\.state)
    }

    @Test func chosenRowsAlone() async throws {
        let (stage, task, run, rows) = try await Self.published()
        let chosen = [rows[0].stagingRow, rows[1].stagingRow, rows[0].stagingRow]
        let undo = try await stage.end(of: try await stage.undo(run, of: task) { $0.stagingRows = chosen })
        #expect(undo.state == "completed" && undo.doneRows == 2 && undo.totalRows == 2)
        #expect(undo.message == "All 2 rows were undone.")
        #expect(try await Self.states(run, stage) == ["undone", "undone", "published", "published"])
        #expect(try await stage.summary(task) == [0, 0, 2, 2])
        // The rest goes when all is asked for.
        #expect(try await stage.end(of: try await stage.undo(run, of: task)).doneRows == 2)
        #expect(try await stage.summary(task) == [0, 0, 4, 0])
    }

    @Test func byWhatWasDone() async throws {
        let (stage, task, run, rows) = try await Self.published()
        let updates = try await stage.end(of: try await stage.undo(run, of: task) { $0.outcome = "update" })
        #expect(updates.doneRows == 2)
        #expect(try await Self.states(run, stage) == ["published", "undone", "published", "undone"])
        // Both at once: of the chosen ones those that were inserted.
        let insert = try await stage.end(
            of: try await stage.undo(run, of: task) {
                ($0.outcome, $0.stagingRows) = ("insert", [rows[0].stagingRow, rows[1].stagingRow])
            })
        #expect(insert.doneRows == 1)
        #expect(try await Self.states(run, stage) == ["undone", "undone", "published", "undone"])
        let sent = stage.owner.unpublished(stage.account).map { $0.rows.map(\.rowID) }
        #expect(sent == [["4", "2"], ["1"]])
    }

    /// Rows of another publication, or of none, are refused as a whole.
    @Test func otherRowsAreRefused() async throws {
        let (stage, task, run, rows) = try await Self.published()
        _ = try await stage.loaded(Stage.file(["Later"]), "later.csv", of: task)
        let later = try #require(try await stage.rows(task).stagingRows.first { $0["name"] == "Later" })
        for (chosen, outcome, field) in [
            ([rows[0].stagingRow, later.id], "", "staging_rows"), ([uuid()], "", "staging_rows"),
            (["x"], "", "staging_rows"), ([], "conflict", "outcome"),
        ] as [([String], String, String)] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.undo(run, of: task) { ($0.stagingRows, $0.outcome) = (chosen, outcome) }
            }
            #expect(problem.code == .invalidArgument && problem.violations.map(\.field) == [field])
        }
        #expect(stage.owner.unpublished(stage.account).isEmpty)
    }

    /// A row that was edited while it was published knows its record no more once that is taken back.
    @Test func anEditedRowForgetsItsRecord() async throws {
        let (stage, task, run, rows) = try await Self.published()
        _ = try await stage.bench.admin.run(
            """
            UPDATE import_validation.staging_row SET status = 'yet_to_validate' WHERE id = \(rows[0].stagingRow)
            """)
        _ = try await stage.end(of: try await stage.undo(run, of: task))
        let edited = try #require(try await stage.rows(task).stagingRows.first { $0.id == rows[0].stagingRow })
        #expect(edited.targetRecord.isEmpty && edited.status == "yet_to_validate")
        #expect(try await stage.summary(task) == [1, 0, 3, 0])
    }

    /// Published values stay led back to the cells that they came from, when their file is imported again in another way.
    @Test func lineageKeepsItsColumns() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let upload = try await stage.upload(
            Array("Name,Account,Other\nLinz,Ernst Handel,Graz\n".utf8), "places.csv", to: task)
        _ = try await stage.end(of: try #require(try await stage.load([upload], of: task).first))
        let first = try await stage.end(of: try await stage.publish(of: task))
        _ = try await stage.startOver(task)
        var columns = [ColumnMapping(), ColumnMapping()]
        (columns[0].title, columns[0].field) = ("Other", "name")
        columns[1].title = "Name"
        let mapped = columns
        let again = try #require(try await stage.load([upload], of: task) { $0.columns = mapped }.first)
        #expect(try await stage.end(of: again).failedRows == 0)
        let second = try await stage.end(of: try await stage.publish(of: task))
        var cells: [String] = []
        for run in [first, second] {
            let row = try #require(try await stage.publishedRows(run).publishedRows.first)
            cells.append(try #require(try await stage.lineage(of: row.targetRecord, field: "name").first).cell)
        }
        #expect(cells == ["A2", "C2"])
    }
}
