import OnboardingWire
import RPC
import Wire

/// Where a task goes from how it stands (G-02): the buttons that move it, and the form that cancels it and says why.
struct TaskMoves: Sendable {
    private typealias Record = LifecycleTask

    let visit: Visit

    // MARK: What is offered

    /// The buttons of a task: to every open state that it is not in, and to its end.
    func buttons(_ record: LifecycleTask) -> [Values] {
        func move(_ to: String, _ label: String, isMain: Bool = false) -> Values {
            ["value": to, "label": label, "main": isMain]
        }
        guard record.active ?? true else { return [move("reopen", visit.say("Open again", "다시 열기"))] }
        let open = [
            (Record.State.inProgress, visit.say("Begin", "시작")),
            (Record.State.awaitingCustomer, visit.say("Wait for the customer", "고객 대기")),
            (Record.State.awaitingInternal, visit.say("Wait for a colleague", "내부 대기")),
            (Record.State.review, visit.say("Have it reviewed", "검토 요청")),
        ]
        let mine = record.assignedTo == nil ? [move("me", visit.say("Assign to me", "나에게 할당"))] : []
        return mine + open.filter { $0.0 != record.state }.map { move($0.0, $0.1) }
            + [move(Record.State.closed, visit.say("Close", "종결"), isMain: true)]
    }

    /// The form that cancels a task, with what is said of it.
    func endings(_ record: LifecycleTask, refused: Problem?) -> [Values] {
        guard record.active ?? true else { return [] }
        let isTyped = refused != nil && Work.goal(visit) == Record.State.canceled
        let notes = Forms.Field(
            Self.notes, Record.schema.label(Record.Field.closeNotes, visit.reader.language), .long,
            key: Record.Field.closeNotes.rawValue)
        let field = Forms(visit, showsTyped: isTyped).values(notes, refused: isTyped ? refused : nil)
        return [
            [
                "value": Record.State.canceled, "label": visit.say("Cancel it", "취소 처리"), "open": isTyped,
                "fields": [field],
            ]
        ]
    }

    private static let notes = "canceled-notes"

    // MARK: What is done

    /// Moves a task. Answers the address that takes the move back, at the page `href`; empty where none does.
    func act(_ before: LifecycleTask, _ href: String) async throws(Problem) -> String {
        let after = try await moved(before)
        let isCanceled = Work.goal(visit) == Record.State.canceled
        // An activity of the playbook ends with its task, and others have begun in its place.
        guard !isCanceled || before.playbookActivity == nil else { return "" }
        return Work.undoOfMove(
            visit, href, from: (before.assignedTo, before.state),
            closed: isCanceled ? Record.State.canceled : Record.State.closed, after.etag)
    }

    private func moved(_ record: LifecycleTask) async throws(Problem) -> LifecycleTask {
        let (goal, etag) = (Work.goal(visit), Work.etag(visit))
        switch goal {
        case "me", "reopen":
            var request = ActionRequest()
            // Whoever takes a task does so whatever else was changed meanwhile; an undo does not.
            (request.id, request.etag) = (record.id, visit.query["etag"])
            let method = goal == "me" ? OnboardingAPI.assignLifecycleTaskToMe : OnboardingAPI.reopenLifecycleTask
            return try await visit.ask(method, request)
        case Record.State.closed, Record.State.canceled:
            var request = CloseRequest()
            (request.id, request.etag) = (record.id, etag)
            let isCanceling = goal == Record.State.canceled
            if isCanceling { request.closeNotes = visit.form[Self.notes] }
            let method = isCanceling ? OnboardingAPI.cancelLifecycleTask : OnboardingAPI.closeLifecycleTask
            return try await visit.ask(method, request)
        default:
            var changed = LifecycleTask()
            (changed.id, changed.etag) = (record.id, etag)
            let isNobody = goal == "nobody"
            if !isNobody { changed.state = goal }
            var request = UpdateLifecycleTaskRequest()
            request.lifecycleTask = changed
            request.updateMask = FieldMask(paths: [(isNobody ? Record.Field.assignedTo : .state).rawValue])
            return try await visit.ask(OnboardingAPI.updateLifecycleTask, request)
        }
    }
}
