import Foundation
import ImportValidationWire
import Korean
import Wire

/// The transform map by which a file was read, as the lineage of what it made keeps it: that stays when the builder goes (G-133).
struct AppliedMap: Codable, Sendable, Equatable {
    /// How it fills one field.
    struct Filling: Codable, Sendable, Equatable {
        let kind: String
        /// The text of a constant or a default.
        var text: String?

        /// Short, for the names stand with every file.
        enum CodingKeys: String, CodingKey {
            case kind = "k"
            case text = "t"
        }
    }

    let name: String
    /// Stands for all that the builder says of files.
    let version: String
    /// Who finished the builder, and when, in microseconds.
    let savedBy: String
    let savedAt: Int64
    /// The fields that do not simply copy a cell.
    var fields: [String: Filling] = [:]

    /// The map of a finished builder.
    init(_ builder: ImportBuilder, _ maps: [FieldMap]) {
        name = builder.transformMapName ?? ""
        // The half of the fingerprint that stands for everything but the template.
        version = String((builder.fingerprint ?? "").suffix(64))
        savedBy = builder.updatedBy
        savedAt = builder.updatedAt?.microseconds ?? 0
        for map in maps where map.kind != MapKind.copy.rawValue {
            fields[map.field] = Filling(kind: map.kind, text: map.text.isEmpty ? nil : map.text)
        }
    }

    /// As a column holds it.
    var json: String? { (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } }

    /// What a column holds; nil where no map was behind the file.
    static func read(_ json: String?) -> AppliedMap? {
        json.flatMap { try? JSONDecoder().decode(AppliedMap.self, from: Data($0.utf8)) }
    }

    /// What it says of a field of which a row has got a value; `isGiven` when no cell had a part in it. Nil where the value is
    /// that of the cell, or a person's.
    func filling(_ field: String, isGiven: Bool) -> Filling? {
        guard let filling = fields[field] else { return nil }
        let givesAlone = [MapKind.constant, .fallback].map(\.rawValue).contains(filling.kind)
        return givesAlone == isGiven ? filling : nil
    }

    /// What there is in the place of a cell.
    func origin(_ filling: Filling) -> Text {
        filling.kind == MapKind.constant.rawValue
            ? Text(en: "None: constant of transform map \(name)", ko: "없음: 변환 맵 ‘\(name)’의 상수")
            : Text(
                en: "None: default of transform map \(name), for the cell was empty",
                ko: "없음: 셀이 비어 있어 변환 맵 ‘\(name)’의 기본값 사용")
    }

    /// As whoever asks for a lineage reads it.
    func message(_ filling: Filling) -> LineageMap {
        var map = LineageMap()
        (map.name, map.kind, map.version, map.text) = (name, filling.kind, version, filling.text ?? "")
        (map.savedBy, map.savedAt) = (savedBy, Timestamp(microseconds: savedAt))
        return map
    }
}

extension BuiltImport {
    /// The fields of a row whose values a map has given without a cell, unless they were corrected since: constants, and
    /// defaults of cells that are empty or that the file, whose `columns` are these, does not have.
    func given(_ row: HeldRow, _ target: ImportTarget, columns: Set<String>) -> [String] {
        zip(target.fields, zip(self.columns, row.cells)).compactMap { field, filled in
            guard let map = filled.0.map, filled.1 == map.text else { return nil }
            switch MapKind(rawValue: map.kind) {
            case .constant: return field.name
            case .fallback:
                let isEmpty = row.origins.contains { $0.field == field.name && $0.date == nil && $0.text.isBlank }
                return isEmpty || !columns.contains(field.name) ? field.name : nil
            default: return nil
            }
        }
    }
}
