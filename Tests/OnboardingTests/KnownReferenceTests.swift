import Logging
import Records
import Testing
import Wire

@testable import OnboardingService

/// A service does not start with references that nothing could look up.
@Suite struct KnownReferenceTests {
    @Test func whatARecordRefersToIsThereOrCopied() async throws {
        let world = try await World()
        let given = world.server.database
        let database = Database(service: Onboarding.name, pool: given.pool, clock: given.clock, log: given.log)
        let none = ReplicaSet([], database, world.server.client)
        let endpoints = Onboarding.endpoints(database, none)
        #expect(endpoints.unknownReferences == ["onboarding_case.squad to squad_member"])
        _ = Onboarding.replicas(database, world.server.client)
        #expect(endpoints.unknownReferences == [])
    }
}
