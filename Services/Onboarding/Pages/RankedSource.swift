import Ground
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// One table of a list of work, as statements of the page's round trip.
struct RankedSource: Sendable {
    /// What a count answers.
    private enum Column: String {
        case counted
    }

    /// Counting stops here: how many more there are is not worth reading them all.
    static let counted = 1_000

    /// The first records, at most so many, behind a place.
    let selection: @Sendable (_ after: WorkRank?, _ limit: Int) throws -> SQL
    /// How many there are, up to one more than ``counted``.
    let counting: SQL
    /// How many there are.
    let all: SQL
    /// The records of an answer to the selection.
    let items: @Sendable (Rows) throws -> [WorkItem]

    /// What is asked of the case that a record belongs to.
    struct OfCase<R: RecordMessage> {
        /// The reference to the case.
        let field: R.Field
        /// Over the columns of the case.
        let condition: SQL

        init(_ type: R.Type, _ field: R.Field, where condition: SQL) {
            (self.field, self.condition) = (field, condition)
        }

        /// The ids of the cases that meet the condition.
        var cases: SQL { "SELECT id FROM onboarding.onboarding_case WHERE \(condition)" }

        /// Met by a record that meets `own` and whose case meets the condition: a look-up for each.
        func and(_ own: SQL) -> SQL {
            let parent: SQL = "\(identifier: R.schema.table).\(identifier: field.rawValue)"
            return """
                \(own) AND (SELECT \(condition) FROM onboarding.onboarding_case parent_case WHERE parent_case.id = \(parent))
                """
        }
    }

    /// Records of the service's own that meet a condition, as far as `caller` may know them; `date` is their go-live or
    /// due date. What only one person, or one account, has, or what an index of its own tells of, is narrow: it is counted
    /// as it is found.
    static func own<R: Record>(
        _ type: R.Type, by date: R.Field, where condition: SQL, isNarrow: Bool = false, endedBehind: Bool = false,
        _ database: Database, _ caller: Caller
    ) throws -> RankedSource {
        let order = WorkRank.order(R.self, by: date, endedBehind: endedBehind, for: caller)
        let store = Store<R>(database)
        return try own(
            store, where: condition, order: order, database.clock.today, for: caller,
            counting: store.counting(
                where: condition, order: isNarrow ? nil : order, atMost: counted + 1, as: caller),
            all: store.counting(where: condition, as: caller))
    }

    /// Records of the service's own whose case meets a condition as well.
    static func own<R: Record>(
        by date: R.Field, where condition: SQL, of parent: OfCase<R>, isNarrow: Bool = false, _ database: Database,
        _ caller: Caller
    ) throws -> RankedSource {
        let store = Store<R>(database)
        func count(_ bound: Int?) throws -> SQL {
            try store.counting(
                where: condition, parent.field, among: parent.cases, walking: !isNarrow, atMost: bound, as: caller)
        }
        return try own(
            store, where: parent.and(condition), order: WorkRank.order(R.self, by: date, for: caller),
            database.clock.today, for: caller, counting: count(counted + 1), all: count(nil))
    }

    private static func own<R: Record>(
        _ store: Store<R>, where condition: SQL, order: SQL, _ today: CivilDate, for caller: Caller, counting: SQL,
        all: SQL
    ) throws -> RankedSource {
        RankedSource(
            selection: { after, limit in
                let rest = after.map { "(\(condition)) AND \($0.behind(order))" as SQL } ?? condition
                return try store.selection(where: rest, order: order, limit: limit, as: caller)
            },
            counting: counting, all: all,
            items: { rows in try store.records(rows, for: caller).map { WorkItem($0, today: today) } })
    }

    /// Copies of another service's records.
    static func copied<R: RecordMessage>(
        _ type: R.Type, by date: R.Field, where condition: SQL, isNarrow: Bool = false, _ database: Database,
        _ caller: Caller
    ) -> RankedSource {
        let copies = CopiedRecords<R>(database, caller)
        let order = WorkRank.order(R.self, by: date, for: caller)
        return copied(
            copies, where: condition, order: order, database.clock.today,
            counting: copies.counting(
                where: condition, order: isNarrow ? nil : order, atMost: counted + 1),
            all: copies.counting(where: condition))
    }

    /// Copies of another service's records whose case meets a condition as well.
    static func copied<R: RecordMessage>(
        by date: R.Field, where condition: SQL, of parent: OfCase<R>, isNarrow: Bool = false, _ database: Database,
        _ caller: Caller
    ) -> RankedSource {
        let copies = CopiedRecords<R>(database, caller)
        func count(_ bound: Int?) -> SQL {
            copies.counting(
                where: condition, parent.field, among: parent.cases, walking: !isNarrow, atMost: bound)
        }
        return copied(
            copies, where: parent.and(condition), order: WorkRank.order(R.self, by: date, for: caller),
            database.clock.today, counting: count(counted + 1), all: count(nil))
    }

    private static func copied<R: RecordMessage>(
        _ copies: CopiedRecords<R>, where condition: SQL, order: SQL, _ today: CivilDate, counting: SQL, all: SQL
    ) -> RankedSource {
        RankedSource(
            selection: { after, limit in
                let rest = after.map { "(\(condition)) AND \($0.behind(order))" as SQL } ?? condition
                return copies.selection(where: rest, order: order, limit: limit)
            },
            counting: counting, all: all,
            items: { rows in try copies.records(rows).map { WorkItem($0, today: today) } })
    }

    /// How many records a count found.
    static func count(_ rows: Rows) throws -> Int { try rows.first?.int(Column.counted) ?? 0 }
}

extension [RankedSource] {
    /// The first of all, in one order: the answers are those of the selections with this limit.
    func merged(_ answers: some Sequence<Rows>, limit: Int) throws -> [WorkItem] {
        let found = try zip(self, answers).flatMap { source, rows in try source.items(rows) }
        return [WorkItem](found.sorted { WorkRank($0) < WorkRank($1) }.prefix(limit))
    }
}
