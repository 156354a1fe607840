import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// Updates of a definition, with a mask and without (AIP-134), and triggers of tenants beside each other (G-130).
@Suite(.timeLimit(.minutes(15))) struct PlaybookUpdateTests {
    private let world: World

    init() async throws {
        let server = try await Server.start()
        try await PlaybookSeed.run(Onboarding.playbooks(server.database))
        world = try await World(server)
    }

    private func designer(_ domain: String = "/provider/") -> Caller {
        .holding("process_automation_designer", domain: domain)
    }

    private static func yaml(_ key: String, _ trigger: String = "") -> String {
        """
        key: \(key)
        table: onboarding_case
        label: {en: Extra, ko: 추가}
        description: {en: More, ko: 더}
        \(trigger)
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities: [{key: look, kind: related_work, label: {en: Look, ko: 보기}}]
        """
    }

    private func importing(_ yaml: String, in domain: String = "/provider/") async throws -> PlaybookDefinition {
        var request = ImportPlaybookRequest()
        request.yaml = yaml
        return try await world.call(OnboardingAPI.importPlaybookDefinition, request, as: designer(domain))
    }

    private func update(
        _ id: String, _ playbook: Playbook?, _ paths: [String] = []
    ) async throws(Problem) -> PlaybookDefinition {
        var request = UpdatePlaybookDefinitionRequest()
        request.playbookDefinition = PlaybookDefinition()
        request.playbookDefinition?.id = id
        request.playbookDefinition?.playbook = playbook
        if !paths.isEmpty { request.updateMask = FieldMask(paths: paths) }
        return try await world.call(OnboardingAPI.updatePlaybookDefinition, request, as: designer())
    }

    @Test func anUpdateThatSaysNothingChangesNothing() async throws {
        let draft = try await importing(Self.yaml("extra"))
        for playbook in [nil, Playbook()] {
            #expect(try await update(draft.id, playbook).playbook == draft.playbook)
        }
    }

    @Test func aPlaybookThatIsSaidReplacesTheDraft() async throws {
        let draft = try await importing(Self.yaml("extra"))
        var playbook = try #require(draft.playbook)
        playbook.label = LocalText(Text(en: "Other", ko: "다른"))
        playbook.description = nil
        let whole = try await update(draft.id, playbook)
        #expect(whole.playbook == playbook && whole.etag != draft.etag)
        // The mask may say the same.
        playbook.lanes[0].activities = []
        #expect(try await update(draft.id, playbook, ["playbook"]).playbook == playbook)
    }

    @Test func aMaskChangesWhatItNames() async throws {
        let draft = try await importing(Self.yaml("extra"))
        var said = Playbook()
        said.label = LocalText(Text(en: "Other", ko: "다른"))
        said.table = "nonesuch"
        var expected = try #require(draft.playbook)
        expected.label = said.label
        #expect(try await update(draft.id, said, ["playbook.label"]).playbook == expected)
        // What is named and not said is taken away.
        expected.description = nil
        expected.lanes = []
        let emptied = try await update(draft.id, said, ["playbook.description", "playbook.lanes"])
        #expect(emptied.playbook == expected)
        do throws(Problem) {
            _ = try await update(draft.id, said, ["playbook.label", "key"])
            Issue.record("the key was changed")
        } catch {
            #expect(error.code == .invalidArgument && error.violations.map(\.field) == ["update_mask"], "\(error)")
        }
    }

    /// Definitions of which neither's domain sees the other's start nothing at the same record.
    @Test func triggersOfTenantsBesideEachOtherDoNotOverlap() async throws {
        let other = try await World(world.server)
        let domains = [world.account.domain, other.account.domain]
        let trigger = "trigger: {event: reopened, condition: priority = 1}"
        func activate(_ definition: PlaybookDefinition) async -> Problem? {
            var request = ActionRequest()
            request.id = definition.id
            // Whoever sees both.
            return await world.problem(OnboardingAPI.activatePlaybookDefinition, request, as: designer())
        }
        for domain in domains {
            #expect(await activate(try await importing(Self.yaml("own", trigger), in: domain)) == nil)
        }
        // One above them meets both, and one below one of them that.
        let above = await activate(try await importing(Self.yaml("above", trigger)))
        #expect(above?.reason == "TRIGGER_OVERLAP", "\(above as Any)")
        let below = await activate(try await importing(Self.yaml("below", trigger), in: domains[0] + "d0000007/"))
        #expect(below?.reason == "TRIGGER_OVERLAP", "\(below as Any)")
    }
}
