import Foundation
import ImportValidationWire
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// From an uploaded file to cells in the order of the target's fields.
@Suite final class FileTests: Sendable {
    private let files: UploadFiles

    init() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("uploads-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        files = UploadFiles(directory: directory.path)
    }

    deinit { try? FileManager.default.removeItem(atPath: files.directory) }

    private func read(_ text: String, _ table: String, _ assists: [DataValidationAssist] = []) throws -> [[String]] {
        try files.write(Array(text.utf8), at: 0, of: "u")
        let source = try files.open("u", name: "a.csv")
        return try read(source, table, assists)
    }

    private func read(
        _ source: any RowSource, _ table: String, _ assists: [DataValidationAssist] = []
    ) throws -> [[String]] {
        let target = try #require(ImportTarget.named(table))
        return try readRows(source, target, assists).map(\.cells)
    }

    private func readRows(
        _ source: any RowSource, _ target: ImportTarget, _ assists: [DataValidationAssist] = [],
        _ options: LoadOptions = LoadOptions()
    ) throws -> [ReadRow] {
        let table = try TableFinder.find(target, options) { source }
        var reader = RowReader(table.header, CheckPlan(target, assists))
        var row = SheetRow()
        var rows: [ReadRow] = []
        while try table.source.next(into: &row) {
            if let read = reader.read(row) { rows.append(read) }
        }
        return rows
    }

    private func readRows(_ text: String, _ table: String, _ options: LoadOptions = LoadOptions()) throws -> [ReadRow] {
        try files.write(Array(text.utf8), at: 0, of: "u")
        return try readRows(try files.open("u", name: "a.csv"), try #require(ImportTarget.named(table)), [], options)
    }

    /// What stands under no title is not read, and that is said.
    @Test(arguments: [
        ("Name,Account,\nWerk,Lumen,x\n, ,\u{200B}\n", "C2"), (",Name,Account\n,Werk,Lumen\n7,Werk,Lumen\n", "A3"),
        ("Name,Account,\u{A0}\nWerk,Lumen,\n", nil), ("Name,Account,Colour\nWerk,Lumen,red\n", nil),
    ])
    func valuesWithoutTitleAreTold(text: String, place: String?) throws {
        try files.write(Array(text.utf8), at: 0, of: "u")
        let target = try #require(ImportTarget.named("location"))
        let table = try TableFinder.find(target, LoadOptions()) { try self.files.open("u", name: "a.csv") }
        var reader = RowReader(table.header, CheckPlan(target, []))
        var row = SheetRow()
        while try table.source.next(into: &row) { _ = reader.read(row) }
        let told = place.map { "Values in columns without a title were not read: \($0)." }
        #expect(reader.remarks.first?.en == told)
    }

    /// Reports say their titles again on each page: such rows are no records, and that is said.
    @Test func titlesThatAreRepeatedAreNoRows() throws {
        let text = "Name,Account,City\nWerk,Lumen,Wels\nName,Account,City\nName,Lumen,City\n"
        try files.write(Array(text.utf8), at: 0, of: "u")
        let target = try #require(ImportTarget.named("location"))
        let table = try TableFinder.find(target, LoadOptions()) { try self.files.open("u", name: "a.csv") }
        var reader = RowReader(table.header, CheckPlan(target, []))
        var row = SheetRow()
        var numbers: [Int] = []
        while try table.source.next(into: &row) { if let read = reader.read(row) { numbers.append(read.number) } }
        #expect(numbers == [2, 4])
        #expect(reader.remarks.map(\.en) == ["Rows that repeat the titles were not read: 3."])
    }

    /// A time that the cell shows is not left out of a column of days without a word.
    @Test func aTimeInAColumnOfDaysIsKept() throws {
        let path = files.path(of: "t.xlsx")
        let writer = try WorkbookWriter(
            path: path, sheet: "S",
            columns: [.init(label: "Number"), .init(label: "Account"), .init(label: "End date", kind: .dateTime)])
        try writer.append(["C1", "Lumen", "2026-12-31 15:30:00"])
        try writer.append(["C2", "Lumen", "2026-12-31 00:00:00"])
        try writer.finish()
        let target = try #require(ImportTarget.named("contract"))
        let rows = try read(TableFile.open(path: path, name: "t.xlsx"), "contract")
        let end = try #require(target.position(of: "end_date"))
        #expect(rows.map { $0[end] } == ["2026-12-31 15:30:00", "2026-12-31"])
        #expect(CheckPlan(target, []).columns[end].checks.first?.error(in: rows[0][end]) != nil)
    }

    @Test func titlesAreFoundBelowACover() throws {
        let text = "Export of 2026-11-01,\n,\nName,Account\nWerk,Lumen\n"
        let rows = try readRows(text, "location")
        #expect(rows.map(\.number) == [4])
        let failure = #expect(throws: RunFailure.self) {
            _ = try self.readRows(text, "location", LoadOptions(titleRow: 1))
        }
        #expect(failure?.text.en.contains("Mandatory columns are missing") == true)
    }

    @Test func rowsOutOfStepAndSwallowedRowsAreTold() throws {
        let rows = try readRows("Name,Account,City\nA,L,x,\nB,L,x,y\n\"C,L,x\nD,L,x\nE\" Ost,L,x\nF,L,x\n", "location")
        #expect(rows.map(\.number) == [2, 3, 4, 5])
        #expect(rows.map { $0.faults.map(\.kind) } == [[], [.surplus], [.quotation], []])
        #expect(rows[2].faults.first?.detail == "4–6")
    }

    @Test func whatNobodySeesIsTakenOutAndBlankRowsAreNone() throws {
        let rows = try readRows(
            "Name,Account\nHalle\u{A0}1\u{FEFF},Lu\u{AD}men\n\u{200B},\u{3000}\n\u{200B},Lumen\n", "location")
        let target = try #require(ImportTarget.named("location"))
        let name = try #require(target.position(of: "name"))
        let account = try #require(target.position(of: "account"))
        #expect(rows.map { [$0.cells[name], $0.cells[account]] } == [["Halle 1", "Lumen"], ["", "Lumen"]])
        #expect(rows.map(\.number) == [2, 4])
    }

    @Test func chunksMakeTheFile() async throws {
        try files.write(Array("Name,".utf8), at: 0, of: "u")
        try files.write(Array("City\n".utf8), at: 5, of: "u")
        try files.write(Array("City\n".utf8), at: 5, of: "u")
        #expect(files.holds(Array("City".utf8), at: 5, of: "u"))
        #expect(!files.holds(Array("Town".utf8), at: 5, of: "u"))
        let sealed = try await files.seal("u")
        #expect(sealed.size == 10)
        #expect(sealed.sha256 == Hex.sha256(Array("Name,City\n".utf8)))
    }

    @Test func theHashIsSHA256() {
        #expect(
            Hex.sha256(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func columnsAreFoundByLabelOrNameInEitherLanguage() throws {
        let target = try #require(ImportTarget.named("location"))
        let rows = try read("도시,name,Remark, account \nLinz,Werk,x,Ernst Handel\n,,only a remark,\n", "location")
        #expect(rows.count == 1)
        let byName = Dictionary(uniqueKeysWithValues: zip(target.fields.map(\.name), rows[0]))
        #expect(byName["city"] == "Linz" && byName["name"] == "Werk" && byName["account"] == "Ernst Handel")
        #expect(byName["street"] == "")
    }

    /// Workbooks made from earlier templates have the titles of then.
    @Test func earlierTitlesAreStillRead() throws {
        let rows = try read("계약 계정,번호,시작일,계약 날짜,계약 값\nErnst Handel,C-1,2027-01-01,2027-12-31,5\n", "contract")
        let target = try #require(ImportTarget.named("contract"))
        let byName = Dictionary(uniqueKeysWithValues: zip(target.fields.map(\.name), rows[0]))
        #expect(byName["account"] == "Ernst Handel" && byName["end_date"] == "2027-12-31")
        #expect(byName["contract_value"] == "5")
    }

    @Test func aMissingMandatoryColumnStopsTheLoad() throws {
        let failure = #expect(throws: RunFailure.self) { try self.read("Nmae,City\nA,B\n", "location") }
        #expect(
            failure?.text.en
                == "Mandatory columns are missing: \"Name\". Correct their titles, or map the columns in the import. Columns without a field: \"Nmae\" (\"Name\"?)."
        )
        #expect(failure?.text.ko.contains("필수 열이 누락되었습니다: ‘이름’.") == true)
    }

    @Test func aFieldInTwoColumnsStopsTheLoad() {
        let failure = #expect(throws: RunFailure.self) { try self.read("Name,이름\nA,B\n", "location") }
        #expect(failure?.text.en.contains("\"Name\" (A, B)") == true)
        #expect(failure?.text.ko.contains("‘이름’(A, B)") == true)
    }

    @Test func nativeDatesComeInTheFormatOfTheirCheck() throws {
        var assist = DataValidationAssist()
        assist.validationType = "field"
        assist.validationSubType = "date"
        assist.stagingTableField = "end_date"
        assist.dateFormat = "dd.MM.yyyy"
        let path = files.path(of: "e.xlsx")
        let writer = try WorkbookWriter(
            path: path, sheet: "S",
            columns: [
                .init(label: "Name"), .init(label: "Account"), .init(label: "Start date", kind: .date),
                .init(label: "End date", kind: .date),
            ])
        try writer.append(["Support", "Ernst Handel", "1996-07-04", "1996-08-01"])
        try writer.finish()
        let rows = try read(TableFile.open(path: path, name: "e.xlsx"), "service_entitlement", [assist])
        let entitlement = try #require(ImportTarget.named("service_entitlement"))
        #expect(rows[0][try #require(entitlement.position(of: "start_date"))] == "1996-07-04")
        #expect(rows[0][try #require(entitlement.position(of: "end_date"))] == "01.08.1996")
    }

    @Test(arguments: ["%PDF-1.7\n", "\u{89}PNG\r\n\u{1A}\n\0\0", "MZ\0\0"])
    func whatIsNoTextIsSeen(start: String) throws {
        try files.write(Array(start.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }), at: 0, of: "u")
        #expect(files.isBinary("u"))
    }

    @Test(arguments: ["Name,Ort\nA,B\n\u{1A}", "Name,Ort\nA\u{7},B\n", "\u{1B}", "Name\u{B}x,Ort\n"])
    func aControlCharacterMakesNoTextBinary(text: String) throws {
        try files.write(Array(text.utf8), at: 0, of: "u")
        #expect(!files.isBinary("u"))
    }

    @Test func textIsText() throws {
        try files.write(Array("Name;Ort\nWien;Österreich\n".utf8), at: 0, of: "u")
        #expect(!files.isBinary("u"))
        try files.write([0xFF, 0xFE, 0x41, 0x00], at: 0, of: "v")
        #expect(!files.isBinary("v"))
    }
}
