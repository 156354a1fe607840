import OnboardingWire
import PlaybooksWire
import RPC
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Where a case stands, as its customer sees it: the stages of its playbook, and nothing else of it.
@Suite struct PortalStageTests {
    private func page(_ id: String, _ world: World, as caller: Caller) async throws -> PortalCase {
        var request = GetPortalCaseRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getPortalCase, request, as: caller)
    }

    @Test func customersSeeTheStagesAlone() async throws {
        let stage = try await PlaybookStage()
        let world = stage.world
        let contact = world.contact.id
        let record = try await stage.begin { $0.contact = contact }
        var customer = try world.customer()
        let begun = try await page(record.id, world, as: customer)
        #expect(begun.stages.map(\.label).first == "Initial setup" && begun.stages.count == 5)
        #expect(begun.stages.map(\.current) == [true, false, false, false, false])
        #expect(begun.stages.allSatisfy { !$0.done })
        try await stage.setUp(record)
        customer.locale = "ko"
        let setUp = try await page(record.id, world, as: customer)
        #expect(setUp.stages.map(\.done) == [true, false, false, false, false])
        #expect(setUp.stages.firstIndex(where: \.current) == 1 && setUp.stages[1].label == "데이터 수집 및 검증")
        // The provider sees the same, and the customer nothing of the run itself.
        let provider = try await page(record.id, world, as: world.agent)
        #expect(provider.stages.count == 5)
        var request = GetStagePickerRequest()
        (request.table, request.record) = (OnboardingCase.schema.table, record.id)
        #expect(await world.problem(OnboardingAPI.getStagePicker, request, as: customer)?.code == .permissionDenied)
    }

    @Test func aCaseWithoutAPlaybookHasNone() async throws {
        let world = try await World()
        let contact = world.contact.id
        let record = try await world.openCase { $0.contact = contact }
        let page = try await page(record.id, world, as: try world.customer())
        #expect(page.stages.isEmpty)
    }
}
