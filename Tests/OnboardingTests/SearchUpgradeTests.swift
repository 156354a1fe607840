import ServiceTestKit
import Testing

@testable import OnboardingService

/// Records of before there was a search, and of before it was that of all services, are found by their words (ADR 0036, 0038).
@Suite(.timeLimit(.minutes(15))) struct SearchUpgradeTests {
    @Test func whatWasThereIsFound() async throws {
        let upgrade = try await SchemaUpgrade(
            of: "onboarding", Onboarding.schemaFolder, before: "search", text: "Lighthouse")
        let found = "SELECT table_name FROM onboarding.search_word WHERE term = 'lighthouse' ORDER BY table_name"
        let tables = ["customer_account", "lifecycle_task", "onboarding_case"]
        try await upgrade.migrate(to: "search_and_knowledge")
        #expect(try await upgrade.psql(found) == tables)
        _ = try await upgrade.seen(
            from: SchemaUpgrade.domain, "UPDATE onboarding.lifecycle_task SET short_description = 'Beacon'")
        try await upgrade.migrate()
        #expect(try await upgrade.seen(from: SchemaUpgrade.domain, found) == tables)
        #expect(try await upgrade.seen(from: "/provider/d0000002/", found).isEmpty)
        #expect(try await upgrade.psql("SELECT count(*) FROM onboarding.search_word WHERE seen_below") == ["0"])
        for (words, count) in [("beac", "1"), ("lighthouse", "1"), ("nowhere", "0")] {
            let byWords = "SELECT count(*) FROM onboarding.search_found('\(words)', ARRAY['lifecycle_task'], 10)"
            #expect(try await upgrade.seen(from: SchemaUpgrade.domain, byWords) == [count], "\(words)")
        }
    }
}
