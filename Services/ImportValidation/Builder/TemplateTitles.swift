import Foundation
import ImportValidationWire
import Korean
import RPC
import Records
import Wire
import Workbook

/// The titles of a template, and the fields of the target that they are for (G-57): those mapped by hand, then labels, then
/// internal names.
struct TemplateTitles {
    /// The largest template.
    private static let mostBytes = 512 << 10
    /// Rows with content in which the titles are looked for.
    private static let upperRows = 30
    private static let mostColumns = 500
    private static let longestTitle = 1_000

    private typealias Request = SaveBuilderTemplateRequest.Field

    let columns: [BuilderColumn]
    private let target: ImportTarget

    /// The titles of a workbook for `target`: of its upper rows the one that means the most fields. Throws INVALID_ARGUMENT for
    /// what is no workbook, and for a mapping that names a column that it does not have or a field that cannot be imported.
    static func read(
        _ content: [UInt8], _ name: String, byHand: [ColumnMapping], _ target: ImportTarget
    ) throws(Problem) -> TemplateTitles {
        var best: (count: Int, columns: [BuilderColumn])?
        for row in try upperRows(content, name) {
            let titles = (0..<row.count).map { (CellName.column($0), (row.text(at: $0) ?? "").visible()) }
            let columns = mapped(titles, byHand, target)
            let count = columns.count { !$0.fields.isEmpty }
            if count > best?.count ?? -1 { best = (count, columns) }
        }
        guard let best else {
            throw .invalid(
                field: Request.content, Text(en: "The template has no titles.", ko: "템플릿에 제목이 없습니다."), rule: "G-57")
        }
        try check(best.columns, byHand, target)
        return TemplateTitles(columns: best.columns, target: target)
    }

    /// Titles that are stored, mapped anew by hand; where nothing is said, as they are.
    static func mapped(
        _ stored: [BuilderColumn], byHand: [ColumnMapping], _ target: ImportTarget
    ) throws(Problem) -> TemplateTitles {
        guard !byHand.isEmpty else { return TemplateTitles(columns: stored, target: target) }
        let columns = mapped(stored.map { ($0.column, $0.title) }, byHand, target)
        try check(columns, byHand, target)
        return TemplateTitles(columns: columns, target: target)
    }

    /// Mandatory fields that no column is for.
    var missing: [String] {
        let found = Set(columns.flatMap(\.fields))
        return target.fields.filter { $0.mandatory && !found.contains($0.name) }.map(\.name)
    }

    // MARK: The file

    /// The upper rows of the first visible sheet that has any.
    private static func upperRows(_ content: [UInt8], _ name: String) throws(Problem) -> [SheetRow] {
        guard content.count <= mostBytes, name.lowercased().hasSuffix(".xlsx"), name.utf8.count <= 255 else {
            throw .invalid(
                field: Request.fileName,
                Text(
                    en: "A template is an XLSX file of at most 512 KiB.",
                    ko: "템플릿은 최대 \(bytes: Int64(mostBytes))의 XLSX 파일입니다."),
                rule: "G-57")
        }
        let path = FileManager.default.temporaryDirectory.appending(path: "builder-\(UUID().uuidString).xlsx").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard FileManager.default.createFile(atPath: path, contents: Data(content)) else {
            throw .internalError(cause: "the template cannot be kept at \(path)")
        }
        var limits = WorkbookLimits()
        (limits.fileBytes, limits.inflatedBytes, limits.sheets) = (Int64(mostBytes), 32 << 20, 20)
        do throws(WorkbookError) {
            let workbook = try WorkbookReader(path: path, limits: limits)
            for index in workbook.sheets.indices where workbook.sheets[index].isVisible {
                try workbook.open(at: index)
                var rows: [SheetRow] = []
                var row = SheetRow()
                while rows.count < upperRows, try workbook.next(into: &row) { rows.append(row) }
                if !rows.isEmpty { return rows }
            }
            return []
        } catch {
            throw .invalid(field: Request.content, Text(en: error.english, ko: error.korean), rule: "G-57")
        }
    }

    // MARK: Mapping

    /// The columns that have a title, with the fields they are for.
    private static func mapped(
        _ titles: [(column: String, title: String)], _ byHand: [ColumnMapping], _ target: ImportTarget
    ) -> [BuilderColumn] {
        var chosen: [Int: [String]] = [:]
        for choice in byHand {
            guard let place = titles.firstIndex(where: { isMeant(choice, $0.column, $0.title) }) else { continue }
            chosen[place, default: []] += choice.field.isEmpty ? [] : [choice.field]
        }
        let match = SheetHeader.matcher(target).match(
            titles.map { $0.title.isBlank ? nil : $0.title }, byHand: chosen.mapValues { _ in "" })
        let taken = Set(chosen.values.joined())
        return titles.enumerated().compactMap { place, named in
            guard !HeaderMatcher.key(named.title).isEmpty else { return nil }
            var column = BuilderColumn()
            (column.column, column.title) = (named.column, named.title)
            // What a person says of a field counts for it alone; other columns of its name are not read.
            let found = match.columns.filter { $0.value == place && !taken.contains($0.key) }.keys
            let doubled = match.duplicates.filter { $0.columns.contains(place) && !taken.contains($0.field) }
            column.fields = chosen[place] ?? Set(found).union(doubled.map(\.field)).sorted()
            if chosen[place] == nil, let near = match.unmatched.first(where: { $0.column == place })?.suggestion {
                column.nearestField = near.name
            }
            return column
        }
    }

    private static func isMeant(_ choice: ColumnMapping, _ column: String, _ title: String) -> Bool {
        if choice.title.isBlank { return choice.column.uppercased() == column }
        return HeaderMatcher.key(choice.title) == HeaderMatcher.key(title)
            && (choice.column.isEmpty || choice.column.uppercased() == column)
    }

    private static func check(
        _ columns: [BuilderColumn], _ byHand: [ColumnMapping], _ target: ImportTarget
    ) throws(Problem) {
        guard columns.count <= mostColumns, byHand.count <= mostColumns,
            columns.allSatisfy({ $0.title.unicodeScalars.count <= longestTitle })
        else {
            throw refused(
                Text(
                    en: "A template has at most \(mostColumns) columns, whose titles have at most 1,000 characters.",
                    ko: "템플릿의 열은 \(grouped: mostColumns)개까지, 제목은 최대 1,000자입니다."))
        }
        for choice in byHand {
            let name = choice.title.isBlank ? choice.column : choice.title
            guard columns.contains(where: { isMeant(choice, $0.column, $0.title) }) else {
                throw refused(
                    Text(
                        en: "The template has no column \"\(name.prefix(80))\".",
                        ko: "템플릿에 ‘\(name.prefix(80))’ 열이 없습니다."))
            }
            guard choice.field.isEmpty || target.fields.contains(where: { $0.name == choice.field }) else {
                let fields = target.fields.map(\.name).joined(separator: ", ")
                let labels = target.fields.map { "\($0.label.ko)('\($0.name)')" }.joined(separator: ", ")
                throw refused(
                    Text(
                        en: "\"\(name.prefix(80))\" is mapped to a field that cannot be imported; possible: \(fields).",
                        ko: "‘\(name.prefix(80))’ 열이 가져올 수 없는 필드에 매핑되어 있습니다. 가능한 필드: \(labels)"))
            }
        }
        for field in target.fields where columns.count(where: { $0.fields.contains(field.name) }) > 1 {
            throw refused(
                Text(
                    en: "Several columns are for \(field.label.en). Map one of them by hand.",
                    ko: "\(field.label.ko)에 해당하는 열이 여러 개입니다. 하나를 직접 매핑하세요."))
        }
        let read = columns.filter { !$0.fields.isEmpty }.map { HeaderMatcher.key($0.title) }
        guard Set(read).count == read.count else {
            throw refused(
                Text(en: "Two columns have the same title.", ko: "제목이 같은 열이 두 개 있습니다."))
        }
    }

    private static func refused(_ text: Text) -> Problem { .invalid(field: Request.columns, text, rule: "G-57") }
}
