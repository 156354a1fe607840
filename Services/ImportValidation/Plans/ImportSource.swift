import Postgres
import Records
import Wire
import Workbook

/// Where the fields of a loaded file stood, so that a published value is led back to its cell.
enum ImportSource {
    private enum Column: String {
        case fields = "named"
        case letters
    }

    /// Remembers the columns of a file.
    static func save(_ columns: [Int?], of target: ImportTarget, upload: String, _ claim: Claim, _ tx: Transaction) {
        let letters = columns.map { $0.map(CellName.column) ?? "" }
        tx.send(
            """
            INSERT INTO import_validation.import_source (upload, domain, fields, letters) \
            VALUES (\(upload), \(claim.domain.path), \(target.fields.map(\.name)), \(letters)) \
            ON CONFLICT (upload) DO UPDATE SET fields = excluded.fields, letters = excluded.letters
            """)
    }

    /// The cell of a field in a row that was read with ``Column/fields`` and ``Column/letters``; empty where none is known.
    static func cell(of field: String, in number: Int64, _ row: Row) throws -> String {
        let fields = try row.strings(Column.fields)
        let letters = try row.strings(Column.letters)
        guard let place = fields.firstIndex(of: field), place < letters.count, !letters[place].isEmpty else {
            return ""
        }
        return "\(letters[place])\(number)"
    }
}
