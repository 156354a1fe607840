import CXlsxWriter
import Foundation
import Wire

/// Writes workbooks: templates for people to fill in, and exports. Rows go to a temporary file beside the workbook as
/// they come, so memory does not grow with them. Texts are always written as texts, so none becomes a formula.
/// Not for use on two threads at once.
public final class WorkbookWriter {
    /// What the writer says to the person who opens the file.
    public struct Texts: Sendable {
        /// The note on a mandatory column.
        public var mandatory: String
        /// The title and text of the message when a value is not among the choices.
        public var notAChoice: (title: String, text: String)
        /// The title of the message when a value breaks another rule.
        public var mistake: String

        /// In English.
        public static let english = Texts(
            mandatory: "Mandatory", notAChoice: ("Not a choice", "Choose one of the values of the list."),
            mistake: "Not allowed")
        /// In Korean.
        public static let korean = Texts(
            mandatory: "필수", notAChoice: ("선택할 수 없는 값", "목록의 값 중에서 선택하세요."), mistake: "입력할 수 없는 값")
    }

    static let lastRow: UInt32 = 1_048_575
    /// Most notes on cells of one sheet: they are kept in memory, here as in the programs that show them. Further cells are
    /// marked all the same.
    public static let mostNotes = 10_000
    private static let longestNote = 2_000
    private static let choicesSheet = "_choices"

    private let columns: [WorkbookColumn]
    private let path: String
    private var workbook: UnsafeMutablePointer<lxw_workbook>?
    private let sheet: UnsafeMutablePointer<lxw_worksheet>
    private let dateFormat: UnsafeMutablePointer<lxw_format>?
    private let dateTimeFormat: UnsafeMutablePointer<lxw_format>?
    private let markedFormat: UnsafeMutablePointer<lxw_format>?
    private var rows: UInt32 = 0
    private var notes = 0

    /// Starts a workbook at a path with a frozen header row. Choices become drop-down lists over all rows below.
    public init(path: String, sheet name: String, columns: [WorkbookColumn], texts: Texts = .english)
        throws(WorkbookError)
    {
        self.path = path
        self.columns = columns
        let parent = (path as NSString).deletingLastPathComponent
        let directory = parent.isEmpty ? "." : parent
        // Asked first, because libxlsxwriter only tells at the end, and on the error output as well.
        guard FileManager.default.isWritableFile(atPath: directory) else { throw Self.unwritable(nil) }
        let temporary = strdup(directory)
        defer { free(temporary) }
        var options = lxw_workbook_options()
        options.constant_memory = UInt8(LXW_TRUE.rawValue)
        options.tmpdir = temporary
        guard let workbook = workbook_new_opt(path, &options) else { throw Self.unwritable(nil) }
        guard let sheet = workbook_add_worksheet(workbook, Self.sheetName(name)) else {
            lxw_workbook_free(workbook)
            throw Self.unwritable(nil)
        }
        self.workbook = workbook
        self.sheet = sheet
        dateFormat = workbook_add_format(workbook)
        dateTimeFormat = workbook_add_format(workbook)
        markedFormat = workbook_add_format(workbook)
        format_set_bg_color(markedFormat, 0xFFC7CE)
        format_set_num_format(dateFormat, "yyyy-mm-dd")
        format_set_num_format(dateTimeFormat, "yyyy-mm-dd hh:mm:ss")
        writeHeader(workbook, texts)
        writeChoices(workbook, texts)
    }

    deinit {
        // Left without `finish`: nothing is put together, the temporary files go.
        if let workbook { lxw_workbook_free(workbook) }
    }

    /// Excel takes 31 characters without []:*?/\ and no apostrophe at either end.
    private static func sheetName(_ name: String) -> String {
        let allowed = name.map { "[]:*?/\\'".contains($0) ? " " : $0 }
        let cut = String(allowed.prefix(31)).trimmingCharacters(in: .whitespaces)
        return cut.isEmpty || cut.lowercased() == choicesSheet ? "Sheet1" : cut
    }

    private static func unwritable(_ error: lxw_error?) -> WorkbookError {
        let reason =
            error.flatMap { lxw_strerror($0) }.map { String(cString: $0) }
            ?? "no such folder, or no right to write there"
        return WorkbookError(
            .unwritable, "the workbook cannot be written (\(reason))", "통합 문서를 저장할 수 없습니다(원문: \(reason)).")
    }

    // MARK: - Header

    private func writeHeader(_ workbook: UnsafeMutablePointer<lxw_workbook>, _ texts: Texts) {
        let plain = workbook_add_format(workbook)
        let marked = workbook_add_format(workbook)
        format_set_bold(plain)
        format_set_bold(marked)
        format_set_bg_color(marked, 0xFFF2CC)
        for (index, column) in columns.enumerated() {
            let position = UInt16(clamping: index)
            let width = Double(min(40, max(12, column.label.count + 4)))
            var options = lxw_row_col_options()
            options.hidden = UInt8(column.isHidden ? 1 : 0)
            worksheet_set_column_opt(sheet, position, position, width, format(of: column.kind), &options)
            worksheet_write_string(sheet, 0, position, column.label, column.mandatory ? marked : plain)
            let note = [column.mandatory ? texts.mandatory : "", column.note ?? ""].filter { !$0.isEmpty }
                .joined(separator: "\n")
            if !note.isEmpty { worksheet_write_comment(sheet, 0, position, note) }
            if let bound = column.bound { WorkbookRule(bound, column, texts.mistake).apply(to: sheet, position) }
        }
        worksheet_freeze_panes(sheet, 1, 0)
        rows = 1
    }

    private func format(of kind: WorkbookColumn.Kind) -> UnsafeMutablePointer<lxw_format>? {
        switch kind {
        case .date: dateFormat
        case .dateTime: dateTimeFormat
        default: nil
        }
    }

    // MARK: - Choices

    /// The values stand on a hidden sheet: a list inside the rule holds 255 characters and no value with a comma.
    private func writeChoices(_ workbook: UnsafeMutablePointer<lxw_workbook>, _ texts: Texts) {
        let lists = columns.enumerated().compactMap { index, column -> (Int, [String])? in
            switch column.kind {
            case .choice(let values) where !values.isEmpty: (index, values)
            case .bool: (index, ["true", "false"])
            default: nil
            }
        }
        guard !lists.isEmpty, let hidden = workbook_add_worksheet(workbook, Self.choicesSheet) else { return }
        worksheet_hide(hidden)
        // One list per row, because rows can only be written in their order.
        for (row, (column, values)) in lists.enumerated() {
            for (position, value) in values.prefix(16_384).enumerated() {
                worksheet_write_string(hidden, UInt32(row), UInt16(position), value, nil)
            }
            let last = CellName.column(min(values.count, 16_384) - 1)
            validate(UInt16(clamping: column), "='\(Self.choicesSheet)'!$A$\(row + 1):$\(last)$\(row + 1)", texts)
        }
    }

    private func validate(_ column: UInt16, _ formula: String, _ texts: Texts) {
        var rule = lxw_data_validation()
        let sources: [String] = [formula, texts.notAChoice.title, texts.notAChoice.text]
        let strings = sources.map { strdup($0) }
        defer { for string in strings { free(string) } }
        rule.validate = UInt8(LXW_VALIDATION_TYPE_LIST_FORMULA.rawValue)
        rule.value_formula = strings[0]
        rule.error_title = strings[1]
        rule.error_message = strings[2]
        worksheet_data_validation_range(sheet, 1, column, Self.lastRow, column, &rule)
    }

    // MARK: - Rows

    /// Adds a row; nil is an empty cell. A value that is not what its column's kind says is written as the text it is.
    public func append(_ values: [String?]) throws(WorkbookError) {
        guard rows <= Self.lastRow else { throw .limit("rows", "행 수", Self.lastRow) }
        for (index, value) in values.prefix(columns.count).enumerated() {
            guard let value, !value.isEmpty else { continue }
            let code = write(value, columns[index].kind, UInt16(clamping: index))
            guard code == LXW_NO_ERROR else { throw Self.unwritable(code) }
        }
        rows += 1
    }

    private func write(_ value: String, _ kind: WorkbookColumn.Kind, _ column: UInt16) -> lxw_error {
        switch kind {
        case .number:
            // Beyond 15 digits a workbook would round.
            if let plain = CellText.decimal(value), plain.utf8.count <= 16, let number = Double(plain) {
                return worksheet_write_number(sheet, rows, column, number, nil)
            }
        case .date, .dateTime:
            if let parts = DateParts(canonical: value), parts.year >= 1900 {
                var moment = lxw_datetime()
                (moment.year, moment.month, moment.day) = (Int32(parts.year), Int32(parts.month), Int32(parts.day))
                (moment.hour, moment.min, moment.sec) = (Int32(parts.hour), Int32(parts.minute), Double(parts.second))
                return worksheet_write_datetime(sheet, rows, column, &moment, format(of: kind))
            }
        case .bool:
            if let truth = CellText.bool(value) {
                return worksheet_write_boolean(sheet, rows, column, truth ? 1 : 0, nil)
            }
        case .text, .choice: break
        }
        return worksheet_write_string(sheet, rows, column, Self.escaped(Self.writable(value)), nil)
    }

    /// Adds a row whose cells are texts as they are, so that what nobody touches is read again as it was.
    public func append(_ cells: [WorkbookCell]) throws(WorkbookError) {
        guard rows <= Self.lastRow else { throw .limit("rows", "행 수", Self.lastRow) }
        for (index, cell) in cells.prefix(columns.count).enumerated() {
            let column = UInt16(clamping: index)
            let format = cell.isMarked ? markedFormat : nil
            var code = LXW_NO_ERROR
            if !cell.text.isEmpty {
                code = worksheet_write_string(sheet, rows, column, Self.escaped(Self.writable(cell.text)), format)
            } else if cell.isMarked {
                code = worksheet_write_blank(sheet, rows, column, format)
            }
            guard code == LXW_NO_ERROR else { throw Self.unwritable(code) }
            if let note = cell.note, notes < Self.mostNotes { write(note, column) }
        }
        rows += 1
    }

    /// A note wide and high enough to be read.
    private func write(_ note: String, _ column: UInt16) {
        let text = Self.writable(String(note.prefix(Self.longestNote)))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).reduce(1) { $0 + 1 + $1.count / 36 }
        var options = lxw_comment_options()
        options.width = 260
        options.height = UInt16(clamping: 18 * min(lines, 20))
        worksheet_write_comment_opt(sheet, rows, column, text, &options)
        notes += 1
    }

    /// A text as a cell can hold it: XML has no control characters, and a cell no more than 32,767 units.
    public static func writable(_ text: String) -> String {
        let isWritable: (UnicodeScalar) -> Bool = { $0.value >= 0x20 || [9, 10, 13].contains($0.value) }
        let scalars = text.unicodeScalars
        let kept = scalars.allSatisfy(isWritable) ? text : String(String.UnicodeScalarView(scalars.filter(isWritable)))
        guard kept.utf8.count > 32_767, kept.utf16.count > 32_767 else { return kept }
        return String(decoding: kept.utf16.prefix(32_766), as: UTF16.self)
    }

    /// What programs read as an escape, `_x0041_`, is escaped itself.
    private static func escaped(_ text: String) -> String {
        text.contains("_x") ? text.replacing(/_(?=x[0-9A-Fa-f]{4}_)/, with: "_x005F_") : text
    }

    /// Puts the workbook together. Nothing can be added afterwards.
    public func finish() throws(WorkbookError) {
        guard let open = workbook else { return }
        workbook = nil
        let code = workbook_close(open)  // frees the workbook, successful or not
        guard code == LXW_NO_ERROR else { throw Self.unwritable(code) }
    }

    /// A template as the bytes of its file: headers, drop-down lists, notes, and a row that shows how they are filled in.
    public static func template(
        sheet: String, columns: [WorkbookColumn], example: [String] = [], texts: Texts = .english
    ) throws(WorkbookError) -> [UInt8] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("template-\(UUID().uuidString).xlsx")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try WorkbookWriter(path: path, sheet: sheet, columns: columns, texts: texts)
        if !example.isEmpty { try writer.append(example) }
        try writer.finish()
        guard let data = FileManager.default.contents(atPath: path) else { throw unwritable(nil) }
        return Array(data)
    }
}
