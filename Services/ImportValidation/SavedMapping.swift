import Foundation
import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Workbook

/// What is said of the files of a task for those to come, and who said it.
struct SavedMapping: Sendable {
    /// The columns of `import_mapping`.
    private enum Column: String {
        case mapping
        case savedBy = "saved_by"
        case savedAt = "saved_at"
    }

    let mapping: FileMapping
    let savedBy: String
    let savedAt: Timestamp

    init(_ mapping: FileMapping, by subject: String, at instant: Timestamp) {
        self.mapping = mapping
        savedBy = subject
        savedAt = instant
    }

    /// What is saved for a task; nil when nothing is.
    static func find(_ task: String, _ tx: Transaction) throws -> SavedMapping? {
        let rows = try tx.query(
            """
            SELECT mapping, saved_by, saved_at FROM import_validation.import_mapping WHERE import_task = \(task)
            """)
        return try rows.first.map { row in
            SavedMapping(
                try JSONDecoder().decode(FileMapping.self, from: Data(row.string(Column.mapping).utf8)),
                by: try row.string(Column.savedBy), at: Timestamp(microseconds: try row.timestamp(Column.savedAt)))
        }
    }

    /// Keeps it in place of what was saved before; one that says nothing is forgotten.
    func save(for task: String, _ domain: String, _ tx: Transaction) throws {
        guard !mapping.isEmpty else {
            return tx.send("DELETE FROM import_validation.import_mapping WHERE import_task = \(task)")
        }
        let text = String(decoding: try JSONEncoder().encode(mapping), as: UTF8.self)
        tx.send(
            """
            INSERT INTO import_validation.import_mapping (import_task, domain, mapping, saved_by, saved_at) \
            VALUES (\(task), \(domain), \(text)::jsonb, \(savedBy), \(savedAt.sqlValue)) \
            ON CONFLICT (import_task) DO UPDATE SET mapping = EXCLUDED.mapping, saved_by = EXCLUDED.saved_by, \
            saved_at = EXCLUDED.saved_at
            """)
    }

    /// As the API tells it; who saved it is the provider's own business.
    static func message(_ saved: SavedMapping?, task: String, for caller: Caller) -> ImportMapping {
        var message = ImportMapping()
        message.importTask = task
        guard let saved else { return message }
        message.sheet = saved.mapping.sheet
        message.titleRow = Int32(clamping: saved.mapping.titleRow)
        message.columns = saved.mapping.columns.map { choice in
            var column = ColumnMapping()
            column.column = choice.column
            column.title = choice.title
            column.field = choice.field
            return column
        }
        message.savedAt = saved.savedAt
        message.savedBy = caller.kind == .customer ? "" : saved.savedBy
        return message
    }
}

extension FileMapping {
    /// Most columns that are mapped by hand.
    private static let mostColumns = 500
    private static let longestText = 1_000

    /// What a request says of a file of `target`. Throws INVALID_ARGUMENT for a column that cannot be, a field that the
    /// target does not have or that two columns are for, and, where `isSaved`, for a column without title.
    init(
        sheet: String, titleRow: Int32, columns: [ColumnMapping], _ target: ImportTarget, isSaved: Bool
    ) throws(Problem) {
        self.sheet = sheet
        self.titleRow = max(0, Int(titleRow))
        guard columns.count <= Self.mostColumns, sheet.unicodeScalars.count <= Self.longestText else {
            throw .invalid(
                field: SaveMappingRequest.Field.columns,
                Text(en: "At most \(Self.mostColumns) columns.", ko: "열은 \(grouped: Self.mostColumns)개까지 매핑할 수 있습니다."),
                rule: "G-57")
        }
        var fields: Set<String> = []
        for column in columns {
            let choice = ColumnChoice(
                column: column.column.uppercased(), title: column.title, field: column.field)
            if let fault = Self.fault(choice, target, isSaved: isSaved) {
                throw .invalid(field: SaveMappingRequest.Field.columns, fault, rule: "G-57")
            }
            guard choice.field.isEmpty || fields.insert(choice.field).inserted else {
                let label = target.schema.field(choice.field)?.label ?? Text(en: choice.field, ko: choice.field)
                throw .invalid(
                    field: SaveMappingRequest.Field.columns,
                    Text(
                        en: "Two columns are mapped to \(label.en).", ko: "\(label.ko)에 두 개의 열이 매핑되어 있습니다."),
                    rule: "G-57")
            }
            self.columns.append(choice)
        }
    }

    private static func fault(_ choice: ColumnChoice, _ target: ImportTarget, isSaved: Bool) -> Text? {
        if !choice.column.isEmpty, CellName.index(ofColumn: choice.column) == nil {
            return Text(en: "A column has letters from A to XFD.", ko: "열은 'A'부터 'XFD'까지의 문자로 지정하세요.")
        }
        if choice.title.isBlank, isSaved || choice.column.isEmpty {
            return Text(en: "Name the title of each column.", ko: "각 열의 제목을 지정하세요.")
        }
        if choice.title.unicodeScalars.count > longestText {
            return Text(
                en: "A title may be at most \(longestText) characters long.", ko: "열 제목은 최대 1,000자입니다.")
        }
        let mapped = target.heads.map { target.fields[$0] }
        guard choice.field.isEmpty || mapped.contains(where: { $0.name == choice.field }) else {
            let fields = mapped.map(\.name).joined(separator: ", ")
            let labels = mapped.map { "\($0.label.ko)('\($0.name)')" }.joined(separator: ", ")
            return Text(
                en: "\(choice.name.en) is mapped to a field that cannot be imported; possible: \(fields).",
                ko: "가져올 수 없는 필드에 매핑되어 있습니다. 가능한 필드: \(labels)")
        }
        return nil
    }
}
