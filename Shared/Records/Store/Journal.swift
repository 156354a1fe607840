import Ground
import Postgres
import Wire

/// What happened to a record, in rows that are only ever added (G-28).
enum Journal {
    /// Kinds of entries, as the activity stream names them.
    enum Kind: String {
        case created, field, deleted
        case workNotes = "work_notes"
        case comments = "additional_comments"
    }

    /// What is read of an entry.
    enum Column: String {
        case id, record, domain, at, by, kind, fields, text, cause
        case oldValues = "old_values"
        case newValues = "new_values"
    }

    /// The statement that adds the entry for a created record or for its changed fields, to be filled with
    /// ``values(_:changed:at:_:)`` for each of so many.
    static func insertion(into schema: String) -> SQL {
        """
        INSERT INTO \(identifier: schema).journal \
        (id, table_name, record, domain, at, by, kind, fields, old_values, new_values, cause) \
        VALUES \(SQL.placeholders(11))
        """
    }

    /// What ``insertion(into:)`` is filled with. A creation is told without its fields: the record has them.
    static func values<R: Record>(
        _ change: Change<R>, changed: [Int], at: Timestamp, _ context: WriteContext
    ) -> [SQLValue] {
        let told = change.isCreation ? [] : changed
        let kind = change.isCreation ? Kind.created : .field
        return [
            .text(RecordID.make(at: at)), .text(R.schema.table), .text(change.new.id),
            .text(change.new.domain), at.sqlValue, .text(context.caller.subject), .text(kind.rawValue),
            .textArray(told.map { R.schema.fields[$0].name }),
            .textArray(told.map { change.old?[fieldAt: $0].journalText ?? "" }),
            .textArray(told.map { change.new[fieldAt: $0].journalText }), context.cause.sqlValue,
        ]
    }

    /// The entry for a record that is deleted, with all that it held.
    static func deletion<R: Record>(
        _ change: Change<R>, of stored: [Int], at: Timestamp, _ context: WriteContext
    ) -> [SQLValue] {
        let held = stored.filter { !change.new[fieldAt: $0].isEmpty }
        return [
            .text(RecordID.make(at: at)), .text(R.schema.table), .text(change.new.id),
            .text(change.new.domain), at.sqlValue, .text(context.caller.subject), .text(Kind.deleted.rawValue),
            .textArray(held.map { R.schema.fields[$0].name }),
            .textArray(held.map { change.new[fieldAt: $0].journalText }), .textArray([]), context.cause.sqlValue,
        ]
    }

    /// The entry for a file that was attached or removed, by its name.
    static func attachment<R: Record>(
        on record: R, old: String, new: String, schema: String, context: WriteContext
    ) -> SQL {
        insertion(into: schema).filled(with: [
            .text(RecordID.make(at: context.now)), .text(R.schema.table), .text(record.id), .text(record.domain),
            context.now.sqlValue, .text(context.caller.subject), .text(Kind.field.rawValue),
            .textArray([Attachment.field]), .textArray([old]), .textArray([new]), context.cause.sqlValue,
        ])
    }

    /// The entry for a file, by its name, that is shown to customers or hidden from them from now on.
    static func visibility<R: Record>(
        of file: Attachment, on record: R, isVisible: Bool, schema: String, context: WriteContext
    ) -> SQL {
        """
        INSERT INTO \(identifier: schema).journal \
        (id, table_name, record, domain, at, by, kind, fields, old_values, new_values, text) VALUES \
        (\(RecordID.make(at: context.now)), \(R.schema.table), \(record.id), \(record.domain), \(context.now.sqlValue), \
        \(context.caller.subject), \(Kind.field.rawValue), \([Attachment.visibilityField]), \
        \([FieldValue.bool(file.visibleToCustomer).journalText]), \([FieldValue.bool(isVisible).journalText]), \
        \(file.fileName))
        """
    }

    /// The entry for a comment or a work note.
    static func insertion<R: Record>(
        _ text: String, kind: Kind, on record: R, id: String, at: Timestamp, schema: String, context: WriteContext
    ) -> SQL {
        """
        INSERT INTO \(identifier: schema).journal (id, table_name, record, domain, at, by, kind, text) \
        VALUES (\(id), \(R.schema.table), \(record.id), \(record.domain), \(at.sqlValue), \
        \(context.caller.subject), \(kind.rawValue), \(text))
        """
    }
}

extension FieldValue {
    /// The value as the journal keeps it; empty for none.
    package var journalText: String {
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
