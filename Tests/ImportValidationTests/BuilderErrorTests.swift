import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// The error workbooks of a builder's task: under the titles of its template, with the cells that its map has made.
@Suite(.timeLimit(.minutes(15))) struct BuilderErrorTests {
    private static let maps = [
        // A second time these would make others of what they have made.
        Building.map("country", "value_map") {
            $0.values = [Building.value("Oesterreich", "AT"), Building.value("AT", "DE")]
        },
        Building.map("time_zone", "default") { $0.text = "Europe/Vienna" },
        Building.map("city", "split") { ($0.separator, $0.part) = ("-", 1) },
        Building.map("postal_code", "split") { ($0.separator, $0.part) = ("-", -1) },
        Building.map("street", "constant") { $0.text = "Main street" },
        Building.map("account", "lookup") { $0.lookupField = "account_number" },
    ]

    /// A task with three rows, of which the second and the third need attention.
    private static func staged() async throws -> (Stage, ImportTask) {
        let building = try await Building()
        let task = try await building.task(try await building.finished(maps))
        let run = try await building.stage.loaded(
            Array(
                """
                Site,Customer,Place,Nation,Zone
                Werk,A-1,Linz - 4020,Oesterreich,UTC
                Depot,A-1,Graz - 8010,Narnia,
                Lager,A-1,Wien - 1010,Oesterreich,Mars

                """.utf8), of: task)
        #expect(run.state == "completed" && run.totalRows == 3 && run.failedRows == 2, "\(run.message ?? "")")
        return (building.stage, task)
    }

    private static let titles = [
        "en": [
            "Site", "Customer", "Street", "Place (City)", "State or province", "Place (Postal code)", "Nation", "Zone",
        ],
        "ko": ["Site", "Customer", "도로명 주소", "Place(시/군/구)", "시/도", "Place(우편번호)", "Nation", "Zone"],
    ]

    /// Corrected and imported it mends those rows; what the map has made is not made again, and what a default has filled
    /// can be emptied.
    @Test(arguments: ["en", "ko"]) func itMendsWhatTheMapHasMade(_ language: String) async throws {
        let (stage, task) = try await Self.staged()
        var sheet = try ErrorSheet(try await stage.errors(of: task) { $0.language = language }.1)
        #expect(Array(sheet.titles.dropLast(2)) == Self.titles[language])
        #expect(
            sheet.rows.map { Array($0.prefix(8)) } == [
                ["Depot", "A-1", "Main street", "Graz", "", "8010", "Narnia", "Europe/Vienna"],
                ["Lager", "A-1", "Main street", "Wien", "", "1010", "AT", "Mars"],
            ])
        let city = language == "ko" ? "Place(시/군/구)" : "Place (City)"
        sheet[0, "Nation"] = "AT"
        sheet[0, "Zone"] = ""
        sheet[0, city] = "Graz - Umgebung"
        sheet[1, "Zone"] = "Europe/Vienna"
        let before = try await stage.rows(task).stagingRows
        let run = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        #expect(run.state == "completed" && run.doneRows == 2 && run.failedRows == 0, "\(run.message ?? "")")
        #expect(run.message?.hasPrefix("2 rows were mended; 0 hold what they held.") == true, "\(run.message ?? "")")
        let after = try await stage.rows(task).stagingRows
        let fields = ["name", "account", "street", "city", "postal_code", "country", "time_zone"]
        #expect(after.map(\.id) == before.map(\.id) && after.map(\.errors) == [[], [], []])
        #expect(
            after.map { row in fields.map { row[$0] ?? "" } } == [
                ["Werk", "A-1", "Main street", "Linz", "4020", "AT", "UTC"],
                ["Depot", "A-1", "Main street", "Graz - Umgebung", "8010", "AT", ""],
                ["Lager", "A-1", "Main street", "Wien", "1010", "AT", "Europe/Vienna"],
            ])
        #expect(after[0].etag == before[0].etag, "only what changed is written")
        #expect(try await stage.summary(task) == [0, 0, 3, 0])
        _ = try await stage.end(of: try await stage.publish(of: task))
        let sent = try #require(stage.owner.published(stage.account).first)
        let account = try #require(sent.columns.firstIndex(of: "account"))
        #expect(sent.rows.count == 3 && sent.referenceFields.dropFirst(account).first == "account_number")
    }

    /// What nobody has touched holds what it held, with the value that no map knows.
    @Test func anUntouchedOneChangesNothing() async throws {
        let (stage, task) = try await Self.staged()
        let before = try await stage.rows(task).stagingRows
        let run = try await stage.loaded(try await stage.errors(of: task).1, "untouched.xlsx", of: task)
        #expect(run.message?.hasPrefix("0 rows were mended; 2 hold what they held.") == true, "\(run.message ?? "")")
        #expect(try await stage.rows(task).stagingRows == before)
    }

    /// Without its column of keys it is no file of the builder's either, though some of its titles are, and what is said is
    /// that the keys are missing.
    @Test func withoutItsKeysItIsRefusedAsSuch() async throws {
        let (stage, task) = try await Self.staged()
        var sheet = try ErrorSheet(try await stage.errors(of: task).1)
        sheet.titles.removeLast()
        for row in sheet.rows.indices { sheet.rows[row].removeLast() }
        let run = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        #expect(run.state == "failed" && run.message == ErrorWorkbook.withoutKeys.text.en, "\(run.message ?? "")")
        #expect(try await stage.summary(task) == [0, 2, 1, 0])
    }

    /// One that has lost a mandatory column says which, under its title.
    @Test func aMissingColumnIsNamedByItsTitle() async throws {
        let (stage, task) = try await Self.staged()
        var sheet = try ErrorSheet(try await stage.errors(of: task).1)
        let column = try #require(sheet.titles.firstIndex(of: "Site"))
        sheet.titles.remove(at: column)
        for row in sheet.rows.indices { sheet.rows[row].remove(at: column) }
        let run = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        #expect(run.state == "failed" && run.message?.contains("\"Site\"") == true, "\(run.message ?? "")")
        #expect(try await stage.summary(task) == [0, 2, 1, 0])
    }

    /// Titles stay distinct: one that is the label of another field is followed by that of its own.
    @Test func titlesAreToldApart() throws {
        let target = try #require(ImportTarget.named("location"))
        func layout(_ titles: [String: String]) throws -> [String] {
            var parts = BuilderState()
            parts.fieldMaps = target.fields.compactMap { field in
                titles[field.name].map { title in Building.map(field.name, "copy") { $0.title = title } }
            }
            let corrected = ImportTarget(target, BuiltImport(parts, target)).corrected
            #expect(corrected.heads == Array(target.fields.indices) && RowTransform(corrected) == nil)
            return corrected.fields.map(\.label.en)
        }
        #expect(
            try layout(["name": "CITY", "account": "Firma"]) == [
                "CITY (Name)", "Firma", "Street", "City", "State or province", "Postal code", "Country", "Time zone",
            ])
        // Whatever cannot be told apart so goes by the labels of the target.
        #expect(
            try layout(["name": "City", "account": "City (Name)"]) == [
                "Name", "Account", "Street", "City", "State or province", "Postal code", "Country", "Time zone",
            ])
        #expect(target.corrected.fields.map(\.label) == target.fields.map(\.label))
    }
}
