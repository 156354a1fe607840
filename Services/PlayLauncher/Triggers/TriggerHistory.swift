import CustomerSuccessWire
import Flows
import PlayLauncherWire
import RPC
import Records
import Tenancy
import Wire

/// Reads what became of the records of a table, from the journal of their owner.
struct TriggerJournal: Sendable {
    let client: Client
    let schema: RecordSchema
    let fields: [String]
    /// nil for the caller at hand.
    let credential: Credential?
    /// Whether what records belong to is told as well, of tables whose plays are launched from there.
    private var tellsEngagement: Bool { TriggerTables.hasEngagement(schema) }
    /// What is asked for of changes: the fields, and that.
    var asked: [String] { fields + (tellsEngagement && !fields.contains(Self.engagement) ? [Self.engagement] : []) }

    /// The field that names what a record belongs to.
    static let engagement = RiskSignal.Field.engagement.rawValue
    /// Changes of one page.
    private static let page: Int32 = 1_000
    /// Records of one page: what a record holds is sent whole. Where these are too much for an answer, fewer are asked for.
    private static let records = [200, 20, 1]

    /// One page, the newest change first, and the token of the next; an empty one for the last.
    func page(
        from since: Timestamp, until: Timestamp, of record: String = "", behind token: String
    ) async throws(Problem) -> ListChangesResponse {
        var request = ListChangesRequest()
        (request.table, request.record) = (schema.table, record)
        (request.since, request.until) = (since, until)
        request.fields = asked
        (request.pageSize, request.pageToken) = (Self.page, token)
        let method = Method<ListChangesRequest, ListChangesResponse>(
            service: schema.service, subject: "ale.v1.\(schema.service).records.list_changes", name: "list_changes",
            summary: "")
        return try await client.call(method, request, as: credential)
    }

    /// A record as it is now.
    struct Present: Sendable {
        let id: String
        let domain: DomainPath
        let createdAt: Timestamp
        let updatedAt: Timestamp
        let values: FieldTexts
    }

    /// One page of the records that meet `filter`, and the token of the next.
    func records(
        _ filter: String = "", behind token: String
    ) async throws(Problem) -> (records: [Present], next: String) {
        var answer: [UInt8] = []
        for (place, size) in Self.records.enumerated() {
            let request: JSONValue = [
                "filter": .string(filter), "pageSize": .number(Double(size)), "pageToken": .string(token),
            ]
            do throws(Problem) {
                answer = try await client.call(
                    json: Array(request.text.utf8), to: "ale.v1.\(schema.service).\(schema.collection).list",
                    as: credential)
                break
            } catch {
                let isTooLarge = error.reason == "RESPONSE_TOO_LARGE" && place < Self.records.count - 1
                guard isTooLarge else { throw error }
            }
        }
        guard let page = try? JSONValue(parsing: answer, limits: JSONLimits(bytes: 8 << 20)) else {
            throw .internalError(cause: "a page of \(schema.table) cannot be read")
        }
        let found = page.object?.values.compactMap(\.array).first ?? []
        return (found.compactMap(present), page["nextPageToken"]?.string ?? "")
    }

    private func present(_ record: JSONValue) -> Present? {
        func text(_ name: String) -> String? { schema.field(name).flatMap { record[$0.jsonName]?.string } }
        guard let id = record[PlayTrigger.Field.id.rawValue]?.string,
            let domain = record[PlayTrigger.Field.domain.rawValue]?.string.flatMap(DomainPath.init),
            let created = text(PlayTrigger.Field.createdAt.rawValue).flatMap(Timestamp.init(rfc3339:)),
            let updated = text(PlayTrigger.Field.updatedAt.rawValue).flatMap(Timestamp.init(rfc3339:))
        else { return nil }
        let values = fields.map { name in
            (name, schema.field(name).flatMap { record[$0.jsonName] }.map(Self.text) ?? "")
        }
        return Present(
            id: id, domain: domain, createdAt: created.kept, updatedAt: updated.kept,
            values: Dictionary(uniqueKeysWithValues: values))
    }

    /// A value of protobuf-JSON as the journal has it.
    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null, .object: ""
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): Int64(exactly: number).map { String($0) } ?? String(number)
        case .string(let text): text
        case .array(let items): items.compactMap(\.string).joined(separator: ", ")
        }
    }
}

/// Puts changes that come the newest first together with what was before and after each.
///
/// Of a record it keeps the values it had behind the change that was taken in last; they begin with those at the end of the time
/// looked at.
struct TriggerHistory {
    private struct Known {
        let domain: DomainPath
        var values: FieldTexts
    }

    private let fields: [String]
    private var known: [String: Known] = [:]

    /// Of changes as this journal tells them.
    init(_ journal: TriggerJournal) { fields = journal.asked }

    /// The changes of a page; those of records that are gone, and of which it is not known what they held, cannot be judged.
    mutating func take(_ page: ListChangesResponse) -> [ObservedChange] {
        for record in page.records where known[record.record] == nil {
            guard let domain = DomainPath(record.domain) else { continue }
            known[record.record] = Known(
                domain: domain, values: Dictionary(zip(fields, record.values)) { first, _ in first })
        }
        return page.changes.compactMap { take($0) }
    }

    private mutating func take(_ change: RecordChange) -> ObservedChange? {
        guard let at = change.at?.kept, var record = known[change.record] else { return nil }
        for (field, value) in zip(change.fields, change.newValues) { record.values[field] = value }
        let after = record.values
        for (field, value) in zip(change.fields, change.oldValues) { record.values[field] = value }
        known[change.record] = record
        return ObservedChange(
            record: change.record, domain: record.domain, at: at, by: change.by,
            cause: change.cause.isEmpty ? nil : change.cause, before: change.created ? nil : record.values,
            after: change.deleted ? nil : after,
            engagement: change.deleted
                ? record.values[TriggerJournal.engagement].flatMap { $0.isEmpty ? nil : $0 } : nil)
    }
}
