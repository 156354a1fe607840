import Foundation
import ImportValidationWire
import Records
import ServiceTestKit
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// A table that nothing but its declaration makes importable, and a builder: a file of foreign titles comes to rows that its
/// owner can be sent, without any code for it.
@Suite struct NewTargetTests {
    private static let titles = ["Firma", "Raum", "Art", "Plaetze", "Zeitraum", "Waehrung"]
    private static let columns = [
        ("Firma", "account"), ("Raum", "name"), ("Art", "size"), ("Plaetze", "seats"), ("Zeitraum", "opens"),
        ("Zeitraum", "closes"), ("Waehrung", "currency"),
    ].map { Building.column($0, $1) }
    private static let maps = [
        Building.map("size", "value_map") { map in
            map.values = [Building.value("klein", "small"), Building.value("gross", "large")]
        },
        Building.map("opens", "split") { ($0.separator, $0.part) = (" bis ", 1) },
        Building.map("closes", "split") { ($0.separator, $0.part) = (" bis ", 2) },
        Building.map("currency", "default") { $0.text = "EUR" },
    ]

    /// The target as a builder has it whose steps were carried out on a template.
    private static func built() throws -> ImportTarget {
        let target = try #require(ImportTarget(MeetingRoom.schema))
        let titles = try TemplateTitles.read(
            try Building.workbook(Self.titles), "rooms.xlsx", byHand: Self.columns, target)
        #expect(titles.missing.isEmpty)
        var parts = BuilderState()
        parts.fieldMaps = try FieldMapCheck(target: target, columns: titles.columns).completed(maps)
        return ImportTarget(target, BuiltImport(parts, target))
    }

    private static func read(_ text: String, _ target: ImportTarget) throws -> [ReadRow] {
        let path = FileManager.default.temporaryDirectory.appending(path: "rooms-\(UUID().uuidString).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(filePath: path))
        let table = try TableFinder.find(target, LoadOptions()) { try TableFile.open(path: path, name: "rooms.csv") }
        var reader = RowReader(table.header, CheckPlan(target, []))
        var row = SheetRow()
        var rows: [ReadRow] = []
        while try table.source.next(into: &row) {
            if let read = reader.read(row) { rows.append(read) }
        }
        return rows
    }

    @Test func itsDeclarationAndABuilderAreAllItTakes() async throws {
        let target = try Self.built()
        let rows = try Self.read(
            """
            Raum,Firma,Art,Plaetze,Zeitraum,Waehrung
            Aula,Acme,Gross,40,2026-01-01 bis 2026-12-31,
            Kammer,Acme,winzig,-1,2026-12-31 bis 2026-01-01,XXQ
            """, target)
        #expect(rows.count == 2)
        let plan = CheckPlan(target, [])
        let checker = RowChecker(
            plan, account: "a1", records: [:], language: "en",
            resolve: { _, texts in
                Dictionary(uniqueKeysWithValues: texts.map { ($0, RowChecker.Match(count: 1, id: "a1")) })
            }, run: { _, _ in [] })
        let verdicts = try await checker.check(rows.map(\.cells), faults: rows.map(\.faults))
        #expect(verdicts[0].errors.isEmpty, "\(verdicts[0].comment)")
        #expect(plan.stored(rows[0].cells) == ["Acme", "Aula", "large", "40", "2026-01-01", "2026-12-31", "EUR"])
        // Sense follows from the declaration: an end before its start, a negative number, an unknown currency.
        #expect(verdicts[1].errors.map(\.field) == ["size", "seats", "currency", "closes"])
        #expect(verdicts[1].errors.map(\.check) == [.file, .field, .field, .order])
        #expect(verdicts[1].comment.contains("Art (C3) holds \"winzig\""))
    }

    /// A task whose builder an administrator has made in its six steps.
    private static func task() async throws -> (Stage, ImportTask, RoomOwner) {
        ImportTarget.declare(MeetingRoom.schema)
        let building = try await Building()
        let stage = building.stage
        let owner = try await RoomOwner(stage.account, named: "Ernst Handel", in: stage.domain)
        stage.owner.handOver(MeetingRoom.schema.table, to: owner)
        let id = try await building.create(MeetingRoom.schema.table).id
        let titled = try await building.template(id, titles, columns)
        #expect(titled.missingFields.isEmpty && titled.columns.map(\.title) == titles)
        _ = try await building.dataSource(id)
        _ = try await building.transformMap(id, maps)
        _ = try await building.checks(id)
        _ = try await building.views(id, ["needs_attention": ["name", "size"]])
        let builder = try #require(try await building.finish(id).importBuilder)
        #expect(builder.step == "complete" && builder.targetTable == "meeting_room")
        #expect(stage.owner.definition(builder.activityDefinition ?? "") != nil)
        let task = try await building.task(builder) { $0.targetTable = MeetingRoom.schema.table }
        #expect(task.targetTable == "meeting_room" && task.sourceTable == builder.importSetTable)
        return (stage, task, owner)
    }

    private static func file(_ rows: String...) -> [UInt8] {
        Array((([titles.joined(separator: ",")] + rows).joined(separator: "\n") + "\n").utf8)
    }

    /// From the builder's steps over staging, plan and publication into the table of the owner, and back.
    @Test(.timeLimit(.minutes(15))) func itsRowsComeAndGo() async throws {
        let (stage, task, owner) = try await Self.task()
        let saal = "Ernst Handel,Saal,klein,10,2026-01-01 bis 2026-06-30,USD"
        _ = try await stage.loaded(Self.file(saal), "first.csv", of: task)
        _ = try await stage.end(of: try await stage.publish(of: task))
        let first = [["Saal", "small", "10", "2026-01-01", "2026-06-30", "USD", "1"]]
        #expect(try await owner.rooms() == first)

        let run = try await stage.loaded(
            Self.file(
                "Ernst Handel,Aula,Gross,40,2026-01-01 bis 2026-12-31,",
                "Ernst Handel,SAAL,klein,12,2026-01-01 bis 2026-06-30,USD",
                "Ernst Handel,Kammer,winzig,4,2026-02-01 bis 2026-02-28,"), "second.csv", of: task)
        #expect(run.state == "completed" && run.totalRows == 3 && run.failedRows == 1, "\(run.message ?? "")")
        #expect(try await stage.summary(task) == [0, 1, 2, 1])
        let wrong = try await stage.rows(task) { ($0.status, $0.view) = ("needs_attention", "needs_attention") }
        #expect(wrong.stagingRows.map { $0.cells.map(\.field) } == [["name", "size"]])
        #expect(wrong.stagingRows.first?.errors.map(\.sourceTitle) == ["Art"])
        _ = try await stage.correct(try #require(wrong.stagingRows.first), "size", "small")
        _ = try await stage.end(of: try await stage.validate(task))

        let plan = try await stage.planned(task)
        let planned = try await stage.planRows(plan)
        #expect(planned.counts?.inserts == 2 && planned.counts?.updates == 1, "\(plan.message ?? "")")
        #expect(planned.planRows.map { $0.fields.first { $0.field == "seats" }?.after } == ["40", "12", "4"])
        #expect(try await owner.rooms() == first, "a plan changes nothing")

        let publication = try await stage.end(of: try await stage.publish(plan, of: task))
        #expect(publication.doneRows == 3 && publication.failedRows == 0, "\(publication.message ?? "")")
        #expect(
            try await owner.rooms() == [
                ["Aula", "large", "40", "2026-01-01", "2026-12-31", "EUR", "1"],
                ["Kammer", "small", "4", "2026-02-01", "2026-02-28", "EUR", "1"],
                ["SAAL", "small", "12", "2026-01-01", "2026-06-30", "USD", "2"],
            ])
        #expect(try await stage.summary(task) == [0, 0, 0, 4])
        let lineage = try await stage.lineage(
            of: try await owner.id(of: "SAAL"), field: "seats", table: "meeting_room", as: .holding("admin"))
        #expect(lineage.map(\.cell) == ["D3", "D2"] && lineage.map(\.fileName) == ["second.csv", "first.csv"])
        #expect(lineage.map(\.before) == ["10", ""] && lineage.map(\.after) == ["12", "10"])

        let undo = try await stage.end(of: try await stage.undo(publication, of: task))
        #expect(undo.doneRows == 3 && undo.failedRows == 0, "\(undo.message ?? "")")
        #expect(try await owner.rooms() == [["Saal", "small", "10", "2026-01-01", "2026-06-30", "USD", "3"]])
        #expect(try await stage.summary(task) == [0, 0, 3, 1])
    }
}
