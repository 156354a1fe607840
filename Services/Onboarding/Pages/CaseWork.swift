import CustomerSuccessWire
import Ground
import ImportValidationWire
import OnboardingWire
import Postgres
import Records
import Tenancy
import Wire

/// What belongs to a case: its tasks and import tasks, its risk signals, the cases generated from it.
struct CaseWork {
    private let tasks: [RelatedWork]
    private let risks: RelatedWork
    private let cases: RelatedWork
    private let limit: Int

    /// Of the case `id`, at most `limit` of each.
    init(of id: String, limit: Int, _ database: Database, _ caller: Caller) throws {
        self.limit = limit
        tasks = try RelatedWork.tasks(of: id, limit: limit, database, caller)
        risks = .copied(
            RiskSignal.self, by: .dueDate, where: "\(identifier: RiskSignal.Field.onboardingCase) = \(id)", limit,
            database, caller)
        cases = try .own(
            OnboardingCase.self, by: .goLiveDate, where: "\(identifier: OnboardingCase.Field.parent) = \(id)", limit,
            database, caller)
    }

    /// What has to be asked; ``sections(_:)`` takes the answers.
    var statements: [SQL] { (tasks + [risks, cases]).flatMap(\.statements) }

    /// The lists, of the answers to the statements.
    func sections(
        _ answers: ArraySlice<Rows>
    ) throws -> (tasks: OnboardingCaseSection, risks: OnboardingCaseSection, cases: OnboardingCaseSection) {
        let size = RelatedWork.statementCount
        let ofTasks = answers.prefix(tasks.count * size)
        let rest = answers.dropFirst(ofTasks.count)
        return (
            try tasks.section(ofTasks, limit: limit), try [risks].section(rest.prefix(size), limit: limit),
            try [cases].section(rest.dropFirst(size), limit: limit)
        )
    }
}

/// One table of what belongs to a record, as statements of the page's round trip: what is open by date, then what has
/// ended, and how many there are of both.
struct RelatedWork {
    /// How many statements each has.
    static let statementCount = 4

    let statements: [SQL]
    fileprivate let items: (Rows) throws -> [WorkItem]

    /// Records of the service's own that meet a condition.
    static func own<R: Record>(
        _ type: R.Type, by date: R.Field, where condition: SQL, _ limit: Int, _ database: Database, _ caller: Caller
    ) throws -> RelatedWork {
        let store = Store<R>(database)
        let (today, bound) = (database.clock.today, RankedSource.counted)
        let (open, ended) = parts(of: condition)
        let order = order(date)
        return RelatedWork(
            statements: [
                try store.selection(where: open, order: order, limit: limit, as: caller),
                try store.selection(where: ended, order: order, limit: limit, as: caller),
                try store.counting(where: open, atMost: bound, as: caller),
                try store.counting(where: ended, atMost: bound, as: caller),
            ],
            items: { try store.records($0, for: caller).map { WorkItem($0, today: today) } })
    }

    /// Copies of another service's records.
    static func copied<R: RecordMessage>(
        _ type: R.Type, by date: R.Field, where condition: SQL, _ limit: Int, _ database: Database, _ caller: Caller
    ) -> RelatedWork {
        let copies = CopiedRecords<R>(database, caller)
        let (today, bound) = (database.clock.today, RankedSource.counted)
        let (open, ended) = parts(of: condition)
        let order = order(date)
        return RelatedWork(
            statements: [
                copies.selection(where: open, order: order, limit: limit),
                copies.selection(where: ended, order: order, limit: limit),
                copies.counting(where: open, atMost: bound),
                copies.counting(where: ended, atMost: bound),
            ],
            items: { try copies.records($0).map { WorkItem($0, today: today) } })
    }

    /// The tasks and import tasks of the case `id`.
    static func tasks(
        of id: String, limit: Int, _ database: Database, _ caller: Caller
    ) throws -> [RelatedWork] {
        [
            try .own(
                LifecycleTask.self, by: .dueDate, where: "\(identifier: LifecycleTask.Field.parent) = \(id)", limit,
                database, caller),
            .copied(
                ImportTask.self, by: .dueDate, where: "\(identifier: ImportTask.Field.parent) = \(id)", limit,
                database, caller),
        ]
    }

    private static func parts(of condition: SQL) -> (open: SQL, ended: SQL) {
        ("(\(condition)) AND active", "(\(condition)) AND NOT active")
    }

    /// That of the index of what belongs to a case.
    private static func order(_ date: some RawRepresentable<String>) -> SQL { "\(identifier: date), id" }
}

extension [RelatedWork] {
    /// One list of all, of the answers to their statements, in their order.
    func section(_ answers: ArraySlice<Rows>, limit: Int) throws -> OnboardingCaseSection {
        let answers = [Rows](answers)
        var section = OnboardingCaseSection()
        var (open, ended): ([WorkItem], [WorkItem]) = ([], [])
        for (index, kind) in enumerated() {
            let first = index * RelatedWork.statementCount
            open += try kind.items(answers[first])
            ended += try kind.items(answers[first + 1])
            let counts = try answers[(first + 2)...(first + 3)].map { Int32(try RankedSource.count($0)) }
            section.open += counts[0]
            section.all += counts[0] + counts[1]
        }
        let all = open.sorted(by: Self.isEarlier) + ended.sorted(by: Self.isEarlier)
        section.items = [WorkItem](all.prefix(limit))
        return section
    }

    /// Without a date last, as Postgres orders them.
    private static func isEarlier(_ one: WorkItem, _ other: WorkItem) -> Bool {
        (one.date ?? "~", one.id) < (other.date ?? "~", other.id)
    }
}
