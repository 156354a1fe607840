import TestKit
import Testing

@testable import Workbook

/// Cells and rows as programs write them that are not Excel.
@Suite struct CellVariantTests {
    private func rows(_ data: String, strings: String = "<si><t>a</t></si>", styles: String? = nil) throws -> [SheetRow]
    {
        try WorkbookBuilder(data: data, strings: strings, styles: styles).rows()
    }

    private func cell(_ data: String) throws -> Cell? { try rows("<row>\(data)</row>").first?.cells.first }

    /// The text of a formula, or of a field, that is the name of an error is what a program has made of an error.
    @Test(arguments: [
        "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#n/a", "#NV", "#BEZUG!", "#N/D",
        "#¡VALOR!", "#Н/Д", "#ССЫЛКА!", "#WAARDE!", "#VALEUR!", "########", "###", "Err:502", "#ERROR!", "#VÄRDEFEL!",
        "#BLOCKIERT!", "#FELD!", "#KALK!", "#VERBINDEN!", "#PROPAGATION!", "#분산!", "#スピル!", "#溢出!", "#ПЕРЕНОС!",
    ])
    func namesOfErrors(name: String) throws {
        #expect(try cell("<c t='str'><f>A2</f><v>\(name)</v></c>") == .error(name))
        // A text that somebody has typed is one.
        #expect(try cell("<c t='inlineStr'><is><t>\(name)</t></is></c>") == .text(name))
        #expect(
            try rows("<row><c t='s'><v>1</v></c></row>", strings: "<si/><si><t>\(name)</t></si>").first?[0]
                == .text(name))
        let row = try rows("<row><c t='str'><f>A2</f><v>x</v></c><c t='inlineStr'><is><t>\(name)</t></is></c></row>")
            .first
        #expect(row?[1] == .text(name))
        let text = try withFile(Array("a\n\" \(name) \"\n".utf8)) {
            try CSVReader(path: $0).readAll().last?.kind(at: 0)
        }
        #expect(text == .error)
    }

    @Test(arguments: [
        "#1", "##", "#", "#A!", "#5!", "#Yes!", "#GO ON!", "#42A!", "!", "#!", "#NVX", "Err:50", "Err:5022",
        "Error:502", "N/A", "n. a.", "#hashtag", "x #N/A", "E", "#REF",
        "C#",
    ])
    func textsThatAreNone(text: String) throws {
        #expect(try cell("<c t='inlineStr'><is><t>\(text)</t></is></c>") == .text(text))
        #expect(
            try withFile(Array("a\n\(text)\n".utf8)) { try CSVReader(path: $0).readAll().last?.kind(at: 0) } == .text)
    }

    @Test(
        arguments: [
            ("<c t='e'/>", Cell.missing), ("<c t='e'><v> </v></c>", .missing), ("<c t='e'><v>42</v></c>", .error("42")),
            ("<c><f>A1</f><v> </v></c>", .missing), ("<c t='inlineStr'><f>A1</f></c>", .missing),
            ("<c t='b'><f>A1</f></c>", .missing), ("<c t='d'><f>A1</f><v/></c>", .missing),
            ("<c><f t='shared' si='0'/></c>", .missing),
            ("<c><f t='array' ref='A1:A2'>B1</f></c>", .missing), ("<c><f/><v>3</v></c>", .number(3)),
            ("<c t='str'><f>A1</f><v> </v></c>", .text(" ")), ("<c t='s'><v>99</v></c>", .unreadable("99")),
            ("<c t='s'><v>-1</v></c>", .unreadable("-1")), ("<c t='s'><v>0.5</v></c>", .unreadable("0.5")),
            ("<c t='b'><v>Yes</v></c>", .unreadable("Yes")), ("<c t='b'><v>False</v></c>", .bool(false)),
            ("<c><v>-0x10</v></c>", .unreadable("-0x10")), ("<c><v>0X1P3</v></c>", .unreadable("0X1P3")),
            ("<c><v>infinity</v></c>", .unreadable("infinity")), ("<c><v>nan</v></c>", .unreadable("nan")),
            ("<c><v>1,5</v></c>", .unreadable("1,5")), ("<c><v>1_000</v></c>", .unreadable("1_000")),
            ("<c><v>١٢</v></c>", .unreadable("١٢")),
            ("<c><v>12 kg</v></c>", .unreadable("12 kg")), ("<c t='n'><v>1</v><v>2</v></c>", .unreadable("1 2")),
            ("<c><v>+5</v></c>", .number(5)), ("<c><v>5.</v></c>", .number(5)),
            ("<c><v><![CDATA[7]]></v></c>", .number(7)),
            ("<c><v>1.0E+2</v></c>", .number(100)), ("<c t=\"str\"><v>&amp;#60;</v></c>", .text("&#60;")),
            (
                "<c t='inlineStr'><is><r><t>a</t></r><r><rPr><b/></rPr><t xml:space='preserve'> b</t></r></is></c>",
                .text("a b")
            ),
        ] as [(String, Cell)])
    func cellsOfEveryKind(data: String, expected: Cell) throws {
        #expect(try cell(data) == expected)
    }

    /// Characters by their codes, as texts of workbooks have them.
    @Test(
        arguments: [
            ("_xD83D__xDE00_", Cell.text("😀")), ("a_x0041_b", .text("aAb")), ("_x005F_x0041_", .text("_x0041_")),
            ("_x+041_", .text("_x+041_")), ("_x004_", .text("_x004_")), ("_X0041_", .text("_X0041_")),
            ("_x20AC_", .text("€")),
            ("&#x1F600;", .text("😀")), ("&#44032;", .text("가")), ("_x0001_", .unreadable("_x0001_")),
            ("a&#1;b", .unreadable("a_x0001_b")), ("&#x0;", .unreadable("_x0000_")),
            ("It&#x92;s", .unreadable("It_x0092_s")),
            ("_xD83D_", .unreadable("\u{FFFD}")), ("x\u{85}y", .text("x\u{85}y")), ("tab\there", .text("tab\there")),
        ] as [(String, Cell)])
    func charactersByTheirCodes(text: String, expected: Cell) throws {
        #expect(try cell("<c t='inlineStr'><is><t>\(text)</t></is></c>") == expected)
        #expect(try rows("<row><c t='s'><v>0</v></c></row>", strings: "<si><t>\(text)</t></si>").first?[0] == expected)
    }

    @Test(
        arguments: [
            ("2024-02-29T10:10:10.999999+05:30", Cell.dateTime("2024-02-29 10:10:11")),
            ("0001-01-01", .date("0001-01-01")),
            ("2024-02-29 10:10", .dateTime("2024-02-29 10:10:00")), ("10:10", .time("10:10:00")),
            ("10:10:10-0800", .time("10:10:10")),
            ("PT0S", .time("00:00:00")), ("PT1.5S", .time("00:00:02")), ("PT90M", .time("01:30:00")),
            ("P2D", .time("48:00:00")),
            ("PT100H30M", .time("100:30:00")), ("2024-02-29T10:10:10,4", .dateTime("2024-02-29 10:10:10")),
            ("1900-01-01", .date("1900-01-01")), ("1899-12-31", .date("1899-12-31")),
            ("2024-02-29T23:59:59.5Z", .dateTime("2024-03-01 00:00:00")),
            ("PT1.5H", .unreadable("PT1.5H")), ("P0.5D", .unreadable("P0.5D")), ("PT2,5M", .unreadable("PT2,5M")),
            ("PT1H1.5M", .unreadable("PT1H1.5M")), ("PT1H.5S", .unreadable("PT1H.5S")),
            ("P1Y", .unreadable("P1Y")), ("-PT1H", .unreadable("-PT1H")), ("PT", .unreadable("PT")),
            ("2024-13-01", .unreadable("2024-13-01")),
            ("24:00:01", .unreadable("24:00:01")), ("9999-12-31T24:00:00", .unreadable("9999-12-31T24:00:00")),
            ("2024-02-29T25:00", .unreadable("2024-02-29T25:00")), ("20240229", .unreadable("20240229")),
            ("29.02.2024", .unreadable("29.02.2024")),
        ] as [(String, Cell)])
    func datesOfISO(text: String, expected: Cell) throws {
        #expect(try cell("<c t='d'><v>\(text)</v></c>") == expected)
    }

    // MARK: Places

    @Test(
        arguments: [
            // A row that does not say its number has that of its first cell.
            ("<row><c r='B5'><v>1</v></c></row><row><c><v>2</v></c></row>", [5, 6], [nil, nil]),
            ("<row><c r='A1'><v>1</v></c></row><row><c r='A4'><v>2</v></c></row>", [1, 4], [nil, nil]),
            ("<row r='3'><c r='A3'><v>1</v></c></row><row r='2'><c r='A2'><v>2</v></c></row>", [3, 2], [nil, nil]),
            ("<row r='3'><c r='A'><v>1</v></c></row>", [3], [nil]),
            ("<row r='3'><c r='a3'><v>1</v></c></row>", [3], [nil]),
            // A cell that says another row than the one it is in stands nowhere for sure.
            ("<row r='3'><c r='A7'><v>1</v></c></row>", [3], ["A7"]),
            ("<row><c r='A2'><v>1</v></c><c r='B3'><v>2</v></c></row>", [2], ["B3"]),
            ("<row r='9'><c><v>1</v></c></row><row><c r='A4'><v>2</v></c></row>", [9, 10], [nil, "A4"]),
            ("<row r='1'><c><v>1</v></c></row><row r='1'><c><v>2</v></c></row>", [1, 1], [nil, "1"]),
            ("<row r='0'><c><v>1</v></c></row>", [1], ["0"]), ("<row r='x'><c><v>1</v></c></row>", [1], ["x"]),
            ("<row r='1048577'><c><v>1</v></c></row>", [1], ["1048577"]),
            ("<row><c r='A1048577'><v>1</v></c></row>", [1], ["A1048577"]),
            ("<row r='2'><c r='$B$2'><v>1</v></c></row>", [2], ["$B$2"]),
            ("<row r='2'><c r='2'><v>1</v></c></row>", [2], ["2"]),
            ("<row r='2'><c r='B2'><v>1</v></c><c r='B2'><v>2</v></c></row>", [2], ["B2"]),
            ("<row r='2'><c r='C2'><v>1</v></c><c r='A2'><v>2</v></c></row>", [2], [nil]),
        ] as [(String, [Int], [String?])])
    func places(data: String, numbers: [Int], misplaced: [String?]) throws {
        let rows = try rows(data)
        #expect(rows.map(\.number) == numbers)
        #expect(rows.map(\.misplaced) == misplaced)
    }

    @Test func whatNobodySeesIsKnown() throws {
        var builder = WorkbookBuilder(data: "")
        builder.replace(
            "xl/worksheets/sheet1.xml",
            """
            <worksheet><sheetPr/><cols><col min='2' max='3' width='9' hidden='1'/><col min='5' max='5'/><col hidden='true' max='7' min='7'/>\
            <col min='0' max='1' hidden='1'/></cols><sheetData><row r='1'><c><v>1</v></c></row><row r='2' hidden='1'><c><v>2</v></c></row>\
            <row r='3' hidden='true'><c><v>3</v></c></row><row r='4' hidden='0'><c><v>4</v></c></row></sheetData></worksheet>
            """)
        try withFile(builder.zip) { path in
            let reader = try WorkbookReader(path: path)
            #expect(try reader.readAll().map(\.isHidden) == [false, true, true, false])
            #expect(reader.hiddenColumns == [1...2, 6...6])
        }
    }

    @Test func hiddenSheetsAreNamedWhereAllAre() throws {
        let builder = WorkbookBuilder(
            data: "",
            sheets: "<sheet name='One' state='hidden' r:id='rId1'/><sheet name='Two' state='veryHidden' r:id='rId2'/>")
        let error = failure { try builder.rows() }
        #expect(error?.kind == .noSheet && error?.english.contains("\"One\", \"Two\"") == true)
        #expect(error?.korean.contains("One, Two") == true)
        let none = failure { try WorkbookBuilder(data: "", sheets: "<sheet name='C' r:id='rId9'/>").rows() }
        #expect(none?.english == "there is no sheet with cells")
    }
}
