import Foundation
import OnboardingWire
import RPC
import Wire

/// Lists as tools: narrowed by choosing, sorted, with chosen columns, kept as views, exported, and many records changed at once.
enum ListPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/lists/:table") { visit async throws(Problem) in
            if let address = try await named(visit) { return .moved(to: address) }
            return .page(try await ListView(visit).page())
        }
        pages.post("/lists/:table") { visit async throws(Problem) in try await ListBulk(visit).answer() }
        pages.post("/lists/:table/undo/:change") { visit async throws(Problem) in
            try await ListBulk(visit).takeBack()
        }
        pages.get("/lists/:table/export") { visit async throws(Problem) in
            .response(try await ListExport(visit).response())
        }
        pages.post("/lists/:table/views") { visit async throws(Problem) in
            var request = SaveViewRequest()
            request.list = try table(visit).schema.table
            request.name = visit.form[SaveViewRequest.Field.name]
            request.query = visit.form[SaveViewRequest.Field.query]
            do throws(Problem) {
                _ = try await visit.ask(OnboardingAPI.saveView, request)
            } catch {
                guard error.isRefusal else { throw error }
                return .page(try await ListView(visit, Fields(request.query), refused: error).page())
            }
            return .moved(to: address(request.list, request.query, done: .saved))
        }
        pages.post("/lists/:table/views/:view/remove") { visit async throws(Problem) in
            try await RemovedView(visit).remove()
        }
        pages.post("/lists/:table/views/back/:change") { visit async throws(Problem) in
            try await RemovedView(visit).takeBack()
        }
    }

    /// The address with the ids of records that are only named in it, as a browser without a script names them; nil where
    /// nothing is. A name that nothing has, or more than one, leaves the list as it was.
    private static func named(_ visit: Visit) async throws(Problem) -> String? {
        let ending = FieldControl.Ending.text.rawValue
        let texts = visit.query.pairs.filter { $0.name.hasSuffix(ending) }
        guard !texts.isEmpty else { return nil }
        let table = try table(visit)
        var more: [(String, String)] = []
        for (name, text) in texts where !text.isEmpty {
            let field = String(name.dropLast(ending.count))
            let key = FieldControl.key(of: field)
            // A script has put the id beside it.
            guard visit.query.all(key).contains(""),
                case .records(let tables)? = table.control(field, for: visit.person?.isCustomer == true)
            else { continue }
            let found = try await Lookup(visit).find(text, in: tables, limit: 2)
            if let one = found.first, found.count == 1 { more.append((key, one.id)) }
        }
        let query = ListQuery(table, visit.query, visit).text(without: texts.map(\.name), with: more)
        return "\(href(table.schema.table))?\(query)"
    }

    /// The table of an address; one that has no list is not there.
    static func table(_ visit: Visit) throws(Problem) -> ListedTable {
        guard let table = ListedTable.named(visit.part("table")),
            visit.person?.isCustomer != true || table.isForCustomers
        else {
            throw .notFound(Text(en: "There is no such list.", ko: "해당 목록이 없습니다."))
        }
        return table.seen(by: visit.person?.roles ?? [])
    }

    static func href(_ table: String) -> String { "/lists/\(Fields.encoded(table))" }

    /// The address of a list with what it is narrowed to.
    static func address(_ table: String, _ query: String, done: Toast, undo: String = "") -> String {
        "\(href(table))?" + (query.isEmpty ? "" : "\(query)&") + "done=\(done.rawValue)"
            + (undo.isEmpty ? "" : "&undo=\(Fields.encoded(undo))")
    }
}

/// Records of any table, read by its list with the rights of whoever asks.
struct ListedRecords: Sendable {
    /// One record, of which single values are read by their names.
    struct Row: Sendable {
        private let record: any RecordMessage

        init(_ record: any RecordMessage) { self.record = record }

        subscript(field: FieldSchema) -> String { self[field.name] }
        /// The value of a field as it is kept.
        func value(_ name: String) -> FieldValue {
            type(of: record).schema.index(of: name).map { record[fieldAt: $0] } ?? .null
        }
        subscript(name: String) -> String { record.single(name) }
        subscript(key: OnboardingCase.Field) -> String { self[key.rawValue] }
    }

    let rows: [Row]
    let next: String

    /// Asks for a page.
    static func read(_ request: ListRequest, _ schema: RecordSchema, _ visit: Visit) async throws(Problem)
        -> ListedRecords
    {
        let (records, next) = try await AnyList.read(request, of: schema, visit)
        return ListedRecords(rows: records.map(Row.init), next: next)
    }

    /// Asks a method of the records by its verb.
    static func ask(
        _ verb: String, _ request: some Message, _ schema: RecordSchema, _ visit: Visit
    ) async throws(Problem) -> [UInt8] {
        guard let json = try? request.encodeJSON() else {
            throw .internalError(cause: "a request of a list cannot be encoded")
        }
        return try await visit.ask(json: json, to: subject(verb, schema))
    }

    static func subject(_ verb: String, _ schema: RecordSchema) -> String {
        "ale.v1.\(schema.service).\(schema.collection).\(verb)"
    }

    /// A name as JSON has it: `onboardingCases`.
    static func camel(_ name: String) -> String {
        let words = name.split(separator: "_")
        return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
