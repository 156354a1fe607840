import ImportValidationWire
import Postgres
import Records
import Wire
import Workbook

/// How staged rows stand in a backup: as values separated by commas, guarded against formulas like every file of them, the
/// cells under the names that staging tables give their columns. What is read with the guards taken off is what was staged.
struct BackupFile {
    /// The columns before the cells.
    private static let columns: [StagingColumn] = [
        .id, .createdAt, .rowNumber, .sourceFile, .sourceSheet, .status, .comment, .errors, .faults, .targetRecord,
    ]
    /// What is read of a row.
    static let selection: SQL = """
        id, created_at, row_number, source_file, source_sheet, status, comment, errors::text AS errors, \
        faults::text AS faults, target_record, cells
        """

    /// `sn_acct_lc_account_onb_import_locations-2026-11-29`: all files of a task, staging table and day begin so (G-69).
    let base: String
    private let cells: [String]

    init(_ task: ImportTask, day: CivilDate, _ tx: Transaction) throws {
        let target = try ImportTarget.of(task, tx)
        let table = task.sourceTable ?? ""
        // People may name the staging table; what is no name of a file leaves it to the target.
        let isName = (try? SentFile.check(name: table)) != nil && table.count <= 200
        base = "\(isName ? table : target.stagingTable)-\(day)"
        cells = target.fields.map { "u_" + $0.name }
    }

    /// The name of a file: `….csv`, and where one is not enough `…-2.csv`, `…-3.csv`.
    func name(_ number: Int) -> String { number == 1 ? base + ".csv" : "\(base)-\(number).csv" }

    /// Whether a file is one of these.
    func isOne(_ name: String) -> Bool { name.hasPrefix(base) && name.hasSuffix(".csv") }

    /// What every file begins with.
    var header: [UInt8] {
        var writer = CSVWriter()
        writer.append(Self.columns.map(\.rawValue) + cells)
        return writer.take()
    }

    /// A row that ``selection`` gives.
    func line(_ row: Row) throws -> [UInt8] {
        var fields: [String?] = try Self.columns.map { column in
            switch column {
            case .createdAt: Timestamp(microseconds: try row.timestamp(column)).rfc3339
            case .rowNumber: String(try row.int64(column))
            default: try row.optionalString(column)
            }
        }
        let held = try row.strings(StagingColumn.cells)
        // A row that was staged when the target had fewer fields has fewer cells.
        fields += cells.indices.map { $0 < held.count ? held[$0] : "" }
        var writer = CSVWriter(byteOrderMark: false)
        writer.append(fields)
        return writer.take()
    }
}
