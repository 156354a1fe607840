import Ground
import Postgres
import Wire

/// What happened to a record, in rows that are only ever added (G-28).
enum Journal {
    /// Kinds of entries, as the activity stream names them.
    enum Kind: String {
        case created, field
        case workNotes = "work_notes"
        case comments = "additional_comments"
    }

    /// The entry for a created record or for its changed fields.
    static func insertion<R: Record>(
        _ change: Change<R>, changed: [Int], schema: String, context: WriteContext
    ) -> SQL {
        let fields = changed.map { R.schema.fields[$0].name }
        let old = changed.map { change.old?[fieldAt: $0].journalText ?? "" }
        let new = changed.map { change.new[fieldAt: $0].journalText }
        let kind = change.isCreation ? Kind.created : .field
        return """
            INSERT INTO \(identifier: schema).journal \
            (id, table_name, record, domain, at, by, kind, fields, old_values, new_values) \
            VALUES (\(RecordID.make(at: context.now)), \(R.schema.table), \(change.new.id), \(change.new.domain), \
            \(context.now.sqlValue), \(context.caller.subject), \(kind.rawValue), \
            \(change.isCreation ? [] : fields), \(change.isCreation ? [] : old), \(change.isCreation ? [] : new))
            """
    }

    /// The entry for a comment or a work note.
    static func insertion<R: Record>(
        _ text: String, kind: Kind, on record: R, id: String, schema: String, context: WriteContext
    ) -> SQL {
        """
        INSERT INTO \(identifier: schema).journal (id, table_name, record, domain, at, by, kind, text) \
        VALUES (\(id), \(R.schema.table), \(record.id), \(record.domain), \(context.now.sqlValue), \
        \(context.caller.subject), \(kind.rawValue), \(text))
        """
    }
}

extension FieldValue {
    /// The value as the journal keeps it; empty for none.
    var journalText: String {
        switch self {
        case .null: ""
        case .string(let text): text
        case .int(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .timestamp(let instant): instant.rfc3339
        case .strings(let list): list.joined(separator: ", ")
        }
    }
}
