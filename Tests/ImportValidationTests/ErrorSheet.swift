import Foundation
import Testing
import Wire

@testable import ImportValidationService
@testable import Workbook

/// The first sheet of a workbook as other programs have it: titles and rows of texts, to be changed and written again. Fills,
/// notes and lists are lost on the way, as in some of those programs.
struct ErrorSheet {
    var titles: [String]
    var rows: [[String]]

    /// Reads the bytes of a workbook.
    init(_ bytes: [UInt8]) throws {
        let read = try Self.with(bytes) { path in
            let reader = try WorkbookReader(path: path)
            var rows: [[String]] = []
            var row = SheetRow()
            while try reader.next(into: &row) { rows.append((0..<row.count).map { row.text(at: $0) ?? "" }) }
            return rows
        }
        titles = try #require(read.first)
        let width = titles.count
        rows = read.dropFirst().map { $0 + Array(repeating: "", count: max(width - $0.count, 0)) }
    }

    /// The cell of a row under a title.
    subscript(row: Int, title: String) -> String {
        get { titles.firstIndex(of: title).map { rows[row][$0] } ?? "" }
        set { if let column = titles.firstIndex(of: title) { rows[row][column] = newValue } }
    }

    /// The workbook, written by a program that knows texts alone.
    func xlsx() throws -> [UInt8] {
        let (titles, rows) = (titles, rows)
        return try Self.with([]) { path in
            let writer = try WorkbookWriter(
                path: path, sheet: "Sheet1", columns: titles.map { WorkbookColumn(label: $0) })
            for row in rows { try writer.append(row.map { Optional($0) }) }
            try writer.finish()
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        }
    }

    /// The same as a text file.
    func csv() -> [UInt8] {
        var writer = CSVWriter()
        for row in [titles] + rows { writer.append(row) }
        return writer.take()
    }

    /// The text of a part of a workbook.
    static func part(_ name: String, of bytes: [UInt8]) throws -> String {
        try with(bytes) { path in
            let archive = try ZipArchive(path: path, limits: WorkbookLimits())
            guard let entry = try archive.open(name, limit: 1 << 22) else { return "" }
            var text: [UInt8] = []
            let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 4_096)
            defer { memory.deallocate() }
            while case let count = try entry.read(into: memory, count: 4_096), count > 0 {
                text.append(contentsOf: UnsafeBufferPointer(start: memory, count: count))
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// A workbook with columns of a template and rows of texts, as an error workbook has them.
    static func written(_ columns: [WorkbookColumn], _ rows: [[String]]) throws -> [UInt8] {
        try with([]) { path in
            let writer = try WorkbookWriter(path: path, sheet: "S", columns: columns)
            for row in rows { try writer.append(row.map { WorkbookCell($0) }) }
            try writer.finish()
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        }
    }

    /// A workbook with columns of a template whose cells have the kinds of their columns.
    static func native(_ columns: [WorkbookColumn], _ rows: [[String]]) throws -> [UInt8] {
        try with([]) { path in
            let writer = try WorkbookWriter(path: path, sheet: "S", columns: columns)
            for row in rows { try writer.append(row.map { Optional($0) }) }
            try writer.finish()
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        }
    }

    private static func with<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("sheet-\(UUID().uuidString).xlsx").path
        if !bytes.isEmpty { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    /// What a load reads in a workbook.
    static func read(_ bytes: [UInt8], _ target: ImportTarget, _ plan: CheckPlan) throws -> [ReadRow] {
        try with(bytes) { path in
            let found = try TableFinder.find(target, LoadOptions()) { try WorkbookReader(path: path) }
            var reader = RowReader(found.header, plan)
            var row = SheetRow()
            var rows: [ReadRow] = []
            while try found.source.next(into: &row) { if let read = reader.read(row) { rows.append(read) } }
            return rows
        }
    }
}
