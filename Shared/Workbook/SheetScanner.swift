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
    private var delivered = 0
    private var cell = CellState()
    /// Whether a formula has been read.
    private(set) var hasFormulas = false

    /// The last row number that Excel knows.
    private static let lastRowOfExcel = 1_048_576

    private enum Content { case number, shared, text, bool, error, isoDate, unknown }

    private struct CellState {
        var column = -1
        var row = 0
        var content = Content.number
        var style = 0
        var start = 0
        var hasFormula = false
        var hasValue = false
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
                }
            case .end where scanner.nameIs("sheetData"):
                finished = true
                try scanner.drain()
            case .end, .text: break
            case .done: throw scanner.truncated
            }
        }
        return false
    }

    /// False when the row has no content.
    private mutating func readRow(_ row: inout SheetRow) throws(WorkbookError) -> Bool {
        var number = lastRow + 1
        while try scanner.nextAttribute() {
            if scanner.keyIs("r") { number = scanner.wholeNumber() ?? 0 }
        }
        guard number > 0 && number <= Self.lastRowOfExcel else {
            throw .malformed("a row number that cannot be", "있을 수 없는 행 번호", at: "row \(number)")
        }
        lastRow = number
        row.reset(number: number)
        row.formats = formats
        row.from1904 = from1904
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
        guard row.count > 0 else { return false }
        delivered += 1
        guard delivered <= limits.rows + 1 else { throw .limit("rows", "행 수", limits.rows) }
        return true
    }

    private var place: String { CellName.cell(column: max(0, cell.column), row: cell.row) }

    // MARK: - Cells

    @inline(__always)
    private mutating func readCell(_ row: inout SheetRow) throws(WorkbookError) {
        cell.column += 1
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
        guard cell.column < limits.columns else {
            throw .limit("columns", "열 수", limits.columns, at: "row \(cell.row)")
        }
        if try readPlainValue(&row) { return }
        try readValue(&row)
        try finish(&row)
    }

    /// "BC12": only the letters count, as the cell is inside its row.
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
        guard column > 0 else { throw .malformed("a cell without column", "열이 없는 셀", at: "row \(cell.row)") }
        cell.column = column - 1
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
        guard cell.content == .shared || (cell.content == .number && dateStyle == .none),
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
            try appendShared(index, to: &row)
            row.close(column: cell.column, kind: .text, from: cell.start, style: cell.style)
        } else {
            let text = UnsafeBufferPointer(start: UnsafePointer(base + start), count: end - start)
            guard NumberText.isShortest(text) else { return false }
            row.bytes.append(contentsOf: text)
            row.close(column: cell.column, kind: .number, from: cell.start, style: cell.style)
        }
        scanner.position = end + 8
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

    private func appendShared(_ index: Int, to row: inout SheetRow) throws(WorkbookError) {
        guard strings.append(index, to: &row.bytes) else {
            throw .malformed("the shared string \(index) does not exist", "없는 공유 문자열 \(index)", at: place)
        }
        guard row.bytes.count <= limits.rowBytes else {
            throw .size("bytes in a row", "행 크기", limits.rowBytes, at: place)
        }
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
            guard let index = Int(written) else {
                throw .malformed("a shared string without number", "번호가 없는 공유 문자열", at: place)
            }
            try appendShared(index, to: &row)
            row.close(column: cell.column, kind: .text, from: start, style: cell.style)
        default:
            guard let written = takeTrimmed(&row) else { return closeUnlessStored(&row) }
            let (kind, text, serial) = scalar(written)
            row.bytes.append(contentsOf: text.utf8)
            row.close(column: cell.column, kind: kind, from: start, style: cell.style, serial: serial)
        }
    }

    /// A formula whose number is empty has no result: only a text can be empty.
    private func closeUnlessStored(_ row: inout SheetRow) {
        if cell.hasFormula { row.close(column: cell.column, kind: .missing, from: cell.start) }
    }

    private func finishText(_ row: inout SheetRow) throws(WorkbookError) {
        let start = cell.start
        guard XMLText.finish(&row.bytes, from: start) else {
            throw .malformed(
                "a text that is not UTF-8 or has control characters", "UTF-8이 아니거나 제어 문자가 있는 텍스트", at: place)
        }
        if row.bytes.count - start > limits.cellLength, XMLText.utf16Count(row.bytes[start...]) > limits.cellLength {
            throw tooLong
        }
        guard row.bytes.count <= limits.rowBytes else {
            throw .size("bytes in a row", "행 크기", limits.rowBytes, at: place)
        }
        row.close(column: cell.column, kind: .text, from: start, style: cell.style)
    }

    private func takeTrimmed(_ row: inout SheetRow) -> String? {
        let text = String(decoding: row.bytes[cell.start...], as: UTF8.self)
        row.bytes.removeLast(row.bytes.count - cell.start)
        let trimmed = text.drop { $0.isWhitespace }
        let end = trimmed.lastIndex { !$0.isWhitespace }
        return end.map { String(trimmed[...$0]) }
    }

    /// A cell that is neither text nor shared text. What its type does not allow is that cell's matter alone.
    private func scalar(_ written: String) -> (SheetRow.Kind, String, serial: Double) {
        switch cell.content {
        case .bool:
            switch written.lowercased() {
            case "1", "true": return (.bool, "true", 0)
            case "0", "false": return (.bool, "false", 0)
            default: return (.unreadable, written, 0)
            }
        case .error: return (.error, String(written.prefix(32)), 0)
        case .isoDate:
            guard let (kind, text) = ISODate.value(written, style: dateStyle) else { return (.unreadable, written, 0) }
            return (kind, text, ExcelDates.serial(kind, text, from1904: from1904))
        default:
            guard let plain = NumberText.plain(written) else { return (.unreadable, written, 0) }
            if dateStyle != .none, let value = Double(written),
                let (kind, text) = ExcelDates.text(value, style: dateStyle, from1904: from1904)
            {
                return (kind, text, value)
            }
            return (.number, plain, 0)
        }
    }
}
