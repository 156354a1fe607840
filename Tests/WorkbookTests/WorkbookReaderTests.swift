import Foundation
import TestKit
import Testing

@testable import Workbook

@Suite struct WorkbookReaderTests {
    @Test func everyKindOfCell() throws {
        let data = """
            <row r="1" spans="1:9"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>12</v></c><c r="C1" t="n"><v>-0.5</v></c>\
            <c r="D1" t="b"><v>1</v></c><c r="E1" t="b"><v>0</v></c><c r="F1" t="e"><v>#N/A</v></c>\
            <c r="G1" t="str"><f>A1&amp;"x"</f><v>a&amp;b</v></c><c r="H1" t="inlineStr"><is><t>in</t></is></c>\
            <c r="I1" t="d"><v>2024-02-29</v></c><c r="J1" t="d"><v>2024-02-29T13:45:10.250Z</v></c></row>
            """
        let cells = try WorkbookBuilder(data: data, strings: "<si><t>shared</t></si>").cells()
        let expected: [Cell] = [
            .text("shared"), .number(12), .number(-0.5), .bool(true), .bool(false), .error("#N/A"), .text("a&b"),
            .text("in"), .date("2024-02-29"), .dateTime("2024-02-29 13:45:10"),
        ]
        #expect(cells == [expected])
    }

    @Test func gapsAndMissingReferences() throws {
        let data = """
            <row r="2"><c r="C2"><v>1</v></c><c><v>2</v></c><c r="G2"/><c r="F2"><v>3</v></c></row>
            <row><c><v>4</v></c><c t="s"/><c><v/></c></row><row r="7"><c r="B7" s="3"/></row><row r="9"/>
            <row r="10"><c r="A10"><v>5</v></c></row>
            """
        let rows = try WorkbookBuilder(data: data).rows()
        #expect(rows.map(\.number) == [2, 3, 10])
        #expect(rows[0].cells == [.empty, .empty, .number(1), .number(2), .empty, .number(3)])
        #expect(rows[1].cells == [.number(4)])
        #expect(rows[0][99] == .empty && rows[0].text(at: 99) == nil)
    }

    @Test func textsAsTheyAreWritten() throws {
        let strings = """
            <si><t xml:space="preserve"> a </t></si><si><r><rPr><b/></rPr><t>rich </t></r><r><t>text</t></r>\
            <rPh sb="0" eb="1"><t>phonetic</t></rPh></si><si><t><![CDATA[<&]]>]]&gt;</t></si>\
            <si><t>&lt;&#44032;&#x1F600;&quot;&apos;&gt;</t></si><si><t>l1\r\nl2\rl3_x000D__x0041__y</t></si>\
            <si/><si><t/></si><!-- <si> --><?pi <si>?>
            """
        let data = "<row>" + (0..<7).map { #"<c t="s"><v>\#($0)</v></c>"# }.joined() + "</row>"
        let cells = try WorkbookBuilder(data: data, strings: strings).cells()
        #expect(
            cells == [
                [
                    .text(" a "), .text("rich text"), .text("<&]]>"), .text("<가😀\"'>"),
                    .text("l1\nl2\nl3\rA_y"),
                ]
            ])
    }

    @Test func prefixesAndStrictNamespaces() throws {
        let kinds = "http://purl.oclc.org/ooxml/officeDocument/relationships"
        let builder = WorkbookBuilder(entries: [
            (
                "_rels/.rels",
                #"<p:Relationships><p:Relationship Id='r' Type='\#(kinds)/officeDocument' Target='/book.xml'/></p:Relationships>"#
            ),
            (
                "book.xml",
                #"<x:workbook><x:workbookPr date1904='true'/><x:sheets><x:sheet name='A &amp; B' rel:id='k'/></x:sheets></x:workbook>"#
            ),
            (
                "_rels/book.xml.rels",
                #"<Relationships><Relationship Target='./parts/../s.xml' Id='k' Type='\#(kinds)/worksheet'/></Relationships>"#
            ),
            (
                "s.xml",
                "\u{FEFF}<?xml version='1.0'?>\n<x:worksheet><x:sheetData>\n <x:row r = '3' >\n <x:c r = \"B3\" ><x:v>7</x:v></x:c ><x:c t='inlineStr'><x:is><x:t>가</x:t></x:is></x:c>\n</x:row></x:sheetData><x:extLst><x:row><x:c><x:v>8</x:v></x:c></x:row></x:extLst></x:worksheet>"
            ),
        ])
        try withFile(builder.zip) { path in
            let reader = try WorkbookReader(path: path)
            #expect(reader.sheets == [.init(name: "A & B", isVisible: true)])
            let rows = try reader.readAll()
            #expect(rows.map(\.cells) == [[.empty, .number(7), .text("가")]])
            #expect(rows.map(\.number) == [3])
        }
    }

    @Test func backslashPathsAndOtherCase() throws {
        var builder = WorkbookBuilder(data: "<row><c><v>1</v></c></row>")
        builder.rename {
            $0.replacingOccurrences(of: "/", with: "\\").replacingOccurrences(of: "sheet1", with: "Sheet1")
        }
        #expect(try builder.cells() == [[.number(1)]])
    }

    @Test func theFirstVisibleSheetOrTheOneAskedFor() throws {
        var builder = WorkbookBuilder(
            data: "<row><c><v>1</v></c></row>",
            sheets: """
                <sheet name="Chart" sheetId="3" r:id="rId9"/><sheet name="Hidden" state="hidden" r:id="rId1"/>\
                <sheet name="Shown" r:id="rId2"/>
                """)
        builder.add(
            "xl/worksheets/sheet2.xml", "<worksheet><sheetData><row><c><v>2</v></c></row></sheetData></worksheet>")
        #expect(try builder.cells() == [[.number(2)]])
        #expect(try builder.rows(sheet: "hidden").map(\.cells) == [[.number(1)]])
        #expect(failure { try builder.rows(sheet: "Absent") }?.kind == .noSheet)
        let hidden = WorkbookBuilder(data: "", sheets: #"<sheet name="H" state="veryHidden" r:id="rId1"/>"#)
        #expect(failure { try hidden.rows() }?.kind == .noSheet)
    }

    /// Merged ranges stand behind the rows, among much else.
    @Test func mergedRanges() throws {
        var builder = WorkbookBuilder(data: "")
        let behind =
            "<autoFilter ref='A1:B2'/><mergeCells count='3'><mergeCell ref='B4:A2'/><x:mergeCell ref='C3:XFD3'/>"
        builder.replace(
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData>\(behind)<mergeCell ref='nowhere'/></mergeCells>"
                + "<hyperlinks><mergeCell ref='A9:B9'/></hyperlinks></worksheet>")
        let read = { (limits: WorkbookLimits) in
            try withFile(builder.zip) { path in
                let reader = try WorkbookReader(path: path, limits: limits)
                let rows = try reader.readAll()
                return (rows: rows.count, ranges: reader.mergedRanges)
            }
        }
        let found = try read(WorkbookLimits())
        #expect(found.rows == 1 && found.ranges.map(\.name) == ["A2:B4", "C3:XFD3"])
        #expect(found.ranges.first?.rows == 2...4 && found.ranges.first?.columns == 0...1)
        var limits = WorkbookLimits()
        limits.mergedRanges = 1
        #expect(failure { try read(limits) }?.kind == .tooLarge)
        #expect(["A1", "A0:B2", "A1:B", ":", "A1:B2:C3", "$A$1:$B$2"].allSatisfy { CellRange($0) == nil })
    }

    @Test func aSheetCanBeReadAgain() throws {
        let builder = WorkbookBuilder(data: #"<row><c t="s"><v>0</v></c></row>"#, strings: "<si><t>a</t></si>")
        try withFile(builder.zip) { path in
            let reader = try WorkbookReader(path: path)
            for _ in 0..<2 {
                try reader.open()
                #expect(try reader.readAll().map(\.cells) == [[.text("a")]])
                var row = SheetRow()
                #expect(try !reader.next(into: &row))
            }
        }
    }

    @Test func rowsAcrossManyWindows() throws {
        let long = String(repeating: "가", count: 30_000)
        let data = (0..<40).map { #"<row><c t="inlineStr"><is><t>\#(long)</t></is></c><c><v>\#($0)</v></c></row>"# }
        let rows = try WorkbookBuilder(data: data.joined(separator: "<!-- \(long) -->")).rows()
        #expect(rows.count == 40)
        #expect(rows.enumerated().allSatisfy { $1.cells == [.text(long), .number(Double($0))] })
    }

    @Test(arguments: [
        ("1863.4", "1863.4"), ("783.8200000000001", "783.82"), ("654.0599999999999", "654.06"), ("440.0", "440"),
        ("1E-5", "0.00001"), ("1.5e+20", "150000000000000000000"), ("-0", "0"), ("007", "7"), (" 12 ", "12"),
        ("0.1", "0.1"), ("1.23E3", "1230"), ("-1.5E-7", "-0.00000015"), ("12345678901234567", "12345678901234567"),
        ("22360.800000000003", "22360.8"),
        ("434.99999999999994", "435"), ("33.333333333333336", "33.3333333333333"),
        ("-2.7755575615628914E-17", "-0.0000000000000000277555756156289"),
        ("100", "100"), ("0", "0"), ("123456789.125", "123456789.125"), (".5", "0.5"), ("1e15", "1000000000000000"),
    ])
    func numbersInTheirShortestForm(written: String, expected: String) throws {
        let rows = try WorkbookBuilder(data: "<row><c><v>\(written)</v></c></row>").rows()
        #expect(rows.first?.text(at: 0) == expected)
        #expect(rows.first?.kind(at: 0) == .number)
    }
}

/// Numbers that are dates because of their format.
@Suite struct WorkbookDateTests {
    private func read(_ value: String, format: String, properties: String = "") throws -> Cell? {
        let escaped = format.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "\"", with: "&quot;")
        let styles = """
            <numFmts count="1"><numFmt numFmtId="164" formatCode="\(escaped)"/></numFmts>\
            <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>
            """
        let data = #"<row><c s="1"><v>\#(value)</v></c></row>"#
        return try WorkbookBuilder(data: data, styles: styles, properties: properties).cells().first?.first
    }

    @Test(arguments: [
        "yyyy-mm-dd", "dd/mm/yyyy", "[$-412]yyyy\"년\" m\"월\" d\"일\"", "mmm", "d\\.m\\.yy;@", "[Red]mmmm d",
    ])
    func dateFormats(format: String) throws {
        #expect(try read("45351", format: format) == .date("2024-02-29"))
        #expect(try read("45351.75", format: format) == .date("2024-02-29"))
    }

    @Test(arguments: ["yyyy-mm-dd hh:mm", "d/m/yy h:mm AM/PM", "m/d/yy\\ h:mm;@"])
    func dateTimeFormats(format: String) throws {
        #expect(try read("45351.75", format: format) == .dateTime("2024-02-29 18:00:00"))
        #expect(try read("45351", format: format) == .dateTime("2024-02-29 00:00:00"))
        #expect(try read("45350.9999999", format: format) == .dateTime("2024-02-29 00:00:00"))
    }

    @Test(arguments: [
        "General", "0.00E+00", "#,##0\"d\"", "[Red]0", "0.00;[Yellow]-0.00", "\"yyyy\"0", "0\\d", "_d0", "@",
        "[$USD] 0",
    ])
    func otherFormats(format: String) throws {
        #expect(try read("45351", format: format) == .number(45351))
    }

    @Test func timesOfDayAreTexts() throws {
        #expect(try read("0.5", format: "h:mm") == .time("12:00:00"))
        #expect(try read("0.5", format: "yyyy-mm-dd h:mm") == .time("12:00:00"))
        #expect(try read("0.25", format: "[h]:mm:ss") == .time("06:00:00"))
    }

    @Test(arguments: [
        ("1", "1900-01-01"), ("59", "1900-02-28"), ("60", "1900-02-29"), ("61", "1900-03-01"), ("36526", "2000-01-01"),
        ("2958465", "9999-12-31"),
    ])
    func daysOf1900(serial: String, expected: String) throws {
        #expect(try read(serial, format: "yyyy-mm-dd") == .date(expected))
    }

    @Test func daysOf1904() throws {
        let properties = #"<workbookPr date1904="1"/>"#
        #expect(try read("0", format: "yyyy-mm-dd", properties: properties) == .date("1904-01-01"))
        #expect(try read("43889", format: "yyyy-mm-dd", properties: properties) == .date("2024-02-29"))
    }

    @Test func whatIsNoDayStaysANumber() throws {
        for serial in ["-1", "2958466", "0"] {
            #expect(try read(serial, format: "yyyy-mm-dd") == .number(Double(serial)!))
        }
    }

    @Test func builtInFormats() throws {
        let expected: [(Int, DateStyle)] = [
            (0, .none), (1, .none), (13, .none), (14, .date), (17, .date), (18, .time), (21, .time), (22, .dateTime),
            (23, .none), (27, .date), (36, .date), (37, .none), (45, .time), (47, .time), (48, .none), (49, .none),
            (50, .date), (58, .date), (59, .none),
        ]
        for (id, style) in expected { #expect(DateStyle(builtIn: id) == style, "\(id)") }
    }
}
