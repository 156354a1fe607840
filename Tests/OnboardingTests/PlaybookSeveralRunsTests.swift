import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Several runs over one case: which of them is shown, and which keep it open (G-122).
@Suite(.timeLimit(.minutes(15))) struct PlaybookSeveralRunsTests {
    /// A stage of its own, of which only the playbooks of the test are active.
    private func alone() async throws -> PlaybookStage {
        let stage = try await PlaybookStage(isAlone: true)
        let designer = try designer()
        for shipped in try await stage.world.call(
            OnboardingAPI.listPlaybookDefinitions, ListRequest(), as: designer
        ).playbookDefinitions { try await retire(shipped.id, stage) }
        return stage
    }

    private func designer() throws -> Caller { try World.person(uuid(), "process_automation_designer") }

    /// Activates a playbook of one activity of its name; the creation of a case starts it when `isTriggered`.
    private func activate(
        _ label: String, isTriggered: Bool = true, _ stage: PlaybookStage
    ) async throws -> String {
        var request = ImportPlaybookRequest()
        request.yaml = """
            key: \(label.lowercased())
            table: onboarding_case
            label: {en: \(label), ko: \(label)}
            \(isTriggered ? "trigger: {event: created}" : "")
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities: [{key: work, kind: related_work, label: {en: \(label), ko: \(label)}}]
            """
        var activation = ActionRequest()
        activation.id = try await stage.world.call(
            OnboardingAPI.importPlaybookDefinition, request, as: try designer()
        ).id
        _ = try await stage.world.call(OnboardingAPI.activatePlaybookDefinition, activation, as: try designer())
        return activation.id
    }

    private func retire(_ definition: String, _ stage: PlaybookStage) async throws {
        var request = ActionRequest()
        request.id = definition
        _ = try await stage.world.call(OnboardingAPI.retirePlaybookDefinition, request, as: try designer())
    }

    private func cancel(_ run: String, _ stage: PlaybookStage) async throws {
        var request = CancelPlaybookRunRequest()
        request.id = run
        _ = try await stage.world.call(OnboardingAPI.cancelPlaybookRun, request, as: stage.agent)
    }

    private func finish(_ run: PlaybookRun, _ stage: PlaybookStage) async throws {
        let work = PlaybookStage.entering(try await stage.activity(of: run, "work"), [:])
        _ = try await stage.world.call(OnboardingAPI.completePlaybookActivity, work, as: stage.agent)
    }

    /// A case whose creation was heard of, and its run.
    private func begin(_ stage: PlaybookStage) async throws -> (record: OnboardingCase, run: PlaybookRun) {
        let record = try await stage.world.openCase()
        try await stage.hear(record)
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.state = "active" }
        return (record, try #require(try await stage.stages(record).run))
    }

    /// What keeps a case from being closed; nothing of one that closes.
    private func open(_ record: OnboardingCase, _ stage: PlaybookStage) async throws -> [String] {
        var closing = CloseOnboardingCaseRequest()
        closing.id = record.id
        guard let refused = await stage.world.problem(OnboardingAPI.closeOnboardingCase, closing, as: stage.agent)
        else { return [] }
        #expect(refused.reason == "OPEN_STAGES", "\(refused)")
        let sentence = try #require(refused.text.en.split(separator: ". ").first)
        return try #require(sentence.split(separator: ": ").last).split(separator: ", ")
            .map { String($0.prefix { $0 != " " }) }
    }

    /// Once its playbook is retired, a canceled run is replaced by one of the playbook that has come in its place.
    @Test func anotherPlaybookComesInThePlaceOfARetiredOne() async throws {
        let stage = try await alone()
        let first = try await activate("First", stage)
        let (record, run) = try await begin(stage)
        try await cancel(run.id, stage)
        #expect(try await open(record, stage) == ["First"])
        try await retire(first, stage)
        let (second, beside) = (
            try await activate("Second", stage), try await activate("Beside", isTriggered: false, stage)
        )
        #expect(try await open(record, stage) == ["First"])
        // One that nothing starts for such cases has not come in its place.
        try await finish(stage.start(beside, over: record), stage)
        #expect(try await open(record, stage) == ["First"])
        let other = try await stage.start(second, over: record)
        #expect(try await open(record, stage) == ["Second"])
        // Nor has one that is given up.
        try await cancel(other.id, stage)
        #expect(try await open(record, stage).sorted().contains("First"))
        try await finish(stage.start(second, over: record), stage)
        #expect(try await open(record, stage) == [])
    }

    /// What cannot be made good any more is asked of nobody.
    @Test func aRunThatNothingReplacesKeepsNothingOpen() async throws {
        let stage = try await alone()
        let only = try await activate("Only", stage)
        let (record, run) = try await begin(stage)
        try await cancel(run.id, stage)
        #expect(try await open(record, stage) == ["Only"])
        try await retire(only, stage)
        #expect(try await open(record, stage) == [])
    }

    /// The run that a case names is the one it is worked by: what somebody starts beside it and gives up asks for nothing.
    @Test func aRunBesideTheCasesOwnIsGivenUp() async throws {
        let stage = try await alone()
        _ = try await activate("Own", stage)
        let beside = try await activate("Beside", isTriggered: false, stage)
        let (record, own) = try await begin(stage)
        let second = try await stage.start(beside, over: record)
        // Both count while they are open, and the case's own is shown.
        #expect(try await open(record, stage).sorted() == ["Beside", "Own"])
        #expect(try await stage.stages(record).run?.id == own.id)
        try await cancel(second.id, stage)
        #expect(try await open(record, stage) == ["Own"])
        #expect(try await stage.stages(record).run?.id == own.id)
        try await finish(own, stage)
        #expect(try await stage.stages(record).run?.id == second.id, "the newest, when none is open")
        #expect(try await open(record, stage) == [])
    }

    /// Another run beside it is no way around the case's own.
    @Test func theCasesOwnRunIsNotGivenUpForAnother() async throws {
        let stage = try await alone()
        let definition = try await activate("Own", stage)
        let beside = try await activate("Beside", isTriggered: false, stage)
        let (record, own) = try await begin(stage)
        let second = try await stage.start(beside, over: record)
        try await cancel(own.id, stage)
        try await finish(second, stage)
        #expect(try await open(record, stage) == ["Own"])
        try await cancel(stage.start(definition, over: record).id, stage)
        #expect(try await open(record, stage) == ["Own"])
        // Nor is the first one that somebody starts by hand beside any.
        let other = try await stage.world.openCase()
        _ = try await stage.world.update(other.id, as: stage.agent) { $0.state = "active" }
        try await cancel(stage.start(beside, over: other).id, stage)
        #expect(try await open(other, stage) == ["Beside"])
    }
}
