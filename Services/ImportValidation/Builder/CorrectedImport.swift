import Records
import Wire
import Workbook

/// The target of a builder as its error workbooks have it (ADR 0032). Staged cells are the target's (ADR 0031): each field
/// has a column of its own, out of which nothing is made a second time, under the title that people know from the template.
extension ImportTarget {
    /// The same table in the layout of its error workbooks.
    var corrected: ImportTarget {
        guard let built else { return self }
        let corrected = built.corrected
        let given = fields.indices.map { built.columns[$0].title }
        // A title that stands for several fields, or is the label of another one, is told apart by the field.
        let labels = plain.fields.map(\.label)
        let titles = given.enumerated().map { position, title -> Text? in
            guard !title.isEmpty else { return nil }
            let isAlone = given.indices.allSatisfy { other in
                other == position
                    || !Self.isAlike(title, given[other].isEmpty ? labels[other] : Text(same: given[other]))
            }
            let label = labels[position]
            return isAlone ? Text(same: title) : Text(en: "\(title) (\(label.en))", ko: "\(title)(\(label.ko))")
        }
        let layout = ImportTarget(self.plain, titles: titles, corrected)
        let keys = layout.fields.flatMap { Set([$0.label.en, $0.label.ko].map(HeaderMatcher.key)) }
        return Set(keys).count == keys.count
            ? layout : ImportTarget(self.plain, titles: titles.map { _ in nil }, corrected)
    }

    private static func isAlike(_ title: String, _ other: Text) -> Bool {
        let key = HeaderMatcher.key(title)
        return key == HeaderMatcher.key(other.en) || key == HeaderMatcher.key(other.ko)
    }
}

extension Text {
    /// A text that is the same in both languages, such as one that people have given.
    fileprivate init(same text: String) { self.init(en: text, ko: text) }
}

extension BuiltImport {
    /// The same for cells that have been made already: only how texts name records is left.
    fileprivate var corrected: BuiltImport {
        BuiltImport(
            columns: columns.enumerated().map { position, column in
                let isLookup = column.map?.kind == MapKind.lookup.rawValue
                return Column(title: "", head: position, map: isLookup ? column.map : nil)
            }, views: views)
    }
}
