import Foundation
import JourneyKit
import Postgres
import RPC
import Wire
import Workbook

/// The large workbook through the service, against reading it and COPY of the same rows into a table like the one that the
/// service stages in.
struct ImportBench {
    let stack: BenchStack

    /// Where the service stages rows, and a table with the same columns and indexes.
    private static let staged = "import_validation.staging_row"
    private static let copy = "import_validation.bench_row"

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
        let pid = try stack.pid("import-validation")
        let workbook = JourneyWorkbook(path: path, target: "location", ready: rows - doubles, attention: doubles)
        var comparison = Comparison()
        for _ in 1...Comparison.rounds {
            let journey = Journey(stack.world())
            try await journey.meetPeople()
            try await journey.openAccount()
            try await journey.seeCaseAndTasks()
            let ours = try await journey.stageOnly(workbook)
            guard let task = journey.importTasks[workbook.target]?.id else { throw JourneyFailure("no task") }
            let floor = try await readAndCopy(path, stagedFor: task)
            comparison.add(Double(rows) / ours, floor: Double(rows) / floor)
        }
        return [
            .rate("parse, stage and check \(rows) rows", comparison, unit: "rows/s", atLeast: 0.4),
            .bound(
                "peak memory of import-validation", BenchStack.memory(pid, "VmHWM") / 1_024, unit: "MB", under: 128),
        ]
    }

    /// Seconds to read the workbook and COPY the rows that the service has staged for `task`, as they stand in its table.
    private func readAndCopy(_ path: String, stagedFor task: String) async throws -> Double {
        let dump = "\(stack.folder)/staged.txt"
        let columns = try await stack.psql([
            "-Atc",
            """
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute \
            WHERE attrelid = '\(Self.staged)'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            """,
        ]).trimmingCharacters(in: .whitespacesAndNewlines)
        try await stack.psql([
            "-c", "\\copy (SELECT \(columns) FROM \(Self.staged) WHERE import_task = '\(task)') TO '\(dump)'",
        ])
        let pool = try Pool(
            PoolConfiguration(connectionString: try stack.connectionString("ale_import_validation_owner"), size: 1))
        _ = try await pool.run("DROP TABLE IF EXISTS \(raw: Self.copy)")
        _ = try await pool.run("CREATE TABLE \(raw: Self.copy) (LIKE \(raw: Self.staged) INCLUDING ALL)")
        let staged = try Data(contentsOf: URL(fileURLWithPath: dump))
        let lines = staged.split(separator: UInt8(ascii: "\n"))
        let start = ContinuousClock.now
        try await pool.transaction(timeout: .seconds(120)) { tx in
            _ = try tx.copyIn(into: "COPY \(raw: Self.copy) (\(raw: columns)) FROM STDIN") { writer in
                let source = try TableFile.open(path: path, name: "bench.xlsx")
                var row = SheetRow()
                var rest = lines[...]
                while try source.next(into: &row) {
                    guard let line = rest.popFirst() else { continue }
                    line.withUnsafeBytes { writer.escaped($0) }
                    try writer.endRow()
                }
            }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        await pool.close()
        return seconds
    }
}
