import Korean
import Wire
import Workbook

/// What of a workbook a person does not see. Hidden sheets are not looked at; hidden rows and columns of the sheet that is
/// read are read as all others, for a filter that somebody has left on takes nothing away. Each is said.
enum HiddenParts {
    private static let mostNamed = 20

    /// Columns of fields that are hidden; nil when there are none.
    static func columns(_ ranges: [ClosedRange<Int>], _ header: SheetHeader) -> Text? {
        let hidden = header.columns.compactMap(\.self).filter { column in ranges.contains { $0.contains(column) } }
        guard !hidden.isEmpty else { return nil }
        let names = hidden.sorted().prefix(mostNamed).map { CellName.column($0) }.joined(separator: ", ")
        return Text(en: "Hidden columns were read as well: \(names).", ko: "숨겨진 열도 읽었습니다: \(names).")
    }

    /// Rows that are hidden or left out by a filter, the first of them by their numbers; nil when there are none.
    static func rows(_ first: [Int], count: Int) -> Text? {
        guard count > 0 else { return nil }
        let names = first.map(String.init).joined(separator: ", ")
        let more = count > first.count ? (en: ", …", ko: " 등") : (en: "", ko: "")
        return Text(
            en: "\(count) rows that are hidden, or left out by a filter, were read as well: \(names)\(more.en).",
            ko: "숨겨져 있거나 필터로 제외된 \(grouped: count)개 행도 읽었습니다: \(names)\(more.ko).")
    }
}

extension TableFinder {
    /// The sheets that are not looked at; nil when all are visible.
    static func hidden(_ workbook: WorkbookReader) -> Text? {
        let names = workbook.sheets.filter { !$0.isVisible }.prefix(namedSheets).map(\.name)
        guard !names.isEmpty else { return nil }
        let (en, ko) = (names.map { "\"\($0)\"" }, names.map { "‘\($0)’" })
        return Text(
            en:
                "Hidden sheets were not looked at: \(en.joined(separator: ", ")). To read one of them, name it in the import.",
            ko: "숨겨진 시트는 확인하지 않았습니다: \(ko.joined(separator: ", ")). 읽으려면 가져오기에서 시트를 지정하세요.")
    }
}

extension TableFinder.Table {
    /// The same, which says what of its columns nobody sees.
    func tellingHidden(in workbook: WorkbookReader) -> TableFinder.Table {
        guard let hidden = HiddenParts.columns(workbook.hiddenColumns, header) else { return self }
        var table = self
        table.remarks.append(hidden)
        return table
    }
}
