/// The content of one cell.
public enum Cell: Sendable, Hashable {
    /// Nothing, or an empty text.
    case empty
    /// A text. Every cell of a CSV file with content is one, but for names of errors.
    case text(String)
    /// A number.
    case number(Double)
    /// True or false.
    case bool(Bool)
    /// A date as "YYYY-MM-DD".
    case date(String)
    /// A date and time as "YYYY-MM-DD HH:MM:SS".
    case dateTime(String)
    /// A time of day, or a length of time, as "HH:MM:SS".
    case time(String)
    /// An error of a formula, such as "#N/A".
    case error(String)
    /// A formula whose result is not in the file.
    case missing
    /// Something that its type does not allow, as it is written.
    case unreadable(String)
}

/// One row of a table. Handed to a `RowSource` again and again, so that its memory is reused.
public struct SheetRow: Sendable {
    /// The kinds of content, as in `Cell`.
    public enum Kind: UInt8, Sendable {
        case empty, text, number, bool, date, dateTime, time, error, missing, unreadable
    }

    struct Slot {
        var kind: Kind = .empty
        var style: UInt16 = 0
        var start: UInt32 = 0
        var count: UInt32 = 0
        /// The number behind a date or time.
        var serial: Double = 0
    }

    /// The number of the row in its sheet, or of the record in a CSV file; the first is 1.
    public internal(set) var number = 0
    /// Columns up to the last one with content.
    public internal(set) var count = 0
    /// Fields of the record in a text file, empty ones at its end included; 0 in a workbook.
    public internal(set) var fields = 0
    /// Lines of the record in a text file.
    public internal(set) var lines = 0...0
    /// The column whose quotation mark seems to have taken in the lines behind it; nil as a rule.
    public internal(set) var swallowed: Int?
    /// What the row, or a cell of it, says of its place, when that cannot be: no place of a sheet is called so, or another
    /// has taken it; nil as a rule.
    public internal(set) var misplaced: String?
    /// Whether a person does not see the row: it is hidden, or left out by a filter.
    public internal(set) var isHidden = false
    var slots: [Slot] = []
    var bytes: [UInt8] = []
    /// How cells of each style show what they hold; nil for those that show it plainly.
    var formats: [NumberFormat?] = []
    /// Whether the workbook counts days from 1904.
    var from1904 = false

    /// A row without content.
    public init() {}

    /// What kind of content a column has; `.empty` beyond the last one.
    public func kind(at column: Int) -> Kind {
        column < count ? slots[column].kind : .empty
    }

    /// The content as text: a number in its shortest form without exponent, "true" or "false", a date as in `Cell`.
    /// Nil when the cell is empty, or a formula without result.
    public func text(at column: Int) -> String? {
        guard kind(at: column) != .empty, kind(at: column) != .missing else { return nil }
        return withBytes(at: column) { String(decoding: $0, as: UTF8.self) }
    }

    /// The text of `text(at:)` as UTF-8 without copying; no bytes when the cell is empty.
    public func withBytes<Result>(at column: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows
        -> Result
    {
        try bytes.withUnsafeBufferPointer { all in
            guard column < count else { return try body(UnsafeBufferPointer(start: nil, count: 0)) }
            let slot = slots[column]
            return try body(UnsafeBufferPointer(rebasing: all[Int(slot.start)..<Int(slot.start + slot.count)]))
        }
    }

    /// The content of a column; `.empty` beyond the last one.
    public subscript(column: Int) -> Cell {
        guard let text = text(at: column) else { return kind(at: column) == .missing ? .missing : .empty }
        switch kind(at: column) {
        case .empty, .missing: return .empty
        case .text: return .text(text)
        case .number: return .number(Double(text) ?? .nan)
        case .bool: return .bool(text == "true")
        case .date: return .date(text)
        case .dateTime: return .dateTime(text)
        case .time: return .time(text)
        case .error: return .error(text)
        case .unreadable: return .unreadable(text)
        }
    }

    /// What a column shows a person, where that may differ from `text(at:)`.
    public func shown(at column: Int) -> ShownText {
        guard column < count, Int(slots[column].style) < formats.count,
            let format = formats[Int(slots[column].style)]
        else { return .plain }
        switch slots[column].kind {
        case .number: return format.show(number: text(at: column) ?? "", from1904: from1904)
        case .text: return format.show(text: text(at: column) ?? "")
        case .date, .dateTime, .time:
            let number = NumberText.plain("\(slots[column].serial)") ?? ""
            return format.show(number: number, from1904: from1904)
        default: return .plain
        }
    }

    /// All cells up to the last one with content.
    public var cells: [Cell] { (0..<count).map { self[$0] } }

    mutating func reset(number: Int) {
        self.number = number
        count = 0
        fields = 0
        swallowed = nil
        misplaced = nil
        isHidden = false
        bytes.removeAll(keepingCapacity: true)
    }

    /// Sets the bytes from `start` to the end of the buffer as the content of a column.
    @inline(__always)
    mutating func close(column: Int, kind: Kind, from start: Int, style: Int = 0, serial: Double = 0) {
        let size = bytes.count - start
        guard size > 0 || kind == .missing else { return }
        if column >= count {
            while slots.count <= column { slots.append(Slot()) }
            while count < column {
                slots[count] = Slot()
                count += 1
            }
            count = column + 1
        } else if slots[column].kind != .empty {
            misplaced = CellName.cell(column: column, row: number)
        }
        slots[column] = Slot(
            kind: kind, style: UInt16(clamping: style), start: UInt32(truncatingIfNeeded: start),
            count: UInt32(truncatingIfNeeded: size), serial: serial)
    }
}

/// A table that is read row by row with bounded memory.
public protocol RowSource: AnyObject {
    /// Reads the next row that has content into `row`. False at the end of the table.
    /// After an error the source is of no further use.
    func next(into row: inout SheetRow) throws(WorkbookError) -> Bool
}
