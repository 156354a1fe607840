import OnboardingWire
import PlaybooksWire
import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// What activities make may start runs in turn, but never without end.
@Suite(.timeLimit(.minutes(15))) struct PlaybookChainTests {
    /// A playbook that an event of a case of this name starts, and that makes another such case below it.
    private static func yaml(_ key: String, _ trigger: String, named name: String, making other: String? = nil)
        -> String
    {
        """
        key: \(key)
        table: onboarding_case
        label: {en: \(key), ko: \(key)}
        trigger: \(trigger.replacing("NAME", with: #"short_description = "\#(name)""#))
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: make
                kind: create_task
                label: {en: Make, ko: 생성}
                creates:
                  table: onboarding_case
                  fields:
                    - {field: parent, from_field: id}
                    - {field: account, from_field: account}
                    - {field: type, text: full}
                    - {field: service_bridge_integration, text: not_required}
                    - {field: go_live_date, text: "2027-01-01"}
                    - {field: short_description, text: "\(other ?? name)"}
        """
    }

    private let stage: PlaybookStage
    private let designer = Caller.holding("process_automation_designer")
    private let name = uuid()

    init() async throws { stage = try await PlaybookStage() }

    private func key() -> String { "chain_\(UInt32.random(in: 0...UInt32.max))" }

    private func importing(_ yaml: String) async throws -> String {
        var request = ImportPlaybookRequest()
        request.yaml = yaml
        return try await stage.world.call(OnboardingAPI.importPlaybookDefinition, request, as: designer).id
    }

    private func activating(_ id: String) async -> Problem? {
        var request = ActionRequest()
        request.id = id
        return await stage.world.problem(OnboardingAPI.activatePlaybookDefinition, request, as: designer)
    }

    private func faults(of id: String) async throws -> [PlaybookFault] {
        var request = ValidatePlaybookRequest()
        request.id = id
        return try await stage.world.call(OnboardingAPI.validatePlaybookDefinition, request, as: designer).faults
    }

    @Test func aPlaybookThatFeedsItselfIsRefused() async throws {
        let trigger = "{event: created, condition: 'from_playbook = true AND NAME'}"
        let id = try await importing(Self.yaml(key(), trigger, named: name))
        #expect(try await faults(of: id).map { [$0.lane, $0.activity, $0.field] } == [["only", "make", "creates"]])
        let refused = await activating(id)
        #expect(refused?.code == .invalidArgument && refused?.violations.map(\.field) == ["only.make.creates"])
        #expect(refused?.text.en.contains("without end") == true, "\(refused as Any)")
    }

    /// Of two that would feed each other the second one is refused, as long as the first is active.
    @Test func aRingOfPlaybooksIsRefused() async throws {
        let (trigger, other) = ("{event: created, condition: 'from_playbook = true AND NAME'}", uuid())
        let (first, second) = (key(), key())
        let active = try await importing(Self.yaml(first, trigger, named: name, making: other))
        #expect(await activating(active) == nil)
        let id = try await importing(Self.yaml(second, trigger, named: other, making: name))
        let fault = try #require(try await faults(of: id).first)
        #expect([fault.lane, fault.activity, fault.field] == ["only", "make", "creates"])
        #expect(fault.message?.en.contains("‘\(first)’") == true && fault.message?.ko.contains("‘\(first)’") == true)
        #expect(await activating(id)?.reason == "PLAYBOOK")
        var retirement = ActionRequest()
        retirement.id = active
        _ = try await stage.world.call(OnboardingAPI.retirePlaybookDefinition, retirement, as: designer)
        #expect(await activating(id) == nil)
        #expect(await activating(active)?.reason == "PLAYBOOK")
    }

    /// Beyond what can be told of a definition, a chain ends by itself.
    @Test func aLongChainStartsNothingMore() async throws {
        let id = try await importing(Self.yaml(key(), "{event: updated, condition: 'NAME'}", named: name))
        #expect(await activating(id) == nil)
        var record = try await stage.world.openCase { $0.shortDescription = name }
        for length in 0..<8 {
            try await stage.server.bench.hear(record, "updated")
            let run = try #require(try await runs(of: record).first, "\(length)")
            record = try await stage.case(try #require(try await stage.activity(of: run, "make").created.first?.id))
        }
        try await stage.server.bench.hear(record, "updated")
        #expect(try await runs(of: record).isEmpty)
        // By hand it may go on.
        #expect(try await stage.start(id, over: record).state == "in_progress")
    }

    private func runs(of record: OnboardingCase) async throws -> [PlaybookRun] {
        var list = ListPlaybookRunsRequest()
        (list.table, list.record) = ("onboarding_case", record.id)
        return try await stage.world.call(OnboardingAPI.listPlaybookRuns, list, as: stage.agent).runs
    }
}
