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
        var remarks: [Text]
        /// What the person said, with the columns as this table has them.
        let mapping: FileMapping
    }

    let target: ImportTarget
    let options: LoadOptions

    /// The table in the file that `open` opens. What was saved for the task is used where it fits, and said; where it
    /// does not, that is said, and the titles are looked for as ever.
    static func find(_ target: ImportTarget, _ options: LoadOptions, _ open: () throws -> any RowSource) throws -> Table
    {
        let finder = TableFinder(target: target, options: options)
        guard options.isSaved == true else { return try finder.find(in: open()) }
        let reason: Text
        do {
            var table = try finder.find(in: open())
            table.remarks.insert(Text(en: "The saved mapping was used.", ko: "저장된 매핑을 사용했습니다."), at: 0)
            return table
        } catch let failure as RunFailure {
            reason = failure.text
        } catch let error as WorkbookError where error.kind == .noSheet {
            reason = Text(en: error.english, ko: error.korean)
        }
        let said = Text(
            en: "The saved mapping does not fit this file and was not used (\(reason.en)).",
            ko: "저장된 매핑이 이 파일에 맞지 않아 사용하지 않았습니다(\(reason.ko)).")
        do {
            var table = try TableFinder(target: target, options: LoadOptions(encoding: options.encoding)).find(
                in: open())
            table.remarks.insert(said, at: 0)
            return table
        } catch let failure as RunFailure {
            throw RunFailure(
                text: Text(en: "\(failure.text.en) \(said.en)", ko: "\(failure.text.ko) \(said.ko)"),
                keepsUpload: failure.keepsUpload)
        }
    }

    /// The table in a file.
    private func find(in source: any RowSource) throws -> Table {
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
        var absent: [ColumnChoice] = []

        var score: Int { (match?.columns.count ?? -1) - absent.count }
    }

    private func titles(in source: any RowSource, named sheet: String?, _ best: inout Candidate) throws -> Table? {
        let matcher = SheetHeader.matcher(target)
        var row = SheetRow()
        var passed = 0
        while passed < Self.upperRows, try source.next(into: &row) {
            if options.titleRow > 0, row.number < options.titleRow { continue }
            if options.titleRow > 0, row.number > options.titleRow { break }
            let (byHand, absent) = options.mapping.columns(in: row, isSaved: options.isSaved == true)
            let match = matcher.match(row, byHand: byHand)
            if match.isUsable && absent.isEmpty {
                let first = passed == 0 || options.titleRow > 0
                return Table(
                    source: source, header: try SheetHeader(row, match, target),
                    remarks: remarks(sheet, titlesIn: first ? nil : row.number),
                    mapping: options.mapping.completed(by: row))
            }
            let candidate = Candidate(row: row, match: match, absent: absent)
            if best.row == nil || candidate.score > best.score { best = candidate }
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

    private static func absent(_ choices: [ColumnChoice]) -> Text {
        let names = choices.prefix(20).map(\.name)
        return Text(
            en: "Columns of the mapping that are not to be told in the row of titles: "
                + names.map(\.en).joined(separator: ", ") + ".",
            ko: "매핑한 열을 제목 행에서 찾을 수 없습니다: \(names.map(\.ko).joined(separator: ", ")).")
    }

    private func failure(_ best: Candidate, _ sheets: [String]) -> RunFailure {
        let names = sheets.joined(separator: ", ")
        var text = Text(en: "The file is empty.", ko: "파일이 비어 있습니다.")
        if options.titleRow > 0 {
            text = Text(en: "Row \(options.titleRow) is empty.", ko: "\(options.titleRow)행이 비어 있습니다.")
        }
        if let row = best.row, let match = best.match {
            var parts: [Text] = []
            do throws(RunFailure) {
                _ = try SheetHeader(row, match, target)
            } catch {
                parts.append(error.text)
            }
            if !best.absent.isEmpty { parts.append(Self.absent(best.absent)) }
            text = Text(en: parts.map(\.en).joined(separator: " "), ko: parts.map(\.ko).joined(separator: " "))
        }
        guard !names.isEmpty else { return RunFailure(text: text, keepsUpload: best.row != nil) }
        return RunFailure(
            text: Text(
                en: "\(text.en) No sheet has the titles; looked at: \(names).",
                ko: "\(text.ko) 제목이 있는 시트가 없습니다. 확인한 시트: \(names)"
            ), keepsUpload: true)
    }
}

/// What the person says of the files of a load. Runs of the version before have the first three alone.
struct LoadOptions: Codable, Sendable, Equatable {
    /// Encoding of text files; empty to find out.
    var encoding = ""
    /// Sheet to read; empty for the first whose titles fit.
    var sheet = ""
    /// Row of the titles; 0 to find it.
    var titleRow = 0
    /// Columns mapped by hand.
    var columns: [ColumnChoice]?
    /// Whether sheet, row and columns are what was saved for the task, not what was said of this file.
    var isSaved: Bool?
    /// Whether they are saved when the file is loaded.
    var savesMapping: Bool?

    /// What is said of the file besides its encoding.
    var mapping: FileMapping {
        get { FileMapping(sheet: sheet, titleRow: titleRow, columns: columns ?? []) }
        set { (sheet, titleRow, columns) = (newValue.sheet, newValue.titleRow, newValue.columns) }
    }
}
