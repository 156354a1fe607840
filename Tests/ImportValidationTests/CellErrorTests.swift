import Foundation
import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// Why rows need attention, cell by cell, to whoever reads it in their language.
@Suite(.timeLimit(.minutes(15))) struct CellErrorTests {
    /// What is told of an error.
    private struct Told: Equatable {
        var field: String
        var value: String
        var check: String
        var message: String

        init(_ field: String, _ value: String, _ check: String, _ message: String) {
            (self.field, self.value, self.check, self.message) = (field, value, check, message)
        }
    }

    private static func told(_ row: StagingRow) -> [Told] {
        row.errors.map { Told($0.field, $0.value, $0.check, $0.message) }
    }

    /// A task of contracts with the rows of a file in it.
    private static func contracts(_ lines: [String]) async throws -> (Stage, ImportTask) {
        let stage = try await Stage()
        let task = try await stage.locations { $0.targetTable = "contract" }
        let file = "Number,Account,End date,Contract value,State\n" + lines.map { $0 + "\n" }.joined()
        #expect(try await stage.loaded(Array(file.utf8), "contracts.csv", of: task).state == "completed")
        return (stage, task)
    }

    @Test func eachCellSaysWhatIsWrongWithIt() async throws {
        let (stage, task) = try await Self.contracts(["C1,Ernst Handel,2026-12-31,12.5,", ",Ernst Handel,soon,much,"])
        let rows = try await stage.rows(task, in: "en")
        #expect(rows[0].errors.isEmpty && rows[0].comment.isEmpty)
        #expect(
            Set(rows[1].errors.map(\.field)) == ["number", "end_date", "contract_value"]
                && rows[1].errors.count == 3)
        let told = Self.told(rows[1])
        #expect(
            told.contains(
                Told("end_date", "soon", "date", "End date must be a date in the format yyyy-MM-dd.")))
        #expect(
            told.contains(
                Told("contract_value", "much", "decimal", "Contract value must be a number such as 1863.4.")))
        #expect(told.contains(Told("number", "", "mandatory", "Number is mandatory.")))
        #expect(rows[1].comment == told.map(\.message).joined(separator: "\n"))
        // Another reader reads the same in another language.
        let korean = try await stage.rows(task, in: "ko")[1]
        #expect(korean.errors.map(\.check) == rows[1].errors.map(\.check))
        #expect(korean.errors.allSatisfy { $0.message.contains { $0.isHangul } })
        #expect(korean.comment == korean.errors.map(\.message).joined(separator: "\n"))
        // The summary does not say that all is well.
        #expect(try await stage.summary(task) == [0, 1, 1, 0])
    }

    /// A corrected row knows no error any more, and one that stays as it is has the same after another check.
    @Test func errorsGoWithTheCorrection() async throws {
        let (stage, task) = try await Self.contracts([",Ernst Handel,2026-12-31,,"])
        let row = try #require(try await stage.rows(task, in: "en").first)
        let other = try await stage.correct(row, "contract_value", "much")
        #expect(other.errors.isEmpty && other.comment.isEmpty)
        _ = try await stage.end(of: try await stage.validate(task))
        #expect(try await stage.rows(task, in: "en")[0].errors.map(\.field) == ["contract_value", "number"])
        _ = try await stage.correct(row, "contract_value", "1")
        _ = try await stage.correct(row, "number", "C1")
        let run = try await stage.end(of: try await stage.validate(task))
        #expect(run.failedRows == 0 && run.message?.contains("successfully") == true)
        #expect(try await stage.rows(task, in: "en")[0].errors.isEmpty)
    }

    /// Rows that were checked before and need attention are not forgotten in the message of a run.
    /// A file that has titles alone has not been validated, and the task has nothing to show for it.
    @Test(arguments: ["Name,Account\n", "Name,Account\n ,\u{A0}\n\n", "Name,Account\nName,Account\n"])
    func aFileWithoutRowsIsToldSo(_ text: String) async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let run = try await stage.loaded(Array(text.utf8), of: task)
        #expect(run.state == "completed" && run.totalRows == 0)
        #expect(run.message?.hasPrefix("The file has no rows below its titles: nothing was loaded.") == true)
    }

    @Test func successIsNotSaidWhileRowsNeedAttention() async throws {
        let (stage, task) = try await Self.contracts([
            ",Ernst Handel,2026-12-31,,", "C2,Ernst Handel,2026-12-31,,", ",Ernst Handel,2026-12-30,,",
        ])
        let none = try await stage.end(of: try await stage.validate(task))
        #expect(
            none.message
                == "0 rows were checked and are ready; 2 others need attention. Please check the staging table.")
        let row = try #require(try await stage.rows(task, in: "en").first)
        _ = try await stage.correct(row, "number", "C1")
        let one = try await stage.end(of: try await stage.validate(task))
        #expect(
            one.message == "1 rows were checked and are ready; 1 others need attention. Please check the staging table."
        )
    }

    /// What the target table refuses at publication is told of its cell, in both languages.
    @Test func refusalsAtPublicationAreOfTheirCells() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let file = "Name,Account,City\nLinz,Ernst Handel,\(OnboardingStandIn.unwanted)\nGraz,Ernst Handel,Graz\n"
        _ = try await stage.loaded(Array(file.utf8), of: task)
        let run = try await stage.end(of: try await stage.publish(of: task))
        #expect(run.doneRows == 2 && run.failedRows == 1)
        let english = try await stage.rows(task, in: "en")[0]
        #expect(
            Self.told(english) == [
                Told("city", OnboardingStandIn.unwanted, "publication", "The owner does not want this.")
            ])
        #expect(english.comment == "The owner does not want this.")
        #expect(try await stage.rows(task, in: "ko")[0].errors.map(\.message) == ["대상 테이블에서 거부되었습니다."])
    }

    /// A page ends where an answer is full; its token goes on.
    @Test func longCellsMakeShortPages() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let names = (10..<70).map { "\($0)" + String(repeating: "x", count: 16_000) }
        for file in [names.prefix(30), names.suffix(30)] {
            _ = try await stage.loaded(Stage.file(Array(file)), of: task)
        }
        var found: [String] = []
        var pages = 0
        var token = ""
        repeat {
            let from = token
            let page = try await stage.rows(task) { request in
                request.pageSize = 1_000
                request.pageToken = from
            }
            #expect(page.stagingRows.allSatisfy { $0.errors.map(\.check) == ["field"] })
            found += page.stagingRows.compactMap { $0["name"] }
            pages += 1
            token = page.nextPageToken
        } while !token.isEmpty && pages < 60
        #expect(found.sorted() == names && pages > 1)
    }

    // MARK: Doubles

    /// Two rows of two files with one key name each other's file and row; also after starting over, and only then.
    @Test func rowsOfTwoFilesNameEachOther() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Linz", "Graz"]), "north.csv", of: task)
        let run = try await stage.loaded(Stage.file(["Wien", "Steyr", "GRAZ"]), "south.csv", of: task)
        #expect(run.failedRows == 1)
        func doubles(_ language: String) async throws -> [[String]] {
            try await stage.rows(task, in: language).filter { !$0.errors.isEmpty }
                .map { [$0.sourceFile, "\($0.rowNumber)", $0.errors.map(\.check).joined(), $0.comment] }
        }
        let told = [
            ["north.csv", "3", "double", "Name: row 4 of south.csv is the same record. Correct one of the two."],
            ["south.csv", "4", "double", "Name: row 3 of north.csv is the same record. Correct one of the two."],
        ]
        #expect(try await doubles("en") == told)
        #expect(try await doubles("ko")[0][3] == "이름: south.csv 파일의 4행과 같은 레코드입니다. 둘 중 하나를 수정하세요.")
        // Told once, however often and in whichever language somebody asks for a check.
        var korean = stage.agent
        korean.locale = "ko"
        _ = try await stage.end(of: try await stage.validate(task, as: korean))
        #expect(try await doubles("en") == told)
        #expect(try await stage.startOver(task).removedRows == 5)
        _ = try await stage.loaded(Stage.file(["Graz"]), "east.csv", of: task)
        #expect(try await doubles("en").isEmpty)
        _ = try await stage.loaded(Stage.file(["Graz"]), "west.csv", of: task)
        #expect(
            try await doubles("en").map { $0[3] }.sorted() == [
                "Name: row 2 of east.csv is the same record. Correct one of the two.",
                "Name: row 2 of west.csv is the same record. Correct one of the two.",
            ])
    }

    /// What the file says against a cell that is no part of the key takes nothing from the key.
    @Test func aFaultBesideTheKeyHidesNoDouble() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let files = [("north.csv", "Linz,Linz\nGraz,Graz"), ("south.csv", "GRAZ,#N/A\n#N/A,Wien\n#N/A,Steyr")]
        for (name, lines) in files {
            let rows = lines.split(separator: "\n").map { "\($0),Ernst Handel\n" }.joined()
            _ = try await stage.loaded(Array("Name,City,Account\n\(rows)".utf8), name, of: task)
        }
        let told = try await stage.rows(task, in: "en").map { row in row.errors.map(\.check).sorted() }
        // In the order of their rows, those of both files beside each other.
        #expect(told == [[], ["double", "file"], ["double"], ["file"], ["file"]])
    }

    /// A file of two columns in which a quotation mark has swallowed rows: nothing of it is ready.
    @Test func swallowedRowsOfTwoColumnsAreNotReady() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let file = "Name,Account\n\"Linz,Ernst Handel\nGraz,Ernst Handel\nWien\",Ernst Handel\nSteyr,Ernst Handel\n"
        _ = try await stage.loaded(Array(file.utf8), of: task)
        let rows = try await stage.rows(task, in: "en")
        #expect(rows.map { $0.errors.map(\.check) } == [["file"], []])
    }

    /// A load into an empty task finds its doubles by itself, unless another brings some meanwhile.
    @Test func loadsSideBySideNameEachOther() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        stage.owner.hold(stage.account)
        let slow = try await stage.upload(
            Stage.file([("Graz", "Ernst Handel"), ("Wien", OnboardingStandIn.held)]), "slow.csv", to: task)
        let run = try #require(try await stage.load([slow], of: task).first)
        let limit = ContinuousClock.now + .seconds(60)
        while !stage.owner.isAsked(stage.account), ContinuousClock.now < limit {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await stage.loaded(Stage.file(["Linz", "Graz", "Steyr"]), "quick.csv", of: task).failedRows == 0)
        stage.owner.letGo(stage.account)
        _ = try await stage.end(of: run)
        let told = try await stage.rows(task, in: "en").filter { row in row.errors.contains { $0.check == "double" } }
        #expect(Set(told.map { "\($0.sourceFile) \($0.rowNumber)" }) == ["quick.csv 3", "slow.csv 2"])
    }

    /// A place may be an address of two kinds, but only once of each, whatever the kind is called.
    @Test func anAddressIsOneByItsType() async throws {
        let stage = try await Stage()
        let task = try await stage.locations { $0.targetTable = "account_address_relationship" }
        let lines = ["L,Ernst Handel,billing", "L,Ernst Handel,shipping", "l,Ernst Handel,Billing"]
        let file = "Location,Account,Address type\n" + lines.map { $0 + "\n" }.joined()
        _ = try await stage.loaded(Array(file.utf8), "addresses.csv", of: task)
        let rows = try await stage.rows(task, in: "en")
        #expect(rows.map { $0.errors.map(\.check) } == [["double"], [], ["double"]])
    }

    // MARK: Where a row stood

    @Test func rowsKnowTheirSheet() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let path = FileManager.default.temporaryDirectory.appending(path: "sheet-\(uuid()).xlsx").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let columns = ["Name", "Account"].map { WorkbookColumn(label: $0, kind: .text) }
        let writer = try WorkbookWriter(path: path, sheet: "Sites", columns: columns)
        try writer.append(["Linz", "Ernst Handel"])
        try writer.finish()
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        _ = try await stage.loaded(bytes, "sites.xlsx", of: task)
        _ = try await stage.loaded(Stage.file(["Graz"]), of: task)
        let rows = try await stage.rows(task, in: "en")
        #expect(
            Set(rows.map { "\($0["name"] ?? "") \($0.sourceFile) \($0.sourceSheet) \($0.rowNumber)" }) == [
                "Linz sites.xlsx Sites 2", "Graz locations.csv  2",
            ])
    }
}

extension Character {
    fileprivate var isHangul: Bool { unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) } }
}
