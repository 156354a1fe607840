import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Many rows corrected at once, and one value replaced in a whole column.
@Suite(.timeLimit(.minutes(15))) struct MendingTests {
    private static func correction(_ row: StagingRow, _ field: String, _ value: String, etag: String = "")
        -> StagingRowCorrection
    {
        var correction = StagingRowCorrection()
        (correction.id, correction.etag) = (row.id, etag)
        var cell = StagedCell()
        (cell.field, cell.value) = (field, value)
        correction.cells = [cell]
        return correction
    }

    private static func names(_ stage: Stage, _ task: ImportTask) async throws -> [String?] {
        try await stage.rows(task).stagingRows.sorted { $0.rowNumber < $1.rowNumber }.map { $0["name"] }
    }

    // MARK: Many rows

    /// Each corrected row is checked again, by itself; what cannot be corrected says why, and keeps the rest from nothing.
    @Test func eachRowFailsAlone() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A", "", "", "D"]), of: task)
        let rows = try await stage.rows(task).stagingRows.sorted { $0.rowNumber < $1.rowNumber }
        let answer = try await stage.correct(
            [
                Self.correction(rows[1], "name", "B", etag: rows[1].etag),
                Self.correction(rows[2], "name", "C", etag: "99"), Self.correction(rows[0], "colour", "red"),
            ])
        #expect(answer.applied && answer.succeeded == 1 && answer.failed == 2)
        #expect(answer.results.map { $0.error?.reason ?? "" } == ["", "ETAG_MISMATCH", "INVALID_ARGUMENT"])
        #expect(try await stage.summary(task) == [1, 1, 2, 0])
        #expect(try await Self.names(stage, task) == ["A", "B", "", "D"])
        let run = try await stage.end(of: try await stage.validate(task))
        #expect(run.doneRows == 1, "only what has changed is checked")
        #expect(try await stage.summary(task) == [0, 1, 3, 0])
    }

    @Test func allOrNothingCorrectsNothing() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A", ""]), of: task)
        let rows = try await stage.rows(task).stagingRows.sorted { $0.rowNumber < $1.rowNumber }
        let corrections = [
            Self.correction(rows[1], "name", "B"), Self.correction(rows[0], "name", "C", etag: "99"),
        ]
        let answer = try await stage.correct(corrections, allOrNothing: true)
        #expect(!answer.applied && answer.failed == 1)
        #expect(try await Self.names(stage, task) == ["A", ""])
    }

    /// Rows of two tasks at once; published ones and those of nobody stay.
    @Test func onlyRowsThatAreOpen() async throws {
        let stage = try await Stage()
        let (task, other) = (try await stage.locations(), try await stage.locations())
        _ = try await stage.loaded(Stage.file(["A"]), of: task)
        _ = try await stage.loaded(Stage.file(["B"]), of: other)
        _ = try await stage.end(of: try await stage.publish(of: task))
        let published = try #require(try await stage.rows(task).stagingRows.first)
        let foreign = try #require(try await stage.rows(other).stagingRows.first)
        var nobody = foreign
        nobody.id = "not-an-id"
        // An id is known as it is written: no row is corrected twice under two spellings.
        var capital = foreign
        capital.id = foreign.id.uppercased()
        let answer = try await stage.correct(
            [published, foreign, nobody, capital].map { Self.correction($0, "name", "Z") })
        #expect(answer.results.map { $0.error?.reason } == ["ROW_PUBLISHED", nil, "NOT_FOUND", "NOT_FOUND"])
        #expect(try await Self.names(stage, task) == ["A"])
        #expect(try await Self.names(stage, other) == ["Z"])
    }

    // MARK: One value of a column

    @Test func aValueIsReplacedInAWholeColumn() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let rows = [("A", "Ernst Handle"), ("B", "Ernst Handel"), ("C", "Ernst Handle")]
        _ = try await stage.loaded(Stage.file(rows.map { (name: $0.0, account: $0.1) }), of: task)
        #expect(try await stage.summary(task) == [0, 2, 1, 0])
        let answer = try await stage.replace("Ernst Handle", in: "account", by: "Ernst Handel", of: task)
        #expect(answer.replacedRows == 2 && !answer.goesOn)
        #expect(try await stage.summary(task) == [2, 0, 1, 0])
        _ = try await stage.end(of: try await stage.validate(task))
        #expect(try await stage.summary(task) == [0, 0, 3, 0])
        #expect(try await stage.replace("Ernst Handle", in: "account", by: "x", of: task).replacedRows == 0)
    }

    /// Empty cells are a value too, also where a row is shorter than the columns; the other cells stay.
    @Test func emptyCellsAreFilled() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A", "B"]), of: task)
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.staging_row SET cells = cells[1:2] WHERE import_task = \(task.id)")
        #expect(try await stage.replace("", in: "street", by: "Ring 1", of: task).replacedRows == 2)
        let found = try await stage.rows(task).stagingRows.sorted { $0.rowNumber < $1.rowNumber }
        #expect(found.map { $0["street"] } == ["Ring 1", "Ring 1"] && found.map { $0["name"] } == ["A", "B"])
    }

    /// Rows that were told of a double are checked again, and an error of the file stays with the cells it is about.
    @Test func whatTheFileSaidOfOtherCellsStays() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A", "A", "B"]), of: task)
        _ = try await stage.bench.admin.run(
            """
            UPDATE import_validation.staging_row SET faults = '[{"kind": "error", "field": "name", "place": "A4", "detail": "#N/A"}, \
            {"kind": "missing", "field": "street", "place": "C4", "detail": ""}, \
            {"kind": "surplus", "place": "4", "detail": ""}]' \
            WHERE import_task = \(task.id) AND row_number = 4
            """)
        #expect(try await stage.summary(task) == [0, 2, 1, 0])
        #expect(try await stage.replace("B", in: "name", by: "C", of: task).replacedRows == 1)
        _ = try await stage.end(of: try await stage.validate(task))
        let row = try #require(try await stage.rows(task).stagingRows.first { $0.rowNumber == 4 })
        #expect(row.errors.map(\.field) == ["street"])
        #expect(try await stage.replace("A", in: "name", by: "D", of: task).replacedRows == 2)
        _ = try await stage.end(of: try await stage.validate(task))
        #expect(try await stage.summary(task) == [0, 3, 0, 0], "they are doubles of each other still")
    }

    /// More rows than one request takes: the next one goes on.
    @Test func theNextRequestGoesOn() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A", "B", "C"]), of: task)
        let endpoint = MendingEndpoints(
            database: stage.database, access: TaskAccess(database: stage.database), replacedAtOnce: 2)
        var request = ReplaceStagedValueRequest()
        (request.id, request.field, request.replacement) = (task.id, "street", "Ring 1")
        let call = Call(caller: stage.agent, deadline: .after(.seconds(60)))
        let first = try await endpoint.replace(call, request)
        #expect(first.replacedRows == 2 && first.goesOn)
        let second = try await endpoint.replace(call, request)
        #expect(second.replacedRows == 1 && !second.goesOn)
    }

    @Test func whoMayNotCorrectIsRefused() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A"]), of: task)
        let row = try #require(try await stage.rows(task).stagingRows.first)
        for caller in [stage.customer, .holding("sn_customerservice_agent")] {
            let replaced = await problem { () async throws(Problem) in
                try await stage.replace("A", in: "name", by: "B", of: task, as: caller)
            }
            #expect(replaced?.code == .permissionDenied || replaced?.code == .notFound)
            let answer = try await stage.correct([Self.correction(row, "name", "B")], as: caller)
            #expect(!answer.applied || answer.succeeded == 0, "\(answer)")
        }
        #expect(try await Self.names(stage, task) == ["A"])
    }
}
