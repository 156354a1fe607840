import ServiceTestKit
import Testing

@testable import ImportValidationService

/// Import tasks of before there was a search, and of before it was that of all services, are found by their words (ADR 0038).
@Suite(.timeLimit(.minutes(15))) struct SearchUpgradeTests {
    @Test func whatWasThereIsFound() async throws {
        let upgrade = try await SchemaUpgrade(
            of: "import_validation", ImportValidation.schemaFolder, before: "search", text: "Lighthouse")
        let byWords = "SELECT count(*) FROM import_validation.search_found('lightho', ARRAY['import_task'], 10)"
        try await upgrade.migrate(to: "search_and_names")
        try await upgrade.migrate()
        #expect(try await upgrade.seen(from: SchemaUpgrade.domain, byWords) == ["1"])
        #expect(try await upgrade.seen(from: "/provider/d0000002/", byWords) == ["0"])
        #expect(try await upgrade.psql("SELECT count(*) FROM import_validation.search_word WHERE seen_below") == ["0"])
    }
}
