import Foundation
import ImportValidationWire
import Wire
import Workbook

/// What a person says of one column of a file: the field it is for (G-57).
struct ColumnChoice: Codable, Sendable, Equatable {
    /// The letters of the column, such as `C`; empty when its title tells it.
    var column = ""
    /// The title of the column.
    var title = ""
    /// The field by its internal name; empty for a column that is not read.
    var field = ""

    /// How people know the column.
    var name: Text {
        title.isEmpty ? Text(en: column, ko: "\(column)열") : Text(en: "\"\(title)\"", ko: "‘\(title)’")
    }

    /// The number of the column in a row of titles; nil where it is not to be told. One that was saved counts only under
    /// its title: what another file has in column C is something else.
    func place(in row: SheetRow, isSaved: Bool) -> Int? {
        let wanted = HeaderMatcher.key(title)
        let key = { (column: Int) in HeaderMatcher.key(row.text(at: column) ?? "") }
        let named = CellName.index(ofColumn: column)
        if let named, key(named) == wanted { return named }
        if wanted.isEmpty { return isSaved ? nil : named }
        let places = (0..<row.count).filter { key($0) == wanted }
        return places.count == 1 ? places[0] : nil
    }
}

/// What a person says of a file and saves for the next one of the same task.
struct FileMapping: Codable, Sendable, Equatable {
    /// Sheet to read; empty for the first whose titles fit.
    var sheet = ""
    /// Row of the titles; 0 to find it.
    var titleRow = 0
    /// Columns mapped by hand.
    var columns: [ColumnChoice] = []

    /// Whether nothing is said.
    var isEmpty: Bool { self == FileMapping() }

    /// The columns that are mapped in a row of titles, and those that it does not have.
    func columns(in row: SheetRow, isSaved: Bool) -> (byHand: [Int: String], absent: [ColumnChoice]) {
        var byHand: [Int: String] = [:]
        var absent: [ColumnChoice] = []
        for choice in columns {
            if let place = choice.place(in: row, isSaved: isSaved), byHand[place] == nil {
                byHand[place] = choice.field
            } else {
                absent.append(choice)
            }
        }
        return (byHand, absent)
    }

    /// The same with the letters and the titles that the columns have in a row of titles, by which another file is told
    /// from this one; a column without title is not known again.
    func completed(by row: SheetRow) -> FileMapping {
        var mapping = self
        for (index, choice) in columns.enumerated() {
            guard let place = choice.place(in: row, isSaved: false) else { continue }
            mapping.columns[index].column = CellName.column(place)
            mapping.columns[index].title = row.text(at: place) ?? ""
        }
        mapping.columns.removeAll { HeaderMatcher.key($0.title).isEmpty }
        return mapping
    }
}
