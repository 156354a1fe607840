import Korean
import Wire

/// The rules of a field as people read them: what `describe` answers, what the template of an import says in its notes,
/// and what a wrong value is answered with. There is one book of them, the checks themselves, which are asked about a
/// value that breaks each.
public enum FieldRules {
    /// The most code points of a text by which a record is named.
    public static let longestName = Validation.lineLimit

    /// What a value of the field must be, one sentence for each rule; none for what the system writes. `isNamed` says that a
    /// reference is filled by texts that name its record, as workbooks do; ids have no rules.
    public static func sentences(_ field: FieldSchema, isNamed: Bool = false) -> [Text] {
        guard !field.outputOnly else { return [] }
        guard field.referencedTable == nil else {
            guard isNamed, field.isImportable else { return [] }
            return [Validation.nameFault(String(repeating: "x", count: longestName + 1), field)].compactMap { $0 }
        }
        var sentences: [Text] = []
        for breach in breaches(field) {
            guard let sentence = fault(breach, field), !sentences.contains(sentence) else { continue }
            sentences.append(sentence)
        }
        return sentences
    }

    /// Why a date is not before another of its record.
    public static func notBefore(_ later: Text, _ earlier: Text) -> Text {
        Text(
            en: "\(later.en) must not be before \(earlier.en).",
            ko: "\(later.ko, .topic) \(earlier.ko)보다 빠를 수 없습니다.")
    }

    private static func fault(_ text: String, _ field: FieldSchema) -> Text? {
        guard field.isImportable else { return Validation.fault(.string(text), field) }
        guard case .fault(let text) = PublishedCell(seen: text, for: field) else { return nil }
        return text
    }

    /// Texts each of which breaks one rule.
    private static func breaches(_ field: FieldSchema) -> [String] {
        let limits = Limits(field)
        let beyond = [field.minimum.map { $0 - 1 }, field.maximum.map { $0 + 1 }].compactMap { $0 }.map(String.init)
        let long = limits.maximumLength.map { [String(repeating: "x", count: $0 + 1)] } ?? []
        return switch field.type {
        case .integer: [field.minimum == nil || field.maximum == nil ? "99999999999" : "x"] + beyond
        case .decimal, .currency: ["x"] + beyond
        case .boolean, .date, .datetime, .choice, .email, .url: ["-"]
        default: long + (field.format == nil ? [] : ["-"])
        }
    }

    /// The rules that are figures.
    public struct Limits: Sendable, Equatable {
        /// The smallest and the largest value of a number, both included; whole numbers have 32 bits.
        public let minimum, maximum: Int64?
        /// The most digits of a decimal number before the point and behind it.
        public let wholeDigits, decimalDigits: Int?
        /// The most code points of a text.
        public let maximumLength: Int?

        /// The whole numbers that a field can hold at all.
        static let wholeNumbers = Int64(Int32.min)...Int64(Int32.max)

        /// The limits of a field; `isNamed` as in ``FieldRules/sentences(_:isNamed:)``.
        public init(_ field: FieldSchema, isNamed: Bool = false) {
            let isWhole = field.type == .integer && !field.outputOnly
            let isDecimal = field.type == .decimal || field.type == .currency
            minimum = field.minimum ?? (isWhole ? Self.wholeNumbers.lowerBound : nil)
            maximum = field.maximum ?? (isWhole ? Self.wholeNumbers.upperBound : nil)
            wholeDigits = isDecimal ? Validation.wholePlaces : nil
            decimalDigits = isDecimal ? Validation.decimalPlaces : nil
            let isName = field.keptAsName || isNamed && field.isImportable && field.referencedTable != nil
            maximumLength = Validation.maximumLength(field) ?? (isName ? FieldRules.longestName : nil)
        }
    }
}
