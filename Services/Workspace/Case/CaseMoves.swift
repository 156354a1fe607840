import CustomerSuccessWire
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import Wire

/// Where a case goes from how it stands, and what its page says is next: the buttons that move it (G-02), the forms that end it
/// (G-128), and at the end the way to customer success.
struct CaseMoves: Sendable {
    private typealias Record = OnboardingCase

    let visit: Visit

    /// Whether nothing of the playbook is left; not where there is none.
    private static func isDone(_ stages: [PlaybookStage]) -> Bool { !stages.isEmpty && stages.allSatisfy(isDone) }
    private static func isDone(_ stage: PlaybookStage) -> Bool { stage.state == "done" }
    private static let waiting: Set = [OnboardingCase.State.new, OnboardingCase.State.unassigned]

    // MARK: What is offered

    /// The buttons of a case.
    func buttons(_ record: OnboardingCase) -> [Values] {
        func move(_ to: String, _ label: String, isMain: Bool = false) -> Values {
            ["value": to, "label": label, "main": isMain]
        }
        guard record.active ?? true else { return [move("reopen", visit.say("Open again", "다시 열기"))] }
        let isNobodys = record.assignedTo == nil
        var moves: [Values] = []
        if isNobodys { moves.append(move("me", visit.say("Assign to me", "나에게 할당"), isMain: true)) }
        switch record.state ?? "" {
        case Record.State.blocked: moves.append(move(Record.State.active, visit.say("Unblock", "진행 재개"), isMain: true))
        case Record.State.active: moves.append(move(Record.State.blocked, visit.say("Block", "진행 불가로 표시")))
        case let state where Self.waiting.contains(state):
            moves.append(move(Record.State.active, visit.say("Begin", "시작"), isMain: !isNobodys))
        default: break
        }
        return moves
    }

    /// The forms that end a case: only an active one is closed, any is canceled.
    func endings(_ record: OnboardingCase, refused: Problem?) -> [Values] {
        guard record.active ?? true else { return [] }
        let canceling = ending(Record.State.canceled, visit.say("Cancel it", "취소 처리"), [], refused)
        guard record.state == Record.State.active else { return [canceling] }
        let open = Forms.Field(
            Self.openTasks, visit.say("Cancel the tasks that are still open", "열린 작업도 함께 취소"), .boolean)
        return [ending(Record.State.closed, visit.say("Close", "종결"), [open], refused), canceling]
    }

    private func ending(_ state: String, _ label: String, _ more: [Forms.Field], _ refused: Problem?) -> Values {
        let isTyped = refused != nil && Work.goal(visit) == state
        let notes = Forms.Field(
            Self.notes(state), Record.schema.label(Record.Field.closeNotes, visit.reader.language), .long,
            key: Record.Field.closeNotes.rawValue)
        let forms = Forms(visit, showsTyped: isTyped)
        return [
            "value": state, "label": label, "open": isTyped,
            "fields": ([notes] + more).map { forms.values($0, refused: isTyped ? refused : nil) },
        ]
    }

    private static func notes(_ state: String) -> String { "\(state)-notes" }
    private static let openTasks = "closed-tasks"

    /// What is next for the case as a whole, where that is no activity of its playbook; empty for nothing.
    func next(_ record: OnboardingCase, _ stages: [PlaybookStage]) -> any Sendable {
        let isWaiting = Self.waiting.contains(record.state ?? "")
        if Self.isDone(stages), record.state == Record.State.active {
            return said(
                "Every stage is done. Close the case; customer success goes on from there.",
                "모든 단계가 완료되었습니다. 케이스를 종결하면 고객 성공 단계로 이어집니다.")
        }
        if isWaiting, stages.first.map(Self.isDone) == true {
            return said(
                "The setup is done. Begin the case, so that everybody sees that it is under way; only then it can be closed.",
                "초기 설정이 완료되었습니다. 케이스를 시작하여 진행 중임을 표시하세요. 시작한 케이스만 종결할 수 있습니다.")
        }
        // Cases below another one, such as the go-live support, are part of it.
        guard record.state == Record.State.closed, record.parent == nil, let account = record.account else { return "" }
        let known = [
            (Engagement.Field.account.rawValue, account), (Engagement.Field.initialOnboarding.rawValue, record.id),
        ]
        let isTheirs = Access.allows(visit.person?.roles ?? [], .create, on: Engagement.schema.table)
        return said(
            "The onboarding is complete. What comes now is customer success.", "온보딩이 완료되었습니다. 이제 고객 성공을 시작할 차례입니다.",
            label: visit.say("Begin the engagement", "참여 시작"),
            href: isTheirs ? RecordPages.new(Engagement.schema.table, known) : "")
    }

    private func said(_ en: String, _ ko: String, label: String = "", href: String = "") -> Values {
        ["text": visit.say(en, ko), "label": label, "href": href]
    }

    // MARK: What is done

    /// Moves a case. Answers the address that takes the move back, at the page `href`; empty where none does.
    func act(_ before: OnboardingCase, _ href: String) async throws(Problem) -> String {
        let after = try await moved(before)
        let goal = Work.goal(visit)
        // A case that has begun does not go back to where nobody had; what was canceled with it does not come back either.
        let isForGood =
            goal == Record.State.canceled || goal == Record.State.closed && visit.form[Self.openTasks] == "true"
            || goal == Record.State.active && Self.waiting.contains(before.state ?? "")
        guard !isForGood else { return "" }
        return Work.undoOfMove(
            visit, href, from: (before.assignedTo, before.state), closed: Record.State.closed, after.etag)
    }

    private func moved(_ record: OnboardingCase) async throws(Problem) -> OnboardingCase {
        let (goal, etag) = (Work.goal(visit), Work.etag(visit))
        switch goal {
        case "me", "reopen":
            var request = ActionRequest()
            // Whoever takes a case does so whatever else was changed meanwhile.
            let isMine = goal == "me"
            (request.id, request.etag) = (record.id, isMine ? "" : etag)
            let method = isMine ? OnboardingAPI.assignOnboardingCaseToMe : OnboardingAPI.reopenOnboardingCase
            return try await visit.ask(method, request)
        case Record.State.closed:
            var request = CloseOnboardingCaseRequest()
            (request.id, request.etag, request.closeNotes) = (record.id, etag, visit.form[Self.notes(goal)])
            request.cancelOpenTasks = visit.form[Self.openTasks] == "true"
            return try await visit.ask(OnboardingAPI.closeOnboardingCase, request)
        case Record.State.canceled:
            var request = CloseRequest()
            (request.id, request.etag, request.closeNotes) = (record.id, etag, visit.form[Self.notes(goal)])
            return try await visit.ask(OnboardingAPI.cancelOnboardingCase, request)
        default:
            var request = UpdateOnboardingCaseRequest()
            var changed = OnboardingCase()
            (changed.id, changed.etag) = (record.id, etag)
            let isNobody = goal == "nobody"
            if !isNobody { changed.state = goal }
            request.onboardingCase = changed
            request.updateMask = FieldMask(paths: [(isNobody ? Record.Field.assignedTo : .state).rawValue])
            return try await visit.ask(OnboardingAPI.updateOnboardingCase, request)
        }
    }
}
