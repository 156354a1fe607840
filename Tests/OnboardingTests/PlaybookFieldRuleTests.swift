import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// The rules about single fields hold wherever a playbook shows what a case has (G-24): for every role, in forms, in the log,
/// in due dates that are counted from a field, and in a dry run.
@Suite(.timeLimit(.minutes(15))) struct PlaybookFieldRuleTests {
    private static let yaml = """
        table: onboarding_case
        label: {en: Dates, ko: 날짜}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: ask
                kind: related_work
                label: {en: Ask, ko: 질문}
                inputs:
                  - {key: live, field: go_live_date}
                  - {key: note, type: string, label: {en: Note, ko: 메모}}
                due: {days: 2, from: before_field, field: go_live_date}
              - key: make
                kind: create_task
                label: {en: Make, ko: 생성}
                start: {when: with_lane, condition: go_live_date = "2026-06-30"}
                creates:
                  table: lifecycle_task
                  fields:
                    - {field: parent, from_field: id}
                    - {field: short_description, expression: "Live on {{go_live_date}}"}
                due: {days: 1, from: before_field, field: go_live_date}
        """

    /// A run of that playbook, of which somebody has entered another date.
    private let stage: PlaybookStage
    private let record: OnboardingCase
    private let run: PlaybookRun
    private let readers: Set<String>

    init() async throws {
        stage = try await PlaybookStage()
        record = try await stage.world.openCase { $0.goLiveDate = "2026-06-30" }
        run = try await stage.run(Self.yaml, over: record)
        readers = try #require(try FieldRuleTests.readers()["onboarding_case.go_live_date"])
        let values = ["live": "2026-07-31", "note": "Soon."]
        let entering = PlaybookStage.entering(try await stage.activity(of: run, "ask"), values)
        _ = try await stage.world.call(OnboardingAPI.savePlaybookActivity, entering, as: stage.agent)
    }

    /// Asks as every role that may; `look` gets the answer, and whether the role may read the go-live date.
    private func askAll<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request,
        _ look: (Response, _ isOpen: Bool, _ role: String) throws -> Void
    ) async throws {
        var seen: Set<Bool> = []
        for role in RoleCatalog.all where role.kind != .persona {
            let world = stage.world
            let caller = role.isExternal ? try world.customer(role.name) : try World.person(uuid(), role.name)
            if let problem = await world.problem(method, request, as: caller) {
                #expect([.permissionDenied, .notFound].contains(problem.code), "\(role.name) \(problem)")
                continue
            }
            let isOpen = role.name == RoleCatalog.administrator || !readers.isDisjoint(with: role.closure)
            seen.insert(isOpen)
            try look(try await world.call(method, request, as: caller), isOpen, role.name)
        }
        #expect(seen == [true, false])
    }

    @Test func formsAndDueDates() async throws {
        func look(_ ask: PlaybookActivity?, _ isOpen: Bool, _ role: String) {
            let values = ask?.values.reduce(into: [:]) { $0[$1.input] = $1.value }
            #expect(values?["note"] == "Soon.", "\(role)")
            #expect(values?["live"] == (isOpen ? "2026-07-31" : nil), "\(role)")
            #expect(ask?.dueDate == (isOpen ? "2026-06-28" : ""), "\(role)")
        }
        var list = ListPlaybookActivitiesRequest()
        list.run = run.id
        try await askAll(OnboardingAPI.listPlaybookActivities, list) { answer, isOpen, role in
            look(answer.activities.first { $0.key == "ask" }, isOpen, role)
            #expect(answer.activities.last?.dueDate == (isOpen ? "2026-06-29" : ""), "\(role)")
        }
        var get = GetRequest()
        get.id = try await stage.activity(of: run, "ask").id
        try await askAll(OnboardingAPI.getPlaybookActivity, get, look)
    }

    /// What was done stays in the log, without the values.
    @Test func theLog() async throws {
        var request = ListPlaybookLogRequest()
        request.run = run.id
        try await askAll(OnboardingAPI.listPlaybookLog, request) { answer, isOpen, role in
            let lines = answer.entries.reduce(into: [:]) { $0[$1.field] = [$1.oldValue, $1.newValue] }
            #expect(lines["live"] == (isOpen ? ["2026-06-30", "2026-07-31"] : ["", ""]), "\(role)")
            #expect(lines["note"] == ["", "Soon."], "\(role)")
        }
    }

    /// Nor does a condition tell what may not be read.
    @Test func dryRuns() async throws {
        var request = DryRunPlaybookRequest()
        (request.id, request.record) = (run.definition, record.id)
        try await askAll(OnboardingAPI.dryRunPlaybookDefinition, request) { answer, isOpen, role in
            #expect(answer.steps.first?.dueDate == (isOpen ? "2026-06-28" : ""), "\(role)")
            let make = try #require(answer.steps.last)
            #expect(make.applies == isOpen && make.dueDate == (isOpen ? "2026-06-29" : ""), "\(role)")
            let text = make.fields.first { $0.field == "short_description" }?.text
            #expect(text == (isOpen ? "Live on 2026-06-30" : nil), "\(role)")
        }
    }
}
