import Foundation
import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService
@testable import OnboardingService

/// What a finished builder hands on to onboarding is an activity that playbooks there can use (G-130): it is taken, and a
/// playbook that names it needs nothing more.
@Suite struct BuilderActivityTests {
    private static func builder() -> ImportBuilder {
        var builder = ImportBuilder()
        (builder.name, builder.targetTable, builder.template) = ("Branch sites", "location", "sites.xlsx")
        builder.importSetTableName = "import_branch_sites"
        builder.importSetTable = "sn_acct_lc_account_onb_import_branch_sites"
        return builder
    }

    @Test func onboardingTakesItAndPlaybooksUseIt() async throws {
        var bench = try await ServiceBench<Onboarding>(poolSize: 4)
        let files = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID().uuidString)").path
        try await bench.serveWhole(["ALE_FILES_DIRECTORY": files], key: .make(), isAlone: true)
        let designer = Caller(
            subject: uuid(), kind: .person, domain: DomainPath("/provider/") ?? .root,
            roles: RoleCatalog.close(["sn_acct_lc.agent", "process_automation_designer"]), locale: "en")
        let target = try #require(ImportTarget.named("location"))
        var creation = CreateActivityDefinitionRequest()
        creation.activityDefinition = BuilderActivity.definition(Self.builder(), target, responsibility: "")
        let made = try await bench.call(OnboardingAPI.createActivityDefinition, creation, as: designer)
        #expect(made.key == "import_branch_sites" && made.active)

        var draft = ImportPlaybookRequest()
        draft.yaml = """
            key: branches
            table: onboarding_case
            label: {en: Branches, ko: 지점}
            lanes:
              - key: data_capture
                label: {en: Data capture, ko: 데이터 수집}
                activities:
                  - {key: sites, kind: import_branch_sites, label: {en: Sites, ko: 지점 위치}}
            """
        let playbook = try await bench.call(OnboardingAPI.importPlaybookDefinition, draft, as: designer)
        var validation = ValidatePlaybookRequest()
        validation.id = playbook.id
        #expect(try await bench.call(OnboardingAPI.validatePlaybookDefinition, validation, as: designer).faults == [])

        // The version that is made of it says what the import task is.
        var activation = ActionRequest()
        activation.id = playbook.id
        _ = try await bench.call(OnboardingAPI.activatePlaybookDefinition, activation, as: designer)
        var named = GetRequest()
        named.id = playbook.id
        let active = try await bench.call(OnboardingAPI.getPlaybookDefinition, named, as: designer)
        #expect(active.state == "active" && active.version == 1)
    }
}
