/// Reads a text file of separated values row by row: quotes of RFC 4180 with line breaks inside, and any of the
/// delimiters comma, semicolon, tab and bar. Every cell is a text. Row numbers count records, as a spreadsheet shows
/// them; records without content are counted and left out. Not for use on two threads at once.
public final class CSVReader: RowSource {
    /// The encoding found.
    public var encoding: TextEncoding { source.encoding }
    /// The delimiter found.
    public let delimiter: Character

    private let source: TextSource
    private let limits: WorkbookLimits
    private let separator: UInt8
    private var bytes: [UInt8]
    private var position = 0
    private var record = 0
    private var delivered = 0

    private static let candidates: [UInt8] = [0x2C, 0x3B, 0x09, 0x7C]
    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D
    private static let quote: UInt8 = 0x22

    /// Opens the file at a path; the delimiter is the one given, or found in the first records.
    public init(path: String, delimiter: Character? = nil, limits: WorkbookLimits = WorkbookLimits())
        throws(WorkbookError)
    {
        self.limits = limits
        source = try TextSource(path: path, limits: limits)
        bytes = try source.next()
        separator = delimiter?.asciiValue ?? Self.detect(bytes)
        self.delimiter = Character(UnicodeScalar(separator))
    }

    /// The delimiter that cuts most of the first records into as many fields as the very first has, and into most.
    private static func detect(_ bytes: [UInt8]) -> UInt8 {
        var best = (score: 0, separator: candidates[0])
        for candidate in candidates {
            let counts = fieldCounts(bytes, candidate)
            guard let first = counts.first, first > 1 else { continue }
            let alike = counts.filter { $0 == first }.count
            let score = alike * 1_000 / counts.count * 100 + min(first, 99)
            if score > best.score { best = (score, candidate) }
        }
        return best.separator
    }

    /// How many fields the first records have if cut by a separator. A last record that may be torn is left out.
    private static func fieldCounts(_ bytes: [UInt8], _ separator: UInt8) -> [Int] {
        var counts: [Int] = []
        var (fields, quoted, blank) = (1, false, true)
        for byte in bytes {
            if byte == quote {
                quoted.toggle()
            } else if !quoted && byte == lineFeed {
                if !blank { counts.append(fields) }
                if counts.count == 50 { return counts }
                (fields, blank) = (1, true)
                continue
            } else if !quoted && byte == separator {
                fields += 1
            }
            if byte != carriageReturn { blank = false }
        }
        return counts.isEmpty && !blank ? [fields] : counts
    }

    public func next(into row: inout Row) throws(WorkbookError) -> Bool {
        while try peek() != nil {
            record += 1
            row.reset(number: record)
            try readRecord(&row)
            guard row.count > 0 else { continue }
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

    private func readRecord(_ row: inout Row) throws(WorkbookError) {
        var column = 0
        while true {
            guard column < limits.columns else { throw .limit("columns", "열 수", limits.columns, at: "row \(record)") }
            let start = row.bytes.count
            let end = try readField(&row, column, start)
            try close(&row, column, start)
            column += 1
            if end != separator { return }
        }
    }

    /// Reads a field and what ends it: the separator, or the end of the record.
    private func readField(_ row: inout Row, _ column: Int, _ start: Int) throws(WorkbookError) -> UInt8 {
        var quoted = false
        var wasQuoted = false
        while let byte = try peek() {
            position += 1
            if quoted {
                guard byte == Self.quote else {
                    row.bytes.append(byte)
                    try check(row, column, start)
                    continue
                }
                if try peek() == Self.quote {
                    position += 1
                    row.bytes.append(byte)
                } else {
                    quoted = false
                }
            } else if byte == separator || byte == Self.lineFeed {
                return byte
            } else if byte == Self.carriageReturn {
                if try peek() == Self.lineFeed { position += 1 }
                return Self.lineFeed
            } else if byte == Self.quote && !wasQuoted && row.bytes.count == start {
                (quoted, wasQuoted) = (true, true)
            } else {
                row.bytes.append(byte)
                try check(row, column, start)
            }
        }
        guard !quoted else {
            throw .malformed("a quotation mark without its partner", at: CellName.cell(column: column, row: record))
        }
        return Self.lineFeed
    }

    @inline(__always)
    private func check(_ row: borrowing Row, _ column: Int, _ start: Int) throws(WorkbookError) {
        // Four bytes at most make a character of two units, three one of one unit.
        guard row.bytes.count - start > 3 * limits.cellLength else { return }
        throw tooLong(column)
    }

    private func tooLong(_ column: Int) -> WorkbookError {
        .limit("characters in a cell", "셀 글자 수", limits.cellLength, at: CellName.cell(column: column, row: record))
    }

    private func close(_ row: inout Row, _ column: Int, _ start: Int) throws(WorkbookError) {
        guard row.bytes.count > start else { return }
        if row.bytes.count - start > limits.cellLength, XMLText.utf16Count(row.bytes[start...]) > limits.cellLength {
            throw tooLong(column)
        }
        guard row.bytes.count <= limits.rowBytes else {
            throw .limit("bytes in a row", "행 크기(바이트)", limits.rowBytes, at: "row \(record)")
        }
        let hasNUL = row.bytes.withUnsafeBufferPointer { $0[start...].contains(0) }
        guard !hasNUL else {
            throw WorkbookError(
                .encoding, at: CellName.cell(column: column, row: record),
                "the file is not text in UTF-8, UTF-16 or Windows-1252", "UTF-8, UTF-16 또는 Windows-1252 텍스트가 아닙니다")
        }
        row.close(column: column, kind: .text, from: start)
    }
}

/// Opens whatever table a person has sent.
public enum TableFile {
    /// A workbook or a text file, told by its content; the name decides only for a file that claims to be a workbook
    /// and is none, which is then an error rather than one strange column.
    public static func open(path: String, name: String, limits: WorkbookLimits = WorkbookLimits())
        throws(WorkbookError) -> any RowSource
    {
        let lowered = name.lowercased()
        let claims = [".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".zip"].contains { lowered.hasSuffix($0) }
        if claims || FileStart.isContainer(path) { return try WorkbookReader(path: path, limits: limits) }
        return try CSVReader(path: path, limits: limits)
    }
}
