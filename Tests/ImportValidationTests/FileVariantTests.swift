import Foundation
import ImportValidationWire
import Testing
import Wire

@testable import ImportValidationService
@testable import Workbook

/// Files of locations as customers fill them in: which rows come of them, and what is said.
@Suite final class FileVariantTests: Sendable {
    private let files: UploadFiles

    init() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("variants-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        files = UploadFiles(directory: directory.path)
    }

    deinit { try? FileManager.default.removeItem(atPath: files.directory) }

    /// The names of the rows, the faults of each, and what is remarked.
    private struct Read {
        var names: [String] = []
        var faults: [[CellFault]] = []
        var remarks: [Text] = []
    }

    private func read(
        _ text: String, _ options: LoadOptions = LoadOptions(), _ edit: (inout SheetRow) -> Void = { _ in }
    ) throws -> Read {
        let name = "\(UUID().uuidString)"
        try files.write(Array(text.utf8), at: 0, of: name)
        let target = try #require(ImportTarget.named("location"))
        let position = try #require(target.position(of: "name"))
        let table = try TableFinder.find(target, options) { try self.files.open(name, name: "a.csv") }
        var reader = RowReader(table.header, CheckPlan(target, []))
        var (row, read) = (SheetRow(), Read())
        while try table.source.next(into: &row) {
            edit(&row)
            guard let found = reader.read(row) else { continue }
            read.names.append(found.cells[position])
            read.faults.append(found.faults)
        }
        read.remarks = table.remarks + [table.header.remark].compactMap(\.self) + reader.remarks
        return read
    }

    private func refusal(_ text: String, _ options: LoadOptions = LoadOptions()) -> Text? {
        do {
            _ = try read(text, options)
            return nil
        } catch {
            return (error as? RunFailure)?.text
        }
    }

    /// Titles of the column of names: white space, line breaks, case, what nobody sees and how letters are composed do not
    /// count.
    @Test(arguments: [
        "Name", "NAME", "name", " Name ", "Na\u{200B}me", "\"Na\nme\"", "N a m e", "\u{FEFF}Name", "Name\u{A0}",
        "\u{202A}Name\u{202C}",
        "Na\u{AD}me", "이름", "\u{110B}\u{1175}\u{1105}\u{1173}\u{11B7}", "이 름", "\"이\r\n름\"", "\u{3000}이름",
        "N\u{2060}ame", "NaMe",
        "\"Name\"",
    ])
    func titles(title: String) throws {
        #expect(try read("\(title),Account\nWerk,Lumen\n").names == ["Werk"], "\(title.debugDescription)")
    }

    @Test(arguments: ["Ｎａｍｅ", "Nаme", "Name*", "Name (required)", "Nam", "Names of sites", "#N/A", ""])
    func otherTitlesAreNone(title: String) {
        let refusal = refusal("\(title),Account\nWerk,Lumen\n")
        #expect(refusal?.en.contains("Mandatory columns are missing: \"Name\"") == true, "\(title)")
        #expect(refusal?.ko.contains("‘이름’") == true)
    }

    /// A row that says the titles again, in whichever words, is no record.
    @Test(arguments: [
        "Name,Account,City", "NAME,ACCOUNT,CITY", "이름,계정,도시", "name,account,city", "\u{FEFF}Name,Account,City",
        "\"Name\",\"Account\",\"City\"",
        " Name , Account , City ", "Name,계정,city", "Na\u{200B}me,Account,City",
        "\u{110B}\u{1175}\u{1105}\u{1173}\u{11B7},계정,도시",
    ])
    func titlesThatAreRepeated(again: String) throws {
        let read = try read("Name,Account,City\nWerk,Lumen,Wels\n\(again)\nHalle,Lumen,Linz\n")
        #expect(read.names == ["Werk", "Halle"])
        #expect(read.remarks.map(\.en) == ["Rows that repeat the titles were not read: 3."])
    }

    @Test(arguments: [
        "Name,Lumen,City", "Name,Account,", "City,Account,Name", "Namen,Account,City", "Name,Account,Wels",
    ])
    func valuesThatReadLikeTitlesAreRows(row: String) throws {
        let read = try read("Name,Account,City\nWerk,Lumen,Wels\n\(row)\n")
        #expect(read.names.count == 2 && read.remarks.isEmpty)
    }

    /// Two rows of titles, a cover, pages: the first row with every mandatory column is that of the titles.
    @Test(
        arguments: [
            ("Sites of Lumen\n\nName,Account\nWerk,Lumen\n", 3),
            ("Sites,,\n,,\nName,Account,City\nWerk,Lumen,Wels\n", 3),
            ("이름,계정\nName,Account\nWerk,Lumen\n", nil), ("A,B\nName,Account\nWerk,Lumen\n", 2),
            ("1,2\nName,Account\nWerk,Lumen\n", 2),
            ("Who,Where,\nName,Account,City\nWerk,Lumen,Wels\n", 2), ("Name\nName,Account\nWerk,Lumen\n", nil),
        ] as [(String, Int?)])
    func covers(text: String, row: Int?) throws {
        let read = try read(text)
        #expect(read.names.last == "Werk")
        if let row {
            #expect(read.names.count == 1 && read.remarks.contains { $0.en.contains("The titles are in row \(row)") })
        }
    }

    @Test(arguments: [
        " , ", "\u{A0},\u{3000}", "\u{200B},\u{FEFF}", "\"\n\",\"\r\n\"", "\t,\u{2003}", "\u{3164},\u{115F}",
        "\u{AD},\u{202E}", ",", "\"\",\"\"",
        "\u{2800},\u{2060}", "\u{E0001},\u{180E}", "\u{85},\u{2028}", "\u{0B},\u{0C}", "\u{FE0F},\u{200D}",
        "\u{FFA0},\u{1160}",
    ])
    func rowsOfBlanksAreNone(row: String) throws {
        let read = try read("Name,Account\nWerk,Lumen\n\(row)\nHalle,Lumen\n")
        #expect(read.names == ["Werk", "Halle"] && read.remarks.isEmpty)
    }

    /// What a cell is made of before it is staged.
    @Test(arguments: [
        ("  Werk  ", "Werk"), ("Werk\u{A0}1", "Werk 1"), ("We\u{200B}rk", "Werk"), ("\"Werk\n1\"", "Werk 1"),
        ("Ko\u{308}ln", "K\u{F6}ln"),
        ("\u{110B}\u{1175}", "이"), ("a\u{0B}b", "a b"), ("Café\u{301}", "Café\u{301}"), ("👩\u{200D}👩", "👩\u{200D}👩"),
        ("ﬁn", "ﬁn"),
        ("Ⅳ", "Ⅳ"), ("１２", "１２"), ("\u{202E}abc\u{202C}", "abc"), ("x\u{FE0F}", "x\u{FE0F}"),
        ("می\u{200C}خواهم", "می\u{200C}خواهم"),
    ])
    func textsAreWhatIsSeen(cell: String, staged: String) throws {
        let found = try read("Name,Account\n\(cell),Lumen\n").names.first
        #expect(found.map { Array($0.unicodeScalars) } == Array(staged.unicodeScalars), "\(found.debugDescription)")
    }

    @Test(arguments: [
        ("Name,이름,Account\nA,B,L\n", "\"Name\" (A, B)", "‘이름’(A, B)"),
        ("Name,Account,City,도시\nA,L,x,y\n", "\"City\" (C, D)", "‘시/군/구’(C, D)"),
        ("Name,Account,account\nA,L,x\n", "\"Account\" (B, C)", "‘계정’(B, C)"),
        ("Na\u{200B}me,Account,NAME\nA,L,x\n", "\"Name\" (A, C)", "‘이름’(A, C)"),
    ])
    func titlesThatAreThereTwiceAreNamed(text: String, english: String, korean: String) {
        let refusal = refusal(text)
        #expect(refusal?.en.contains("same field: \(english). Keep one") == true, "\(refusal?.en ?? "read")")
        #expect(refusal?.ko.contains("\(korean). 하나만") == true, "\(refusal?.ko ?? "read")")
    }

    /// Cells that hold no value are told of their place and of what they hold.
    @Test(arguments: ["#N/A", " #REF! ", "#¡VALOR!", "########", "Err:502", "#VALUE!", "#n/a", "\"#NAME?\""])
    func errorsAreTold(cell: String) throws {
        let fault = try #require(try read("Name,Account\n\(cell),Lumen\n").faults.first?.first)
        let shown = cell.filter { !" \"".contains($0) }
        #expect(fault.kind == .error && fault.place == "A2" && fault.detail == shown && fault.field == "name")
        let text = fault.text(Text(en: "Name", ko: "이름"))
        #expect(
            text.en.hasPrefix("Name (A2) holds ") && text.en.contains(shown) && text.en.hasSuffix("Enter the value."))
        #expect(text.ko.hasPrefix("이름(A2): ") && text.ko.contains(shown) && text.ko.hasSuffix("값을 입력하세요."))
    }

    /// Each fault says where, what, and what to do, in both languages.
    @Test(arguments: CellFault.Kind.allCases) func faultsSayWhereAndWhatToDo(kind: CellFault.Kind) {
        let isOfRow = [.surplus, .place].contains(kind)
        let fault = CellFault(kind: kind, field: isOfRow ? nil : "name", place: isOfRow ? "7" : "C7", detail: "#D 1")
        let text = fault.text(Text(en: "Name", ko: "이름"))
        #expect(kind == .surplus || text.en.contains(fault.place) && text.ko.contains(fault.place))
        #expect(kind == .missing || text.en.contains("#D 1") && text.ko.contains("#D 1"))
        #expect(["Enter ", "Correct ", "Compare ", "Open "].contains(where: text.en.contains), "\(text.en)")
        #expect(text.ko.contains("세요."), "\(text.ko)")
    }

    // MARK: What nobody sees

    @Test func hiddenRowsAreReadAndSaid() throws {
        let lines = (2...30).map { "Werk \($0),Lumen\n" }.joined()
        let few = try read("Name,Account\n\(lines)") { $0.isHidden = [4, 9].contains($0.number) }
        #expect(few.names.count == 29)
        #expect(few.remarks.map(\.en) == ["2 rows that are hidden, or left out by a filter, were read as well: 4, 9."])
        #expect(few.remarks.map(\.ko) == ["숨겨져 있거나 필터로 제외된 2개 행도 읽었습니다: 4, 9."])
        let many = try read("Name,Account\n\(lines)") { $0.isHidden = true }
        #expect(
            many.remarks.first?.en.hasPrefix("29 rows") == true
                && many.remarks.first?.en.hasSuffix("20, 21, ….") == true)
        #expect(try read("Name,Account\n,\nWerk,Lumen\n") { $0.isHidden = $0.number == 2 }.remarks.isEmpty)
    }

    @Test func hiddenColumnsAndSheetsAreSaid() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../ScenarioTests/Cases/which-sheet/hidden-parts/locations.xlsx").standardized.path
        let target = try #require(ImportTarget.named("location"))
        let open = { try TableFile.open(path: path, name: "locations.xlsx") }
        let table = try TableFinder.find(target, LoadOptions(), open)
        #expect(table.remarks.map(\.en) == ["Hidden columns were read as well: C."])
        #expect(table.remarks.map(\.ko) == ["숨겨진 열도 읽었습니다: C."])
        let contracts = try #require(ImportTarget.named("contract"))
        let failure = #expect(throws: RunFailure.self) { try TableFinder.find(contracts, LoadOptions(), open) }
        #expect(failure?.text.en.contains("Hidden sheets were not looked at: \"Old sites\".") == true)
        #expect(
            failure?.text.en.contains("looked at: \"Sites\".") == true
                && failure?.text.ko.contains("‘Old sites’") == true)
        #expect(try TableFinder.find(target, LoadOptions(sheet: "old SITES"), open).remarks.isEmpty)
    }
}

/// Keys that look alike are alike, and no others.
@Suite struct AlikeKeyTests {
    @Test(arguments: [
        ("Werk 1", "werk 1"), ("Werk 1", "Werk\u{A0}1"), ("Werk 1", " Werk  1 "), ("Werk1", "We\u{200B}rk1"),
        ("Werk", "\u{FEFF}Werk"),
        ("Köln", "Ko\u{308}ln"), ("KÖLN", "ko\u{308}ln"), ("이름", "\u{110B}\u{1175}\u{1105}\u{1173}\u{11B7}"),
        ("Straße", "STRAẞE"),
        ("ΟΔΟΣ", "οδος"), ("οδός", "ΟΔΌΣ"), ("Werk", "\u{202D}Werk\u{202C}"), ("Werk", "We\u{AD}rk"),
        ("a\u{3000}b", "A b"), ("Ǆ", "ǆ"),
        ("می\u{200C}خواهم", "میخواهم"), ("👩\u{FE0F}", "👩"), ("a\u{2060}b", "ab"), ("a\tb", "a b"),
        ("a\u{2028}b", "a b"), ("Å", "\u{212B}"),
        ("ＡＢ", "ａｂ"), ("x\u{E0041}", "x"),
    ])
    func alike(one: String, other: String) {
        #expect(KeyNumber.of(["k", one]) == KeyNumber.of(["k", other]), "\(one) \(other)")
    }

    @Test(arguments: [
        ("Werk 1", "Werk1"), ("Straße", "Strasse"), ("Izmir", "İzmir"), ("ılgaz", "ilgaz"), ("１", "1"), ("ﬁ", "fi"),
        ("ab", "a b"),
        ("é", "e"), ("ｱ", "ア"), ("Ⅳ", "IV"), ("C-1", "C1"), ("가", "각"), ("a,b", "ab"), ("O", "0"), ("А", "A"),
        ("01", "1"), ("", "x"),
        ("か", "が"), ("æ", "ae"), ("²", "2"),
    ])
    func notAlike(one: String, other: String) {
        #expect(KeyNumber.of(["k", one]) != KeyNumber.of(["k", other]), "\(one) \(other)")
    }

    /// The parts of a key do not run together, and a key that says nothing is none.
    @Test func parts() {
        #expect(
            KeyNumber.of(["ab", "c"]) != KeyNumber.of(["a", "bc"])
                && KeyNumber.of(["a", ""]) != KeyNumber.of(["", "a"]))
        #expect(KeyNumber.of(["", " \u{200B}"]) == nil && KeyNumber.of([]) == nil && KeyNumber.of(["", "0"]) != nil)
    }
}
