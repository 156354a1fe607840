import Workbook

/// Tells rows that say the titles of a sheet again: at the top of each page of a report, where files were joined, or in a
/// second row for another language.
struct RepeatedTitles {
    private struct Column {
        let column: Int
        /// How the field may be called, as titles are compared.
        let keys: Set<String>
        /// How such a title may begin.
        let starts: Set<UInt32>
    }

    private let columns: [Column]

    init(_ header: SheetHeader, _ plan: CheckPlan) {
        columns = header.columns.indices.compactMap { position in
            guard let column = header.columns[position] else { return nil }
            let field = plan.columns[position].field
            let titles = [header.titles[position], field.label.en, field.label.ko, field.name] + field.titles
            let keys = Set(titles.map(HeaderMatcher.key).filter { !$0.isEmpty })
            return Column(column: column, keys: keys, starts: Set(keys.map { Self.start(of: $0.utf8) }))
        }
    }

    /// Whether every column that is read holds a title of its field. One title alone may be a value.
    func stand(in row: borrowing SheetRow) -> Bool {
        guard columns.count > 1 else { return false }
        for column in columns {
            guard row.kind(at: column.column) == .text else { return false }
            // Nearly every row is told from the titles by its first letter.
            let start = row.withBytes(at: column.column) { Self.start(of: $0) }
            guard column.starts.contains(start) || Self.mayBeUnseen(start), let text = row.text(at: column.column),
                column.keys.contains(HeaderMatcher.key(text))
            else { return false }
        }
        return true
    }

    /// The first letter of a text, small; of one beyond ASCII its first three bytes.
    private static func start(of text: some Collection<UInt8>) -> UInt32 {
        guard let first = text.first else { return 0 }
        guard first >= 0x80 else { return UInt32((0x41...0x5A).contains(first) ? first | 0x20 : first) }
        return text.prefix(3).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Whether what a text begins with may be white space, nothing that is seen, or a part of a letter.
    private static func mayBeUnseen(_ start: UInt32) -> Bool {
        start <= 0x20 || [0xC2, 0xE2, 0xEF].contains(start >> 16) || (0xE184...0xE187).contains(start >> 8)
            || start >> 8 == 0xE380
    }
}
