import Foundation
import TestKit
import Testing

@testable import Workbook

@Suite struct WorkbookWriterTests {
    private func part(_ name: String, of bytes: [UInt8]) throws -> String {
        try withFile(bytes) { path in
            let archive = try ZipArchive(path: path, limits: WorkbookLimits())
            guard let entry = try archive.open(name, limit: 1 << 24) else { return "" }
            var text: [UInt8] = []
            let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 4_096)
            defer { memory.deallocate() }
            while case let count = try entry.read(into: memory, count: 4_096), count > 0 {
                text.append(contentsOf: UnsafeBufferPointer(start: memory, count: count))
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    private let columns = [
        WorkbookColumn(label: "Number", mandatory: true, note: "As in the contract"),
        WorkbookColumn(label: "시작일", kind: .date), WorkbookColumn(label: "Changed", kind: .dateTime),
        WorkbookColumn(label: "Value", kind: .number), WorkbookColumn(label: "Active", kind: .bool),
        WorkbookColumn(label: "Status", kind: .choice(["Draft, new", "Active"])),
    ]

    @Test func aTemplateHasHeadersListsNotesAndNoRows() throws {
        let bytes = try WorkbookWriter.template(sheet: "Contract: 1/2", columns: columns, texts: .korean)
        try withFile(bytes) { path in
            let reader = try WorkbookReader(path: path)
            #expect(reader.sheets.map(\.name) == ["Contract  1 2", "_choices"])
            #expect(reader.sheets.map(\.isVisible) == [true, false])
            #expect(try reader.readAll().map(\.cells) == [columns.map { .text($0.label) }])
            try reader.open(sheet: "_choices")
            #expect(
                try reader.readAll().map(\.cells) == [
                    [.text("true"), .text("false")], [.text("Draft, new"), .text("Active")],
                ])
        }
        let sheet = try part("xl/worksheets/sheet1.xml", of: bytes)
        #expect(sheet.contains("state=\"frozen\""))
        #expect(sheet.contains("sqref=\"E2:E1048576\"") && sheet.contains("sqref=\"F2:F1048576\""))
        #expect(sheet.contains("<formula1>'_choices'!$A$2:$B$2</formula1>"))
        #expect(sheet.contains("목록의 값 중에서 선택하세요."))
        #expect(try part("xl/comments1.xml", of: bytes).contains("필수\nAs in the contract"))
        #expect(try part("xl/styles.xml", of: bytes).contains("yyyy-mm-dd hh:mm:ss"))
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).xlsx").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try WorkbookWriter(path: path, sheet: "Contract", columns: columns)
        try writer.append(["C1", "2024-02-29", "2024-02-29 13:45:10", "1863.40", "TRUE", "Active"])
        try writer.append(["=1+1", "not a date", nil, "12,5", "maybe", "-x"])
        try writer.append(["a\u{1}b & <c>", "2023-02-29", "", "12345678901234567890", nil, "@x", "beyond"])
        try writer.finish()
        try writer.finish()
        let rows = try WorkbookReader(path: path).readAll().dropFirst().map(\.cells)
        #expect(
            Array(rows) == [
                [
                    .text("C1"), .date("2024-02-29"), .dateTime("2024-02-29 13:45:10"), .number(1863.4), .bool(true),
                    .text("Active"),
                ],
                [.text("=1+1"), .text("not a date"), .empty, .text("12,5"), .text("maybe"), .text("-x")],
                [.text("ab & <c>"), .text("2023-02-29"), .empty, .text("12345678901234567890"), .empty, .text("@x")],
            ])
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(!(try part("xl/worksheets/sheet1.xml", of: bytes)).contains("<f>"))
    }

    /// What a column may hold, Excel checks where people type, and says why in the words of the note.
    @Test func boundsAreRulesOfTheCells() throws {
        let bytes = try WorkbookWriter.template(
            sheet: "A",
            columns: [
                WorkbookColumn(
                    label: "Units", kind: .number, note: "A whole number.", bound: .whole(-5...2_147_483_647)),
                WorkbookColumn(label: "Amount", kind: .number, bound: .digits(18, minimum: 0, maximum: nil)),
                WorkbookColumn(label: "Name", note: String(repeating: "가", count: 300), bound: .length(1_000)),
            ])
        let sheet = try part("xl/worksheets/sheet1.xml", of: bytes)
        for words in [
            #"type="whole""#, "<formula1>-5</formula1><formula2>2147483647</formula2>", #"error="A whole number.""#,
            #"type="decimal""#, #"type="textLength" errorStyle="warning""#, "<formula2>1000</formula2>",
        ] { #expect(sheet.contains(words), "\(words) in \(sheet.suffix(1_500))") }
    }

    @Test func aPathThatCannotBeWritten() {
        let error = failure {
            let writer = try WorkbookWriter(path: "/nonexistent/a.xlsx", sheet: "A", columns: columns)
            try writer.finish()
        }
        #expect(error?.kind == .unwritable)
    }

    @Test func anUnfinishedWorkbookLeavesNothing() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).xlsx").path
        do {
            let writer = try WorkbookWriter(path: path, sheet: "A", columns: columns)
            try writer.append(["x"])
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// Cells for people to look at: texts whatever the column is for, filled with a colour and explained in a note, of which
    /// a sheet has so many and no more.
    @Test func cellsAreMarkedAndExplained() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).xlsx").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let kinds = columns + [WorkbookColumn(label: "Key", isHidden: true)]
        let writer = try WorkbookWriter(path: path, sheet: "A", columns: kinds)
        let texts = ["=1+1", "2024-02-29", "", "1863.40", "TRUE", "_x0041_x0041_ _x", "row 1"]
        try writer.append(
            texts.map { WorkbookCell($0, isMarked: $0.isEmpty, note: $0.isEmpty ? "It is missing.\n비어 있습니다." : nil) })
        for _ in 0..<WorkbookWriter.mostNotes { try writer.append([WorkbookCell("a", isMarked: true, note: "b")]) }
        try writer.finish()
        let rows = try WorkbookReader(path: path).readAll()
        #expect(rows.count == WorkbookWriter.mostNotes + 2)
        #expect(rows[1].cells == texts.map { $0.isEmpty ? .empty : .text($0) })
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let sheet = try part("xl/worksheets/sheet1.xml", of: bytes)
        #expect(
            sheet.contains(#"min="7" max="7""#) && sheet.contains(#"hidden="1""#) && sheet.contains(#"<c r="C2" s=""#))
        let comments = try part("xl/comments1.xml", of: bytes)
        #expect(comments.contains("It is missing.\n비어 있습니다."))
        #expect(comments.components(separatedBy: "<comment ref").count == WorkbookWriter.mostNotes + 2)
    }
}
