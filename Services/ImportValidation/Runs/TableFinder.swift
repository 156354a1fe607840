import Korean
import Wire
import Workbook

/// Finds the sheet and the row of titles in a file: the first sheet, and in it the first of its upper rows, that has a
/// column for every mandatory field. What was passed over is said.
struct TableFinder {
    /// Rows with content in which the titles are looked for.
    private static let upperRows = 30
    /// Most sheets that are named to a person.
    private static let namedSheets = 20

    /// A table whose next row is the first behind its titles.
    struct Table {
        let source: any RowSource
        let header: SheetHeader
        /// What people should know of how it was found.
        let remarks: [Text]
    }

    let target: ImportTarget
    let options: LoadOptions

    /// The table in a file.
    func find(in source: any RowSource) throws -> Table {
        guard let workbook = source as? WorkbookReader else {
            var best = Candidate()
            if let table = try titles(in: source, named: nil, &best) { return table }
            throw failure(best, [])
        }
        let visible = workbook.sheets.indices.filter { workbook.sheets[$0].isVisible }
        guard options.sheet.isEmpty, !visible.isEmpty else {
            // The reader says which sheets there are.
            try workbook.open(sheet: options.sheet.isEmpty ? nil : options.sheet)
            var best = Candidate()
            if let table = try titles(in: workbook, named: nil, &best) { return table }
            throw failure(best, [])
        }
        return try table(in: workbook, sheets: visible)
    }

    private func table(in workbook: WorkbookReader, sheets: [Int]) throws -> Table {
        let names = sheets.prefix(Self.namedSheets).map { "\"\(workbook.sheets[$0].name)\"" }
        var best = Candidate()
        var unread: WorkbookError?
        for index in sheets {
            do throws(WorkbookError) {
                try workbook.open(at: index)
            } catch {
                // Another sheet may be the one that is meant.
                unread = unread ?? error
                continue
            }
            let name = sheets.count > 1 ? workbook.sheets[index].name : nil
            if let table = try titles(in: workbook, named: name, &best) { return table }
        }
        if best.row == nil, let unread { throw unread }
        throw failure(best, sheets.count > 1 ? names : [])
    }

    /// The row that comes nearest to being one of titles.
    private struct Candidate {
        var row: SheetRow?
        var match: HeaderMatcher.Match?
    }

    private func titles(in source: any RowSource, named sheet: String?, _ best: inout Candidate) throws -> Table? {
        let matcher = SheetHeader.matcher(target)
        var row = SheetRow()
        var passed = 0
        while passed < Self.upperRows, try source.next(into: &row) {
            if options.titleRow > 0, row.number < options.titleRow { continue }
            if options.titleRow > 0, row.number > options.titleRow { break }
            let match = matcher.match(row)
            if match.isUsable {
                let first = passed == 0 || options.titleRow > 0
                return Table(
                    source: source, header: try SheetHeader(row, match, target),
                    remarks: remarks(sheet, titlesIn: first ? nil : row.number))
            }
            if best.match.map({ match.columns.count > $0.columns.count }) ?? true {
                best = Candidate(row: row, match: match)
            }
            passed += 1
        }
        return nil
    }

    private func remarks(_ sheet: String?, titlesIn row: Int?) -> [Text] {
        var remarks: [Text] = []
        if let sheet {
            remarks.append(Text(en: "The sheet \"\(sheet)\" was read.", ko: "‘\(sheet)’ 시트를 읽었습니다."))
        }
        if let row {
            remarks.append(
                Text(
                    en: "The titles are in row \(row); what stands above was not read.",
                    ko: "제목은 \(grouped: row)행에 있으며 그 위의 내용은 읽지 않았습니다."))
        }
        return remarks
    }

    private func failure(_ best: Candidate, _ sheets: [String]) -> RunFailure {
        let names = sheets.joined(separator: ", ")
        var text = Text(en: "The file is empty.", ko: "파일이 비어 있습니다.")
        if options.titleRow > 0 {
            text = Text(en: "Row \(options.titleRow) is empty.", ko: "\(options.titleRow)행이 비어 있습니다.")
        }
        if let row = best.row, let match = best.match {
            do throws(RunFailure) {
                _ = try SheetHeader(row, match, target)
            } catch {
                text = error.text
            }
        }
        guard !names.isEmpty else { return RunFailure(text: text, keepsUpload: best.row != nil) }
        return RunFailure(
            text: Text(
                en: "\(text.en) No sheet has the titles; looked at: \(names).",
                ko: "\(text.ko) 제목이 있는 시트가 없습니다. 확인한 시트: \(names)"
            ), keepsUpload: true)
    }
}

/// What the person says of the files of a load.
struct LoadOptions: Codable, Sendable, Equatable {
    /// Encoding of text files; empty to find out.
    var encoding = ""
    /// Sheet to read; empty for the first whose titles fit.
    var sheet = ""
    /// Row of the titles; 0 to find it.
    var titleRow = 0
}
