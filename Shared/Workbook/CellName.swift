/// Names of cells as people know them.
public enum CellName {
    /// "A" for column 0, "XFD" for column 16,383.
    public static func column(_ index: Int) -> String {
        var left = index + 1
        var letters = ""
        while left > 0 {
            letters = String(UnicodeScalar(UInt8(65 + (left - 1) % 26))) + letters
            left = (left - 1) / 26
        }
        return letters
    }

    /// 2 for "C" or "c"; nil for what names no column that Excel knows.
    public static func index(ofColumn letters: String) -> Int? {
        guard (1...3).contains(letters.utf8.count) else { return nil }
        var index = 0
        for letter in letters.utf8.map({ $0 & 0xDF }) {
            guard letter >= 0x41 && letter <= 0x5A else { return nil }
            index = index * 26 + Int(letter) - 0x40
        }
        return index <= 16_384 ? index - 1 : nil
    }

    /// "C12" for column 2 of row 12.
    public static func cell(column index: Int, row: Int) -> String { "\(column(index))\(row)" }
}

/// A rectangle of cells, such as `C2:C4`.
public struct CellRange: Sendable, Hashable {
    private let firstRow, lastRow, firstColumn, lastColumn: Int32

    /// Its rows, counted from 1.
    public var rows: ClosedRange<Int> { Int(firstRow)...Int(lastRow) }
    /// Its columns, counted from 0.
    public var columns: ClosedRange<Int> { Int(firstColumn)...Int(lastColumn) }

    /// Reads `C2:C4`; nil for what names no cells that Excel knows. The corners may come in any order.
    public init?(_ text: String) {
        let corners = text.split(separator: ":", omittingEmptySubsequences: false).map { corner in
            let letters = corner.prefix { $0.isASCII && $0.isLetter }
            return (column: CellName.index(ofColumn: String(letters)), row: Int32(corner.dropFirst(letters.count)))
        }
        guard corners.count == 2, let left = corners[0].column, let right = corners[1].column,
            let top = corners[0].row, let bottom = corners[1].row, min(top, bottom) > 0
        else { return nil }
        (firstRow, lastRow) = (min(top, bottom), max(top, bottom))
        (firstColumn, lastColumn) = (Int32(min(left, right)), Int32(max(left, right)))
    }

    /// How people know it: `C2:C4`.
    public var name: String {
        CellName.cell(column: columns.lowerBound, row: rows.lowerBound) + ":"
            + CellName.cell(column: columns.upperBound, row: rows.upperBound)
    }
}
