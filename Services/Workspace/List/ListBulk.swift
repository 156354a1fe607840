import Foundation
import Korean
import OnboardingWire
import RPC
import Wire

/// What is done with the chosen records of a list at once; what could not be done says why, record by record.
struct ListBulk: Sendable {
    /// Most records at once: what a page shows, several times over.
    private static let most = 1_000
    /// Most records that are named with why they were not changed.
    private static let named = 50

    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    func answer() async throws(Problem) -> Answer {
        let table = try ListPages.table(visit)
        let query = Fields(visit.form[SaveViewRequest.Field.query])
        return try await Work.answer { () async throws(Problem) in
            let targets = try chosen()
            let before = await before(targets, table)
            let (response, field) = try await change(targets, table)
            let text = ListQuery(table, query, visit).text()
            let undo = undo(before, response, field, table, text)
            visit.ask.advice.add(response.results.flatMap(\.warnings))
            if response.failed == 0 {
                return .moved(to: ListPages.address(table.schema.table, text, done: .changed, undo: undo))
            }
            var results = try await results(response, targets, table)
            results["undo"] = undo
            return .page(try await ListView(visit, query, results: results).page())
        } refused: { (problem) async throws(Problem) in
            try await ListView(visit, query, refused: problem).page()
        }
    }

    // MARK: Undo

    /// Takes back what was changed last, in each record that nobody has changed since.
    func takeBack() async throws(Problem) -> Answer {
        let table = try ListPages.table(visit)
        let query = Fields(visit.query[SaveViewRequest.Field.query])
        return try await Work.answer { () async throws(Problem) in
            let (change, response) = try await visit.undos.take(visit.part("change"), of: visit.person) {
                (kept: Undos.Change) async throws(Problem) in (kept, try await kept.takeBack(visit))
            }
            if response.failed == 0 {
                let text = ListQuery(table, query, visit).text()
                return .moved(to: ListPages.address(table.schema.table, text, done: .restored))
            }
            let targets = change.records.map { record in
                var target = BatchTarget()
                target.id = record.id
                return target
            }
            let results = try await results(response, targets, table)
            return .page(try await ListView(visit, query, results: results).page())
        } refused: { (problem) async throws(Problem) in
            try await ListView(visit, query, refused: problem).page()
        }
    }

    /// The chosen records as they are, while there are few enough to be taken back. Each is changed only if it still is as it was
    /// shown, so that this is what is written over.
    private func before(_ targets: [BatchTarget], _ table: ListedTable) async -> [ListedRecords.Row] {
        guard targets.count <= Undos.mostRecords, targets.allSatisfy({ !$0.etag.isEmpty }) else { return [] }
        let (visit, size) = (visit, Int(Lookup.limit))
        let parts = stride(from: 0, to: targets.count, by: size).map { targets.dropFirst($0).prefix(size).map(\.id) }
        let found = try? await Outcome.each(parts) { (ids) async throws(Problem) in
            var request = ListRequest()
            request.pageSize = Lookup.limit
            request.filter = ids.map { "id = \(FilterText.quoted($0))" }.joined(separator: " OR ")
            return try await ListedRecords.read(request, table.schema, visit).rows
        }
        // Where they cannot be read, the change is made all the same, and no undo is offered.
        return (found ?? []).flatMap { $0 }
    }

    /// The address that takes back what was done; empty where it cannot be.
    private func undo(
        _ before: [ListedRecords.Row], _ response: BatchResponse, _ field: FieldSchema, _ table: ListedTable,
        _ query: String
    ) -> String {
        let rows = Dictionary(
            before.map { ($0[OnboardingCase.Field.id], $0) }, uniquingKeysWith: { first, _ in first })
        let records = response.results.compactMap { result -> Undos.Record? in
            guard result.error == nil, !result.etag.isEmpty, let row = rows[result.id] else { return nil }
            return Undos.Record(id: result.id, etag: result.etag, before: [field.name: Self.value(row[field], field)])
        }
        // What is not known of all of them is offered for none.
        guard records.count == Int(response.succeeded) else { return "" }
        let change = Undos.Change(schema: table.schema, fields: [field.name], records: records)
        guard let kept = visit.undos.keep(change, of: visit.person) else { return "" }
        return "\(ListPages.href(table.schema.table))/undo/\(kept)?query=\(Fields.encoded(query))"
    }

    /// The value of a field that can be set, of its text.
    private static func value(_ text: String, _ field: FieldSchema) -> FieldValue {
        guard field.storage == .int else { return text.isEmpty ? .null : .string(text) }
        return Int64(text).map { FieldValue.int($0) } ?? .null
    }

    // MARK: What is done

    /// The chosen records, each with the etag that it was shown with: nobody's later change is written over.
    private func chosen() throws(Problem) -> [BatchTarget] {
        let targets = visit.form.all("record").map { value -> BatchTarget in
            let parts = value.split(separator: " ", maxSplits: 1)
            var target = BatchTarget()
            target.id = parts.first.map { String($0) } ?? ""
            target.etag = parts.count == 2 ? String(parts[1]) : ""
            return target
        }
        guard !targets.isEmpty, targets.count <= Self.most else {
            throw Problem(
                .invalidArgument,
                Text(en: "Choose 1 to \(Self.most) rows first.", ko: "먼저 행을 1~\(grouped: Self.most)개 선택하세요."),
                reason: "NOTHING_CHOSEN")
        }
        return targets
    }

    /// What became of it, and the field that was changed.
    private func change(
        _ targets: [BatchTarget], _ table: ListedTable
    ) async throws(Problem) -> (BatchResponse, FieldSchema) {
        let schema = table.schema
        switch visit.form["do"] {
        case "me": return try await assign(targets, to: visit.person?.user ?? "", schema)
        case "assign":
            let to = try await Lookup(visit).chosen(
                "assigned_to", in: User.schema.table, filter: "NOT \(User.Field.account.rawValue):*",
                blame: "assigned_to")
            guard !to.isEmpty else {
                throw Problem(
                    .invalidArgument, Text(en: "Say to whom.", ko: "담당자를 입력하세요."), reason: "NOBODY_NAMED")
            }
            return try await assign(targets, to: to, schema)
        default:
            let parts = visit.form["set"].split(separator: "=", maxSplits: 1).map { String($0) }
            guard parts.count == 2, table.settable.contains(parts[0]), let field = schema.field(parts[0]) else {
                throw Problem(
                    .invalidArgument, Text(en: "Choose what to set.", ko: "변경할 값을 선택하세요."), reason: "NOTHING_TO_SET")
            }
            return (try await set(field, to: parts[1], targets, schema), field)
        }
    }

    private func assign(
        _ targets: [BatchTarget], to: String, _ schema: RecordSchema
    ) async throws(Problem) -> (BatchResponse, FieldSchema) {
        guard let field = schema.field(OnboardingCase.Field.assignedTo.rawValue) else {
            throw .internalError(cause: "records of \(schema.table) have no assignee")
        }
        var request = BatchReassignRequest()
        request.records = targets
        request.assignedTo = to
        return (try Self.response(try await ListedRecords.ask("batch_reassign", request, schema, visit)), field)
    }

    private func set(
        _ field: FieldSchema, to value: String, _ targets: [BatchTarget], _ schema: RecordSchema
    ) async throws(Problem) -> BatchResponse {
        let number = field.storage == .int ? Int64(value) : nil
        let records = targets.map { target -> [String: Any] in
            ["id": target.id, "etag": target.etag, field.jsonName: number.map { $0 as Any } ?? value]
        }
        let body: [String: Any] = [ListedRecords.camel(schema.collection): records, "updateMask": field.jsonName]
        guard let json = try? JSONSerialization.data(withJSONObject: body) else {
            throw .internalError(cause: "a batch cannot be encoded")
        }
        return try Self.response(
            try await visit.ask(json: [UInt8](json), to: ListedRecords.subject("batch_update", schema)))
    }

    static func response(_ json: [UInt8]) throws(Problem) -> BatchResponse {
        guard let response = try? BatchResponse.decode(json: json) else {
            throw .internalError(cause: "the answer to a batch cannot be decoded")
        }
        return response
    }

    /// How many were changed, and why others were not.
    private func results(
        _ response: BatchResponse, _ targets: [BatchTarget], _ table: ListedTable
    ) async throws(Problem) -> Values {
        let failed = response.results.filter { $0.error != nil }
        // What was not done has no id in the answer, but its place among what was asked.
        let shown = failed.prefix(Self.named).map { result -> (id: String, error: String) in
            let place = Int(result.index)
            return (targets.indices.contains(place) ? targets[place].id : result.id, result.error?.message ?? "")
        }
        let names = try await Lookup(visit).names(of: shown.map(\.id), in: table.schema.table)
        let text = Text(
            en: "\(grouped: Int(response.succeeded)) changed, \(grouped: Int(response.failed)) not.",
            ko: "\(grouped: Int(response.succeeded))건 변경, \(grouped: Int(response.failed))건 실패.")
        let more = Text(
            en: "And \(grouped: failed.count - shown.count) more.", ko: "외 \(grouped: failed.count - shown.count)건.")
        return [
            "text": visit.reader(text),
            "failed": shown.map { id, error -> Values in
                ["name": names[id] ?? "", "href": Address.of(table.schema.table, id, id: id), "text": error]
            }, "more": failed.count > shown.count ? visit.reader(more) : "",
        ]
    }
}
