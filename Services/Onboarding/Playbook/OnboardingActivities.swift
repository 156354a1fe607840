import Foundation
import ImportValidationWire
import OnboardingWire
import Playbooks
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// The kinds of activity of an onboarding (G-114).
enum OnboardingActivities {
    static let all = [
        selectAccount, enterInfo, addContacts, addResponsibilities, addAccountTeam, addSquad, createTask, relatedWork,
        summary,
    ]

    /// Chooses the account, and makes the case; a case that was generated from another one has it already (G-38).
    static let selectAccount = ActivityKind(
        "select_account", Text(en: "Select account", ko: "계정 선택"),
        inputs: [.field(.account, of: OnboardingCase.self, isMandatory: true)], makesParent: true)

    /// Who works the case, how it is connected, whether it covers everything, and when it goes live.
    static let enterInfo = ActivityKind(
        "enter_info", Text(en: "Enter onboarding related info", ko: "온보딩 관련 정보 입력"),
        inputs: [
            .field(.assignedTo, of: OnboardingCase.self, isMandatory: true),
            .field(.serviceBridgeIntegration, of: OnboardingCase.self, isMandatory: true),
            .field(.type, of: OnboardingCase.self, isMandatory: true),
            .field(.goLiveDate, of: OnboardingCase.self, isMandatory: true),
            .field(.products, of: OnboardingCase.self),
            .field(.productsCustomerVisible, of: OnboardingCase.self),
        ])

    /// The squad that supports the account.
    static let addSquad = ActivityKind(
        "add_squad", Text(en: "Add squad", ko: "스쿼드 추가"), inputs: [.field(.squad, of: OnboardingCase.self)])

    /// Makes a task and ends with it: Create & View Task Record.
    static let createTask = ActivityKind(
        "create_task", Text(en: "Create and view task record", ko: "작업 레코드 생성 및 조회"), makesRecord: true)

    /// The place for tasks that come up.
    static let relatedWork = ActivityKind(
        "related_work", Text(en: "Related work", ko: "관련 작업"),
        inputs: [
            .rows(
                "tasks", Text(en: "Tasks", ko: "작업"),
                [
                    .column("short_description", LifecycleTask.label(.shortDescription), isMandatory: true),
                    .column("description", LifecycleTask.label(.description), type: "text"),
                    .column("due_date", LifecycleTask.label(.dueDate), type: "date"),
                    .column("assigned_to", LifecycleTask.label(.assignedTo), of: "user"),
                ])
        ],
        rights: [WriteRight(.create, "lifecycle_task")]
    ) { activity, context in
        var outcome = ActivityOutcome()
        // Those that were made when it was last completed are there.
        let made = activity.activity.created.filter { $0.table == LifecycleTask.schema.table }.count
        for row in (InputRows(activity.values["tasks"] ?? "")?.rows ?? []).dropFirst(made) {
            var task = LifecycleTask()
            task.parent = activity.record
            task.shortDescription = row["short_description"]
            task.description = row["description"]
            task.dueDate = row["due_date"]
            task.assignedTo = row["assigned_to"]
            let stored = try Store<LifecycleTask>(context.database).create(
                task, context.write, in: context.transaction)
            outcome.created.append(CreatedRecord(stored, stored.number))
        }
        return outcome
    }

    /// Ends Data capture and validation, and Development and automation (G-123): each import task of its stage gets close
    /// notes, and those that are still open are closed (G-66).
    static let summary = ActivityKind(
        "summary", Text(en: "Summary", ko: "요약"),
        inputs: [
            .rows(
                "close_notes", Text(en: "Close notes", ko: "종결 메모"),
                [
                    .column("record", ImportTask.schema.label, of: "import_task", isMandatory: true),
                    .column("close_notes", LifecycleTask.label(.closeNotes), type: "text", isMandatory: true),
                ])
        ],
        rights: [WriteRight(.write, "import_task")]
    ) { activity, context in
        let rows = InputRows(activity.values["close_notes"] ?? "")?.rows ?? []
        let notes = Dictionary(
            rows.map { ($0["record"] ?? "", $0["close_notes"] ?? "") }, uniquingKeysWith: { _, last in last })
        return try closing(activity, notes, context)
    }

    private static func closing(
        _ activity: ActivityCompletion, _ notes: [String: String], _ context: RuleContext
    ) throws -> ActivityOutcome {
        var outcome = ActivityOutcome()
        var missing: [String] = []
        for other in activity.lane
        where [ActivityState.inProgress.rawValue, ActivityState.done.rawValue].contains(other.state) {
            for record in other.created where record.table == ImportTask.schema.table {
                let said = notes[record.id] ?? ""
                if said.isEmpty, try !hasNotes(record.id, context) { missing.append(record.number) }
                if other.state == ActivityState.inProgress.rawValue {
                    outcome.ends.append(.init(activity: other.id, notes: said))
                }
            }
        }
        guard missing.isEmpty else {
            let list = missing.joined(separator: ", ")
            throw Problem.invalid(
                field: "values.close_notes",
                Text(en: "Close notes are missing for \(list).", ko: "종결 메모가 없는 작업이 있습니다: \(list)"), rule: "G-66")
        }
        return outcome
    }

    /// Whether an import task has close notes, as far as its events have told.
    private static func hasNotes(_ id: String, _ context: RuleContext) throws -> Bool {
        try !context.transaction.query(
            "SELECT 1 FROM onboarding.import_task WHERE id = \(id) AND close_notes <> ''"
        ).isEmpty
    }
}

extension CreatedRecord {
    /// A record of onboarding that an activity has made.
    init<R: Record>(_ record: R, _ number: String?) {
        self.init()
        service = R.schema.service
        table = R.schema.table
        id = record.id
        self.number = number ?? ""
    }
}

extension ActivityInput {
    /// An input that sets a field of the parent record.
    static func field<R: Record>(_ field: R.Field, of type: R.Type, isMandatory: Bool = false) -> ActivityInput {
        var input = ActivityInput()
        input.key = field.rawValue
        input.field = field.rawValue
        input.mandatory = isMandatory
        return input
    }

    /// An input that takes rows.
    static func rows(_ key: String, _ label: Text, _ columns: [InputColumn], isMandatory: Bool = false) -> ActivityInput
    {
        var input = ActivityInput()
        input.key = key
        input.label = LocalText(label)
        input.type = "rows"
        input.columns = columns
        input.mandatory = isMandatory
        return input
    }
}

extension InputColumn {
    /// A column; `table` for one that names records, of which `filter` keeps those that may be chosen.
    static func column(
        _ key: String, _ label: Text, type: String = "string", of table: String = "", where filter: String = "",
        isMandatory: Bool = false
    ) -> InputColumn {
        var column = InputColumn()
        column.key = key
        column.label = LocalText(label)
        column.type = table.isEmpty ? type : "reference"
        column.reference = table
        column.referenceFilter = filter
        column.mandatory = isMandatory
        return column
    }
}
