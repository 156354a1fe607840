import Crypto
import Records

/// What the row of an error workbook says of itself in a hidden column: which staged row it is, and what its cells held
/// when the workbook was made. By the cells, not by the revision, for a row gets another revision as well when it is checked
/// anew or when its double was corrected, and that is no conflict with whoever corrects it.
struct RowKey: Sendable, Equatable {
    private static let mark = "row"

    /// The id of the staged row.
    let row: String
    private let cells: String

    /// The key of a staged row that holds `cells`.
    init(_ row: String, _ cells: [String]) {
        self.row = row
        self.cells = Self.fingerprint(cells)
    }

    /// Reads what ``text`` wrote; nil for what is no key.
    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 3, parts[0] == Self.mark, Validation.isUUID(String(parts[1])), parts[2].count == 16 else {
            return nil
        }
        row = parts[1].lowercased()
        cells = parts[2].lowercased()
    }

    /// As its cell holds it.
    var text: String { "\(Self.mark) \(row) \(cells)" }

    /// Whether the row held these cells.
    func isOf(_ cells: [String]) -> Bool { self.cells == Self.fingerprint(cells) }

    /// 64 bits of the SHA-256 of the cells. Empty ones at the end do not count: a row that is short has them as well.
    private static func fingerprint(_ cells: [String]) -> String {
        var hash = SHA256()
        for cell in cells.prefix((cells.lastIndex { !$0.isEmpty } ?? -1) + 1) {
            hash.update(data: Array("\(cell.utf8.count):\(cell)".utf8))
        }
        return Hex.text(hash.finalize().prefix(8))
    }
}
