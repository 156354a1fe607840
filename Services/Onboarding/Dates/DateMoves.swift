import ImportValidationWire
import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Moving the go-live date of a case, or the due date of a task: first what would happen, kept as it was told; then all of
/// that or nothing; then, if wanted, all of it back.
///
/// What is applied is what was told: it is worked out anew over locked records, and refused where that differs. The writes
/// are those that people make by hand, with their rights, journal and events; where the playbook or a rule makes something
/// else of them, nothing is changed.
struct DateMoves: Sendable {
    private let database: Database
    private let wake: Signal

    /// - Parameter wake: wakes whoever carries out moves that take import tasks along.
    init(_ database: Database, _ wake: Signal) { (self.database, self.wake) = (database, wake) }

    /// Answers `preview_go_live`, `preview_due_date` and the verbs of `date_moves`.
    var endpoints: [Endpoint] {
        [
            database.writing(OnboardingAPI.previewGoLive, \.requestID) { request, context in
                try previewGoLive(request, context)
            },
            database.writing(OnboardingAPI.previewDueDate, \.requestID) { request, context in
                try previewDueDate(request, context)
            },
            database.reading(OnboardingAPI.getDateMove) { request, context in
                try Access.requireProvider(.read, on: OnboardingCase.schema.table, context.write.caller)
                return try DateMoveRow(request.id, isLocked: false, context.transaction).message(
                    for: context.write.caller)
            },
            moving(OnboardingAPI.applyDateMove, apply),
            moving(OnboardingAPI.undoDateMove, undo),
        ].compactMap { $0 }
    }

    /// An endpoint that may leave work behind.
    private func moving(
        _ method: Method<ActionRequest, DateMove>,
        _ body: @escaping @Sendable (ActionRequest, RuleContext) throws -> DateMove
    ) -> Endpoint {
        let (database, wake) = (database, wake)
        return Endpoint(method) { call, request async throws(Problem) in
            let move = try await database.perform(call, method.name, request, requestID: request.requestID) {
                tx, context in
                try body(request, RuleContext(transaction: tx, write: context, database: database))
            }
            wake.notify()
            return move
        }
    }

    // MARK: What would happen

    private func previewGoLive(_ request: PreviewGoLiveRequest, _ context: RuleContext) throws -> DateMove {
        try Access.requireProvider(.write, on: OnboardingCase.schema.table, context.write.caller)
        let record = try Self.openCase(request.id, context)
        guard let date = CivilDate(request.goLiveDate) else {
            throw Self.noDate(PreviewGoLiveRequest.Field.goLiveDate)
        }
        if let field = OnboardingCase.schema.field(OnboardingCase.Field.goLiveDate.rawValue),
            let fault = CountedDate.fault(in: request.goLiveDate, of: field)
        {
            throw Problem.invalid(field: PreviewGoLiveRequest.Field.goLiveDate, fault, rule: "DUE_ORIGIN")
        }
        guard let preview = try Self.preview(of: record, goLive: date, isLocked: false, context) else {
            throw Self.tooFar(PreviewGoLiveRequest.Field.goLiveDate)
        }
        return try DateMoveRow(keeping: preview, domain: record.domain, context).message(for: context.write.caller)
    }

    private func previewDueDate(_ request: PreviewDueDateRequest, _ context: RuleContext) throws -> DateMove {
        let (task, parent) = try asked(request.id, context)
        let record = try Self.openCase(parent, context)
        guard let date = CivilDate(request.dueDate) else { throw Self.noDate(PreviewDueDateRequest.Field.dueDate) }
        guard let preview = try Self.preview(of: record, task: task, due: date, isLocked: false, context) else {
            throw Self.tooFar(PreviewDueDateRequest.Field.dueDate)
        }
        return try DateMoveRow(keeping: preview, domain: record.domain, context).message(for: context.write.caller)
    }

    /// The open task that is asked about, and its case: one of this service, or one of another that is known here.
    private func asked(_ id: String, _ context: RuleContext) throws -> (task: String, parent: String) {
        let (caller, tx) = (context.write.caller, context.transaction)
        try Access.requireProvider(.write, on: LifecycleTask.schema.table, caller)
        if let task = try Store<LifecycleTask>(database).find(id, in: tx) {
            guard !task.hasEnded else { throw Self.taskEnded }
            return (task.id, task.parent ?? "")
        }
        let copies = CopiedRecords<ImportTask>(database, caller)
        guard Validation.isUUID(id),
            let task = try copies.records(tx.query(copies.selection(where: "id = \(id)", limit: 1))).first
        else {
            throw Problem.notFound(LifecycleTask.schema.label, id: id)
        }
        try Access.requireProvider(.write, on: ImportTask.schema.table, caller)
        guard task.active == true else { throw Self.taskEnded }
        return (task.id, task.parent ?? "")
    }

    private static let taskEnded = Problem.failedPrecondition(
        rule: "G-128", Text(en: "The task has ended: its date does not move.", ko: "종료된 작업의 기한은 변경할 수 없습니다."))

    /// What moving the go-live date would do; nil where something would get a date that cannot be written.
    private static func preview(
        of record: OnboardingCase, goLive date: CivilDate, told: [DateMoveItem] = [], isLocked: Bool,
        _ context: RuleContext
    ) throws -> DateMove? {
        let ground = try DateGround(
            of: record, goLive: date.description, asked: nil, told: told, isLocked: isLocked, context)
        guard let items = ground.outcome(of: .goLive(date)) else { return nil }
        var preview = preview(of: record, items, goLive: date.description)
        preview.playbookMoves = !ground.follows.isEmpty
        preview.goLiveNotWorking = !ground.plan.calendar.counts(date)
        return preview
    }

    /// What moving the due date of a task would do; nil where something would get a date that cannot be written.
    private static func preview(
        of record: OnboardingCase, task: String, due date: CivilDate, told: [DateMoveItem] = [], isLocked: Bool,
        _ context: RuleContext
    ) throws -> DateMove? {
        let ground = try DateGround(
            of: record, goLive: record.goLiveDate, asked: task, told: told, isLocked: isLocked, context)
        guard let place = ground.items.firstIndex(where: { $0.id == task }) else { throw groundMoved }
        guard let items = ground.outcome(of: .due(place, date)) else { return nil }
        var preview = preview(of: record, items, goLive: record.goLiveDate ?? "")
        if ground.items[place].table == ImportTask.schema.table {
            preview.importTask = task
        } else {
            preview.lifecycleTask = task
        }
        return preview
    }

    private static func preview(of record: OnboardingCase, _ items: [DateMoveItem], goLive: String) -> DateMove {
        var preview = DateMove()
        (preview.onboardingCase, preview.caseNumber) = (record.id, record.number ?? "")
        (preview.goLiveBefore, preview.goLiveAfter, preview.items) = (record.goLiveDate ?? "", goLive, items)
        return preview
    }

    // MARK: Doing it, and taking it back

    private func apply(_ request: ActionRequest, _ context: RuleContext) throws -> DateMove {
        try Access.requireProvider(.write, on: OnboardingCase.schema.table, context.write.caller)
        var move = try DateMoveRow(request.id, isLocked: true, context.transaction)
        try move.check(
            request.etag, is: .previewed,
            Text(en: "The move has been applied already.", ko: "이미 적용된 변경입니다."))
        let record = try Self.openCase(move.preview.onboardingCase, isLocked: true, context)
        try Self.requireGround(of: move.preview, record, context)
        try carryOut(&move, isBack: false, domain: record.domain, context)
        return move.message(for: context.write.caller)
    }

    /// Refuses unless the same would come of a move as was told.
    /// - Parameter told: what was told of import tasks that have been moved by it already.
    static func requireGround(
        of known: DateMove, _ record: OnboardingCase, told: [DateMoveItem] = [], _ context: RuleContext
    ) throws {
        let task = known.lifecycleTask.isEmpty ? known.importTask : known.lifecycleTask
        let asked = task.isEmpty ? known.goLiveAfter : known.items.first { $0.id == task }?.after
        guard let date = asked.flatMap({ CivilDate($0) }),
            let now = try task.isEmpty
                ? preview(of: record, goLive: date, told: told, isLocked: true, context)
                : preview(of: record, task: task, due: date, told: told, isLocked: true, context),
            now.items == known.items, now.goLiveBefore == known.goLiveBefore
        else { throw groundMoved }
        guard !now.playbookMoves else { throw DateWrites.playbookMoves }
    }

    private func undo(_ request: ActionRequest, _ context: RuleContext) throws -> DateMove {
        try Access.requireProvider(.write, on: OnboardingCase.schema.table, context.write.caller)
        var move = try DateMoveRow(request.id, isLocked: true, context.transaction)
        try move.check(
            request.etag, is: .applied,
            Text(en: "Only a move that is applied can be undone.", ko: "적용된 변경만 실행 취소할 수 있습니다."))
        let record = try Self.openCase(move.preview.onboardingCase, isLocked: true, context)
        try carryOut(&move, isBack: true, domain: record.domain, context)
        return move.message(for: context.write.caller)
    }

    /// At once, or by durable work where import tasks move along: what cannot be done of this service's own is refused at once
    /// all the same.
    private func carryOut(
        _ move: inout DateMoveRow, isBack: Bool, domain: String, _ context: RuleContext
    ) throws {
        let writes = DateWrites(move.preview, isBack: isBack, context)
        guard move.movesImports else {
            try writes.carryOut()
            return move.move(to: isBack ? .undone : .applied, context)
        }
        try Access.requireProvider(.write, on: ImportTask.schema.table, context.write.caller)
        try writes.refuseChanged()
        if isBack { try writes.refuseMovingOn() }
        try DateMoveCalls.insert(move, isBack: isBack, domain: domain, context)
        move.move(to: isBack ? .undoing : .applying, context)
    }

    // MARK: Refusals

    /// The case, which has to be open: of one that has ended nothing moves any more.
    static func openCase(
        _ id: String, isLocked: Bool = false, _ context: RuleContext
    ) throws -> OnboardingCase {
        guard
            let record = try Store<OnboardingCase>(context.database).find(
                id, lock: isLocked ? .update : .none, in: context.transaction)
        else { throw Problem.notFound(OnboardingCase.schema.label, id: id) }
        guard !record.hasEnded else {
            throw Problem.failedPrecondition(
                rule: "G-128", Text(en: "The case has ended: its dates do not move.", ko: "종료된 케이스의 날짜는 변경할 수 없습니다."))
        }
        return record
    }

    private static func noDate(_ field: some RequestField) -> Problem {
        .invalid(field: field, Text(en: "A day must be given, as 2027-06-30.", ko: "날짜를 '2027-06-30' 형식으로 입력하세요."))
    }

    private static func tooFar(_ field: some RequestField) -> Problem {
        .invalid(
            field: field,
            Text(en: "With this date, others would leave the calendar.", ko: "이 날짜로 변경하면 다른 날짜가 달력 범위를 벗어납니다."))
    }

    private static let groundMoved = Problem(
        .failedPrecondition,
        Text(
            en: "Since the preview, tasks, dates or holidays have changed: look again at what would happen.",
            ko: "미리 본 뒤 작업, 날짜 또는 휴일이 변경되었습니다. 변경 내용을 다시 확인하세요."), reason: "GROUND_MOVED")
}
