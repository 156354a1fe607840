import TestKit
import Testing

@testable import Workbook

/// Cells without a value, and what other programs write into cells.
@Suite struct CellFaultTests {
    private func cells(_ data: String, styles: String? = nil) throws -> [Cell] {
        try WorkbookBuilder(data: "<row>\(data)</row>", strings: "<si><t>a</t></si>", styles: styles).cells().first
            ?? []
    }

    @Test(arguments: [
        ("<c><f>A2*2</f></c>", Cell.missing), ("<c><f>A2</f><v></v></c>", .missing),
        ("<c t='s'><f>A2</f></c>", .missing),
        ("<c t='str'><f>A2</f></c>", .missing), ("<c t='e'><f>1/0</f><v>#DIV/0!</v></c>", .error("#DIV/0!")),
        ("<c><f>A2*2</f><v>0</v></c>", .number(0)),
    ])
    func formulasWithoutAResult(data: String, cell: Cell) throws {
        #expect(try cells(data) == [cell])
    }

    @Test func aFormulaMayGiveNothing() throws {
        #expect(try cells("<c t='str'><f>IF(A2=1,1,\"\")</f><v></v></c>") == [])
        #expect(try cells("<c/><c t='n'/>") == [])
    }

    @Test func aRowOfFormulasDoesNotVanish() throws {
        let rows = try WorkbookBuilder(data: "<row><c><f>A1</f></c><c><f>A1</f></c></row>").rows()
        #expect(rows.map(\.count) == [2])
        #expect(rows.first?.text(at: 0) == nil)
    }

    @Test(arguments: [
        ("<c><v>abc</v></c>", "abc"), ("<c t='b'><v>2</v></c>", "2"), ("<c t='d'><v>yesterday</v></c>", "yesterday"),
        ("<c><v>1e999</v></c>", "1e999"), ("<c t='d'><v>2024-02-30</v></c>", "2024-02-30"),
        ("<c t='zz'><v>x</v></c>", "x"),
    ])
    func whatATypeDoesNotAllowIsThatCellsMatter(data: String, text: String) throws {
        #expect(try cells(data + "<c><v>1</v></c>") == [.unreadable(text), .number(1)])
    }

    @Test(arguments: [
        ("<c t='N'><v>12000</v></c>", Cell.number(12_000)), ("<c t='zz'><v>2</v></c>", .number(2)),
        ("<c t=''><v>2</v></c>", .number(2)), ("<c t='S'><v>0</v></c>", .text("a")),
        ("<c t='inlineStr'><v>7</v><is><t>Ingrid</t></is></c>", .text("Ingrid")),
        ("<c t='inlineStr'><is><t>Ingrid</t></is><v>7</v></c>", .text("Ingrid")),
        ("<x:c t='inlineStr'><x:is><x:t>Ingrid</x:t></x:is></x:c>", .text("Ingrid")),
        ("<c t='b'><v>TRUE</v></c>", .bool(true)), ("<c s='99'><v>5</v></c>", .number(5)),
    ])
    func whatOtherProgramsWrite(data: String, cell: Cell) throws {
        #expect(try cells(data) == [cell])
    }

    @Test(arguments: [
        ("2024-02-29", Cell.date("2024-02-29")), ("2024-02-29T13:45:00.000Z", .dateTime("2024-02-29 13:45:00")),
        ("10:10:10", .time("10:10:10")), ("PT24H0M0.000S", .time("24:00:00")), ("P1DT2H", .time("26:00:00")),
        ("2024-02-29T10:10:10+09:00", .dateTime("2024-02-29 10:10:10")),
        ("2024-02-29T10:10", .dateTime("2024-02-29 10:10:00")),
        ("2024-02-29T23:59:59.7", .dateTime("2024-03-01 00:00:00")), ("10:10:10.5", .time("10:10:11")),
        ("2024-12-31T24:00:00", .dateTime("2025-01-01 00:00:00")),
    ])
    func datesOfISO(text: String, cell: Cell) throws {
        #expect(try cells("<c t='d'><v>\(text)</v></c>") == [cell])
    }

    @Test func aDateOfISOFollowsTheStyleOfItsCell() throws {
        let styles = "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='22'/></cellXfs>"
        #expect(
            try cells(
                "<c t='d' s='1'><v>2024-02-29T13:45:00</v></c><c t='d' s='2'><v>2024-02-29</v></c>", styles: styles)
                == [.date("2024-02-29"), .dateTime("2024-02-29 00:00:00")])
        // As of a number, the time of a date does not carry it on to the next day.
        let late = "<v>2024-02-29T23:59:59.7</v></c>"
        #expect(
            try cells("<c t='d' s='1'>\(late)<c t='d' s='2'>\(late)", styles: styles)
                == [.date("2024-02-29"), .dateTime("2024-03-01 00:00:00")])
    }

    @Test func elapsedTimeIsNoDate() throws {
        let styles = """
            <numFmts><numFmt numFmtId="164" formatCode="[h]:mm:ss"/><numFmt numFmtId="165" formatCode="[mm]:ss"/></numFmts>\
            <cellXfs><xf numFmtId="46"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>
            """
        let data = "<c s='0'><v>1.40650463</v></c><c s='1'><v>1.40650463</v></c><c s='2'><v>0.5</v></c>"
        #expect(try cells(data, styles: styles) == [.time("33:45:22"), .time("33:45:22"), .time("12:00:00")])
    }

    @Test func partsInUTF16() throws {
        for (mark, isLittle) in [([0xFF, 0xFE], true), ([0xFE, 0xFF], false), ([], true)] as [([UInt8], Bool)] {
            var builder = WorkbookBuilder(data: "")
            let long = String(repeating: "가나다 ", count: 60_000)
            let text =
                "<worksheet><sheetData><row><c t='inlineStr'><is><t>Öl 😀</t></is></c></row><!-- \(long) -->"
                + "<row><c><v>2</v></c></row></sheetData></worksheet>"
            let wide = text.utf16.flatMap {
                isLittle ? [UInt8($0 & 0xFF), UInt8($0 >> 8)] : [UInt8($0 >> 8), UInt8($0 & 0xFF)]
            }
            builder.entries.removeAll { $0.name == "xl/worksheets/sheet1.xml" }
            builder.entries.append(("xl/worksheets/sheet1.xml", mark + wide))
            let book = builder.entries.first { $0.name == "xl/workbook.xml" }?.bytes ?? []
            builder.entries.removeAll { $0.name == "xl/workbook.xml" }
            let other = String(decoding: book, as: UTF8.self).utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            builder.entries.append(("xl/workbook.xml", [0xFF, 0xFE] + other))
            #expect(try builder.cells() == [[.text("Öl 😀")], [.number(2)]])
        }
    }

    @Test func aSheetWhosePartIsMissingIsNamed() {
        var builder = WorkbookBuilder(data: "")
        builder.entries.removeAll { $0.name == "xl/worksheets/sheet1.xml" }
        let error = failure { try builder.rows() }
        #expect(error?.english.contains("\"First\"") == true && error?.english.contains("sheet1.xml") == true)
    }

    @Test func resultsThatAreToBeCalculatedAnewAreSaid() throws {
        let again = "<calcPr fullCalcOnLoad='1'/>"
        for (data, properties, expected) in [
            ("<c><f>1</f><v>1</v></c>", again, true), ("<c><v>1</v></c>", again, false),
            ("<c><f>1</f><v>1</v></c>", "", false),
        ] {
            let builder = WorkbookBuilder(data: "<row>\(data)</row>", properties: properties)
            let isStale = try withFile(builder.zip) { path in
                let reader = try WorkbookReader(path: path)
                _ = try reader.readAll()
                return reader.hasStaleResults
            }
            #expect(isStale == expected)
        }
    }
}
