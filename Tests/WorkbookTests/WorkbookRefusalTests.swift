import Foundation
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

    @Test(arguments: [
        ("<row><c t=\"s\"><v>3</v></c></row>", "A1"), ("<row r=\"4\"><c r=\"BC4\" t=\"s\"><v>-1</v></c></row>", "BC4"),
        ("<row><c t=\"inlineStr\"><is><t>\u{1}</t></is></c></row>", "A1"),
        ("<row><c r=\"12\"><v>1</v></c></row>", "row 1"),
        ("<row r=\"0\"><c><v>1</v></c></row>", "row 0"),
    ])
    func wrongCellsAreNamed(data: String, place: String) {
        let error = failure { try WorkbookBuilder(data: data, strings: "<si><t>a</t></si>").rows() }
        #expect(error?.kind == .malformed)
        #expect(error?.place == place)
        let korean = place.hasPrefix("row ") ? "\(place.dropFirst(4))행: " : "\(place): "
        #expect(error?.english.hasPrefix(place) == true && error?.korean.hasPrefix(korean) == true)
        // The reason is Korean as well, and ends the sentence.
        #expect(error?.korean.contains(#/\([^)]*[가-힣][^)]*\)\.$/#) == true, "\(error?.korean ?? "")")
    }

    @Test func brokenXMLAndDocumentTypes() {
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
        #expect(failure { try broken.rows() }?.kind == .malformed)
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
