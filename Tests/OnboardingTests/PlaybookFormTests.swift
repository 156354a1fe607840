import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// What forms show, and what of it becomes what.
@Suite struct PlaybookFormTests {
    private func shown(_ activity: PlaybookActivity, _ input: String) -> EnteredValue? {
        activity.values.first { $0.input == input }
    }

    private func reopen(_ activity: PlaybookActivity, _ stage: PlaybookStage) async throws -> PlaybookActivity {
        try await stage.world.call(
            OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(activity), as: stage.agent)
    }

    private func read(_ record: OnboardingCase, _ stage: PlaybookStage) async throws -> OnboardingCase {
        try await stage.case(record.id)
    }

    // MARK: Fields of the case

    /// Whoever takes the case over before somebody completes the form keeps it.
    @Test func whatNobodyHasEnteredStaysAsTheCaseHasIt() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin { $0.assignedTo = stage.agent.subject }
        let first = try await stage.activity(made, "enter_info")
        #expect(shown(first, "assigned_to")?.value == stage.agent.subject && shown(first, "assigned_to")?.by == "")
        let other = try await stage.colleague("Bo Berg")
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.assignedTo = other.subject }
        let now = try await stage.activity(made, "enter_info")
        #expect(shown(now, "assigned_to")?.value == other.subject && shown(now, "assigned_to")?.by == "")
        // It is mandatory, and the case has it.
        let rest = stage.info().filter { $0.key != "assigned_to" }
        let done = try await stage.complete(made, "enter_info", rest, as: other)
        #expect(done.state == "done" && shown(done, "assigned_to")?.value == other.subject)
        let kept = try await read(made, stage)
        #expect(kept.assignedTo == other.subject && kept.goLiveDate == "2026-06-30")
    }

    @Test func whatTheCaseGotSinceIsNotRemoved() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        _ = try await stage.world.publish("sold_product", ["name"], [["Analytics"]])
        let found = try await stage.world.call(OnboardingAPI.listSoldProducts, ListRequest(), as: stage.agent)
        let product = try #require(found.soldProducts.first { $0.account == stage.world.account.id })
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.products = [product.id] }
        try await stage.complete(made, "enter_info", stage.info())
        #expect(try await read(made, stage).products == [product.id])
        // Somebody who empties the field means it.
        _ = try await reopen(stage.activity(made, "enter_info"), stage)
        try await stage.complete(made, "enter_info", ["products": "[]"])
        #expect(try await read(made, stage).products == [])
    }

    @Test func whatWasEnteredBeforeDoesNotComeBack() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let done = try await stage.complete(made, "enter_info", stage.info())
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.goLiveDate = "2026-09-30" }
        let again = try await reopen(done, stage)
        #expect(shown(again, "go_live_date")?.value == "2026-09-30" && shown(again, "go_live_date")?.by == "")
        try await stage.complete(made, "enter_info")
        #expect(try await read(made, stage).goLiveDate == "2026-09-30")
        _ = try await reopen(stage.activity(made, "enter_info"), stage)
        try await stage.complete(made, "enter_info", ["go_live_date": "2026-10-15"])
        #expect(try await read(made, stage).goLiveDate == "2026-10-15")
    }

    /// Versions before kept what a form showed at first as if somebody had entered it: it is nobody's word, and others may
    /// have changed the case since.
    @Test func whatWasFilledInBeforeIsNotEntered() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin { $0.assignedTo = stage.agent.subject }
        let first = try await stage.activity(made, "enter_info")
        let filled = """
            [{"input": "assigned_to", "value": "\(stage.agent.subject)", "by": "", "at": 0, "revision": 0}]
            """
        _ = try await stage.server.admin.run(
            "UPDATE onboarding.playbook_activity SET entered = \(filled)::jsonb WHERE id = \(first.id)")
        let other = try await stage.colleague("Bo Berg")
        _ = try await stage.world.update(made.id, as: stage.agent) { $0.assignedTo = other.subject }
        #expect(shown(try await stage.activity(made, "enter_info"), "assigned_to")?.value == other.subject)
        try await stage.complete(made, "enter_info", stage.info().filter { $0.key != "assigned_to" }, as: other)
        #expect(try await read(made, stage).assignedTo == other.subject)
    }

    // MARK: What is made

    private static let making = """
        table: onboarding_case
        label: {en: Making, ko: 생성}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: make
                kind: create_task
                label: {en: Make, ko: 생성}
                inputs:
                  - {key: topic, type: string, label: {en: Topic, ko: 주제}, default: Firewall}
                  - {key: date, field: go_live_date}
                creates:
                  table: lifecycle_task
                  fields:
                    - {field: parent, from_field: id}
                    - {field: short_description, expression: "{{make.topic}} until {{make.date}}"}
        """

    /// What an activity makes is made when it starts: of its own inputs there is then what its form shows at first.
    @Test func whatIsMadeSaysWhatTheFormShows() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let run = try await stage.run(Self.making, over: record)
        let task = try await stage.task(of: stage.activity(of: run, "make"))
        #expect(task.shortDescription == "Firewall until 2026-03-20", "\(task)")
        var trial = DryRunPlaybookRequest()
        (trial.id, trial.record) = (run.definition, record.id)
        // Who may read the go-live date sees it there.
        let steps = try await stage.world.call(OnboardingAPI.dryRunPlaybookDefinition, trial, as: stage.agent).steps
        #expect(steps.flatMap(\.fields).contains { $0.text == task.shortDescription }, "\(steps)")
    }

    /// What the case refuses is said of the input that was to set it.
    @Test func whatTheCaseRefusesIsSaidOfItsInput() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let customer = try await stage.world.addUser(isCustomer: true).id
        for user in [customer, try await stage.world.addUser(isActive: false).id] {
            let refused = try await stage.refusal(
                made, "enter_info", stage.info().merging(["assigned_to": user]) { $1 })
            #expect(refused.violations.map(\.field) == ["values.assigned_to"], "\(refused)")
            #expect(refused.text.en.hasPrefix("Assigned to"), "\(refused.text.en)")
            #expect(refused.violations.map(\.text) == [refused.text])
        }
    }

    /// A form that takes rows says so, and how large a value may be.
    @Test func whatIsNoValueSaysWhatOneIs() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.complete(made, "enter_info", stage.info())
        for text in ["x", "{}", "[1]", "[{\"email\": 1}]", "[{"] {
            let refused = try await stage.refusal(made, "add_contacts", ["contacts": text])
            #expect(refused.violations.map(\.field) == ["values.contacts"])
            #expect(refused.text.en.contains("JSON list of at most 200 rows"), "\(refused.text.en)")
        }
        let long = try await stage.refusal(
            made, "add_contacts", ["contacts": String(repeating: "x", count: 70_000)])
        #expect(long.text.en.contains("65536"), "\(long.text.en)")
    }

    /// A move that the state does not allow says the state, and what to do.
    @Test func aMoveThatTheStateDoesNotAllowSaysWhatToDo() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        let pending = try await stage.refusal(made, "add_contacts", ["contacts": "[]"])
        #expect(pending.reason == "ACTIVITY_STATE" && pending.text.en.hasPrefix("The turn"), "\(pending.text)")
        var caller = stage.agent
        caller.locale = "ko"
        let told = try await stage.refusal(made, "add_contacts", ["contacts": "[]"], as: caller)
        #expect(told.text.ko == "아직 이 활동의 차례가 아닙니다.")
        try await stage.complete(made, "enter_info", stage.info())
        let done = try await stage.refusal(made, "enter_info")
        #expect(done.text.en.contains("done. Reopen") && done.metadata["state"] == "done")
    }

    /// A run is not begun over another table than was named.
    @Test func aRunOfAnotherTableIsRefused() async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        var request = StartPlaybookRunRequest()
        (request.definition, request.table) = (
            try #require(try await stage.stages(made).run?.definition), "lifecycle_task"
        )
        let refused = await stage.world.problem(OnboardingAPI.startPlaybookRun, request, as: stage.agent)
        #expect(refused?.violations.map(\.field) == ["table"], "\(refused as Any)")
    }

    // MARK: What conditions see

    private static let asking = """
        table: onboarding_case
        label: {en: Asking, ko: 질문}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: ask
                kind: related_work
                label: {en: Ask, ko: 질문}
                inputs:
                  - key: colour
                    type: choice
                    label: {en: Colour, ko: 색}
                    choices: [{value: red, label: {en: Red, ko: 빨강}}, {value: blue, label: {en: Blue, ko: 파랑}}]
                  - {key: count, type: integer, label: {en: Count, ko: 수}}
              - key: red
                kind: related_work
                label: {en: Red, ko: 빨강}
                start: {when: with_lane, condition: ask.colour = red}
              - key: many
                kind: related_work
                label: {en: Many, ko: 다수}
                start: {when: with_lane, condition: ask.count > 9}
        """

    /// A draft is nobody's word: Mark complete commits (G-51).
    @Test func draftsDecideNothing() async throws {
        let stage = try await PlaybookStage()
        let run = try await stage.run(Self.asking, over: stage.world.openCase())
        let values = ["colour": "red", "count": "10"]
        let draft = PlaybookStage.entering(try await stage.activity(of: run, "ask"), values)
        _ = try await stage.world.call(OnboardingAPI.savePlaybookActivity, draft, as: stage.agent)
        // Something else moves the run.
        let other = try await stage.colleague("Bo Berg")
        _ = try await stage.world.update(run.record, as: stage.agent) { $0.assignedTo = other.subject }
        for key in ["red", "many"] { #expect(try await !stage.activity(of: run, key).applies, "\(key)") }
        let done = PlaybookStage.entering(try await stage.activity(of: run, "ask"), [:])
        _ = try await stage.world.call(OnboardingAPI.completePlaybookActivity, done, as: stage.agent)
        // Numbers are compared as such.
        for key in ["red", "many"] { #expect(try await stage.activity(of: run, key).state == "in_progress", "\(key)") }
    }

    // MARK: What may be entered

    private static let typed = """
        table: onboarding_case
        label: {en: Typed, ko: 유형}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: ask
                kind: related_work
                label: {en: Ask, ko: 질문}
                inputs:
                  - {key: amount, type: decimal, label: {en: Amount, ko: 금액}}
                  - {key: moment, type: datetime, label: {en: Moment, ko: 시각}}
                  - key: task
                    type: reference
                    reference: lifecycle_task
                    reference_filter: state = open
                    label: {en: Task, ko: 작업}
                  - {key: contact, type: reference, reference: customer_contact, label: {en: Contact, ko: 연락처}}
        """

    @Test func whatIsEnteredIsJudgedByItsType() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let run = try await stage.run(Self.typed, over: record)
        let ask = try await stage.activity(of: run, "ask")
        func refused(_ values: [String: String]) async throws -> [String]? {
            await stage.world.problem(
                OnboardingAPI.savePlaybookActivity, PlaybookStage.entering(ask, values), as: stage.agent
            )?.violations.map(\.field)
        }
        for (input, text) in [("amount", "much"), ("moment", "soon"), ("task", "that one")] {
            #expect(try await refused([input: text]) == ["values.\(input)"], "\(input)")
        }
        let rows = try PlaybookStage.rows([
            ["short_description": "A"], ["short_description": "B", "due_date": "2026-02-30"],
        ])
        #expect(try await refused(["tasks": rows]) == ["values.tasks[1].due_date"])
        #expect(try await refused(["amount": "12.5", "moment": "2026-02-28T09:00:00Z"]) == nil)
    }

    @Test func whatIsNamedMustBeThereAndOffered() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let run = try await stage.run(Self.typed, over: record)
        let ask = try await stage.activity(of: run, "ask")
        let task = try await stage.world.createTask(record)
        func refused(_ values: [String: String]) async throws -> [String]? {
            await stage.world.problem(
                OnboardingAPI.savePlaybookActivity, PlaybookStage.entering(ask, values), as: stage.agent
            )?.violations.map(\.field)
        }
        #expect(try await refused(["task": uuid()]) == ["values.task"])
        #expect(try await refused(["contact": uuid()]) == ["values.contact"])
        let rows = try PlaybookStage.rows([["short_description": "A", "assigned_to": uuid()]])
        #expect(try await refused(["tasks": rows]) == ["values.tasks[0].assigned_to"])
        #expect(try await refused(["task": task.id, "contact": stage.world.contact.id]) == nil)
        // The filter keeps open ones.
        try await stage.move(task.id, "closed")
        #expect(try await refused(["task": "", "contact": ""]) == nil)
        #expect(try await refused(["task": task.id]) == ["values.task"])
    }

    // MARK: Starting by hand

    @Test func aRunNeedsARecordThatItDoesNotMake() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let run = try await stage.run(Self.asking, over: record)
        var start = StartPlaybookRunRequest()
        (start.definition, start.table) = (run.definition, "onboarding_case")
        let refused = await stage.world.problem(OnboardingAPI.startPlaybookRun, start, as: stage.agent)
        #expect(refused?.reason == "RECORD_NEEDED" && refused?.violations.map(\.field) == ["record"])
        // Of several, somebody says which.
        (start.definition, start.record) = ("", try await stage.world.openCase().id)
        let several = await stage.world.problem(OnboardingAPI.startPlaybookRun, start, as: stage.agent)
        #expect(several?.reason == "SEVERAL_PLAYBOOKS" && several?.violations.map(\.field) == ["definition"])
        #expect(several?.metadata["candidates"]?.contains(run.definition) == true)
        #expect(several?.text.en.contains("Asking") == true, "\(several as Any)")
    }

    /// Over a record its first activity is done at once, and what is entered there would be nobody's doing.
    @Test func valuesAreForAnActivityThatIsWorkedOn() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        var start = StartPlaybookRunRequest()
        (start.definition, start.table) = ("account_lifecycle_onboarding", "onboarding_case")
        var value = EnteredValue()
        (value.input, value.value) = ("account", try await World(stage.server).account.id)
        start.values = [value]
        start.record = record.id
        let refused = try #require(
            await stage.world.problem(OnboardingAPI.startPlaybookRun, start, as: stage.agent))
        #expect(refused.code == .invalidArgument && refused.violations.map(\.field) == ["values.account"])
        #expect(refused.text.en.contains("Select account"), "\(refused)")
        start.record = ""
        let run = try await stage.world.call(OnboardingAPI.startPlaybookRun, start, as: stage.agent)
        #expect(try await stage.activity(of: run, "select_account").values.map(\.value) == [value.value])
    }

    /// A run of another playbook does not stand in for one that was canceled (G-122).
    @Test func anotherPlaybookStandsInForNone() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.state = "active" }
        func finish(_ run: PlaybookRun) async throws {
            let done = PlaybookStage.entering(try await stage.activity(of: run, "ask"), [:])
            _ = try await stage.world.call(OnboardingAPI.completePlaybookActivity, done, as: stage.agent)
            #expect(try await stage.now(run).state == "done")
        }
        let first = try await stage.run(Self.asking, over: record)
        var cancel = CancelPlaybookRunRequest()
        cancel.id = first.id
        _ = try await stage.world.call(OnboardingAPI.cancelPlaybookRun, cancel, as: stage.agent)
        try await finish(stage.run(Self.asking, over: record))
        // Another test may have started the shipped one over it, too.
        func open() async -> Int {
            var closing = CloseOnboardingCaseRequest()
            (closing.id, closing.cancelOpenTasks) = (record.id, true)
            let refused = await stage.world.problem(OnboardingAPI.closeOnboardingCase, closing, as: stage.agent)
            return refused?.metadata["count"].flatMap { Int($0) } ?? 0
        }
        let before = await open()
        try await finish(stage.start(first.definition, over: record))
        #expect(await open() == before - 1)
    }
}
