import Foundation
import JourneyKit
import Postgres
import RPC
import Wire
import Workbook

/// The large workbook through the service, against parsing and COPY alone.
struct ImportBench {
    let stack: BenchStack
    let journey: Journey

    /// The shared workbook where it is there, else one of the same size made now.
    static func workbook(in folder: String) throws -> (path: String, rows: Int64, doubles: Int64) {
        let shared = "\(BenchStack.root)/../shared/data/geonames-locations.xlsx"
        if FileManager.default.fileExists(atPath: shared) { return (shared, 34_006, 3_164) }
        let path = "\(folder)/locations.xlsx"
        let labels = ["Name", "Account", "Street", "City", "State or province", "Postal code", "Country", "Time zone"]
        let writer = try WorkbookWriter(
            path: path, sheet: "Location", columns: labels.map { WorkbookColumn(label: $0, kind: .text) })
        for row in 1...34_006 {
            try writer.append([
                "Site \(row)", "Ernst Handel", nil, "City \(row)", "\(row % 90)", nil, "Austria", "Europe/Vienna",
            ])
        }
        try writer.finish()
        return (path, 34_006, 0)
    }

    func measure() async throws -> [Figure] {
        let (path, rows, doubles) = try Self.workbook(in: stack.folder)
        let floor = try await parseAndCopy(path)
        let pid = try stack.pid("import-validation")
        let ours = try await journey.stageOnly(
            JourneyWorkbook(path: path, target: "location", ready: rows - doubles, attention: doubles))
        return [
            .rate(
                "parse, stage and check \(rows) rows", Double(rows) / ours, floor: Double(rows) / floor, unit: "rows/s",
                aim: 0.4),
            .bound(
                "peak memory of import-validation", BenchStack.memory(pid, "VmHWM") / 1_024, unit: "MB", under: 128),
        ]
    }

    /// Seconds to parse the workbook and COPY its texts into a table of its own.
    private func parseAndCopy(_ path: String) async throws -> Double {
        let pool = try Pool(
            PoolConfiguration(connectionString: try stack.connectionString("ale_import_validation_owner"), size: 1))
        let start = ContinuousClock.now
        try await pool.transaction(timeout: .seconds(120)) { tx in
            _ = try tx.query("CREATE TABLE import_validation.bench_rows (number int8, cells text[])")
            _ = try tx.copyIn(into: "COPY import_validation.bench_rows (number, cells) FROM STDIN") { writer in
                let source = try TableFile.open(path: path, name: "bench.xlsx")
                var row = SheetRow()
                while try source.next(into: &row) {
                    try writer.row([
                        .int(Int64(row.number)), .textArray((0..<row.count).map { row.text(at: $0) ?? "" }),
                    ])
                }
            }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        await pool.close()
        return seconds
    }
}
