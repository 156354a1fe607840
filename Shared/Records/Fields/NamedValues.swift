import Filters
import RPC
import Wire

/// Values in text form, by the names of fields that definitions say.
extension RecordMessage {
    /// The text of the field of that name; empty when there is none.
    package func text(named name: String) -> String { Self.schema.index(of: name).map { self[fieldAt: $0].text } ?? "" }

    /// Whether it is closed or canceled; what cannot end has not.
    package var hasEnded: Bool { text(named: KnownField.active.rawValue) == FieldValue.bool(false).text }

    /// The value of a field as a filter compares it.
    package func filterValue(_ field: String) -> FilterValue {
        guard let index = Self.schema.index(of: field) else { return .null }
        return self[fieldAt: index].filterValue(Self.schema.fields[index].type)
    }

    /// Sets fields to values in text form, an empty text taking a value away. INVALID_ARGUMENT names what does not fit.
    package mutating func enter(_ values: [String: String]) throws(Problem) {
        for (name, text) in values.sorted(by: { $0.key < $1.key }) {
            guard let index = Self.schema.index(of: name) else {
                throw .invalid(
                    field: "\(Self.schema.table).\(name)",
                    Text(en: "There is no such field.", ko: "이러한 필드가 없습니다."))
            }
            let field = Self.schema.fields[index]
            let value = try field.value(ofText: text, in: Self.schema.table)
            do throws(WireError) {
                try setField(at: index, to: value)
            } catch { throw field.refusal(of: text, in: Self.schema.table) }
        }
    }
}
