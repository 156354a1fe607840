import Foundation
import RPC
import Wire
import Workbook

/// The file of an export while it is written: rows go in, bytes come out in pieces. In both forms no text becomes a
/// formula when a spreadsheet opens the file (OWASP ASVS 1.2.10).
package enum ExportFile {
    case csv(CSVWriter)
    case xlsx(WorkbookWriter, path: String)

    /// The form `name`, with its header written; nil when there is no such form.
    package init?(_ name: String, sheet: String, columns: [WorkbookColumn]) throws(WorkbookError) {
        switch name {
        case "csv":
            var writer = CSVWriter()
            writer.append(columns.map(\.label))
            self = .csv(writer)
        case "xlsx":
            let path = FileManager.default.temporaryDirectory
                .appendingPathComponent("export-\(UUID().uuidString).xlsx").path
            self = .xlsx(try WorkbookWriter(path: path, sheet: sheet, columns: columns), path: path)
        default: return nil
        }
    }

    /// The type of the form.
    package var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .xlsx: AttachmentKind.xlsx.contentType
        }
    }

    /// Adds a row; nil is an empty cell.
    package mutating func append(_ values: [String?]) throws(WorkbookError) {
        switch self {
        case .csv(var writer):
            // Let go before it is changed, so that its bytes are not copied.
            self = .csv(CSVWriter(byteOrderMark: false))
            writer.append(values)
            self = .csv(writer)
        case .xlsx(let writer, _): try writer.append(values)
        }
    }

    /// What can go out already; a workbook is only put together at the end.
    package mutating func take() -> [UInt8] {
        guard case .csv(var writer) = self else { return [] }
        self = .csv(CSVWriter(byteOrderMark: false))
        return writer.take()
    }

    /// Ends the file and hands over the rest of it in pieces.
    package mutating func finish(_ hand: ([UInt8]) throws -> Void) throws {
        guard case .xlsx(let writer, let path) = self else { return try hand(take()) }
        try writer.finish()
        try Self.read(path, hand)
    }

    /// Hands over what a file holds in pieces.
    static func read(_ path: String, _ hand: ([UInt8]) throws -> Void) throws {
        guard let file = FileHandle(forReadingAtPath: path) else { throw CocoaError(.fileNoSuchFile) }
        defer { try? file.close() }
        while let piece = try file.read(upToCount: ExportLimit.chunkBytes), !piece.isEmpty { try hand(Array(piece)) }
    }

    /// Removes what is on the disk.
    package func discard() {
        if case .xlsx(_, let path) = self { try? FileManager.default.removeItem(atPath: path) }
    }
}

/// One column of an export: a field, and how its values are shown to people.
package struct ExportColumn: Sendable {
    /// The place of the field among those of the record.
    package let index: Int
    /// The tables of the records whose names the column has instead of their ids; nil for the values themselves.
    package private(set) var naming: [String]?
    private let field: FieldSchema
    private let labels: [FieldValue: String]
    private let isWorkbook: Bool
    private let language: String

    /// The column of a field: a workbook has kinds of cells, which know no zone.
    package init(_ index: Int, _ field: FieldSchema, isWorkbook: Bool, language: String) {
        self.index = index
        self.field = field
        self.isWorkbook = isWorkbook
        self.language = language
        labels = Dictionary(
            field.choices.map { choice in
                let label = choice.label(language)
                // Levels keep their number, by which they sort: "3 - Moderate" (G-31).
                return (choice.value, choice.value.int.map { "\($0) - \(label)" } ?? label)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The column beside a reference, with the names of the records of `tables`.
    package func withNames(of tables: [String]) -> ExportColumn {
        var column = self
        column.naming = tables
        return column
    }

    /// Its header, and the kind of its cells.
    package var column: WorkbookColumn {
        guard naming == nil else {
            let suffix = Text(en: " (name)", ko: "(이름)")(language)
            return WorkbookColumn(label: field.label(language) + suffix, kind: .text)
        }
        let kind = field.columnKind
        // The cells of a workbook know no zone.
        let zone = kind == .dateTime && isWorkbook ? "(UTC)" : ""
        return WorkbookColumn(label: field.label(language) + zone, kind: kind)
    }

    /// A value as the file has it; of a column with names what `named` says of it.
    package func text(_ value: FieldValue, _ named: (FieldValue) -> String?) -> String? {
        if naming != nil { return named(value) }
        if let label = labels[value] { return label }
        switch value {
        case .null: return nil
        case .timestamp(let instant) where isWorkbook:
            // The cell of a workbook is a moment without a zone: UTC, to the second.
            return String(instant.rfc3339.prefix(19).map { $0 == "T" ? " " : $0 })
        default: return value.journalText
        }
    }
}

extension FieldSchema {
    /// What the cells of a workbook's column with this field hold; texts for all that has no kind of its own.
    public var columnKind: WorkbookColumn.Kind {
        switch type {
        case .integer, .decimal, .currency: .number
        case .date: .date
        case .datetime: .dateTime
        case .boolean: .bool
        default: .text
        }
    }
}
