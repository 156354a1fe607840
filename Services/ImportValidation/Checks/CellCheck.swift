import Korean
import OnboardingWire
import Records
import Wire
import Workbook

/// One field-level check of a cell that holds something.
enum CellCheck: Sendable, Hashable {
    /// The text names exactly one record of a table through a field (G-59).
    case reference(Reference)
    /// The text is a value, or a label in either language (G-59); gives the value to store.
    case choice(ChoiceNames)
    case date(format: String)
    case dateTime(format: String)
    case boolean
    /// At most so many characters.
    case limit(Int)
    /// A whole or a decimal number (G-61).
    case decimal
    case integer

    /// A table and the field through which texts name its records.
    struct Reference: Sendable, Hashable {
        let table: String
        let field: String

        /// By what the owner of a table finds its records; nil when workbooks do not name them.
        static func usual(_ table: String) -> Reference? {
            fields[table].map { Reference(table: table, field: $0) }
        }

        private static let fields: [String: String] = Dictionary(
            OnboardingCatalog.records.map { $0.schema }.compactMap { schema in
                schema.namedBy.first.map { (schema.table, $0) }
            }
        ) { first, _ in first }
    }

    /// The formats that the dictionary's own checks ask for.
    static let standardDate = "yyyy-MM-dd"
    static let standardDateTime = "yyyy-MM-dd HH:mm:ss"

    /// Two checks of one subtype replace each other: one that an administrator adds, the dictionary's. What the records
    /// of another table are called says nothing about those that the owner looks for.
    enum Subtype: Sendable, Hashable {
        case reference(table: String)
        case choice, date, datetime, boolean, limit, number
    }

    var subtype: Subtype {
        switch self {
        case .reference(let reference): .reference(table: reference.table)
        case .choice: .choice
        case .date: .date
        case .dateTime: .datetime
        case .boolean: .boolean
        case .limit: .limit
        case .decimal, .integer: .number
        }
    }

    /// What is wrong with a text that is not empty; nil when nothing is. References are judged elsewhere, many at once.
    func error(in text: String) -> RowError? {
        switch self {
        case .reference: return nil
        case .choice(let names):
            guard names[text] == nil else { return nil }
            let allowed = names.choices.map { ChoiceNames.text($0.value) }.sorted().joined(separator: ", ")
            let labels = names.choices.map(\.label.ko).filter(Hangul.isWritten).sorted().joined(separator: ", ")
            return RowError(.choice, [allowed, labels])
        case .date(let format): return Self.isoDate(text, format: format) == nil ? RowError(.date, [format]) : nil
        case .dateTime(let format):
            return CellText.date(Self.trimmed(text), format: format) == nil ? RowError(.datetime, [format]) : nil
        case .boolean: return CellText.bool(Self.trimmed(text)) == nil ? RowError(.boolean) : nil
        case .limit(let maximum):
            guard text.utf8.count > maximum, text.unicodeScalars.count > maximum else { return nil }
            return RowError(.limit, ["\(maximum)"])
        case .decimal: return CellText.decimal(Self.trimmed(text)) == nil ? RowError(.decimal) : nil
        case .integer: return PublishedCell.isInteger(Self.trimmed(text)) ? nil : RowError(.integer)
        }
    }

    /// The text as the target table stores it. Only for texts that passed.
    func stored(_ text: String) -> String {
        switch self {
        case .choice(let names): names[text].map(ChoiceNames.text) ?? text
        case .date(let format): Self.isoDate(text, format: format) ?? text
        case .dateTime(let format): CellText.date(Self.trimmed(text), format: format) ?? text
        case .boolean: CellText.bool(Self.trimmed(text)).map(String.init) ?? text
        case .decimal: CellText.decimal(Self.trimmed(text)) ?? text
        case .integer: PublishedCell.integer(Self.trimmed(text)).map(String.init) ?? Self.trimmed(text)
        case .reference: Self.trimmed(text)
        case .limit: text
        }
    }

    /// A date without the outer spaces; the usual format is read without taking the format apart each time.
    private static func isoDate(_ text: String, format: String) -> String? {
        let text = trimmed(text)
        if format == standardDate { return CivilDate(text) == nil ? nil : text }
        return CellText.date(text, format: format)
    }

    /// A moment as a format writes it.
    static func example(_ format: String) -> String {
        CellText.format("2026-11-28 09:30:00", as: format) ?? format
    }

    /// The text without outer white space.
    static func trimmed(_ text: String) -> String { text.trimmed }
}
