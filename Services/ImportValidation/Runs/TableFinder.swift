import Korean
import Wire
import Workbook

/// Finds the sheet and the row of titles in a file: the first sheet, and in it the first of its upper rows, that has a
/// column for every mandatory field. What was passed over is said.
struct TableFinder {
    /// Rows with content in which the titles are looked for.
    private static let upperRows = 30
    /// Most sheets that are named to a person.
    static let namedSheets = 20

    /// A table whose next row is the first behind its titles.
    struct Table {
        let source: any RowSource
        let header: SheetHeader
        /// What people should know of how it was found.
        var remarks: [Text]
        /// What the person said, with the columns as this table has them.
        let mapping: FileMapping
        /// The row of the titles.
        let titles: SheetRow
    }

    let target: ImportTarget
    let options: LoadOptions

    /// The table in the file that `open` opens. What was saved for the task is used where it fits, and said; where it
    /// does not, that is said, and the titles are looked for as ever.
    static func find(_ target: ImportTarget, _ options: LoadOptions, _ open: () throws -> any RowSource) throws -> Table
    {
        let finder = TableFinder(target: target, options: options)
        guard options.isSaved == true else { return try finder.find(in: open()) }
        // An error workbook has the titles that we gave it: what was said of people's own files is not for it.
        let plain = TableFinder(target: target, options: LoadOptions(encoding: options.encoding))
        if let table = try? plain.find(in: open()), table.header.keyColumn != nil { return table }
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
            var table = try plain.find(in: open())
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
            if let table = try titles(in: source, &best) { return table.tellingEncoding(of: source) }
            throw failure(best, [])
        }
        let visible = workbook.sheets.indices.filter { workbook.sheets[$0].isVisible }
        guard options.sheet.isEmpty, !visible.isEmpty else {
            // The reader says which sheets there are.
            try workbook.open(sheet: options.sheet.isEmpty ? nil : options.sheet)
            var best = Candidate()
            if let table = try titles(in: workbook, &best) { return table.tellingHidden(in: workbook) }
            throw failure(best, [])
        }
        return try table(in: workbook, sheets: visible)
    }

    /// The first sheet with the titles, and rows below them where one has; what else might have been meant is said.
    private func table(in workbook: WorkbookReader, sheets: [Int]) throws -> Table {
        var best = Candidate()
        // Another sheet may be the one that is meant.
        var unread: (text: Text, error: WorkbookError)?
        var fitting: [(index: Int, hasRows: Bool)] = []
        var row = SheetRow()
        for index in sheets {
            do throws(WorkbookError) {
                try workbook.open(at: index)
                guard try titles(in: workbook, &best) != nil else { continue }
                fitting.append((index, try workbook.next(into: &row)))
            } catch {
                unread = unread ?? (Self.unreadable(workbook.sheets[index].name, error), error)
            }
        }
        guard let chosen = (fitting.first(where: \.hasRows) ?? fitting.first)?.index else {
            if best.row == nil, let unread { throw unread.error }
            let hidden = Self.hidden(workbook)
            let names = sheets.count > 1 || hidden != nil ? sheets.map { workbook.sheets[$0].name } : []
            throw failure(best, names, [unread?.text, hidden].compactMap(\.self))
        }
        try workbook.open(at: chosen)
        guard var table = try titles(in: workbook, &best) else { throw failure(best, []) }
        let others = fitting.filter { $0.hasRows && $0.index != chosen }.map { workbook.sheets[$0.index].name }
        if sheets.count > 1 { table.remarks.insert(Self.read(workbook.sheets[chosen].name, besides: others), at: 0) }
        if let unread { table.remarks.append(unread.text) }
        return table.tellingHidden(in: workbook)
    }

    private static func unreadable(_ sheet: String, _ error: WorkbookError) -> Text {
        Text(
            en: "The sheet \"\(sheet)\" cannot be read (\(error.english)).",
            ko: "‘\(sheet)’ 시트를 읽을 수 없습니다(\(error.korean)).")
    }

    /// Which sheet was read, and which others could have been.
    private static func read(_ sheet: String, besides others: [String]) -> Text {
        let read = Text(en: "The sheet \"\(sheet)\" was read.", ko: "‘\(sheet)’ 시트를 읽었습니다.")
        guard !others.isEmpty else { return read }
        let named = others.prefix(namedSheets)
        let names = Text(
            en: named.map { "\"\($0)\"" }.joined(separator: ", "), ko: named.map { "‘\($0)’" }.joined(separator: ", "))
        return Text(
            en:
                "\(read.en) Sheets with the same titles were not read: \(names.en). To read one of them, name it in the import.",
            ko: "\(read.ko) 제목이 같은 다른 시트는 읽지 않았습니다: \(names.ko). 읽으려면 가져오기에서 시트를 지정하세요.")
    }

    /// The row that comes nearest to being one of titles.
    struct Candidate {
        var row: SheetRow?
        var match: HeaderMatcher.Match?
        var absent: [ColumnChoice] = []

        var score: Int { (match?.columns.count ?? -1) - absent.count }
    }

    func titles(in source: any RowSource, _ best: inout Candidate) throws(WorkbookError) -> Table? {
        let matcher = SheetHeader.matcher(target)
        var row = SheetRow()
        var passed = 0
        while passed < Self.upperRows, try source.next(into: &row) {
            if options.titleRow > 0, row.number < options.titleRow { continue }
            if options.titleRow > 0, row.number > options.titleRow { break }
            let (byHand, absent) = options.mapping.columns(in: row, isSaved: options.isSaved == true)
            let match = matcher.match(row, byHand: byHand)
            if match.isUsable, absent.isEmpty, let header = try? SheetHeader(row, match, target) {
                (source as? CSVReader)?.expect(fields: row.fields)
                let first = passed == 0 || options.titleRow > 0
                return Table(
                    source: source, header: header, remarks: first ? [] : [Self.titles(in: row.number)],
                    mapping: options.mapping.completed(by: row), titles: row)
            }
            let candidate = Candidate(row: row, match: match, absent: absent)
            if best.row == nil || candidate.score > best.score { best = candidate }
            passed += 1
        }
        return nil
    }

    private static func titles(in row: Int) -> Text {
        Text(
            en: "The titles are in row \(row); what stands above was not read.",
            ko: "제목은 \(grouped: row)행에 있으며 그 위의 내용은 읽지 않았습니다.")
    }

    private static func absent(_ choices: [ColumnChoice]) -> Text {
        let names = choices.prefix(20).map(\.name)
        return Text(
            en: "Columns of the mapping that are not to be told in the row of titles: "
                + names.map(\.en).joined(separator: ", ") + ".",
            ko: "매핑한 열을 제목 행에서 찾을 수 없습니다: \(names.map(\.ko).joined(separator: ", ")).")
    }

    private func failure(_ best: Candidate, _ sheets: [String], _ remarks: [Text] = []) -> RunFailure {
        let names = sheets.prefix(Self.namedSheets).map { "\"\($0)\"" }.joined(separator: ", ")
        var text = Text(en: "The file is empty.", ko: "파일이 비어 있습니다.")
        if options.titleRow > 0 {
            text = Text(en: "Row \(options.titleRow) is empty.", ko: "\(grouped: options.titleRow)행이 비어 있습니다.")
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
        var parts = [
            text,
            Text(
                en: "No sheet has the titles; looked at: \(names).", ko: "제목이 있는 시트가 없습니다. 확인한 시트: \(names)"),
        ]
        parts += remarks
        return RunFailure(
            text: Text(en: parts.map(\.en).joined(separator: " "), ko: parts.map(\.ko).joined(separator: " ")),
            keepsUpload: true)
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
