import Events
import Ground
import Postgres
import RPC
import Tenancy
import Wire

extension Store {
    /// Moves a record into a closed state; notes and code are kept on it (G-11).
    public func close(
        _ request: CloseRequest, into state: String = EndState.closed.rawValue, _ context: WriteContext,
        in tx: Transaction
    ) throws -> R {
        try change(request.id, etag: request.etag, context, in: tx) { record in
            try refuse(record, unlessOpen: true)
            try Intake<R>.checkOpen([lifecycle.field.rawValue], context)
            record[field: lifecycle.field] = .string(state)
            for (field, text) in [(lifecycle.closeNotes, request.closeNotes), (R.closeCode, request.closeCode)] {
                guard !text.isBlank, let field else { continue }
                try Intake<R>.checkOpen([field.rawValue], context)
                let value = FieldValue.string(text)
                if let fault = Validation.fault(value, R.schema.fields[R.index(field)]) {
                    throw Problem.invalid(field: field.rawValue, fault)
                }
                record[field: field] = value
            }
        }
    }

    /// Brings a closed or canceled record back; its closure information is cleared (G-11).
    public func reopen(_ request: ActionRequest, _ context: WriteContext, in tx: Transaction) throws -> R {
        try change(request.id, etag: request.etag, context, in: tx) { record in
            try refuse(record, unlessOpen: false)
            try Intake<R>.checkOpen([lifecycle.field.rawValue], context)
            record[field: lifecycle.field] = .string(lifecycle.reopened)
        }
    }

    /// Makes the caller the assignee.
    public func assignToMe(_ request: ActionRequest, _ context: WriteContext, in tx: Transaction) throws -> R {
        try change(request.id, etag: request.etag, context, in: tx) { record in
            guard let assignee = R.assignee else { preconditionFailure("nobody works on a \(R.schema.table)") }
            try Intake<R>.checkOpen([assignee.rawValue], context)
            record[field: assignee] = .string(context.caller.subject)
        }
    }

    private var lifecycle: Lifecycle<R> {
        guard let lifecycle = R.lifecycle else { preconditionFailure("\(R.schema.table) does not end") }
        return lifecycle
    }

    private func refuse(_ record: R, unlessOpen wantsOpen: Bool) throws {
        let state = lifecycle.state(of: record)
        guard lifecycle.closed.contains(state) == wantsOpen else { return }
        let shown = R.schema.fields[R.index(lifecycle.field)].label(ofChoice: state).ko
        let text =
            wantsOpen
            ? Text(en: "The record is already \(state).", ko: "레코드가 이미 ‘\(shown)’ 상태입니다.")
            : Text(en: "Only a closed or canceled record can be reopened.", ko: "종결되었거나 취소된 레코드만 다시 열 수 있습니다.")
        let rule = wantsOpen ? lifecycle.closingRule : lifecycle.reopeningRule
        throw Problem(
            .failedPrecondition, text, reason: "STATE_MOVE",
            violations: [.init(field: R.path(lifecycle.field), text: text, rule: rule)])
    }

    /// Appends a comment or a work note, which raises an event of its own (G-28, G-29).
    public func addEntry(
        _ request: AddEntryRequest, comment: Bool, _ context: WriteContext, in tx: Transaction
    ) throws -> ActivityEntry {
        let caller = context.caller
        if !context.isSystem { try authorize(caller.kind == .customer && comment ? .read : .write, caller) }
        if caller.kind == .customer, !comment { throw Problem.permissionDenied() }
        // Locked, so that the event of the entry keeps its place among the other events of the record.
        guard let record = try find(request.id, lock: .update, in: tx), try isVisible(record, to: caller) else {
            throw notFound(request.id)
        }
        let name: KnownField = comment ? .comments : .workNotes
        guard let field = R.schema.field(name.rawValue) else { throw Problem.unimplemented() }
        guard !request.text.isBlank else {
            throw Problem.invalid(field: AddEntryRequest.Field.text, Text(en: "The text is empty.", ko: "내용이 비어 있습니다."))
        }
        if let fault = Validation.fault(.string(request.text), field) {
            throw Problem.invalid(field: AddEntryRequest.Field.text, fault)
        }
        return try append(request.text, kind: comment ? .comments : .workNotes, to: record, context, in: tx)
    }

    @discardableResult
    func append(
        _ text: String, kind: Journal.Kind, to record: R, _ context: WriteContext, in tx: Transaction
    ) throws -> ActivityEntry {
        var entry = ActivityEntry()
        // Behind the change that the record has just had, whose time may be ahead of the clock.
        let at = layout.time(since: record, context)
        entry.id = RecordID.make(at: at)
        entry.at = at
        entry.by = context.caller.subject
        entry.kind = kind.rawValue
        entry.text = text
        let journal = Journal.insertion(
            text, kind: kind, on: record, id: entry.id, at: at, schema: database.schema, context: context)
        let event = try Outbox.event(
            Change(old: record, new: record), action: kind == .workNotes ? "noted" : "commented", changed: [],
            text: text, at: at, context)
        tx.send("WITH journaled AS (\(journal)) \(try adding(event, context))")
        return entry
    }

    /// The activity stream of a record, newest first. Customers see comments and changes of fields they may read, and people by
    /// their names; so does whoever asks for the portal's view of it.
    public func activity(
        _ request: ListActivityRequest, as caller: Caller, byName isByName: Bool = false, in tx: Transaction
    ) throws -> ListActivityResponse {
        try authorize(.read, caller)
        guard let record = try find(request.id, in: tx), try isVisible(record, to: caller) else {
            throw notFound(request.id)
        }
        let size = try PageSize.of(request.pageSize, maximum: 200)
        let binding = PageToken.Binding(
            method: "activity", filter: record.id, order: "", domain: caller.domain.path)
        let place = try PageToken.place(request.pageToken, in: binding, .id)
        let rows = try tx.query(activity(of: record, atMost: size + 1, before: place?[0], for: caller))
        var response = ListActivityResponse()
        response.entries = try entries(rows, atMost: size, of: record, for: caller)
        if isByName || caller.kind == .customer {
            response.entries = try named(response.entries, for: caller, in: tx)
        }
        if rows.count > size {
            let last = try rows[rows.startIndex + size - 1].string(Journal.Column.id)
            response.nextPageToken = PageToken(position: [last]).text(for: binding)
        }
        return response
    }

    /// The statement that reads the newest entries of a record that `caller` has been shown: for a page, which asks for many
    /// things in one round trip. ``entries(_:atMost:of:for:)`` takes its answer.
    public func activity(of record: R, atMost count: Int, before last: String? = nil, for caller: Caller) -> SQL {
        var statement: SQL = """
            SELECT id, at, by, kind, fields, old_values, new_values, text FROM \(identifier: database.schema).journal \
            WHERE record = \(record.id)
            """
        if caller.kind == .customer { statement += " AND kind IN ('created', 'field', 'additional_comments')" }
        if let last { statement += " AND id < \(last)" }
        return statement + " ORDER BY id DESC LIMIT \(count)"
    }

    /// The entries of so many rows of an answer, as far as `caller` sees them.
    public func entries(_ rows: Rows, atMost count: Int, of record: R, for caller: Caller) throws -> [ActivityEntry] {
        let access = FieldAccess(caller, layout)
        let hidden = Set(access.hidden.map { R.schema.fields[$0].name })
            .union(access.redacted(of: record, for: caller))
            // Names of files tell customers of what is not shown to them.
            .union(caller.kind == .customer ? [Attachment.field, Attachment.visibilityField] : [])
        return try rows.prefix(count).flatMap { try Self.entries($0, hidden) }
    }

    /// The newest comments on a record that `caller` sees, by the names of who said them.
    public func comments(
        on id: String, atMost count: Int, as caller: Caller, in tx: Transaction
    ) throws -> [ActivityEntry] {
        try authorize(.read, caller)
        guard let record = try find(id, in: tx), try isVisible(record, to: caller) else { throw notFound(id) }
        let entries = try tx.query(
            """
            SELECT id, at, by, kind, fields, old_values, new_values, text FROM \(identifier: database.schema).journal \
            WHERE record = \(record.id) AND kind = \(literal: Journal.Kind.comments) ORDER BY id DESC LIMIT \(count)
            """
        ).flatMap { try Self.entries($0, []) }
        return try named(entries, for: caller, in: tx)
    }

    /// Entries with the names of people in the place of their ids; only the caller's own id stays.
    private func named(
        _ entries: [ActivityEntry], for caller: Caller, in tx: Transaction
    ) throws -> [ActivityEntry] {
        let fields = Set(R.schema.fields.filter { $0.reference == "user" || $0.type == .listOfUsers }.map(\.name))
        func users(_ value: String) -> [String] { value.split(separator: ", ").map(String.init) }
        let named = entries.map { fields.contains($0.field) ? users($0.oldValue) + users($0.newValue) : [] }
        let names = try database.names(ofUsers: entries.map(\.by) + named.joined(), as: caller, in: tx)
        func shown(_ value: String) -> String { users(value).compactMap { names[$0] }.joined(separator: ", ") }
        return entries.map { entry in
            var entry = entry
            entry.byName = names[entry.by] ?? ""
            if entry.by != caller.subject { entry.by = "" }
            if fields.contains(entry.field) {
                (entry.oldValue, entry.newValue) = (shown(entry.oldValue), shown(entry.newValue))
            }
            return entry
        }
    }

    /// The entries of one journal row: one per changed field.
    private static func entries(_ row: Row, _ hidden: Set<String>) throws -> [ActivityEntry] {
        var entry = ActivityEntry()
        entry.id = try row.string(Journal.Column.id)
        entry.at = Timestamp(microseconds: try row.timestamp(Journal.Column.at))
        entry.by = try row.string(Journal.Column.by)
        entry.kind = try row.string(Journal.Column.kind)
        entry.text = try row.optionalString(Journal.Column.text) ?? ""
        guard entry.kind == Journal.Kind.field.rawValue else { return [entry] }
        let fields = try row.strings(Journal.Column.fields)
        let old = try row.strings(Journal.Column.oldValues)
        let new = try row.strings(Journal.Column.newValues)
        return fields.indices.compactMap { index in
            guard !hidden.contains(fields[index]), index < old.count, index < new.count else { return nil }
            var change = entry
            change.field = fields[index]
            change.oldValue = old[index]
            change.newValue = new[index]
            return change
        }
    }
}
