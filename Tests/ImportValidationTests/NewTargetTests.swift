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
    private static let schema = RecordSchema(
        table: "meeting_room", collection: "meeting_rooms", service: "onboarding",
        label: Text(en: "Meeting room", ko: "회의실"), numberPrefix: nil,
        fields: [
            FieldSchema(
                name: "account", jsonName: "account", label: Text(en: "Account", ko: "계정"), type: .reference,
                mandatory: true, reference: "customer_account", storage: .string),
            FieldSchema(
                name: "name", jsonName: "name", label: Text(en: "Name", ko: "이름"), type: .string, mandatory: true,
                storage: .string),
            FieldSchema(
                name: "size", jsonName: "size", label: Text(en: "Size", ko: "크기"), type: .choice,
                choices: [
                    Choice(value: .string("small"), label: Text(en: "Small", ko: "소형")),
                    Choice(value: .string("large"), label: Text(en: "Large", ko: "대형")),
                ], storage: .string),
            FieldSchema(
                name: "seats", jsonName: "seats", label: Text(en: "Seats", ko: "좌석 수"), type: .integer, minimum: 0,
                storage: .int),
            FieldSchema(
                name: "opens", jsonName: "opens", label: Text(en: "Opens", ko: "사용 시작일"), type: .date, storage: .string),
            FieldSchema(
                name: "closes", jsonName: "closes", label: Text(en: "Closes", ko: "사용 종료일"), type: .date,
                notBefore: "opens", storage: .string),
            FieldSchema(
                name: "currency", jsonName: "currency", label: Text(en: "Currency", ko: "통화"), type: .string,
                format: .currencyCode, storage: .string),
        ],
        importing: ImportSchema(order: 99, task: Text(en: "Import rooms", ko: "회의실 가져오기"), key: ["account", "name"]))

    /// The target as a builder has it whose steps were carried out on a template.
    private static func built() throws -> ImportTarget {
        let target = try #require(ImportTarget(schema))
        let titles = try TemplateTitles.read(
            try Building.workbook(["Firma", "Raum", "Art", "Plaetze", "Zeitraum", "Waehrung"]), "rooms.xlsx",
            byHand: [
                ("Firma", "account"), ("Raum", "name"), ("Art", "size"), ("Plaetze", "seats"), ("Zeitraum", "opens"),
                ("Zeitraum", "closes"), ("Waehrung", "currency"),
            ].map { Building.column($0, $1) }, target)
        #expect(titles.missing.isEmpty)
        var parts = BuilderState()
        parts.fieldMaps = try FieldMapCheck(target: target, columns: titles.columns).completed([
            Building.map("size", "value_map") { map in
                map.values = [Building.value("klein", "small"), Building.value("gross", "large")]
            },
            Building.map("opens", "split") { ($0.separator, $0.part) = (" bis ", 1) },
            Building.map("closes", "split") { ($0.separator, $0.part) = (" bis ", 2) },
            Building.map("currency", "default") { $0.text = "EUR" },
        ])
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
}
