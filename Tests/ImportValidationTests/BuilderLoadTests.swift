import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// A finished builder in use: template, titles, transform map, checks, list views, publication.
@Suite(.timeLimit(.minutes(15))) struct BuilderLoadTests {
    private static let maps = [
        Building.map("city", "split") { ($0.separator, $0.part) = (",", 1) },
        Building.map("postal_code", "split") { ($0.separator, $0.part) = (",", -1) },
        Building.map("country", "value_map") {
            $0.values = [Building.value("Oesterreich", "AT"), Building.value("Nirgends", "")]
        },
        Building.map("time_zone", "default") { $0.text = "Europe/Vienna" },
        Building.map("street", "constant") { $0.text = "Main street" },
        Building.map("account", "lookup") { $0.lookupField = "account_number" },
    ]

    private static func csv(_ lines: String...) -> [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

    @Test func filesAreReadAsTheBuilderSays() async throws {
        let building = try await Building()
        let builder = try await building.finished(Self.maps, views: ["needs_attention": ["country", "name"]])
        let stage = building.stage
        let task = try await building.task(builder)
        let run = try await stage.loaded(
            Self.csv(
                "Remark,Nation,Site,Customer,Place,Zone",
                "x,OESTERREICH ,Werk,A-1,\"Linz, 4020\",", "y,Narnia,Depot,A-1,\"Graz, 8010\",UTC",
                "z,Nirgends,Lager,A-1,Wien,Mars"),
            of: task)
        #expect(run.state == "completed" && run.totalRows == 3 && run.failedRows == 2, "\(run.message ?? "")")
        let rows = try await stage.rows(task).stagingRows
        let fields = ["name", "account", "city", "postal_code", "country", "time_zone", "street"]
        #expect(
            rows.map { row in fields.map { row[$0] ?? "" } } == [
                ["Werk", "A-1", "Linz", "4020", "AT", "Europe/Vienna", "Main street"],
                ["Depot", "A-1", "Graz", "8010", "Narnia", "UTC", "Main street"],
                ["Lager", "A-1", "Wien", "", "", "Mars", "Main street"],
            ])
        // What has no place in the value map says where it stands, by the title of the template.
        let unmapped = try #require(rows[1].errors.first)
        #expect(rows[1].errors.count == 1 && unmapped.check == "file" && unmapped.field == "country")
        #expect(
            unmapped.message
                == "Nation (B3) holds \"Narnia\", which has no place in the value map of this import. Correct the value."
        )
        #expect(unmapped.sourceTitle == "Nation")
        #expect(rows[2].comment.hasPrefix("Zone "), "\(rows[2].comment)")

        // The list view has the columns that were chosen.
        let seen = try await stage.rows(task) { ($0.status, $0.view) = ("needs_attention", "needs_attention") }
        #expect(seen.stagingRows.map { $0.cells.map(\.field) } == [["country", "name"], ["country", "name"]])
        let wrong = try await stage.refusal { () async throws(Problem) in
            try await stage.rows(task) { $0.view = "published" }
        }
        #expect(wrong.violations.map(\.field) == ["view"])

        // A corrected cell is what the target takes.
        let mended = try await stage.correct(rows[1], "country", "AT")
        #expect(mended.errors.isEmpty && mended["country"] == "AT")
        _ = try await stage.end(of: try await stage.validate(task))
        #expect(try await stage.summary(task) == [0, 1, 2, 0])
        _ = try await stage.end(of: try await stage.publish(of: task))
        let sent = try #require(stage.owner.published(stage.account).first)
        #expect(sent.targetTable == "location" && sent.rows.count == 2)
        let account = try #require(sent.columns.firstIndex(of: "account"))
        #expect(sent.referenceFields.dropFirst(account).first == "account_number")
    }

    /// An error of a cell that the map has made tells what the file has in its place.
    @Test func whatWasMadeIsTracedToItsCell() async throws {
        let building = try await Building()
        let builder = try await building.finished([
            Building.map("country", "split") { ($0.separator, $0.part) = ("/", 2) },
            Building.map("time_zone", "value_map") { $0.values = [Building.value("Summer", "Europe/Vienna")] },
        ])
        let task = try await building.task(builder)
        _ = try await building.stage.loaded(
            Self.csv("Site,Customer,Place,Nation,Zone", "Werk,A,Linz,Tirol / Austrria,Summer"), of: task)
        let row = try #require(try await building.stage.rows(task).stagingRows.first)
        let error = try #require(row.errors.first)
        #expect(row.errors.count == 1 && error.value == "Austrria" && error.sourceTitle == "Nation")
        #expect(error.sourceCell == "D2" && error.sourceValue == "Tirol / Austrria")
        #expect(error.message.hasSuffix("The file has \"Tirol / Austrria\" in D2."), "\(error.message)")
        #expect(row["time_zone"] == "Europe/Vienna")
        let korean = try await building.stage.rows(task, in: "ko").first?.errors.first?.message
        #expect(korean?.hasSuffix("파일의 D2 셀 값: ‘Tirol / Austrria’") == true)
    }

    /// A task has the template that was stored, and reads files by its titles alone.
    @Test func theTemplateIsTheStoredOne() async throws {
        let building = try await Building()
        let builder = try await building.finished()
        let task = try await building.task(builder)
        var request = DownloadTemplateRequest()
        request.id = task.id
        let file = try await building.stage.call(ImportValidationAPI.downloadTemplate, request)
        let stored = try await building.stage.call(ImportValidationAPI.getBuilderTemplate, Stage.named(builder.id))
        #expect(file.fileName == "sites.xlsx" && file.content == stored.content && file.sha256 == stored.sha256)
        let run = try await building.stage.loaded(Self.csv("Standort,Konto", "Werk,A"), of: task)
        #expect(run.state == "failed" && run.message?.contains("\"Site\"") == true, "\(run.message ?? "")")
        let ready = try await building.stage.loaded(Self.csv("site , CUSTOMER", "Werk,A"), of: task)
        #expect(ready.state == "completed" && ready.failedRows == 0, "\(ready.message ?? "")")
    }

    /// Its checks are those of its staging table, beside those of the target's dictionary.
    @Test func itsChecksAreCarriedOut() async throws {
        let building = try await Building()
        let builder = try await building.finished()
        var request = CreateDataValidationAssistRequest()
        var assist = DataValidationAssist()
        (assist.validationType, assist.validationSubType, assist.mandatory) = ("field", "string_limit", true)
        (assist.stagingTable, assist.stagingTableField, assist.maxLength) = (builder.importSetTable, "u_city", 5)
        request.dataValidationAssist = assist
        _ = try await building.stage.call(
            ImportValidationAPI.createDataValidationAssist, request, as: .holding("admin"))
        let task = try await building.task(builder)
        _ = try await building.stage.loaded(
            Self.csv("Site,Customer,Place", "Werk,A,Linz", "Depot,A,Salzburg", "Lager,A,"), of: task)
        let rows = try await building.stage.rows(task).stagingRows
        #expect(rows.map(\.status) == ["ready_to_publish", "needs_attention", "needs_attention"])
        #expect(rows.map { $0.errors.map(\.check) } == [[], ["string_limit"], ["mandatory"]])
    }

    /// Another tenant's builder of the same table name means nothing to a task.
    @Test func aBuilderServesItsDomain() async throws {
        let elsewhere = try await Building(domain: "/elsewhere/")
        let builder = try await elsewhere.finished()
        let building = try await Building()
        let task = try await building.task(builder)
        #expect(task.dataSource == "cmn_location_template.xlsx")
        // Onboarding, which sees all tenants, makes tasks for playbooks: it is the task's domain that counts.
        var request = CreateImportTaskRequest()
        request.importTask = ImportTask()
        request.importTask?.parent = building.stage.onboarding
        request.importTask?.targetTable = "location"
        request.importTask?.sourceTable = builder.importSetTable
        let made = try await building.stage.call(
            ImportValidationAPI.createImportTask, request, as: .service("onboarding", domain: .root))
        #expect(made.dataSource == "cmn_location_template.xlsx")
        let run = try await building.stage.loaded(Self.csv("Name,Account", "Werk,A"), of: task)
        #expect(run.state == "completed" && run.failedRows == 0)
    }

    /// A cell that a field of this kind takes.
    private static func sample(_ field: FieldSchema) -> String {
        switch (field.type, field.format) {
        case (.choice, _): field.choices.first?.value.string ?? ""
        case (.boolean, _): "true"
        case (.integer, _), (.decimal, _), (.currency, _): "10"
        case (.date, _): "2026-01-01"
        case (.datetime, _): "2026-01-01 10:00:00"
        case (.email, _): "kim@example.com"
        case (.url, _): "https://example.com"
        case (_, .country): "KR"
        case (_, .timeZone): "Asia/Seoul"
        case (_, .currencyCode): "KRW"
        default: "Text"
        }
    }

    /// Whatever is declared importable has builders: nothing of them is made for a table.
    @Test(arguments: ImportTarget.all.map(\.table)) func everyTargetHasBuilders(_ table: String) async throws {
        let building = try await Building()
        let target = try #require(ImportTarget.named(table))
        let titles = target.fields.indices.map { "Q\($0)" }
        let id = try await building.create(table).id
        let columns = zip(titles, target.fields).map { Building.column($0, $1.name) }
        let titled = try await building.template(id, titles, columns)
        #expect(titled.columns.map(\.fields) == target.fields.map { [$0.name] })
        _ = try await building.dataSource(id)
        _ = try await building.transformMap(id)
        _ = try await building.checks(id)
        let builder = try #require(try await building.finish(id).importBuilder)
        let task = try await building.task(builder) { $0.targetTable = table }
        let cells = target.fields.map(Self.sample)
        let file = Self.csv(titles.joined(separator: ","), cells.joined(separator: ","))
        let run = try await building.stage.loaded(file, of: task)
        let row = try #require(try await building.stage.rows(task).stagingRows.first)
        #expect(run.state == "completed" && row.status == "ready_to_publish", "\(run.message ?? "") \(row.comment)")
        _ = try await building.stage.end(of: try await building.stage.publish(of: task))
        let sent = try #require(building.stage.owner.published(building.stage.account).first)
        #expect(sent.targetTable == table && sent.columns == target.fields.map(\.name))
        #expect(sent.rows.first?.values == cells)
    }
}
