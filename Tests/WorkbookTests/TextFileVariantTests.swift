import TestKit
import Testing

@testable import Workbook

/// Text files as people and programs write them.
@Suite struct TextFileVariantTests {
    private func read(_ text: String, takesGuards: Bool = false) throws -> (delimiter: Character, rows: [SheetRow]) {
        try withFile(Array(text.utf8)) { path in
            let reader = try CSVReader(path: path, takesGuards: takesGuards)
            return (reader.delimiter, try reader.readAll())
        }
    }

    private func texts(_ rows: [SheetRow]) -> [[String?]] {
        rows.map { row in (0..<row.count).map { row.text(at: $0) } }
    }

    @Test(
        arguments: [
            // Lines that end with a carriage return alone, whose numbers have commas.
            (";", "a;b;c\r1,5;2,5;3,5\r4,5;5,5;6,5\r"), (";", "a;b\r\n1,5;2,5\r\n"), ("\t", "a\tb\r1,5\t2,5\r"),
            // A cover above the titles.
            (";", "Customer list\n\na;b;c\n1;2;3\n4;5;6\n"), (";", "Stand: 1,2024\n;;\na;b;c\n1;2,5;3\n4;5,5;6\n"),
            (",", "Title\na,b\n1,2\n"),
            // One that is quoted does not count, nor one in the data alone.
            (";", "\"a;b;c\";\"d\"\n\"1;2;3\";x\n"), (",", "Name,Note\nA,x;y;z\nB,x;y;z\n"),
            ("|", "a|b|c\n1,2|3,4|5,6\n"),
            (",", "Address\nSeoul\nBusan\n"), (",", "Note\nA; b\nC; d; e\nF; g\n"), (";", "a;b\n\n\n1;2\n"),
            (",", "a,b\n\"1\n2;3;4;5\",6\n"), (";", "a;b"),
        ] as [(Character, String)])
    func delimiters(expected: Character, text: String) throws {
        #expect(try read(text).delimiter == expected)
    }

    @Test(
        arguments: [
            // Ends of lines and of the file.
            ("a,b\r1,2\r\r3,4", [["a", "b"], ["1", "2"], ["3", "4"]]),
            ("a,b\n1,2\n\u{1A}", [["a", "b"], ["1", "2"]]),
            ("a,b\n1,2\r\n3,4\r", [["a", "b"], ["1", "2"], ["3", "4"]]),
            ("a,b\n\r\n\r\n1,2", [["a", "b"], ["1", "2"]]),
            ("a,b\n\"1\r2\",3\n", [["a", "b"], ["1\r2", "3"]]), ("a\nb\u{0B}c\n", [["a"], ["b\u{0B}c"]]),
            // Marks.
            ("\u{FEFF}\u{FEFF}\"a,1\",b\n1,2\n", [["a,1", "b"], ["1", "2"]]),
            ("\u{FEFF}sep=;\na;b\n1;2\n", [["a", "b"], ["1", "2"]]),
            // Quotation marks.
            ("a,b\n\"x\"\"y\",\"\"\n", [["a", "b"], ["x\"y"]]),
            ("a,b\n5\" pipe,6\" pipe\n", [["a", "b"], ["5\" pipe", "6\" pipe"]]),
            ("a,b\n'x,y'\n", [["a", "b"], ["'x", "y'"]]), ("a,b\n“x”,„y“\n", [["a", "b"], ["“x”", "„y“"]]),
            ("a,b\n\"x\" ,y\n", [["a", "b"], ["x ", "y"]]), ("a,b\nx \"y\" z,1\n", [["a", "b"], ["x \"y\" z", "1"]]),
            ("a,b\n\"line 1\nline 2\",z\n", [["a", "b"], ["line 1\nline 2", "z"]]),
            // Separators at the end.
            ("a,b,\n1,2,\n3,4,\n", [["a", "b"], ["1", "2"], ["3", "4"]]),
            ("a,b\n1,2,,,\n", [["a", "b"], ["1", "2"]]),
            ("a,b\n,2\n", [["a", "b"], [nil, "2"]]),
        ] as [(String, [[String?]])])
    func records(text: String, expected: [[String?]]) throws {
        #expect(texts(try read(text).rows) == expected)
    }

    /// Control characters, which a text has only by accident, are shown by their codes and told of their cell.
    @Test(arguments: [
        ("x\u{1}y", "x_x0001_y"), ("\u{7}", "_x0007_"), ("x\u{1A}", "x_x001A_"), ("\u{1B}[1m", "_x001B_[1m"),
        ("It\u{92}s", "It_x0092_s"), ("Caf\u{83}\u{A9}", "Caf_x0083_©"),
    ])
    func controlCharactersAreTold(field: String, shown: String) throws {
        let row = try #require(try read("a,b\n\(field),2\n").rows.last)
        #expect(row.kind(at: 0) == .unreadable && row.text(at: 0) == shown && row.text(at: 1) == "2")
    }

    @Test(arguments: [
        // The quotation mark that was never closed, closed by the next, and by the next but one.
        ("a,b,c\n\"x,1,2\ny,1,2\nz\",1,2\n", 0), ("a,b,c\n1,\"x,2\ny,1,2\nz,\"w\",2\n", 1),
        ("a,b,c\r\"x,1,2\ry,1,2\rz\",1,2\r", 0),
        // Of two columns, and one row alone.
        ("Name,Account\n\"Linz,Ernst Handel\nGraz,Ernst Handel\nWien\",Ernst Handel\n", 0),
        ("Name,Account\r\n\"Linz,Ernst Handel\r\nWien\",Ernst Handel\r\n", 0),
        ("Name,City,Account\n\"Linz,L,E\nRack 19\",G,E\n", 0), ("a,b,c\n1,\"x,2\ny\",2\n", 1),
        ("a,b,c\r\n\"x,1,2\r\ny,1,2\r\nz\",1,2\r\n", 0), ("a;b;c\n\"x;1;2\ny;1;2\nz\";1;2\n", 0),
    ])
    func swallowedRowsAreTold(text: String, column: Int) throws {
        let rows = try read(text).rows
        #expect(rows.compactMap(\.swallowed) == [column], "\(texts(rows))")
    }

    @Test(arguments: [
        "a,b,c\n\"x\nStreet 1, Seoul\ny\",1,2\n", "a,b\n\"x\nStreet 1, Seoul\ny\",1\n",
        "a,b\n\"Street 1, Seoul\nKorea\",1\n", "a,b\n1,\"Street 1,Seoul\nKorea\"\n", "a,b\n1,\"x\n2,y\nz\"\n",
        "a,b,c\n\"x,y\nz\",1,2\n", "a,b\n\"x,y\",1\n", "a,b,c\n\"one, two\r\nthree\",1,2\n",
    ])
    func whatIsQuotedRightlyIsNotTold(text: String) throws {
        #expect(try read(text).rows.allSatisfy { $0.swallowed == nil })
    }

    /// The width of the titles counts, not that of a cover above them.
    @Test func theWidthOfTheTitlesIsTold() throws {
        let text = "Cover\na,b,c\n\"x,1,2\ny,1,2\nz\",1,2\n"
        let swallowed = try withFile(Array(text.utf8)) { path in
            let reader = try CSVReader(path: path)
            var row = SheetRow()
            for _ in 0..<2 { _ = try reader.next(into: &row) }
            reader.expect(fields: row.fields)
            return try reader.readAll().compactMap(\.swallowed)
        }
        #expect(swallowed == [0])
    }

    @Test(arguments: [
        ("a,b\rx,\"open", "line 2"), ("a,b\r\nx,1\r\ny,\"open\r\nz", "line 3"), ("a,b\n\"x\n\ny", "line 2"),
    ])
    func anOpenQuotationMarkIsNamedByItsLine(text: String, line: String) {
        #expect(failure { try read(text) }?.english.contains("quotation mark in \(line)") == true)
    }

    @Test(arguments: [
        ("sep=;\na;b\n", Character(";")), ("Sep=|\r\na|b\r\n", "|"), ("sep=,,,\na,b\n", ","), ("\"sep=;\"\na;b\n", ";"),
        ("sep=;\ra;b\r", ";"), ("sep=^\na^b\n", "^"), ("sep=\u{9}\na\tb\n", "\t"), ("SEP=;;;;\na;b\n", ";"),
    ])
    func hints(text: String, separator: Character) throws {
        let (found, rows) = try read(text)
        #expect(found == separator && texts(rows) == [["a", "b"]])
    }

    /// Guards of exports, of ours and of others.
    @Test(arguments: [
        ("'=1+1", "=1+1"), ("'+82 2 555", "+82 2 555"), ("'-x", "-x"), ("'@a", "@a"), ("''=x", "'=x"), ("'n", "'n"),
        ("'", "'"),
        ("'＋1", "＋1"), ("=\"\"\"00123\"\"\"", "=\"\"\"00123\"\"\""), ("\"=\"\"00123\"\"\"", "00123"),
        ("'00123", "'00123"),
        ("\"'\n=1\"", "\n=1"), ("\"'\t=1\"", "\t=1"), ("-12.5", "-12.5"), ("=1+1", "=1+1"), ("=A1", "=A1"),
    ])
    func guards(field: String, text: String) throws {
        #expect(try read("k,t\n1,\(field)\n", takesGuards: true).rows.last?.text(at: 1) == text)
    }

    /// What an export writes is never a formula, and an import reads back what was there.
    @Test func whatIsExportedIsNoFormula() throws {
        let signs = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
        let texts = signs.flatMap { sign in
            [
                sign, "\(sign)1", "\(sign)x", "'\(sign)x", "''\(sign)", "\(sign)\(sign)", "\(sign)cmd|' /C calc'!A0",
                "x\(sign)y", "\"\(sign)\"",
            ]
        }
        var writer = CSVWriter()
        for text in texts { writer.append(["k", text, "e"]) }
        let (written, back) = try withFile(writer.bytes) { path in
            (try CSVReader(path: path).readAll(), try CSVReader(path: path, takesGuards: true).readAll())
        }
        #expect(back.map { $0.text(at: 1) } == texts)
        for row in written {
            let field = row.text(at: 1) ?? ""
            #expect(Double(field) != nil || !signs.contains { field.hasPrefix($0) }, "\(field)")
        }
    }
}
