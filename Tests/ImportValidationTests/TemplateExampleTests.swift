import Foundation
import ImportValidationWire
import Records
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// The row of a template that shows how a row is filled in.
@Suite struct TemplateExampleTests {
    /// What it shows passes the checks of its template, but for records that only the account has.
    @Test(arguments: ImportTarget.all.map(\.table), ["en", "ko"])
    func whatItShowsIsRight(_ table: String, _ language: String) throws {
        let plan = CheckPlan(try #require(ImportTarget.named(table)), [])
        let row = TemplateExample.row(plan, language)
        #expect(row.count == plan.columns.count)
        for (position, column) in plan.columns.enumerated() where position > 0 {
            let text = row[position]
            #expect(!text.isEmpty, "\(column.field.name)")
            #expect(column.checks.allSatisfy { $0.error(in: text) == nil }, "\(column.field.name): \(text)")
            let refusal = column.refusal(of: text, stored: plan.stored(text, at: position))
            #expect(refusal == nil, "\(column.field.name): \(text)")
        }
        for period in plan.periods { #expect(row[period.earlier] <= row[period.later]) }
    }

    /// What a load reads in a workbook of these columns and rows, and what it remarks.
    private static func read(
        _ plan: CheckPlan, _ columns: [WorkbookColumn], _ rows: [[String]]
    ) throws -> (rows: [ReadRow], remarks: [String]) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("example-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.xlsx").path
        let writer = try WorkbookWriter(path: path, sheet: "S", columns: columns)
        for row in rows { try writer.append(row.map { Optional($0) }) }
        try writer.finish()
        let table = try TableFinder.find(plan.target, LoadOptions()) { try WorkbookReader(path: path) }
        var reader = RowReader(table.header, plan)
        var row = SheetRow()
        var read: [ReadRow] = []
        while try table.source.next(into: &row) { if let one = reader.read(row) { read.append(one) } }
        return (read, reader.remarks.map(\.en))
    }

    /// It is passed over wherever it stands, in either language and in every kind of file, and that is said; a row that
    /// only resembles it is read.
    @Test(arguments: ImportTarget.all.map(\.table), ["en", "ko"])
    func itIsNeverImported(_ table: String, _ language: String) throws {
        let plan = CheckPlan(try #require(ImportTarget.named(table)), [])
        let columns = plan.columns.map { $0.templateColumn(language) }
        let example = TemplateExample.row(plan, language)
        let rows: [[String]] = [
            example, ["Example 1"] + example.dropFirst(), [example[0] + " changed"] + example.dropFirst(),
            [example[0]] + example.dropFirst().map { _ in "" },
        ]
        let remarks = [2, 4, 5].map { TemplateExample.remark(row: $0).en }
        let read = try Self.read(plan, columns, rows)
        #expect(read.rows.map(\.number) == [3] && read.rows.first?.cells.first == "Example 1")
        #expect(read.remarks == remarks)
        // The same with the columns moved around: the mark stands in the last one.
        let moved = try Self.read(plan, columns.reversed(), rows.map { $0.reversed() })
        #expect(moved.rows.map(\.number) == [3] && moved.rows.first?.cells == read.rows.first?.cells)
        #expect(moved.remarks == remarks)
    }
}
