import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Where values come from that a builder's transform map has made, with or without a cell (G-133).
@Suite(.timeLimit(.minutes(15))) struct MapLineageTests {
    private static let maps = [
        Building.map("street", "constant") { $0.text = "Main street" },
        Building.map("time_zone", "default") { $0.text = "Europe/Vienna" },
        Building.map("country", "value_map") { $0.values = [Building.value("Oesterreich", "AT")] },
        Building.map("city", "split") { ($0.separator, $0.part) = (",", 1) },
    ]

    private struct Ground {
        let building: Building
        let builder: ImportBuilder
        let task: ImportTask
        var stage: Stage { building.stage }
    }

    private static func ground() async throws -> Ground {
        let building = try await Building()
        let builder = try await building.finished(maps)
        building.stage.owner.tellAll(building.stage.account)
        return Ground(building: building, builder: builder, task: try await building.task(builder))
    }

    /// Where each field of the rows of a file comes from, by row and field.
    private static func origins(
        _ text: String, _ ground: Ground, correcting: (Int, String, String)? = nil, in language: String = "en"
    ) async throws -> [[String: LineageEntry]] {
        let (stage, task) = (ground.stage, ground.task)
        let run = try await stage.loaded(Array(text.utf8), "sites.csv", of: task)
        #expect(run.state == "completed" && run.failedRows == 0, "\(run.message ?? "")")
        if let (number, field, value) = correcting {
            let rows = try await stage.rows(task) { $0.status = "ready_to_publish" }.stagingRows
            _ = try await stage.correct(rows[number], field, value)
            _ = try await stage.end(of: try await stage.validate(task))
        }
        let publication = try await stage.end(of: try await stage.publish(of: task))
        var reader = stage.agent
        reader.locale = language
        var origins: [[String: LineageEntry]] = []
        for row in try await stage.publishedRows(publication).publishedRows {
            let entries = try await stage.lineage(of: row.targetRecord, as: reader)
            origins.append(Dictionary(entries.map { ($0.field, $0) }) { first, _ in first })
        }
        return origins
    }

    @Test func constantsAndDefaultsNameTheirMap() async throws {
        let ground = try await Self.ground()
        let rows = try await Self.origins(
            "Site,Customer,Place,Nation,Zone\nA,Ernst,\"Linz, 4020\",Oesterreich,\nB,Ernst,Graz,,Europe/Vienna\n",
            ground)
        try #require(rows.count == 2)
        let constant = try #require(rows[0]["street"])
        let name = try #require(ground.builder.transformMapName)
        #expect(constant.after == "Main street" && constant.cell.isEmpty)
        #expect(constant.origin == "None: constant of transform map \(name)")
        let map = try #require(constant.map)
        #expect(map.name == name && map.kind == "constant" && map.text == "Main street")
        #expect(map.savedBy == ground.building.designer.subject && map.savedAt == ground.builder.updatedAt)
        #expect(map.version.count == 64 && ground.builder.fingerprint?.hasSuffix(map.version) == true)
        #expect(constant.fileName == "sites.csv" && constant.rowNumber == 2, "the row that it came with")
        // A default counts where the cell was empty; the same text in the cell is the file's.
        let standard = try #require(rows[0]["time_zone"])
        #expect(
            standard.map?.kind == "default" && standard.cell.isEmpty && standard.origin.contains("the cell was empty"))
        let own = try #require(rows[1]["time_zone"])
        #expect(own.map == nil && own.cell == "E3" && own.origin.isEmpty && own.after == standard.after)
        // What is made of a cell names both; what is copied has no map.
        let mapped = try #require(rows[0]["country"])
        #expect(mapped.cell == "D2" && mapped.map?.kind == "value_map" && mapped.origin.isEmpty)
        #expect(rows[0]["city"]?.map?.kind == "split" && rows[0]["city"]?.cell == "C2")
        #expect(rows[0]["name"]?.map == nil && rows[0]["name"]?.cell == "A2")
    }

    /// A file without the column has the default of every row; a corrected constant is a person's value.
    @Test func aMissingColumnAndACorrection() async throws {
        let ground = try await Self.ground()
        let rows = try await Self.origins(
            "Site,Customer,Place\nA,Ernst,Linz\nB,Ernst,Graz\n", ground, correcting: (1, "street", "Side street"),
            in: "ko")
        try #require(rows.count == 2)
        let name = try #require(ground.builder.transformMapName)
        #expect(rows[0]["street"]?.origin == "없음: 변환 맵 ‘\(name)’의 상수")
        #expect(rows[0]["time_zone"]?.origin == "없음: 셀이 비어 있어 변환 맵 ‘\(name)’의 기본값 사용")
        let corrected = try #require(rows[1]["street"])
        #expect(corrected.after == "Side street" && corrected.map == nil && corrected.origin.isEmpty)
        #expect(corrected.correctedBy == ground.stage.agent.subject && corrected.cell.isEmpty)
        #expect(rows[1]["time_zone"]?.map?.kind == "default")
    }

    /// It outlives the builder, and what is on its way when a worker is killed is told as well.
    @Test func itOutlivesItsBuilder() async throws {
        let ground = try await Self.ground()
        let (stage, task) = (ground.stage, ground.task)
        let file = "Site,Customer,Place\n\(OnboardingStandIn.held),Ernst,Linz\n"
        #expect(try await stage.loaded(Array(file.utf8), "sites.csv", of: task).failedRows == 0)
        stage.owner.hold(stage.account)
        let begun = try await stage.publish(of: task)
        let run = try await stage.killed(begun, "publication_batch") {
            !stage.owner.published(stage.account).isEmpty
        } before: {
        }
        let row = try #require(try await stage.publishedRows(run).publishedRows.first)
        _ = try await stage.bench.admin.run(
            """
            UPDATE import_validation.import_task SET source_table = 'sn_acct_lc_account_onb_import_locations' \
            WHERE id = \(task.id)
            """)
        _ = try await stage.bench.admin.run(
            "DELETE FROM import_validation.import_builder WHERE id = \(ground.builder.id)")
        let entry = try #require(try await stage.lineage(of: row.targetRecord, field: "street").first)
        #expect(entry.map?.name == ground.builder.transformMapName && entry.map?.kind == "constant")
        // Nothing of it is told to who may not read the record's lineage.
        let stranger = Caller.holding("admin", domain: "/elsewhere/")
        let problem = await stage.met { () async throws(Problem) in
            try await stage.lineage(of: row.targetRecord, as: stranger)
        }
        #expect(problem?.code == .notFound)
    }
}
