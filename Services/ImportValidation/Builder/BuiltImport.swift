import ImportValidationWire
import Records
import Wire
import Workbook

/// What a builder says of the rows of its staging table: which column of a file fills each field, and how.
struct BuiltImport: Sendable {
    /// How one field of the target is filled.
    struct Column: Sendable {
        /// The title of the column in the template; empty for a field that no column fills.
        var title = ""
        /// The position of the first field that the same column fills; nil for a field that no column fills.
        var head: Int?
        /// What is made of the cell; nil for a field that nothing fills.
        var map: FieldMap?
    }

    /// In the order of the target's fields.
    let columns: [Column]
    let views: [BuilderView]
    /// What the lineage keeps of its transform map; nil for what no stored builder says.
    var applied: AppliedMap?

    /// What is said of each column.
    init(columns: [Column], views: [BuilderView]) {
        (self.columns, self.views) = (columns, views)
    }

    /// The parts of a builder of the imports into `target`.
    init(_ parts: BuilderState, _ target: ImportTarget) {
        var heads: [String: Int] = [:]
        columns = target.fields.enumerated().map { position, field in
            guard let map = parts.fieldMaps.first(where: { $0.field == field.name }) else { return Column() }
            guard map.kind != MapKind.constant.rawValue else { return Column(map: map) }
            let key = HeaderMatcher.key(map.title)
            let head = heads[key] ?? position
            heads[key] = head
            return Column(title: map.title, head: head, map: map)
        }
        views = parts.views
    }

    /// The field by which texts name the records that a field refers to, where a lookup says so; nil where none does.
    func lookupField(at position: Int) -> String? {
        columns[position].map.flatMap { $0.kind == MapKind.lookup.rawValue ? $0.lookupField : nil }
    }

    /// The columns of a list view; nil when there is no such view.
    func columns(of view: String) -> [String]? { views.first { $0.name == view }?.columns }
}

/// What a field map makes of a cell.
enum MapKind: String, CaseIterable {
    /// The text of the cell.
    case copy
    /// A text of its own, whatever the file says.
    case constant
    /// The text of the cell, or its own where the cell is empty.
    case fallback = "default"
    /// One of the parts of the cell.
    case split
    /// What the text of the cell stands for.
    case valueMap = "value_map"
    /// The text of the cell, which names a record by a field of its own.
    case lookup
}

/// A cell that does not hold what the file has in its place: one that a transform map has made, or a native date that was
/// written in the format of its check. Kept with the row.
struct CellOrigin: Codable, Sendable, Equatable {
    let field: String
    /// The cell as people know it: `C12`; empty where the file has no column for it.
    let place: String
    /// What the file has; of a native date what was written.
    var text: String
    /// The native date, `yyyy-MM-dd` and maybe a time; nil where a map has made the cell.
    var date: String?

    /// Short, for the names stand in every row.
    enum CodingKeys: String, CodingKey {
        case field = "f"
        case place = "p"
        case text = "t"
        case date = "d"
    }
}
