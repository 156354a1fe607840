import Foundation
import JourneyKit
import Postgres
import RPC
import Records
import Wire
import Workbook

/// Workbooks through the service, against parsing and COPY alone.
struct ImportBench {
    let stack: BenchStack
    let journey: Journey

    /// The shared workbook where it is there, else one of the same size made now.
    static func workbook(in folder: String) throws -> JourneyWorkbook {
        let shared = "\(BenchStack.root)/../shared/data/geonames-locations.xlsx"
        if FileManager.default.fileExists(atPath: shared) {
            return JourneyWorkbook(path: shared, target: "location", ready: 30_842, attention: 3_164)
        }
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
        return JourneyWorkbook(path: path, target: "location", ready: 34_006, attention: 0)
    }

    /// `tell` is told of each figure when it is measured.
    func measure(_ tell: (Figure) -> Void) async throws {
        let pid = try stack.pid("import-validation")
        let workbook = try Self.workbook(in: stack.folder)
        let rows = Double(workbook.ready + workbook.attention)
        var comparison = Comparison()
        try await comparison.measure {
            let seconds = try await journey.stageOnly(workbook)
            try await journey.startOver(workbook)
            return rows / seconds
        } floor: {
            rows / (try await parseAndCopy(workbook.path))
        }
        tell(.rate("parse, stage and check \(Int(rows)) rows", comparison, unit: "rows/s", atLeast: 0.6))
        tell(
            .bound(
                "peak memory of import-validation", BenchStack.memory(pid, "VmHWM") / 1_024, unit: "MB", under: 128))
        try await PublicationBench(stack: stack, journey: journey).measure(tell)
        try await LargeImportBench(stack: stack, journey: journey).measure(tell)
    }

    /// Seconds to parse the workbook and COPY its rows into a table with the same columns and indexes.
    private func parseAndCopy(_ path: String) async throws -> Double {
        let pool = try Pool(
            PoolConfiguration(connectionString: try stack.connectionString("ale_import_validation_owner"), size: 1))
        _ = try await pool.run(
            """
            CREATE TABLE import_validation.bench_rows (LIKE import_validation.staging_row_intake \
            INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)
            """)
        let columns = [
            "id", "revision", "created_at", "domain", "import_task", "upload", "row_number", "source_file",
            "source_sheet", "status", "natural_key", "cells",
        ]
        let (task, now) = (RecordID.derived(from: path), Timestamp(microseconds: 1_764_324_000_000_000))
        let start = ContinuousClock.now
        try await pool.transaction(timeout: .seconds(120)) { tx in
            _ = try tx.copyIn(into: "import_validation.bench_rows", columns: columns) { writer in
                let source = try TableFile.open(path: path, name: "bench.xlsx")
                var row = SheetRow()
                while try source.next(into: &row) {
                    writer.beginRow()
                    writer.uuid(RecordID.make(at: now))
                    writer.bigint(1)
                    writer.timestamp(microsSinceUnixEpoch: now.microseconds)
                    writer.text("/provider/d0000001/")
                    writer.uuid(task)
                    writer.uuid(task)
                    writer.int(Int32(row.number))
                    writer.text("geonames-locations.xlsx")
                    writer.text("Location")
                    writer.text("ready_to_publish")
                    writer.bigint(Int64(row.number))
                    writer.texts((0..<row.count).map { row.text(at: $0) ?? "" })
                    try writer.endRow()
                }
            }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        _ = try await pool.run("DROP TABLE import_validation.bench_rows")
        await pool.close()
        return seconds
    }
}
