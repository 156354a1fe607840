import Foundation
import OnboardingWire
import RPC
import Wire
import WireCatalog

/// The type of the records of a table that an address names.
enum RecordTypes {
    private static let byTable = Dictionary(
        Catalog.records.map { ($0.schema.table, $0) }, uniquingKeysWith: { first, _ in first })

    /// The type whose records can be read one by one; NOT_FOUND for any other table.
    static func named(_ table: String) throws(Problem) -> any RecordMessage.Type {
        guard let type = byTable[table], type.schema.verbs.contains("get") else { throw nowhere() }
        return type
    }

    /// Whether records of the table have a page.
    static func has(_ table: String) -> Bool { byTable[table]?.schema.verbs.contains("get") == true }

    /// There is nothing at the address.
    static func nowhere() -> Problem { .notFound(Text(en: "There is no such record.", ko: "해당 레코드가 없습니다.")) }
}

/// The methods of the records of one table, as their verbs declare them, with the rights of whoever asks.
struct RecordCalls<R: RecordMessage>: Sendable {
    let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    /// A method of the records; NOT_FOUND where their table does not declare it.
    private func method<Request: Message, Response: Message>(
        _ verb: String
    ) throws(Problem) -> Method<Request, Response> {
        guard R.schema.verbs.contains(verb) else { throw RecordTypes.nowhere() }
        return declared(verb)
    }

    private func declared<Request: Message, Response: Message>(_ verb: String) -> Method<Request, Response> {
        Method(service: R.schema.service, subject: ListedRecords.subject(verb, R.schema), name: verb, summary: "")
    }

    /// The record that is called so: by its id, or by its number.
    func get(_ id: String) async throws(Problem) -> R {
        var request = GetRequest()
        request.id = id
        return try await visit.ask(try method("get"), request)
    }

    /// What the person may do with records of the table, as their service tells it.
    func described() async throws(Problem) -> TableDescription {
        var request = DescribeRequest()
        request.table = R.schema.table
        let describe = Method<DescribeRequest, DescribeResponse>(
            service: R.schema.service, subject: "ale.v1.\(R.schema.service).dictionary.describe", name: "Describe",
            summary: "")
        guard let table = try await visit.ask(describe, request).tables.first else { throw RecordTypes.nowhere() }
        return table
    }

    /// A new record, made once however often it is asked for under the same `once`.
    func create(_ record: R, once: String) async throws(Problem) -> R {
        try await write("create", record, ["requestId": once])
    }

    /// Changes the fields of the mask.
    func update(_ record: R, _ mask: FieldMask) async throws(Problem) -> R {
        try await write("update", record, ["updateMask": mask.json ?? ""])
    }

    /// Writes what was changed in a form. What somebody else has saved meanwhile in other fields stays. Answers what was there
    /// before; nil where nothing was changed.
    func save(_ record: R, _ form: RecordForm<R>) async throws(Problem) -> Undos.Change? {
        let etag = visit.form["etag"]
        let isApart = etag != record.etag && form.isApart(from: record)
        let (changed, mask) = try await form.record(id: record.id, etag: isApart ? record.etag : etag)
        guard !mask.paths.isEmpty else { return nil }
        let after = try await update(changed, mask)
        return Undos.Change(mask.paths, of: record, etag: after.etag)
    }

    /// Requests that write a record have it under the name of its table.
    private func write(_ verb: String, _ record: R, _ more: [String: String]) async throws(Problem) -> R {
        guard R.schema.verbs.contains(verb) else { throw RecordTypes.nowhere() }
        guard let json = try? record.encodeJSON(), let parsed = try? JSONSerialization.jsonObject(with: Data(json))
        else {
            throw .internalError(cause: "a record of \(R.schema.table) cannot be encoded")
        }
        var body: [String: Any] = more.filter { !$0.value.isEmpty }
        body[ListedRecords.camel(R.schema.table)] = parsed
        guard let data = try? JSONSerialization.data(withJSONObject: body) else {
            throw .internalError(cause: "a record of \(R.schema.table) cannot be encoded")
        }
        let answer = try await visit.ask(json: [UInt8](data), to: ListedRecords.subject(verb, R.schema))
        guard let written = try? R.decode(json: answer) else {
            throw .internalError(cause: "a record of \(R.schema.table) cannot be decoded")
        }
        return written
    }

    /// Closes or cancels a record.
    func end(_ verb: String, _ request: CloseRequest) async throws(Problem) -> R {
        try await visit.ask(try method(verb), request)
    }

    /// Does something without input: `reopen`, `assign_to_me`.
    func act(_ verb: String, _ id: String, etag: String) async throws(Problem) -> R {
        var request = ActionRequest()
        (request.id, request.etag) = (id, etag)
        return try await visit.ask(try method(verb), request)
    }

    /// Removes a record that nobody has changed since.
    func delete(_ id: String, etag: String) async throws(Problem) {
        var request = DeleteRequest()
        (request.id, request.etag) = (id, etag)
        let removal: Method<DeleteRequest, Empty> = try method("delete")
        _ = try await visit.ask(removal, request)
    }

    /// What was said and done, newest first; nothing where nothing is kept of it.
    func activity(_ id: String) async throws(Problem) -> [ActivityEntry] {
        guard R.schema.verbs.contains("list_activity") else { return [] }
        var request = ListActivityRequest()
        (request.id, request.pageSize) = (id, 50)
        let list: Method<ListActivityRequest, ListActivityResponse> = declared("list_activity")
        return try await visit.ask(list, request).entries
    }

    /// Adds to what is said about a record.
    func say(_ id: String) async throws(Problem) -> Toast {
        let verb = visit.form["kind"] == "note" ? "add_work_note" : "add_comment"
        guard R.schema.verbs.contains(verb) else { throw RecordTypes.nowhere() }
        return try await Work.say(visit, id, comment: declared("add_comment"), note: declared("add_work_note"))
    }

    /// The files of a record; none where records of the table have none.
    func attachments(_ id: String) async throws(Problem) -> [Attachment] {
        guard R.schema.verbs.contains("list_attachments") else { return [] }
        var request = ListAttachmentsRequest()
        request.id = id
        let list: Method<ListAttachmentsRequest, ListAttachmentsResponse> = declared("list_attachments")
        return try await visit.ask(list, request).attachments
    }

    /// Where its files go to and come from.
    var files: RecordFiles {
        RecordFiles(
            begin: declared("begin_attachment"), append: declared("append_attachment"),
            complete: declared("complete_attachment"), read: declared("read_attachment"),
            update: declared("update_attachment"), remove: declared("delete_attachment"))
    }
}
