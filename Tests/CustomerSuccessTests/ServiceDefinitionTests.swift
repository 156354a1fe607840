import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// What a success case is for (G-124): a definition of the provider, looked up like every other reference.
@Suite struct ServiceDefinitionTests {
    @Test func aCaseNamesADefinitionThatIsThere() async throws {
        let world = try await World()
        let definition = try await world.create(CaseServiceDefinition.draft(in: world), as: world.administrator)
        let made = try await world.make(SuccessCase.self) { $0.serviceDefinition = definition.id }
        #expect(made.serviceDefinition == definition.id)
        let refused = await problem { _ = try await world.make(SuccessCase.self) { $0.serviceDefinition = uuid() } }
        #expect(refused?.reason == "NO_SUCH_REFERENCE")
        #expect(refused?.violations.first?.field == "success_case.service_definition")
    }

    @Test func oneThatIsNotActiveStaysButIsNotChosen() async throws {
        let world = try await World()
        var definition = try await world.create(CaseServiceDefinition.draft(in: world), as: world.administrator)
        let made = try await world.make(SuccessCase.self) { $0.serviceDefinition = definition.id }
        definition.active = false
        _ = try await world.update(definition, ["active"], as: world.administrator)
        var changed = made
        changed.shortDescription = "Goes on"
        #expect(try await world.update(changed, ["short_description"]).serviceDefinition == definition.id)
        let (chosen, unwanted) = (definition.id, definition)
        let refused = await problem { _ = try await world.make(SuccessCase.self) { $0.serviceDefinition = chosen } }
        #expect(refused?.violations.first?.rule == "G-124")
        // What a case names cannot go.
        let deleted = await problem { try await world.delete(unwanted) }
        #expect(deleted?.reason == "REFERENCE_IN_USE")
    }

    private func problem(_ body: () async throws -> Void) async -> Problem? {
        do {
            try await body()
            return nil
        } catch {
            return error as? Problem
        }
    }
}
