import Filters
import Ground
import Postgres
import RPC
import Roles
import Tenancy
import Wire

/// Statements for pages that show records of many tables: built here, sent together in one round trip, read here.
extension Store {
    /// The statement that reads the records that meet a condition of the service's own, as far as `caller` may know
    /// them: none when the caller's roles do not allow reading the table. ``records(_:for:)`` reads the answer.
    public func selection(
        where condition: SQL, order: SQL = "id", limit: Int, as caller: Caller
    ) throws -> SQL {
        let seen = try known(condition, to: caller)
        return """
            \(layout.selectAll) WHERE \(seen) ORDER BY \(order) LIMIT \(limit)
            """
    }

    /// The same of those that also pass a filter that somebody wrote, over the fields that `caller` may see. INVALID_ARGUMENT
    /// for one that is none.
    public func selection(
        passing filter: String, where condition: SQL, order: SQL = "id", limit: Int, as caller: Caller
    ) throws -> SQL {
        let checked: CheckedFilter
        do {
            checked = try Filter.parse(filter).check(
                against: FieldAccess(caller, layout).filterSchema, context: filterContext(caller))
        } catch {
            throw Problem.filter(error)
        }
        return try selection(
            where: "(" + SQL(checked) + ") AND (" + condition + ")", order: order, limit: limit, as: caller)
    }

    /// The statement that counts the records that meet `condition`, as far as `caller` may know them: those that also
    /// meet `listed`, then all.
    public func counting(where condition: SQL, listed: SQL, as caller: Caller) throws -> SQL {
        let seen = try known(condition, to: caller)
        return """
            SELECT count(*) FILTER (WHERE \(listed)) AS listed, count(*) AS known FROM \(raw: layout.table) \
            WHERE \(seen)
            """
    }

    /// The statement that counts the records that meet `condition`, as `counted`, as far as `caller` may know them, and
    /// stops at `bound`: what is there besides need not be read. Where many meet it, they are read in an order that an index
    /// has: otherwise the server might look through all that do not meet it first.
    public func counting(
        where condition: SQL, order: SQL? = nil, atMost bound: Int, as caller: Caller
    ) throws -> SQL {
        let seen = try known(condition, to: caller)
        let ordered: SQL = order.map { " ORDER BY \($0)" } ?? ""
        return """
            SELECT count(*) AS counted FROM ( \
            SELECT FROM \(raw: layout.table) WHERE \(seen)\(ordered) LIMIT \(bound)) few
            """
    }

    /// The statement that counts those of them, as `counted`, whose reference `field` is among `parents`, a SELECT of ids; up
    /// to `bound`, where there is one. Where many meet the condition both are to be walked together, from the newest parent
    /// on, which takes no look-up for each.
    public func counting(
        where condition: SQL, _ field: R.Field, among parents: SQL, walking: Bool = false, atMost bound: Int? = nil,
        as caller: Caller
    ) throws -> SQL {
        let seen = try known(condition, to: caller)
        let children: SQL = "SELECT \(identifier: field.rawValue) AS parent FROM \(raw: layout.table) WHERE \(seen)"
        return .counting(children, among: parents, walking: walking, atMost: bound)
    }

    /// The statement that counts all of them.
    public func counting(where condition: SQL, as caller: Caller) throws -> SQL {
        let seen = try known(condition, to: caller)
        return "SELECT count(*) AS counted FROM \(raw: layout.table) WHERE \(seen)"
    }

    /// As ``counting(where:listed:as:)`` for each value of the reference `group`, which comes first.
    public func counting(
        where condition: SQL, listed: SQL, by group: R.Field, as caller: Caller
    ) throws -> SQL {
        let seen = try known(condition, to: caller)
        return """
            SELECT \(identifier: group.rawValue) AS parent, count(*) FILTER (WHERE \(listed)) AS listed, count(*) AS known \
            FROM \(raw: layout.table) WHERE \(seen) GROUP BY 1
            """
    }

    /// Refuses who may not read the table at all.
    public func mayRead(_ caller: Caller) throws(Problem) { try authorize(.read, caller) }

    /// The records of an answer to ``selection(where:order:limit:as:)``, hidden fields taken out.
    public func records(_ rows: Rows, for caller: Caller) throws -> [R] {
        let access = FieldAccess(caller, layout)
        let today = database.clock.today
        return try rows.map { row in
            var record = try layout.record(row, today: today)
            access.project(&record, for: caller)
            return record
        }
    }

    /// `condition` on the rows that `caller` may know; nothing for who may not read the table at all.
    func known(_ condition: SQL, to caller: Caller) throws -> SQL {
        guard caller.kind == .service || Access.allows(caller.roles, .read, on: R.schema.table) else { return "FALSE" }
        let own = owned(condition, by: caller)
        guard caller.kind == .customer else { return own }
        guard let customer = R.storage.customer else { return "FALSE" }
        guard let rule = customer.rows(caller) else { return own }
        return "(" + own + ") AND (" + (try ownCondition(rule, caller)) + ")"
    }
}

extension Transaction {
    /// Has the statements of a page about one record planned once for all people of the provider `caller` belongs to: they
    /// see the same rows, and what a page finds by the ids of its record is found in the same way whatever they are. Planning
    /// a page costs as much as carrying it out. For everybody else it is ``Transaction/planEach()``: of customers, and of domains
    /// below, there are too many to keep plans for each.
    public func planPage(for caller: Caller) {
        guard caller.kind == .person, caller.domain.segments.count == 1 else { return planEach() }
        planOnce(for: caller.domain.path)
    }
}

extension SQL {
    /// The statement that counts, as `counted`, those rows of `children`, a SELECT of a reference as `parent`, whose parent is
    /// among `parents`, a SELECT of ids; up to `bound`, where there is one, and by walking both or as the server likes.
    public static func counting(_ children: SQL, among parents: SQL, walking: Bool, atMost bound: Int?) -> SQL {
        let order: SQL = walking ? " ORDER BY child.parent DESC" : ""
        let few: SQL = bound.map { "\(order) LIMIT \($0)" } ?? ""
        return """
            SELECT count(*) AS counted FROM (SELECT FROM (\(children)) child \
            JOIN (\(parents)) known (id) ON known.id = child.parent\(few)) few
            """
    }
}
