import CampaignKit
import JourneyKit
import Testing

extension Scenarios.OnOneStack {
    /// What a run cannot check in full, it does not check. Contracts are imported on this stack nowhere else.
    @Suite(.serialized)
    struct CheckLimitScenarioTests {
        @Test("More checks than a run carries out are refused, not left out", .timeLimit(.minutes(15)))
        func tooManyChecks() async throws {
            try await SharedStack.with { stack in
                let journey = Journey(stack.world())
                try await journey.meetPeople()
                try await journey.openAccount()
                try await journey.seeCaseAndTasks()
                try await stack.sql(
                    """
                    INSERT INTO import_validation.data_validation_assist SELECT (jsonb_populate_record( \
                    NULL::import_validation.data_validation_assist, to_jsonb(a) || jsonb_build_object('id', gen_random_uuid(), 'staging_table', t.source_table))).* \
                    FROM (SELECT * FROM import_validation.data_validation_assist LIMIT 1) a, generate_series(1, 501), \
                    (SELECT DISTINCT source_table FROM import_validation.import_task WHERE target_table = 'contract') t
                    """)
                let failure = await #expect(throws: JourneyFailure.self) {
                    try await journey.importWorkbook(Campaign.contracts)
                }
                #expect(failure?.description.contains("more than 500 active checks") == true)
            }
        }
    }
}
