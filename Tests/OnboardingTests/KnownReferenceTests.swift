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
        func unknown(_ replicas: (Database) -> ReplicaSet) -> [String] {
            let database = Database(service: Onboarding.name, pool: given.pool, clock: given.clock, log: given.log)
            return Onboarding.endpoints(database, replicas(database), Onboarding.playbooks(database)).unknownReferences
        }
        let client = world.server.client
        #expect(
            unknown { ReplicaSet([], $0, client) } == [
                "onboarding_case.squad to squad_member", "knowledge_link.import_task to import_task",
            ])
        #expect(unknown { Onboarding.replicas($0, client) } == [])
    }
}
