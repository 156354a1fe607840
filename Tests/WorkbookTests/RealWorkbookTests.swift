import Foundation
import TestKit
import Testing

@testable import Workbook

/// Workbooks as they come, which are not part of the repository: beside it, in `shared/data`.
@Suite struct RealWorkbookTests {
    private static let directory = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("shared/data")

    static var isPresent: Bool { FileManager.default.fileExists(atPath: directory.path) }

    @Test(
        .enabled(if: isPresent, "the workbooks of shared/data are not beside the repository"),
        arguments: [
            ("geonames-locations.xlsx", 34_006), ("northwind-contacts.xlsx", 91), ("northwind-locations.xlsx", 91),
            ("northwind-contracts.xlsx", 830), ("northwind-sold-products.xlsx", 2_155),
        ])
    func everyRowIsRead(file: String, expected: Int) throws {
        let path = Self.directory.appendingPathComponent(file).path
        let source = try TableFile.open(path: path, name: file)
        var row = SheetRow()
        #expect(try source.next(into: &row))
        let columns = row.count
        let headers = row.cells
        #expect(headers.allSatisfy { if case .text = $0 { true } else { false } })
        var count = 0
        while try source.next(into: &row) {
            count += 1
            #expect(row.number == count + 1)
            guard row.count <= columns else {
                Issue.record("row \(row.number) has \(row.count) columns")
                return
            }
        }
        #expect(count == expected)
    }

    @Test(.enabled(if: isPresent, "the workbooks of shared/data are not beside the repository"))
    func theFirstContract() throws {
        let reader = try WorkbookReader(path: Self.directory.appendingPathComponent("northwind-contracts.xlsx").path)
        #expect(reader.sheets == [.init(name: "Contract", isVisible: true)])
        let rows = try reader.readAll()
        #expect(rows[0].cells == Self.headers.map { .text($0) })
        #expect(rows[1].count == 7)
        #expect(rows[1][3] == .date("1996-07-04"))
        #expect(rows[1][4] == .date("1996-08-01"))
        #expect(rows[2].text(at: 5) == "1863.4")
        #expect(rows[4].text(at: 5) == "654.06")
        #expect(rows.dropFirst().filter { $0.text(at: 1) == "Ernst Handel" }.count == 30)
    }

    private static let headers = [
        "Number", "Account", "Short description", "Start date", "End date", "Contract value", "Status",
    ]

    @Test(.enabled(if: isPresent, "the workbooks of shared/data are not beside the repository"))
    func namesInManyScripts() throws {
        let reader = try WorkbookReader(path: Self.directory.appendingPathComponent("geonames-locations.xlsx").path)
        var row = SheetRow()
        var texts = Set<String>()
        while try reader.next(into: &row) { row.text(at: 0).map { _ = texts.insert($0) } }
        #expect(texts.contains { $0.unicodeScalars.contains { $0.value > 0x7F } })
        #expect(!texts.contains { $0.contains("\u{FFFD}") })
    }
}
