import CustomerSuccessWire
import Playbooks
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// What the stages of the playbook Create success initiative ask for and do.
enum InitiativeActivities {
    static let all = [selectOutcome, plan, createSamples, close]

    /// Chooses the outcome and makes the initiative; one that is there has its outcome already.
    static let selectOutcome = ActivityKind(
        "select_outcome", Text(en: "Select success outcome", ko: "성공 결과 선택"),
        inputs: [.field(.successOutcome, of: SuccessInitiative.self, isMandatory: true)], makesParent: true)

    /// What was agreed: who does it, until when, and what it is.
    static let plan = ActivityKind(
        "plan_initiative", Text(en: "Plan initiative", ko: "이니셔티브 계획"),
        inputs: [
            .field(.successOutcome, of: SuccessInitiative.self, isMandatory: true),
            .field(.contact, of: SuccessInitiative.self),
            .field(.assignedTo, of: SuccessInitiative.self, isMandatory: true),
            .field(.squad, of: SuccessInitiative.self),
            .field(.category, of: SuccessInitiative.self),
            .field(.state, of: SuccessInitiative.self, isMandatory: true),
            .field(.progress, of: SuccessInitiative.self, isMandatory: true),
            .field(.priority, of: SuccessInitiative.self),
            .field(.dueDate, of: SuccessInitiative.self),
            .field(.subject, of: SuccessInitiative.self, isMandatory: true),
            .field(.description, of: SuccessInitiative.self, isMandatory: true),
        ])

    /// Create task: makes the sample success tasks of G-105, those that the initiative does not have yet. Skip leaves them
    /// out.
    static let createSamples = ActivityKind(
        "create_sample_tasks", Text(en: "Create task", ko: "작업 만들기"),
        rights: [WriteRight(.create, SuccessTask.self)]
    ) { activity, context in
        var outcome = ActivityOutcome()
        guard let initiative = try context.find(SuccessInitiative.self, activity.record) else { return outcome }
        let language = try context.language(of: initiative.assignedTo)
        let known = try subjects(of: initiative.id, context)
        for sample in SampleTask.all where known.isDisjoint(with: [sample.subject.en, sample.subject.ko]) {
            var task = SuccessTask()
            task.parent = initiative.id
            task.category = sample.category
            task.subject = sample.subject(language)
            task.description = sample.description(language)
            task.assignedTo = initiative.assignedTo
            task.contact = initiative.contact
            let stored = try Store<SuccessTask>(context.database).create(
                task, context.write, in: context.transaction)
            var made = CreatedRecord()
            (made.service, made.table) = (SuccessTask.schema.service, SuccessTask.schema.table)
            (made.id, made.number) = (stored.id, stored.number ?? "")
            outcome.created.append(made)
        }
        return outcome
    }

    /// Ends the initiative: in the state Canceled with the closure code Canceled, else Closed (G-19).
    static let close = ActivityKind(
        "close_initiative", Text(en: "Summarize and close", ko: "요약 및 종결"),
        inputs: [
            .field(.closeCode, of: SuccessInitiative.self, isMandatory: true),
            .field(.closeNotes, of: SuccessInitiative.self, isMandatory: true),
        ]
    ) { activity, _ in
        var outcome = ActivityOutcome()
        let isCanceled =
            activity.values[SuccessInitiative.Field.closeCode.rawValue] == SuccessInitiative.CloseCode.canceled
        outcome.endsParent = isCanceled ? .canceled : .closed(notes: "")
        return outcome
    }

    /// An initiative begins under the name of the outcome that it serves; Plan says more (G-12).
    static func describe(_ database: Database) -> @Sendable (inout SuccessInitiative, Transaction) throws -> Void {
        { initiative, tx in
            guard initiative.subject == nil || initiative.description == nil, let id = initiative.successOutcome,
                let outcome = try Store<SuccessOutcome>(database).find(id, in: tx)
            else { return }
            initiative.subject = initiative.subject ?? outcome.title
            initiative.description = initiative.description ?? outcome.description
        }
    }

    private static func subjects(of initiative: String, _ context: RuleContext) throws -> Set<String> {
        let rows = try context.transaction.query(
            "SELECT subject FROM customer_success.success_task WHERE parent = \(initiative)")
        return Set(try rows.map { try $0.string(SuccessTask.Field.subject) })
    }
}

/// A sample success task of the playbook of initiatives (G-105).
struct SampleTask: Sendable {
    let category: String
    let subject: Text
    let description: Text

    /// Kick-off workshop, working session, review; as the blueprints lay them out.
    static let all = [
        SampleTask(
            category: SuccessTask.Category.workshopsAndMeetings,
            subject: Text(en: "Kick-off workshop", ko: "킥오프 워크숍"),
            description: Text(en: "Agree on goals, people and dates.", ko: "목표, 담당자, 일정을 정합니다.")),
        SampleTask(
            category: SuccessTask.Category.professionalServices,
            subject: Text(en: "Working session", ko: "공동 작업 세션"),
            description: Text(en: "Carry out the planned work together.", ko: "계획한 작업을 함께 수행합니다.")),
        SampleTask(
            category: SuccessTask.Category.workshopsAndMeetings,
            subject: Text(en: "Review", ko: "검토"),
            description: Text(
                en: "Review the result and agree on next steps.", ko: "결과를 검토하고 다음 단계를 정합니다.")),
    ]
}
