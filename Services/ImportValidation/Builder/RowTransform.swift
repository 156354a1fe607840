import Foundation
import ImportValidationWire
import Records
import Wire
import Workbook

/// Makes the cells of the target's fields of those that were read, as the transform map of a builder says. What the map has
/// no answer for needs attention, and every cell that is changed is known by what the file has in its place.
struct RowTransform: Sendable {
    private enum Change {
        case constant(String)
        case fallback(String)
        case split(separator: String, part: Int)
        case values([String: String])
    }

    /// In the order of the fields; those that copy are left out.
    private let changes: [(position: Int, change: Change)]
    private let fields: [String]

    /// The transform of a target's rows; nil where every field copies its cell.
    init?(_ target: ImportTarget) {
        guard let built = target.built else { return nil }
        fields = target.fields.map(\.name)
        changes = built.columns.enumerated().compactMap { position, column in
            column.map.flatMap(Self.change).map { (position, $0) }
        }
        if changes.isEmpty { return nil }
    }

    private static func change(_ map: FieldMap) -> Change? {
        switch MapKind(rawValue: map.kind) {
        case .constant: .constant(map.text)
        case .fallback: .fallback(map.text)
        case .split: .split(separator: map.separator, part: Int(map.part))
        case .valueMap:
            .values(Dictionary(map.values.map { ($0.value.alike, $0.mapped) }) { first, _ in first })
        case .copy, .lookup, nil: nil
        }
    }

    /// Changes the cells of a row. What the file says against a cell stands: nothing is made of it. `place` names the cell
    /// that a field was read from.
    func apply(
        to cells: inout [String], _ faults: inout [CellFault], _ place: (Int) -> String?
    ) -> [CellOrigin] {
        var origins: [CellOrigin] = []
        for (position, change) in changes where !faults.contains(where: { $0.field == fields[position] }) {
            let text = cells[position]
            let made: String
            switch change {
            case .constant(let constant): made = constant
            case .fallback(let standard): made = text.isBlank ? standard : text
            case .split(let separator, let part): made = Self.part(part, of: text, separator)
            case .values(let values):
                if text.isBlank { continue }
                guard let value = values[text.alike] else {
                    faults.append(
                        CellFault(
                            kind: .unmapped, field: fields[position], place: place(position) ?? "",
                            detail: String(text.prefix(80))))
                    continue
                }
                made = value
            }
            guard made != text else { continue }
            cells[position] = made
            if let cell = place(position) {
                // What a person sees nothing in is empty.
                let shown = text.isBlank ? "" : String(text.prefix(1_000))
                origins.append(CellOrigin(field: fields[position], place: cell, text: shown))
            }
        }
        return origins
    }

    /// A part of a text, from 1 or, from its end, from -1; empty where it has fewer. A text without the separator is its
    /// first part alone, for what is not there cannot be told from what is.
    private static func part(_ part: Int, of text: String, _ separator: String) -> String {
        let parts = text.components(separatedBy: separator)
        if parts.count == 1 { return part == 1 ? text.visible() : "" }
        let index = part > 0 ? part - 1 : parts.count + part
        return parts.indices.contains(index) ? parts[index].visible() : ""
    }
}

extension CellOrigin {
    /// Origins as their column holds them; empty for none.
    static func json(_ origins: [CellOrigin]) -> String {
        guard !origins.isEmpty, let data = try? JSONEncoder().encode(origins) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// The origins in the text of their column.
    static func read(_ json: String?) -> [CellOrigin] {
        json.flatMap { try? JSONDecoder().decode([CellOrigin].self, from: Data($0.utf8)) } ?? []
    }
}
