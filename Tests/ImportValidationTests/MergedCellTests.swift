import Foundation
import ImportValidationWire
import ServiceTestKit
import Testing
import Workbook

@testable import ImportValidationService

/// Values that a person sees over several cells and the file has in one.
@Suite(.timeLimit(.minutes(15))) struct MergedCellTests {
    private static func merged(_ ranges: String...) throws -> MergedCells {
        let target = try #require(ImportTarget.named("location"))
        let text = "Note,Name,Account,,City\n,Werk,Lumen,,Wels\n"
        let file = FileManager.default.temporaryDirectory.appending(path: "merged-\(UUID().uuidString).csv").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let table = try TableFinder.find(target, LoadOptions()) { try TableFile.open(path: file, name: "a.csv") }
        return MergedCells(try ranges.map { try #require(CellRange($0)) }, table.header, CheckPlan(target, []))
    }

    private static func told(_ rows: ClosedRange<Int>, _ ranges: MergedCells) -> [String] {
        var ranges = ranges
        return rows.flatMap { ranges.faults(row: $0) }.map { "\($0.field ?? "") \($0.place) \($0.detail)" }.sorted()
    }

    @Test func everyCoveredCellOfAFieldIsTold() throws {
        #expect(try Self.told(2...4, Self.merged("B2:B3")) == ["name B3 B2:B3"])
        // Of the first row the first cell alone has the value.
        #expect(
            try Self.told(2...9, Self.merged("D3:E4", "B8:C8"))
                == ["account C8 B8:C8", "city E3 D3:E4", "city E4 D3:E4"])
        // Below the titles, whose own cells may be merged with those of the rows.
        #expect(try Self.told(2...4, Self.merged("B1:B2")) == ["name B2 B1:B2"])
        // One within another, as no program should write them.
        #expect(try Self.told(2...6, Self.merged("B2:B5", "B3:B4")).count == 3)
    }

    @Test func whatTakesNothingAwayIsNotTold() throws {
        #expect(try Self.merged().rows == nil)
        // Titles, columns without a field, one cell.
        #expect(try Self.merged("A1:E1", "D2:D9", "B4:B4").rows == nil)
        // A field that is the first of the range.
        #expect(try Self.told(2...3, Self.merged("C2:D2")) == [])
        #expect(try Self.merged("B5:B9", "B2:B3").rows == 2...9)
    }

    /// The row is told behind the load, and again by every check until somebody has corrected the cell.
    @Test func aRowNeedsAttentionUntilItsCellIsCorrected() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../ScenarioTests/Cases/merged-cells/down-the-rows/locations.xlsx")
        _ = try await stage.loaded([UInt8](try Data(contentsOf: path)), "locations.xlsx", of: task)
        func told(_ language: String) async throws -> [[String]] {
            try await stage.rows(task, in: language).map { $0.errors.filter { $0.check == "file" }.map(\.message) }
        }
        #expect(try await told("en").map(\.count) == [0, 1, 1, 0, 0])
        #expect(try await told("ko")[1].first?.contains("(C3): 병합된 셀 C2:C4") == true)
        let rows = try await stage.rows(task, in: "en")
        _ = try await stage.correct(rows[1], "city", "")
        _ = try await stage.correct(rows[2], "street", "Ring 1")
        _ = try await stage.end(of: try await stage.validate(task))
        #expect(try await told("en").map(\.count) == [0, 0, 1, 0, 0])
    }
}
