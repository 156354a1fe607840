import Foundation
import TestKit
import Testing

@testable import Workbook

/// Files that are not read, and what the person is told.
@Suite struct WorkbookRefusalTests {
    private func open(_ bytes: [UInt8]) -> WorkbookError? {
        failure { try withFile(bytes) { try WorkbookReader(path: $0).readAll() } }
    }

    @Test func whatIsNoWorkbook() {
        #expect(open(Array("name,city\n".utf8))?.kind == .notAWorkbook)
        #expect(open([])?.kind == .notAWorkbook)
        #expect(open(WorkbookBuilder(entries: [("readme.txt", "x")]).zip)?.kind == .notAWorkbook)
        #expect(failure { try WorkbookReader(path: "/nonexistent.xlsx") }?.kind == .unreadable)
        let binary = WorkbookBuilder(entries: [("xl/workbook.bin", "x")])
        #expect(open(binary.zip)?.kind == .legacy)
    }

    @Test func oldAndProtectedFiles() {
        let compound: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] + Array(repeating: 0, count: 4_000)
        #expect(open(compound)?.kind == .legacy)
        let stream: [UInt8] = "EncryptedPackage".utf16.flatMap { [UInt8($0), 0] }
        #expect(open(compound + stream + Array(repeating: 0, count: 4_000))?.kind == .encrypted)
        #expect(open(compound)?.korean.contains(".xlsx") == true)
    }

    /// What is no table at all is told by its content, whatever its name, with what to do in both languages.
    @Test(arguments: [
        ("a.csv", Array("%PDF-1.7\n".utf8), "PDF"),
        ("a.xlsx", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "PNG"),
        ("a.xls", Array("\n<html><table><tr><td>Name</td></tr></table>".utf8), "HTML"),
        ("a.xls", Array("<?xml version=\"1.0\"?><Workbook/>".utf8), "XML"), ("a.txt", [0x1F, 0x8B, 0x08, 0], "GZIP"),
    ])
    func otherTypesAreNamed(name: String, bytes: [UInt8], type: String) {
        let error = failure { try withFile(bytes) { try TableFile.open(path: $0, name: name) } }
        #expect(error?.kind == .notAWorkbook && error?.english.contains("\(type), not a table") == true)
        #expect(error?.english.contains("save the table as .xlsx or CSV") == true)
        #expect(error?.korean.contains("저장하세요") == true)
    }

    /// Relations lead to parts of the container and nowhere else.
    @Test func nothingOutsideIsRead() throws {
        let secret = "/tmp/\(UUID().uuidString).xml"
        try "<worksheet><sheetData><row><c><v>7</v></c></row></sheetData></worksheet>".write(
            toFile: secret, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: secret) }
        for target in [
            "../../../../../../..\(secret)", "file://\(secret)", secret, "http://127.0.0.1:1/sheet.xml",
            "..\\..\\x.xml",
        ] {
            var builder = WorkbookBuilder(data: "<row><c><v>1</v></c></row>")
            builder.replace(
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id='rId1' Type='x/worksheet' Target='\(target)' TargetMode='External'/></Relationships>"
            )
            let error = failure { try builder.rows() }
            #expect(error?.kind == .damaged && error?.korean.isEmpty == false, "\(target)")
        }
    }

    /// A small container that inflates without end is stopped at its bound, not when memory ends.
    @Test func aBombIsStopped() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let parts = folder.appendingPathComponent("xl/worksheets")
        try FileManager.default.createDirectory(at: parts, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, bytes) in WorkbookBuilder(data: "").entries where !name.contains("sheet1") {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        let sheet = parts.appendingPathComponent("sheet1.xml")
        let text = Data("<worksheet><sheetData><row><c t='str'><v>".utf8)
        try (text + Data(repeating: UInt8(ascii: "a"), count: 48 << 20)).write(to: sheet)
        let zip = Process()
        zip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        zip.arguments = [
            "python3", "-c",
            "import os,sys,zipfile\nz=zipfile.ZipFile(sys.argv[2],'w',zipfile.ZIP_DEFLATED)\n"
                + "for d,_,n in os.walk(sys.argv[1]):\n for f in n:\n  p=os.path.join(d,f); z.write(p,os.path.relpath(p,sys.argv[1]))",
            folder.path, folder.path + ".zip",
        ]
        try zip.run()
        zip.waitUntilExit()
        defer { try? FileManager.default.removeItem(atPath: folder.path + ".zip") }
        var limits = WorkbookLimits()
        limits.inflatedBytes = 8 << 20
        for limits in [WorkbookLimits(), limits] {
            let error = failure { try WorkbookReader(path: folder.path + ".zip", limits: limits).readAll() }
            #expect(error?.kind == .tooLarge && error?.korean.contains("한도") == true)
        }
    }

    @Test func cutOffAndDamagedFiles() {
        let whole = WorkbookBuilder(data: #"<row><c t="inlineStr"><is><t>text</t></is></c></row>"#).zip
        #expect(open(whole) == nil)
        #expect(open(Array(whole.prefix(whole.count / 2)))?.kind == .damaged)
        #expect(open(Array(whole.dropLast(10)))?.kind == .damaged)
        var flipped = whole
        let place = flipped.indices.first { Array(flipped[$0...].prefix(4)) == Array("text".utf8) }
        flipped[place ?? 0] = UInt8(ascii: "T")
        #expect(open(flipped)?.kind == .damaged, "the checksum is compared")
    }

    /// What no text can hold is the matter of its cell, however it is written; the rest is read.
    @Test(arguments: [
        ("a\u{1}", "a_x0001_"), ("a_x0001_", "a_x0001_"), ("a&#1;b", "a_x0001_b"), ("&#x1F;", "_x001F_"),
        ("a\u{0}b", "a_x0000_b"), ("a&#0;", "a_x0000_"), ("a&#xD800;", "a\u{FFFD}"), ("&#x110000;", "\u{FFFD}"),
    ])
    func charactersThatAreNone(written: String, shown: String) throws {
        let inline = "<row r='2'><c t='inlineStr'><is><t>\(written)</t></is></c><c t='str'><v>\(written)</v></c></row>"
        let cells = try WorkbookBuilder(
            data: "<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c></row>\(inline)<row><c><v>7</v></c></row>",
            strings: "<si><t>\(written)</t></si><si><t>_x005F_x0001_</t></si>"
        ).cells()
        #expect(
            cells == [[.unreadable(shown), .text("_x0001_")], [.unreadable(shown), .unreadable(shown)], [.number(7)]])
    }

    /// Nothing of them comes further by the other ways that a file has to say something.
    @Test func noControlCharacterComesOut() throws {
        let data = "<row r='&#0;'><c><v>1\u{0}</v></c><c t='e'><v>#\u{0}</v></c><c t='s'><v>\u{1}</v></c></row>"
        let rows = try WorkbookBuilder(data: data, strings: "").rows()
        #expect(rows.first?.cells == [.unreadable("1_x0000_"), .error("#_x0000_"), .unreadable("_x0001_")])
        #expect(rows.first?.misplaced == "_x0000_")
    }

    /// What a cell refers to and is not there is the matter of that cell; the rest is read.
    @Test(arguments: ["3", "-1", "1.5", "x", "99999999999"]) func textsThatAreNotThere(_ index: String) throws {
        let rows = try WorkbookBuilder(
            data: #"<row r="4"><c r="B4" t="s"><v>\#(index)</v></c><c r="C4" t="s"><v>0</v></c></row>"#
                + #"<row r="5"><c r="B5" t="s"><v>0</v></c></row>"#, strings: "<si><t>a</t></si>"
        ).rows()
        #expect(rows.count == 2)
        #expect(rows.first?.cells == [.empty, .unreadable(index), .text("a")])
        #expect(rows.last?.cells == [.empty, .text("a")])
    }

    /// Two values in one cell are not read as one.
    @Test func twoValuesAreNoNumber() throws {
        let cells = try WorkbookBuilder(
            data: #"<row><c><v>1</v><v>2</v></c><c t="s"><v>0</v><v>0</v></c><c><v>7</v></c></row>"#,
            strings: "<si><t>a</t></si>"
        ).cells()
        #expect(cells == [[.unreadable("1 2"), .unreadable("0 0"), .number(7)]])
    }

    /// Rows and cells that say to be where no place of a sheet is are read where they stand, and say so.
    @Test(arguments: [
        (#"<row r="0"><c><v>1</v></c></row>"#, "0", [Cell.number(1)]),
        (#"<row r="1048577"><c r="A1048577"><v>1</v></c></row>"#, "1048577", [.number(1)]),
        (#"<row r="-3"><c><v>1</v></c></row>"#, "-3", [.number(1)]),
        (#"<row r="two"><c><v>1</v></c></row>"#, "two", [.number(1)]),
        (#"<row r="2"><c r="12"><v>7</v></c><c r="B2"><v>1</v></c></row>"#, "12", [.empty, .number(1)]),
        (#"<row r="2"><c r=""><v>1</v></c></row>"#, "", []),
        // A place that another has taken.
        (#"<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>"#, "A2", [.number(2)]),
        (
            #"<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>2</v></c><c><v>3</v></c></row>"#, "B2",
            [.number(2), .number(3)]
        ),
    ])
    func placesThatAreNone(data: String, said: String, cells: [Cell]) throws {
        let rows = try WorkbookBuilder(data: #"<row r="1"><c><v>0</v></c></row>\#(data)<row><c><v>3</v></c></row>"#)
            .rows()
        #expect(rows.map(\.number) == [1, 2, 3])
        #expect(rows.map(\.misplaced) == [nil, said, nil])
        #expect(rows.map(\.cells) == [[.number(0)], cells, [.number(3)]])
    }

    @Test func brokenXMLAndDocumentTypes() throws {
        for data in [
            "<row><c><v>1</v>", "<row", "<row><c t='inlineStr'><is><t>&foo;</t></is></c></row>", "<row><c r=>",
            "<!ELEMENT x>",
            "<row><c t='inlineStr'><is><t>&#0;</t></is></c></row>",
            "<row><c t='inlineStr'><is><t>&amp</t></is></c></row>", "<![CDATA[x", "<!-- ",
        ] {
            var builder = WorkbookBuilder(data: "")
            builder.replace("xl/worksheets/sheet1.xml", "<worksheet><sheetData>\(data)")
            #expect(failure { try builder.rows() }?.kind == .malformed, "\(data)")
        }
        var bomb = WorkbookBuilder(data: "")
        bomb.replace(
            "xl/worksheets/sheet1.xml",
            "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><worksheet><sheetData/></worksheet>")
        #expect(failure { try bomb.rows() }?.english.contains("document types") == true)
        var wide = WorkbookBuilder(data: "")
        wide.entries.removeAll { $0.name == "xl/worksheets/sheet1.xml" }
        wide.entries.append(("xl/worksheets/sheet1.xml", [0xFF, 0xFE, 0x3C, 0x00]))
        #expect(failure { try wide.rows() }?.kind == .malformed)
        var broken = WorkbookBuilder(data: "")
        broken.entries.removeAll { $0.name == "xl/worksheets/sheet1.xml" }
        let text =
            Array("<worksheet><sheetData><row><c t='str'><v>".utf8) + [0xC3, 0x28]
            + Array("</v></c></row></sheetData>".utf8)
        broken.entries.append(("xl/worksheets/sheet1.xml", text))
        #expect(try broken.cells() == [[.unreadable("\u{FFFD}(")]])
    }

    @Test func twoEntriesOfOneName() {
        var builder = WorkbookBuilder(data: "")
        builder.add("XL\\worksheets/Sheet1.xml", "<worksheet/>")
        #expect(failure { try builder.rows() }?.kind == .malformed)
    }

    @Test func everyBoundIsHeld() throws {
        let data =
            #"<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c><v>1</v></c></row><row><c><v>1</v></c></row>"#
        let builder = WorkbookBuilder(data: data, strings: "<si><t>abcdef</t></si><si><t>ab</t></si>")
        func error(_ change: (inout WorkbookLimits) -> Void) -> WorkbookError? {
            var limits = WorkbookLimits()
            change(&limits)
            return failure { try builder.rows(limits: limits) }
        }
        #expect(error { _ in } == nil)
        let changes: [(String, (inout WorkbookLimits) -> Void)] = [
            ("bytes in the file", { $0.fileBytes = 100 }), ("entries", { $0.entries = 2 }),
            ("inflated bytes", { $0.inflatedBytes = 60 }), ("inflated bytes", { $0.partBytes = 60 }),
            ("bytes of shared strings", { $0.sharedStringBytes = 7 }), ("shared strings", { $0.sharedStrings = 1 }),
            ("sheets", { $0.sheets = 0 }), ("columns", { $0.columns = 1 }), ("rows", { $0.rows = 1 }),
            ("characters in a cell", { $0.cellLength = 5 }), ("bytes in a row", { $0.rowBytes = 7 }),
        ]
        for (what, change) in changes {
            let found = error(change)
            #expect(found?.kind == .tooLarge, "\(what)")
            #expect(found?.english.contains(what) == true, "\(found?.english ?? "") should name \(what)")
        }
        #expect(error { $0.rows = 2 } == nil, "the header row is not counted")
        #expect(error { $0.columns = 2 } == nil)
    }

    @Test func lengthsCountUnitsAsExcelDoes() throws {
        func sheet(_ text: String) -> WorkbookBuilder {
            WorkbookBuilder(data: #"<row><c t="inlineStr"><is><t>\#(text)</t></is></c></row>"#)
        }
        #expect(failure { try sheet(String(repeating: "가", count: 32_767)).rows() } == nil)
        #expect(failure { try sheet(String(repeating: "가", count: 32_768)).rows() }?.kind == .tooLarge)
        #expect(failure { try sheet(String(repeating: "😀", count: 16_384)).rows() }?.place == "A1")
        let endless = sheet(String(repeating: "x", count: 5 << 20))
        #expect(failure { try endless.rows() }?.kind == .tooLarge)
        let far = WorkbookBuilder(data: #"<row><c r="XFE1"><v>1</v></c></row>"#)
        #expect(failure { try far.rows() }?.kind == .tooLarge)
        let last = WorkbookBuilder(data: #"<row><c r="XFD1"><v>1</v></c></row>"#)
        #expect(try last.rows().first?.count == 16_384)
    }
}
