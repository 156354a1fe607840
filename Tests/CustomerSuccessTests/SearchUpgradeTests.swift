import ServiceTestKit
import Testing

@testable import CustomerSuccessService

/// Records of before there was a search are found by their words as soon as there is one (ADR 0038).
@Suite(.timeLimit(.minutes(15))) struct SearchUpgradeTests {
    private static let tables = [
        "customer_account", "engagement", "internal_play", "internal_play_task", "response_template", "risk_signal",
        "service_definition", "success_case", "success_initiative", "success_milestone", "success_objective",
        "success_outcome", "success_task", "touchpoint",
    ]

    @Test func whatWasThereIsFound() async throws {
        let upgrade = try await SchemaUpgrade(
            of: "customer_success", CustomerSuccess.schemaFolder, before: "search", text: "Lighthouse")
        try await upgrade.psql("UPDATE customer_success.customer_account SET name = 'Lighthouse'")
        try await upgrade.migrate()
        let found = "SELECT table_name FROM customer_success.search_word WHERE term = 'lighthouse' ORDER BY table_name"
        #expect(try await upgrade.psql(found) == Self.tables)
        #expect(try await upgrade.seen(from: SchemaUpgrade.domain, found) == Self.tables)
        #expect(try await upgrade.seen(from: "/provider/d0000002/", found).isEmpty)
        let below = try await upgrade.psql(
            "SELECT DISTINCT table_name FROM customer_success.search_word WHERE seen_below ORDER BY table_name")
        #expect(below == ["response_template", "service_definition"])
        let byWords = "SELECT count(*) FROM customer_success.search_found('lightho', ARRAY['touchpoint'], 10)"
        #expect(try await upgrade.seen(from: SchemaUpgrade.domain, byWords) == ["1"])
        // What an instance of the version before changes is found by its new words, and no more by the old ones.
        _ = try await upgrade.seen(
            from: SchemaUpgrade.domain,
            "UPDATE customer_success.touchpoint SET subject = 'Beacon', number = 'TCHPT0000009', description = 'x'")
        #expect(try await upgrade.seen(from: SchemaUpgrade.domain, byWords) == ["0"])
        let byNew = "SELECT count(*) FROM customer_success.search_found('beacon 9', ARRAY['touchpoint'], 10)"
        #expect(try await upgrade.seen(from: SchemaUpgrade.domain, byNew) == ["1"])
    }
}
