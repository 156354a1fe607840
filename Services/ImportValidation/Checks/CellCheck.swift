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

    /// What a check makes of a text.
    enum Reading {
        /// What the target table stores.
        case stored(String)
        case wrong(RowError)

        /// What is stored, or what is said of a text that does not pass.
        fileprivate static func of(_ stored: String?, else refusal: @autoclosure () -> RowError) -> Reading {
            stored.map(Reading.stored) ?? .wrong(refusal())
        }
    }

    /// What the check makes of a text that is not empty. References are judged elsewhere, many at once.
    func read(_ text: String) -> Reading {
        let trimmed = Self.trimmed(text)
        switch self {
        case .choice(let names): return .of(names[text].map(ChoiceNames.text), else: names.refusal)
        case .date(let format): return .of(Self.isoDate(trimmed, format: format), else: RowError(.date, [format]))
        case .dateTime(let format):
            return .of(CellText.date(trimmed, format: format), else: RowError(.datetime, [format]))
        case .boolean: return .of(CellText.bool(trimmed).map(String.init), else: RowError(.boolean))
        case .limit(let maximum):
            let isTooLong = text.utf8.count > maximum && text.unicodeScalars.count > maximum
            return isTooLong ? .wrong(RowError(.limit, ["\(maximum)"])) : .stored(text)
        case .decimal: return .of(CellText.decimal(trimmed), else: RowError(.decimal))
        case .integer:
            let whole = PublishedCell.integer(trimmed).map(String.init)
            return .of(whole ?? (PublishedCell.isInteger(trimmed) ? trimmed : nil), else: RowError(.integer))
        case .reference: return .stored(trimmed)
        }
    }

    /// What is wrong with a text that is not empty; nil when nothing is.
    func error(in text: String) -> RowError? {
        if case .wrong(let error) = read(text) { error } else { nil }
    }

    /// The text as the target table stores it; unchanged when it does not pass.
    func stored(_ text: String) -> String {
        if case .stored(let stored) = read(text) { stored } else { text }
    }

    /// A date; the usual format is read without taking the format apart each time.
    private static func isoDate(_ text: String, format: String) -> String? {
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

extension ChoiceNames {
    /// What is said of a text that names none of the choices.
    fileprivate var refusal: RowError {
        let allowed = choices.map { ChoiceNames.text($0.value) }.sorted().joined(separator: ", ")
        let labels = choices.map(\.label.ko).filter(Hangul.isWritten).sorted().joined(separator: ", ")
        return RowError(.choice, [allowed, labels])
    }
}
