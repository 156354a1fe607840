import Ground
import RPC
import Tenancy
import Wire

/// What a write takes from a request: the fields that may be written, checked one by one, and journal entries.
struct Intake<R: Record> {
    struct Entry {
        let kind: Journal.Kind
        let text: String
    }

    var record: R
    /// Indexes of the fields that were taken over.
    let accepted: [Int]
    let entries: [Entry]

    /// A record that the service itself made.
    init(unchecked record: R) {
        self.record = record
        accepted = []
        entries = []
    }

    /// Takes `fields` from `draft`. Wrong values are collected and thrown together.
    init(_ draft: R, _ fields: [Int], _ context: WriteContext, isCreation: Bool) throws {
        var record = R()
        var accepted: [Int] = []
        var entries: [Entry] = []
        var violations: [Problem.Violation] = []
        var forbidden: [String] = []
        let writable = context.caller.kind == .customer ? R.storage.customer?.writable ?? [] : nil
        for index in fields {
            let field = R.schema.fields[index]
            let value = Self.canonical(draft[fieldAt: index], field, isSystem: context.isSystem)
            guard context.isSystem || !field.outputOnly else { continue }
            if let writable, !context.isSystem, !writable.contains(field.name) {
                // A default sent back unchanged is not an attempt to write.
                if isCreation, value == field.defaultValue || value == .bool(false) { continue }
                forbidden.append(field.name)
                continue
            }
            if let fault = Validation.fault(value, field) {
                violations.append(.init(field: R.path(field), text: fault))
            } else if field.type == .journal {
                if let text = value.string, !text.isEmpty {
                    entries.append(
                        Entry(kind: field.name == KnownField.workNotes.rawValue ? .workNotes : .comments, text: text))
                }
            } else {
                record[fieldAt: index] = field.kept(value)
                accepted.append(index)
            }
        }
        if !forbidden.isEmpty { throw Self.forbidden(forbidden) }
        if !violations.isEmpty { throw Problem.invalid(violations) }
        self.record = record
        self.accepted = accepted
        self.entries = entries
    }

    /// The form in which a value is kept: a text as it is seen, as imports take it from a file, so that no name brings line
    /// breaks, control characters or marks of direction into the subjects of mails; a text that nobody sees anything of is
    /// none; a decimal number has one form. What a service writes down by itself, such as an address that was none, it
    /// keeps as it found it, but for what records are known by.
    private static func canonical(_ value: FieldValue, _ field: FieldSchema, isSystem: Bool) -> FieldValue {
        guard case .string(let text) = value, !text.isEmpty else { return value }
        switch field.type {
        // What no text may hold is refused, not cleaned.
        case .string where isCleaned(field, isSystem) && !text.utf8.contains(0),
            .text where !isSystem && !text.utf8.contains(0):
            let seen = PublishedCell.seen(text, in: field)
            return seen.isBlank ? .null : .string(seen)
        case .string, .text, .email, .url, .json, .script, .journal: return text.isBlank ? .null : value
        case .decimal, .currency: return Validation.isDecimal(text) ? .string(Validation.canonicalDecimal(text)) : value
        default: return value
        }
    }

    private static func isCleaned(_ field: FieldSchema, _ isSystem: Bool) -> Bool {
        !isSystem || R.schema.namedBy.contains(field.name) || R.schema.importing?.key.contains(field.name) == true
    }

    /// Refuses a customer who may not write one of `fields`, for verbs that set fields by themselves.
    static func checkOpen(_ fields: [String], _ context: WriteContext) throws {
        guard context.caller.kind == .customer, !context.isSystem else { return }
        let closed = fields.filter { R.storage.customer?.writable.contains($0) != true }
        if !closed.isEmpty { throw forbidden(closed) }
    }

    private static func forbidden(_ fields: [String]) -> Problem {
        let text = Text(en: "You may not set this field.", ko: "이 필드를 변경할 권한이 없습니다.")
        return Problem(
            .permissionDenied, text, reason: "FIELD_ACCESS",
            violations: fields.map { .init(field: R.path(R.schema.fields[R.index($0)]), text: text) })
    }
}

extension FieldSchema {
    /// A value as it is stored: an empty text and an empty list are the absence of one, and a switch is never without.
    func kept(_ value: FieldValue) -> FieldValue {
        guard value.isEmpty else { return value }
        return type == .boolean ? defaultValue : .null
    }
}
