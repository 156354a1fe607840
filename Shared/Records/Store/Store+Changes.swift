import Ground
import Postgres
import RPC
import Tenancy
import Wire

/// What became of the records of a table, out of its journal, for whoever works out what something that looks at changes
/// would have done.
extension Store {
    /// One page of changes, the newest first, of what `caller` may read; customers read the activity of single records.
    ///
    /// A page is read before the values that its records have now, and these before what has changed since the end of the
    /// time asked for, which is then taken back: what is under way meanwhile does not get in.
    func changes(
        _ request: ListChangesRequest, as caller: Caller, in tx: Transaction
    ) throws -> ListChangesResponse {
        guard caller.kind != .customer else { throw Problem.permissionDenied() }
        try authorize(.read, caller)
        let asked = try ChangesAsked<R>(request, among: layout.stored, Self.hidden(from: caller, layout))
        let size = try PageSize.of(request.pageSize == 0 ? 500 : request.pageSize, maximum: 1_000)
        let binding = PageToken.Binding(
            method: "changes", filter: asked.text, order: "", domain: caller.domain.path)
        let place = try PageToken.place(request.pageToken, in: binding, .id)
        let journal: SQL = "\(identifier: database.schema).journal"
        var statement: SQL = """
            SELECT id, record, at, by, kind, fields, old_values, new_values, cause FROM \(journal) \
            WHERE table_name = \(R.schema.table) AND id >= \(RecordID.first(at: asked.since)) \
            AND (kind IN (\(literal: Journal.Kind.created), \(literal: Journal.Kind.deleted)) \
            OR kind = \(literal: Journal.Kind.field) AND fields && \(asked.names))
            """
        if let until = asked.until { statement += " AND id < \(RecordID.first(at: until))" }
        if !request.record.isEmpty { statement += " AND record = \(request.record)" }
        if let last = place?.first { statement += " AND id < \(last)" }
        tx.planEach()
        let rows = try tx.query(statement + " ORDER BY id DESC LIMIT \(size + 1)")
        let changes = try rows.prefix(size).map { try asked.change($0) }
        var known = try values(of: Array(Set(changes.map(\.record))), asked, in: tx)
        var response = ListChangesResponse()
        response.changes = Self.fitting(changes, known)
        let records = Array(Set(response.changes.map(\.record)))
        known = known.filter { records.contains($0.key) }
        if rows.count > response.changes.count {
            let last = try rows[rows.startIndex + response.changes.count - 1].string(Journal.Column.id)
            response.nextPageToken = PageToken(position: [last]).text(for: binding)
        }
        if let until = asked.until {
            for row in try tx.query(
                """
                SELECT record, fields, old_values FROM \(journal) WHERE record = ANY(\(records)::uuid[]) \
                AND id >= \(RecordID.first(at: until)) AND kind = \(literal: Journal.Kind.field) ORDER BY id DESC
                """)
            {
                let record = try row.string(Journal.Column.record)
                let names = try row.strings(Journal.Column.fields)
                for (name, old) in zip(names, try row.strings(Journal.Column.oldValues)) {
                    if let place = asked.names.firstIndex(of: name) { known[record]?.values[place] = old }
                }
            }
        }
        response.records = known.values.sorted { $0.record < $1.record }
        return response
    }

    /// Most bytes of the changes of a page and of the values of their records.
    private static var mostBytes: Int { 512 << 10 }

    /// The changes of a page that, with the values of their records, are no larger than an answer may be; one at least.
    private static func fitting(_ changes: [RecordChange], _ known: [String: ChangedRecord]) -> [RecordChange] {
        var seen: Set<String> = []
        return changes.fitting(mostBytes) { change in
            let values = seen.insert(change.record).inserted ? known[change.record]?.values ?? [] : []
            return 200 + (change.oldValues + change.newValues + values).reduce(0) { $0 + $1.utf8.count }
        }
    }

    private func values(
        of records: [String], _ asked: ChangesAsked<R>, in tx: Transaction
    ) throws -> [String: ChangedRecord] {
        guard !records.isEmpty else { return [:] }
        let found = try find(where: "id = ANY(\(records)::uuid[])", in: tx)
        let there = Dictionary(
            found.map { record in
                var known = ChangedRecord()
                (known.record, known.domain) = (record.id, record.domain)
                known.values = asked.indexes.map { record[fieldAt: $0].journalText }
                return (record.id, known)
            }, uniquingKeysWith: { first, _ in first })
        let gone = records.filter { there[$0] == nil }
        guard !gone.isEmpty else { return there }
        // What they held when they were deleted.
        let rows = try tx.query(
            """
            SELECT record, domain, fields, old_values FROM \(identifier: database.schema).journal \
            WHERE record = ANY(\(gone)::uuid[]) AND kind = \(literal: Journal.Kind.deleted)
            """)
        return try rows.reduce(into: there) { known, row in
            var last = ChangedRecord()
            (last.record, last.domain) = (try row.string(Journal.Column.record), try row.string(Journal.Column.domain))
            let names = try row.strings(Journal.Column.fields)
            let held = Dictionary(zip(names, try row.strings(Journal.Column.oldValues))) { first, _ in first }
            last.values = asked.names.map { held[$0] ?? "" }
            known[last.record] = last
        }
    }

    private static func hidden(from caller: Caller, _ layout: TableLayout<R>) -> Set<Int> {
        Set(FieldAccess(caller, layout).hidden)
    }
}

/// What a request for changes names, checked.
private struct ChangesAsked<R: Record> {
    /// Most fields of one request.
    private static var most: Int { 50 }

    let since: Timestamp
    let until: Timestamp?
    let names: [String]
    /// The same fields, as indexes of the dictionary.
    let indexes: [Int]
    /// All that a page token is bound to.
    let text: String

    init(_ request: ListChangesRequest, among stored: [Int], _ hidden: Set<Int>) throws(Problem) {
        guard let since = request.since, since.isValid, request.until?.isValid != false else {
            throw .invalid(
                field: ListChangesRequest.Field.since,
                Text(en: "Say from which instant on.", ko: "시작 시각을 지정하세요."))
        }
        guard request.record.isEmpty || Validation.isUUID(request.record) else {
            throw .notFound(R.schema.label, id: request.record)
        }
        guard (1...Self.most).contains(request.fields.count), Set(request.fields).count == request.fields.count else {
            throw .invalid(
                field: ListChangesRequest.Field.fields,
                Text(
                    en: "Name 1 to \(Self.most) fields, each once.",
                    ko: "필드를 1~\(grouped: Self.most)개, 중복 없이 지정하세요."))
        }
        let readable = Set(stored).subtracting(hidden)
        var indexes: [Int] = []
        for name in request.fields {
            guard let index = R.schema.index(of: name), readable.contains(index) else {
                throw .invalid(
                    field: ListChangesRequest.Field.fields,
                    Text(
                        en: "There is no journal of a field \(name.prefix(64)) for you.",
                        ko: "'\(String(name.prefix(64)))' 필드의 변경 이력을 조회할 수 없습니다."))
            }
            indexes.append(index)
        }
        (self.since, until, names, self.indexes) = (since, request.until, request.fields, indexes)
        text = ([since.rfc3339, request.until?.rfc3339 ?? "", R.schema.table, request.record] + request.fields)
            .joined(separator: "\n")
    }

    func change(_ row: Row) throws -> RecordChange {
        var change = RecordChange()
        change.record = try row.string(Journal.Column.record)
        change.at = Timestamp(microseconds: try row.timestamp(Journal.Column.at))
        change.by = try row.string(Journal.Column.by)
        let kind = try row.string(Journal.Column.kind)
        change.created = kind == Journal.Kind.created.rawValue
        change.deleted = kind == Journal.Kind.deleted.rawValue
        change.cause = try row.optionalString(Journal.Column.cause) ?? ""
        let old = try row.strings(Journal.Column.oldValues)
        let new = try row.strings(Journal.Column.newValues)
        for (place, name) in try row.strings(Journal.Column.fields).enumerated() where names.contains(name) {
            change.fields.append(name)
            change.oldValues.append(place < old.count ? old[place] : "")
            change.newValues.append(place < new.count ? new[place] : "")
        }
        return change
    }
}

extension RecordEndpoints {
    /// The endpoint of `records.list_changes` over the records that the service has so far.
    public func changes(_ method: Method<ListChangesRequest, ListChangesResponse>) -> Endpoint {
        let (types, database) = (described, database)
        return Endpoint(method) { call, request async throws(Problem) in
            guard let type = types.first(where: { $0.schema.table == request.table }) else {
                throw .invalid(
                    field: ListChangesRequest.Field.table,
                    Text(en: "There is no such table.", ko: "해당 테이블이 없습니다."))
            }
            return try await type.changes(request, call, database)
        }
    }
}

extension Record {
    fileprivate static func changes(
        _ request: ListChangesRequest, _ call: Call, _ database: Database
    ) async throws(Problem) -> ListChangesResponse {
        try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try Store<Self>(database).changes(request, as: call.caller, in: tx)
        }
    }
}
