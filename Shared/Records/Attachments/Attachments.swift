import Ground
import Korean
import Postgres
import RPC
import Roles
import Tenancy
import Wire

/// The files attached to the records of one type (G-121), for records that say `attachments: true`.
///
/// Who reads a record reads what is attached to it, a customer what is marked as visible to customers. Who may attach,
/// mark and remove, say the access rows of the target `<table>.attachments`; senders remove their own. A file on its way is
/// seen by its sender, and by those who may remove it.
struct Attachments<R: Record>: Sendable {
    let store: Store<R>
    let bounds: AttachmentBounds

    var schema: String { store.database.schema }
    var table: SQL { "\(identifier: schema).attachment" }
    var parts: SQL { "\(identifier: schema).attachment_part" }

    // MARK: Sending

    /// Announces a file.
    func begin(_ request: BeginAttachmentRequest, _ context: WriteContext, in tx: Transaction) throws -> Attachment {
        let caller = context.caller
        try authorize(.create, caller)
        // Locked, so that no more are attached than may be, and nothing to a record that ends at this moment.
        let record = try found(request.id, caller, lock: .update, tx)
        try checkOpen(record)
        try SentFile.check(name: request.fileName)
        try SentFile.check(sha256: request.sha256)
        guard request.sizeBytes > 0, request.sizeBytes <= bounds.bytes else {
            throw Problem.invalid(
                field: BeginAttachmentRequest.Field.sizeBytes,
                Text(
                    en: "The file may hold 1 to \(bounds.bytes) bytes.",
                    ko: "파일 크기는 1바이트 이상 \(bytes: bounds.bytes) 이하여야 합니다."), rule: "G-121")
        }
        try checkRoom(record, tx)
        giveUpOldest(of: caller, on: record, tx)
        let id = RecordID.make(at: context.now)
        let isVisible = caller.kind == .customer || request.visibleToCustomer
        let sha256 = request.sha256.isEmpty ? nil : request.sha256.lowercased()
        tx.send(
            """
            INSERT INTO \(table) (id, table_name, record, domain, file_name, size_bytes, sha256, visible_to_customer, \
            created_at, created_by) VALUES (\(id), \(R.schema.table), \(record.id), \(record.domain), \
            \(request.fileName), \(request.sizeBytes), \(sha256), \(isVisible), \(context.now.sqlValue), \
            \(caller.subject))
            """)
        return try attachment(id, of: record, for: caller, tx)
    }

    /// Refuses another file where there are as many as may be. The record is locked.
    func checkRoom(_ record: R, _ tx: Transaction) throws {
        let count = try tx.query("SELECT count(*) FROM \(table) WHERE record = \(record.id) AND complete")
        guard try count.first?.int(UnnamedColumn.count) ?? 0 < AttachmentBounds.perRecord else { throw Self.tooMany }
    }

    /// Makes room for one more file on its way: who never finishes any keeps nobody from attaching, nor fills the table.
    private func giveUpOldest(of caller: Caller, on record: R, _ tx: Transaction) {
        tx.send(
            """
            DELETE FROM \(table) WHERE id IN (SELECT id FROM \(table) WHERE record = \(record.id) AND NOT complete \
            AND created_by = \(caller.subject) ORDER BY created_at DESC, id DESC OFFSET \(AttachmentBounds.onTheirWay - 1))
            """)
    }

    /// Takes a part of a file in. The file stays locked meanwhile: its parts come one after the other.
    func append(_ request: AppendAttachmentRequest, _ caller: Caller, in tx: Transaction) throws -> Attachment {
        var (_, file) = try sent(request.id, request.attachment, caller, tx)
        guard !file.complete else { throw Self.isComplete }
        let count = request.content.count
        let step = try SentFile.step(
            offset: request.offset, count: count, received: file.receivedBytes, size: file.sizeBytes)
        switch step {
        case .repeated:
            let same = try tx.query(
                """
                SELECT 1 FROM \(parts) WHERE attachment = \(file.id) AND position = \(request.offset) \
                AND content = \(request.content)
                """)
            guard !same.isEmpty else {
                throw Problem.invalid(
                    field: AppendAttachmentRequest.Field.content,
                    Text(
                        en: "Other bytes were sent for this place before.",
                        ko: "같은 위치에 다른 내용이 이미 업로드되었습니다. 파일을 처음부터 다시 업로드하세요."))
            }
        case .write(let received):
            guard count >= AttachmentBounds.smallestPart || received == file.sizeBytes else { throw Self.tooSmall }
            tx.send(
                """
                INSERT INTO \(parts) (attachment, position, domain, content) \
                SELECT id, \(request.offset), domain, \(request.content) FROM \(table) WHERE id = \(file.id)
                """)
            tx.send("UPDATE \(table) SET received_bytes = \(received) WHERE id = \(file.id)")
            file.receivedBytes = received
        }
        return file
    }

    /// Finishes a file; one that is not what was announced, or not taken here, is gone, and the second value says why.
    func complete(
        _ request: CompleteAttachmentRequest, _ context: WriteContext, in tx: Transaction
    ) throws -> (Attachment, Problem?) {
        let caller = context.caller
        // Locked as when it began, now that the file is to count.
        let (record, file) = try sent(request.id, request.attachment, caller, lock: .update, tx)
        guard !file.complete else { return (file, nil) }
        guard file.receivedBytes == file.sizeBytes else { throw Self.incomplete(file) }
        let (sha256, kind) = try look(at: file, tx)
        if let fault = fault(of: file, sha256, kind) {
            tx.send("DELETE FROM \(table) WHERE id = \(file.id)")
            return (file, fault)
        }
        try checkOpen(record)
        try checkRoom(record, tx)
        tx.send(
            """
            UPDATE \(table) SET complete = true, sha256 = \(sha256), kind = \(kind.rawValue) WHERE id = \(file.id)
            """)
        tx.send(Journal.attachment(on: record, old: "", new: file.fileName, schema: schema, context: context))
        return (try attachment(file.id, of: record, for: caller, tx), nil)
    }

    /// The fingerprint and the kind of what arrived.
    func look(at file: Attachment, _ tx: Transaction) throws -> (sha256: String, kind: AttachmentKind) {
        let rows = try tx.query(
            """
            SELECT encode(sha256(content), 'hex') AS sha256, substring(content for \(AttachmentKind.lookedAt)) AS start, \
            substring(content from greatest(1, length(content) - \(AttachmentKind.lookedAt - 1))) AS "end" \
            FROM (SELECT string_agg(content, ''::bytea ORDER BY position) AS content FROM \(parts) \
            WHERE attachment = \(file.id)) AS whole
            """)
        guard let row = rows.first else { throw Problem.internalError(cause: "the parts of an attachment are gone") }
        let kind = AttachmentKind(start: try row.bytes(Column.start), end: try row.bytes(Column.end))
        return (try row.string(Column.sha256), kind)
    }

    private func fault(of file: Attachment, _ sha256: String, _ kind: AttachmentKind) -> Problem? {
        guard file.sha256.isEmpty || file.sha256 == sha256 else {
            return .invalid(
                field: BeginAttachmentRequest.Field.sha256,
                Text(
                    en: "The file that arrived is not the one that was announced. Send it again.",
                    ko: "업로드된 파일이 원본과 일치하지 않습니다. 다시 업로드하세요."))
        }
        guard bounds.kinds.contains(kind) else {
            let text = Text(en: "Files of this type are not taken.", ko: "첨부할 수 없는 파일 형식입니다.")
            return Problem(
                .invalidArgument, text, reason: "UNSUPPORTED_FILE",
                violations: [.init(field: AppendAttachmentRequest.Field.content, text: text, rule: "G-121")],
                metadata: ["kind": kind.rawValue])
        }
        return nil
    }

    // MARK: Reading

    /// What the caller sees attached to a record, the oldest first.
    func list(_ request: ListAttachmentsRequest, _ caller: Caller, in tx: Transaction) throws -> ListAttachmentsResponse
    {
        try store.authorize(.read, caller)
        let record = try found(request.id, caller, tx)
        var response = ListAttachmentsResponse()
        response.attachments = try tx.query(selection(of: record.id, caller)).map { try Self.read($0, for: caller) }
        return response
    }

    /// The statement that reads what the caller sees attached to a record.
    func selection(of record: String, _ caller: Caller) -> SQL {
        "SELECT \(Self.columns) FROM \(table) WHERE record = \(record) AND \(seen(by: caller)) ORDER BY id"
    }

    /// The statement that reads the newest files of records of this and other tables that the caller sees, finished ones alone.
    func newest(of records: SQL, limit: Int, _ caller: Caller) -> SQL {
        """
        SELECT \(Self.columns) FROM \(table) WHERE record = ANY(\(records)) AND complete AND \(seen(by: caller)) \
        ORDER BY id DESC LIMIT \(limit)
        """
    }

    /// One part of a file.
    func read(_ request: ReadAttachmentRequest, _ caller: Caller, in tx: Transaction) throws -> AttachmentPart {
        try store.authorize(.read, caller)
        let record = try found(request.id, caller, tx)
        let file = try attachment(request.attachment, of: record, for: caller, tx)
        guard file.complete else { throw Self.incomplete(file) }
        let rows = try tx.query(
            """
            SELECT position, content FROM \(parts) WHERE attachment = \(file.id) AND position <= \(request.offset) \
            ORDER BY position DESC LIMIT 1
            """)
        guard request.offset < file.sizeBytes, let row = rows.first else {
            throw Problem.invalid(
                field: ReadAttachmentRequest.Field.offset,
                Text(en: "Use next_offset of the part before.", ko: "이전 조각의 다음 위치를 사용하세요."))
        }
        var part = AttachmentPart()
        part.attachment = file
        part.offset = request.offset
        let begin = try row.int64(Column.position)
        part.content = Array(try row.bytes(Column.content).dropFirst(Int(request.offset - begin)))
        part.nextOffset = request.offset + Int64(part.content.count)
        part.last = part.nextOffset == file.sizeBytes
        return part
    }

    // MARK: Changing

    /// Shows an attachment to customers, or hides it from them; the history of its record says who did, and when.
    func update(_ request: UpdateAttachmentRequest, _ context: WriteContext, in tx: Transaction) throws -> Attachment {
        try authorize(.write, context.caller)
        let record = try found(request.id, context.caller, tx)
        // Locked, so that the history says what changed into what.
        var file = try attachment(request.attachment, of: record, for: context.caller, isLocked: true, tx)
        guard file.visibleToCustomer != request.visibleToCustomer else { return file }
        tx.send("UPDATE \(table) SET visible_to_customer = \(request.visibleToCustomer) WHERE id = \(file.id)")
        // What is still on its way is nobody's to look for in the history.
        if file.complete {
            tx.send(
                Journal.visibility(
                    of: file, on: record, isVisible: request.visibleToCustomer, schema: schema, context: context))
        }
        file.visibleToCustomer = request.visibleToCustomer
        return file
    }

    /// Removes an attachment. Whoever sent it may, what has arrived only while the record is open: it was seen since.
    func delete(_ request: DeleteAttachmentRequest, _ context: WriteContext, in tx: Transaction) throws {
        let caller = context.caller
        let removesAny = may(.delete, caller)
        try authorize(removesAny ? .delete : .create, caller)
        let record = try found(request.id, caller, tx)
        let file = try attachment(request.attachment, of: record, for: caller, tx)
        if !removesAny {
            guard file.createdBy == caller.subject else { throw Problem.permissionDenied() }
            if file.complete { try checkOpen(record) }
        }
        tx.send("DELETE FROM \(table) WHERE id = \(file.id)")
        if file.complete {
            tx.send(Journal.attachment(on: record, old: file.fileName, new: "", schema: schema, context: context))
        }
    }

    // MARK: Who sees what

    private func authorize(_ operation: Operation, _ caller: Caller) throws(Problem) {
        try store.authorize(.read, caller)
        guard may(operation, caller) else { throw .permissionDenied() }
    }

    private func may(_ operation: Operation, _ caller: Caller) -> Bool {
        caller.kind == .service
            || Access.may(caller.roles, operation, field: Attachment.field, of: R.schema.table) == true
    }

    private func found(
        _ id: String, _ caller: Caller, lock: Store<R>.Lock = .none, _ tx: Transaction
    ) throws -> R {
        guard let record = try store.find(id, lock: lock, in: tx), try store.isVisible(record, to: caller) else {
            throw store.notFound(id)
        }
        return record
    }

    /// A file that the caller is sending, locked.
    private func sent(
        _ id: String, _ attachment: String, _ caller: Caller, lock: Store<R>.Lock = .none, _ tx: Transaction
    ) throws -> (R, Attachment) {
        try authorize(.create, caller)
        let record = try found(id, caller, lock: lock, tx)
        let file = try self.attachment(attachment, of: record, for: caller, isLocked: true, tx)
        guard file.createdBy == caller.subject else { throw Self.notFound(attachment) }
        return (record, file)
    }

    private func attachment(
        _ id: String, of record: R, for caller: Caller, isLocked: Bool = false, _ tx: Transaction
    ) throws -> Attachment {
        guard Validation.isUUID(id) else { throw Self.notFound(id) }
        var statement: SQL = """
            SELECT \(Self.columns) FROM \(table) WHERE id = \(id) AND record = \(record.id) AND \(seen(by: caller))
            """
        if isLocked { statement += " FOR UPDATE" }
        guard let row = try tx.query(statement).first else { throw Self.notFound(id) }
        return try Self.read(row, for: caller)
    }

    /// What is on its way is only its sender's, and theirs who may remove it.
    private func seen(by caller: Caller) -> SQL {
        let arrived: SQL = may(.delete, caller) ? "true" : "(complete OR created_by = \(caller.subject))"
        return caller.kind == .customer ? arrived + " AND visible_to_customer" : arrived
    }

    /// Nothing new begins on a record that has ended (G-128), and its senders take nothing back.
    private func checkOpen(_ record: R) throws(Problem) {
        guard let lifecycle = R.lifecycle, lifecycle.closed.contains(lifecycle.state(of: record)) else { return }
        throw .failedPrecondition(
            rule: "G-128",
            Text(
                en: "The attachments of a record that is closed or canceled stay as they are. Reopen it first.",
                ko: "종결되었거나 취소된 레코드의 첨부 파일은 추가하거나 삭제할 수 없습니다. 먼저 다시 연 후 진행하세요."))
    }

    /// What is read of the tables of attachments and their parts.
    private enum Column: String {
        case id, record, sha256, kind, complete, position, content, start, end
        case fileName = "file_name"
        case size = "size_bytes"
        case received = "received_bytes"
        case visibleToCustomer = "visible_to_customer"
        case createdBy = "created_by"
        case createdAt = "created_at"
    }

    private static var columns: SQL {
        """
        id, record, file_name, size_bytes, received_bytes, sha256, kind, complete, visible_to_customer, created_by, \
        created_at
        """
    }

    static func read(_ row: Row, for caller: Caller) throws -> Attachment {
        var file = Attachment()
        file.id = try row.string(Column.id)
        file.record = try row.string(Column.record)
        file.fileName = try row.string(Column.fileName)
        file.sizeBytes = try row.int64(Column.size)
        file.receivedBytes = try row.int64(Column.received)
        file.sha256 = try row.optionalString(Column.sha256) ?? ""
        let kind = try row.optionalString(Column.kind).map { AttachmentKind(rawValue: $0) ?? .binary }
        file.kind = kind?.rawValue ?? ""
        file.contentType = (kind ?? .binary).contentType
        file.disposition = kind?.isShown == true ? "inline" : "attachment"
        file.complete = try row.bool(Column.complete)
        file.visibleToCustomer = try row.bool(Column.visibleToCustomer)
        let sender = try row.string(Column.createdBy)
        if caller.kind != .customer || sender == caller.subject { file.createdBy = sender }
        file.createdAt = Timestamp(microseconds: try row.timestamp(Column.createdAt))
        return file
    }
}
