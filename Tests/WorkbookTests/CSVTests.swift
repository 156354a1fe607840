import Foundation
import TestKit
import Testing

@testable import Workbook

@Suite struct CSVTests {
    private func read(_ bytes: [UInt8], limits: WorkbookLimits = WorkbookLimits()) throws -> [[String?]] {
        try withFile(bytes) { path in
            try CSVReader(path: path, limits: limits).readAll().map { row in (0..<row.count).map { row.text(at: $0) } }
        }
    }

    private func read(_ text: String) throws -> [[String?]] { try read(Array(text.utf8)) }

    @Test func quotesAndLineBreaks() throws {
        let text = "a,b,c\r\n\"x, \"\"y\"\"\",\"two\r\nlines\", z \r\n,\"\",last\n\n\"q\"tail,in\"ner,\r1,2,3"
        #expect(
            try read(text) == [
                ["a", "b", "c"], ["x, \"y\"", "two\r\nlines", " z "], [nil, nil, "last"], ["qtail", "in\"ner"],
                ["1", "2", "3"],
            ])
    }

    /// A spreadsheet writes the name of an error for a cell that has no value.
    @Test func errorsAreTold() throws {
        let text = "#N/A,\"#REF!\",#DIV/0!\n#1,x #N/A,#N/A x\n"
        let rows = try withFile(Array(text.utf8)) { try CSVReader(path: $0).readAll().map(\.cells) }
        #expect(
            rows == [
                [.error("#N/A"), .error("#REF!"), .error("#DIV/0!")],
                [.text("#1"), .text("x #N/A"), .text("#N/A x")],
            ])
    }

    @Test func rowNumbersCountRecords() throws {
        let numbers = try withFile(Array("a\n\n,,\nb".utf8)) { try CSVReader(path: $0).readAll().map(\.number) }
        #expect(numbers == [1, 4])
    }

    @Test(
        arguments: [
            (",", "a,b;c,d\n1,2,3\n"), (";", "a;b;c\n1,5;2;3\n2,5;2;3\n"), ("\t", "a\tb, c\n1\t2\n"),
            ("|", "a|b\n1|2\n"),
            (";", "\"x,y,z\";b\n\"1,2,3,4\";2\n"), (",", "only one column\nvalue\n"), (",", ""),
        ] as [(Character, String)])
    func delimiters(expected: Character, text: String) throws {
        let found = try withFile(Array(text.utf8)) { try CSVReader(path: $0).delimiter }
        #expect(found == expected)
    }

    @Test func encodings() throws {
        let text = "이름,Ort\n홍길동 😀,Zürich\n"
        let expected: [[String?]] = [["이름", "Ort"], ["홍길동 😀", "Zürich"]]
        let units = Array(text.utf16)
        let little: [UInt8] = units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big: [UInt8] = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(try read(Array(text.utf8)) == expected)
        #expect(try read([0xEF, 0xBB, 0xBF] as [UInt8] + Array(text.utf8)) == expected)
        #expect(try read([0xFF, 0xFE] as [UInt8] + little) == expected)
        #expect(try read([0xFE, 0xFF] as [UInt8] + big) == expected)
        #expect(try read([0x5A, 0xFC, 0x72, 0x69, 0x63, 0x68, 0x2C, 0x80, 0x35]) == [["Zürich", "€5"]])
        let encoding = try withFile([0xFC, 0x2C]) { try CSVReader(path: $0).encoding }
        #expect(encoding == .windows1252)
    }

    @Test func piecesMayTearCharactersAndQuotes() throws {
        for shift in 0..<4 {
            let line = "\"가😀\"\"\r\n\",나\r\n"
            let count = (200 << 10) / line.utf8.count
            let text = String(repeating: "x", count: shift) + ",h\n" + String(repeating: line, count: count)
            let wide: [UInt8] = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            for bytes: [UInt8] in [Array(text.utf8), [0xFF, 0xFE] + wide] {
                let rows = try read(bytes)
                #expect(rows.count == count + 1)
                #expect(rows.dropFirst().allSatisfy { $0 == ["가😀\"\r\n", "나"] })
            }
        }
    }

    @Test func refusals() throws {
        #expect(failure { try read("a,b\n1,\"open") }?.place == "B2")
        #expect(failure { try read([0x61, 0x00, 0x62]) }?.kind == .encoding)
        var limits = WorkbookLimits()
        limits.columns = 2
        limits.rows = 1
        limits.cellLength = 3
        #expect(failure { try read(Array("a,b,c".utf8), limits: limits) }?.kind == .tooLarge)
        #expect(failure { try read(Array("a\nb\nc".utf8), limits: limits) }?.kind == .tooLarge)
        #expect(failure { try read(Array("a,abcd".utf8), limits: limits) }?.place == "B1")
        #expect(failure { try read(Array("a,\"abcdefghijklmnop".utf8), limits: limits) }?.kind == .tooLarge)
        #expect(try read(Array("가나다\nabc".utf8), limits: limits).count == 2)
        limits.fileBytes = 2
        #expect(failure { try read(Array("abc".utf8), limits: limits) }?.kind == .tooLarge)
    }

    @Test func theContentDecidesAndFalseClaimsAreErrors() throws {
        let sheet = WorkbookBuilder(data: "<row><c><v>1</v></c></row>").zip
        #expect(try withFile(sheet) { try TableFile.open(path: $0, name: "a.csv") } is WorkbookReader)
        #expect(try withFile([0x61]) { try TableFile.open(path: $0, name: "a.txt") } is CSVReader)
        #expect(
            failure { try withFile([0x61]) { try TableFile.open(path: $0, name: "A.XLSX") } }?.kind == .notAWorkbook)
    }

    @Test func writing() {
        var writer = CSVWriter(byteOrderMark: false)
        writer.append(["a", nil, "", "x,y", "q\"q", "l\nl", " s"])
        writer.append(["=1+1", "+82-2-1", "-12.5", "+3", "-x", "@sum", "\tx", "a=b"])
        let expected = "a,,,\"x,y\",\"q\"\"q\",\"l\nl\",\" s\"\r\n'=1+1,'+82-2-1,-12.5,+3,'-x,'@sum,\"'\tx\",a=b\r\n"
        #expect(String(decoding: writer.take(), as: UTF8.self) == expected)
        #expect(writer.bytes.isEmpty)
        #expect(CSVWriter().bytes == [0xEF, 0xBB, 0xBF])
    }

    /// Taking one apostrophe away from before a formula's sign gives back every text, and no two texts look alike.
    @Test func guardsAgainstFormulasCanBeTakenAway() throws {
        let texts = [
            "+43 732 555 010 zurückrufen", "=Termin", "\n=1+1", "=1", "'=1", "''=1", "'n Beetje", "-5", "'-5", "''",
            "'",
            "\t=1", "\r=1", "'\n", "@sum", "+3", "a=b",
        ]
        var writer = CSVWriter()
        for text in texts { writer.append([text, "end"]) }
        let written = try read(writer.bytes).map { $0[0] ?? "" }
        #expect(Set(written).count == texts.count)
        #expect(
            Array(written.prefix(8)) == [
                "'+43 732 555 010 zurückrufen", "'=Termin", "'\n=1+1", "'=1", "''=1", "'''=1", "'n Beetje", "-5",
            ])
        let signs: [Character] = ["=", "+", "-", "@", "\t", "\r", "\n"]
        let taken = written.map { text in
            let rest = text.drop { $0 == "'" }
            let isGuarded = text.hasPrefix("'") && rest.first.map { signs.contains($0) } ?? false
            return isGuarded ? String(text.dropFirst()) : text
        }
        #expect(taken == texts)
        for text in written { #expect(text.first.map { !signs.contains($0) } == true || Double(text) != nil) }
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let rows: [[String?]] = [["h1", "h2"], ["a\"b", "c\r\nd"], [nil, "x;y,z|"], ["가", "😀"]]
        var writer = CSVWriter()
        for row in rows { writer.append(row) }
        #expect(try read(writer.bytes) == rows)
    }

    /// What an export guards, an import takes back: one apostrophe before what would be a formula, and no other.
    @Test func guardsAreTakenBack() throws {
        let texts = [
            "=1+1", "+43 732", "-x", "@a", "'=x", "''-y", "'n Dijk", "it's", "-2.5", "'", "\na", "＝1", "'＠a", "가=1",
        ]
        var writer = CSVWriter()
        for text in texts { writer.append(["k", text]) }
        let (cells, guarded) = try withFile(writer.bytes) { path in
            let reader = try CSVReader(path: path, takesGuards: true)
            return (try reader.readAll().map { $0.text(at: 1) ?? "" }, reader.guardedFields)
        }
        #expect(cells == texts && guarded == 9)
        #expect(String(decoding: writer.bytes, as: UTF8.self).contains("k,'＝1\r\n"))
    }

    /// What keeps a spreadsheet from reading a number is no part of the text; any other formula is.
    @Test func formulasThatHoldATextAreThatText() throws {
        let fields = [#"="00123""#, #""=""007""""#, #"="a"&"b""#, "=A1", #"=""#, #"="""#, "==1"]
        let rows = try withFile(Array(fields.joined(separator: "\n").utf8)) { path in
            try CSVReader(path: path, delimiter: ",", takesGuards: true).readAll()
        }
        #expect(rows.map { $0.text(at: 0) } == ["00123", "007", #"="a"&"b""#, "=A1", #"=""#, #"="""#, "==1"])
        let plain = try withFile(Array(#"="00123""#.utf8)) { path in try CSVReader(path: path).readAll() }
        #expect(plain.first?.text(at: 0) == #"="00123""#)
    }

    /// A quotation mark behind a backslash ends the field for everybody else: what was meant is for a person to say.
    @Test func quotationMarksBehindABackslashAreTold() throws {
        let rows = try withFile(Array("a,b\n\"Halle \\\"A\\\"\",x\n\"C:\\\",y\n\"Halle \" B,z\n".utf8)) { path in
            try CSVReader(path: path).readAll()
        }
        #expect(rows.map { $0.kind(at: 0) } == [.text, .unreadable, .text, .text])
        #expect(rows.map { $0.text(at: 1) } == ["b", "x", "y", "z"])
        #expect(rows[2].text(at: 0) == "C:\\")
    }
}
