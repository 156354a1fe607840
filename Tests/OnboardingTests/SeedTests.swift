import Postgres
import Records
import Testing

@testable import OnboardingService

/// The predefined responsibilities are made once (G-43).
@Suite struct SeedTests {
    private static func count(_ server: Server) async throws -> Int {
        try await server.admin.run("SELECT count(*) FROM onboarding.responsibility_definition")[0].int(at: 0)
    }

    @Test func whatWasDeletedStaysDeleted() async throws {
        let server = try await Server.start()
        #expect(try await Self.count(server) == OnboardingSeed.responsibilities.count)
        // As an earlier version left it, which made no notes: nothing is there twice.
        _ = try await server.admin.run("DELETE FROM onboarding.shipped")
        try await OnboardingSeed.run(server.database)
        #expect(try await Self.count(server) == OnboardingSeed.responsibilities.count)
        let id = OnboardingSeed.responsibility("squad", "Support")
        _ = try await server.admin.run("DELETE FROM onboarding.responsibility_definition WHERE id = \(id)::uuid")
        try await OnboardingSeed.run(server.database)
        #expect(try await Self.count(server) == OnboardingSeed.responsibilities.count - 1)
    }
}
