/// A column of a template or an export.
public struct WorkbookColumn: Sendable, Hashable {
    /// What the cells hold. In an export, texts that are what the kind says are written as numbers and dates.
    public enum Kind: Sendable, Hashable {
        case text
        /// A whole or decimal number.
        case number
        case date
        case dateTime
        case bool
        /// One of these values, as people see them.
        case choice([String])
    }

    /// What a cell may hold beyond its kind, for Excel to check where people type. Texts pasted in are checked later.
    public enum Bound: Sendable, Hashable {
        case whole(ClosedRange<Int64>)
        /// A decimal number of at most so many digits before the point.
        case digits(Int, minimum: Int64?, maximum: Int64?)
        /// A text of at most so many characters. Excel counts those beyond the basic plane twice, so it only warns.
        case length(Int)
    }

    /// The header.
    public var label: String
    /// What the cells hold.
    public var kind: Kind
    /// Marked in the header, with a note that says so.
    public var mandatory: Bool
    /// More for the note on the header, in the language of the label.
    public var note: String?
    /// What the cells may hold beyond their kind.
    public var bound: Bound?
    /// Nobody sees it who does not look for it.
    public var isHidden: Bool

    /// A column with its header.
    public init(
        label: String, kind: Kind = .text, mandatory: Bool = false, note: String? = nil, bound: Bound? = nil,
        isHidden: Bool = false
    ) {
        self.label = label
        self.kind = kind
        self.mandatory = mandatory
        self.note = note
        self.bound = bound
        self.isHidden = isHidden
    }
}

/// A cell that a person is to look at.
public struct WorkbookCell: Sendable, Hashable {
    /// What it holds: a text, whatever the kind of its column.
    public var text: String
    /// Whether it is filled with a colour.
    public var isMarked: Bool
    /// What is said of it in a note; nil for none.
    public var note: String?

    /// A cell with its text.
    public init(_ text: String, isMarked: Bool = false, note: String? = nil) {
        self.text = text
        self.isMarked = isMarked
        self.note = note
    }
}
