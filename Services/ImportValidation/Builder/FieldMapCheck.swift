import ImportValidationWire
import Korean
import OnboardingWire
import RPC
import Records
import Wire
import Workbook

/// Whether the field maps of a transform map can be carried out (IMP-05), and what they are when all is said: a field that
/// is not named copies the column that is mapped to it.
struct FieldMapCheck {
    private static let mostValues = 1_000
    private static let mostBytes = 256 << 10
    private static let longestText = 1_000
    private static let longestSeparator = 20
    private static let mostParts: Int32 = 100

    /// What single kinds ask for, as the request names it.
    private enum Parameter: String {
        case title, text, separator, part, values
        case lookupField = "lookup_field"
    }

    let target: ImportTarget
    let columns: [BuilderColumn]

    /// The maps of all fields that something fills, in the order of the target's fields. Throws INVALID_ARGUMENT for the first
    /// that cannot be carried out, and for a mandatory field that nothing fills.
    func completed(_ given: [FieldMap]) throws(Problem) -> [FieldMap] {
        var maps: [String: FieldMap] = [:]
        for map in given {
            let map = try checked(map)
            guard maps.updateValue(map, forKey: map.field) == nil else {
                throw wrong(
                    map, Text(en: "is mapped twice.", ko: "두 번 매핑되어 있습니다."))
            }
        }
        for field in target.fields where maps[field.name] == nil {
            guard let column = columns.first(where: { $0.fields.contains(field.name) }) else {
                guard field.mandatory else { continue }
                var map = FieldMap()
                map.field = field.name
                throw wrong(map, Text(en: "is mandatory, and nothing fills it.", ko: "필수인데 채울 값이 없습니다."))
            }
            var map = FieldMap()
            (map.field, map.kind, map.title) = (field.name, MapKind.copy.rawValue, column.title)
            maps[field.name] = map
        }
        let bytes = given.flatMap(\.values).reduce(0) { $0 + $1.value.utf8.count + $1.mapped.utf8.count }
        guard bytes <= Self.mostBytes else {
            throw .invalid(
                field: SaveBuilderTransformMapRequest.Field.fieldMaps,
                Text(
                    en: "The values of all field maps have at most 256 KiB together.",
                    ko: "필드 맵의 값은 모두 합해 최대 \(bytes: Int64(Self.mostBytes))입니다."), rule: "IMP-05")
        }
        return target.fields.compactMap { maps[$0.name] }
    }

    /// Maps that were said before the template changed, as far as they still can be carried out.
    func kept(_ maps: [FieldMap]) -> [FieldMap] {
        maps.filter { map in
            map.kind != MapKind.copy.rawValue && (try? checked(map)) != nil
        }
    }

    private func checked(_ given: FieldMap) throws(Problem) -> FieldMap {
        var map = given
        guard let field = target.fields.first(where: { $0.name == map.field }) else {
            let names = target.fields.map(\.name).joined(separator: ", ")
            throw wrong(map, Text(en: "cannot be imported; possible: \(names).", ko: "가져올 수 없습니다. 가능한 필드: \(names)"))
        }
        guard let kind = MapKind(rawValue: map.kind) else {
            let kinds = MapKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(map, Text(en: "has no kind of map; there are \(kinds).", ko: "매핑 종류가 없습니다. 가능한 종류: \(kinds)"))
        }
        try checkOnlyNeeded(map, kind)
        if kind != .constant { map.title = try column(of: map).title }
        switch kind {
        case .copy: break
        case .constant, .fallback: map.text = try taken(map.text, map, field)
        case .split: try checkSplit(map)
        case .valueMap: map.values = try values(map, field)
        case .lookup: try checkLookup(map, field)
        }
        return map
    }

    /// What another kind asks for would be left out in silence.
    private func checkOnlyNeeded(_ map: FieldMap, _ kind: MapKind) throws(Problem) {
        let said: [(Bool, [MapKind], Parameter)] = [
            (!map.text.isEmpty, [.constant, .fallback], .text), (!map.separator.isEmpty, [.split], .separator),
            (map.part != 0, [.split], .part), (!map.values.isEmpty, [.valueMap], .values),
            (!map.lookupField.isEmpty, [.lookup], .lookupField),
            (!map.title.isEmpty, MapKind.allCases.filter { $0 != .constant }, .title),
        ]
        for (isSaid, kinds, name) in said where isSaid && !kinds.contains(kind) {
            throw wrong(
                map,
                Text(
                    en: "is of the kind \(kind.rawValue), which takes no \(name.rawValue).",
                    ko: "'\(name.rawValue)' 값을 사용하지 않는 매핑 종류('\(kind.rawValue)')입니다."))
        }
    }

    /// The column that is named, or that is mapped to the field.
    private func column(of map: FieldMap) throws(Problem) -> BuilderColumn {
        let key = HeaderMatcher.key(map.title)
        let found = columns.first { column in
            map.title.isEmpty ? column.fields.contains(map.field) : HeaderMatcher.key(column.title) == key
        }
        guard let found else {
            let titles = columns.prefix(50).map(\.title)
            throw wrong(
                map,
                Text(
                    en: "has no column of this title; there are \(titles.joined(separator: ", ")).",
                    ko: "제목이 일치하는 열이 없습니다. 템플릿의 열: \(titles.joined(separator: ", "))"))
        }
        return found
    }

    /// A text that the field takes, as a cell holds it.
    private func taken(_ text: String, _ map: FieldMap, _ field: FieldSchema) throws(Problem) -> String {
        let seen = PublishedCell.seen(text, in: field)
        guard !seen.isEmpty, seen.unicodeScalars.count <= Self.longestText else {
            throw wrong(map, Text(en: "needs a text of at most 1,000 characters.", ko: "1,000자 이하의 텍스트가 필요합니다."))
        }
        if case .fault(let fault) = PublishedCell(seen: seen, for: field) {
            throw wrong(
                map,
                Text(
                    en: "does not take \"\(seen.prefix(80))\": \(fault.en)",
                    ko: "‘\(seen.prefix(80))’ 값을 사용할 수 없습니다. \(fault.ko)"))
        }
        return seen
    }

    private func checkSplit(_ map: FieldMap) throws(Problem) {
        guard !map.separator.isEmpty, map.separator.unicodeScalars.count <= Self.longestSeparator, map.part != 0,
            (-Self.mostParts...Self.mostParts).contains(map.part)
        else {
            throw wrong(
                map,
                Text(
                    en:
                        "needs a separator of at most \(Self.longestSeparator) characters, and a part from 1 or, from the end, -1.",
                    ko: "\(grouped: Self.longestSeparator)자 이하의 구분 기호와 1부터(끝에서는 -1부터) 세는 순번이 필요합니다."))
        }
    }

    private func values(_ map: FieldMap, _ field: FieldSchema) throws(Problem) -> [MappedValue] {
        var known: Set<String> = []
        var values: [MappedValue] = []
        for given in map.values.prefix(Self.mostValues + 1) {
            var value = given
            value.value = given.value.visible()
            guard !value.value.isBlank, known.insert(value.value.alike).inserted else {
                throw wrong(
                    map,
                    Text(
                        en: "has no value, or \"\(value.value.prefix(80))\" twice.",
                        ko: "값이 없거나 ‘\(value.value.prefix(80))’ 값이 중복되어 있습니다."))
            }
            // What stands for nothing empties the cell.
            if !given.mapped.isBlank { value.mapped = try taken(given.mapped, map, field) } else { value.mapped = "" }
            values.append(value)
        }
        guard !values.isEmpty, values.count <= Self.mostValues else {
            throw wrong(
                map, Text(en: "needs 1 to 1,000 values.", ko: "값이 1~\(grouped: Self.mostValues)개 필요합니다."))
        }
        return values
    }

    private func checkLookup(_ map: FieldMap, _ field: FieldSchema) throws(Problem) {
        let schema = OnboardingCatalog.records.map { $0.schema }.first {
            $0.table == field.referencedTable && $0.isNamedByTexts
        }
        guard let schema else {
            throw wrong(map, Text(en: "names no records that could be looked up.", ko: "조회할 수 있는 레코드를 참조하지 않습니다."))
        }
        guard schema.field(map.lookupField)?.namesRecords != true else { return }
        let names = schema.fields.filter(\.namesRecords).map(\.name).joined(separator: ", ")
        throw wrong(
            map,
            Text(
                en: "cannot be looked up by \"\(map.lookupField.prefix(60))\"; possible: \(names).",
                ko: "'\(map.lookupField.prefix(60))' 필드로 조회할 수 없습니다. 가능한 필드: \(names)"))
    }

    /// A sentence about the field of a map.
    private func wrong(_ map: FieldMap, _ text: Text) -> Problem {
        let label =
            target.field(map.field)?.label ?? Text(en: String(map.field.prefix(60)), ko: String(map.field.prefix(60)))
        return .invalid(
            field: SaveBuilderTransformMapRequest.Field.fieldMaps,
            Text(en: "\(label.en) \(text.en)", ko: "\(label.ko): \(text.ko)"), rule: "IMP-05")
    }
}
