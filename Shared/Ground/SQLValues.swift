import Postgres
import Wire

extension FieldValue {
    /// The value as Postgres takes it; an empty text is absence.
    public var sqlValue: SQLValue {
        switch self {
        case .null: .null
        case .string(let text): text.isEmpty ? .null : .text(text)
        case .int(let number): .int(number)
        case .bool(let flag): .bool(flag)
        case .timestamp(let instant): .timestamp(microsSinceUnixEpoch: instant.microseconds)
        case .strings(let list): .textArray(list)
        }
    }
}

extension Timestamp {
    /// The instant as Postgres takes it.
    public var sqlValue: SQLValue { .timestamp(microsSinceUnixEpoch: microseconds) }
}
