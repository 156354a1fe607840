import Korean

/// Reads the rows of one sheet as the entry is inflated.
struct SheetScanner {
    private var scanner: XMLScanner
    private let strings: SharedStrings
    private let styles: [DateStyle]
    private let formats: [NumberFormat?]
    private let from1904: Bool
    private let limits: WorkbookLimits
    private var inData = false
    private var finished = false
    private var lastRow = 0
    /// What the row that is read, or a cell of it, says of its place, when no place of a sheet is called so.
    private var misplaced: String?
    private var delivered = 0
    private var cell = CellState()
    /// Whether a formula has been read.
    private(set) var hasFormulas = false
    /// The columns that are hidden, which stand before the rows.
    private(set) var hiddenColumns: [ClosedRange<Int>] = []
    /// The merged ranges of the sheet, which stand behind its rows.
    private(set) var merged: [CellRange] = []

    /// The last row number that Excel knows.
    private static let lastRowOfExcel = 1_048_576
    /// As much is kept of what cannot be read.
    private static let shownBytes = 256

    private struct CellState {
        var column = -1
        var row = 0
        /// Whether the row has said its number; if not, its first cell may.
        var isRowKnown = false
        var content = CellScalar.Content.number
        var style = 0
        var start = 0
        var hasFormula = false
        var hasValue = false
        var isLost = false
    }

    init(
        _ entry: ZipEntry, strings: SharedStrings, styles: CellStyles, from1904: Bool, limits: WorkbookLimits
    ) throws(WorkbookError) {
        scanner = try XMLScanner(entry)
        self.strings = strings
        self.styles = styles.dates
        formats = styles.formats
        self.from1904 = from1904
        self.limits = limits
    }

    mutating func next(into row: inout SheetRow) throws(WorkbookError) -> Bool {
        while !finished {
            switch try scanner.next() {
            case .start:
                if inData && scanner.nameIs("row") {
                    if try readRow(&row) { return true }
                } else if scanner.nameIs("sheetData") {
                    inData = true
                } else if !inData && scanner.nameIs("col") {
                    try readColumn()
                }
            case .end where scanner.nameIs("sheetData"):
                finished = true
                try readMerged()
                try scanner.drain()
            case .end, .text: break
            case .done: throw scanner.truncated
            }
        }
        return false
    }

    /// Reads whether columns are hidden.
    private mutating func readColumn() throws(WorkbookError) {
        var (first, last, isHidden) = (0, 0, false)
        while try scanner.nextAttribute() {
            if scanner.keyIs("min") { first = scanner.wholeNumber() ?? 0 }
            if scanner.keyIs("max") { last = scanner.wholeNumber() ?? 0 }
            if scanner.keyIs("hidden") { isHidden = scanner.isTrue }
        }
        guard isHidden, first > 0, first <= last, hiddenColumns.count < limits.columns else { return }
        hiddenColumns.append(first - 1...last - 1)
    }

    /// Reads what stands behind the rows as far as the list of merged ranges.
    private mutating func readMerged() throws(WorkbookError) {
        while true {
            switch try scanner.next() {
            case .start where scanner.nameIs("mergeCell"):
                while try scanner.nextAttribute() {
                    guard scanner.keyIs("ref"), let range = CellRange(try scanner.value()) else { continue }
                    guard merged.count < limits.mergedRanges else {
                        throw .limit("merged ranges", "병합된 범위 수", limits.mergedRanges)
                    }
                    merged.append(range)
                }
            case .end where scanner.nameIs("mergeCells"): return
            case .done: return
            case .start, .end, .text: break
            }
        }
    }

    /// False when the row has no content.
    private mutating func readRow(_ row: inout SheetRow) throws(WorkbookError) -> Bool {
        var number = lastRow + 1
        var (written, isHidden) = ("", false)
        misplaced = nil
        cell.isRowKnown = false
        while try scanner.nextAttribute() {
            if scanner.keyIs("hidden") { isHidden = scanner.isTrue }
            guard scanner.keyIs("r") else { continue }
            number = scanner.wholeNumber() ?? 0
            cell.isRowKnown = true
            if number < 1 || number > Self.lastRowOfExcel { written = try scanner.value() }
        }
        if number < 1 || number > Self.lastRowOfExcel {
            misplaced = written
            number = lastRow + 1
        } else if number == lastRow {
            misplaced = "\(number)"
        }
        lastRow = number
        row.reset(number: number)
        row.formats = formats
        row.from1904 = from1904
        row.isHidden = isHidden
        cell.row = number
        cell.column = -1
        reading: while true {
            switch try scanner.next() {
            case .start where scanner.nameIs(UInt8(ascii: "c")): try readCell(&row)
            case .end where scanner.nameIs("row"): break reading
            case .start, .end, .text: break
            case .done: throw scanner.truncated
            }
        }
        (row.number, lastRow) = (cell.row, cell.row)
        if let misplaced { row.misplaced = misplaced }
        guard row.count > 0 || row.misplaced != nil else { return false }
        delivered += 1
        guard delivered <= limits.rows + 1 else { throw .limit("rows", "행 수", limits.rows) }
        return true
    }

    private var place: String { CellName.cell(column: max(0, cell.column), row: cell.row) }

    // MARK: - Cells

    @inline(__always)
    private mutating func readCell(_ row: inout SheetRow) throws(WorkbookError) {
        cell.column += 1
        (cell.isLost, cell.hasFormula) = (false, false)
        cell.content = .number
        cell.style = 0
        cell.start = row.bytes.count
        while try scanner.nextAttribute() {
            guard scanner.keyCount == 1 else { continue }
            switch scanner.base[scanner.keyStart] {
            case UInt8(ascii: "r"): try readReference()
            case UInt8(ascii: "s"): cell.style = scanner.wholeNumber() ?? 0
            case UInt8(ascii: "t"): try readType()
            default: break
            }
        }
        if cell.isLost { return try skip(&row) }
        guard cell.column < limits.columns else {
            throw .limit("columns", "열 수", limits.columns, at: "row \(cell.row)")
        }
        if try readPlainValue(&row) { return }
        try readValue(&row)
        try finish(&row)
    }

    /// "BC12": the letters say the column, and the number must be that of the row that the cell is inside.
    @inline(__always)
    private mutating func readReference() throws(WorkbookError) {
        var column = 0
        var at = scanner.valueStart
        while at < scanner.valueEnd {
            let letter = scanner.base[at] & 0xDF
            guard letter >= 0x41 && letter <= 0x5A else { break }
            column = column * 26 + Int(letter) - 0x40
            guard column <= 1 << 20 else { break }
            at += 1
        }
        guard column > 0 else {
            misplaced = try scanner.value()
            cell.isLost = true
            return
        }
        cell.column = column - 1
        guard let row = scanner.number(at), row != cell.row else { return }
        if cell.isRowKnown || row < cell.row || row > Self.lastRowOfExcel {
            if misplaced == nil { misplaced = try scanner.value() }
        } else {
            (cell.row, cell.isRowKnown) = (row, true)
        }
    }

    /// Passes over a cell that is nowhere in the sheet.
    private mutating func skip(_ row: inout SheetRow) throws(WorkbookError) {
        cell.column -= 1
        try readValue(&row)
        row.bytes.removeLast(row.bytes.count - cell.start)
    }

    /// A type that the format does not know is left to what the cell holds.
    @inline(__always)
    private mutating func readType() throws(WorkbookError) {
        let first = scanner.base[scanner.valueStart] | 0x20
        switch scanner.valueEnd - scanner.valueStart {
        case 0: break
        case 1:
            switch first {
            case UInt8(ascii: "s"): cell.content = .shared
            case UInt8(ascii: "n"): cell.content = .number
            case UInt8(ascii: "b"): cell.content = .bool
            case UInt8(ascii: "e"): cell.content = .error
            case UInt8(ascii: "d"): cell.content = .isoDate
            default: cell.content = .unknown
            }
        case 3 where first == UInt8(ascii: "s"), 9 where first == UInt8(ascii: "i"): cell.content = .text
        default: cell.content = .unknown
        }
    }

    /// The form nearly every cell has, `<v>…</v></c>` with a number in it, without going through five events.
    /// False when it is anything else; nothing has been read then.
    @inline(__always)
    private mutating func readPlainValue(_ row: inout SheetRow) throws(WorkbookError) -> Bool {
        let base = scanner.base
        let start = scanner.position + 3
        if cell.content == .text { return try readPlainText(&row) }
        guard cell.content == .shared || cell.content == .number,
            scanner.limit - start >= 32, base[start - 3] == UInt8(ascii: "<"), base[start - 2] == UInt8(ascii: "v"),
            base[start - 1] == UInt8(ascii: ">")
        else { return false }
        var end = start
        while end < start + 20 && base[end] != UInt8(ascii: "<") { end += 1 }
        guard base[end] == UInt8(ascii: "<"), base[end + 1] == UInt8(ascii: "/"), base[end + 2] == UInt8(ascii: "v"),
            base[end + 3] == UInt8(ascii: ">"), base[end + 4] == UInt8(ascii: "<"), base[end + 5] == UInt8(ascii: "/"),
            base[end + 6] == UInt8(ascii: "c"), base[end + 7] == UInt8(ascii: ">")
        else { return false }
        if cell.content == .shared {
            guard let index = XMLText.wholeNumber(base + start, end - start) else { return false }
            guard try closeShared(index, in: &row) else { return false }
        } else {
            let text = UnsafeBufferPointer(start: UnsafePointer(base + start), count: end - start)
            guard dateStyle == .none ? NumberText.isShortest(text) : readDay(text, &row) else { return false }
            if dateStyle == .none {
                row.bytes.append(contentsOf: text)
                row.close(column: cell.column, kind: .number, from: cell.start, style: cell.style)
            }
        }
        scanner.position = end + 8
        return true
    }

    /// The form in which most programs write a text without sharing it, `<is><t>…</t></is></c>`, as it stands in the window.
    private mutating func readPlainText(_ row: inout SheetRow) throws(WorkbookError) -> Bool {
        let (opening, closing): (StaticString, StaticString) = ("<is><t>", "</t></is></c>")
        let start = scanner.position + opening.utf8CodeUnitCount
        let left = scanner.limit - start - closing.utf8CodeUnitCount
        guard left > 0, scanner.stands(opening, at: scanner.position),
            let end = scanner.find(0x3C, from: start, count: left), end > start, scanner.stands(closing, at: end),
            end - start <= limits.cellLength
        else { return false }
        try XMLText.append(scanner.base + start, end - start, raw: true, to: &row.bytes)
        try finishText(&row)
        scanner.position = end + closing.utf8CodeUnitCount
        return true
    }

    /// A whole number in the style of a date, as nearly every date is. False when it is anything else.
    private func readDay(_ text: UnsafeBufferPointer<UInt8>, _ row: inout SheetRow) -> Bool {
        guard let base = text.baseAddress, let day = XMLText.wholeNumber(base, text.count),
            let (kind, date) = ExcelDates.text(Double(day), style: dateStyle, from1904: from1904)
        else { return false }
        row.bytes.append(contentsOf: date.utf8)
        row.close(column: cell.column, kind: kind, from: cell.start, style: cell.style, serial: Double(day))
        return true
    }

    /// Collects the text of a cell behind the row's other texts.
    private mutating func readValue(_ row: inout SheetRow) throws(WorkbookError) {
        var (capturing, inline, phonetic) = (false, false, 0)
        (cell.hasFormula, cell.hasValue) = (false, false)
        while true {
            switch try scanner.next() {
            case .start:
                if scanner.nameIs(UInt8(ascii: "v")) {
                    capturing = !inline
                    // Two values are not one: what they make together is no number.
                    if capturing && cell.hasValue { row.bytes.append(UInt8(ascii: " ")) }
                    cell.hasValue = true
                } else if scanner.nameIs(UInt8(ascii: "f")) {
                    (cell.hasFormula, hasFormulas) = (true, true)
                } else if scanner.nameIs("is") {
                    // An inline text is the value; a number beside it is what another program has left.
                    row.bytes.removeLast(row.bytes.count - cell.start)
                    (inline, cell.hasValue) = (true, true)
                    cell.content = .text
                } else if scanner.nameIs(UInt8(ascii: "t")) {
                    capturing = inline && phonetic == 0
                } else if scanner.nameIs("rPh") {
                    phonetic += 1
                }
            case .end:
                if scanner.nameIs(UInt8(ascii: "c")) { return }
                if scanner.nameIs(UInt8(ascii: "v")) || scanner.nameIs(UInt8(ascii: "t")) { capturing = false }
                if scanner.nameIs("rPh") { phonetic -= 1 }
            case .text where capturing:
                let count = scanner.textEnd - scanner.textStart
                guard row.bytes.count - cell.start + count <= 8 * limits.cellLength else { throw tooLong }
                try XMLText.append(scanner.base + scanner.textStart, count, raw: scanner.textIsRaw, to: &row.bytes)
            case .text: break
            case .done: throw scanner.truncated
            }
        }
    }

    private var tooLong: WorkbookError { .limit("characters in a cell", "셀 글자 수", limits.cellLength, at: place) }

    private var dateStyle: DateStyle { cell.style < styles.count ? styles[cell.style] : .none }

    /// Closes the cell with the shared text of this number. False when there is none; nothing is changed then.
    private func closeShared(_ index: Int, in row: inout SheetRow) throws(WorkbookError) -> Bool {
        guard strings.append(index, to: &row.bytes) else { return false }
        guard row.bytes.count <= limits.rowBytes else {
            throw .size("bytes in a row", "행 크기", limits.rowBytes, at: place)
        }
        let kind = strings.isText(index) ? SheetRow.Kind.text : .unreadable
        row.close(column: cell.column, kind: kind, from: cell.start, style: cell.style)
        return true
    }

    private func finish(_ row: inout SheetRow) throws(WorkbookError) {
        let start = cell.start
        if cell.hasFormula && !cell.hasValue {
            return row.close(column: cell.column, kind: .missing, from: start, style: cell.style)
        }
        switch cell.content {
        case .text: try finishText(&row)
        case .shared:
            guard let written = takeTrimmed(&row) else { return closeUnlessStored(&row) }
            if let index = Int(written), try closeShared(index, in: &row) { return }
            // What it refers to is not there: that is this cell's matter alone.
            row.bytes.append(contentsOf: written.utf8.prefix(Self.shownBytes))
            row.close(column: cell.column, kind: .unreadable, from: start, style: cell.style)
        default:
            guard let written = takeTrimmed(&row) else { return closeUnlessStored(&row) }
            let scalar = CellScalar(written, cell.content, style: dateStyle, from1904: from1904)
            row.bytes.append(contentsOf: scalar.text.utf8)
            row.close(column: cell.column, kind: scalar.kind, from: start, style: cell.style, serial: scalar.serial)
        }
    }

    /// A formula whose number is empty has no result: only a text can be empty. Nor is an error without its name nothing.
    private func closeUnlessStored(_ row: inout SheetRow) {
        if cell.hasFormula || cell.content == .error {
            row.close(column: cell.column, kind: .missing, from: cell.start)
        }
    }

    private func finishText(_ row: inout SheetRow) throws(WorkbookError) {
        let start = cell.start
        guard XMLText.finish(&row.bytes, from: start) else {
            let shown = XMLText.legible(row.bytes[start...].prefix(Self.shownBytes))
            row.bytes.replaceSubrange(start..., with: shown.utf8)
            return row.close(column: cell.column, kind: .unreadable, from: start)
        }
        if row.bytes.count - start > limits.cellLength, XMLText.utf16Count(row.bytes[start...]) > limits.cellLength {
            throw tooLong
        }
        guard row.bytes.count <= limits.rowBytes else {
            throw .size("bytes in a row", "행 크기", limits.rowBytes, at: place)
        }
        // A text that somebody has typed is one; that of a formula is what a program has made of an error.
        let isError = cell.hasFormula && ErrorName.isWritten(in: row.bytes, from: start)
        row.close(column: cell.column, kind: isError ? .error : .text, from: start, style: cell.style)
    }

    private func takeTrimmed(_ row: inout SheetRow) -> String? {
        let text = XMLText.legible(row.bytes[cell.start...])
        row.bytes.removeLast(row.bytes.count - cell.start)
        // Most is not indented, and looking for white space beyond ASCII takes longer than reading the number.
        if let first = text.utf8.first, let last = text.utf8.last, 0x21...0x7E ~= first, 0x21...0x7E ~= last {
            return text
        }
        let trimmed = text.drop { $0.isWhitespace }
        let end = trimmed.lastIndex { !$0.isWhitespace }
        return end.map { String(trimmed[...$0]) }
    }
}
