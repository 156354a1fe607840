import Filters
import Ground
import Postgres
import RPC
import Tenancy
import Wire

extension Store {
    /// The most records of one page.
    static var maximumPageSize: Int { 1_000 }

    /// One page of records, with the token of the next.
    public struct Page: Sendable {
        public let records: [R]
        public let nextPageToken: String
        /// How many records all pages have; nil when the request did not ask for it.
        public let totalSize: Int64?
    }

    /// A page of what the caller may see, filtered and ordered as the request says; `narrowed` adds a condition of
    /// the service's own, as a filter.
    public func list(
        _ request: ListRequest, as caller: Caller, narrowed: FieldFilter<R.Field>? = nil, in tx: Transaction
    ) throws -> Page {
        try authorize(.read, caller)
        let access = FieldAccess(caller, layout)
        let query = try listQuery(request, access, caller, narrowed)
        let size = try PageSize.of(request.pageSize, maximum: Self.maximumPageSize)
        var page: SQL = "\(layout.selectAll) WHERE \(query.condition)"
        if let start = query.start { page += " AND (" + start + ")" }
        page += " ORDER BY \(raw: query.order) LIMIT \(size + 1)"
        var statements = [page]
        if request.count {
            statements.append("SELECT count(*) FROM \(raw: layout.table) WHERE \(query.condition)")
        }
        tx.planEach()
        let answers = try tx.queryAll(statements)
        let today = database.clock.today
        var records = try answers[0].map { try layout.record($0, today: today) }
        let hasMore = records.count > size
        if hasMore { records.removeLast() }
        let token = hasMore ? try records.last.map { try query.token(after: $0) } ?? "" : ""
        let total = request.count ? try answers[1].first?.int64(UnnamedColumn.count) : nil
        for position in records.indices { access.project(&records[position], for: caller) }
        return Page(records: records, nextPageToken: token, totalSize: total)
    }

    /// A filter that a rule of the service wrote, as a condition; it may name every field.
    func ownCondition(_ rule: FieldFilter<R.Field>, _ caller: Caller) throws -> SQL {
        let unrestricted = FieldAccess(.service(database.service, domain: caller.domain), layout).filterSchema
        return SQL(try Filter.parse(rule.text).check(against: unrestricted, context: filterContext(caller)))
    }

    func listQuery(
        _ request: ListRequest, _ access: FieldAccess<R>, _ caller: Caller, _ narrowed: FieldFilter<R.Field>?
    ) throws -> ListQuery<R> {
        let schema = access.filterSchema
        let context = filterContext(caller)
        var condition: SQL = "TRUE"
        do {
            let filter = try Filter.parse(request.filter).check(against: schema, context: context)
            condition = SQL(filter)
        } catch {
            throw Problem.filter(error)
        }
        let ownRows = caller.kind == .customer ? R.storage.customer?.rows(caller) : nil
        for rule in [ownRows, narrowed].compactMap({ $0 }) {
            condition = "(" + condition + ") AND (" + (try ownCondition(rule, caller)) + ")"
        }
        condition = owned(condition, by: caller)
        let terms: [OrderBy.Term]
        do {
            terms = try OrderBy.parse(request.orderBy).check(against: schema)
        } catch {
            throw Problem.orderBy(error)
        }
        let isNewestFirst = terms.isEmpty && R.schema.newestFirst
        let binding = PageToken.Binding(
            method: R.schema.table, filter: request.filter, order: isNewestFirst ? "id desc" : request.orderBy,
            domain: caller.domain.path)
        return try ListQuery(
            condition: condition, terms: terms, newestFirst: isNewestFirst, binding: binding, token: request.pageToken)
    }
}

/// The parts of one list statement: what, in which order, and from where on.
struct ListQuery<R: Record> {
    let condition: SQL
    let order: String
    let start: SQL?
    private let terms: [OrderBy.Term]
    private let binding: PageToken.Binding

    init(
        condition: SQL, terms: [OrderBy.Term], newestFirst: Bool, binding: PageToken.Binding, token: String
    ) throws {
        self.condition = condition
        self.terms = terms.filter { $0.field.name != "id" }
        self.binding = binding
        let last = terms.last { $0.field.name == "id" }
        let isDescending = last?.descending ?? newestFirst
        order = (self.terms.map(\.sql) + [isDescending ? "id DESC" : "id"]).joined(separator: ", ")
        guard let place = try PageToken.read(token, for: binding) else {
            start = nil
            return
        }
        let values = place.position
        guard values.count == self.terms.count + 1, let id = values.last ?? nil, Validation.isUUID(id) else {
            throw Problem.damagedPageToken
        }
        start = Self.start(self.terms, values, id: id, descending: isDescending)
    }

    func token(after record: R) throws -> String {
        let values: [String?] = terms.map { term in
            let value = record[named: term.field.name]
            return value == .null
                ? nil : value.filterValue(R.schema.field(term.field.name)?.type ?? .string).postgresText
        }
        let token = PageToken(position: values + [record.id]).text(for: binding)
        guard token.utf8.count <= PageToken.maximumLength else {
            throw Problem.invalid(
                field: ListRequest.Field.orderBy,
                Text(
                    en: "The values of this ordering are too long for pages. Order by shorter fields.",
                    ko: "이 정렬의 값이 너무 길어 페이지로 나눌 수 없습니다. 값이 더 짧은 필드로 정렬하세요."),
                rule: "AIP-132")
        }
        return token
    }

    /// Rows behind the last one of the page before: later in the first term, or equal there and later in the next.
    /// Absent values come last when ascending and first when descending, as Postgres orders them.
    private static func start(_ terms: [OrderBy.Term], _ values: [String?], id: String, descending: Bool) -> SQL {
        var alternatives: [SQL] = []
        var equal: [SQL] = []
        for (term, value) in zip(terms, values) {
            let column: SQL = "\(raw: term.sql.replacingSuffix(" DESC"))"
            if let value {
                let bound: SQL = "\(value)::\(raw: term.field.sqlType)"
                let later: SQL =
                    term.descending
                    ? column + " < " + bound : "(" + column + " > " + bound + " OR " + column + " IS NULL)"
                alternatives.append((equal + [later]).joined(separator: " AND "))
                equal.append(column + " = " + bound)
            } else {
                if term.descending {
                    alternatives.append((equal + [column + " IS NOT NULL"]).joined(separator: " AND "))
                }
                equal.append(column + " IS NULL")
            }
        }
        let last: SQL = descending ? "id < \(id)::uuid" : "id > \(id)::uuid"
        alternatives.append((equal + [last]).joined(separator: " AND "))
        return alternatives.map { "(" + $0 + ")" }.joined(separator: " OR ")
    }
}

extension String {
    fileprivate func replacingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

extension SQL {
    /// A checked filter as a condition; its placeholders become this statement's.
    package init(_ filter: CheckedFilter) {
        self.init()
        for piece in filter.pieces {
            switch piece {
            case .sql(let text): self += "\(raw: text)"
            case .parameter(let value): self += "\(value.postgresText.sqlValue)"
            }
        }
    }
}
