import Korean

/// Reads a text file of separated values row by row: quotes of RFC 4180 with line breaks inside, and any of the
/// delimiters comma, semicolon, tab and bar. Every cell is a text, or the name of an error. Row numbers count records, as a spreadsheet shows
/// them; records without content are counted and left out. Not for use on two threads at once.
public final class CSVReader: RowSource {
    /// The encoding found.
    public var encoding: TextEncoding { source.encoding }
    /// Whether the encoding was told by the look of the words alone, and a person may know better.
    public var isEncodingGuessed: Bool { !guessedWords.isEmpty }
    /// The first of these words; none where the encoding is sure.
    public var guessedWords: [String] { source.guessed }
    /// The encoding that was named and is not that of the bytes, which are plainly of the one found; nil where it is.
    public var overruledEncoding: TextEncoding? { source.overruled }
    /// The delimiter found.
    public let delimiter: Character
    /// Fields read so far from which a guard was taken: one apostrophe before = + - @, as our exports and many other
    /// programs write it against formulas, or the formula `="00123"`, which keeps a spreadsheet from reading a number.
    public private(set) var guardedFields = 0

    private let source: TextSource
    private let limits: WorkbookLimits
    private let takesGuards: Bool
    private let separator: UInt8
    private var bytes: [UInt8]
    private var position = 0
    private var record = 0
    private var line = 1
    private var delivered = 0
    /// Fields of the titles: until they are told, those of the first record with content.
    private var width = 0
    /// Whether the field that is read has a quotation mark behind a backslash, as some programs write it, and text behind.
    private var isEscaped = false

    private static let candidates: [UInt8] = [0x2C, 0x3B, 0x09, 0x7C]
    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D
    private static let quote: UInt8 = 0x22
    private static let substitute: UInt8 = 0x1A

    /// Opens the file at a path. The delimiter is the one given, the one that a first line `sep=;` names, as Excel
    /// writes it, or the one found in the first records; the encoding is the one named, or the one found. `takesGuards`
    /// says whether guards against formulas are taken from the fields.
    public init(
        path: String, delimiter: Character? = nil, encoding: TextEncoding? = nil, takesGuards: Bool = false,
        limits: WorkbookLimits = WorkbookLimits()
    ) throws(WorkbookError) {
        self.limits = limits
        self.takesGuards = takesGuards
        source = try TextSource(path: path, encoding: encoding, limits: limits)
        bytes = try source.next()
        if let hint = SeparatorHint(bytes) {
            (position, record) = (hint.length, 1)
            separator = delimiter?.asciiValue ?? hint.separator
        } else {
            separator = delimiter?.asciiValue ?? Self.detect(bytes)
        }
        self.delimiter = Character(UnicodeScalar(separator))
    }

    /// The delimiter that cuts most of the first records into as many fields as each other, and into most. The titles need
    /// not be the first record, so that this may have one field alone.
    private static func detect(_ bytes: [UInt8]) -> UInt8 {
        var best = (score: 0, separator: candidates[0])
        for candidate in candidates {
            var counts = fieldCounts(bytes, candidate)
            // Below a title without any, marks that a blank follows are those of sentences.
            if counts.first == 1 { counts = fieldCounts(bytes, candidate, besidesSentences: true) }
            for (fields, alike) in Dictionary(counts.map { ($0, 1) }, uniquingKeysWith: +) where fields > 1 {
                let score = alike * 1_000 / counts.count * 100 + min(fields, 99)
                if score > best.score { best = (score, candidate) }
            }
        }
        return best.separator
    }

    /// How many fields the first records have if cut by a separator. A last record that may be torn is left out.
    private static func fieldCounts(
        _ bytes: [UInt8], _ separator: UInt8, besidesSentences: Bool = false
    ) -> [Int] {
        var counts: [Int] = []
        var (fields, quoted, blank) = (1, false, true)
        for (index, byte) in bytes.enumerated() {
            if byte == quote {
                quoted.toggle()
            } else if !quoted && (byte == lineFeed || byte == carriageReturn) {
                if !blank { counts.append(fields) }
                if counts.count == 50 { return counts }
                (fields, blank) = (1, true)
                continue
            } else if !quoted && byte == separator {
                let isMark = besidesSentences && index + 1 < bytes.count && bytes[index + 1] == 0x20
                fields += isMark ? 0 : 1
            }
            blank = false
        }
        return counts.isEmpty && !blank ? [fields] : counts
    }

    /// Says how many fields the titles have, where they are not the first record.
    public func expect(fields: Int) { width = fields }

    public func next(into row: inout SheetRow) throws(WorkbookError) -> Bool {
        while try peek() != nil {
            record += 1
            row.reset(number: record)
            let first = line
            try readRecord(&row)
            row.lines = first...max(first, line - 1)
            guard row.count > 0 else { continue }
            // By this character files of DOS end.
            if row.bytes == [Self.substitute], try peek() == nil { continue }
            if width == 0 { width = row.fields }
            delivered += 1
            guard delivered <= limits.rows + 1 else { throw .limit("rows", "행 수", limits.rows) }
            return true
        }
        return false
    }

    @inline(__always)
    private func peek() throws(WorkbookError) -> UInt8? {
        if position == bytes.count {
            bytes = try source.next()
            position = 0
        }
        return position < bytes.count ? bytes[position] : nil
    }

    private func readRecord(_ row: inout SheetRow) throws(WorkbookError) {
        var column = 0
        while true {
            guard column < limits.columns else { throw .limit("columns", "열 수", limits.columns, at: "row \(record)") }
            let start = row.bytes.count
            isEscaped = false
            let end = try readField(&row, column, start)
            try close(&row, column, start)
            column += 1
            row.fields = column
            if end != separator { return }
        }
    }

    /// Reads a field and what ends it: the separator, or the end of the record.
    private func readField(_ row: inout SheetRow, _ column: Int, _ start: Int) throws(WorkbookError) -> UInt8 {
        while let byte = try peek() {
            position += 1
            if byte == separator { return byte }
            if byte == Self.lineFeed {
                line += 1
                return byte
            }
            if byte == Self.carriageReturn {
                if try peek() == Self.lineFeed { position += 1 }
                line += 1
                return Self.lineFeed
            }
            if byte == Self.quote && row.bytes.count == start {
                return try readQuoted(&row, column, start)
            }
            row.bytes.append(byte)
            try check(row, column, start)
        }
        return Self.lineFeed
    }

    /// Reads on behind an opening quotation mark. That it was none is said by text behind the closing one, by a line inside
    /// that has as many fields as the titles, and by all lines inside together: what is left of the first one completes
    /// its row, and every other is a row. Separators that a blank follows are there as in sentences.
    private func readQuoted(_ row: inout SheetRow, _ column: Int, _ start: Int) throws(WorkbookError) -> UInt8 {
        let opened = line
        var (quoted, separators, hasText) = (true, 0, false)
        var (firm, areRows) = (0, true)
        var previous: UInt8 = 0
        while let byte = try peek() {
            position += 1
            if quoted {
                if byte == Self.quote {
                    guard try peek() == Self.quote else {
                        quoted = false
                        if line > opened && areRows { row.swallowed = column }
                        continue
                    }
                    position += 1
                } else if byte == separator {
                    separators += 1
                    firm += 1
                } else if byte == 0x20 && previous == separator {
                    firm -= 1
                } else if byte == Self.carriageReturn || byte == Self.lineFeed && previous != Self.carriageReturn {
                    if line > opened && separators > 1 && separators == width - 1 { row.swallowed = column }
                    areRows = areRows && firm > 0 && firm == width - 1 - (line > opened ? 0 : column)
                    line += 1
                    (separators, firm) = (0, 0)
                }
                previous = byte
                row.bytes.append(byte)
            } else if byte == separator || byte == Self.lineFeed || byte == Self.carriageReturn {
                if byte == separator { return byte }
                if byte == Self.carriageReturn, try peek() == Self.lineFeed { position += 1 }
                line += 1
                return Self.lineFeed
            } else {
                if !hasText && line > opened { row.swallowed = column }
                if !hasText && row.bytes.count > start && row.bytes.last == UInt8(ascii: "\\") { isEscaped = true }
                hasText = true
                row.bytes.append(byte)
            }
            try check(row, column, start)
        }
        guard !quoted else {
            throw .malformed(
                "a quotation mark in line \(opened) without its partner", "\(grouped: opened)번째 줄의 따옴표가 닫히지 않음",
                at: CellName.cell(column: column, row: record))
        }
        return Self.lineFeed
    }

    @inline(__always)
    private func check(_ row: borrowing SheetRow, _ column: Int, _ start: Int) throws(WorkbookError) {
        // Four bytes at most make a character of two units, three one of one unit.
        guard row.bytes.count - start > 3 * limits.cellLength else { return }
        throw tooLong(column)
    }

    private func tooLong(_ column: Int) -> WorkbookError {
        .limit("characters in a cell", "셀 글자 수", limits.cellLength, at: CellName.cell(column: column, row: record))
    }

    private func close(_ row: inout SheetRow, _ column: Int, _ start: Int) throws(WorkbookError) {
        guard row.bytes.count > start else { return }
        if takesGuards, row.bytes[start] == UInt8(ascii: "'"), CSVWriter.isGuarded(row.bytes[start...]) {
            row.bytes.remove(at: start)
            guardedFields += 1
        } else if takesGuards, row.bytes[start] == UInt8(ascii: "="), isTextFormula(row.bytes[start...]) {
            row.bytes.removeLast()
            row.bytes.removeSubrange(start..<start + 2)
            guardedFields += 1
        }
        if row.bytes.count - start > limits.cellLength, XMLText.utf16Count(row.bytes[start...]) > limits.cellLength {
            throw tooLong(column)
        }
        guard row.bytes.count <= limits.rowBytes else {
            throw .size("bytes in a row", "행 크기", limits.rowBytes, at: "row \(record)")
        }
        row.close(column: column, kind: try kind(&row, column, start), from: start)
    }

    /// What a field holds. Characters that no text has are shown by their codes.
    private func kind(_ row: inout SheetRow, _ column: Int, _ start: Int) throws(WorkbookError) -> SheetRow.Kind {
        let (isError, isText) = row.bytes.withUnsafeBufferPointer { bytes in
            let field = UnsafeBufferPointer(rebasing: bytes[start...])
            // Tabs and feeds are white space, and some programs write a line end within a field so.
            return (ErrorName.isWritten(in: field), !XMLText.holdsControl(field, besides: 0x0B...0x0C))
        }
        if isText { return isEscaped ? .unreadable : isError ? .error : .text }
        guard !row.bytes[start...].contains(0) else {
            throw WorkbookError(
                .encoding, at: CellName.cell(column: column, row: record),
                "the file is not text: it holds the character U+0000; save the table as .xlsx or CSV UTF-8",
                "텍스트 파일이 아닙니다. U+0000 문자가 있습니다. 표를 .xlsx 또는 ‘CSV UTF-8(쉼표로 분리)’ 형식으로 저장하세요.")
        }
        // Of a field that is nothing else it says nothing.
        if row.bytes.count == start + 1, row.bytes[start] == Self.substitute { return .text }
        let shown = XMLText.legible(row.bytes[start...])
        row.bytes.replaceSubrange(start..., with: shown.utf8)
        return .unreadable
    }

    /// `="…"` with no quotation mark inside.
    private func isTextFormula(_ field: ArraySlice<UInt8>) -> Bool {
        guard field.count > 3, field.dropFirst().first == Self.quote, field.last == Self.quote else { return false }
        return !field.dropFirst(2).dropLast().contains(Self.quote)
    }
}
