import Korean
import OnboardingWire
import Postgres
import Records
import Wire
import Workbook

/// Where the fields of a loaded file stood, so that a published value is led back to its cell.
enum ImportSource {
    private enum Column: String {
        case fields = "named"
        case letters, upload
    }

    /// Remembers the columns of a file.
    static func save(_ columns: [Int?], of target: ImportTarget, upload: String, _ claim: Claim, _ tx: Transaction) {
        let letters = columns.map { $0.map(CellName.column) ?? "" }
        tx.send(
            """
            INSERT INTO import_validation.import_source (upload, domain, fields, letters, map) \
            VALUES (\(upload), \(claim.domain.path), \(target.fields.map(\.name)), \(letters), \
            \(target.built?.applied?.json)::jsonb) \
            ON CONFLICT (upload) DO UPDATE SET fields = excluded.fields, letters = excluded.letters, map = excluded.map
            """)
    }

    /// Notes with rows which of their values stand in no cell: what the record itself fills in where the cell is empty, and what
    /// the map of a builder gives.
    static func noteGiven(_ rows: inout [HeldRow], _ target: ImportTarget, _ tx: Transaction) throws {
        let filled = target.filledByItself
        for index in rows.indices {
            rows[index].given = filled.filter { position in
                position >= rows[index].cells.count || rows[index].cells[position].isEmpty
            }.map { target.fields[$0].name }
        }
        guard let built = target.built, !rows.isEmpty else { return }
        let found = try tx.query(
            """
            SELECT upload, fields AS named, letters FROM import_validation.import_source \
            WHERE upload = ANY(\(Set(rows.map(\.upload)).sorted())::uuid[])
            """)
        var columns: [String: Set<String>] = [:]
        for row in found {
            let placed = zip(try row.strings(Column.fields), try row.strings(Column.letters)).filter { !$1.isEmpty }
            columns[try row.string(Column.upload)] = Set(placed.map { $0.0 })
        }
        for index in rows.indices {
            rows[index].given += built.given(rows[index], target, columns: columns[rows[index].upload] ?? [])
        }
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

extension ImportTarget {
    /// The positions of the fields that get a value where a row has none: a default of the dictionary, and the account.
    var filledByItself: [Int] {
        fields.indices.filter { !fields[$0].defaultValue.isEmpty || $0 == accountColumn }
    }

    /// What there is in the place of a cell where the record itself has filled in a field.
    func origin(of field: FieldSchema) -> Text {
        field.name == Location.Field.account.rawValue
            ? Text(en: "None: account of the onboarding case", ko: "없음: 온보딩 케이스의 계정")
            : Text(
                en: "None: default of \(field.label.en), for the cell was empty",
                ko: "없음: 셀이 비어 있어 \(field.label.ko)의 기본값 사용")
    }
}
