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
        do throws(Problem) {
            let targets = try chosen()
            let response = try await change(targets, table)
            if response.failed == 0 {
                let text = ListQuery(table, query, visit).text()
                return .moved(to: ListPages.address(table.schema.table, text, done: .changed))
            }
            let results = try await results(response, targets, table)
            return .page(try await ListView(visit, query, results: results).page())
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            return .page(try await ListView(visit, query, refused: error).page())
        }
    }

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

    private func change(_ targets: [BatchTarget], _ table: ListedTable) async throws(Problem) -> BatchResponse {
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
            return try await set(field, to: parts[1], targets, schema)
        }
    }

    private func assign(_ targets: [BatchTarget], to: String, _ schema: RecordSchema) async throws(Problem)
        -> BatchResponse
    {
        var request = BatchReassignRequest()
        request.records = targets
        request.assignedTo = to
        return try Self.response(try await ListedRecords.ask("batch_reassign", request, schema, visit))
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

    private static func response(_ json: [UInt8]) throws(Problem) -> BatchResponse {
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
        let shown = failed.prefix(Self.named)
        let names = try await Lookup(visit).names(of: shown.map(\.id), in: table.schema.table)
        let text = Text(
            en: "\(grouped: Int(response.succeeded)) changed, \(grouped: Int(response.failed)) not.",
            ko: "\(grouped: Int(response.succeeded))건 변경, \(grouped: Int(response.failed))건 실패.")
        let more = Text(
            en: "And \(grouped: failed.count - shown.count) more.", ko: "외 \(grouped: failed.count - shown.count)건.")
        return [
            "text": visit.reader(text),
            "failed": shown.map { result -> Values in
                let place = Int(result.index)
                let id = targets.indices.contains(place) ? targets[place].id : result.id
                return [
                    "name": names[id] ?? "", "href": Address.of(table.schema.table, id, id: id),
                    "text": result.error?.message ?? "",
                ]
            }, "more": failed.count > shown.count ? visit.reader(more) : "",
        ]
    }
}
