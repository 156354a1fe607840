import Foundation
import PlaybooksWire
import Wire

/// One field of the form of a part: what it is called, how it is entered, and its place in the part.
struct DraftField<Part>: Sendable {
    let name: String
    let label: Text
    var help = Text(en: "", ko: "")
    /// How it is entered, where it has this value.
    let kind: @Sendable (String) -> Forms.Kind
    /// Columns of a table of rows; empty for a field of one value.
    var columns: [Column] = []
    /// Whether it takes several values, as a list in JSON.
    var isList = false
    let get: @Sendable (Part) -> String
    let set: @Sendable (inout Part, String) -> Void

    /// A column of a table of rows.
    struct Column: Sendable {
        let key: String
        let label: Text
        let kind: @Sendable (String) -> Forms.Kind

        /// A column, of text unless it says otherwise.
        init(
            _ column: DraftColumn, _ label: Text,
            _ kind: @escaping @Sendable (String) -> Forms.Kind = { _ in .text("text") }
        ) {
            (key, self.label, self.kind) = (column.rawValue, label, kind)
        }

        /// The same column of another table.
        init<Other>(_ other: DraftField<Other>.Column) {
            (key, label, kind) = (other.key, other.label, other.kind)
        }
    }

    /// A field of one value.
    init(
        _ name: String, _ label: Text, help: Text = Text(en: "", ko: ""), isList: Bool = false,
        _ kind: DraftKind = DraftKind { _ in .text("text") },
        get: @escaping @Sendable (Part) -> String, set: @escaping @Sendable (inout Part, String) -> Void
    ) {
        (self.name, self.label, self.help, self.kind, self.isList) = (name, label, help, kind.of, isList)
        (self.get, self.set) = (get, set)
    }

    /// A table of rows.
    init(
        rows name: String, _ label: Text, help: Text, _ columns: [Column],
        get: @escaping @Sendable (Part) -> [[String: String]],
        set: @escaping @Sendable (inout Part, [[String: String]]) -> Void
    ) {
        (self.name, self.label, self.help, self.columns) = (name, label, help, columns)
        kind = { _ in .rows([]) }
        self.get = { JSONTexts.text(get($0)) }
        self.set = { set(&$0, (try? JSONTexts.rows($1)) ?? []) }
    }

    /// The same field of what the part belongs to.
    func lifted<Whole>(
        _ part: @escaping @Sendable (Whole) -> Part?,
        _ change: @escaping @Sendable (inout Whole, (inout Part) -> Void) -> Void
    ) -> DraftField<Whole> {
        let (get, set) = (get, set)
        var field = DraftField<Whole>(name, label, help: help, isList: isList, DraftKind(kind)) { whole in
            part(whole).map(get) ?? ""
        } set: { whole, text in
            change(&whole) { set(&$0, text) }
        }
        field.columns = columns.map { .init($0) }
        return field
    }
}

/// Fields that belong together, under a heading.
struct DraftGroup<Part>: Sendable {
    let title: Text
    let fields: [DraftField<Part>]
    /// The field that a condition is put into which is built by choosing.
    var built = ""
    /// Whether it stands open also where nothing is in it.
    var isOpen = false

    func lifted<Whole>(
        _ part: @escaping @Sendable (Whole) -> Part?,
        _ change: @escaping @Sendable (inout Whole, (inout Part) -> Void) -> Void
    ) -> DraftGroup<Whole> {
        DraftGroup<Whole>(title: title, fields: fields.map { $0.lifted(part, change) }, built: built, isOpen: isOpen)
    }
}

/// How a field is filled in, which may follow from its value.
struct DraftKind: Sendable {
    let of: @Sendable (String) -> Forms.Kind

    init(_ of: @escaping @Sendable (String) -> Forms.Kind) { self.of = of }
}

/// Fields that several parts have.
enum DraftTexts {
    /// A text in both languages: two fields.
    static func fields<Part>(
        _ name: String, _ label: Text, isLong: Bool = false,
        _ text: WritableKeyPath<Part, LocalText?> & Sendable
    ) -> [DraftField<Part>] {
        func field(
            _ language: String, _ words: Text, _ side: WritableKeyPath<LocalText, String> & Sendable
        ) -> DraftField<Part> {
            DraftField("\(name)_\(language)", words, DraftKind { _ in isLong ? .long : .text("text") }) {
                $0[keyPath: text]?[keyPath: side] ?? ""
            } set: { part, value in
                var said = part[keyPath: text] ?? LocalText()
                said[keyPath: side] = value
                part[keyPath: text] = said == LocalText() ? nil : said
            }
        }
        return [
            field("en", Text(en: "\(label.en) (English)", ko: "\(label.ko)(영어)"), \.en),
            field("ko", Text(en: "\(label.en) (Korean)", ko: "\(label.ko)(한국어)"), \.ko),
        ]
    }

    static let name = Text(en: "Name", ko: "이름")
    static let description = Text(en: "Description", ko: "설명")

    /// A flag as forms have it.
    static func flag(_ flag: Bool) -> String { flag ? "true" : "" }

    /// Whole numbers of a list.
    static func numbers(_ text: String) -> [Int32] { list(text).compactMap { Int32($0) } }

    /// The parts of a list that somebody typed.
    static func list(_ text: String) -> [String] {
        text.split { ",;\n ".contains($0) }.map { String($0) }
    }
}

/// The columns of tables of rows.
enum DraftColumn: String {
    case days, en, field, filter, holidays, key, ko, mandatory, reference, source, type, value
}

extension [String: String] {
    /// A cell of a row; one without anything in it is not there.
    subscript(column: DraftColumn) -> String {
        get { self[column.rawValue] ?? "" }
        set { self[column.rawValue] = newValue.isEmpty ? nil : newValue }
    }

    /// A row of such cells.
    init(_ cells: [(DraftColumn, String)]) {
        self = [:]
        for (column, text) in cells { self[column] = text }
    }
}
