import Filters
import Foundation
import Ground
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

    /// The inputs that take rows.
    enum Input: String {
        case tasks, contacts, members
        case closeNotes = "close_notes"
    }

    /// Chooses the account, and the case of it that this one is generated from, if there is one, and makes the case; one that
    /// is there has its account already (G-38).
    static let selectAccount = ActivityKind(
        "select_account", Text(en: "Select account", ko: "계정 선택"),
        inputs: [
            .field(.account, of: OnboardingCase.self, isMandatory: true), .field(.parent, of: OnboardingCase.self),
        ], makesParent: true)

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
        ]
    ) { activity, context in
        var outcome = ActivityOutcome()
        let assignee = try context.find(OnboardingCase.self, activity.record)?.assignedTo
        if try AssigneeRoles.areMissing(assignee, for: OnboardingCase.self, context) {
            outcome.warnings = [AssigneeRoles.warning]
        }
        return outcome
    }

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
                .tasks, Text(en: "Tasks", ko: "작업"),
                [
                    .field(.shortDescription, of: LifecycleTask.self, isMandatory: true),
                    .field(.description, of: LifecycleTask.self), .field(.dueDate, of: LifecycleTask.self),
                    .field(.assignedTo, of: LifecycleTask.self),
                ])
        ],
        rights: [WriteRight(.create, LifecycleTask.self)]
    ) { activity, context in
        var outcome = ActivityOutcome()
        let new = try activity.newRows(.tasks)
        try activity.forEachRow(.tasks, of: new) { row in
            var task = LifecycleTask()
            task.parent = activity.record
            task.shortDescription = row[LifecycleTask.Field.shortDescription]
            task.description = row[LifecycleTask.Field.description]
            task.dueDate = row[LifecycleTask.Field.dueDate]
            task.assignedTo = row[LifecycleTask.Field.assignedTo]
            let stored = try Store<LifecycleTask>(context.database).create(
                task, context.write, in: context.transaction)
            outcome.created.append(CreatedRecord(stored, stored.number))
            outcome.rows[stored.id] = row
        }
        return outcome
    }

    /// The columns of close notes: what they are for, and they themselves.
    private enum NoteColumn: String {
        case record
        case closeNotes = "close_notes"
    }

    /// Ends Data capture and validation, and Development and automation (G-123): each import task of its stage gets close
    /// notes, and those that are still open are closed (G-66).
    static let summary = ActivityKind(
        "summary", Text(en: "Summary", ko: "요약"),
        inputs: [
            .rows(
                .closeNotes, Text(en: "Close notes", ko: "종결 메모"),
                [
                    .naming(NoteColumn.record, ImportTask.schema, isMandatory: true),
                    // Asked for where the task has none yet, and then by the number of the task.
                    .field(.closeNotes, of: ImportTask.self),
                ])
        ],
        rights: [WriteRight(.write, ImportTask.self)]
    ) { activity, context in
        try checkMade(activity)
        var notes: [String: String] = [:]
        try activity.forEachRow(.closeNotes) { row in
            let said = row[NoteColumn.closeNotes] ?? ""
            guard notes.updateValue(said, forKey: row[NoteColumn.record] ?? "") == nil else { throw doubledNote }
        }
        return try closing(activity, notes, context)
    }

    private static var doubledNote: Problem {
        .invalid(
            field: NoteColumn.record.rawValue,
            Text(en: "A row above has notes for this task already.", ko: "위의 행에 이 작업의 종결 메모가 이미 있습니다."), rule: "G-66")
    }

    /// Refuses to end a stage while import tasks of it are still being made: they would be left out, and stay open (G-66).
    private static func checkMade(_ activity: ActivityCompletion) throws {
        let labels = activity.making.compactMap { $0.label?.text }
        guard !labels.isEmpty else { return }
        let (english, korean) = (labels.map(\.en).joined(separator: ", "), labels.map(\.ko).joined(separator: ", "))
        throw Problem.failedPrecondition(
            rule: "G-66",
            Text(
                en: "The records of these activities are still being made: \(english). Try again shortly.",
                ko: "다음 활동의 레코드를 아직 만드는 중입니다: \(korean). 잠시 후 다시 시도해 주세요."))
    }

    private static func closing(
        _ activity: ActivityCompletion, _ notes: [String: String], _ context: RuleContext
    ) throws -> ActivityOutcome {
        var outcome = ActivityOutcome()
        var missing: [String] = []
        for other in activity.lane
        where [ActivityState.inProgress.rawValue, ActivityState.done.rawValue].contains(other.state) {
            // One that was begun anew ends with the last it has made: those before have ended by themselves.
            guard let record = other.created.last, record.table == ImportTask.schema.table else { continue }
            let said = notes[record.id] ?? ""
            let lacksNotes = try !hasNotes(record.id, context)
            if said.isEmpty, lacksNotes { missing.append(record.number) }
            if other.state == ActivityState.inProgress.rawValue {
                outcome.ends.append(.init(activity: other.id, notes: said))
            } else if lacksNotes {
                // It was closed without any, before it was this activity's.
                outcome.ends.append(.init(record: record, notes: said))
            }
        }
        for task in try added(to: activity, context) {
            let said = notes[task.id] ?? ""
            if said.isEmpty, try !hasNotes(task.id, context) { missing.append(task.number) }
            outcome.ends.append(.init(record: task, notes: said))
        }
        guard missing.isEmpty else {
            let list = missing.joined(separator: ", ")
            throw Problem.invalid(
                field: activity.path(.closeNotes),
                Text(en: "Close notes are missing for \(list).", ko: "종결 메모가 없는 작업이 있습니다: \(list)"), rule: "G-66")
        }
        return outcome
    }

    /// The import tasks that people have added to the case and that are open, or were closed without notes, as far as their
    /// events have told: those of the stage that brings the data in.
    private static func added(to activity: ActivityCompletion, _ context: RuleContext) throws -> [CreatedRecord] {
        let made = activity.lane.flatMap(\.created).filter { $0.table == ImportTask.schema.table }.map(\.id)
        guard !made.isEmpty else { return [] }
        let (closed, canceled) = (ImportTask.State.closed, ImportTask.State.canceled)
        return try context.transaction.query(
            """
            SELECT id, number FROM onboarding.import_task WHERE parent = \(activity.record) \
            AND id <> ALL(\(made)::uuid[]) AND state <> \(canceled) \
            AND (state <> \(closed) OR coalesce(close_notes, '') = '') ORDER BY number
            """
        ).map { row in
            var task = CreatedRecord()
            (task.service, task.table) = (ImportTask.schema.service, ImportTask.schema.table)
            task.id = try row.string(ImportTask.Field.id)
            task.number = try row.optionalString(ImportTask.Field.number) ?? ""
            return task
        }
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
    /// An input that takes rows.
    static func rows(
        _ key: OnboardingActivities.Input, _ label: Text, _ columns: [InputColumn], isMandatory: Bool = false
    ) -> ActivityInput {
        var input = ActivityInput()
        input.key = key.rawValue
        input.label = LocalText(label)
        input.type = ActivityInput.rowsType
        input.columns = columns
        input.mandatory = isMandatory
        return input
    }
}

extension InputColumn {
    /// A column for a field of the record that is made of a row.
    static func field<R: RecordMessage>(_ field: R.Field, of type: R.Type, isMandatory: Bool = false) -> InputColumn {
        var column = InputColumn()
        column.key = field.rawValue
        if let schema = R.schema.field(field.rawValue) {
            column.label = LocalText(schema.label)
            column.type = schema.type.rawValue
            column.reference = schema.reference ?? ""
        }
        column.mandatory = isMandatory
        return column
    }

    /// The same for a reference that may choose only what `filter` keeps.
    static func field<R: RecordMessage>(
        _ field: R.Field, of type: R.Type, where filter: FieldFilter<some FieldKey>, isMandatory: Bool = false
    ) -> InputColumn {
        var column = Self.field(field, of: type, isMandatory: isMandatory)
        column.referenceFilter = filter.text
        return column
    }

    /// A column that names records of a table.
    static func naming(
        _ key: some RawRepresentable<String>, _ table: RecordSchema, isMandatory: Bool = false
    ) -> InputColumn {
        var column = InputColumn()
        column.key = key.rawValue
        column.label = LocalText(table.label)
        column.type = FieldType.reference.rawValue
        column.reference = table.table
        column.mandatory = isMandatory
        return column
    }
}

extension ActivityCompletion {
    /// The rows that were entered into an input.
    func rows(_ input: OnboardingActivities.Input) -> [[String: String]] {
        InputRows(values[input.rawValue] ?? "")?.rows ?? []
    }

    /// The places of the rows of an input of which no record was made yet, since the activity was last begun.
    /// INVALID_ARGUMENT when one of the others is not there any more: what it made stays, and is changed by itself.
    func newRows(_ input: OnboardingActivities.Input) throws(Problem) -> Set<Int> {
        var open = rows(input).enumerated().map { (place: $0, row: $1.filter { !$0.value.isEmpty }) }
        for known in made {
            let row = known.row.filter { !$0.value.isEmpty }
            guard let index = open.firstIndex(where: { $0.row == row }) else {
                throw .invalid(
                    field: path(input),
                    Text(
                        en: "The row of which \(known.number) was made must stay as it is. Change the record itself.",
                        ko: "\(known.number, .object) 생성한 행은 변경하거나 제거할 수 없습니다. 레코드에서 직접 변경하세요."),
                    rule: "PLAYBOOK_ROW")
            }
            open.remove(at: index)
        }
        return Set(open.map(\.place))
    }

    /// Does something with each row of an input, or with those at the places `chosen`. What is refused names the row, and the
    /// column where it is said of a field.
    func forEachRow(
        _ input: OnboardingActivities.Input, of chosen: Set<Int>? = nil, _ body: ([String: String]) throws -> Void
    ) throws {
        for (index, row) in rows(input).enumerated() where chosen?.contains(index) ?? true {
            do {
                try body(row)
            } catch let problem as Problem {
                throw problem.ofRow(index, at: path(input))
            } catch let refusal as any Refusal {
                throw refusal.problem.ofRow(index, at: path(input))
            }
        }
    }

    /// Where an input is to blame.
    func path(_ input: OnboardingActivities.Input) -> String {
        EnterPlaybookActivityRequest.Field.values.path(input.rawValue)
    }
}
