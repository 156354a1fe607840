import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension ImportTask: Record {
    public static let storage = Storage<ImportTask>(
        domain: .references([.parent]),
        inherited: [
            Inherited(.account, via: .parent),
            Inherited(.company, via: .parent, column: OnboardingCase.Field.account),
        ],
        computed: [.daysRemaining(until: .dueDate)],
        // G-23: hidden until an agent has set the contact and switched the task to visible.
        customer: CustomerAccess(rows: { .equal(.visibleToCustomer, true).and($0.ownContact(.contact)) }),
        conditional: [.sourceTable, .dataSource],
        immutable: [.parent, .targetTable, .sourceTable],
        constraints: [
            DatabaseRule(
                "G-49", constraint: "import_task_once", field: .targetTable,
                Text(en: "The case has its import task for this target.", ko: "이 케이스에는 같은 대상 테이블의 가져오기 작업이 이미 있습니다."))
        ])

    public static let rules: [Rule<ImportTask>] = [
        Rule("G-44") { change, context in
            guard change.isCreation, change.new[field: .assignedTo].isEmpty, let parent = change.new.parent else {
                return
            }
            // Whoever joins the team meanwhile comes before, and is seen, or after, and sees the task.
            TaskAssignee.wait(for: parent, context.transaction)
            change.new.assignedTo = try TaskAssignee.standard(of: parent, context)
        },
        Rule("IMP-01") { change, context in try followTarget(&change, context) },
        .check(
            "G-54", field: .dataImportState,
            Text(
                en: "The data import state follows the rows of the task.",
                ko: "데이터 가져오기 상태는 행의 상태에 따라 자동으로 정해지므로 직접 변경할 수 없습니다.")
        ) { change, context in
            if context.write.isSystem { return true }
            return change.isCreation
                ? change.new.dataImportState == DataImportState.dataNotLoadedYet : !change.changes(.dataImportState)
        },
    ]

    /// G-02: any move among the open states; reopening leads to Open. Progress follows the state.
    public static let lifecycle: Lifecycle<ImportTask>? = Lifecycle(
        moves: Dictionary(
            uniqueKeysWithValues: openStates.map { state in
                (state, Set(openStates).subtracting([state]).union([State.closed, State.canceled]))
            }),
        reopened: State.open,
        tie: .init(
            .progress,
            [
                State.open: [Progress.notStarted], State.awaitingCustomer: [Progress.paused, Progress.atRisk],
                State.awaitingInternal: [Progress.paused, Progress.atRisk],
                State.inProgress: [Progress.onTrack, Progress.atRisk],
                State.review: [Progress.onTrack, Progress.atRisk], State.closed: [Progress.finished],
                State.canceled: [Progress.finished],
            ]))

    private static let openStates = [
        State.open, State.awaitingCustomer, State.awaitingInternal, State.inProgress, State.review,
    ]

    /// The same as ``isOpen`` of a row, for statements.
    static let isOpen: SQL = "state NOT IN (\(literal: State.closed), \(literal: State.canceled))"

    /// Whether its rows may still be worked on.
    var isOpen: Bool { state != State.closed && state != State.canceled }

    /// The target table must be one we import into; staging table and template follow from it where nothing is said.
    private static func followTarget(_ change: inout Change<ImportTask>, _ context: RuleContext) throws {
        guard let target = ImportTarget.named(change.new.targetTable) else {
            let names = ImportTarget.all.map(\.table).joined(separator: ", ")
            let labels = ImportTarget.all.map(\.schema.label.ko).joined(separator: ", ")
            throw Problem.broken(
                "IMP-01", ImportTask.self, field: .targetTable,
                Text(
                    en: "Nothing can be imported into this table; possible: \(names).",
                    ko: "이 테이블로는 데이터를 가져올 수 없습니다. 가져올 수 있는 테이블: \(labels)"))
        }
        change.new.targetTable = target.table
        if (change.new.sourceTable ?? "").isEmpty { change.new.sourceTable = target.stagingTable }
        let template = try change.isCreation ? builtTemplate(change.new, target, context) : nil
        if (change.new.dataSource ?? "").isEmpty { change.new.dataSource = template ?? target.templateName }
        if change.isCreation, (change.new.shortDescription ?? "").isEmpty {
            change.new.shortDescription = try target.taskTitle(context.language(of: change.new.assignedTo))
        }
    }

    /// The template of the builder whose staging table is the source of a new task; nil where it is no builder's. The builder
    /// must be finished, and be one of imports into this very table (IMP-04).
    private static func builtTemplate(
        _ task: ImportTask, _ target: ImportTarget, _ context: RuleContext
    ) throws -> String? {
        guard let table = task.sourceTable, table != target.stagingTable, let domain = DomainPath(task.domain),
            let builder = try StoredBuilder.find(table, for: domain, context.transaction)
        else { return nil }
        guard builder.isFinished else {
            throw Problem.broken(
                "IMP-04", ImportTask.self, field: .sourceTable,
                Text(
                    en: "The import builder of this staging table is not finished.",
                    ko: "이 스테이징 테이블의 가져오기 작성기가 아직 완료되지 않았습니다."))
        }
        guard builder.targetTable == target.table else {
            let label =
                ImportTarget.named(builder.targetTable)?.schema.label
                ?? Text(en: builder.targetTable, ko: builder.targetTable)
            throw Problem.broken(
                "IMP-04", ImportTask.self, field: .targetTable,
                Text(
                    en: "This staging table is one of imports into \(label.en).",
                    ko: "\(label.ko) 가져오기에 사용하는 스테이징 테이블입니다."))
        }
        return builder.templateName
    }
}
